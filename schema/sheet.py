"""Sheets: how one that was given up would be read, and what reading it comes to.

Samples of its cells are masked, whatever the column is taken for.
"""

from __future__ import annotations

from typing import Any

import strawberry

from ledger import cell
from ledger.amount import bounded
from ledger.day import LAST_DAY
from ledger.fault import Fault
from ledger.heading import Candidate, header_of, lacking, propose
from ledger.joining import join, joined, together
from ledger.mapping import Column, Form, Mapping, MappingSaved
from ledger.names import JurisdictionId
from ledger.reading import read
from ledger.sheet import CellFault, Grid, Skipped, Tab, letters
from ledger.store.feed import Filter
from schema.context import Context, House
from schema.outputs import output
from schema.scalars import enum_type

FormType: Any = enum_type(Form, name="SheetForm")
ColumnType: Any = enum_type(Column, name="SheetColumn")
FaultType: Any = output(CellFault)
SkippedType: Any = output(Skipped, name="SkippedRow")
SAMPLES = 3
PLAIN = frozenset({Column.YEAR, Column.KIND, Column.CREDITS, Column.HOURS, Column.BASE})


@strawberry.input(description="What a column means. 一列的含义。")
class ColumnChoiceInput:
    """What a column means."""

    at: int
    column: ColumnType


@strawberry.input(description="How a further tab of the same list is read. 另一张工作表的读法。")
class SheetTabInput:
    """How a further tab of the same list is read."""

    tab: str
    header_row: int
    header_rows: int = 1
    columns: list[ColumnChoiceInput]
    year: int | None = None


@strawberry.input(description="Which tab is read, from which header, and how. 读取方式。")
class SheetMappingInput:
    """Which tab is read, from which header, and what its columns mean."""

    tab: str
    header_row: int
    header_rows: int = 1
    columns: list[ColumnChoiceInput]
    year: int | None = None
    more_tabs: list[SheetTabInput] | None = None


@strawberry.type(description="One column below a header, as it is proposed. 一列及拟定的含义。")
class SheetHeading:
    """One column below a header."""

    at: int
    letters: str
    header: str
    column: ColumnType | None
    samples: list[str]


@strawberry.type(description="A tab of an upload and how it would be read. 工作表及拟定读法。")
class SheetProposal:
    """A tab and how it would be read."""

    tab: str
    header_row: int
    header_rows: int
    header_digest: str
    known: bool
    concealed: bool
    rows: int
    hidden_rows: int
    year: int | None
    together: list[str]
    columns: list[SheetHeading]
    lacking: list[list[ColumnType]]


@strawberry.type(description="What reading a sheet came to. 读取结果。")
class SheetReading:
    """What reading a sheet came to."""

    tabs: list[str]
    rows: int
    sound_rows: int
    faulty_cells: int
    hidden_rows: list[int]
    skipped: list[SkippedType]
    faults: list[FaultType]
    faults_end: int | None
    mapping_digest: str


def saved_mappings(context: Context) -> list[MappingSaved]:
    """What the asker's bureau said of headers, the latest last."""
    scope = context.asker.scope
    return mappings_of(context.house, scope) if isinstance(scope, JurisdictionId) else []


def mappings_of(house: House, place: JurisdictionId) -> list[MappingSaved]:
    """What a place's bureau said of headers, the latest last."""
    wanted = Filter(types=(MappingSaved.NAME,), tags=(str(place),))
    events = (entry.event for entry in house.ledger.feed.entries(wanted))
    return [each for each in events if isinstance(each, MappingSaved)]


def chosen(
    grid: Grid, form: Form, saved: list[MappingSaved], given: SheetMappingInput | None
) -> Mapping:
    """The mapping that was given, or the likeliest one, of all its tabs. Raises ``Fault``."""
    if given is None:
        return joined(together(propose(grid, form, saved)))
    tabs = [given, *(given.more_tabs or ())]
    if len(tabs) > len(grid.tabs):
        raise Fault(
            "TAB_TWICE",
            zh=f"写了 {len(tabs)} 张工作表，文件里只有 {len(grid.tabs)} 张，每张只读一次",
            en=f"{len(tabs)} tabs are named and the file has {len(grid.tabs)}; each is read once",
            field="moreTabs",
        )
    places = ["", *(f"moreTabs[{at}]." for at in range(len(tabs) - 1))]
    return join([_one(grid, form, *each) for each in zip(tabs, places, strict=True)])


