"""The check of the access log: no row was changed, none is missing, and none is made up."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ledger.store.access_log import GENESIS, chained, columns_of, digest_of_names, read
from projections.inspection import Books, Problem, WholeCheck

PAGE = 1_000
ROWS = """
select number, at, kind, actor, what, places, body, hash from ledger.access_log
where number > %s and number <= %s order by number limit %s
"""
SUBJECTS = "select subject from ledger.access_subjects where number = %s"


class Accesses(WholeCheck):
    """The chain of the access log is whole from its first row to its head."""

    name = "accesses"
    codes = ("ACCESS_MISSING", "ACCESS_ALTERED", "ACCESS_SUBJECTS_DIFFER", "ACCESS_HEAD_DIFFERS")
    zh = "查阅与导出记录链完整，无缺行、无改动"
    en = "the chain of the access log is whole: no row is missing or altered"

    def run(self, books: Books) -> Iterator[Problem]:
        [(head, head_hash)] = books.read("select number, hash from ledger.access_head")
        [(last,)] = books.read("select coalesce(max(number), 0) from ledger.access_log")
        # A live server adds rows meanwhile; the head is read first, so those are beyond it.
        upto, number, before = head, 0, GENESIS
        while page := books.read(ROWS, (number, upto, PAGE)):
            for row in page:
                if row[0] != number + 1:
                    yield self._missing(number + 1, row[0] - 1)
                yield from self._row(books, row, before if row[0] == number + 1 else None)
                number, before = row[0], bytes(row[7])
            books.told("access log", number, upto)
        if last < head:
            yield self._missing(last + 1, head)
        elif before != bytes(head_hash):
            yield self.problem(
                "ACCESS_HEAD_DIFFERS",
                f"查阅记录链的末端 {head} 与最后一行不符",
                f"the head of the access log, {head}, does not fit its last row",
            )

    def _row(
        self, books: Books, row: tuple[object, ...], before: bytes | None
    ) -> Iterator[Problem]:
        number, *columns, body, hash_ = row
        assert isinstance(body, bytes)
        try:
            access = read(body)
        except msgspec.MsgspecError:
            access = None
        fits = access is not None and tuple(columns) == columns_of(access)
        if not fits or (before is not None and chained(before, body) != hash_):
            yield self.problem(
                "ACCESS_ALTERED",
                f"查阅记录第 {number} 行被改动，或其前一行被换过",
                f"row {number} of the access log was altered, or the one before was replaced",
                subject=str(number),
            )
        if access is None:
            return
        names = sorted(name for (name,) in books.read(SUBJECTS, (number,)))
        if (len(names), digest_of_names(names)) != (access.subjects, access.subjects_digest):
            yield self.problem(
                "ACCESS_SUBJECTS_DIFFER",
                f"查阅记录第 {number} 行所涉人员与记载不符",
                f"the persons of row {number} of the access log are not those it was written with",
                subject=str(number),
            )

    def _missing(self, first: int, last: int) -> Problem:
        return self.problem(
            "ACCESS_MISSING",
            f"查阅记录缺少第 {first} 至 {last} 行",
            f"rows {first} to {last} of the access log are missing",
            subject=str(first),
        )
