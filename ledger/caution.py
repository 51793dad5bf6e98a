"""Caution: what a teacher is told before something is lost.

How many more hours may be missed in a training that still runs, by the absence limit of the day on
which the class opened, over the whole project; and what a cycle that still runs asks of each year
until its end, or that it can not be reached any more. Whoever missed nothing is not warned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from msgspec import Struct

from ledger.amount import HALF, ZERO, plain
from ledger.completion import AbsenceLimit, absence_limit
from ledger.footing import Footing
from ledger.names import JurisdictionId, OfferingId
from ledger.offering import OfferingOpened
from ledger.plan import Mode
from ledger.prospect import Attending, Prospects
from ledger.recognition import HoursPerDay
from ledger.regulation import InForce, Rulebook
from ledger.requirement import MissingUnit, Requirement, cited
from ledger.structure import OnceIntensive
from ledger.verdict import Verdict


class Danger(Enum):
    """Of what a teacher is warned."""

    ABSENCE_NEAR = "ABSENCE_NEAR"
    ABSENCE_BEYOND = "ABSENCE_BEYOND"
    CYCLE_PACE = "CYCLE_PACE"
    CYCLE_OUT_OF_REACH = "CYCLE_OUT_OF_REACH"
    ONCE_OUT_OF_REACH = "ONCE_OUT_OF_REACH"


class Caution(Struct, kw_only=True, frozen=True):
    """One warning. ``amount``: the hours that bring it about, what each year asks, or what lacks.

    ``by``: the last day of the training or of the cycle.
    """

    danger: Danger
    amount: Decimal
    unit: MissingUnit
    by: date
    zh: str
    en: str
    offering: OfferingId | None = None
    title: str | None = None
    rule: str | None = None
    citation: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    certain: bool = True
    events: tuple[str, ...] = ()


def until_beyond(limit: AbsenceLimit, missed: Decimal, planned: Decimal) -> Decimal:
    """The least number of half-hours more that passes the limit; 0 where it is passed already."""
    left = limit.share_max * Fraction(planned) - Fraction(missed)
    return plain(max((left // Fraction(HALF) + 1) * HALF, ZERO))


def of_absence(rules: Rulebook, attending: Iterable[Attending]) -> list[Caution]:
    """The warnings of the trainings that are not settled, the nearest to the limit first."""
    found: list[Caution] = []
    for each in attending:
        opened, missed = each.opened, each.standing.missed.total
        if opened is None or each.standing.outcome is not None or not missed:
            continue
        limit = absence_limit(rules, opened, each.room.opened_on)
        if limit is not None:
            found.append(_absence(limit, opened, missed, each.evidence))
    return sorted(found, key=lambda each: each.amount)


def _absence(
    limit: InForce[AbsenceLimit], opened: OfferingOpened, missed: Decimal, events: tuple[str, ...]
) -> Caution:
    planned, share = opened.plan.hours, limit.value.share_max
    more = until_beyond(limit.value, missed, planned)
    zh = f"《{opened.plan.title}》共 {planned} 学时，已缺 {missed} 学时"
    en = f"{opened.plan.title}: {missed} of {planned} hours missed"
    if more:
        zh += f"；再缺 {more} 学时即超过 {share}，不能结业"
        en += f"; {more} more and over {share} is missed: the training is not completed"
    else:
        zh, en = f"{zh}，超过 {share}，不能结业", f"{en}, over {share}: it is not completed"
    doubt_zh = "" if limit.certain else "（该规定是否有效无法确定）"
    doubt_en = "" if limit.certain else " (nobody can tell whether the rule is in force)"
    return Caution(
        danger=Danger.ABSENCE_NEAR if more else Danger.ABSENCE_BEYOND,
        amount=more,
        unit=MissingUnit.HOURS,
        by=opened.closes,
        zh=f"{zh}{doubt_zh}。",
        en=f"{en}{doubt_en}.",
        offering=opened.offering,
        title=opened.plan.title,
        events=events,
        **_rule(limit),
    )


def of_cycle(
    rules: Rulebook, place: JurisdictionId, base: Footing, verdict: Verdict, prospects: Prospects
) -> Iterator[Caution]:
    """The warnings of a cycle that still runs on the day of its verdict."""
    asked = {each.code: each for each in verdict.requirements}
    prospects = prospects.open(rules)
    per_day = rules.find(HoursPerDay, place, base.day)
    total, long = asked.get("CYCLE_TOTAL"), asked.get("ONCE_INTENSIVE")
    if total is not None and total.missing is not None:
        yield _total(base, total, per_day, prospects)
    if long is not None and long.missing is not None and per_day is not None:
        rule = rules.find(OnceIntensive, place, base.day)
        if rule is not None and not any(
            _counts(rule.value, opened) for opened, _ in prospects.classes(base.cycle.last_day)
        ):
            yield from _long(base, long, rule.value.least, per_day)


def _total(
    base: Footing,
    total: Requirement,
    per_day: InForce[HoursPerDay] | None,
    prospects: Prospects,
) -> Caution:
    assert total.missing is not None
    last, lack = base.cycle.last_day, total.missing
    days = (last - base.day).days + 1
    if per_day is not None:
        most = days * per_day.value.hours_max + prospects.worth(last)
        if lack.amount > most:
            return _cycle(
                Danger.CYCLE_OUT_OF_REACH,
                lack.amount,
                total,
                last,
                f"周期还差 {lack.amount}，到 {last} 只剩 {days} 天，按每天至多认定 "
                f"{per_day.value.hours_max} 学时并计入在读培训，至多再得 {most}，已无法达到。",
                f"{lack.amount} are missing; days left until {last}: {days}. At "
                f"{per_day.value.hours_max} hours a day and with what is under way, {most} at "
                "most; it can not be reached any more.",
            )
    years = last.year - base.day.year + 1
    pace = plain(-(-Fraction(lack.amount) // (years * Fraction(HALF))) * HALF)
    return _cycle(
        Danger.CYCLE_PACE,
        pace,
        total,
        last,
        f"周期还差 {lack.amount}，最迟 {last} 补足，{_span(years)[0]}，平均每个公历年须 {pace}。",
        f"{lack.amount} are missing: {pace} in each calendar year until {last}, {_span(years)[1]}.",
    )


def _span(years: int) -> tuple[str, str]:
    """Over how many calendar years the rest of a cycle lies; the first and last not whole."""
    if years == 1:
        return "都在本年内", "which is this year"
    return f"跨 {years} 个公历年（含本年，首尾可能不满一年）", (
        f"over {years} of them, this one among them, the first and the last perhaps in part"
    )


def _long(
    base: Footing, long: Requirement, least: Decimal, per_day: InForce[HoursPerDay]
) -> Iterator[Caution]:
    last = base.cycle.last_day
    days, needed = (
        (last - base.day).days + 1,
        -(-Fraction(least) // Fraction(per_day.value.hours_max)),
    )
    if days < needed:
        yield _cycle(
            Danger.ONCE_OUT_OF_REACH,
            Decimal(needed - days),
            long,
            last,
            f"还差一次 {least} 及以上的集中培训，至少须 {needed} 天，到 {last} 只剩 {days} 天。",
            f"An intensive training of {least} takes {needed} days at least; days left until "
            f"{last}: {days}.",
        )


def _counts(once: OnceIntensive, opened: OfferingOpened) -> bool:
    plan = opened.plan
    size = plan.hours if once.base_credits_min is None else plan.base_credits
    return plan.mode is Mode.INTENSIVE and size >= once.least


def _cycle(
    danger: Danger, amount: Decimal, asked: Requirement, last: date, zh: str, en: str
) -> Caution:
    assert asked.missing is not None
    unit = MissingUnit.DAYS if danger is Danger.ONCE_OUT_OF_REACH else asked.missing.unit
    return Caution(
        danger=danger,
        amount=amount,
        unit=unit,
        by=last,
        zh=zh,
        en=en,
        rule=asked.rule,
        citation=asked.citation,
        clause_zh=asked.clause_zh,
        clause_en=asked.clause_en,
        certain=asked.certain,
        events=asked.events,
    )


def _rule(rule: InForce[Any]) -> dict[str, Any]:
    names = ("rule", "citation", "clause_zh", "clause_en", "certain")
    return {name: cited(rule)[name] for name in names}
