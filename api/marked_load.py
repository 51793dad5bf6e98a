"""The sheet of a dry run: what is wrong in it marked, in Chinese, and what was passed over."""

from __future__ import annotations

from msgspec.structs import replace

from api.marked_copy import marked_copy
from ledger.mapping import Form, Mapping
from ledger.reading import read
from ledger.sheet import CellFault, Grid, Skipped
from ledger.store.load import LoadHead
from schema.context import Context
from schema.term_sheet import other_tabs


def marked_load(context: Context, head: LoadHead) -> bytes | None:
    """The workbook; ``None`` where the file is gone. The reading of it is logged."""
    grid = context.house.ledger.uploads.grid(context.asker, head.upload)
    if grid is None:
        return None
    mapping = _whole(context, head, grid)
    return marked_copy(context, grid, mapping, str(head.load), _marks(context, head, mapping))


def passed_over(context: Context, head: LoadHead) -> list[Skipped]:
    """The rows of a dry run that are taken for no records; empty ones are not named."""
    grid = context.house.ledger.uploads.grid(context.asker, head.upload)
    found = () if grid is None else read(grid, _whole(context, head, grid)).skipped
    return [each for each in found if each.why != "EMPTY"]


def _whole(context: Context, head: LoadHead, grid: Grid) -> Mapping:
    """How all that is loaded is read: a past term from all tabs, though one was chosen."""
    mapping = head.mapping
    if mapping.form is not Form.TERM:
        return mapping
    return replace(mapping, more=tuple(other_tabs(context, grid, mapping)))


def _marks(context: Context, head: LoadHead, mapping: Mapping) -> list[CellFault]:
    tabs = {"", *(each.tab for each in mapping.parts)}
    return [
        CellFault(
            row=row.row, column=said.column, code=said.code, zh=said.zh, en=said.en, tab=row.tab
        )
        for rows in context.house.ledger.loads.batches(context.asker, head.load)
        for row in rows
        for said in row.said
        if row.row and row.tab in tabs
    ]
