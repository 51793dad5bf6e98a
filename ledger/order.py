"""Order: a county asks for one class offering, providers respond, the county awards it.

Orders run on their own calendar (rulebook C-23). An order with intended providers goes to them
only; one without goes to every provider accredited for the whole province.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Self

from ledger.accreditation import ProviderAccredited
from ledger.amount import bounded, strange
from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, OrderId, ProviderId, TermId
from ledger.register import Stage, taken, unknown
from ledger.regulation import Parameters
from ledger.term import Calendar, Phase, TermOpened, in_window, known_term, note_window
from ledger.text import filled


class Form(Enum):
    """How the ordered training is delivered."""

    FACE_TO_FACE = "FACE_TO_FACE"
    ONLINE = "ONLINE"
    BLENDED = "BLENDED"


SEATS_MAX = 100_000
DAYS_MAX = 366


class OrderSubmitted(Event, name="order.submitted"):
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


class OrderListPublished(Event, name="order.list-published"):
    """The province published the list of a term's orders."""

    term: TermId
    orders: tuple[OrderId, ...]


class OrderResponded(Event, name="order.responded"):
    """A provider answered an order with its proposal."""

    order: OrderId
    provider: ProviderId
    place: JurisdictionId
    proposal: str


class OrderAwarded(Event, name="order.awarded"):
    """The county chose the provider of an order."""

    order: OrderId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    reason: str


FORMS = ("FACE_TO_FACE", "ONLINE", "BLENDED")


class OrderForm(
    Parameters,
    kind="order-form",
    zh="订单的目标、要求超过字数或形式不在所列之内的，不予受理。",
    scope=("term",),
):
    """Refuses an order whose texts are longer or whose form is another."""

    aims_characters_max: int
    requirements_characters_max: int
    forms: tuple[str, ...]

    def wrong(self) -> str | None:
        return strange("forms", self.forms, FORMS)

    def laxer(self, than: Self) -> bool:
        return (
            self.aims_characters_max > than.aims_characters_max
            or self.requirements_characters_max > than.requirements_characters_max
            or not set(self.forms) <= set(than.forms)
        )


class OrderRouting(
    Parameters, kind="order-routing", zh="订单的意向机构超过所定家数的，不予受理。", scope=("term",)
):
    """Refuses an order that names more intended providers."""

    intended_max: int

    def laxer(self, than: Self) -> bool:
        return self.intended_max > than.intended_max


class OrderMinimum(
    Parameters,
    kind="order-minimum",
    zh="清单公布时核对各县订单班期数，不足的记一项偏离。",
    scope=("term",),
):
    """Notes a deviation for each county with fewer orders when the list is published."""

    offerings_min: int

    def laxer(self, than: Self) -> bool:
        return self.offerings_min < than.offerings_min


class FormOverrun(Refused):
    """A field of the order form is too long or not allowed."""


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

    known: bool = fact(default=False)
    opened: bool = fact(default=False)
    providers: set[ProviderId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        return [
            about(self.order, of=[OrderSubmitted]),
            about(self.term, of=[TermOpened], rare=True),
            *(about(each, of=[ProviderAccredited]) for each in self.intended),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted():
                self.known = True
            case ProviderAccredited(provider=provider):
                self.providers.add(provider)
            case _:
                self.opened = True

    def authority(self) -> Name:
        return self.place

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        if self.known:
            raise taken(self.order, "order")
        bounded(self.seats, SEATS_MAX, "seats")
        bounded(self.days, DAYS_MAX, "days")
        for field in ("title", "theme", "trainees", "subject", "aims"):
            filled(getattr(self, field), field)
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
            title=self.title,
            theme=self.theme,
            trainees=self.trainees,
            stage=self.stage,
            subject=self.subject,
            seats=self.seats,
            days=self.days,
            form=self.form,
            aims=self.aims,
            requirements=self.requirements,
            intended=self.intended,
        )

    def _form(self) -> Iterator[Event]:
        rules, scope = self.ask.rules, {"term": self.term.value}
        form = rules.find(OrderForm, self.place, self.ask.on, **scope)
        if form is not None:
            for field, text, most in (
                ("aims", self.aims, form.value.aims_characters_max),
                ("requirements", self.requirements, form.value.requirements_characters_max),
            ):
                if len(text) > most:
                    yield from self.gate(
                        FormOverrun(
                            zh=f"{field} 有 {len(text)} 字，上限为 {most} 字",
                            en=f"{field} has {len(text)} characters of at most {most}",
                            rule=form,
                            field=field,
                        ),
                        self.order,
                    )
        routing = rules.find(OrderRouting, self.place, self.ask.on, **scope)
        if routing is not None and len(self.intended) > routing.value.intended_max:
            yield from self.gate(
                FormOverrun(
                    zh=f"意向机构填了 {len(self.intended)} 家，最多 {routing.value.intended_max} "
                    "家",
                    en=f"{len(self.intended)} intended providers; at most "
                    f"{routing.value.intended_max} fit the form",
                    rule=routing,
                    field="intended",
                ),
                self.order,
            )


@dataclass(kw_only=True)
class PublishOrderList(Command):
    """Publish a term's orders, by the province; notes counties that ordered too few."""

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
