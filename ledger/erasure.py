"""Erasure: a person's data is destroyed on request, and the ledger says that it was.

The data lies in the vault under a key of its own. Once this event is recorded, the operator
destroys that key; events keep the salted digests, which say nothing without what they were made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, SchoolId, TeacherId
from ledger.review import ReasonMissing
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.text import trimmed


class PersonErased(Event, name="erasure.person-erased"):
    """A teacher's personal data is erased; records and credits under the identifier stay."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    reason: str


class AlreadyErased(Refused):
    """The teacher's personal data was erased before."""


@dataclass(kw_only=True)
class EraseTeacher(Command):
    """Erase a teacher's personal data, by the operator."""

    teacher: TeacherId
    reason: str

    now: Whereabouts = fact(default_factory=Whereabouts)
    erased: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [about(self.teacher, of=[*TEACHER_EVENTS, PersonErased])]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case PersonErased():
                self.erased = True
            case _:
                self.now.learn(entry)

    def authority(self) -> Name | None:
        return None

    def decide(self) -> Iterator[Event]:
        school = self.now.known(self.teacher)
        if not trimmed(self.reason):
            raise ReasonMissing(
                zh="删除个人信息须写明理由", en="an erasure needs a reason", field="reason"
            )
        if self.erased:
            raise AlreadyErased(
                zh=f"{self.teacher} 的个人信息已经删除过",
                en=f"the personal data of {self.teacher} is erased already",
                field="teacher",
            )
        yield PersonErased(
            teacher=self.teacher, school=school, place=self.now.place, reason=self.reason
        )
