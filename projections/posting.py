"""Postings: which entries stand under a word, sixty-four positions to a row.

Most words come again within a few entries, those of a finding's sentence in every finding. So a row
holds a word, a block of positions that follow each other, and a bit for each of them, the first
position's the highest. A block begins at 1, 65, 129 and so on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

PLACES = 64
PLACE_BITS = 6
# The row has three columns, and each has eight bytes.
COLUMN_BYTES = 8
WORD_FOLLOWS = struct.pack("!hi", 3, COLUMN_BYTES)
_REST = struct.Struct("!iqiQ")
_BITS = tuple(1 << (PLACES - 1 - place) for place in range(PLACES))
_ALL = (1 << PLACES) - 1
assert 1 << PLACE_BITS == PLACES

Values = tuple[int, int, int]
"""The columns of a row: the word, the block, and the places as a signed number."""


class Postings:
    """The rows of words, which are hashes, of entries in any order."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[bytes, int]] = {}

    def add(self, position: int, words: Iterable[bytes]) -> None:
        """Takes in the words of an entry, each as a binary COPY begins its row (``row_start``)."""
        block, place = block_of(position)
        places = self._blocks.get(block)
        if places is None:
            places = self._blocks[block] = {}
        bit = _BITS[place]
        for word in words:
            places[word] = places.get(word, 0) | bit

    def __len__(self) -> int:
        """How many rows there are."""
        return sum(map(len, self._blocks.values()))

    def rows(self) -> Iterator[bytes]:
        """All rows since the last time, as a binary COPY takes them in."""
        pack = _REST.pack
        for word, block, places in self._taken():
            yield word + pack(COLUMN_BYTES, block, COLUMN_BYTES, places)

    def values(self) -> Iterator[Values]:
        """The same as the database holds them."""
        for word, block, places in self._taken():
            hashed = int.from_bytes(word[-COLUMN_BYTES:], "big", signed=True)
            yield hashed, block, places - (1 << PLACES) if places & _BITS[0] else places

    def _taken(self) -> Iterator[tuple[bytes, int, int]]:
        blocks, self._blocks = self._blocks, {}
        for block, found in blocks.items():
            for word, places in found.items():
                yield word, block, places


def row_start(digest: bytes) -> bytes:
    """How the row of a word begins, in which the columns of a binary COPY are counted."""
    return WORD_FOLLOWS + digest


def block_of(position: int) -> tuple[int, int]:
    """The block of a position, and its place within it."""
    return divmod(position - 1, PLACES)


def positions_of(block: int, places: int) -> Iterator[int]:
    """The positions that a row stands for, in order."""
    left = places & _ALL
    while left:
        bits = left.bit_length()
        left ^= 1 << (bits - 1)
        yield block * PLACES + PLACES - bits + 1
