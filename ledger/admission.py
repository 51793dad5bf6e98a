"""Admission: the provider's re-review of those whom their schools passed (复核).

``confirmed <= seats`` holds always (rulebook C-24). Where more wait than seats are left, they are
screened first, and the recorded order binds (``rank.py``). Admitting the whole list in one go
follows it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.applicant import Waiting
from ledger.assignment import AlreadyEnrolled
from ledger.command import Refused, Selector, about, fact
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    Roll,
    Status,
    judge_days,
)
from ledger.event import Entry, Event
from ledger.names import Name, OfferingId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, ClassStep, OfferingOpened
from ledger.parallel import Family
from ledger.rank import NotScreened, Place, Ranks, ReReview
from ledger.review import reasoned
from ledger.screening import ApplicantPlaced
from ledger.term import Phase, in_window
from ledger.text import trimmed


class NotParallel(Refused):
    """The class was not opened beside the one that was chosen."""


@dataclass(kw_only=True)
class ConfirmEnrollment(ReReview):
    """Admit a teacher or not, by the provider: the re-review after the school's."""

    admitted: bool
    reason: str = ""

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        school = self.chosen()
        subjects = (self.teacher, self.offering)
        reasoned(self.reason, not self.admitted)
        if self.admitted:
            self.room.held(self.offering, self.ask.rules)
        if self.choice.status is not Status.SCHOOL_PASSED:
            # A reported fact may have skipped the school; an asked one may not.
            if self.choice.status is not Status.SUBMITTED:
                raise self.steps()
            yield from self.gate(self.steps(), *subjects)
        yield from self.gate(self.follows(), *subjects)
        yield from in_window(
            self, _phase(self.choice.round), *subjects, place=opened.place, term=opened.term
        )
        number = self.choice.round
        if self.admitted:
            yield from self.gate(self.placed(), *subjects)
            yield from self.gate(self.queue.roll.full(self.room, self.offering), *subjects)
            yield _confirmed(opened, self.teacher, school, number)
        else:
            yield _declined(opened, self.teacher, school, number, self.reason)
        yield from self._in_order([*subjects, opened.provider])

    def _in_order(self, subjects: list[Name]) -> Iterator[Event]:
        left = self.left()
        yield from self.ordered(self.unscreened(seats=left), bound=True, subjects=subjects)
        if self.admitted:
            # Who is admitted comes next in the order: nobody waits before that.
            out_of_turn = self.against(places=1)
            yield from self.ordered(out_of_turn, bound=self.ahead() >= left, subjects=subjects)
        else:
            yield from self.ordered(self.due(), bound=True, subjects=subjects)


@dataclass(kw_only=True)
class AdmitApplicants(ClassStep):
    """Admit the screened applicants of a round in their order, and decline those left over."""

    reason: str = ""

    waiting: Waiting = fact(default_factory=Waiting)
    roll: Roll = fact(default_factory=Roll)
    ranks: Ranks = fact(default_factory=Ranks)
    family: Family = fact(default_factory=Family)
    places: dict[TeacherId, dict[OfferingId, Choice]] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS, ApplicantPlaced]),
        ]

    def beyond(self) -> list[Selector]:
        opened, (_, order) = self.room.opened, self._screened()
        if opened is None or not order:
            return []
        places: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        of_all = [about(teacher, opened.term, of=places) for teacher, _ in order]
        return [*of_all, *Family.selectors(opened)]

    def learn(self, entry: Entry) -> None:
        if self.family.learn(entry, self.offering):
            return
        of: OfferingId = getattr(entry.event, "offering", self.offering)
        if of != self.offering:
            if isinstance(entry.event, EnrollmentConfirmed | EnrollmentWithdrawn):
                held = self.places.setdefault(entry.event.teacher, {})
                held.setdefault(of, Choice()).learn(entry)
            return
        kind = type(entry.event)
        if kind in ENROLLMENT_EVENTS:
            self.waiting.learn(entry)
            self.roll.learn(entry)
            self.ranks.learn(entry)
        elif kind is ApplicantPlaced:
            self.ranks.learn(entry)
        else:
            super().learn(entry)

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        # Who was passed after the screening has no place in the order, and waits for a decision.
        number, order = self._screened()
        if not order:
            raise NotScreened(
                zh=f"{self.offering} 没有已筛选排序、等待复核的教师，请先筛选（screenApplicants）",
                en=f"no screened applicant of {self.offering} waits; screen them first",
                field="offering",
            )
        yield from in_window(
            self,
            _phase(number),
            self.offering,
            opened.provider,
            place=opened.place,
            term=opened.term,
        )
        yield from self.gate(self._days(opened, order), self.offering, opened.provider)
        left = max(self.room.seats - len(self.roll.confirmed), 0)
        yield from self._placed(opened, [teacher for teacher, _ in order], left)
        for taken, (teacher, place) in enumerate(order):
            school = self.waiting.chosen[teacher].school
            if taken < left:
                yield _confirmed(opened, teacher, school, number)
            else:
                full = f"筛选次序第 {place.rank} 位，容量 {self.room.seats} 已满"
                yield _declined(opened, teacher, school, number, trimmed(self.reason) or full)

    def _placed(self, opened: OfferingOpened, order: list[TeacherId], left: int) -> Iterator[Event]:
        """Gate on those whom the seats reach and who have a place beside the class.

        Asked, all of them are named: once they are declined, the next in order come up.
        """
        for teacher in order:
            if not left:
                return
            placed = self.family.placed(opened, teacher, self.places.get(teacher, {}))
            yield from self.gate(placed, teacher, self.offering, opened.provider)
            left -= placed is None or self.ask.reported

    def _screened(self) -> tuple[int, list[tuple[TeacherId, Place]]]:
        """The latest round of which somebody screened waits, and who does, in order."""
        number = max((number for number, order in self.ranks.rounds.items() if order), default=0)
        order = self.ranks.rounds.get(number, {})
        return number, sorted(order.items(), key=lambda each: each[1].rank)

    def _days(self, opened: OfferingOpened, order: list[tuple[TeacherId, Place]]) -> Refused | None:
        passed = [self.waiting.choices[teacher] for teacher, _ in order]
        acts = [(each.day, each.evidence) for each in passed]
        return judge_days(self, opened, [*acts, *((at.day, at.evidence) for _, at in order)])


