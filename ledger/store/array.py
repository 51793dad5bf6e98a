"""Array: many values as one parameter, in the text that PostgreSQL writes for arrays.

The driver asks of each element of a list what it is; here a column has one kind, and is joined in
one go. The statement says which kind, as in ``%t::bigint[]``.
"""

from __future__ import annotations

from collections.abc import Iterable


def numbers(values: Iterable[int]) -> str:
    """Whole numbers."""
    return f"{{{','.join(map(str, values))}}}"


def words(values: Iterable[str | None]) -> str:
    """Texts, or whatever else is written as one; ``None`` is null."""
    return f"{{{','.join(map(_quoted, values))}}}"


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'
