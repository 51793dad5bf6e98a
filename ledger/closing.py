"""Closing: a class is over, and every duty that it leaves undone is found.

The provider closes its class from the last day on; the bureau may close one that was left open.
Either way the same is looked for, and nothing is refused for it: what is lacking stays lacking.
What comes after the closing is recorded all the same; a finding stands, and says what put it right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.completion import (
    CompletionDenied,
    CompletionGranted,
    NotEnded,
    TrainingTerminated,
)
from ledger.conduct import CONDUCT_EVENTS, Conduct
from ledger.enrollment import EnrollmentWithdrawn
from ledger.event import Entry, Event
from ledger.finding import Lack, Outcome
from ledger.names import JurisdictionId, Name, OfferingId, ProjectId, ProviderId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.omission import Omissions
from ledger.schedule import TimetablePublished


class OfferingClosed(Event, name="closing.offering-closed"):
    """A class was closed; so many trainees, and so many of them without an outcome."""

    offering: OfferingId
    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    trainees: int
    unsettled: int
    by_bureau: bool = False


OUTCOMES = (
    CompletionGranted.NAME,
    CompletionDenied.NAME,
    TrainingTerminated.NAME,
    # Of who withdrew no outcome is asked for any more.
    EnrollmentWithdrawn.NAME,
)


class AlreadyClosed(Refused):
    """The class was closed before."""


class OutcomesOpen(Refused):
    """Nobody decided whether some of the trainees completed the training."""


@dataclass(kw_only=True)
class CloseOffering(ClassStep):
    """Close a class that is over, by its provider; notes whatever it lacks."""

    conduct: Conduct = fact(default_factory=Conduct)
    closed: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [about(self.offering, of=[*OFFERING_EVENTS, *CONDUCT_EVENTS, OfferingClosed])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.conduct.learn(entry)
        if isinstance(entry.event, TimetablePublished):
            opened = self.room.known(self.offering)
            self.conduct.execution.published(entry, opened, entry.event.sessions)
        if isinstance(entry.event, OfferingClosed):
            self.closed = entry.id

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        if self.closed is not None:
            raise AlreadyClosed(
                zh=f"{self.offering} 已经结班",
                en=f"{self.offering} is closed already",
                field="offering",
                evidence=(self.closed,),
            )
        if self.ask.on < opened.closes:
            raise NotEnded(
                zh=f"{self.offering} 到 {opened.closes} 才结束，{self.ask.on} 不能结班",
                en=f"{self.offering} ends on {opened.closes}, after {self.ask.on}",
                field="offering",
            )
        trainees = self.conduct.trainees
        unsettled = sum(each.outcome is None for each in trainees)
        yield OfferingClosed(
            offering=self.offering,
            project=opened.project,
            provider=opened.provider,
            place=opened.place,
            trainees=len(trainees),
            unsettled=unsettled,
            by_bureau=self.authority() == opened.place,
        )
        subjects: tuple[Name, ...] = (self.offering, opened.provider)
        if unsettled:
            said = OutcomesOpen(
                zh=f"{self.offering} 结班时，{len(trainees)} 名学员中有 {unsettled} 名未作结业判定",
                en=f"{self.offering} closed with {unsettled} of {len(trainees)} trainees of whom "
                "nobody decided whether they completed it",
                field="offering",
                lacking=tuple(
                    # The name of a trainee would be a tag, and show each of them the others.
                    Lack(events=OUTCOMES, about=(self.offering,), value=each.teacher.value)
                    for each in trainees
                    if each.outcome is None
                ),
            )
            # No document sets a day for it, so it is no violation; their completion is open.
            yield self.finding(said, Outcome.INDETERMINATE, *subjects)
        for lacking, teacher in Omissions(self.ask.rules, self.room, self.conduct, self.ask.on):
            about_whom = (teacher, *subjects) if teacher else subjects
            yield self.finding(lacking, Outcome.VIOLATION, *about_whom)


@dataclass(kw_only=True)
class CloseLeftOpen(CloseOffering):
    """Close a class that its provider left open, by the competent bureau."""

    def authority(self) -> Name:
        return self.room.known(self.offering).place
