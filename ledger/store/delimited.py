"""Delimited text: CSV as people's programs write it, in which encoding and with which separator.

Excel in China writes GB18030, or UTF-8 with a byte order mark; others write UTF-8 without one, and
``Unicode text`` is UTF-16 with tabs. What is none of these is refused rather than read as rubbish.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator

from ledger.fault import Fault
from ledger.store.container import refuse

SEPARATORS = (",", "\t", ";")
LOOKED_LINES = 50
FIELD_CHARACTERS_MAX = 200_000
END = "\x1e--\x1e"  # follows the last line, to tell that it was read as a line of its own
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes) -> str:
    """The text. Raises ``Fault`` (``ENCODING_UNKNOWN``)."""
    marked = next((name for mark, name in MARKS if data.startswith(mark)), None)
    for name in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise refuse(
        "ENCODING_UNKNOWN",
        "不是文本，或既不是 UTF-8 也不是 GB18030 编码；请另存为“CSV UTF-8”或 .xlsx",
        "it is no text, or neither in UTF-8 nor in GB18030; save it as CSV UTF-8 or .xlsx",
    )


def rows(text: str) -> Iterator[list[str]]:
    """The rows of a text, whichever separator it has. Raises ``Fault`` (``CSV_MALFORMED``)."""
    first, _, rest = text.partition("\n")
    if first.strip().lower() in {f"sep={each}" for each in SEPARATORS}:
        text, separator = rest, first.strip()[-1]
    else:
        separator = separator_of(text)
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    whole = text if not text or text[-1] in "\r\n" else f"{text}\n"
    last: list[str] | None = None
    line = 1  # at which the last row begins
    for begins, row in _numbered(whole + END, separator):
        if last is not None:
            yield last
        last, line = row, begins
    if last != [END]:
        # The reader gives all from an open quote on as one cell, and says nothing.
        raise _malformed(line)


def _numbered(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the line at which it begins."""
    taken: list[str] = []
    reader = csv.reader(_noting(text, taken), delimiter=separator)
    line = 1
    while True:
        try:
            row = next(reader, None)
            if row is None:
                return
            if len(taken) > 1 and taken[-1] != END:
                # A quote left open ends at the next one, rows further down: what follows it there
                # is no separator. In one line people's slips are read as before.
                list(csv.reader(taken, delimiter=separator, strict=True))
        except csv.Error:
            raise _malformed(line) from None
        yield line, row
        line = reader.line_num + 1
        taken.clear()


def _noting(text: str, taken: list[str]) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        taken.append(line)
        yield line


def separator_of(text: str) -> str:
    """The separator by which most of the first lines have the same number of cells."""
    lines = text[: LOOKED_LINES * 2_000].splitlines()[:LOOKED_LINES]
    best = (0, 0, SEPARATORS[0])
    for separator in SEPARATORS:
        csv.field_size_limit(FIELD_CHARACTERS_MAX)
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        except csv.Error:
            continue
        width, often = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if width > 1 and (often, width) > best[:2]:
            best = (often, width, separator)
    return best[2]


def _malformed(line: int) -> Fault:
    return refuse(
        "CSV_MALFORMED",
        f"第 {line} 行附近不是合格的 CSV（引号不成对，或一格过长）",
        f"near line {line} it is no CSV: a quote is not closed, or a cell has no end",
    )
