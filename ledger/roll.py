"""Roll: the teachers and schools against whom the rows of a sheet are held.

A row is somebody's by the id number, through its keyed hash, or by the platform number; a name
alone is nobody. Whom another bureau registered is known by the number only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from ledger.fault import Fault
from ledger.intention import Desk, Objection
from ledger.mapping import Column, SheetRow
from ledger.matching import plain_name
from ledger.names import SchoolId, TeacherId
from ledger.register import Stage


@dataclass(frozen=True, kw_only=True)
class OnRoll:
    """A teacher as the ledger and the vault have it; ``within``: the bureau's own."""

    teacher: TeacherId
    school: SchoolId | None = None
    stage: Stage | None = None
    subject: str = ""
    entered: date | None = None
    name: str = ""
    fingerprint: str = ""
    within: bool = True


@dataclass(frozen=True, kw_only=True)
class Roll:
    """The teachers who are looked up: those of the bureau, and whoever has a number of the sheet.

    ``fingerprints``: of the rows, by the number of the row. ``schools``: by title and by name.
    """

    teachers: dict[TeacherId, OnRoll]
    fingerprints: Mapping[int, str]
    schools: Mapping[str, tuple[SchoolId, ...]]
    by_fingerprint: dict[str, TeacherId] = field(default_factory=dict)
    by_name: dict[tuple[str, SchoolId | None], list[TeacherId]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.teachers.values():
            if each.fingerprint:
                self.by_fingerprint[each.fingerprint] = each.teacher
            if each.name and each.within:
                self.by_name.setdefault((plain_name(each.name), each.school), []).append(
                    each.teacher
                )

    def own(self, teacher: TeacherId | None) -> TeacherId | None:
        """A teacher who is within; of anybody else it is not told that there is one."""
        known = self.teachers.get(teacher) if teacher else None
        return known.teacher if known and known.within else None


def school_of(
    row: SheetRow, schools: Mapping[str, tuple[SchoolId, ...]], desk: Desk
) -> SchoolId | Objection:
    """The school of a row, by its title or its name, or what is wrong with it."""
    found = schools.get(plain_name(row.school or ""), ())
    if len(found) == 1:
        return found[0]
    at = desk.at(Column.SCHOOL)
    if found:
        return Objection(
            code="SCHOOL_AMBIGUOUS",
            zh="有几所学校叫这个名称，请写学校编号",
            en="several schools have this title; give the school's own number",
            column=at,
        )
    return Objection(
        code="SCHOOL_UNKNOWN",
        zh="本属地没有登记这所学校",
        en="no such school is registered here",
        column=at,
    )


def by_title(schools: Iterable[tuple[SchoolId, str]]) -> dict[str, tuple[SchoolId, ...]]:
    """Schools by what a sheet may call them: the title, or the value of the name."""
    found: dict[str, dict[SchoolId, None]] = {}
    for school, title in schools:
        for word in (title, school.value, str(school)):
            found.setdefault(plain_name(word), {})[school] = None
    return {word: tuple(each) for word, each in found.items()}


def number_of(row: SheetRow) -> TeacherId | Objection | None:
    """The platform number of a row as a name."""
    if not row.number:
        return None
    try:
        return TeacherId(f"teacher:{row.number.removeprefix('teacher:')}")
    except Fault as fault:
        return Objection(code=fault.code, zh=fault.zh, en=fault.en)


def whose(row: SheetRow, roll: Roll, desk: Desk) -> OnRoll | Objection:
    """The teacher of a row, among those within reach, or what is wrong with it."""
    number = number_of(row)
    if isinstance(number, Objection):
        return number
    fingerprint = roll.fingerprints.get(row.row, "")
    # Before the two are compared: that they contradict would tell of somebody elsewhere.
    by_id = roll.own(roll.by_fingerprint.get(fingerprint)) if fingerprint else None
    by_number = roll.own(number)
    if by_id and by_number and by_id != by_number:
        return _objection(desk, "NUMBERS_CONTRADICT", "身份证号与平台编号指向不同的教师")
    found = roll.teachers.get(by_id or by_number or TeacherId("teacher:0"))
    if found is None:
        told = bool(fingerprint or number)
        if not told:
            return _objection(desk, "NUMBER_MISSING", "须写明身份证号或平台编号，只凭姓名不能入账")
        return _objection(desk, "NOBODY", "没有找到这位教师")
    if fingerprint and found.fingerprint not in ("", fingerprint):
        # The id number may be anybody's or nobody's; that it is not this person's is enough.
        return _objection(desk, "NUMBERS_CONTRADICT", "身份证号不是这个平台编号的教师的，请核对")
    if row.name and found.name and plain_name(row.name) != plain_name(found.name):
        return _objection(desk, "NAME_DIFFERS", "号码相符，姓名不同，请核对", Column.NAME)
    return found


def _objection(desk: Desk, code: str, zh: str, column: Column = Column.ID_NUMBER) -> Objection:
    en = {
        "NUMBERS_CONTRADICT": "the id number and the platform number are of different teachers",
        "NUMBER_MISSING": "give the id number or the platform number; a name alone is nobody",
        "NOBODY": "no such teacher was found",
        "NAME_DIFFERS": "the number fits and the name does not",
    }[code]
    at = desk.at(column) or desk.at(Column.NUMBER)
    return Objection(code=code, zh=zh, en=en, column=at)
