"""Order: a county asks for one class offering, providers respond, the county awards it.

Orders run on their own calendar (rulebook C-23). An order with intended providers goes to them
only; one without goes to every provider accredited for the whole province.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.accreditation import ProviderAccredited
from ledger.amount import bounded
from ledger.channel import on_platform
from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.event import Entry, Event, unchanged
from ledger.finding import Outcome
from ledger.form import Form, judge_form, judge_routing
from ledger.names import JurisdictionId, Name, OrderId, ProviderId, StaffId, TermId
from ledger.register import Places, Stage, places_of, taken, unknown
from ledger.regulation import Parameters
from ledger.term import Calendar, Phase, TermOpened, in_window, known_term, note_window
from ledger.text import filled, trimmed

SEATS_MAX = 100_000
DAYS_MAX = 366
TEXTS = (
    "title",
    "theme",
    "trainees",
    "subject",
    "field_of_study",
    "trainee_level",
    "aims",
    "requirements",
)


class OrderSubmitted(Event, name="order.submitted", version=2):
    """A county asked for one class offering."""

    order: OrderId
    place: JurisdictionId
    term: TermId
    title: str
    theme: str
    trainees: str
    stage: Stage
    subject: str
    seats: int
    days: int
    form: Form
    aims: str
    requirements: str
    intended: tuple[ProviderId, ...] = ()
    field_of_study: str = ""
    trainee_level: str = ""
    contact: StaffId | None = None
    off_platform: bool = False


OrderSubmitted.upcast(from_version=1)(unchanged)


class OrderListPublished(Event, name="order.list-published"):
    """The province published the list of a term's orders."""

    term: TermId
    orders: tuple[OrderId, ...]


class OrderResponded(Event, name="order.responded", version=2):
    """A provider answered an order with its proposal."""

    order: OrderId
    provider: ProviderId
    place: JurisdictionId
    proposal: str
    off_platform: bool = False


OrderResponded.upcast(from_version=1)(unchanged)


class OrderAwarded(Event, name="order.awarded", version=2):
    """The county chose the provider of an order."""

    order: OrderId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    reason: str
    off_platform: bool = False


OrderAwarded.upcast(from_version=1)(unchanged)


class OrderMinimum(
    Parameters,
    kind="order-minimum",
    zh="公布订单清单时，清单上的县发布的订单少于规定班期数的，记为偏离；"
    "一个订单也没有的县不在清单上，由该县的年度要求判断。",
    scope=("term",),
    less=("offerings_min",),
):
    """Notes, as a departure, a county of the order list with fewer offerings than this in a term.

    A county without any order is not in the list, and every ledger is founded with all counties,
    whether they take part or not. Its year tells: ``order_minimum`` judges it there.
    """

    offerings_min: int


class AlreadyPublished(Refused):
    """What is published is published."""


class AlreadyAwarded(Refused):
    """The order or completion has been awarded already."""


class TooFewOrders(Refused):
    """A county ordered fewer offerings than expected of it."""


@dataclass(kw_only=True)
class SubmitOrder(Command):
    """Ask for one class offering, by the county's bureau."""

    order: OrderId
    place: JurisdictionId
    term: TermId
    title: str
    theme: str
    trainees: str
    stage: Stage
    subject: str
    seats: int
    days: int
    form: Form
    aims: str
    requirements: str
    intended: tuple[ProviderId, ...] = ()
    field_of_study: str = ""
    trainee_level: str = ""
    contact: StaffId | None = None
    off_platform: bool = False

    known: bool = fact(default=False)
    opened: bool = fact(default=False)
    providers: set[ProviderId] = fact(default_factory=set)
    places: Places = fact(default_factory=Places)

    def boundary(self) -> list[Selector]:
        return [
            about(self.order, of=[OrderSubmitted]),
            about(self.term, of=[TermOpened], rare=True),
            *places_of(self.place),
            *(about(each, of=[ProviderAccredited]) for each in self.intended),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted():
                self.known = True
            case ProviderAccredited(provider=provider):
                self.providers.add(provider)
            case TermOpened():
                self.opened = True
            case _:
                self.places.learn(entry)

    def authority(self) -> Name:
        return self.place

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        if self.known:
            raise taken(self.order, "order")
        self.places.check(self.place, "place")
        bounded(self.seats, SEATS_MAX, "seats")
        bounded(self.days, DAYS_MAX, "days")
        filled(self.title, "title")
        for provider in self.intended:
            if provider not in self.providers:
                raise unknown(provider, "intended")
        yield from in_window(
            self,
            Phase.ORDER_SUBMIT,
            self.order,
            place=self.place,
            term=self.term,
            calendar=Calendar.ORDER,
        )
        yield from self._form()
        yield OrderSubmitted(
            order=self.order,
            place=self.place,
            term=self.term,
            stage=self.stage,
            seats=self.seats,
            days=self.days,
            form=self.form,
            intended=self.intended,
            contact=self.contact,
            off_platform=self.off_platform,
            **{field: trimmed(getattr(self, field)) for field in TEXTS},
        )
        yield from on_platform(
            self, self.off_platform, self.order, place=self.place, term=self.term
        )

    def _form(self) -> Iterator[Event]:
        texts = {field: getattr(self, field) for field in (*TEXTS, "contact")}
        for refusal in judge_form(self, self.place, self.term, texts, self.form):
            yield from self.gate(refusal, self.order)
        routing = judge_routing(self, self.place, self.term, len(self.intended))
        yield from self.gate(routing, self.order)


@dataclass(kw_only=True)
class PublishOrderList(Command):
    """Publish a term's orders, by the province; notes counties in it that ordered too few."""

    term: TermId

    orders: dict[OrderId, JurisdictionId] = fact(default_factory=dict)
    opened: bool = fact(default=False)
    published: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [about(self.term, of=[TermOpened, OrderSubmitted, OrderListPublished], rare=True)]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted() as event:
                self.orders[event.order] = event.place
            case OrderListPublished():
                self.published = entry.id
            case _:
                self.opened = True

    def authority(self) -> Name:
        return PROVINCE

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        if self.published is not None:
            raise AlreadyPublished(
                zh=f"{self.term.value} 的订单清单已经公布",
                en=f"the orders of {self.term.value} are published",
                field="term",
                evidence=(self.published,),
            )
        yield OrderListPublished(term=self.term, orders=tuple(self.orders))
        yield from note_window(
            self,
            Phase.ORDER_LIST_PUBLISH,
            self.term,
            place=PROVINCE,
            term=self.term,
            calendar=Calendar.ORDER,
        )
        for place, count in Counter(self.orders.values()).items():
            least = self.ask.rules.find(OrderMinimum, place, self.ask.on, term=self.term.value)
            if least is not None and count < least.value.offerings_min:
                said = TooFewOrders(
                    zh=f"{place.value} 只发布了 {count} 个订单，原则上不少于 "
                    f"{least.value.offerings_min} 个",
                    en=f"{place.value} ordered {count} offerings of at least "
                    f"{least.value.offerings_min}",
                    rule=least,
                )
                yield self.finding(said, Outcome.DEVIATION, place, self.term)
