"""Claimed: the rows of a bureau's sheet as persons to be found, and as claims about them.

A row whose amount cannot be read claims nothing and is a fault; so is a total that is not the sum
of its own columns. Nothing is left out without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from ledger.amount import ZERO
from ledger.breakdown import TrainingKind
from ledger.claim import Claim, Grain
from ledger.cycle import Unit
from ledger.fault import Fault
from ledger.heading import KINDS, PERSON, lacking
from ledger.mapping import Column, Form, Reading, SheetRow
from ledger.mapping import Mapping as Columns
from ledger.matching import Matching, Person
from ledger.names import VALUE, OfferingId, TeacherId
from ledger.sheet import CellFault

GRAINS = {Form.CREDITS: Grain.CREDITS, Form.TOTALS: Grain.TOTALS}
ORDINAL = re.compile(r"[0-9]{1,2}")
NUMBER_PREFIX = "teacher:"
AMOUNT_OF = {Unit.CREDITS: Column.CREDITS, Unit.HOURS: Column.HOURS}
MEANT = {
    Column.CREDITS: ("学分", "credits"),
    Column.HOURS: ("学时", "hours"),
}


def require_claims(columns: Columns, unit: Unit) -> None:
    """Raises ``Fault`` (``COLUMNS_LACKING``) where no row could claim an amount for anybody."""
    given = frozenset(columns.columns.values())
    zh, en = [], []
    if any(group == PERSON for group in lacking(columns)):
        zh.append("身份证号、平台编号或姓名")
        en.append("id number, platform number or name")
    amount = AMOUNT_OF[unit]
    if not given & (KINDS | {amount}):
        zh.append(MEANT[amount][0])
        en.append(MEANT[amount][1])
    if zh:
        raise Fault(
            "COLUMNS_LACKING",
            zh=f"缺少这些列，无从比对：{'；'.join(zh)}。请在 mapping 中指明",
            en=f"nothing can be compared without these columns: {'; '.join(en)}; name them in "
            "the mapping",
            field="mapping",
        )


def people(
    rows: Iterable[SheetRow],
    printed: Callable[[str], str],
    near: Callable[[str], tuple[str, ...]],
) -> Iterator[Person]:
    """The person of each row; ``printed`` and ``near`` make keyed hashes of id numbers."""
    for row in rows:
        platform = row.number or ""
        yield Person(
            row=row.row,
            fingerprint=printed(row.id_number) if row.id_number else "",
            near=near(number) if (number := row.id_number or row.id_misread) else (),
            number=platform.removeprefix(NUMBER_PREFIX),
            name=row.name or "",
            school=row.school or "",
        )


def claims(
    reading: Reading, matching: Matching, unit: Unit
) -> tuple[tuple[Claim, ...], tuple[CellFault, ...]]:
    """What the rows claim, and the faults of those that claim nothing."""
    whose = {each.row: each.teacher for each in matching.matches}
    found: list[Claim] = []
    faults: list[CellFault] = []
    at = {column: number for number, column in reading.mapping.columns.items()}
    bad = {each.row for each in reading.faults}
    for row in reading.rows:
        amounts = _amounts(row, unit)
        if not amounts:
            if row.row not in bad:
                faults.append(_missing(row, at))
            continue
        if (wrong := _unequal(row, amounts, at)) is not None:
            faults.append(wrong)
        found += _claims(row, whose.get(row.row), amounts, unit)
    return tuple(found), tuple(faults)


def _amounts(row: SheetRow, unit: Unit) -> Mapping[TrainingKind | None, Decimal]:
    """What the row claims, by kind where it has a column for each."""
    if row.by_kind:
        return {TrainingKind(kind.value): amount for kind, amount in row.by_kind.items()}
    amount = row.hours if unit is Unit.HOURS else row.credits
    if amount is None:
        return {}
    return {TrainingKind(row.kind.value) if row.kind else None: amount}


def _claims(
    row: SheetRow,
    teacher: TeacherId | None,
    amounts: Mapping[TrainingKind | None, Decimal],
    unit: Unit,
) -> Iterator[Claim]:
    for kind, amount in amounts.items():
        yield Claim(
            row=row.row,
            amount=amount,
            teacher=teacher,
            unit=unit,
            year=row.year,
            cycle=_ordinal(row.cycle),
            kind=kind,
            title=row.title or "",
            school=row.school or "",
            offering=_offering(row.offering),
            completed=row.completed,
        )


def _ordinal(cycle: str | None) -> int | None:
    """The number of a cycle, where the sheet numbers it; a span of years is that of the day."""
    found = ORDINAL.fullmatch(cycle or "")
    return int(found.group()) if found else None


def _offering(text: str | None) -> OfferingId | None:
    """The class, where what the sheet says can be the name of one."""
    value = (text or "").removeprefix("offering:")
    return OfferingId(f"offering:{value}") if VALUE.fullmatch(value) else None


def _missing(row: SheetRow, at: Mapping[Column, int]) -> CellFault:
    return CellFault(
        row=row.row,
        column=at.get(Column.CREDITS, at.get(Column.HOURS, 0)),
        code="AMOUNT_MISSING",
        zh="没有学分数，未参与比对",
        en="there is no amount; the row was not compared",
    )


def _unequal(
    row: SheetRow, amounts: Mapping[TrainingKind | None, Decimal], at: Mapping[Column, int]
) -> CellFault | None:
    """What is wrong with a total that its own columns do not add up to."""
    total = sum(amounts.values(), ZERO)
    if not row.by_kind or row.credits is None or row.credits == total:
        return None
    return CellFault(
        row=row.row,
        column=at.get(Column.CREDITS, 0),
        code="TOTAL_DIFFERS",
        zh=f"合计 {row.credits} 与各类之和 {total} 不符，按各类比对",
        en=f"the total {row.credits} is not the sum of its columns, {total}; those were compared",
    )
