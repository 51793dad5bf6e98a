"""Cycle: the five years over which a teacher's credits are counted.

A cycle is half-open, ``[start, end)``, and begins on the day the teacher entered the platform;
late entrants get a whole cycle of their own, not a shortened one (rulebook C-27). A bureau may open
a cycle on another day, such as the first day of the city's opinions; the one before it then ends
there. What is asked of a cycle that was cut short no document says: each speaks of five years.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from ledger.amount import ZERO
from ledger.command import Command, Refused, Selector, about, fact
from ledger.day import happened, years_later
from ledger.event import Entry, Event
from ledger.finding import Lack, Outcome
from ledger.kind import OutOfRange
from ledger.names import CreditId, JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import AlreadyRegistered, WrongDay
from ledger.regulation import Parameters, Rulebook
from ledger.teacher import TEACHER_EVENTS, TeacherRegistered, Whereabouts
from ledger.text import filled

# Every document speaks of five years; this is for places for which none states the total.
YEARS_DEFAULT = 5


class Unit(Enum):
    """What a total is counted in (rulebook C-01)."""

    HOURS = "HOURS"
    CREDITS = "CREDITS"


class CycleTotal(
    Parameters,
    kind="cycle-total",
    positive=("years", "credits_min", "hours_min"),
    zh="按评价日判断周期总量是否达到下限：以学分定的下限按学分计；"
    "以学时定的，在 credits_from 之前按学时、自该日起按学分计。"
    "external 所列参数在已载入的文件中没有写明。",
    scope=(),
    years=("years",),
    apart=("credits_min", "hours_min", "credits_from", "external"),
    more=("years",),
):
    """Judges whether a cycle adds up to the minimum, on the evaluation day.

    A minimum of hours is counted in hours before ``credits_from`` and in credits from that day on;
    ``external`` names the parameters that no document of the ledger states.
    """

    years: int
    credits_min: Decimal | None = None
    hours_min: Decimal | None = None
    credits_from: date | None = None
    external: tuple[str, ...] = ()

    @property
    def least(self) -> Decimal:
        """The minimum; hours and credits have the same number (C-01)."""
        return self.credits_min or self.hours_min or ZERO

    def unit(self, day: date) -> Unit:
        """What the total is counted in on an evaluation day."""
        if self.credits_min is not None or (self.credits_from and day >= self.credits_from):
            return Unit.CREDITS
        return Unit.HOURS

    def unfit(self) -> OutOfRange | None:
        if (self.credits_min is None) != (self.hours_min is None):
            return None
        return OutOfRange("credits_min", "与 hours_min 须有且只有一样", "or hours_min, one of them")

    def laxer(self, than: CycleTotal) -> bool:
        """Whether it asks for less in as many years."""
        if super().laxer(than) or self.least * than.years < than.least * self.years:
            return True
        # Credits in place of hours are no less (C-01); hours are counted as those above.
        alike = than.hours_min is not None and self.credits_from == than.credits_from
        return self.hours_min is not None and not alike


class RecognitionWindow(
    Parameters,
    kind="recognition-window",
    zh="学分认定日不在培训结束日所属的周期内时，记一项违规，学分仍计入培训结束日所属的周期。",
    scope=(),
):
    """A credit recognised outside the cycle of its completion counts there, with a violation."""


class CreditCycleOpened(Event, name="cycle.opened", effective="start"):
    """A cycle of a teacher begins on this day, whatever the day of entry."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    start: date
    reason: str


CYCLE_EVENTS: list[type[Event]] = [CreditCycleOpened]


class RecognisedOutsideCycle(Refused):
    """The training was completed in one cycle and recognised in another."""


class CycleCut(Refused):
    """A cycle that was running ends before its years are over."""


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """One half-open interval; ``number`` counts from 1. ``whole``: it has all its years."""

    number: int
    start: date
    end: date
    whole: bool = True

    def holds(self, day: date) -> bool:
        """Whether the day belongs to this cycle."""
        return self.start <= day < self.end

    @property
    def last_day(self) -> date:
        """The last day that still counts."""
        return self.end - timedelta(days=1)


def cycle_on(entered: date, day: date, years: int, opened: tuple[date, ...] = ()) -> Cycle:
    """The cycle that holds a day; days before the first one belong to it.

    ``opened``: days on which the bureau opened a cycle; the five years count anew from there.
    """
    starts = sorted({entered, *opened})
    number = 0
    for start, following in zip(starts, [*starts[1:], date.max], strict=True):
        count = 0
        first = start
        while first < following:
            count, number = count + 1, number + 1
            full = years_later(start, years * count)
            end = min(full, following)
            if day < end:
                return Cycle(number=number, start=first, end=end, whole=end == full)
            first = end
    raise AssertionError("no day lies after the last cycle")


