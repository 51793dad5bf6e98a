"""Load print: a dry run and its commit as JSON, one object a line."""

from __future__ import annotations

from typing import Any

from api.terminal import print_json
from ledger.sheet import letters
from ledger.store.load import LoadHead, StoredRow
from schema.context import Context
from schema.loading import Commit

COUNTED = ("rows", "new", "changed", "unchanged", "anomalies", "left", "position")


def print_load(context: Context, head: LoadHead) -> None:
    """The sums of a dry run, then each of its rows with what is wrong in which cell."""
    counts: dict[str, Any] = {name: getattr(head.what, name) for name in COUNTED}
    print_json([{"token": str(head.load), "digest": head.what.digest, **counts}])
    for rows in context.house.ledger.loads.batches(context.asker, head.load):
        print_json(_row_of(each) for each in rows)


def _row_of(row: StoredRow) -> dict[str, Any]:
    said = [
        {
            "code": each.code,
            "zh": each.zh,
            "en": each.en,
            "column": each.column,
            "letters": letters(each.column) or None,
            "rule": each.rule,
            "clause": each.clause,
        }
        for each in row.said
    ]
    return {
        "row": row.row,
        "tab": row.tab,
        "fate": row.fate.value,
        "teacher": row.teacher,
        "on": row.on,
        "objections": said,
    }


def print_commit(done: Commit) -> None:
    """What a commit came to, as the last line."""
    told = {name: getattr(done, name) for name in ("complete", "position", "batches", "committed")}
    refused = [
        {"row": row, "code": each.code, "zh": each.zh, "en": each.en} for row, each in done.refused
    ]
    print_json([{**told, "moved": done.moved, "refused": refused}])
