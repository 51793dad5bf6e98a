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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        yield from reader
    except csv.Error:
        raise _malformed(reader.line_num) from None


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
