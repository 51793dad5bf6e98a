"""Orders as they stand: asked for, answered, awarded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from ledger.event import Entry
from ledger.names import JurisdictionId, OrderId, ProviderId, TermId
from ledger.order import Form, OrderAwarded, OrderResponded, OrderSubmitted
from ledger.register import Stage
from projections.projection import Projection


class Order(Struct, kw_only=True):
    """An order with its responses."""

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
    submitted: date | None = None
    responses: tuple[ProviderId, ...] = ()
    awarded: ProviderId | None = None


class Orders(Projection[Order]):
    """Orders by place, term and provider."""

    name = "orders"
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
            case OrderResponded(provider=provider):
                state.responses = (*state.responses, provider)
            case OrderAwarded(provider=provider):
                state.awarded = provider
            case _:
                pass
        return state
