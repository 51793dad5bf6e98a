"""Assessment: the results of the final assessment that a long training needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.attendance import Roll
from ledger.command import Selector, about, fact
from ledger.enrollment import ENROLLMENT_EVENTS
from ledger.event import Entry, Event, Part
from ledger.names import OfferingId, ProviderId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.settlement import Settled, once, settlements


class Result(Part):
    """One trainee's final assessment."""

    teacher: TeacherId
    passed: bool


class AssessmentRecorded(Event, name="assessment.recorded"):
    """The results of a final assessment came in."""

    offering: OfferingId
    provider: ProviderId
    results: tuple[Result, ...]


@dataclass(kw_only=True)
class RecordAssessment(ClassStep):
    """Enter the results of a final assessment, by the provider."""

    results: tuple[Result, ...]

    roll: Roll = fact(default_factory=Roll)
    settled: Settled = fact(default_factory=Settled)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS]),
            settlements(self.offering),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.roll.learn(entry)
        self.settled.learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        once([each.teacher for each in self.results], "results")
        for result in self.results:
            self.roll.holds(result.teacher, self.offering)
            self.settled.open_for(result.teacher, self.offering)
        yield AssessmentRecorded(
            offering=self.offering, provider=opened.provider, results=self.results
        )
