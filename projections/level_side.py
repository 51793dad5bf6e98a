"""Sides: what two levels are made of that are compared, and what lies between them.

A side is this ledger at a position, what a bureau signed, or what another system tells. Where a
side tells the position at which it stands and says the same of a teacher as this ledger did there,
the events since are the causes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import Struct

from ledger.drift import TeacherDrift, drifted
from ledger.fault import Fault
from ledger.level import Apart, Level, Told, apart, first_difference, leaf
from ledger.names import Name, TeacherId
from ledger.summary import Period, Summary, Totals, summary_of
from ledger.way import Known
from projections.level import Scope, entries_of, records
from projections.reader import Reader
from projections.sign_off import SignOff
from projections.verdict import Rules


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side: its levels, where it stands, and the hash that was signed, where one was."""

    level: Level
    position: int | None = None
    signed: str | None = None

    @property
    def totals(self) -> Totals:
        """The sums of the whole."""
        return self.level.totals

    @property
    def digest(self) -> str:
        """The hash of the whole."""
        return self.level.digest


class Opened(Struct, kw_only=True):
    """A teacher of whom two sides say different things; the causes lead from one to the other."""

    teacher: TeacherId
    one: Summary | None
    other: Summary | None
    drift: TeacherDrift | None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two sides, the way to the first difference, and every teacher who lies apart."""

    scope: Scope
    period: Period
    one: Side
    other: Side
    way: list[Apart]
    teachers: list[TeacherId]


def compared(scope: Scope, period: Period, one: Side, other: Side) -> Compared:
    """Where two sides differ: what has the same hash is never opened."""
    apart_of = dict.fromkeys(apart(one.level, other.level))
    return Compared(
        scope=scope,
        period=period,
        one=one,
        other=other,
        way=first_difference(one.level, other.level),
        teachers=[TeacherId(each) for each in sorted(apart_of)],
    )


def told_side(told: Told, of: Name, period: Period) -> Side:
    """The side that a file tells. Raises ``Fault`` (``OTHER_LEVELS``) where it tells of others."""
    level = _find([told.level], of)
    if level is None or told.period != period:
        raise _other(of, period)
    return Side(level=level, position=told.position)


def signed_side(sign_off: SignOff, level: Level, period: Period) -> Side:
    """The side that was signed, made anew. Raises ``Fault`` (``OTHER_LEVELS``)."""
    if sign_off.place != level.of or sign_off.period != period:
        raise _other(level.of, period)
    return Side(level=level, position=sign_off.signed_position, signed=sign_off.root)


def opened(
    reader: Reader, rules: Rules, found: Compared, teachers: list[TeacherId], head: int
) -> list[Opened]:
    """Some of the teachers who lie apart, each with both summaries and the causes between."""
    one, other = (_known(reader, rules, found, side, teachers, head) for side in _sides(found))
    rows = []
    for teacher in teachers:
        mine, theirs = one.get(teacher), other.get(teacher)
        drift = None
        if mine is not None and theirs is not None:
            drift = _between(reader, rules, found, teacher, (mine[0], theirs[0]))
        rows.append(
            Opened(
                teacher=teacher,
                one=mine[1] if mine else None,
                other=theirs[1] if theirs else None,
                drift=drift,
            )
        )
    return rows


def _sides(found: Compared) -> tuple[Side, Side]:
    return found.one, found.other


def _known(
    reader: Reader,
    rules: Rules,
    found: Compared,
    side: Side,
    teachers: list[TeacherId],
    head: int,
) -> dict[TeacherId, tuple[int, Summary | None]]:
    """The teachers of whom a side says what this ledger said at its position, and what that is."""
    if side.position is None or side.position > head:
        return {}
    leaves = dict(_leaves(side.level))
    book = rules.at(side.position)
    known: dict[TeacherId, tuple[int, Summary | None]] = {}
    for record in records(reader, teachers, side.position):
        summary = found.scope.holds(summary_of(record, book, found.period))
        if (leaf(summary) if summary else None) == leaves.get(record.teacher):
            known[record.teacher] = (side.position, summary)
    return known


def _between(
    reader: Reader, rules: Rules, found: Compared, teacher: TeacherId, ends: tuple[int, int]
) -> TeacherDrift | None:
    """The causes from the earlier position to the later one."""
    first, last = sorted(ends)
    own = entries_of(reader, [teacher], last)[teacher]
    moments = (
        Known(
            position=position,
            entries=tuple(each for each in own if each.position <= position),
            regulations=rules.entries(position),
            day=found.period.last,
        )
        for position in (first, last)
    )
    return drifted(teacher, found.scope.holds, found.period, *moments)


def _leaves(level: Level) -> Iterable[tuple[str, str]]:
    yield from (level.teachers or {}).items()
    for each in level.parts or ():
        yield from _leaves(each)


def _find(levels: Iterable[Level], of: Name) -> Level | None:
    for each in levels:
        found = each if each.of == of else _find(each.parts or (), of)
        if found is not None:
            return found
    return None


def _other(of: Name, period: Period) -> Fault:
    return Fault(
        "OTHER_LEVELS",
        zh=f"所比对的另一方不是 {of} {period.year} 年同一种期间的汇总",
        en=f"the other side does not tell of {of} in the same period of {period.year}",
        field="other",
    )
