"""Order: a county asks for one class offering, providers respond, the county awards it.

Orders run on their own calendar (rulebook C-23). An order with intended providers goes to them
only; one without goes to every provider accredited for the whole province.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ledger.accreditation import (
    OrderHostAge,
    ProviderAccredited,
    Reach,
    accredited_for,
    known_provider,
)
from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, OrderId, ProviderId, TermId
from ledger.regulation import Parameters
from ledger.register import Stage, taken, unknown
from ledger.term import Calendar, Phase, TermOpened, in_window, known_term, note_window


class Form(Enum):
    """How the ordered training is delivered."""

    FACE_TO_FACE = "FACE_TO_FACE"
    ONLINE = "ONLINE"
    BLENDED = "BLENDED"


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


class OrderForm(Parameters, kind="order-form"):
    """Limits of the order form."""

    aims_characters_max: int
    requirements_characters_max: int
    forms: tuple[str, ...]


class OrderRouting(Parameters, kind="order-routing"):
    """To whom an order is pushed."""

    intended_max: int


class OrderResponder(Parameters, kind="order-responder"):
    """Which reach a provider needs to answer an order."""

    reach: Reach


class OrderMinimum(Parameters, kind="order-minimum"):
    """How many offerings each county orders in a term."""

    offerings_min: int


class FormOverrun(Refused):
    """A field of the order form is too long or not allowed."""


class NotAmongIntended(Refused):
    """The order was pushed to other providers."""


class ReachTooSmall(Refused):
    """The provider is not accredited for the whole province."""


class TooNewForOrders(Refused):
    """The provider has not been accredited long enough to host an order."""


class NotResponded(Refused):
    """The provider did not answer the order."""


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

    def boundary(self) -> list[Selector]:
        return [about(self.order, of=[OrderSubmitted]), about(self.term, of=[TermOpened], rare=True)]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted():
                self.known = True
            case _:
                self.opened = True

    def authority(self) -> Name:
        return self.place

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        if self.known:
            raise taken(self.order, "order")
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
                    zh=f"意向机构填了 {len(self.intended)} 家，最多 {routing.value.intended_max} 家",
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

    def boundary(self) -> list[Selector]:
        return [about(self.term, of=[TermOpened, OrderSubmitted], rare=True)]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted() as event:
                self.orders[event.order] = event.place
            case _:
                self.opened = True

    def authority(self) -> Name:
        return PROVINCE

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
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


@dataclass
class _Order:
    """What is known of an order and the provider that wants it."""

    submitted: OrderSubmitted | None = None
    responded: set[ProviderId] | None = None
    awarded: ProviderId | None = None
    provider: ProviderAccredited | None = None

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case OrderSubmitted() as event:
                self.submitted = event
            case OrderResponded(provider=provider):
                self.responded = {*(self.responded or ()), provider}
            case OrderAwarded(provider=provider):
                self.awarded = provider
            case ProviderAccredited() as event:
                self.provider = event
            case _:
                pass

    def known(self, order: OrderId) -> OrderSubmitted:
        if self.submitted is None:
            raise unknown(order, "order")
        return self.submitted


def _host_age(command: Command, order: OrderSubmitted, host: ProviderAccredited) -> Refused | None:
    age = command.ask.rules.find(
        OrderHostAge, order.place, command.ask.on, term=order.term.value
    )
    years = age.value.accredited_years_min if age else 0
    if age is None or accredited_for(host, years, command.ask.on):
        return None
    return TooNewForOrders(
        zh=f"{host.provider} 自 {host.since} 起具备资质，至 {command.ask.on} 不满 {years} 年，不能承办订单",
        en=f"{host.provider} is accredited since {host.since}, less than {years} year(s) on "
        f"{command.ask.on}, and cannot host an order",
        rule=age,
        field="provider",
    )


@dataclass(kw_only=True)
class RespondToOrder(Command):
    """Answer an order with a proposal, by a provider."""

    order: OrderId
    provider: ProviderId
    proposal: str

    seen: _Order = fact(default_factory=_Order)

    def boundary(self) -> list[Selector]:
        return [
            about(self.order, of=[OrderSubmitted, OrderResponded, OrderAwarded]),
            about(self.provider, of=[ProviderAccredited]),
        ]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)

    def authority(self) -> Name:
        return self.provider

    def territory(self) -> JurisdictionId | None:
        return self.seen.submitted.place if self.seen.submitted else None

    def decide(self) -> Iterator[Event]:
        order = self.seen.known(self.order)
        host = known_provider(self.seen.provider, self.provider)
        if self.provider in (self.seen.responded or ()):
            raise taken(self.order, "order")
        yield from in_window(
            self,
            Phase.ORDER_RESPOND,
            self.order,
            self.provider,
            place=order.place,
            term=order.term,
            calendar=Calendar.ORDER,
        )
        for refusal in (self._reach(order, host), self._routing(order), _host_age(self, order, host)):
            yield from self.gate(refusal, self.order, self.provider)
        yield OrderResponded(
            order=self.order, provider=self.provider, place=order.place, proposal=self.proposal
        )

    def _reach(self, order: OrderSubmitted, host: ProviderAccredited) -> Refused | None:
        need = self.ask.rules.find(
            OrderResponder, order.place, self.ask.on, term=order.term.value
        )
        if need is None or host.reach is need.value.reach:
            return None
        return ReachTooSmall(
            zh=f"{self.provider} 不具备面向全省的培训资质，不能响应订单",
            en=f"{self.provider} is not accredited for the whole province",
            rule=need,
            field="provider",
        )

    def _routing(self, order: OrderSubmitted) -> Refused | None:
        if not order.intended or self.provider in order.intended:
            return None
        return NotAmongIntended(
            zh=f"{self.order} 只推送给意向机构，{self.provider} 不在其中",
            en=f"{self.order} goes to its intended providers only; {self.provider} is none of them",
            rule=self.ask.rules.find(
                OrderRouting, order.place, self.ask.on, term=order.term.value
            ),
            field="provider",
        )


@dataclass(kw_only=True)
class AwardOrder(Command):
    """Choose the provider of an order, by the county's bureau."""

    order: OrderId
    provider: ProviderId
    reason: str

    seen: _Order = fact(default_factory=_Order)

    def boundary(self) -> list[Selector]:
        return [
            about(self.order, of=[OrderSubmitted, OrderResponded, OrderAwarded]),
            about(self.provider, of=[ProviderAccredited]),
        ]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)

    def authority(self) -> Name:
        return self.seen.known(self.order).place

    def decide(self) -> Iterator[Event]:
        order = self.seen.known(self.order)
        host = known_provider(self.seen.provider, self.provider)
        if self.seen.awarded is not None:
            raise AlreadyAwarded(
                zh=f"{self.order} 已经确定由 {self.seen.awarded} 承训",
                en=f"{self.order} was awarded to {self.seen.awarded}",
                field="order",
            )
        yield from in_window(
            self,
            Phase.ORDER_AWARD,
            self.order,
            place=order.place,
            term=order.term,
            calendar=Calendar.ORDER,
        )
        if self.provider not in (self.seen.responded or ()):
            yield from self.gate(
                NotResponded(
                    zh=f"{self.provider} 没有响应 {self.order}，不能被选定",
                    en=f"{self.provider} did not answer {self.order}",
                    field="provider",
                ),
                self.order,
                self.provider,
            )
        yield from self.gate(_host_age(self, order, host), self.order, self.provider)
        yield OrderAwarded(
            order=self.order,
            provider=self.provider,
            place=order.place,
            term=order.term,
            reason=self.reason,
        )
