"""Fee: what a plan charges a trainee, item by item, and the standard that it keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Self

from ledger.candidate import Candidate
from ledger.command import Refused
from ledger.finding import Outcome
from ledger.plan import FeeKind, Plan
from ledger.regulation import InForce, Parameters

LOCAL = "LOCAL"  # the standard of the place, whatever it is


class FeeUnit(Enum):
    """What the amount of a fee standard is for."""

    TRAINEE = "TRAINEE"
    TRAINEE_DAY = "TRAINEE_DAY"
    TRAINEE_HOUR = "TRAINEE_HOUR"


class FeeStandard(
    Parameters,
    kind="fee-standard",
    zh="方案收费超过已载明金额的标准，记一项违规；文件没有载明金额的，收费方案记为无法判断，"
    "同一机构在同一属地、同一学期只记一次；不收费的方案不作判断。各地可自行规定当地金额。",
    scope=("audience",),
    apart=("standard", "yuan_max", "per"),
    positive=("yuan_max",),
):
    """Notes a plan that charges more than the standard's amount.

    Where no amount is loaded, a plan that charges anything is undecided, which is said once of a
    provider's plans for a place and term; a free plan is never judged. A locality adopts an amount
    of its own.
    """

    standard: str
    yuan_max: Decimal | None = None
    per: FeeUnit = FeeUnit.TRAINEE

    def laxer(self, than: Self) -> bool:
        if than.yuan_max is None:
            # Whose amount is not loaded binds by its name.
            return self.standard != than.standard
        if self.yuan_max is None or self.per is not than.per:
            return True
        return self.yuan_max > than.yuan_max


class FeeItems(
    Parameters,
    kind="fee-items",
    zh="方案没有写明收费总额、没有列出分项、分项之和不等于总额，或需住宿而未列住宿、伙食项的，"
    "合记一项违规。不收费的方案写明总额为零即可。",
    scope=(),
    less=("total", "items"),
    words={"items": FeeKind},
):
    """Notes a plan that states no total or no items, or whose items do not add up to the total.

    A plan that lodges its trainees lists what the rule names. A free plan states a total of zero.
    """

    total: bool
    items: tuple[str, ...]


class AboveStandard(Refused):
    """The plan charges more than the standard allows."""


class StandardUnknown(Refused):
    """The amount of the standard is not in the ledger, or the plan does not say how long."""


class FeesIncomplete(Refused):
    """The plan does not say in full what it charges and for what."""


def price(plan: Plan) -> Decimal:
    """What the plan charges a trainee: the total, or the items where no total is stated."""
    items = sum((each.yuan for each in plan.fees), Decimal(0))
    return items if plan.fee_total is None else max(items, plan.fee_total)


def judge_standard(candidate: Candidate) -> Iterator[tuple[Refused, Outcome]]:
    """What the fee standard says of the plan: too dear, undecided, or nothing."""
    plan = candidate.plan
    rule, charged = candidate.find(FeeStandard), price(plan)
    if rule is None or charged == 0:
        return
    most = rule.value.yuan_max
    if most is None and _said(candidate):
        return
    units = {
        FeeUnit.TRAINEE: Decimal(1),
        FeeUnit.TRAINEE_DAY: None if plan.days is None else Decimal(plan.days),
        FeeUnit.TRAINEE_HOUR: plan.hours,
    }[rule.value.per]
    if most is None or units is None:
        yield _unknown(candidate, rule, charged), Outcome.INDETERMINATE
    elif charged > most * units:
        dear = AboveStandard(
            zh=f"方案收费 {charged} 元，超过{_called(rule)[0]}的 {most * units} 元",
            en=f"the plan charges {charged} yuan, {charged - most * units} more than the "
            f"{most * units} of {_called(rule)[1]}",
            rule=rule,
            field="fee_total",
        )
        yield dear, Outcome.VIOLATION


def _said(candidate: Candidate) -> bool:
    """Whether the provider was told before, in the place and term, that no amount is known."""
    same = (each for each in candidate.earlier if each.audience is candidate.plan.audience)
    return any(price(each) > 0 for each in same)


def _called(rule: InForce[FeeStandard]) -> tuple[str, str]:
    """What a standard is called, in both languages."""
    name = rule.value.standard
    return ("当地标准", "the local standard") if name == LOCAL else (f"标准 {name}", name)


def _unknown(candidate: Candidate, rule: InForce[FeeStandard], charged: Decimal) -> StandardUnknown:
    zh, en = _called(rule)
    provider, place, term = candidate.host.provider, candidate.place.value, candidate.term.value
    if rule.value.yuan_max is not None:
        return StandardUnknown(
            zh=f"方案收费 {charged} 元，{zh}按天计，方案没有写明天数，是否超标无法判断",
            en=f"the plan charges {charged} yuan and does not say for how many days, by which "
            f"{en} is counted; whether it is too much cannot be told",
            rule=rule,
            field="days",
        )
    return StandardUnknown(
        zh=f"{provider} 的方案收费 {charged} 元，账本中没有{zh}的金额，是否超标无法判断；"
        f"其 {term} 在 {place} 的其他收费方案不再逐一记录",
        en=f"a plan of {provider} charges {charged} yuan; the ledger holds no amount for {en}, so "
        f"whether that is too much cannot be told. Its other plans in {place} and {term} that "
        "charge anything are in the same case and are not noted one by one",
        rule=rule,
        field="fee_total",
    )


def judge_items(candidate: Candidate) -> Iterator[Refused]:
    """What is missing from the plan's statement of fees, all in one."""
    rule = candidate.find(FeeItems)
    if rule is None:
        return
    faults = list(_faults(candidate.plan, rule.value))
    if faults:
        yield FeesIncomplete(
            zh="收费说明不全：" + "；".join(zh for zh, _ in faults),
            en="the fees are not stated in full: " + "; ".join(en for _, en in faults),
            rule=rule,
            field="fees" if plan_has_total(candidate.plan) else "fee_total",
        )


def plan_has_total(plan: Plan) -> bool:
    """Whether the plan states a total; a free plan states zero."""
    return plan.fee_total is not None


def _faults(plan: Plan, rule: FeeItems) -> Iterator[tuple[str, str]]:
    total, items = plan.fee_total, sum((each.yuan for each in plan.fees), Decimal(0))
    if rule.total and total is None:
        yield "没有写明总额", "no total"
    if not plan.fees and total != 0:
        yield "没有列出分项", "no items"
    if total is not None and (plan.fees or total == 0) and items != total:
        yield f"分项合计 {items} 元，总额 {total} 元", f"the items make {items}, the total {total}"
    if plan.accommodation and price(plan) > 0:
        listed = {each.kind.value for each in plan.fees}
        lacking = [each for each in rule.items if each not in listed]
        if lacking:
            yield f"需住宿而未列 {'、'.join(lacking)}", f"lodged, without {', '.join(lacking)}"
