"""Transfer: a teacher moves to another school (调动), and the other side confirms it.

No clause asks for the consent of the bureau that is left, so a move from elsewhere is recorded as
soon as the receiving bureau tells it, with a finding. But whoever takes in a teacher takes in the
record, the history and the person: until the other side has confirmed it, a move that only the
receiving side tells is *announced*, and the teacher stays where the ledger has them. So nothing
that anybody reads or decides by a teacher's school and place follows from an announcement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from ledger.command import Command, Refused, Role, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId
from ledger.register import AlreadyRegistered, SchoolRegistered, WrongDay, unknown
from ledger.teacher import TEACHER_EVENTS, Stay, TeacherTransferred, Whereabouts, stay_on


class TransferAnnounced(Event, name="register.transfer-announced"):
    """The bureau that receives a teacher from elsewhere told the move; nobody has confirmed it."""

    teacher: TeacherId
    school_left: SchoolId
    place_left: JurisdictionId
    school: SchoolId
    place: JurisdictionId
    since: date


class TransferConfirmed(Event, name="register.transfer-confirmed"):
    """The other side of an announced move says that it is so; ``announced``: the event."""

    teacher: TeacherId
    school_left: SchoolId
    place_left: JurisdictionId
    school: SchoolId
    place: JurisdictionId
    since: date
    announced: str
    party: Name


class TransferUnconfirmed(Refused):
    """The bureau that a teacher left has not confirmed the move."""


class AlreadyAnnounced(Refused):
    """The same move was announced before, and nobody has confirmed it."""


class NothingAnnounced(Refused):
    """No move of the teacher to the school waits to be confirmed."""


class Announced(Struct, kw_only=True, frozen=True):
    """A move that waits to be confirmed."""

    school: SchoolId
    place: JurisdictionId
    since: date
    event: str
    reported: bool


def announced_after(waiting: tuple[Announced, ...], entry: Entry) -> tuple[Announced, ...]:
    """The moves of a teacher that wait, after one more entry."""
    match entry.event:
        case TransferAnnounced(school=school, place=place, since=since):
            told = Announced(
                school=school,
                place=place,
                since=since,
                event=entry.id,
                reported=entry.source is not None,
            )
            return (*waiting, told)
        case TransferConfirmed(announced=event):
            return tuple(each for each in waiting if each.event != event)
        case _:
            return waiting


@dataclass(kw_only=True)
class _Move(Command):
    """What both commands know: where the teacher works, and which moves wait."""

    teacher: TeacherId
    school: SchoolId
    since: date

    now: Whereabouts = fact(default_factory=Whereabouts)
    waiting: tuple[Announced, ...] = fact(default=())

    def boundary(self) -> list[Selector]:
        return [about(self.teacher, of=[*TEACHER_EVENTS, TransferAnnounced, TransferConfirmed])]

    def learn(self, entry: Entry) -> None:
        self.waiting = announced_after(self.waiting, entry)
        self.now.learn(entry)

    @property
    def announced(self) -> Announced | None:
        """The move to the school since that day, where it waits."""
        asked = self.school, self.since
        return next((each for each in self.waiting if (each.school, each.since) == asked), None)

    def left(self) -> Stay:
        """Where the teacher worked until then. Raises ``AlreadyRegistered`` where it is there."""
        before = stay_on(self.now.stays, self.since)
        assert before is not None
        if before.school == self.school:
            raise AlreadyRegistered(
                zh=f"{self.teacher} 已经在 {self.school}",
                en=f"{self.teacher} already works at {self.school}",
                field="school",
            )
        return before

    def in_order(self, *, reported: bool) -> None:
        """Raises ``WrongDay`` for a day that does not fit the teacher's other days."""
        last = self.now.stays[-1]
        # Of what took place elsewhere no day is told.
        away = self.ask.foreign(last.place)
        if self.now.entered is not None and self.since < self.now.entered:
            raise WrongDay(
                zh=f"{self.teacher} 在 {self.since} 尚未进入平台，不能调动"
                + ("" if away else f"；进入日期为 {self.now.entered}"),
                en=f"{self.teacher} had not entered by {self.since} and cannot move"
                + ("" if away else f"; the day of entry is {self.now.entered}"),
                field="since",
            )
        if self.since <= last.since and not reported:
            zh, en = "已在外地", "elsewhere"
            if not away:
                zh = f"自 {last.since} 起已在 {last.school}"
                en = f"at {last.school} since {last.since}"
            raise WrongDay(
                zh=f"{self.teacher} {zh}；更早的调动只能由他系统作为事实上报",
                en=f"{self.teacher} works {en}; an earlier move can only be reported by the "
                "system that kept it",
                field="since",
                evidence=() if away else (last.event,),
            )

    def moved(self, before: Stay, place: JurisdictionId) -> TeacherTransferred:
        """The move itself, which takes effect."""
        return TeacherTransferred(
            teacher=self.teacher,
            school_left=before.school,
            school=self.school,
            place=place,
            since=self.since,
            place_left=before.place,
        )


