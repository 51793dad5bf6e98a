"""Redaction: a result and a row without the words that name an erased person.

What is counted and compared stays: amounts, identifiers, codes. Only what is said in words, or was
taken from the sheet as words, can name anybody. A word goes however it is spelled: whatever blanks,
dots, hyphens, width and case it is found by goes with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec

from ledger.intention import Objection
from ledger.store.load_row import StoredRow
from ledger.store.trace import folded

Words = tuple[str, ...]
SAID = frozenset({"tab", "header", "unread", "title", "zh", "en"})
"""The fields of results and heads that hold words."""
INSTEAD = "□"
LATIN = re.compile("[A-Z]")


def redacted(body: bytes, words: Words) -> tuple[bytes, bool]:
    """A result or a head without words, and whether that touched what its digest is over."""
    held = msgspec.json.decode(body)
    made = _without(held, words, said=False)
    if made == held:
        return body, False
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
    for word in words:
        text = _bare(text, word)
    return text


def _bare(text: str, word: str) -> str:
    """A text without a word, from the word's first character to its last, however it is spelled."""
    wanted = _squeezed(word)
    if not wanted or wanted not in _squeezed(text):
        return text  # nearly every text: taken apart are only those that may hold the word
    pieces = [(at, end, each) for at, end, each in _pieces(text) if each]
    squeezed = "".join(each for _, _, each in pieces)
    places = [(at, end) for at, end, each in pieces for _ in each]
    made, done = "", 0
    for hit in re.finditer(re.escape(wanted), squeezed):
        first, last = places[hit.start()][0], places[hit.end() - 1][1]
        if first >= done and not (_lettered(word) and _within_word(text, first, last)):
            made, done = made + text[done:first] + INSTEAD, last
    return made + text[done:]


def _lettered(word: str) -> bool:
    """Whether a word is a name in Latin letters, which within another word is somebody else's."""
    plain, _ = folded(word)
    return plain.isascii() and not any(each.isdigit() for each in plain)


def _within_word(text: str, first: int, last: int) -> bool:
    before, after = folded(text[max(first - 1, 0) : first])[0], folded(text[last : last + 1])[0]
    return bool(LATIN.search(before) or LATIN.search(after))


def _squeezed(text: str) -> str:
    return "".join(folded(text)[1].split())


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """The characters with their marks: from where, to where, and as they are searched."""
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        yield at, end, _squeezed(text[at:end])
        at = end


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
