"""Records as they are told: what takes long is worked out where it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import strawberry

from ledger.breakdown import Share, Sum, Uncounted, sums
from ledger.consequence import Consequence
from ledger.credit import CreditKind
from ledger.ground import Ground
from ledger.record import Transfer, total
from ledger.verdict import Verdict
from projections.verdict import Judged
from schema.compiled.rendering import Lasting
from schema.scalars import Position, enum_type

Kind = enum_type(CreditKind)


@strawberry.type(description="Credits of one kind. 某类学分小计。")
class KindTotal:
    """Credits of one kind."""

    kind: Kind  # type: ignore[valid-type]  # made at run time
    credits: Decimal


@strawberry.type(description="One cycle of a teacher. 一个培训周期。")
class CreditCycle:
    """One cycle of a teacher."""

    number: int
    start: date
    end: date = strawberry.field(description="The first day after it. 周期后第一天。")
    whole: bool = strawberry.field(description="Whether it has all its years. 是否满周期。")


class Told:
    """A record as it is told; what takes long is worked out where it is asked for."""

    def __init__(
        self,
        judge: Callable[[], Judged],
        position: int,
        effective: date | None,
        lasting: Lasting | None = None,
    ) -> None:
        self._judge, self.effective, self.lasting = judge, effective, lasting
        self.position = Position(position)

    @cached_property
    def found(self) -> Judged:
        """The record with its verdict."""
        return self._judge()

    @property
    def verdict(self) -> Verdict | None:
        """What is said of the record."""
        return self.found.verdict

    @property
    def teacher(self) -> str:
        """Whose it is."""
        return self.found.record.teacher

    @property
    def school(self) -> str | None:
        """Where the teacher is."""
        return self.found.record.school

    @property
    def place(self) -> str | None:
        """Where that school lies."""
        return self.found.record.place

    @property
    def cycle_number(self) -> int | None:
        """The number of the cycle that was judged."""
        return self.verdict.cycle_number if self.verdict else None

    @property
    def cycle_start(self) -> date | None:
        """Its first day."""
        return self.verdict.cycle_start if self.verdict else None

    @property
    def cycle_end(self) -> date | None:
        """The first day after it."""
        return self.verdict.cycle_end if self.verdict else None

    @property
    def consequence(self) -> Consequence | None:
        """What it means for a use."""
        return self.found.consequence

    @property
    def day(self) -> date:
        """The day that is judged."""
        return self.found.day

    @cached_property
    def lines(self) -> list[Share]:
        """The credits of the cycle that was judged.

        The cycle is that of the verdict, so that both are of the rules of one moment.
        """
        verdict, day = self.found.verdict, self.found.day
        if verdict is None:
            return []
        start, end = verdict.cycle_start, verdict.cycle_end
        end = min(end, day + timedelta(days=1))
        return [each for each in self.found.shares if start <= each.completed < end]

    @cached_property
    def sums(self) -> tuple[list[Sum], list[Sum], list[Sum]]:
        """By kind, by year, and by both."""
        verdict = self.found.verdict
        years = range(verdict.cycle_start.year, _last(verdict).year + 1) if verdict else ()
        return sums(self.lines, years)

    @property
    def by_kind(self) -> list[Sum]:
        """What each kind comes to."""
        return self.sums[0]

    @property
    def by_year(self) -> list[Sum]:
        """What each year comes to."""
        return self.sums[1]

    @property
    def by_kind_and_year(self) -> list[Sum]:
        """What each kind comes to in each year."""
        return self.sums[2]

    @property
    def totals(self) -> list[KindTotal]:
        """Credits of each kind."""
        return [KindTotal(kind=kind, credits=total([*self.lines], kind)) for kind in CreditKind]

    @property
    def uncounted(self) -> list[Uncounted]:
        """What does not count, of all cycles."""
        return [each for share in self.found.shares for each in share.uncounted]

    @property
    def transfers(self) -> list[Transfer]:
        """Moves up to the day."""
        return [each for each in self.found.record.transfers if each.since <= self.found.day]

    @property
    def credits(self) -> Decimal:
        """All of them, before the cap."""
        return total([*self.lines])

    @property
    def cycles(self) -> list[CreditCycle]:
        """All cycles up to the day."""
        return [
            CreditCycle(number=each.number, start=each.start, end=each.end, whole=each.whole)
            for each in self.found.cycles
        ]

    @property
    def tree(self) -> Ground | None:
        """The verdict as a tree."""
        return self.found.tree


def told_of(found: Judged, effective: date | None) -> Told:
    """A record as it is told, with the credits of the cycle that was judged."""
    return Told(lambda: found, found.position, effective)


def _last(verdict: Verdict) -> date:
    return verdict.cycle_end - timedelta(days=1)
