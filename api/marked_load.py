"""The sheet of a dry run with what is wrong in it marked, in Chinese."""

from __future__ import annotations

from api.marking import marked
from ledger.sheet import CellFault
from ledger.store.load import LoadHead
from schema.access_log import access_by
from schema.context import Context


def marked_load(context: Context, head: LoadHead) -> bytes | None:
    """The workbook; ``None`` where the file is gone. The reading of it is logged."""
    ledger, asker = context.house.ledger, context.asker
    grid = ledger.uploads.grid(asker, head.upload)
    if grid is None:
        return None
    made, rows = marked(grid, head.mapping, _marks(context, head))
    access = access_by(
        context,
        "marked",
        purpose=str(head.load),
        clear=True,
        format="xlsx",
        rows=rows,
        bytes=len(made),
        position=ledger.feed.head(),
    )
    ledger.access_log.write(access)
    return made


def _marks(context: Context, head: LoadHead) -> list[CellFault]:
    return [
        CellFault(row=row.row, column=said.column, code=said.code, zh=said.zh, en=said.en)
        for rows in context.house.ledger.loads.batches(context.asker, head.load)
        for row in rows
        for said in row.said
        if row.row and not row.tab
    ]
