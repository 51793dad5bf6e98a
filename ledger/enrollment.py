"""Enrollment: one teacher's choice of one offering, through school review and provider review.

Two rounds, and in each of them three steps in order: the teacher selects, the school reviews, the
provider re-reviews. Round one has no upper limit; ``confirmed <= seats`` holds always (C-24).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Self

from ledger.amount import strange
from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, OfferingId, ProviderId, SchoolId, TeacherId, TermId
from ledger.offering import OFFERING_EVENTS, ClassRoom
from ledger.regulation import Parameters
from ledger.review import reasoned
from ledger.term import Phase, in_window


class Status(Enum):
    """Where an enrollment stands."""

    SUBMITTED = "SUBMITTED"
    SCHOOL_PASSED = "SCHOOL_PASSED"
    SCHOOL_NOT_PASSED = "SCHOOL_NOT_PASSED"
    PROVIDER_CONFIRMED = "PROVIDER_CONFIRMED"
    PROVIDER_DECLINED = "PROVIDER_DECLINED"
    WITHDRAWN = "WITHDRAWN"


class OfferingSelected(Event, name="enrollment.offering-selected"):
    """A teacher chose an offering."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    round: int
    rules: tuple[str, ...] = ()


class SelectionReviewed(Event, name="enrollment.selection-reviewed"):
    """The school passed a teacher's choice, or did not."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    term: TermId
    round: int
    passed: bool
    reason: str


class EnrollmentConfirmed(Event, name="enrollment.confirmed"):
    """The provider admitted a teacher."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    term: TermId
    round: int


class EnrollmentDeclined(Event, name="enrollment.declined"):
    """The provider did not admit a teacher."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    provider: ProviderId
    term: TermId
    round: int
    reason: str


class EnrollmentWithdrawn(Event, name="enrollment.withdrawn"):
    """A teacher withdrew a choice; ``after_change`` where a major change gave the right to."""

    teacher: TeacherId
    offering: OfferingId
    school: SchoolId
    term: TermId
    admitted: bool
    after_change: bool
    reason: str


ENROLLMENT_EVENTS: list[type[Event]] = [
    OfferingSelected,
    SelectionReviewed,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
]


STEPS = ("SELECT", "SCHOOL_REVIEW", "PROVIDER_REVIEW")


class SelectionSteps(
    Parameters,
    kind="selection-steps",
    zh="选课按所列步骤依次进行，跳过一步的不予受理。",
    scope=("term",),
):
    """Refuses a step of a selection that comes out of this order."""

    steps: tuple[str, ...]

    def wrong(self) -> str | None:
        return strange("steps", self.steps, STEPS)

    def laxer(self, than: Self) -> bool:
        return not set(than.steps) <= set(self.steps)


class NotSelected(Refused):
    """The teacher has no such choice waiting for this step."""


class StepOutOfOrder(Refused):
    """A step was skipped."""


class NoSeatLeft(Refused):
    """All seats are confirmed."""


@dataclass
class Choice:
    """One teacher's choice of one offering, as the events say it."""

    status: Status | None = None
    round: int = 0
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    evidence: str = ""

    def learn(self, entry: Entry) -> None:
        """Takes in the events of this pair; others change nothing."""
        match entry.event:
            case OfferingSelected() as event:
                self.status, self.round = Status.SUBMITTED, event.round
                self.school, self.place = event.school, event.place
            case SelectionReviewed(passed=passed):
                self.status = Status.SCHOOL_PASSED if passed else Status.SCHOOL_NOT_PASSED
            case EnrollmentConfirmed():
                self.status = Status.PROVIDER_CONFIRMED
            case EnrollmentDeclined():
                self.status = Status.PROVIDER_DECLINED
            case EnrollmentWithdrawn():
                self.status = Status.WITHDRAWN
            case _:
                return
        self.evidence = entry.id

    @property
    def stands(self) -> bool:
        """Whether the choice is alive: neither refused, declined nor withdrawn."""
        return self.status in (
            Status.SUBMITTED,
            Status.SCHOOL_PASSED,
            Status.PROVIDER_CONFIRMED,
        )


