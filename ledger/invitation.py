"""Invitation: the notice of a training that the provider sends to those admitted (培训通知)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.enrollment import EnrollmentConfirmed, EnrollmentWithdrawn, Roll
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, OfferingId, ProviderId, TeacherId, TermId
from ledger.offering import OFFERING_EVENTS, ClassStep
from ledger.term import Calendar, Phase, judge_window, window


class TrainingNoticesSent(Event, name="invitation.training-notices-sent"):
    """The provider sent the admitted teachers the notice of their training."""

    offering: OfferingId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    teachers: tuple[TeacherId, ...]


class NotAdmitted(Refused):
    """The teacher is no trainee of the class, or has the notice."""


@dataclass(kw_only=True)
class SendTrainingNotices(ClassStep):
    """Send notices of training to the teachers named, or to all admitted who have none yet."""

    teachers: tuple[TeacherId, ...] = ()

    roll: Roll = fact(default_factory=Roll)
    notified: set[TeacherId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        seats: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn, TrainingNoticesSent]
        return [about(self.offering, of=[*OFFERING_EVENTS, *seats])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.roll.learn(entry)
        match entry.event:
            case TrainingNoticesSent(teachers=teachers):
                self.notified.update(teachers)
            case EnrollmentWithdrawn(teacher=teacher):
                # Who is admitted again is told again.
                self.notified.discard(teacher)
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        owed = self.roll.confirmed - self.notified
        named = sorted(set(self.teachers) or owed)
        wrong = [each for each in named if each not in owed]
        if wrong or not named:
            who = "、".join(wrong) or str(self.offering)
            raise NotAdmitted(
                zh=f"{who}：没有须发培训通知的已录取学员（未录取，或已经发过）",
                en=f"{', '.join(wrong) or self.offering}: not admitted, or has the notice already",
                field="teachers",
            )
        yield TrainingNoticesSent(
            offering=self.offering,
            provider=opened.provider,
            place=opened.place,
            term=opened.term,
            teachers=tuple(named),
        )
        phase, place, term = Phase.TRAINING_NOTICE, opened.place, opened.term
        # Only some terms give a day for the notices; in the others none is missed.
        known = window(self.ask.rules, place, term, phase, Calendar.REGULAR, self.ask.on)
        if known is not None:
            judged = judge_window(self, phase, place=place, term=term)
            if judged is not None:
                yield self.finding(*judged, self.offering, opened.provider)