@dataclass(kw_only=True)
class AdmitToParallel(ReReview):
    """Admit a teacher who chose a class to the class that an expansion opened beside it."""

    parallel: OfferingId

    beside: ClassRoom = fact(default_factory=ClassRoom)
    trainees: Roll = fact(default_factory=Roll)
    enrolled: str = fact(default="")

    def boundary(self) -> list[Selector]:
        seats: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        return [*super().boundary(), about(self.parallel, of=[*OFFERING_EVENTS, *seats])]

    def learn(self, entry: Entry) -> None:
        of = getattr(entry.event, "offering", None)
        if of == self.parallel:
            self.beside.learn(entry)
            self.trainees.learn(entry)
            if getattr(entry.event, "teacher", None) == self.teacher:
                self.enrolled = entry.id
        if of != self.parallel or of == self.offering:
            super().learn(entry)

    def decide(self) -> Iterator[Event]:
        opened, school = self.room.known(self.offering), self.chosen()
        beside = self._beside()
        subjects = (self.teacher, self.offering, self.parallel)
        number = self.choice.round
        yield from self.gate(self.follows(), *subjects)
        yield from in_window(self, _phase(number), *subjects, place=opened.place, term=opened.term)
        # A place in the parallel class itself is refused before, whatever is reported.
        yield from self.gate(self.placed(but=self.parallel), *subjects)
        yield from self.gate(self.trainees.full(self.beside, self.parallel), *subjects)
        yield _confirmed(beside, self.teacher, school, number)
        moved = f"转入平行班 {self.parallel}"
        yield _declined(opened, self.teacher, school, number, moved)
        # Both classes serve the order: who moves is one of those whom their seats reach.
        free = max(self.beside.seats - len(self.trainees.confirmed), 0)
        seats, concerned = self.left() + free, [*subjects, opened.provider]
        yield from self.ordered(self.unscreened(seats=seats), bound=True, subjects=concerned)
        against = self.against(places=seats)
        yield from self.ordered(against, bound=self.ahead() >= seats, subjects=concerned)

    def _beside(self) -> OfferingOpened:
        beside = self.beside.known(self.parallel, "parallel")
        self.beside.held(self.parallel, self.ask.rules)
        if self.parallel not in self.room.parallels:
            raise NotParallel(
                zh=f"{self.parallel} 不是 {self.offering} 扩班增设的平行班",
                en=f"{self.parallel} is no class that an expansion opened beside {self.offering}",
                field="parallel",
            )
        if self.choice.status is not Status.SCHOOL_PASSED:
            raise self.steps()
        if self.teacher in self.trainees.confirmed:
            raise AlreadyEnrolled(
                zh=f"{self.teacher} 已是 {self.parallel} 的学员",
                en=f"{self.teacher} is a trainee of {self.parallel} already",
                field="teacher",
                evidence=(self.enrolled,),
            )
        return beside


def _phase(number: int) -> Phase:
    return Phase.PROVIDER_REVIEW_R2 if number == 2 else Phase.PROVIDER_REVIEW_R1


def _confirmed(
    opened: OfferingOpened, teacher: TeacherId, school: SchoolId, number: int
) -> EnrollmentConfirmed:
    return EnrollmentConfirmed(
        teacher=teacher,
        offering=opened.offering,
        school=school,
        provider=opened.provider,
        term=opened.term,
        round=number,
    )


def _declined(
    opened: OfferingOpened, teacher: TeacherId, school: SchoolId, number: int, reason: str
) -> EnrollmentDeclined:
    return EnrollmentDeclined(
        teacher=teacher,
        offering=opened.offering,
        school=school,
        provider=opened.provider,
        term=opened.term,
        round=number,
        reason=reason,
    )
