"""Charge: what a trainee paid for a class, beside the fee that its plan states.

The plan states the fee in all and its items. Nothing else may be charged: neither more than the
fee in all, over every charge of the trainee and less what was given back, nor for an item that
the plan does not list. How the fee divides over the listed items is not judged; the documents ask
that nothing is charged besides, not that each item comes to the yuan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ledger.amount import ZERO, money, plain
from ledger.command import Refused, Selector, about, fact
from ledger.completion import Standing
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import Lack, Outcome
from ledger.names import OfferingId, ProviderId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep, OfferingOpened
from ledger.plan import Fee, FeeKind, Plan
from ledger.regulation import InForce, Parameters
from ledger.text import filled


class FeesCharged(Event, name="charge.fees-charged"):
    """A trainee paid for a class; ``yuan`` is the sum of the items."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    items: tuple[Fee, ...]
    yuan: Decimal


class FeesReturned(Event, name="charge.fees-returned"):
    """A trainee got money back that was charged for a class."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    yuan: Decimal
    reason: str


CHARGE_EVENTS: list[type[Event]] = [FeesCharged, FeesReturned]


class ExtraFee(
    Parameters,
    kind="fee-extra",
    zh="学员所缴合计超过方案总收费的，或收了方案未列的项目的，各记一项违规。",
    scope=(),
):
    """Charging a trainee more than the plan's fee, or for what it does not list, is a violation."""


class ChargedBeyondTotal(Refused):
    """The trainee was charged more than the fee that the plan states."""


class ChargedBeyondItems(Refused):
    """The trainee was charged for something that the plan does not list."""


class ReturnedTooMuch(Refused):
    """More would be given back than was charged."""


def planned_fee(plan: Plan) -> Decimal:
    """The fee in all: as the plan states it, else the sum of its items."""
    return (
        sum((each.yuan for each in plan.fees), ZERO) if plan.fee_total is None else plan.fee_total
    )


def listed(plan: Plan, item: Fee) -> bool:
    """Whether a plan lists an item: by its name, or by a kind that says what it pays for.

    A plan that states a fee in all and no item leaves the items open.
    """
    if not plan.fees and plan.fee_total is not None:
        return True
    return any(
        each.item == item.item or (each.kind is item.kind and item.kind is not FeeKind.OTHER)
        for each in plan.fees
    )


@dataclass(kw_only=True)
class _ChargeStep(ClassStep):
    """What charging a trainee and giving back share."""

    teacher: TeacherId

    standing: Standing = fact(default=None)
    paid: Decimal = fact(default=ZERO)
    evidence: tuple[str, ...] = fact(default=())

    def __post_init__(self) -> None:
        self.standing = Standing(self.teacher)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=[*ENROLLMENT_EVENTS, *CHARGE_EVENTS]),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.standing.learn(entry)
        match entry.event:
            case FeesCharged(yuan=yuan):
                self.paid += yuan
            case FeesReturned(yuan=yuan):
                self.paid -= yuan
            case _:
                return
        self.evidence = (*self.evidence, entry.id)


@dataclass(kw_only=True)
class ChargeFees(_ChargeStep):
    """Record what a trainee was charged for a class, by its provider."""

    items: tuple[Fee, ...]

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        school = self.standing.enrolled(self.offering)
        if not self.items:
            raise Fault("EMPTY_ROWS", zh="items 不能为空", en="items is empty", field="items")
        items = tuple(
            Fee(
                item=filled(each.item, "items.item"),
                yuan=money(each.yuan, "items.yuan"),
                kind=each.kind,
            )
            for each in self.items
        )
        yuan = plain(sum((each.yuan for each in items), ZERO))
        yield FeesCharged(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            items=items,
            yuan=yuan,
        )
        rule = self.ask.rules.pinned(ExtraFee, opened.place, self.room.opened_on)
        if rule is None:
            return
        for said in self._beyond(opened, rule, items, plain(self.paid + yuan)):
            yield self.finding(
                said, Outcome.VIOLATION, self.teacher, self.offering, opened.provider
            )

    def _beyond(
        self, opened: OfferingOpened, rule: InForce[ExtraFee], items: tuple[Fee, ...], paid: Decimal
    ) -> Iterator[Refused]:
        total = planned_fee(opened.plan)
        if paid > total:
            yield ChargedBeyondTotal(
                zh=f"{self.offering} 向 {self.teacher} 共收 {paid} 元，方案总收费为 {total} 元，"
                f"多收 {plain(paid - total)} 元",
                en=f"{self.offering} charged {self.teacher} {paid} yuan in all, "
                f"{plain(paid - total)} more than the {total} of its plan",
                rule=rule,
                field="items",
                evidence=self.evidence,
                lacking=(
                    Lack(
                        events=(FeesReturned.NAME, FeesCharged.NAME),
                        about=(self.teacher, self.offering),
                        yuan=plain(paid - total),
                    ),
                ),
            )
        for each in items:
            if not listed(opened.plan, each) and each.yuan > 0:
                yield ChargedBeyondItems(
                    zh=f"{self.offering} 向 {self.teacher} 收取“{each.item}”{each.yuan} 元，"
                    "方案没有列这一项",
                    en=f"{self.offering} charged {self.teacher} {each.yuan} yuan for {each.item}, "
                    "which its plan does not list",
                    rule=rule,
                    field="items",
                )


@dataclass(kw_only=True)
class ReturnFees(_ChargeStep):
    """Record what a trainee got back of the fees of a class, by its provider."""

    yuan: Decimal
    reason: str

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        yuan = money(self.yuan, "yuan")
        if not ZERO < yuan <= self.paid:
            raise ReturnedTooMuch(
                zh=f"{self.teacher} 在 {self.offering} 净缴 {self.paid} 元，"
                "退费须大于 0 且不超过此数",
                en=f"{self.teacher} paid {self.paid} yuan for {self.offering}; what goes back is "
                "more than 0 and not more than that",
                field="yuan",
                evidence=self.evidence,
            )
        school = self.standing.choice.school
        assert school is not None, "who paid was enrolled"
        yield FeesReturned(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            yuan=yuan,
            reason=filled(self.reason, "reason"),
        )
