"""Execution: whether a timetable keeps what was published, and which changes cover it.

A published plan is carried out as it stands. A timetable that drops a course, replaces a trainer,
moves lessons online, cuts hours or leaves the days of its class departs from it; a change that the
authority approved covers the kinds that it names, for the one timetable that makes use of it.
The rules are those of the day on which the class was opened (rulebook C-33).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from ledger.amount import ZERO
from ledger.change import Change, ChangeKind
from ledger.command import Command, Refused
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import ChangeId, OfferingId, StaffId
from ledger.offering import OfferingOpened
from ledger.plan import Mode
from ledger.regulation import InForce, Parameters, Strength


class PlanExecution(
    Parameters,
    kind="plan-execution",
    zh="课程表与已公布方案或原课程表相比有所列变动、又无获批调整的：硬性条款记违规，原则性条款记偏离。",
    scope=(),
    less=("kinds",),
    words={"kinds": ChangeKind},
):
    """A timetable that departs in one of these ways, without an approved change, is noted."""

    kinds: tuple[str, ...] = ()


class ModeChange(
    Parameters, kind="mode-change", zh="线下课改为线上、又无获批调整的，记违规。", scope=()
):
    """Lessons that go online without an approved change are noted."""


class ArbitraryChange(Refused):
    """A timetable departs from what was published, and no approved change covers it."""


class Lesson(Protocol):
    """What execution asks of a session."""

    @property
    def day(self) -> date:
        """Its day."""

    @property
    def hours(self) -> Decimal:
        """Its hours."""

    @property
    def course(self) -> str:
        """Its course."""

    @property
    def trainer(self) -> StaffId | None:
        """Who teaches."""

    @property
    def online(self) -> bool:
        """Whether it is online."""


@dataclass(frozen=True)
class Departure:
    """One way in which a timetable departs, and in what."""

    kind: ChangeKind
    what: tuple[str, ...]


DEPARTURE_ZH = {
    ChangeKind.OFFLINE_TO_ONLINE: "线上学时多于原定",
    ChangeKind.TRAINER_REPLACED: "调换了授课专家",
    ChangeKind.COURSE_REMOVED: "缺少课程",
    ChangeKind.HOURS_REDUCED: "压缩了学时",
    ChangeKind.DATES_CHANGED: "培训日不在班期之内",
}


@dataclass
class Execution:
    """The timetable in force, and the approved changes of which no timetable has made use."""

    lessons: Sequence[Lesson] | None = None
    paths: dict[ChangeId, Change] = field(default_factory=dict)
    spent: set[tuple[ChangeId, ChangeKind]] = field(default_factory=set)
    begun: dict[ChangeId, date] = field(default_factory=dict)
    evidence: str | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in the steps of changes; others change nothing."""
        change: ChangeId | None = getattr(entry.event, "change", None)
        if change is not None:
            self.paths.setdefault(change, Change()).learn(entry)

    def published(self, entry: Entry, opened: OfferingOpened, lessons: Sequence[Lesson]) -> None:
        """Takes in a timetable, which uses up one approved change of each kind that it makes."""
        strays = _strays([(opened.opens, opened.closes)], self.lessons, lessons)
        found = [*departures(opened, self.lessons, lessons), *strays]
        began = _first_other(self.lessons, lessons)
        for kind in {each.kind for each in found}:
            use = next(self._covering(kind), None)
            if use is not None:
                self.spent.add((use, kind))
                self.begun.setdefault(use, began)
        days = [date.fromisoformat(day) for each in strays for day in each.what]
        for use, (first, last) in self._dated(opened).items():
            if any(first <= day <= last for day in days):
                self.begun.setdefault(use, began)
        self.lessons, self.evidence = lessons, entry.id

    def covers(self, kind: ChangeKind) -> bool:
        """Whether an approved change that no timetable has used names the kind."""
        return next(self._covering(kind), None) is not None

    def _covering(self, kind: ChangeKind) -> Iterator[ChangeId]:
        """The approved changes that name the kind and that no timetable has used."""
        for change, path in self.paths.items():
            if path.requested is None or not path.approves or (change, kind) in self.spent:
                continue
            # A change that names its new days covers those days and no others.
            dated = kind is ChangeKind.DATES_CHANGED and path.requested.dated
            if kind in path.requested.kinds and not dated:
                yield change

    def spans(self, opened: OfferingOpened) -> list[tuple[date, date]]:
        """The days that the class has, and those that approved changes give it."""
        return [(opened.opens, opened.closes), *self._dated(opened).values()]

    def _dated(self, opened: OfferingOpened) -> dict[ChangeId, tuple[date, date]]:
        asked = [each.requested for each in self.paths.values() if each.approves]
        return {
            each.change: (each.opens or opened.opens, each.closes or opened.closes)
            for each in asked
            if each is not None and each.dated
        }

    def unfinished(self) -> list[tuple[Change, date]]:
        """The changes that timetables made use of and that nobody carried out, with their day."""
        used = [(self.paths[change], day) for change, day in self.begun.items()]
        return [(path, day) for path, day in used if path.done is None]

    def uncovered(self, opened: OfferingOpened, lessons: Sequence[Lesson]) -> list[Departure]:
        """What a new timetable departs in, less what approved changes cover."""
        found = [
            *departures(opened, self.lessons, lessons),
            *_strays(self.spans(opened), self.lessons, lessons),
        ]
        return [each for each in found if not self.covers(each.kind)]


