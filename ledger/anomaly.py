"""Anomaly: what a list says of a teacher and the ledger contradicts, until somebody settles it.

A load writes nothing over: a name, an id number, a stage or a day of entry that is not as the
ledger has it, and a teacher who is missing from a full list, is put into a queue and stays there
until somebody says what is right. What is personal is named and never repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.load import ReasonMissing
from ledger.names import AnomalyId, JurisdictionId, LoadId, Name, TeacherId
from ledger.register import JurisdictionRegistered, taken, unknown
from ledger.text import trimmed


class AnomalyCode(Enum):
    """In what a list contradicts the ledger."""

    NAME_DIFFERS = "NAME_DIFFERS"
    ID_NUMBER_DIFFERS = "ID_NUMBER_DIFFERS"
    ID_NUMBER_NEW = "ID_NUMBER_NEW"
    NUMBER_DIFFERS = "NUMBER_DIFFERS"
    STAGE_DIFFERS = "STAGE_DIFFERS"
    ENTERED_DIFFERS = "ENTERED_DIFFERS"
    SCHOOL_DIFFERS = "SCHOOL_DIFFERS"
    WORKS_ELSEWHERE = "WORKS_ELSEWHERE"
    NUMBERS_CONTRADICT = "NUMBERS_CONTRADICT"
    NAMESAKE = "NAMESAKE"
    LISTED_TWICE = "LISTED_TWICE"
    MISSING_FROM_LIST = "MISSING_FROM_LIST"


SAID: dict[AnomalyCode, tuple[str, str]] = {
    AnomalyCode.NAME_DIFFERS: ("姓名与账本不符", "the name is not that of the ledger"),
    AnomalyCode.ID_NUMBER_DIFFERS: (
        "身份证号与账本不符",
        "the id number is not that of the ledger",
    ),
    AnomalyCode.ID_NUMBER_NEW: (
        "账本中没有这位教师的身份证号",
        "the ledger has no id number of the teacher",
    ),
    AnomalyCode.NUMBER_DIFFERS: (
        "平台编号与账本不符",
        "the platform number is not that of the ledger",
    ),
    AnomalyCode.STAGE_DIFFERS: ("学段与账本不符", "the stage is not that of the ledger"),
    AnomalyCode.ENTERED_DIFFERS: (
        "进入日期与账本不符",
        "the day of entry is not that of the ledger",
    ),
    AnomalyCode.SCHOOL_DIFFERS: (
        "学校与账本不符，又没有调动日期",
        "the school is not that of the ledger, and no day of a move is given",
    ),
    AnomalyCode.WORKS_ELSEWHERE: (
        "号码已登记在他处，调入须办理调动",
        "the number is registered elsewhere; whoever comes in is transferred",
    ),
    AnomalyCode.NUMBERS_CONTRADICT: (
        "身份证号与平台编号指向不同的教师",
        "the id number and the platform number are of different teachers",
    ),
    AnomalyCode.NAMESAKE: (
        "姓名、学校与账本中的教师相同，号码不同或缺少",
        "name and school are those of a teacher of the ledger, the number is not",
    ),
    AnomalyCode.LISTED_TWICE: ("表中不止一次列出同一人", "the sheet lists one person twice"),
    AnomalyCode.MISSING_FROM_LIST: (
        "账本中在职，全员名册中没有",
        "at work by the ledger, and not in the full list",
    ),
}


class AnomalyFound(Event, name="anomaly.found"):
    """A list contradicts the ledger; nothing was written over. ``row`` 0: it is in no row.

    ``ledger`` and ``sheet``: what both say, where that is nothing personal.
    """

    anomaly: AnomalyId
    load: LoadId
    place: JurisdictionId
    row: int
    code: AnomalyCode
    teacher: TeacherId | None = None
    ledger: str = ""
    sheet: str = ""


class Settlement(Enum):
    """How an anomaly is settled: the ledger is right, it was put right, or it is noted."""

    LEDGER_RIGHT = "LEDGER_RIGHT"
    PUT_RIGHT = "PUT_RIGHT"
    NOTED = "NOTED"


class AnomalySettled(Event, name="anomaly.settled"):
    """Somebody settled an anomaly: how, and why."""

    anomaly: AnomalyId
    place: JurisdictionId
    how: Settlement
    reason: str
    teacher: TeacherId | None = None


ANOMALY_EVENTS: list[type[Event]] = [AnomalyFound, AnomalySettled]


class AlreadyFound(Refused):
    """The very anomaly is in the queue."""


class AnomalyOver(Refused):
    """The anomaly is settled."""


@dataclass(kw_only=True)
class FindAnomaly(Command):
    """Put an anomaly of a load into the queue of a bureau."""

    anomaly: AnomalyId
    load: LoadId
    place: JurisdictionId
    row: int
    code: AnomalyCode
    teacher: TeacherId | None = None
    ledger: str = ""
    sheet: str = ""

    known: bool = fact(default=False)
    place_known: bool = fact(default=False)
    open: dict[AnomalyId, tuple[AnomalyFound, str]] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        selectors = [
            about(self.anomaly, of=[AnomalyFound]),
            about(self.place, of=[JurisdictionRegistered]),
        ]
        if self.teacher is not None:
            selectors.append(about(self.teacher, of=ANOMALY_EVENTS))
        return selectors

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case JurisdictionRegistered():
                self.place_known = True
            case AnomalyFound(anomaly=anomaly) as event:
                self.known = self.known or anomaly == self.anomaly
                self.open[anomaly] = event, entry.id
            case AnomalySettled(anomaly=anomaly):
                self.open.pop(anomaly, None)
            case _:
                pass

    def authority(self) -> Name:
        return self.place

    def decide(self) -> Iterator[Event]:
        if not self.place_known:
            raise unknown(self.place, "place")
        if self.known:
            raise taken(self.anomaly, "anomaly")
        said = (self.place, self.code, self.ledger, self.sheet)
        for event, evidence in self.open.values():
            same = (event.place, event.code, event.ledger, event.sheet) == said
            if same and self.teacher is not None:
                raise AlreadyFound(
                    zh=f"{event.anomaly} 已经记录了这个异常，尚未处理",
                    en=f"{event.anomaly} says just this and is not settled",
                    field="code",
                    evidence=(evidence,),
                )
        yield AnomalyFound(
            anomaly=self.anomaly,
            load=self.load,
            place=self.place,
            row=self.row,
            code=self.code,
            teacher=self.teacher,
            ledger=self.ledger,
            sheet=self.sheet,
        )


@dataclass(kw_only=True)
class SettleAnomaly(Command):
    """Settle an anomaly, by the bureau in whose queue it is."""

    anomaly: AnomalyId
    how: Settlement
    reason: str

    found: AnomalyFound | None = fact(default=None)
    settled: str = fact(default="")

    def boundary(self) -> list[Selector]:
        return [about(self.anomaly, of=ANOMALY_EVENTS)]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case AnomalyFound() as event:
                self.found = event
            case AnomalySettled():
                self.settled = entry.id
            case _:
                pass

    def authority(self) -> Name:
        if self.found is None:
            raise unknown(self.anomaly, "anomaly")
        return self.found.place

    def decide(self) -> Iterator[Event]:
        assert self.found is not None
        if self.settled:
            raise AnomalyOver(
                zh=f"{self.anomaly} 已经处理",
                en=f"{self.anomaly} is settled",
                field="anomaly",
                evidence=(self.settled,),
            )
        if not trimmed(self.reason):
            raise ReasonMissing(
                zh="处理异常须说明理由", en="say why it is settled so", field="reason"
            )
        yield AnomalySettled(
            anomaly=self.anomaly,
            place=self.found.place,
            how=self.how,
            reason=trimmed(self.reason),
            teacher=self.found.teacher,
        )
