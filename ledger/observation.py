"""Observation: who of a bureau sat in on which lesson, and how often that was in a year.

Only lessons picked at random count. Other managers than the deputy head for training are those whom
the bureau named for the year, and those who sat in on a lesson.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ledger.command import Refused, Selector, about, fact
from ledger.day import happened, last_of
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, OfferingId, ProviderId, StaffId
from ledger.offering import OfferingOpened
from ledger.register import BureauStep, WrongDay, unknown
from ledger.regulation import Parameters, Rulebook
from ledger.requirement import Requirement, Result, weighed, while_running


class ObserverRole(Enum):
    """What an observer is in the bureau: the deputy head for training, or another manager."""

    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR"
    MANAGER = "MANAGER"


class LessonObserved(Event, name="observation.lesson-observed", effective="day"):
    """Somebody of a bureau sat in on a lesson; ``random``: it was picked at random."""

    place: JurisdictionId
    observer: StaffId
    role: ObserverRole
    offering: OfferingId
    provider: ProviderId
    day: date
    random: bool


class ObserversNamed(Event, name="observation.observers-named"):
    """A bureau named those who are to sit in on lessons in a year; it replaces what it said."""

    place: JurisdictionId
    year: int
    role: ObserverRole
    observers: tuple[StaffId, ...]


class AlreadyObserved(Refused):
    """The observer's lesson in that class on that day is recorded."""


class LessonsObserved(
    Parameters,
    kind="lessons-observed",
    many=True,
    zh="按人和自然年计：分管局长或其他管理人员随机听课的次数，达到即满足。",
    scope=(),
):
    """How many lessons picked at random somebody of a bureau sits in on in a year at least."""

    lessons_min: int
    observer: ObserverRole


@dataclass(kw_only=True)
class ObserveLesson(BureauStep):
    """Record that somebody of a bureau sat in on a lesson, by the bureau."""

    observer: StaffId
    role: ObserverRole
    offering: OfferingId
    day: date
    random: bool = True

    opened: OfferingOpened | None = fact(default=None)
    recorded: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [
            *super().boundary(),
            about(self.offering, of=[OfferingOpened]),
            about(self.observer, self.offering, of=[LessonObserved]),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if isinstance(entry.event, OfferingOpened):
            self.opened = entry.event
        # One lesson counts once, whatever was said of it and by which of the observer's bureaus.
        if isinstance(entry.event, LessonObserved) and self._same(entry.event):
            self.recorded = entry.id

    def _same(self, event: LessonObserved) -> bool:
        return (event.observer, event.offering, event.day) == (
            self.observer,
            self.offering,
            self.day,
        )

    def decide(self) -> Iterator[Event]:
        opened = self.opened
        if opened is None:
            raise unknown(self.offering, "offering")
        happened(self.day, self.ask.on, "day")
        if not opened.opens <= self.day <= opened.closes:
            raise WrongDay(
                zh=f"{self.offering} 的培训时间为 {opened.opens} 至 {opened.closes}，"
                f"{self.day} 没有课",
                en=f"{self.offering} runs from {opened.opens} to {opened.closes}; there is no "
                f"lesson on {self.day}",
                field="day",
            )
        if self.recorded is not None:
            raise AlreadyObserved(
                zh=f"{self.observer} {self.day} 在 {self.offering} 的听课已经登记",
                en=f"that {self.observer} sat in on {self.offering} on {self.day} is recorded",
                field="day",
                evidence=(self.recorded,),
            )
        yield LessonObserved(
            place=self.place,
            observer=self.observer,
            role=self.role,
            offering=self.offering,
            provider=opened.provider,
            day=self.day,
            random=self.random,
        )


@dataclass(kw_only=True)
class NameObservers(BureauStep):
    """Name those of a bureau who are to sit in on lessons in a year, by the bureau."""

    year: int
    role: ObserverRole
    observers: tuple[StaffId, ...]

    def decide(self) -> Iterator[Event]:
        yield ObserversNamed(
            place=self.place,
            year=self.year,
            role=self.role,
            observers=tuple(dict.fromkeys(self.observers)),
        )


def lessons_observed(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    role: ObserverRole,
    lessons: Mapping[str, int],
    *,
    events: tuple[str, ...] = (),
    today: date | None = None,
) -> list[Requirement]:
    """How each observer of a role stands, by the lessons picked at random that each sat in on.

    A deputy head for training there always is; other managers are those whom the bureau named.
    """
    found = rules.find_all(LessonsObserved, place, day)
    rule = next((each for each in found if each.value.observer is role), None)
    if rule is None:
        return []
    least = rule.value.lessons_min
    somebody = role is ObserverRole.DEPUTY_DIRECTOR
    counts = dict(lessons) or {"": 0}
    told: list[Requirement] = []
    for observer, had in sorted(counts.items()):
        result = Result.MET if had >= least else Result.NOT_MET
        who = observer or ("分管局长" if somebody else "尚未指定管理人员")
        who_en = observer or ("the deputy head" if somebody else "no manager is named;")
        told.append(
            while_running(
                weighed(
                    f"LESSONS_{role.value}",
                    rule,
                    result if observer or somebody else Result.NOT_APPLICABLE,
                    needed=least,
                    had=had,
                    zh=f"{who}：全年随机听课 {had} 次，须 {least} 次。",
                    en=f"{who_en} sat in on {had} of {least} lessons picked at random.",
                    events=events,
                ),
                last_of(day),
                today or date.max,
                least - had,
                firm=True,
            )
        )
    return told
