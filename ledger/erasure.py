"""Erasure: a person's data is destroyed on request, and the ledger says that it was.

The data lies in the vault under a key of its own. Once this event is recorded, the operator
destroys the files that name the person, which is an event as well, and then that key. Events keep
the salted digests, which say nothing without what they were made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event, Part
from ledger.names import JurisdictionId, LoadId, Name, SchoolId, TeacherId
from ledger.review import ReasonMissing
from ledger.teacher import TEACHER_EVENTS, Whereabouts
from ledger.text import trimmed


class PersonErased(Event, name="erasure.person-erased"):
    """A teacher's personal data is erased; records and credits under the identifier stay."""

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    reason: str


class FileErased(Part):
    """A file that named the person: its number, and the SHA-256 of its bytes where they came."""

    upload: str
    sha256: str


class FilesErased(Event, name="erasure.files-erased"):
    """The files that named an erased person are destroyed, and that person's rows of loads.

    What events say of them, their digests too, stays.
    """

    teacher: TeacherId
    school: SchoolId
    place: JurisdictionId
    files: tuple[FileErased, ...]
    loads: tuple[LoadId, ...]


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


class NotErased(Refused):
    """The teacher's personal data was not erased."""


class NothingToErase(Refused):
    """All of these files and loads were named before."""


@dataclass(kw_only=True)
class EraseFiles(EraseTeacher):
    """Say which files and loads are destroyed since they named an erased person."""

    files: tuple[FileErased, ...]
    loads: tuple[LoadId, ...]
    reason: str = ""

    told: set[FileErased | LoadId] = fact(default_factory=set)

    def boundary(self) -> list[Selector]:
        return [about(self.teacher, of=[*TEACHER_EVENTS, PersonErased, FilesErased])]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case FilesErased(files=files, loads=loads):
                self.told |= {*files, *loads}
            case _:
                super().learn(entry)

    def decide(self) -> Iterator[Event]:
        school = self.now.known(self.teacher)
        if not self.erased:
            raise NotErased(
                zh=f"{self.teacher} 的个人信息没有删除",
                en=f"the personal data of {self.teacher} is not erased",
                field="teacher",
            )
        files = tuple(each for each in self.files if each not in self.told)
        loads = tuple(each for each in self.loads if each not in self.told)
        if not files and not loads:
            raise NothingToErase(
                zh="这些文件都已记过", en="all of these files are named already", field="files"
            )
        yield FilesErased(
            teacher=self.teacher, school=school, place=self.now.place, files=files, loads=loads
        )
