"""Breakdown: how much of each credit counts in a cycle, and what of it does not, and why.

The cap on school-based credits is taken off the trainings that were completed last: the earliest
count first, those of one day in the order of their recognition and then of their ids. So the order
in which they were recorded changes nothing, and what counts of the lines adds up to the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct, structs

from ledger.amount import ZERO, plain
from ledger.completion import HoursDeduction
from ledger.credit import CreditKind
from ledger.cycle import Unit
from ledger.footing import Footing
from ledger.kind import Parameters
from ledger.names import CreditId
from ledger.plan import Choice
from ledger.recognition import HoursPerDay
from ledger.record import Line, Record
from ledger.regulation import Rule, Rulebook


class TrainingKind(Enum):
    """The kind under which a credit is shown.

    What an authority assigned is shown as mandated, however it was delivered; block training on
    the job as other.
    """

    INTENSIVE = "INTENSIVE"
    SCHOOL_BASED = "SCHOOL_BASED"
    DISTANCE = "DISTANCE"
    BLENDED = "BLENDED"
    MANDATED = "MANDATED"
    OTHER = "OTHER"


class Why(Enum):
    """Why something of a credit does not count."""

    HOURS_MISSED = "HOURS_MISSED"
    BEYOND_A_DAY = "BEYOND_A_DAY"
    REVOKED = "REVOKED"
    OUTSIDE_CYCLE = "OUTSIDE_CYCLE"
    AFTER_THE_DAY = "AFTER_THE_DAY"
    SPECIAL_TRAINING = "SPECIAL_TRAINING"
    CUT_BY_CAP = "CUT_BY_CAP"


TAKEN_BEFORE = (Why.HOURS_MISSED, Why.BEYOND_A_DAY)


class Uncounted(Struct, kw_only=True, frozen=True):
    """So much of a credit does not count, for this reason and by this rule."""

    credit: CreditId
    title: str
    why: Why
    amount: Decimal
    zh: str
    en: str
    rule: str | None = None
    citation: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    certain: bool = True
    positions: tuple[int, ...] = ()
    events: tuple[str, ...] = ()


class Share(Line, kw_only=True):
    """A credit with what of it counts in the cycle that was asked for, and in which year it lies.

    ``deducted`` lies between base and award; ``effective`` is in the unit of the verdict.
    """

    shown: TrainingKind
    year: int
    deducted: Decimal
    effective: Decimal
    uncounted: tuple[Uncounted, ...] = ()


class Sum(Struct, kw_only=True):
    """What the lines of a kind, of a year, or of both add up to, number by number."""

    kind: TrainingKind | None = None
    year: int | None = None
    lines: int = 0
    base: Decimal = ZERO
    deducted: Decimal = ZERO
    awarded: Decimal = ZERO
    credits: Decimal = ZERO
    effective: Decimal = ZERO

    def add(self, share: Share) -> None:
        """Takes in one line; of a revoked credit the award too, which its line still tells."""
        self.lines += 1
        self.base = plain(self.base + share.base_credits)
        self.deducted = plain(self.deducted + share.deducted)
        self.awarded = plain(self.awarded + share.awarded)
        self.credits = plain(self.credits + share.credits)
        self.effective = plain(self.effective + share.effective)


def breakdown(record: Record, rules: Rulebook, base: Footing) -> list[Share]:
    """What counts of every line of the record, those of other cycles too, in its order."""
    cuts = cuts_of(base)
    return [_share(line, rules, base, cuts) for line in record.lines]


def sums(shares: Sequence[Share], years: Iterable[int]) -> tuple[list[Sum], list[Sum], list[Sum]]:
    """The sums by kind (all of them), by year (all that are asked for), and by both."""
    kinds = {each: Sum(kind=each) for each in TrainingKind}
    by_year = {each: Sum(year=each) for each in years}
    both: dict[tuple[TrainingKind, int], Sum] = {}
    for share in shares:
        kinds[share.shown].add(share)
        by_year.setdefault(share.year, Sum(year=share.year)).add(share)
        cell = (share.shown, share.year)
        both.setdefault(cell, Sum(kind=share.shown, year=share.year)).add(share)
    order = list(TrainingKind)
    cells = sorted(both, key=lambda cell: (order.index(cell[0]), cell[1]))
    years_found = [by_year[each] for each in sorted(by_year)]
    return list(kinds.values()), years_found, [both[cell] for cell in cells]


def shown(line: Line) -> TrainingKind:
    """The kind under which a line is shown."""
    if line.choice == _MANDATED:
        return TrainingKind.MANDATED
    if line.kind is CreditKind.INTENSIVE and not line.off_job:
        return TrainingKind.OTHER
    return _SHOWN[line.kind]


def cuts_of(base: Footing) -> dict[CreditId, Decimal]:
    """What the cap cuts of each line: of the last completed first."""
    cap = base.used
    if cap is None:
        return {}
    left = cap.value.credits_max
    found: dict[CreditId, Decimal] = {}
    school_based = [each for each in base.lines if each.kind is CreditKind.SCHOOL_BASED]
    for line in sorted(
        school_based, key=lambda each: (each.completed, each.recognised, each.credit)
    ):
        worth = line.worth(base.unit)
        counts = min(worth, left)
        left -= counts
        found[line.credit] = worth - counts
    return found


def _share(line: Line, rules: Rulebook, base: Footing, cuts: dict[CreditId, Decimal]) -> Share:
    reasons = [*_deductions(line, rules), *_reasons(line, rules, base, cuts)]
    lost = sum((each.amount for each in reasons if each.why not in TAKEN_BEFORE), ZERO)
    return Share(
        **structs.asdict(line),
        shown=shown(line),
        year=line.completed.year,
        deducted=plain(line.base_credits - line.awarded),
        effective=plain(_full(line, base.unit) - lost),
        uncounted=tuple(reasons),
    )


def _full(line: Line, unit: Unit) -> Decimal:
    """What a line would count for if nothing stood against it."""
    return line.awarded if line.revoked else line.worth(unit)


def _deductions(line: Line, rules: Rulebook) -> Iterator[Uncounted]:
    """What was taken off before the award, by the rules that the award names."""
    if line.hours_missed:
        yield _uncounted(
            line,
            Why.HOURS_MISSED,
            line.hours_missed,
            _applied(line, rules, HoursDeduction),
            f"缺课 {line.hours_missed} 学时，已扣除。",
            f"{line.hours_missed} hours were missed and taken off.",
        )
    if line.hours_beyond:
        yield _uncounted(
            line,
            Why.BEYOND_A_DAY,
            line.hours_beyond,
            _applied(line, rules, HoursPerDay),
            f"超过每日认定上限的 {line.hours_beyond} 学时不予认定。",
            f"{line.hours_beyond} hours lie beyond what a day is recognised for.",
        )


def revoking(line: Line, rules: Rulebook) -> Rule | None:
    """The rule by which a credit was taken back; ``None`` where the bureau decided it by none."""
    return rules.rules.get(line.revoked_by[0]) if line.revoked_by else None


def _reasons(
    line: Line, rules: Rulebook, base: Footing, cuts: dict[CreditId, Decimal]
) -> Iterator[Uncounted]:
    """Why a line, or part of it, does not count in the cycle."""
    full, cycle = _full(line, base.unit), base.cycle
    total = base.total.rule if base.total else None
    if line.revoked:
        zh, en = f"学分已撤销：{line.reason}。", f"The credit was revoked: {line.reason}."
        yield _uncounted(line, Why.REVOKED, full, revoking(line, rules), zh, en)
    elif not cycle.holds(line.completed):
        zh = f"培训于 {line.completed} 结束，不在 {cycle.start} 至 {cycle.last_day} 的周期内。"
        en = f"Completed on {line.completed}, outside the cycle {cycle.start} to {cycle.last_day}."
        yield _uncounted(line, Why.OUTSIDE_CYCLE, full, total, zh, en)
    elif line.completed > base.day:
        zh = f"培训于 {line.completed} 结束，晚于评价日 {base.day}。"
        en = f"Completed on {line.completed}, after the day of {base.day} that is judged."
        yield _uncounted(line, Why.AFTER_THE_DAY, full, total, zh, en)
    elif line.credit in base.aside:
        own = base.aside[line.credit]
        counted = plain(own.worth(base.unit))
        if counted < full:
            zh = f"专项培训（{own.category.value}）在周期内只计 {counted}。"
            en = f"Of a special training ({own.category.value}) {counted} count in the cycle."
            rule = own.rule.rule
            yield _uncounted(line, Why.SPECIAL_TRAINING, full - counted, rule, zh, en)
    elif cuts.get(line.credit):
        cut, cap = cuts[line.credit], base.cap
        assert cap is not None
        zh = f"校本学分至多计 {cap.value.credits_max}，这一笔有 {cut} 超出。"
        en = f"At most {cap.value.credits_max} school-based count; {cut} of this lie beyond."
        yield _uncounted(line, Why.CUT_BY_CAP, cut, cap.rule, zh, en, certain=cap.certain)


def _applied(line: Line, rules: Rulebook, kind: type[Parameters]) -> Rule | None:
    """The rule of a kind among those that the award was made by."""
    held = (rules.rules.get(each) for each in line.rules)
    return next((each for each in held if each is not None and each.kind == kind.KIND), None)


def _uncounted(
    line: Line,
    why: Why,
    amount: Decimal,
    rule: Rule | None,
    zh: str,
    en: str,
    *,
    certain: bool = True,
) -> Uncounted:
    cited: dict[str, Any] = {}
    if rule is not None:
        cited = {"rule": rule.id, "citation": rule.citation}
        cited |= {"clause_zh": rule.zh, "clause_en": rule.en}
    return Uncounted(
        credit=line.credit,
        title=line.title,
        why=why,
        amount=plain(amount),
        zh=zh,
        en=en,
        certain=certain,
        positions=tuple(line.positions),
        events=tuple(line.events),
        **cited,
    )


_MANDATED = Choice.MANDATED.value
_SHOWN = {each: TrainingKind(each.value) for each in CreditKind}
