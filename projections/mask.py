"""Mask: what of an entry a teacher may see: of the rows of a class only their own.

Everybody else sees an entry whole or not at all.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from ledger.event import Entry


def masked(entry: Entry, own: str | None) -> Entry:
    """The entry without the rows of other teachers than ``own``; ``None`` sees it whole.

    Nor with its bytes, which hold those rows.
    """
    if own is None:
        return entry
    return structs.replace(entry, event=own_rows(entry.event, own), kept=b"")


def own_rows(value: Any, own: str) -> Any:
    """A value without the rows and the names of other teachers."""
    if isinstance(value, Struct):
        names = value.__struct_fields__
        kept = {name: own_rows(getattr(value, name), own) for name in names}
        return structs.replace(value, **kept)
    if isinstance(value, dict):
        return {key: own_rows(each, own) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(own_rows(each, own) for each in value if not _of_another(each, own))
    return value


def own_tags(entry: Entry, own: str | None) -> list[str]:
    """The tags of an entry without the names of other teachers."""
    return [each for each in entry.tags if own in (None, each) or not each.startswith("teacher:")]


def _of_another(row: Any, own: str) -> bool:
    if isinstance(row, Struct):
        row = getattr(row, "teacher", None)
    elif isinstance(row, dict):
        row = row.get("teacher")
    return isinstance(row, str) and row.startswith("teacher:") and row != own
