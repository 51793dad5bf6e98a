"""Claimed: the rows of a bureau's sheet as persons to be found, and as claims about them.

A row whose amount cannot be read claims nothing and is a fault; so is a total that is not the sum
of its own columns. Nothing is left out without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from ledger.amount import ZERO
from ledger.breakdown import TrainingKind
from ledger.claim import Claim, Grain
from ledger.cycle import Cycle, Unit
from ledger.fault import Fault
from ledger.heading import KINDS, PERSON, lacking
from ledger.mapping import Column, Form, Reading, SheetRow
from ledger.mapping import Mapping as Columns
from ledger.matching import Matching, Person, masked
from ledger.names import VALUE, OfferingId, TeacherId
from ledger.sheet import CellFault
from ledger.spot import Spot

GRAINS = {Form.CREDITS: Grain.CREDITS, Form.TOTALS: Grain.TOTALS}
# What period a total is of; a total of who knows what is held against nothing.
PERIOD = frozenset({Column.YEAR, Column.CYCLE, Column.KIND})
NUMBER_PREFIX = "teacher:"
AMOUNT_OF = {Unit.CREDITS: Column.CREDITS, Unit.HOURS: Column.HOURS}
MEANT = {
    Column.CREDITS: ("学分", "credits"),
    Column.HOURS: ("学时", "hours"),
}


def require_claims(columns: Columns, unit: Unit) -> None:
    """Raises ``Fault`` (``COLUMNS_LACKING``) where no row could claim an amount for anybody."""
    for each in columns.parts:
        zh, en = _lacked(each, unit)
        if zh:
            where = f"工作表“{each.tab}”" if columns.more else ""
            where_en = f" in the tab {each.tab}" if columns.more else ""
            raise Fault(
                "COLUMNS_LACKING",
                zh=f"{where}缺少这些列，无从比对：{'；'.join(zh)}。"
                "请在 mapping（命令行用 --column）中指明",
                en=f"nothing can be compared without these columns{where_en}: {'; '.join(en)}; "
                "name them in the mapping (on the command line, --column)",
                field="mapping",
            )


def _lacked(columns: Columns, unit: Unit) -> tuple[list[str], list[str]]:
    """What the columns of a tab do not say, in both languages."""
    given = frozenset(columns.columns.values())
    zh, en = [], []
    if any(group == PERSON for group in lacking(columns)):
        zh.append("身份证号、平台编号或姓名")
        en.append("id number, platform number or name")
    amount = AMOUNT_OF[unit]
    if not given & (KINDS | {amount}):
        zh.append(MEANT[amount][0])
        en.append(MEANT[amount][1])
    return zh, en


def people(
    reading: Reading,
    printed: Callable[[str], str],
    near: Callable[[str], tuple[str, ...]],
) -> Iterator[Person]:
    """The person of each row; ``printed`` and ``near`` make keyed hashes of id numbers."""
    for row in reading.rows:
        platform = row.number or ""
        yield Person(
            row=row.row,
            tab=reading.spot(row).tab,
            fingerprint=printed(row.id_number) if row.id_number else "",
            near=near(number) if (number := row.id_number or row.id_misread) else (),
            number=platform.removeprefix(NUMBER_PREFIX),
            name=row.name or "",
            school=row.school or "",
        )


def claims(
    reading: Reading,
    matching: Matching,
    unit: Unit,
    cycles: Callable[[TeacherId], Sequence[Cycle]] = lambda _: (),
) -> tuple[tuple[Claim, ...], tuple[CellFault, ...]]:
    """What the rows claim, and the faults of those that claim nothing.

    ``cycles``: those of a teacher, by which a cycle is known that the sheet tells by its days.
    """
    totals = reading.mapping.form is Form.TOTALS
    whose = {each.spot: each.teacher for each in matching.matches}
    hints = {each.spot: tuple(map(masked, each.suggested)) for each in matching.matches}
    found: list[Claim] = []
    faults: list[CellFault] = []
    columns = {each.tab: _places(each) for each in reading.mapping.parts}
    bad = {each.spot for each in reading.faults}
    vague = {each.spot for each in reading.faults if _of_period(reading, each)} if totals else set()
    for row in reading.rows:
        spot, at = reading.spot(row), columns[row.tab]
        amounts = _amounts(row, unit) if spot not in vague else {}
        if not amounts:
            if spot not in bad:
                faults.append(_missing(spot, at))
            continue
        teacher = whose.get(spot)
        numbered = _cycle(
            row.cycle, cycles(teacher) if teacher and "/" in (row.cycle or "") else ()
        )
        if totals and teacher and row.cycle and numbered is None:
            faults.append(_unsettled(spot, row, at))
            continue
        if (wrong := _unequal(spot, row, amounts, at)) is not None:
            faults.append(wrong)
        hint = hints.get(spot, ())
        found += _claims(spot, row, teacher, amounts, unit, numbered, hint)
    return tuple(found), tuple(faults)


def silent(reading: Reading, matching: Matching, unit: Unit) -> tuple[Claim, ...]:
    """What the rows of single credits are about of which no amount can be read; each claims 0."""
    if reading.mapping.form is not Form.CREDITS:
        return ()
    whose = {each.spot: each.teacher for each in matching.matches}
    mute = (row for row in reading.rows if not _amounts(row, unit))
    nothing: Mapping[TrainingKind | None, Decimal] = {None: ZERO}
    return tuple(
        claim
        for row in mute
        if (teacher := whose.get(spot := reading.spot(row))) is not None
        for claim in _claims(spot, row, teacher, nothing, unit, None, ())
    )


def _amounts(row: SheetRow, unit: Unit) -> Mapping[TrainingKind | None, Decimal]:
    """What the row claims, by kind where it has a column for each."""
    if row.by_kind:
        return {TrainingKind(kind.value): amount for kind, amount in row.by_kind.items()}
    amount = row.hours if unit is Unit.HOURS else row.credits
    if amount is None:
        return {}
    return {TrainingKind(row.kind.value) if row.kind else None: amount}


def _claims(
    spot: Spot,
    row: SheetRow,
    teacher: TeacherId | None,
    amounts: Mapping[TrainingKind | None, Decimal],
    unit: Unit,
    cycle: int | None,
    suggested: tuple[str, ...],
) -> Iterator[Claim]:
    for kind, amount in amounts.items():
        yield Claim(
            row=spot.row,
            tab=spot.tab,
            amount=amount,
            teacher=teacher,
            unit=unit,
            year=row.year,
            cycle=cycle,
            kind=kind,
            title=row.title or "",
            school=row.school or "",
            offering=_offering(row.offering),
            completed=row.completed,
            suggested=suggested,
        )


def _of_period(reading: Reading, fault: CellFault) -> bool:
    parts = {each.tab: each for each in reading.mapping.parts}
    return parts.get(fault.tab, reading.mapping).columns.get(fault.column) in PERIOD


def _places(mapping: Columns) -> dict[Column, int]:
    return {column: number for number, column in mapping.columns.items()}


def _cycle(told: str | None, cycles: Sequence[Cycle]) -> int | None:
    """The number of a cycle: as the sheet says it, or of the only one that begins and ends so.

    Its end may be told as its last day, or as the day on which the next begins.
    """
    first, between, last = (told or "").partition("/")
    if not between:
        return int(first) if first else None
    fitting = [
        each.number
        for each in cycles
        if each.start.isoformat().startswith(first)
        and any(day.isoformat().startswith(last) for day in (each.last_day, each.end))
    ]
    return fitting[0] if len(fitting) == 1 else None


def _unsettled(spot: Spot, row: SheetRow, at: Mapping[Column, int]) -> CellFault:
    told = (row.cycle or "").replace("/", " 至 ")
    return CellFault(
        row=spot.row,
        tab=spot.tab,
        column=at.get(Column.CYCLE, 0),
        code="BAD_CYCLE",
        zh=f"这位教师没有起止为 {told} 的周期，未参与比对；请写第几周期",
        en=f"no cycle of this teacher is that of {row.cycle}; it was not compared. Give its number",
    )


def _offering(text: str | None) -> OfferingId | None:
    """The class, where what the sheet says can be the name of one."""
    value = (text or "").removeprefix("offering:")
    return OfferingId(f"offering:{value}") if VALUE.fullmatch(value) else None


def _missing(spot: Spot, at: Mapping[Column, int]) -> CellFault:
    return CellFault(
        row=spot.row,
        tab=spot.tab,
        column=at.get(Column.CREDITS, at.get(Column.HOURS, 0)),
        code="AMOUNT_MISSING",
        zh="没有学分数，未参与比对",
        en="there is no amount; the row was not compared",
    )


def _unequal(
    spot: Spot,
    row: SheetRow,
    amounts: Mapping[TrainingKind | None, Decimal],
    at: Mapping[Column, int],
) -> CellFault | None:
    """What is wrong with a total that its own columns do not add up to."""
    total = sum(amounts.values(), ZERO)
    if not row.by_kind or row.credits is None or row.credits == total:
        return None
    return CellFault(
        row=spot.row,
        tab=spot.tab,
        column=at.get(Column.CREDITS, 0),
        code="TOTAL_DIFFERS",
        zh=f"合计 {row.credits} 与各类之和 {total} 不符，按各类比对",
        en=f"the total {row.credits} is not the sum of its columns, {total}; those were compared",
    )
