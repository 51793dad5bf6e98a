"""Spool: the rows of an export on their way into a file, counted and remembered for the log."""

from __future__ import annotations

import re
import tempfile
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec

from api.sheet import sheet
from ledger.fault import Fault
from schema.export import Asked, Flow

ROWS_MAX = 200_000
CHUNK_BYTES = 64 * 1024
TEACHER = re.compile(rb'"(teacher:[0-9A-Za-z._-]+)"')


class Found:
    """What is remembered of rows that are forgotten: how many, of whom, and where.

    ``first``: how many are wanted; ``skipped``: how many stood in earlier pieces.
    """

    def __init__(self, flow: Flow, first: int | None, skipped: int) -> None:
        self.rows, self.first, self.skipped = 0, first, skipped
        self.position, self.more = flow.position, False
        self.last: dict[str, Any] = {}
        self.teachers: set[str] = {*flow.teachers}
        self.places: set[str] = {*flow.places}


def written(file: IO[bytes], form: str, asked: Asked, flow: Flow, found: Found) -> None:
    """Writes the rows as a form has them. Raises ``Fault`` (``TOO_MANY_ROWS``)."""
    encode = msgspec.json.Encoder().encode
    with tempfile.TemporaryDirectory(prefix="xuefen-export-") as folder:
        made = sheet(form, file, flow.columns, Path(folder))
        try:
            for row, place in islice(flow.rows, found.skipped, None):
                if found.rows == found.first:
                    found.more = True
                    break
                found.rows, found.last = found.rows + 1, row
                if found.rows > ROWS_MAX:
                    raise _too_many()
                found.teachers.update(each.decode() for each in TEACHER.findall(encode(row)))
                if place is not None:
                    found.places.add(str(place))
                made.row(row)
        finally:
            made.close(_about(asked, flow, found))


def _about(asked: Asked, flow: Flow, found: Found) -> dict[str, Any]:
    told: dict[str, Any] = {
        "内容 what": asked.what,
        "账本位置 position": str(flow.position),
        "事实截止日 effective": str(asked.effective or ""),
        "行数 rows": str(found.rows),
        "个人信息 personal data": "clear" if asked.clear else "masked",
    }
    return told | {f"条件 {name}": value for name, value in asked.filters.items()}


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    file.seek(0)
    made = sha256()
    while chunk := file.read(CHUNK_BYTES):
        made.update(chunk)
    return made.hexdigest()


def _too_many() -> Fault:
    return Fault(
        "TOO_MANY_ROWS",
        zh=f"导出超过 {ROWS_MAX} 行，请按属地、学校、学期等条件或用 first 分次导出",
        en=f"the export has more than {ROWS_MAX} rows; narrow it by place, school or "
        "term, or take it in pieces by first",
        field="filters",
    )
