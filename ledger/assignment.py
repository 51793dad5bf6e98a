"""Assignment: a bureau names the trainees of a mandated training, without the rounds (指派).

Mandated training is approved and carried out by the authority of its level (浙教办函〔2020〕141号
§三(四)); the teachers of its place are enrolled at once, within the seats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from ledger.command import Command, Refused, Selector, about, fact
from ledger.enrollment import (
    ENROLLMENT_EVENTS,
    Choice,
    EnrollmentConfirmed,
    EnrollmentWithdrawn,
    Roll,
    Status,
)
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, OfferingId, SchoolId, TeacherId
from ledger.offering import OFFERING_EVENTS, ClassRoom, OfferingOpened
from ledger.parallel import Family
from ledger.plan import Choice as Selecting
from ledger.register import unknown
from ledger.teacher import TEACHER_EVENTS, Whereabouts

ONE_DAY = timedelta(days=1)
CLOSING = "closing.offering-closed"


class NotMandated(Refused):
    """Teachers choose this training themselves."""


class BeyondReach(Refused):
    """The teacher works outside the place of the bureau that assigns."""


class AlreadyEnrolled(Refused):
    """The teacher is a trainee of the class."""


class ClassOver(Refused):
    """The class is over, or at its last day; whom nobody taught would be down as present."""


@dataclass(kw_only=True)
class AssignTrainee(Command):
    """Enrol a teacher in a mandated class, by the bureau that ordered it or holds it."""

    teacher: TeacherId
    offering: OfferingId

    now: Whereabouts = fact(default_factory=Whereabouts)
    room: ClassRoom = fact(default_factory=ClassRoom)
    roll: Roll = fact(default_factory=Roll)
    choice: Choice = fact(default_factory=Choice)
    family: Family = fact(default_factory=Family)
    places: dict[OfferingId, Choice] = fact(default_factory=dict)
    closed: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        seats: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        return [
            about(self.teacher, of=TEACHER_EVENTS),
            about(self.teacher, self.offering, of=ENROLLMENT_EVENTS),
            about(self.offering, of=[*OFFERING_EVENTS, *seats]),
            # Closing is a later noun, so by its name.
            Selector(types=(CLOSING,), tags=(str(self.offering),)),
        ]

    def beyond(self) -> list[Selector]:
        opened = self.room.opened
        if opened is None:
            return []
        places: list[type[Event]] = [EnrollmentConfirmed, EnrollmentWithdrawn]
        return [about(self.teacher, opened.term, of=places), *Family.selectors(opened)]

    def learn(self, entry: Entry) -> None:
        event = entry.event
        of: OfferingId | None = getattr(event, "offering", None)
        if self.family.learn(entry, self.offering):
            return
        if type(event) in ENROLLMENT_EVENTS and of not in (None, self.offering):
            self.places.setdefault(OfferingId(str(of)), Choice()).learn(entry)
            return
        self.now.learn(entry)
        self.room.learn(entry)
        self.roll.learn(entry)
        if event.NAME == CLOSING:
            self.closed = entry.id
        if getattr(event, "teacher", None) == self.teacher:
            self.choice.learn(entry)

    def authority(self) -> JurisdictionId:
        opened = self.room.known(self.offering)
        return opened.plan.assigned_by or opened.place

    def territory(self) -> JurisdictionId:
        return self.now.on(self.ask.on).place

    def decide(self) -> Iterator[Event]:
        self.now = self.now.on(self.ask.on)
        opened = self.room.known(self.offering)
        school = self._school()
        self.room.held(self.offering, self.ask.rules)
        if self.choice.status is Status.PROVIDER_CONFIRMED:
            raise AlreadyEnrolled(
                zh=f"{self.teacher} 已是 {self.offering} 的学员",
                en=f"{self.teacher} is a trainee of {self.offering} already",
                field="teacher",
                evidence=(self.choice.evidence,),
            )
        bureau = self.authority()
        subjects: tuple[Name, ...] = (self.teacher, self.offering)
        if opened.plan.choice is not Selecting.MANDATED:
            yield from self.gate(self._self_selected(), *subjects)
        if not bureau.covers(self.now.place):
            yield from self.gate(self._beyond(bureau), *subjects)
        yield from self.gate(self._over(opened), *subjects)
        placed = self.family.placed(opened, self.teacher, self.places)
        yield from self.gate(placed, *subjects)
        yield from self.gate(self.roll.full(self.room, self.offering), *subjects)
        yield EnrollmentConfirmed(
            teacher=self.teacher,
            offering=self.offering,
            school=school,
            provider=opened.provider,
            term=opened.term,
            round=0,
            place=self.now.place,
            assigned_by=bureau,
        )

    def _school(self) -> SchoolId:
        """The teacher's school. Raises ``UnknownReference``, of a stranger as of nobody.

        Of a teacher elsewhere nobody is to hear by this that there is one, and no system reports
        one into a class of its place: it would read by that where the teacher works.
        """
        school = self.now.known(self.teacher)
        if self.ask.foreign(self.now.place):
            raise unknown(self.teacher, "teacher")
        return school

    def _over(self, opened: OfferingOpened) -> Refused | None:
        # No document names a last day for it; on the only day of a class trainees still arrive.
        last = max(opened.opens, opened.closes - ONE_DAY)
        if self.closed is None and self.ask.on <= last:
            return None
        return ClassOver(
            zh=f"{self.offering} 的培训期间为 {opened.opens} 至 {opened.closes}，"
            f"{self.ask.on} 已结束或临近结束，不能再指派学员",
            en=f"{self.offering} runs from {opened.opens} to {opened.closes}; on {self.ask.on} "
            "it is over, or as good as over, and nobody is assigned to it",
            field="on",
            evidence=tuple(filter(None, [self.closed])),
        )

    def _self_selected(self) -> Refused:
        return NotMandated(
            zh=f"{self.offering} 由教师自主选课，不能指派学员",
            en=f"teachers choose {self.offering} themselves; nobody is assigned to it",
            field="offering",
        )

    def _beyond(self, bureau: JurisdictionId) -> Refused:
        return BeyondReach(
            zh=f"{self.teacher} 不在 {bureau} 辖区内任教，不能由其指派",
            en=f"{self.teacher} does not work in {bureau}, which cannot assign",
            field="teacher",
        )