@dataclass(kw_only=True)
class SelectionStep(Command):
    """What the later steps share: the pair of teacher and offering, and the choice so far."""

    teacher: TeacherId
    offering: OfferingId

    choice: Choice = fact(default_factory=Choice)
    room: ClassRoom = fact(default_factory=ClassRoom)
    confirmed: set[TeacherId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        return [
            about(self.teacher, self.offering, of=ENROLLMENT_EVENTS),
            about(self.offering, of=OFFERING_EVENTS),
        ]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case EnrollmentConfirmed(teacher=teacher):
                self.confirmed.add(teacher)
            case EnrollmentWithdrawn(teacher=teacher):
                self.confirmed.discard(teacher)
            case _:
                pass
        if getattr(entry.event, "teacher", None) == self.teacher:
            self.choice.learn(entry)
        self.room.learn(entry)

    def territory(self) -> JurisdictionId:
        return self.choice.place or self.room.known(self.offering).place

    def chosen(self) -> SchoolId:
        """The school of the choice. Raises ``NotSelected`` where there is no choice."""
        if self.choice.school is None or self.choice.status is Status.WITHDRAWN:
            raise NotSelected(
                zh=f"{self.teacher} 没有选 {self.offering}，请核对",
                en=f"{self.teacher} has not chosen {self.offering}",
                field="teacher",
            )
        return self.choice.school

    def steps(self) -> Refused:
        """The refusal of a step taken out of order, with the rule on the three steps."""
        opened = self.room.known(self.offering)
        return StepOutOfOrder(
            zh=f"{self.teacher} 选 {self.offering} 现处于 {self._status()}，此步骤不能进行；"
            "顺序为选课、学校审核、机构复核",
            en=f"the choice of {self.offering} by {self.teacher} is {self._status()}; "
            "the order is selection, school review, provider review",
            rule=self.ask.rules.find(
                SelectionSteps, self.territory(), self.ask.on, term=opened.term.value
            ),
            field="teacher",
            evidence=(self.choice.evidence,),
        )

    def _status(self) -> str:
        return self.choice.status.value if self.choice.status else "NONE"


@dataclass(kw_only=True)
class ReviewSelection(SelectionStep):
    """Pass a teacher's choice or not, by the school."""

    passed: bool
    reason: str = ""

    def authority(self) -> Name:
        return self.chosen()

    def decide(self) -> Iterator[Event]:
        school = self.chosen()
        opened = self.room.known(self.offering)
        reasoned(self.reason, not self.passed)
        if self.choice.status is not Status.SUBMITTED:
            raise self.steps()
        second = self.choice.round == 2
        yield from in_window(
            self,
            Phase.SCHOOL_REVIEW_R2 if second else Phase.SCHOOL_REVIEW_R1,
            self.teacher,
            self.offering,
            place=self.territory(),
            term=opened.term,
        )
        yield SelectionReviewed(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            term=opened.term,
            round=self.choice.round,
            passed=self.passed,
            reason=self.reason,
        )


@dataclass(kw_only=True)
class ConfirmEnrollment(SelectionStep):
    """Admit a teacher or not, by the provider: the re-review after the school's."""

    admitted: bool
    reason: str = ""

    def boundary(self) -> list[Selector]:
        seats: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        return [*super().boundary(), about(self.offering, of=seats)]

    def authority(self) -> Name:
        return self.room.known(self.offering).provider

    def answerable(self) -> JurisdictionId:
        return self.room.known(self.offering).place

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        school = self.chosen()
        reasoned(self.reason, not self.admitted)
        if self.admitted:
            self.room.held(self.offering)
        if self.choice.status is not Status.SCHOOL_PASSED:
            # A reported fact may have skipped the school; an asked one may not.
            if self.choice.status is not Status.SUBMITTED:
                raise self.steps()
            yield from self.gate(self.steps(), self.teacher, self.offering)
        second = self.choice.round == 2
        yield from in_window(
            self,
            Phase.PROVIDER_REVIEW_R2 if second else Phase.PROVIDER_REVIEW_R1,
            self.teacher,
            self.offering,
            place=opened.place,
            term=opened.term,
        )
        if not self.admitted:
            yield EnrollmentDeclined(
                teacher=self.teacher,
                offering=self.offering,
                school=school,
                provider=opened.provider,
                term=opened.term,
                round=self.choice.round,
                reason=self.reason,
            )
            return
        yield from self.gate(self._full(), self.teacher, self.offering)
        yield EnrollmentConfirmed(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            term=opened.term,
            round=self.choice.round,
        )

    def _full(self) -> Refused | None:
        if len(self.confirmed) < self.room.seats:
            return None
        return NoSeatLeft(
            zh=f"{self.offering} 容量 {self.room.seats}，已确认 {len(self.confirmed)} 人",
            en=f"{self.offering} has {self.room.seats} seats, all of them confirmed",
            field="offering",
        )