def _one(grid: Grid, form: Form, given: Any, place: str) -> Mapping:
    """How one tab is read; ``place``: where in the input that stands."""
    tab = grid.tab(given.tab)
    if tab is None:
        raise Fault(
            "TAB_MISSING",
            zh=f"没有名为“{given.tab}”的工作表",
            en=f"there is no tab called {given.tab}",
            field=f"{place}tab",
        )
    if not 1 <= given.header_row <= len(tab.rows) or given.header_rows not in (1, 2):
        raise Fault(
            "HEADER_MISSING",
            zh=f"工作表“{given.tab}”的表头须在表内（共 {len(tab.rows)} 行），占一行或两行",
            en=f"the header of the tab {given.tab} lies within its {len(tab.rows)} rows and has "
            "one row or two",
            field=f"{place}headerRow",
        )
    if given.year is not None:
        bounded(given.year, LAST_DAY.year, f"{place}year")
    header = header_of(tab, given.header_row, given.header_rows)
    columns = {each.at: each.column for each in given.columns}
    once = len(columns) == len({*columns.values()}) == len(given.columns)
    if not once or not all(1 <= at <= len(header) for at in columns):
        raise Fault(
            "MAPPING_UNFIT",
            zh=f"工作表“{given.tab}”：每列至多一个含义，每个含义至多一列，列须在表头之内"
            f"（1 至 {len(header)}）",
            en=f"in the tab {given.tab} each column has one meaning and each meaning one column, "
            f"below the header (1 to {len(header)})",
            field=f"{place}columns",
        )
    return Mapping(
        form=form,
        tab=given.tab,
        header_row=given.header_row,
        header_rows=given.header_rows,
        header=header,
        columns=dict(sorted(columns.items())),
        year=given.year,
    )


def proposals(context: Context, grid: Grid, form: Form) -> list[SheetProposal]:
    """The tabs of a grid and how they would be read, the likeliest first."""
    found = propose(grid, form, saved_mappings(context))
    return [_proposal(grid, each, joined(together(found, each))) for each in found]


def _proposal(grid: Grid, found: Candidate, whole: Mapping) -> SheetProposal:
    """How a tab would be read; ``whole``: with those that are one list with it."""
    mapping = next(each for each in whole.parts if each.tab == found.mapping.tab)
    tab = grid.tab(mapping.tab)
    assert tab is not None
    return SheetProposal(
        tab=mapping.tab,
        header_row=mapping.header_row,
        header_rows=mapping.header_rows,
        header_digest=mapping.header_digest,
        known=found.known,
        concealed=found.concealed,
        rows=found.rows,
        hidden_rows=len(tab.hidden),
        year=mapping.year,
        together=[each.tab for each in whole.parts if each.tab != mapping.tab],
        columns=[
            SheetHeading(
                at=at,
                letters=letters(at),
                header=header,
                column=mapping.columns.get(at),
                samples=_samples(tab, mapping, at),
            )
            for at, header in enumerate(mapping.header, start=1)
        ],
        lacking=[sorted(group, key=lambda each: each.value) for group in lacking(mapping)],
    )


def _samples(tab: Tab, mapping: Mapping, at: int) -> list[str]:
    """The first cells of a column, each different, masked unless they say nothing of a person."""
    found: dict[str, None] = {}
    for row in range(mapping.first_row, len(tab.rows) + 1):
        said = cell.said(tab.cell(row, at))
        if said:
            found[said if mapping.columns.get(at) in PLAIN else _masked(said)] = None
        if len(found) == SAMPLES:
            break
    return list(found)


def _masked(said: str) -> str:
    shown = 4 if len(said) >= 15 else 1
    return said[:shown] + "*" * min(len(said) - shown, 10) if len(said) > 1 else "*"


def reading_of(grid: Grid, mapping: Mapping, first: int, after: int) -> SheetReading:
    """What reading a grid by a mapping comes to, with a page of its faults."""
    taken = read(grid, mapping)
    page = taken.faults[after : after + first]
    end = after + len(page)
    return SheetReading(
        tabs=[each.tab for each in mapping.parts],
        rows=len(taken.rows),
        sound_rows=sum(each.sound for each in taken.rows),
        faulty_cells=len(taken.faults),
        hidden_rows=list(taken.hidden[:first]),
        skipped=list(taken.skipped[:first]),
        faults=list(page),
        faults_end=end if end < len(taken.faults) else None,
        mapping_digest=mapping.digest,
    )
