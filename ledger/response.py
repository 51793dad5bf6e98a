"""Response: providers answer an order, and the county awards it to one of them.

An order with intended providers goes to them only; one without goes to every provider accredited
for the whole province.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.accreditation import (
    ACCREDITATION_EVENTS,
    Accreditation,
    ProviderAccredited,
    Reach,
)
from ledger.channel import on_platform
from ledger.command import Command, Refused, Selector, about, fact, premature
from ledger.event import Entry, Event
from ledger.form import OrderRouting
from ledger.names import JurisdictionId, Name, OrderId, ProviderId, TermId
from ledger.order import (
    AlreadyAwarded,
    OrderAwarded,
    OrderResponded,
    OrderSubmitted,
)
from ledger.register import unknown
from ledger.regulation import Parameters
from ledger.seniority import host_age
from ledger.term import Calendar, Phase, in_window, window
from ledger.text import filled


class OrderResponder(
    Parameters, kind="order-responder", zh="资质范围不符的机构响应订单，拒绝。", scope=("term",)
):
    """Refuses answers to an order from providers of any other reach."""

    reach: Reach


class NotAmongIntended(Refused):
    """The order was pushed to other providers."""


class ReachTooSmall(Refused):
    """The provider is not accredited for the whole province."""


class AlreadyResponded(Refused):
    """The provider has answered the order."""


class NotResponded(Refused):
    """The provider did not answer the order."""


class NotAwarded(Refused):
    """The order was not awarded to this provider, in this place and term."""


@dataclass
class _Order:
    """What is known of an order and the provider that wants it."""

    submitted: OrderSubmitted | None = None
    submitted_on: date | None = None
    responded: dict[ProviderId, tuple[date, str]] = field(default_factory=dict)
    awarded: ProviderId | None = None
    evidence: str = ""
    award: str = ""
    held: Accreditation = field(default_factory=Accreditation)

    def learn(self, entry: Entry, provider: ProviderId) -> None:
        match entry.event:
            case OrderSubmitted() as event:
                self.submitted, self.submitted_on, self.evidence = event, entry.on, entry.id
            case OrderResponded(provider=responder):
                self.responded[responder] = entry.on, entry.id
            case OrderAwarded(provider=awarded):
                self.awarded, self.award = awarded, entry.id
            case _:
                self.held.learn(entry, provider)

    def known(self, order: OrderId) -> OrderSubmitted:
        if self.submitted is None:
            raise unknown(order, "order")
        return self.submitted

    def follows(self, today: date, order: OrderId, by: ProviderId | None = None) -> Refused | None:
        """What is wrong with a step dated before the order, or before the answer of a provider."""
        if by in self.responded:
            day, answer = self.responded[by]
            return premature(today, day, f"{by} 已响应 {order}", f"{by} answered {order}", answer)
        zh, en = f"{order} 已提交", f"{order} was submitted"
        return premature(today, self.submitted_on, zh, en, self.evidence)


def judge_award(
    command: Command,
    order: OrderId,
    awarded: Entry | None,
    provider: ProviderId,
    place: JurisdictionId,
    term: TermId,
) -> Refused | None:
    """The gate on declaring for an order that was awarded to another, elsewhere or in no term."""
    event = awarded.event if awarded else None
    won = isinstance(event, OrderAwarded) and (event.provider, event.place, event.term)
    if won == (provider, place, term):
        return None
    phase, calendar = Phase.ORDER_DECLARE, Calendar.ORDER
    return NotAwarded(
        zh=f"{order} 没有确定由 {provider} 在 {place.value} {term.value} 承训，不能据此申报",
        en=f"{order} was not awarded to {provider} for {place.value} in {term.value}",
        rule=window(command.ask.rules, place, term, phase, calendar, command.ask.on),
        field="order",
        evidence=(awarded.id,) if awarded else (),
    )


@dataclass(kw_only=True)
class RespondToOrder(Command):
    """Answer an order with a proposal, by a provider."""

    order: OrderId
    provider: ProviderId
    proposal: str
    off_platform: bool = False

    seen: _Order = fact(default_factory=_Order)

    def boundary(self) -> list[Selector]:
        return [
            about(self.order, of=[OrderSubmitted, OrderResponded, OrderAwarded]),
            about(self.provider, of=ACCREDITATION_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry, self.provider)

    def authority(self) -> Name:
        return self.provider

    def territory(self) -> JurisdictionId | None:
        return self.seen.submitted.place if self.seen.submitted else None

    def decide(self) -> Iterator[Event]:
        order = self.seen.known(self.order)
        host = self.seen.held.known(self.provider)
        if self.provider in (self.seen.responded):
            raise AlreadyResponded(
                zh=f"{self.provider} 已经响应过 {self.order}",
                en=f"{self.provider} has answered {self.order} already",
                field="order",
            )
        yield from self.gate(self.seen.follows(self.ask.on, self.order), self.order, self.provider)
        yield from in_window(
            self,
            Phase.ORDER_RESPOND,
            self.order,
            self.provider,
            place=order.place,
            term=order.term,
            calendar=Calendar.ORDER,
        )
        for refusal in (
            self._reach(order, host),
            self._routing(order),
            host_age(self, order.place, order.term, host),
            self.seen.held.lost(self),
        ):
            yield from self.gate(refusal, self.order, self.provider)
        yield OrderResponded(
            order=self.order,
            provider=self.provider,
            place=order.place,
            proposal=filled(self.proposal, "proposal"),
            off_platform=self.off_platform,
        )
        yield from _noted(self, order)

    def _reach(self, order: OrderSubmitted, host: ProviderAccredited) -> Refused | None:
        need = self.ask.rules.find(OrderResponder, order.place, self.ask.on, term=order.term.value)
        if need is None or host.reach is need.value.reach:
            return None
        return ReachTooSmall(
            zh=f"{self.provider} 不具备面向全省的培训资质，不能响应订单",
            en=f"{self.provider} is not accredited for the whole province",
            rule=need,
            field="provider",
            evidence=(self.seen.evidence,),
        )

    def _routing(self, order: OrderSubmitted) -> Refused | None:
        if not order.intended or self.provider in order.intended:
            return None
        return NotAmongIntended(
            zh=f"{self.order} 只推送给意向机构，{self.provider} 不在其中",
            en=f"{self.order} goes to its intended providers only; {self.provider} is none of them",
            rule=self.ask.rules.find(OrderRouting, order.place, self.ask.on, term=order.term.value),
            field="provider",
            evidence=(self.seen.evidence,),
        )


@dataclass(kw_only=True)
class AwardOrder(Command):
    """Choose the provider of an order, by the county's bureau."""

    order: OrderId
    provider: ProviderId
    reason: str
    off_platform: bool = False

    seen: _Order = fact(default_factory=_Order)

    def boundary(self) -> list[Selector]:
        return [
            about(self.order, of=[OrderSubmitted, OrderResponded, OrderAwarded]),
            about(self.provider, of=ACCREDITATION_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry, self.provider)

    def authority(self) -> Name:
        return self.seen.known(self.order).place

    def decide(self) -> Iterator[Event]:
        order = self.seen.known(self.order)
        host = self.seen.held.known(self.provider)
        if self.seen.awarded is not None:
            raise AlreadyAwarded(
                zh=f"{self.order} 已经确定由 {self.seen.awarded} 承训",
                en=f"{self.order} was awarded to {self.seen.awarded}",
                field="order",
                evidence=(self.seen.award,),
            )
        early = self.seen.follows(self.ask.on, self.order, self.provider)
        yield from self.gate(early, self.order, self.provider)
        yield from in_window(
            self,
            Phase.ORDER_AWARD,
            self.order,
            place=order.place,
            term=order.term,
            calendar=Calendar.ORDER,
        )
        if self.provider not in (self.seen.responded):
            yield from self.gate(self._unanswered(order), self.order, self.provider)
        for refusal in (host_age(self, order.place, order.term, host), self.seen.held.lost(self)):
            yield from self.gate(refusal, self.order, self.provider)
        yield OrderAwarded(
            order=self.order,
            provider=self.provider,
            place=order.place,
            term=order.term,
            reason=filled(self.reason, "reason"),
            off_platform=self.off_platform,
        )
        yield from _noted(self, order)

    def _unanswered(self, order: OrderSubmitted) -> Refused:
        phase, calendar, day = Phase.ORDER_AWARD, Calendar.ORDER, self.ask.on
        return NotResponded(
            zh=f"{self.provider} 没有响应 {self.order}，不能被选定",
            en=f"{self.provider} did not answer {self.order}",
            rule=window(self.ask.rules, order.place, order.term, phase, calendar, day),
            field="provider",
            evidence=(self.seen.evidence,),
        )


def _noted(step: RespondToOrder | AwardOrder, order: OrderSubmitted) -> Iterator[Event]:
    yield from on_platform(
        step,
        step.off_platform,
        step.order,
        step.provider,
        place=order.place,
        term=order.term,
    )
