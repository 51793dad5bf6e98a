"""Admission: the provider's re-review of those whom their schools passed (复核).

``confirmed <= seats`` holds always (rulebook C-24). Where the applicants were screened, the
recorded order binds: who is admitted or declined against it, is so with a finding. Admitting the
whole list in one go follows it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Refused, Selector, about, fact
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    EnrollmentConfirmed,
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    Roll,
    SelectionStep,
    Status,
)
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, OfferingId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, ClassStep, OfferingOpened
from ledger.review import reasoned
from ledger.screening import ApplicantPlaced, Waiting
from ledger.term import Phase, in_window


class AgainstTheOrder(Refused):
    """The recorded order of the screening has it otherwise."""


class NotScreened(Refused):
    """No recorded order tells who of the waiting applicants comes first."""


class NotParallel(Refused):
    """The class was not opened beside the one that was chosen."""


@dataclass(kw_only=True)
class ConfirmEnrollment(SelectionStep):
    """Admit a teacher or not, by the provider: the re-review after the school's."""

    admitted: bool
    reason: str = ""

    roll: Roll = fact(default_factory=Roll)
    waiting: dict[TeacherId, int] = fact(default_factory=dict)
    placed: ApplicantPlaced | None = fact(default=None)
    ordered: set[int] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        others: list[type[Event]] = [
            EnrollmentConfirmed,
            EnrollmentDeclined,
            EnrollmentWithdrawn,
            ApplicantPlaced,
        ]
        return [*super().boundary(), about(self.offering, of=others)]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.roll.learn(entry)
        match entry.event:
            case ApplicantPlaced() as event:
                self.ordered.add(event.round)
                self.waiting[event.teacher] = event.rank
                if event.teacher == self.teacher:
                    self.placed = event
            case EnrollmentConfirmed() | EnrollmentDeclined() | EnrollmentWithdrawn() as event:
                self.waiting.pop(event.teacher, None)
            case _:
                pass

    def authority(self) -> Name:
        return self.room.known(self.offering).provider

    def answerable(self) -> JurisdictionId:
        return self.room.known(self.offering).place

    def decide(self) -> Iterator[Event]:
        opened = self.room.known(self.offering)
        school = self.chosen()
        subjects = (self.teacher, self.offering)
        reasoned(self.reason, not self.admitted)
        if self.admitted:
            self.room.held(self.offering)
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
            yield from self.gate(self.roll.full(self.room, self.offering), *subjects)
            yield _confirmed(opened, self.teacher, school, number)
        else:
            yield _declined(opened, self.teacher, school, number, self.reason)
        against = self._against()
        if against is not None:
            yield self.finding(against, Outcome.DEVIATION, *subjects, opened.provider)

    def _against(self) -> Refused | None:
        """What the recorded order of the round says against this, if there is one."""
        if self.choice.round not in self.ordered:
            return None
        rank = self.waiting.get(self.teacher)
        ahead = [t for t, r in self.waiting.items() if rank is None or r < rank]
        left = self.room.seats - len(self.roll.confirmed)
        if self.admitted and (rank is None or ahead):
            zh = f"{self.teacher} 的次序为 {rank or '无'}，前面还有 {len(ahead)} 人未复核"
            en = f"{self.teacher} has rank {rank or 'none'}, and {len(ahead)} wait before that"
        elif not self.admitted and rank is not None and len(ahead) < left:
            zh = f"{self.teacher} 的次序为 {rank}，余 {left} 个名额，按次序应予录取"
            en = f"{self.teacher} has rank {rank} and {left} seats are left; one of them is due"
        else:
            return None
        return AgainstTheOrder(
            zh=f"{self.offering} 的筛选次序已经记录：{zh}",
            en=f"the order in which {self.offering} admits is recorded: {en}",
            field="teacher",
            evidence=(self.choice.evidence,),
        )


@dataclass(kw_only=True)
class AdmitApplicants(ClassStep):
    """Admit the screened applicants of a round in their order, and decline those left over."""

    reason: str = ""

    waiting: Waiting = fact(default_factory=Waiting)
    roll: Roll = fact(default_factory=Roll)
    ranks: dict[tuple[int, TeacherId], int] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        return [
            about(self.offering, of=[*OFFERING_EVENTS, *ENROLLMENT_EVENTS, ApplicantPlaced]),
        ]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.waiting.learn(entry)
        self.roll.learn(entry)
        match entry.event:
            case ApplicantPlaced(teacher=teacher, round=number, rank=rank):
                self.ranks[number, teacher] = rank
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        opened = self.running()
        number, applicants = self.waiting.applicants()
        # Who was passed after the screening has no place in the order, and waits for a decision.
        ranks = {
            each.teacher: self.ranks[number, each.teacher]
            for each in applicants
            if (number, each.teacher) in self.ranks
        }
        if not ranks:
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
        left = max(self.room.seats - len(self.roll.confirmed), 0)
        in_order = sorted(ranks, key=lambda teacher: ranks[teacher])
        for place, teacher in enumerate(in_order):
            school = self.waiting.chosen[teacher].school
            if place < left:
                yield _confirmed(opened, teacher, school, number)
            else:
                full = f"筛选次序第 {ranks[teacher]} 位，容量 {self.room.seats} 已满"
                yield _declined(opened, teacher, school, number, self.reason.strip() or full)


@dataclass(kw_only=True)
class AdmitToParallel(SelectionStep):
    """Admit a teacher who chose a class to the class that an expansion opened beside it."""

    parallel: OfferingId

    beside: ClassRoom = fact(default_factory=ClassRoom)
    roll: Roll = fact(default_factory=Roll)

    def boundary(self) -> list[Selector]:
        seats: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        return [*super().boundary(), about(self.parallel, of=[*OFFERING_EVENTS, *seats])]

    def learn(self, entry: Entry) -> None:
        of = getattr(entry.event, "offering", None)
        if of == self.parallel:
            self.beside.learn(entry)
            self.roll.learn(entry)
        if of == self.offering:
            super().learn(entry)

    def authority(self) -> Name:
        return self.room.known(self.offering).provider

    def answerable(self) -> JurisdictionId:
        return self.room.known(self.offering).place

    def decide(self) -> Iterator[Event]:
        opened, school = self.room.known(self.offering), self.chosen()
        beside = self.beside.known(self.parallel)
        self.beside.held(self.parallel)
        if self.parallel not in self.room.parallels:
            raise NotParallel(
                zh=f"{self.parallel} 不是 {self.offering} 扩班增设的平行班",
                en=f"{self.parallel} is no class that an expansion opened beside {self.offering}",
                field="parallel",
            )
        if self.choice.status is not Status.SCHOOL_PASSED:
            raise self.steps()
        subjects = (self.teacher, self.offering, self.parallel)
        number = self.choice.round
        yield from self.gate(self.follows(), *subjects)
        yield from in_window(self, _phase(number), *subjects, place=opened.place, term=opened.term)
        yield from self.gate(self.roll.full(self.beside, self.parallel), *subjects)
        yield _confirmed(beside, self.teacher, school, number)
        moved = f"转入平行班 {self.parallel}"
        yield _declined(opened, self.teacher, school, number, moved)


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
