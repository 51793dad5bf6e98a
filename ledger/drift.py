"""Drift: how far a period has moved since it was signed, by which teachers and which events.

Every teacher who was touched since is summed up at each step of the way (``way``), and counts where
the period's last day finds the teacher within the place. So what each cause moves adds up to what
the teacher moved, and what the teachers moved to the difference of the totals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

from msgspec import Struct

from ledger.event import Entry
from ledger.names import TeacherId
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.summary import Period, Summary, Totals, summary_of, totals_of
from ledger.way import Known, Step, StepKind, said, walk

Holds = Callable[[Summary | None], Summary | None]
NOTHING = Totals()


class Moved(Struct, kw_only=True, frozen=True):
    """What one cause moved: how much more or less the totals have since."""

    cause: StepKind
    totals: Totals
    on: date
    zh: str
    en: str
    position: int | None = None
    event: str | None = None
    type: str | None = None
    gone: bool = False


class TeacherDrift(Struct, kw_only=True, frozen=True):
    """A teacher's period before and after, what it moved, and the causes that add up to it.

    A side is empty where the teacher was not counted in the place.
    """

    teacher: TeacherId
    before: Summary | None
    after: Summary | None
    moved: Totals
    causes: tuple[Moved, ...]


class MovedBy(Struct, kw_only=True, frozen=True):
    """What all causes of one sort moved, and for how many teachers: an event type, or the rules."""

    cause: StepKind
    type: str | None
    teachers: int
    totals: Totals


def drifted(
    teacher: TeacherId, holds: Holds, period: Period, before: Known, after: Known
) -> TeacherDrift | None:
    """What moved for one teacher; ``None`` where the period stands as it stood.

    ``holds`` gives a summary back where it is counted, and nothing where it is not.
    """
    causes: list[Moved] = []
    first = last = None
    started = False
    for found, step in walk(before, after, partial(_summed, teacher, holds, period)):
        if step is None:
            first = found
        elif found != last:
            causes.append(_moved(last, found, step))
        last, started = found, True
    assert started
    if first == last and not any(each.totals != NOTHING for each in causes):
        return None
    return TeacherDrift(
        teacher=teacher,
        before=first,
        after=last,
        moved=_totals(last).minus(_totals(first)),
        causes=tuple(causes),
    )


def moved_by(teachers: Iterable[TeacherDrift]) -> list[MovedBy]:
    """The causes of all teachers by their sort."""
    whose: dict[tuple[str, str], set[str]] = {}
    found: dict[tuple[str, str], list[Moved]] = {}
    for each in teachers:
        for one in each.causes:
            key = (one.cause.value, one.type or "")
            whose.setdefault(key, set()).add(each.teacher)
            found.setdefault(key, []).append(one)
    return [_together(found[key], len(whose[key])) for key in sorted(found)]


def _together(causes: list[Moved], teachers: int) -> MovedBy:
    whole = NOTHING
    for each in causes:
        whole = whole.plus(each.totals)
    return MovedBy(cause=causes[0].cause, type=causes[0].type, teachers=teachers, totals=whole)


def _summed(
    teacher: TeacherId,
    holds: Holds,
    period: Period,
    entries: Iterable[Entry],
    rules: Rulebook,
    day: date,
) -> Summary | None:
    record = Record(teacher=teacher)
    for entry in sorted(entries, key=lambda each: each.position):
        record.learn(entry)
    return holds(summary_of(record, rules, period))


def _moved(before: Summary | None, after: Summary | None, step: Step) -> Moved:
    totals = _totals(after).minus(_totals(before))
    sums = (totals.teachers, totals.credits, totals.counted_credits + totals.counted_hours)
    people, credits, counted = (f"{each:+}" for each in sums)
    zh, en = said(
        step,
        f"人数 {people}，本期学分 {credits}，周期计入 {counted}",
        f"teachers {people}, credits of the period {credits}, counting of the cycle {counted}",
    )
    return Moved(totals=totals, zh=zh, en=en, **step.named)


def _totals(summary: Summary | None) -> Totals:
    return totals_of([summary] if summary else [])
