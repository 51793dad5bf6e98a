"""A marked copy of a sheet as it is given out: the access log has it before anybody does."""

from __future__ import annotations

from collections.abc import Iterable

from api.marking import marked
from ledger.mapping import Mapping
from ledger.sheet import CellFault, Grid
from schema.access_log import access_by
from schema.context import Context


def marked_copy(
    context: Context,
    grid: Grid,
    mapping: Mapping,
    purpose: str,
    found: Iterable[CellFault] | None = None,
) -> bytes:
    """The workbook; ``purpose``: which upload or load it is of; ``found``: as for ``marked``."""
    made, rows = marked(grid, mapping, found)
    ledger = context.house.ledger
    access = access_by(
        context,
        "marked",
        purpose=purpose,
        clear=True,
        format="xlsx",
        rows=rows,
        bytes=len(made),
        position=ledger.feed.head(),
    )
    ledger.access_log.write(access)
    return made
