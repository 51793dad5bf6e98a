"""School sheet: a list of school-based trainings, and what each row of it leads to.

A school records them, its bureau recognises what was recorded; who speaks for both does the two.
What is recorded or decided otherwise is never written over: the row is refused and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.intention import TITLE_ZH, Desk, Intention, Objection
from ledger.load import Fate
from ledger.mapping import Column, SheetRow
from ledger.names import CreditId, TeacherId
from ledger.roll import OnRoll, Roll, whose
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased

Key = tuple[TeacherId, str, date]


@dataclass(frozen=True, kw_only=True)
class OnFile:
    """A school-based training that is recorded; ``approved``: what the bureau decided."""

    credit: CreditId
    hours: Decimal
    base: Decimal
    missed: Decimal
    approved: bool | None = None


@dataclass(kw_only=True)
class SchoolSheet:
    """Plans a list of school-based trainings."""

    desk: Desk
    roll: Roll
    on_file: Mapping[Key, OnFile]
    records: bool
    recognises: bool
    _seen: set[Key] = field(default_factory=set)

    def plan(self) -> Iterator[Intention]:
        """What each row leads to."""
        for row in self.desk.rows():
            yield row if isinstance(row, Intention) else self._row(row)

    def _row(self, row: SheetRow) -> Intention:
        made = Intention(row=row.row, fate=Fate.NEW)
        known = whose(row, self.roll, self.desk)
        wanting = self.desk.wants(row, Column.TITLE, Column.COMPLETED)
        if row.hours is None and row.credits is None:
            wanting.append(self.desk.lacks(Column.HOURS))
        if isinstance(known, Objection):
            wanting.insert(0, known)
        if not wanting and not _agree(row):
            wanting.append(self._unlike(row))
        if wanting:
            made.refuse(*wanting)
            return made
        assert isinstance(known, OnRoll)
        assert row.completed is not None
        made.teacher = known.teacher
        key = known.teacher, (row.title or "").strip(), row.completed
        if key in self._seen:
            made.refuse(self._said("LISTED_TWICE"))
            return made
        self._seen.add(key)
        self._commands(made, row, key)
        return made

    def _commands(self, made: Intention, row: SheetRow, key: Key) -> None:
        teacher, title, completed = key
        hours, base, missed = _amounts(row)
        held = self.on_file.get(key)
        if held is not None and held.approved is False and self.records:
            held = None  # what was not recognised may be recorded anew
        if held is not None and (held.hours, held.base, held.missed) != (hours, base, missed):
            had, told = (held.hours, held.base, held.missed), (hours, base, missed)
            made.refuse(self._said("RECORDED_OTHERWISE", Column.CREDITS, had, told))
            return
        if held is None and not self.records:
            made.refuse(self._said("NOT_RECORDED"))
            return
        credit = CreditId(f"credit:{self.desk.new_value(row.row)}") if held is None else held.credit
        if held is None:
            made.commands.append(
                RecordSchoolBased(
                    credit=credit,
                    teacher=teacher,
                    title=title,
                    hours=hours,
                    credits=base,
                    completed=completed,
                    hours_missed=missed,
                )
            )
        if self.recognises:
            self._decide(made, row, credit, held)
        if made.fate is not Fate.REFUSED:
            made.fate = _fate(made, held)

    def _decide(
        self, made: Intention, row: SheetRow, credit: CreditId, held: OnFile | None
    ) -> None:
        approved = row.passed is not False
        if held is not None and held.approved is not None:
            if held.approved is not approved:
                had, told = WORDS[held.approved], WORDS[approved]
                made.refuse(self._said("DECIDED_OTHERWISE", Column.PASSED, had, told))
            return
        assert made.teacher is not None
        made.commands.append(
            RecogniseSchoolBased(
                credit=credit, teacher=made.teacher, approved=approved, reason=row.note or ""
            )
        )

    def _unlike(self, row: SheetRow) -> Objection:
        of = [
            (Column.HOURS, row.hours),
            (Column.BASE, row.base),
            (Column.HOURS_MISSED, row.hours_missed),
            (Column.CREDITS, row.credits),
        ]
        told = [(TITLE_ZH[each], each.value, much) for each, much in of if much is not None]
        return Objection(
            code="TOTAL_DIFFERS",
            zh=f"{'、'.join(f'{zh} {much}' for zh, _, much in told)}，前后不符：实得学分须为"
            "应得学分减去缺课学时；未写应得学分的，学分须等于学时，或等于学时减去缺课学时",
            en=f"{', '.join(f'{en} {much}' for _, en, much in told)} do not fit: CREDITS are BASE "
            "less HOURS_MISSED; without BASE they are HOURS, or HOURS less HOURS_MISSED",
            column=self.desk.at(Column.CREDITS),
        )

    def _said(
        self, code: str, column: Column | None = None, had: object = None, told: object = None
    ) -> Objection:
        zh, en = SAID[code]
        if had is not None:
            shown = [
                "/".join(map(str, each)) if isinstance(each, tuple) else each
                for each in (had, told)
            ]
            zh, en = f"{zh}（账本 {shown[0]}，表中 {shown[1]}）", f"{en} ({shown[0]}, {shown[1]})"
        at = self.desk.at(column) if column else 0
        return Objection(code=code, zh=zh, en=en, column=at)


WORDS = {True: "合格", False: "不合格"}
SAID = {
    "LISTED_TWICE": ("表中不止一次列出同一人的同一培训", "the sheet lists this training twice"),
    "RECORDED_OTHERWISE": (
        "已登记，学时、学分或缺课与表中不同；有误请申请更正",
        "it is recorded with other amounts; ask for a correction if they are wrong",
    ),
    "NOT_RECORDED": ("学校尚未登记这次培训", "the school has not recorded this training"),
    "DECIDED_OTHERWISE": ("已认定，结果与表中不同", "it is decided, and otherwise"),
}


def _amounts(row: SheetRow) -> tuple[Decimal, Decimal, Decimal]:
    """Hours, credits of the whole training and hours missed; what one of them is, the other is."""
    missed = row.hours_missed or ZERO
    base = row.base
    if base is None:
        # With hours missed the credits are of the hours, whether before or after these come off.
        base = row.hours if missed and row.hours is not None else row.credits
    hours = row.hours if row.hours is not None else base
    base = hours if base is None else base
    assert hours is not None
    assert base is not None
    return hours, base, missed


def _agree(row: SheetRow) -> bool:
    """Whether the credits of a row are those of the whole training or what is left of them.

    A wording such as 学分 or 实得学分 does not tell which of the two it is; the ledger takes the
    missed hours off itself, and would do so twice. What is not recognised may come to nothing.
    """
    missed = row.hours_missed or ZERO
    if row.credits is None or (row.passed is False and not row.credits):
        return True
    if row.base is not None:
        return row.credits == row.base - missed
    return not missed or (row.hours is not None and row.credits in (row.hours, row.hours - missed))


def _fate(made: Intention, held: OnFile | None) -> Fate:
    if not made.commands:
        return Fate.UNCHANGED
    return Fate.NEW if held is None else Fate.CHANGE