def departures(
    opened: OfferingOpened, before: Sequence[Lesson] | None, now: Sequence[Lesson]
) -> list[Departure]:
    """How a timetable departs from the plan (the first one) or from the timetable before it."""
    found = {
        ChangeKind.COURSE_REMOVED: _missing_courses(opened, before, now),
        ChangeKind.TRAINER_REPLACED: _strange_trainers(opened, before, now),
        ChangeKind.OFFLINE_TO_ONLINE: _moved_online(opened, before, now),
        ChangeKind.HOURS_REDUCED: _cut_hours(opened, before, now),
    }
    return [Departure(kind, tuple(sorted(what))) for kind, what in found.items() if what]


def _strays(
    spans: list[tuple[date, date]], before: Sequence[Lesson] | None, now: Sequence[Lesson]
) -> list[Departure]:
    old = {each.day for each in before or ()}
    days = sorted({each.day for each in now} - old)
    out = [day for day in days if not any(first <= day <= last for first, last in spans)]
    return [Departure(ChangeKind.DATES_CHANGED, tuple(map(str, out)))] if out else []


def _missing_courses(
    opened: OfferingOpened, before: Sequence[Lesson] | None, now: Sequence[Lesson]
) -> set[str]:
    planned = {each.title for each in opened.plan.courses}
    had = planned if before is None else {each.course for each in before}
    return (had & planned if planned else had) - {each.course for each in now}


def _strange_trainers(
    opened: OfferingOpened, before: Sequence[Lesson] | None, now: Sequence[Lesson]
) -> set[str]:
    planned = {each.staff for each in opened.plan.trainers}
    old, new = _trainers(before or ()), _trainers(now)
    strangers = {who for _, who in new - old if planned and who not in planned}
    kept = {each.course for each in now}
    dropped = {
        who for course, who in old - new if course in kept and (not planned or who in planned)
    }
    return {str(each) for each in strangers | dropped}


def _trainers(lessons: Iterable[Lesson]) -> set[tuple[str, StaffId]]:
    return {(each.course, each.trainer) for each in lessons if each.trainer is not None}


def _moved_online(
    opened: OfferingOpened, before: Sequence[Lesson] | None, now: Sequence[Lesson]
) -> set[str]:
    plan, online = opened.plan, _hours(each for each in now if each.online)
    if plan.mode is Mode.DISTANCE:
        return set()
    total = sum(online.values(), ZERO)
    if before is None:
        # Compared as products: the share of the plan is a share of its credits.
        within = total * plan.base_credits <= plan.online_credits * plan.hours
        return set() if within else {f"{total} > {plan.online_credits}/{plan.base_credits}"}
    old = _hours(each for each in before if each.online)
    offline = _hours(each for each in now if not each.online)
    offline_old = _hours(each for each in before if not each.online)
    moved = {
        course
        for course, hours in online.items()
        if hours > old.get(course, ZERO)
        and offline.get(course, ZERO) < offline_old.get(course, ZERO)
    }
    more = total > sum(old.values(), ZERO)
    return moved or ({f"{total} > {sum(old.values(), ZERO)}"} if more else set())


def _cut_hours(
    opened: OfferingOpened, before: Sequence[Lesson] | None, now: Sequence[Lesson]
) -> set[str]:
    new = _hours(now)
    total = sum(new.values(), ZERO)
    if before is None:
        return {f"{total} < {opened.plan.hours}"} if total < opened.plan.hours else set()
    old = _hours(before)
    return {
        f"{course}: {new[course]} < {hours}"
        for course, hours in old.items()
        if course in new and new[course] < hours
    } | ({f"{total} < {sum(old.values(), ZERO)}"} if total < sum(old.values(), ZERO) else set())


def _first_other(before: Sequence[Lesson] | None, now: Sequence[Lesson]) -> date:
    """The first day on which a timetable is another than the one before it."""
    old, new = Counter(map(_told, before or ())), Counter(map(_told, now))
    others = (old - new) + (new - old)
    return min((day for day, *_ in others), default=min(each.day for each in now))


def _told(lesson: Lesson) -> tuple[date, str, Decimal, StaffId | None, bool]:
    return lesson.day, lesson.course, lesson.hours, lesson.trainer, lesson.online


def _hours(lessons: Iterable[Lesson]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in lessons:
        found[each.course] = found.get(each.course, ZERO) + each.hours
    return found


def note_departures(
    command: Command,
    offering: OfferingId,
    opened: OfferingOpened,
    pinned: date,
    found: list[Departure],
    evidence: tuple[str, ...],
) -> Iterator[Event]:
    """Finding: each departure that no approved change covers, under each rule in force."""
    rules = command.ask.rules
    for each in found:
        what = "、".join(each.what)
        under: list[InForce[PlanExecution] | InForce[ModeChange]] = [
            rule
            for rule in rules.pinned_all(PlanExecution, opened.place, pinned)
            if each.kind.value in rule.value.kinds
        ]
        if each.kind is ChangeKind.OFFLINE_TO_ONLINE:
            under += rules.pinned_all(ModeChange, opened.place, pinned)
        for rule in under:
            said = ArbitraryChange(
                zh=f"{offering} 的课程表{DEPARTURE_ZH[each.kind]}（{what}），没有获批的调整",
                en=f"the timetable of {offering} departs in {each.kind.value} ({what}) without an "
                "approved change",
                rule=rule,
                field="sessions",
                evidence=evidence,
            )
            # What a rule asks in principle is departed from, not broken (rulebook 0.4).
            lenient = rule.rule.strength is Strength.PRINCIPLE
            outcome = Outcome.DEVIATION if lenient else Outcome.VIOLATION
            yield command.finding(said, outcome, offering, opened.provider)
