"""Lines of two results of one sheet: which are the same claim, and which do not say the same."""

from __future__ import annotations

from typing import Any

from projections.desk import Held


def moved(before: Held, after: Held) -> list[tuple[int | None, int | None]]:
    """The lines of two results of one sheet that do not say the same, by their numbers in each."""
    one = {line_key(row): at for at, row in enumerate(before.comparison.rows, start=1)}
    other = {line_key(row): at for at, row in enumerate(after.comparison.rows, start=1)}
    found = []
    for key in dict.fromkeys([*one, *other]):
        left, right = one.get(key), other.get(key)
        rows = [
            held.comparison.rows[at - 1] if at else None
            for held, at in ((before, left), (after, right))
        ]
        if None in rows or _said(rows[0]) != _said(rows[1]):
            found.append((left, right))
    return found


def line_key(row: Any) -> tuple[Any, ...]:
    """By what a line is the same claim in two results of one sheet."""
    if row.row is not None:
        return (*row.spot, row.year, row.cycle, row.kind)
    return (None, row.teacher, row.credit, row.year, row.cycle, row.kind)


def _said(row: Any) -> tuple[Any, ...]:
    causes = tuple((each.cause, each.amount) for each in row.portions)
    return (row.standing, row.ledger, row.sheet, row.unattributed, causes)
