"""Redaction: a result and a row without the words that name an erased person.

What is counted and compared stays: amounts, identifiers, codes. Only what is said in words, or was
taken from the sheet as words, can name anybody.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ledger.intention import Objection
from ledger.store.load_row import StoredRow

Words = tuple[str, ...]
SAID = frozenset({"tab", "header", "unread", "title", "zh", "en"})
"""The fields of results and heads that hold words."""
INSTEAD = "□"


def redacted(body: bytes, words: Words) -> tuple[bytes, bool]:
    """A result or a head without words, and whether that touched what its digest is over."""
    if not any(each.encode() in body for each in words):
        return body, False
    held = msgspec.json.decode(body)
    made = _without(held, words, said=False)
    touched = any(made.get(key) != held.get(key) for key in ("comparison", "mapping"))
    return msgspec.json.encode(made), touched


def row_redacted(row: StoredRow, words: Words, *, mine: bool) -> StoredRow:
    """A row without words and, where it is of the person, without the person.

    Its key goes as well: whoever has the key of the vault could try out with it who it was.
    """
    said = tuple(_objection(each, words) for each in row.said)
    if said == row.said and not mine:
        return row
    person = {} if mine else row.person
    return msgspec.structs.replace(row, person=person, said=said, key="", erased=True)


def _objection(said: Objection, words: Words) -> Objection:
    return msgspec.structs.replace(said, zh=_plain(said.zh, words), en=_plain(said.en, words))


def _plain(text: str, words: Words) -> str:
    for each in words:
        text = text.replace(each, INSTEAD)
    return text


def _without(value: Any, words: Words, *, said: bool) -> Any:
    match value:
        case dict():
            return {
                key: _without(each, words, said=said or key in SAID) for key, each in value.items()
            }
        case list():
            return [_without(each, words, said=said) for each in value]
        case str() if said:
            return _plain(value, words)
        case _:
            return value