@dataclass(kw_only=True)
class TransferTeacher(_Move):
    """Move a teacher to another school, by the bureau that receives the teacher.

    Where the teacher comes from a place beyond the bureau's own, the bureau that is left is told by
    a finding, and the move takes effect when it is confirmed.
    """

    place: JurisdictionId | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.school, of=[SchoolRegistered])]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case SchoolRegistered(place=place):
                self.place = place
            case _:
                super().learn(entry)

    def authority(self) -> Name:
        if self.place is None:
            raise unknown(self.school, "school")
        return self.place

    def decide(self) -> Iterator[Event]:
        assert self.place is not None
        # First, since it is said alike whether there is such a teacher elsewhere or not.
        happened(self.since, self.ask.on, "since")
        self.now.known(self.teacher)
        before = self.left()
        near = self.place == before.place or not self._told_alone(before)
        if near or self.ask.asker.role is Role.OPERATOR:
            self.in_order(reported=self.ask.reported)
            yield self.moved(before, self.place)
        else:
            # Whether the day fits is said to the side that has the teacher, when it confirms.
            yield self._announcement(before)
        if not near:
            yield self._unconfirmed(before)

    def _told_alone(self, before: Stay) -> bool:
        """Whether the place that is left lies beyond the asker's."""
        scope = self.ask.asker.scope
        return not (isinstance(scope, JurisdictionId) and scope.covers(before.place))

    def _announcement(self, before: Stay) -> TransferAnnounced:
        assert self.place is not None
        told = self.announced
        if told is not None:
            raise AlreadyAnnounced(
                zh=f"{self.teacher} 自 {self.since} 调入 {self.school} 已经登记，等待对方确认",
                en=f"the move of {self.teacher} to {self.school} on {self.since} was told before "
                "and waits for the other side",
                field="teacher",
                evidence=(told.event,),
            )
        return TransferAnnounced(
            teacher=self.teacher,
            school_left=before.school,
            place_left=before.place,
            school=self.school,
            place=self.place,
            since=self.since,
        )

    def _unconfirmed(self, before: Stay) -> Event:
        said = TransferUnconfirmed(
            zh=f"{self.teacher} 自 {self.since} 由 {before.place} 调入 {self.place}，调出地未确认",
            en=f"{self.teacher} moved from {before.place} to {self.place} on {self.since}; the "
            "bureau that is left has not confirmed it",
            field="school",
            evidence=(before.event,),
        )
        subjects = (self.teacher, before.school, self.school, before.place)
        return self.finding(said, Outcome.ADVISORY, *subjects)


@dataclass(kw_only=True)
class ConfirmTransfer(_Move):
    """Say that an announced move is so: the bureau left or one above it, the school, the teacher.

    From then on the move holds since its day, and the record is the receiving side's to read.
    """

    def authority(self) -> Name:
        self.now.known(self.teacher)
        scope = self.ask.asker.scope
        until = stay_on(self.now.stays, self.since)
        assert until is not None
        if scope in (self.teacher, until.school):
            return scope
        if isinstance(scope, JurisdictionId) and scope.covers(until.place):
            return scope
        return until.place

    def territory(self) -> JurisdictionId | None:
        told = self.announced
        return told.place if told else None

    def decide(self) -> Iterator[Event]:
        self.now.known(self.teacher)
        told = self.announced
        if told is None:
            raise NothingAnnounced(
                zh=f"没有 {self.teacher} 调入 {self.school} 的登记等待确认",
                en=f"no move of {self.teacher} to {self.school} waits to be confirmed",
                field="school",
            )
        before = self.left()
        self.in_order(reported=told.reported or self.ask.reported)
        yield TransferConfirmed(
            teacher=self.teacher,
            school_left=before.school,
            place_left=before.place,
            school=self.school,
            place=told.place,
            since=told.since,
            announced=told.event,
            party=self.ask.asker.scope,
        )
        yield self.moved(before, told.place)
