"""Orders as they stand: asked for, answered, awarded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from ledger.event import Entry
from ledger.form import Form
from ledger.names import JurisdictionId, OrderId, ProviderId, StaffId, TermId
from ledger.order import OrderAwarded, OrderResponded, OrderSubmitted
from ledger.register import Stage
from projections.projection import Projection


class Order(Struct, kw_only=True):
    """An order with its responses; ``off_platform``: a step of it was taken elsewhere."""

    order: OrderId
    place: JurisdictionId | None = None
    term: TermId | None = None
    title: str = ""
    theme: str = ""
    trainees: str = ""
    stage: Stage | None = None
    subject: str = ""
    seats: int = 0
    days: int = 0
    form: Form | None = None
    aims: str = ""
    requirements: str = ""
    intended: tuple[ProviderId, ...] = ()
    field_of_study: str = ""
    trainee_level: str = ""
    contact: StaffId | None = None
    off_platform: bool = False
    submitted: date | None = None
    responses: tuple[ProviderId, ...] = ()
    awarded: ProviderId | None = None


class Orders(Projection[Order]):
    """Orders by place, term and provider."""

    name = "orders"
    version = 2
    state = Order
    events = (OrderSubmitted, OrderResponded, OrderAwarded)
    facets = {"place": "text", "term": "text", "awarded": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, OrderSubmitted | OrderResponded | OrderAwarded)
        return (str(event.order),)

    def blank(self, key: str) -> Order:
        return Order(order=OrderId(key))

    def apply(self, state: Order, entry: Entry) -> Order:
        match entry.event:
            case OrderSubmitted() as event:
                for name in event.__struct_fields__:
                    setattr(state, name, getattr(event, name))
                state.submitted = entry.on
            case OrderResponded() as event:
                state.responses = (*state.responses, event.provider)
                state.off_platform = state.off_platform or event.off_platform
            case OrderAwarded() as event:
                state.awarded = event.provider
                state.off_platform = state.off_platform or event.off_platform
            case _:
                pass
        return state
