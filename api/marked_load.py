"""The sheet of a dry run with what is wrong in it marked, in Chinese."""

from __future__ import annotations

from api.marked_copy import marked_copy
from ledger.sheet import CellFault
from ledger.store.load import LoadHead
from schema.context import Context


def marked_load(context: Context, head: LoadHead) -> bytes | None:
    """The workbook; ``None`` where the file is gone. The reading of it is logged."""
    grid = context.house.ledger.uploads.grid(context.asker, head.upload)
    if grid is None:
        return None
    return marked_copy(context, grid, head.mapping, str(head.load), _marks(context, head))


def _marks(context: Context, head: LoadHead) -> list[CellFault]:
    return [
        CellFault(row=row.row, column=said.column, code=said.code, zh=said.zh, en=said.en)
        for rows in context.house.ledger.loads.batches(context.asker, head.load)
        for row in rows
        for said in row.said
        if row.row and not row.tab
    ]
