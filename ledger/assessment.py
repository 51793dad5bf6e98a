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
    """Enter the results of a final assessment, by the provider.

    Also that of a trainee who was denied completion for absence without one (ZJ14-15 §三, C-38).
    """

    results: tuple[Result, ...]

    roll: Roll = fact(default_factory=Roll)
    settled: Settled = fact(default_factory=Settled)
    assessed: set[TeacherId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS, AssessmentRecorded]),
            settlements(self.offering),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.roll.learn(entry)
        self.settled.learn(entry)
        if isinstance(entry.event, AssessmentRecorded):
            self.assessed.update(each.teacher for each in entry.event.results)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        once([each.teacher for each in self.results], "results")
        for result in self.results:
            self.roll.holds(result.teacher, self.offering)
            if not self._left_out(result.teacher):
                self.settled.open_for(result.teacher, self.offering)
        yield AssessmentRecorded(
            offering=self.offering, provider=opened.provider, results=self.results
        )

    def _left_out(self, teacher: TeacherId) -> bool:
        """Whether absence denied completion without a result, which better hours would ask for."""
        return teacher in self.settled.absent and teacher not in self.assessed
