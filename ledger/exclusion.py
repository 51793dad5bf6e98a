"""Exclusion: why a credit does not count in the cycle of a day, or not whole (不计入).

The verdict says what all credits come to; here it is one credit: not awarded, revoked, of another
cycle, a training that is not counted, beyond the cap, or less than its base.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.balance import BalanceOpened
from ledger.breakdown import cuts_of, revoking
from ledger.command import Selector, about
from ledger.completion import HoursDeduction
from ledger.credit import CreditAwarded, CreditCorrected, CreditKind, CreditRevoked
from ledger.cycle import Unit
from ledger.event import Entry
from ledger.explanation import (
    Condition,
    Explanation,
    ReasonWhy,
    Upshot,
    explained,
    reason,
    reason_of,
)
from ledger.footing import Footing, footing
from ledger.names import CreditId, OfferingId, TeacherId
from ledger.recognition import HoursPerDay
from ledger.record import RECORD_EVENTS, Line, Record
from ledger.register import unknown
from ledger.regulation import Rule, Rulebook
from ledger.school_based import SchoolBasedRecognised, SchoolBasedRecorded

BY_THE_BUREAU = ("，由主管部门决定，没有条款", ", by the bureau and no clause")


def credit_selectors(teacher: TeacherId) -> list[Selector]:
    """The events from which a credit is explained."""
    return [about(teacher, of=[*RECORD_EVENTS, SchoolBasedRecorded])]


@dataclass(frozen=True)
class _Case:
    """A line of a record in the cycle of a day."""

    line: Line
    record: Record
    entries: Sequence[Entry]
    rules: Rulebook
    base: Footing

    @property
    def unit(self) -> Unit:
        """What the total is counted in."""
        return self.base.unit

    @property
    def whole(self) -> Decimal:
        """What the training is worth before anything is taken off."""
        return self.line.hours_planned if self.unit is Unit.HOURS else self.line.base_credits

    def events(self, *kinds: type[Any]) -> list[Entry]:
        """The events of this credit of some kinds."""
        return [
            each
            for each in self.entries
            if isinstance(each.event, kinds)
            and getattr(each.event, "credit", None) == self.line.credit
        ]


def why_not_counted(
    teacher: TeacherId,
    credit: CreditId | None,
    offering: OfferingId | None,
    entries: Sequence[Entry],
    rules: Rulebook,
    day: date,
    completion: Explanation | None = None,
) -> Explanation:
    """Why a credit, or that of an offering, does not count on a day.

    ``completion``: what is said of the completion of the offering, where that was asked for.
    """
    record = Record(teacher=teacher)
    for entry in entries:
        record.learn(entry)
    line = next(
        (
            each
            for each in reversed(record.lines)
            if each.credit == credit or (offering is not None and each.offering == offering)
        ),
        None,
    )
    if line is None:
        return explained(Upshot.NOT_COUNTED, _unawarded(credit, entries, completion))
    base = footing(record, rules, day)
    if base is None:
        return explained(Upshot.NOT_COUNTED, [reason_of(unknown(teacher, "teacher"))])
    return _weighed(_Case(line, record, entries, rules, base))


def _weighed(case: _Case) -> Explanation:
    never = list(_outside(case))
    if never:
        return explained(Upshot.NOT_COUNTED, never)
    reasons = [*_deducted(case), *_otherwise(case)]
    counts = case.line.worth(case.unit)
    for counted, told in (*_aside(case), *_beyond_cap(case)):
        counts = min(counts, counted)
        reasons.append(told)
    if counts <= 0:
        return explained(Upshot.NOT_COUNTED, reasons)
    return explained(Upshot.COUNTED if counts >= case.whole else Upshot.PARTLY_COUNTED, reasons)


def _unawarded(
    credit: CreditId | None, entries: Sequence[Entry], completion: Explanation | None
) -> Iterable[ReasonWhy]:
    own = [each for each in entries if credit and getattr(each.event, "credit", None) == credit]
    match own[-1].event if own else None:
        case SchoolBasedRecognised(reason=why):
            yield reason(
                "NOT_RECOGNISED",
                f"主管部门于 {own[-1].on} 未予认定",
                f"the bureau did not recognise it on {own[-1].on}",
                opposing=(own[-1].id,),
                facts={"reason": why} if why else {},
            )
        case SchoolBasedRecorded():
            zh, en = "主管部门尚未认定", "the bureau has not recognised it yet"
            yield reason(
                "NOT_AWARDED",
                zh,
                en,
                evidence=(own[-1].id,),
                missing=(Condition(code="RECOGNITION", zh=zh, en=en),),
            )
        case _ if completion is not None:
            yield from _uncredited(completion)
        case _ if credit is not None:
            yield reason_of(unknown(credit, "credit"))


def _uncredited(completion: Explanation) -> Iterable[ReasonWhy]:
    if completion.answer is not Upshot.DONE:
        zh, en = "培训没有结业", "the training is not completed"
        missing = (Condition(code="COMPLETION", zh=zh, en=en),)
        yield reason("NOT_COMPLETED", zh, en, missing=missing)
        yield from completion.reasons
        return
    zh, en = "主管部门尚未认定学分", "the bureau has not awarded the credit yet"
    yield reason(
        "NOT_AWARDED",
        zh,
        en,
        evidence=tuple(e for each in completion.reasons for e in each.evidence),
        missing=(Condition(code="AWARD", zh=zh, en=en),),
    )


def _outside(case: _Case) -> Iterator[ReasonWhy]:
    """What keeps the credit out of the cycle altogether."""
    line, cycle = case.line, case.base.cycle
    if line.revoked:
        gone = case.events(CreditRevoked, CreditCorrected)[-1]
        event: Any = gone.event
        zh, en = BY_THE_BUREAU if event.decided else ("", "")
        yield reason(
            "REVOKED",
            f"学分已于 {gone.on} 撤销{zh}",
            f"the credit was revoked on {gone.on}{en}",
            revoking(line, case.rules),
            evidence=tuple(line.events[:1]),
            opposing=(gone.id,),
            facts={"reason": event.reason},
        )
    if not cycle.holds(line.completed):
        yield reason(
            "OUTSIDE_CYCLE",
            f"培训于 {line.completed} 结束，不在周期 {cycle.start} 至 {cycle.last_day} 内",
            f"completed on {line.completed}, outside the cycle {cycle.start} to {cycle.last_day}",
            case.base.total,
            evidence=(*line.events[:1], *_opened(case)),
        )
    elif line.completed > case.base.day:
        zh = f"培训到 {line.completed} 才结束，{case.base.day} 尚不计入"
        en = f"completed on {line.completed} only, after {case.base.day}"
        yield reason("NOT_YET", zh, en, case.base.total, evidence=tuple(line.events[:1]))


def _opened(case: _Case) -> tuple[str, ...]:
    """The events by which the cycles of the teacher begin."""
    names = ("register.teacher-registered", "cycle.opened")
    return tuple(each.id for each in case.entries if each.event.NAME in names)


def _deducted(case: _Case) -> Iterator[ReasonWhy]:
    """What was taken off the base, by missed hours or by a correction."""
    line = case.line
    if line.worth(case.unit) >= case.whole:
        return
    awarded = case.events(CreditAwarded, SchoolBasedRecognised, BalanceOpened)[:1]
    changed = case.events(CreditCorrected)
    yield reason(
        "DEDUCTED",
        f"基准 {case.whole}，缺课 {line.hours_missed} 学时，超过每日认定的 {line.hours_beyond} "
        f"学时，现为 {line.worth(case.unit)}",
        f"{line.worth(case.unit)} of {case.whole}: {line.hours_missed} hours were missed, "
        f"{line.hours_beyond} lie beyond what a day is recognised for",
        _deduction(case, awarded),
        evidence=tuple(each.id for each in awarded),
        opposing=tuple(each.id for each in changed),
        facts={
            "base": str(case.whole),
            "missed": str(line.hours_missed),
            "beyond": str(line.hours_beyond),
            "credits": str(line.worth(case.unit)),
        },
    )


def _deduction(case: _Case, awarded: list[Entry]) -> Rule | None:
    named = [each for entry in awarded for each in getattr(entry.event, "rules", ())]
    rules = [case.rules.rules[each] for each in named if each in case.rules.rules]
    kinds = (HoursDeduction.KIND, HoursPerDay.KIND)
    return next((each for each in rules if each.kind in kinds), None)


def _otherwise(case: _Case) -> Iterator[ReasonWhy]:
    """That the total is counted in hours, and the training is worth another number of credits."""
    line = case.line
    if case.unit is Unit.HOURS and line.hours != line.credits:
        yield reason(
            "OTHER_UNIT",
            f"{case.base.day} 的总量按学时计：{line.hours} 学时（{line.credits} 学分）",
            f"in hours, as the total is: {line.hours} hours ({line.credits} credits)",
            case.base.total,
            evidence=tuple(line.events[:1]),
        )


def _aside(case: _Case) -> Iterator[tuple[Decimal, ReasonWhy]]:
    """A training that the cycle counts at a rate of its own."""
    found = case.base.aside.get(case.line.credit)
    if found is None:
        return
    counted = found.worth(case.unit)
    spans = [each for each in case.record.belongings if each.category is found.category]
    yield (
        counted,
        reason(
            "SPECIAL_TRAINING",
            f"{found.category.value} 的专项培训按 {found.rule.value.count_rate} 计入",
            f"training of a {found.category.value}; it counts at {found.rule.value.count_rate}",
            found.rule,
            evidence=(*case.line.events[:1], *(e for each in spans for e in each.events)),
            facts={"counted": str(counted), "rate": str(found.rule.value.count_rate)},
        ),
    )


def _beyond_cap(case: _Case) -> Iterator[tuple[Decimal, ReasonWhy]]:
    """What the cap leaves of a school-based credit: those completed first fill it."""
    cap, cut = case.base.used, cuts_of(case.base).get(case.line.credit)
    if cap is None or not cut:
        return
    worth = case.line.worth(case.unit)
    most, counted = cap.value.credits_max, worth - cut
    yield (
        counted,
        reason(
            "BEYOND_CAP",
            f"校本学分至多计 {most}，先结束的先计，此项计 {counted}/{worth}",
            f"at most {most} from the school count, the first completed first; {counted} of "
            f"{worth} are left",
            cap,
            evidence=tuple(case.line.events[:1]),
            opposing=tuple(_before(case)),
            facts={"counted": str(counted), "cut": str(cut)},
        ),
    )


def _before(case: _Case) -> Iterator[str]:
    """The school-based credits that fill the cap before this one."""
    own = _turn(case.line)
    for each in case.base.lines:
        if each.kind is CreditKind.SCHOOL_BASED and _turn(each) < own:
            yield each.events[0]


def _turn(line: Line) -> tuple[Any, ...]:
    return line.completed, line.recognised, line.credit
