"""The sheet of a dry run with what is wrong in it marked, in Chinese."""

from __future__ import annotations

from api.marked_copy import marked_copy
from ledger.mapping import Mapping
from ledger.sheet import CellFault
from ledger.store.load import LoadHead
from schema.context import Context
from schema.term_sheet import whole


def marked_load(context: Context, head: LoadHead) -> bytes | None:
    """The workbook; ``None`` where the file is gone. The reading of it is logged."""
    grid = context.house.ledger.uploads.grid(context.asker, head.upload)
    if grid is None:
        return None
    mapping = whole(context, grid, head.mapping)
    return marked_copy(context, grid, mapping, str(head.load), _marks(context, head, mapping))


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
