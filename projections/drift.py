"""Drift: a sign-off made anew from the events up to its position, and what moved since."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger.drift import MovedBy, TeacherDrift, moved_by
from ledger.level import grown
from ledger.names import JurisdictionId
from ledger.redress import FindingState
from ledger.sign_off import Drifted, Statement
from ledger.summary import Period, Summary, Totals, list_hash
from projections.catalogue import FINDINGS
from projections.level import Scope, moved, summaries
from projections.reader import Reader, Where
from projections.sign_off import SignOff
from projections.snapshot import Snapshot
from projections.verdict import Rules


class Verified(Struct, frozen=True, kw_only=True):
    """A sign-off made anew from the events up to its position, and whether it is the same."""

    agrees: bool
    totals: Totals
    sha256: str
    root: str
    findings_open: int


class Drift(Struct, frozen=True, kw_only=True):
    """What moved since a sign-off: the totals now, the difference, by which causes, for whom."""

    position: int
    totals: Totals
    moved: Totals
    by: tuple[MovedBy, ...]
    teachers: tuple[TeacherDrift, ...]


def statement(
    reader: Reader,
    rules: Rules,
    scope: Scope,
    period: Period,
    position: int,
    most: int | None = None,
) -> tuple[Statement, list[Summary]]:
    """What a bureau would sign at a position, and the list of teachers that it stands for."""
    assert isinstance(scope.of, JurisdictionId)
    found = summaries(reader, rules.at(position), scope, period, position, most)
    level = grown(scope.of, found)
    made = Statement(
        position=position,
        totals=level.totals,
        sha256=list_hash(found),
        root=level.digest,
        findings_open=findings_open(reader, scope, position),
    )
    return made, found


def findings_open(reader: Reader, scope: Scope, position: int) -> int:
    """How many findings that concern a place were open at a position."""
    where = Where().and_equal(standing=FindingState.OPEN.value)
    if scope.tags is not None:
        where = where.and_where(Where(overlap=(("tags", scope.tags),)))
    return Snapshot(reader.feed, position, unbounded=True).count(FINDINGS, where)


def verified(sign_off: SignOff, again: Statement) -> Verified:
    """Whether a statement made anew is the one that was signed."""
    signed = (sign_off.totals, sign_off.sha256, sign_off.root, sign_off.findings_open)
    made = (again.totals, again.sha256, again.root, again.findings_open)
    return Verified(
        agrees=signed == made,
        totals=again.totals,
        sha256=again.sha256,
        root=again.root,
        findings_open=again.findings_open,
    )


def drifted_since(
    reader: Reader, rules: Rules, scope: Scope, sign_off: SignOff, position: int, most: int
) -> Drifted:
    """What had changed since a sign-off, as its reopening tells it. Raises ``Fault``."""
    found = drift(reader, rules, scope, sign_off, position)
    now = summaries(reader, rules.at(position), scope, sign_off.period, position, most)
    return Drifted(
        position=position,
        totals=found.totals,
        moved=found.moved,
        teachers=len(found.teachers),
        sha256=list_hash(now),
    )


def drift(reader: Reader, rules: Rules, scope: Scope, sign_off: SignOff, position: int) -> Drift:
    """What moved since a sign-off, up to a position; only who was touched since is read."""
    first = sign_off.signed_position
    held: Iterable[TeacherDrift] = moved(reader, rules, scope, sign_off.period, first, position)
    teachers = tuple(held)
    whole = Totals()
    for each in teachers:
        whole = whole.plus(each.moved)
    return Drift(
        position=position,
        totals=sign_off.totals.plus(whole),
        moved=whole,
        by=tuple(moved_by(teachers)),
        teachers=teachers,
    )
