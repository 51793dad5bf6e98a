"""Trial: what a regulation would change for whom, before anybody adopts it.

A record is judged twice on one day, by the rules as they are and by the rules as they would be.
Nothing is written. The draft is known by the hash of its text, so that adopting may name exactly
the draft that was tried.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from ledger.difference import Turn, turns
from ledger.names import JurisdictionId, SchoolId, TeacherId
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.verdict import Verdict, judge


class FlipTurn(Enum):
    """Where a verdict would turn: lost, won, to or from undecided, or to other numbers only."""

    LOST = "LOST"
    WON = "WON"
    OTHER = "OTHER"
    MOVED = "MOVED"


class Flip(Struct, kw_only=True, frozen=True):
    """A teacher whose verdict would be another one, and the requirements that turn it."""

    teacher: TeacherId
    school: SchoolId | None
    place: JurisdictionId | None
    before: Result
    after: Result
    counted_before: Decimal
    counted_after: Decimal
    turns: tuple[Turn, ...]

    @property
    def turn(self) -> FlipTurn:
        """Where the verdict turns."""
        if self.before is self.after:
            return FlipTurn.MOVED
        both = {(Result.MET, Result.NOT_MET): FlipTurn.LOST}
        both[Result.NOT_MET, Result.MET] = FlipTurn.WON
        return both.get((self.before, self.after), FlipTurn.OTHER)


class Tally(Struct, kw_only=True):
    """How many teachers were judged, and how their verdicts would turn.

    ``lost``: met no more; ``won``: met at last; ``other``: to or from undecided; ``moved``: the
    result stays and its numbers change.
    """

    teachers: int = 0
    lost: int = 0
    won: int = 0
    other: int = 0
    moved: int = 0

    def add(self, flip: Flip | None) -> None:
        """Counts one teacher."""
        self.teachers += 1
        match flip.turn if flip else None:
            case FlipTurn.LOST:
                self.lost += 1
            case FlipTurn.WON:
                self.won += 1
            case FlipTurn.OTHER:
                self.other += 1
            case FlipTurn.MOVED:
                self.moved += 1
            case None:
                pass


def flip(record: Record, rules: Rulebook, tried: Rulebook, day: date) -> Flip | None:
    """How a teacher's verdict would change; ``None`` where it would not, or there is none."""
    before, after = judge(record, rules, day), judge(record, tried, day)
    if before is None or after is None or _same(before, after):
        return None
    then = record.at(day)
    return Flip(
        teacher=record.teacher,
        school=then.school,
        place=then.place,
        before=before.result,
        after=after.result,
        counted_before=before.counted,
        counted_after=after.counted,
        turns=turns(before, after),
    )


def _same(before: Verdict, after: Verdict) -> bool:
    numbers = [(each.result, each.counted, each.cycle_start) for each in (before, after)]
    return numbers[0] == numbers[1] and not turns(before, after)
