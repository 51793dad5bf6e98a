"""Load print: dry runs, commits and loads that broke off, as tables or JSON, an object a line."""

from __future__ import annotations

from typing import Any

from api.terminal import console, print_json, table, tell_nothing_found
from ledger.sheet import letters
from ledger.store.load import LoadHead
from ledger.store.load_row import StoredRow
from schema.carrying import Commit
from schema.context import Context
from schema.term_sheet import passed_over
from schema.unfinished import unfinished_loads

UNFINISHED_ZH = ("单位", "种类", "经办", "开始于", "行数", "凭据（仅本人可见）")
COUNTED = ("rows", "new", "changed", "unchanged", "anomalies", "left", "position")


def print_load(context: Context, head: LoadHead) -> None:
    """The sums of a dry run, then each of its rows with what is wrong in which cell."""
    counts: dict[str, Any] = {name: getattr(head.what, name) for name in COUNTED}
    skipped = [
        {"row": each.row, "tab": each.tab, "why": each.why, "zh": each.zh, "en": each.en}
        for each in passed_over(context, head) or []
    ]
    told = {"token": str(head.load), "digest": head.what.digest, **counts, "skipped": skipped}
    print_json([told])
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


def print_unfinished(context: Context, *, as_json: bool) -> None:
    """The loads of a party that broke off; the token only to whoever tried them."""
    found = unfinished_loads(context)
    if as_json:
        print_json(
            {
                "token": each.token,
                "party": str(each.party),
                "form": each.form.value,
                "actor": each.actor,
                "begun": each.begun.isoformat(),
                "position": each.position,
                "rows": each.rows,
            }
            for each in found
        )
        return
    if not found:
        tell_nothing_found()
        return
    shown = table(*UNFINISHED_ZH)
    for each in found:
        told = (each.form.value, each.actor, f"{each.begun:%Y-%m-%d %H:%M}", str(each.rows))
        shown.add_row(str(each.party), *told, each.token or "")
    console().print(shown)