@dataclass
class Starts:
    """The days from which a teacher's cycles count, as the events say it."""

    entered: date | None = None
    opened: list[date] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        """Takes in the entry and the cycles opened; others change nothing."""
        match entry.event:
            case TeacherRegistered(entered=entered):
                self.entered = entered
                self.events.append(entry.id)
            case CreditCycleOpened(start=start):
                self.opened.append(start)
                self.events.append(entry.id)
            case _:
                pass

    def outside(
        self, rules: Rulebook, place: JurisdictionId, completed: date, day: date, credit: CreditId
    ) -> RecognisedOutsideCycle | None:
        """What is wrong with recognising on that day a training completed on the other."""
        rule = rules.find(RecognitionWindow, place, day)
        if rule is None or self.entered is None:
            return None
        total = rules.find(CycleTotal, place, day)
        years = total.value.years if total else YEARS_DEFAULT
        cycle = cycle_on(self.entered, completed, years, tuple(self.opened))
        if cycle.holds(day):
            return None
        return RecognisedOutsideCycle(
            zh=f"培训于 {completed} 结束，属周期 {cycle.start} 至 {cycle.last_day}；"
            f"{day} 才认定，已在周期之外",
            en=f"completed on {completed}, in the cycle {cycle.start} to {cycle.last_day}; "
            f"recognised on {day}, outside it",
            rule=rule,
            field="on",
            evidence=tuple(self.events),
            lacking=revocation(credit),
        )


def revocation(credit: CreditId, gone: str = "", *about: Name) -> tuple[Lack, ...]:
    """What puts right that a credit was recognised: that it is taken back, by a later noun.

    ``gone``: the event about others by which nothing stands against the credit any more.
    """
    ends = (gone,) if gone else ()
    return (Lack(events=("credit.revoked",), about=(credit,), gone=ends, gone_about=about),)


@dataclass(kw_only=True)
class OpenCycle(Command):
    """Open a cycle of a teacher on a day other than that of entry, by the bureau."""

    teacher: TeacherId
    start: date
    reason: str

    now: Whereabouts = fact(default_factory=Whereabouts)
    starts: Starts = fact(default_factory=Starts)

    def boundary(self) -> list[Selector]:
        return [about(self.teacher, of=[*TEACHER_EVENTS, *CYCLE_EVENTS])]

    def learn(self, entry: Entry) -> None:
        self.now.learn(entry)
        self.starts.learn(entry)

    def authority(self) -> Name:
        self.now.known(self.teacher)
        return self.now.then(self.ask).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.then(self.ask)
        school = self.now.known(self.teacher)
        assert self.starts.entered is not None
        happened(self.start, self.ask.on, "start")
        if self.start < self.starts.entered:
            raise WrongDay(
                zh=f"{self.teacher} 于 {self.starts.entered} 才进入平台，"
                f"周期不能从 {self.start} 起算",
                en=f"{self.teacher} entered on {self.starts.entered}; no cycle starts before",
                field="start",
            )
        if self.start in (self.starts.entered, *self.starts.opened):
            raise AlreadyRegistered(
                zh=f"{self.teacher} 已有从 {self.start} 起算的周期",
                en=f"a cycle of {self.teacher} starts on {self.start} already",
                field="start",
                evidence=tuple(self.starts.events),
            )
        yield CreditCycleOpened(
            teacher=self.teacher,
            school=school,
            place=self.now.place,
            start=self.start,
            reason=filled(self.reason, "reason"),
        )
        rule = self.ask.rules.find(CycleTotal, self.now.place, self.start)
        years = rule.value.years if rule else YEARS_DEFAULT
        cut = cycle_on(self.starts.entered, self.start, years, tuple(self.starts.opened))
        if cut.start < self.start:
            said = CycleCut(
                zh=f"{self.teacher} 自 {cut.start} 起的周期到 {self.start} 即止，不足 {years} 年",
                en=f"the cycle of {self.teacher} from {cut.start} ends on {self.start}, before "
                f"its {years} years are over",
                rule=rule,
                field="start",
                evidence=tuple(self.starts.events),
            )
            subjects = (self.teacher, school, self.now.place)
            yield self.finding(said, Outcome.DEVIATION, *subjects)
