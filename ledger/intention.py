"""Intention: what a row of a sheet would lead to, said before anything is done.

A row leads to commands, to anomalies, to nothing, or is refused with what is wrong in which cell.
A planner makes intentions of what a sheet says and what the ledger holds; whether the ledger takes
the commands is tried afterwards, and a refusal there becomes one of the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from msgspec import Struct

from ledger.anomaly import SAID, AnomalyCode, FindAnomaly
from ledger.command import Command
from ledger.load import Fate
from ledger.mapping import Column, Mapping, Reading, SheetRow
from ledger.names import AnomalyId, JurisdictionId, LoadId, TeacherId

ID_CHARACTERS_MAX = 32
TITLE_ZH = {
    Column.ID_NUMBER: "身份证号",
    Column.NAME: "姓名",
    Column.SCHOOL: "学校",
    Column.STAGE: "学段",
    Column.SUBJECT: "学科",
    Column.ENTERED: "参加工作时间",
    Column.TITLE: "培训名称",
    Column.HOURS: "学时",
    Column.CREDITS: "学分",
    Column.BASE: "应得学分",
    Column.COMPLETED: "结束日期",
    Column.PASSED: "结果",
    Column.KIND: "类别",
    Column.STEP: "环节",
    Column.PROJECT: "项目编号",
    Column.OFFERING: "班级编号",
    Column.PROVIDER: "培训机构",
    Column.TERM: "学期",
    Column.LEAD: "负责人编号",
    Column.LEAD_TITLE: "负责人职称",
    Column.LEAD_REGULAR: "负责人是否在编",
    Column.LEAD_EXPERT: "负责人是否专业对口",
    Column.SEATS: "名额",
    Column.STARTED: "开始日期",
    Column.HALF: "半天",
    Column.HOURS_MISSED: "缺课学时",
    Column.TAUGHT_ON: "上课日期",
    Column.OPENED_ON: "开设日期",
    Column.PUBLISHED_ON: "发布日期",
    Column.DECLARED_ON: "申报日期",
}


class Objection(Struct, frozen=True, kw_only=True):
    """What is wrong with a row, in which column of the sheet (0: the whole row), by which rule."""

    code: str
    zh: str
    en: str
    column: int = 0
    rule: str | None = None
    clause: str | None = None
    number: str | None = None


@dataclass(kw_only=True)
class Intention:
    """What a row would lead to. ``person``: what goes to the vault with its first command.

    ``on``: the day when it happened, of what another system reports row by row. ``decides``: what
    comes after it is planned once it was tried. ``tab``: where it is not that of the mapping.
    """

    row: int
    fate: Fate
    teacher: TeacherId | None = None
    commands: list[Command] = field(default_factory=list)
    person: dict[str, str] = field(default_factory=dict)
    said: tuple[Objection, ...] = ()
    on: date | None = None
    decides: bool = False
    tab: str = ""

    def refuse(self, *said: Objection) -> None:
        """It leads to nothing, for these reasons."""
        self.fate, self.commands, self.person = Fate.REFUSED, [], {}
        self.said = (*self.said, *said)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Of what a sheet is planned: its reading, the load and the place whose anomalies it finds."""

    load: LoadId
    place: JurisdictionId
    reading: Reading
    tab: str = ""

    @property
    def mapping(self) -> Mapping:
        """How the sheet is read."""
        return self.reading.mapping

    def at(self, column: Column) -> int:
        """Where a column stands, 0 where there is none."""
        return next((at for at, each in self.mapping.columns.items() if each is column), 0)

    def new_value(self, row: int, what: str = "") -> str:
        """The value of a name that the load gives, the same in each run of it."""
        within = f"{row}@{self.tab}" if self.tab else str(row)
        return sha256(f"{self.load}|{within}|{what}".encode()).hexdigest()[:ID_CHARACTERS_MAX]

    def lacks(self, column: Column) -> Objection:
        """The objection to an empty cell."""
        name = TITLE_ZH.get(column, column.value)
        return Objection(
            code="CELL_EMPTY",
            zh=f"缺少{name}",
            en=f"the cell for {column.value} is empty",
            column=self.at(column),
        )

    def both(
        self, code: str, column: Column, ledger: object, sheet: object, zh: str = "", en: str = ""
    ) -> Objection:
        """What ledger and sheet say of one thing."""
        name = TITLE_ZH.get(column, column.value)
        return Objection(
            code=code,
            zh=f"{name}：账本 {ledger}，表中 {sheet}{zh}",
            en=f"{column.value}: the ledger has {ledger}, the sheet {sheet}{en}",
            column=self.at(column),
        )

    def wants(self, row: SheetRow, *columns: Column) -> list[Objection]:
        """The objections to a row that lacks what these columns say."""
        empty = [each for each in columns if getattr(row, each.value.lower()) in (None, "")]
        return [self.lacks(each) for each in empty]

    def faulty(self) -> dict[int, tuple[Objection, ...]]:
        """The rows with faulty cells."""
        found: dict[int, list[Objection]] = {}
        for each in self.reading.faults:
            said = Objection(code=each.code, zh=each.zh, en=each.en, column=each.column)
            found.setdefault(each.row, []).append(said)
        return {row: tuple(said) for row, said in found.items()}

    def anomaly(
        self,
        row: int,
        code: AnomalyCode,
        teacher: TeacherId | None = None,
        *,
        column: Column | None = None,
        ledger: str = "",
        sheet: str = "",
    ) -> tuple[FindAnomaly, Objection]:
        """The command that puts an anomaly into the queue, and how it is said."""
        name = self.new_value(row, f"{code.value}|{teacher or ''}")
        command = FindAnomaly(
            anomaly=AnomalyId(f"anomaly:{name}"),
            load=self.load,
            place=self.place,
            row=row,
            code=code,
            teacher=teacher,
            ledger=ledger,
            sheet=sheet,
        )
        zh, en = SAID[code]
        if ledger or sheet:
            zh, en = (
                f"{zh}：账本 {ledger or '无'}，表中 {sheet or '无'}",
                f"{en}: {ledger}, {sheet}",
            )
        at = self.at(column) if column else 0
        return command, Objection(code=code.value, zh=zh, en=en, column=at)

    def anomalous(self, row: int, code: AnomalyCode, teacher: TeacherId | None = None) -> Intention:
        """A row that comes to one anomaly."""
        command, said = self.anomaly(row, code, teacher)
        return Intention(
            row=row, fate=Fate.ANOMALY, teacher=teacher, commands=[command], said=(said,)
        )

    def rows(self) -> Iterator[SheetRow | Intention]:
        """The rows of the sheet; those with faulty cells are refused."""
        faulty = self.faulty()
        for row in self.reading.rows:
            if row.row in faulty or not row.sound:
                refused = Intention(row=row.row, fate=Fate.REFUSED, tab=self.tab)
                refused.refuse(*faulty.get(row.row, ()))
                yield refused
            else:
                yield row
