"""Compound files: what an XLS of Excel 97 to 2003 says about itself before its cells are read.

The cells are read by another program, which says neither that a row is hidden nor from which day a
bare number counts, and which does not look for macros. Only the records that tell those are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from ledger.store.container import damaged, locked, macros

HEADER_BYTES, ENTRY_BYTES = 512, 128
SMALL_BYTES = 64
END_OF_CHAIN = 0xFFFFFFFA
FAT_IN_HEADER = 109
MINI_STREAM_BYTES_MAX = 4_096
WORKBOOK = ("Workbook", "Book")
MACROS = {"_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA"}
LOCKED = {"EncryptedPackage", "EncryptionInfo"}
BEGIN, END, FILEPASS, DATE_SYSTEM, SHEET, ROW, ERROR, FORMULA = (
    0x0809, 0x000A, 0x002F, 0x0022, 0x0085, 0x0208, 0x0205, 0x0006,
)  # fmt: skip
HIDDEN_BIT = 0x20
MACRO_SHEET = 1
# The value of a formula that is no number: what it is, in the first byte, and all bits at its end.
NO_NUMBER, FAILED = b"\xff\xff", 2
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!"}
ERRORS |= {42: "#N/A"}


class About(Struct):
    """What a workbook says beside its cells; the sheets in their order in the file.

    ``errors``: row, column and text of each cell whose formula failed.
    """

    since_1904: bool = False
    hidden: dict[int, list[int]] = {}
    errors: dict[int, list[tuple[int, int, str]]] = {}


def about(data: bytes) -> About:
    """What an XLS says of itself. Raises ``Fault`` for a locked one, and for one with macros."""
    try:
        streams, read = _directory(data)
        names = set(streams)
        if names & LOCKED:
            raise locked()
        if names & MACROS:
            raise macros()
        name = next((each for each in WORKBOOK if each in streams), None)
        if name is None:
            raise damaged()
        return _records(read(name))
    except (struct.error, IndexError):
        raise damaged() from None


def _directory(data: bytes) -> tuple[dict[str, tuple[int, int]], _Read]:
    """The streams of a compound file by name, each with its first sector and its size."""
    (shift,) = struct.unpack_from("<H", data, 30)
    size = 1 << shift
    if size not in (512, 4096):
        raise damaged()
    fat_sectors = struct.unpack_from(f"<{FAT_IN_HEADER}I", data, 76)
    more, _ = struct.unpack_from("<II", data, 68)
    table = list(fat_sectors)
    seen = set()
    while more < END_OF_CHAIN:
        if more in seen:
            raise damaged()
        seen.add(more)
        block = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        table.extend(block[:-1])
        more = block[-1]
    fat: list[int] = []
    for sector in table:
        if sector < END_OF_CHAIN:
            fat.extend(struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size))
    read = _Read(data, size, fat)
    (first,) = struct.unpack_from("<I", data, 48)
    entries = read.chain(first)
    for at in range(0, len(entries) - ENTRY_BYTES + 1, ENTRY_BYTES):
        (length,) = struct.unpack_from("<H", entries, at + 64)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
        start, bytes_ = struct.unpack_from("<II", entries, at + 116)
        if name:
            read.streams[name] = (start, bytes_)
    return read.streams, read


class _Read:
    """Reads streams by following their chain of sectors."""

    def __init__(self, data: bytes, size: int, fat: list[int]) -> None:
        self._data, self._size, self._fat = data, size, fat
        self.streams: dict[str, tuple[int, int]] = {}

    def __call__(self, name: str) -> bytes:
        start, size = self.streams[name]
        found = self.chain(start) if size >= MINI_STREAM_BYTES_MAX else self._small(start)
        if len(found) < size:
            raise damaged()
        return found[:size]

    def _small(self, sector: int) -> bytes:
        """A small stream: it lies in pieces of 64 bytes within the stream of the root."""
        (first,) = struct.unpack_from("<I", self._data, 60)
        table = self.chain(first)
        small = self.chain(next(iter(self.streams.values()))[0])
        pieces: list[bytes] = []
        while sector < END_OF_CHAIN:
            if len(pieces) > len(table) // 4:
                raise damaged()
            pieces.append(small[sector * SMALL_BYTES : (sector + 1) * SMALL_BYTES])
            (sector,) = struct.unpack_from("<I", table, sector * 4)
        return b"".join(pieces)

    def chain(self, sector: int) -> bytes:
        """The bytes of a chain of sectors."""
        pieces, seen = [], 0
        while sector < END_OF_CHAIN:
            seen += 1
            at = (sector + 1) * self._size
            if seen > len(self._fat) or at >= len(self._data):
                raise damaged()
            pieces.append(self._data[at : at + self._size])
            sector = self._fat[sector]
        return b"".join(pieces)


def _records(stream: bytes) -> About:
    found = About(hidden={}, errors={})
    sheets: list[int] = []
    for at, kind, body in _each(stream, 0):
        if kind == FILEPASS:
            raise locked()
        if kind == DATE_SYSTEM:
            found.since_1904 = struct.unpack_from("<H", body)[0] == 1
        if kind == SHEET:
            position, _, sort = struct.unpack_from("<IBB", body)
            if sort == MACRO_SHEET:
                raise macros()
            sheets.append(position)
        if kind == END and at:
            break
    for number, position in enumerate(sheets):
        for _, kind, body in _each(stream, position):
            if kind == ROW:
                row, flags = struct.unpack_from("<H10xH", body)
                if flags & HIDDEN_BIT:
                    found.hidden.setdefault(number, []).append(row + 1)
            elif kind in (ERROR, FORMULA):
                failed = _failed(kind, body)
                found.errors.setdefault(number, []).extend(failed)
            elif kind == END:
                break
    return found


def _failed(kind: int, body: bytes) -> list[tuple[int, int, str]]:
    """The cell with its error, of a bare one or of a formula; none where it has a value."""
    row, column, _, value, error = struct.unpack_from("<HHHBB", body)
    if kind == FORMULA:
        (ends,) = struct.unpack_from("<2s", body, 12)
        error, value = ends == NO_NUMBER and body[6] == FAILED, body[8]
    return [(row + 1, column + 1, ERRORS.get(value, "#VALUE!"))] if error else []


def _each(stream: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """The records from a place on."""
    end = len(stream)
    while at + 4 <= end:
        kind, size = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + size]
        at += 4 + size
