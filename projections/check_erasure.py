"""The check of erasures: the key of a person who was erased is destroyed."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.erasure import PersonErased
from projections.inspection import Books, EntryCheck, Problem, Row


class Erased(EntryCheck):
    """No erased person's key is left."""

    name = "erasure"
    codes = ("ERASURE_UNFINISHED",)
    zh = "已删除个人信息者的密钥均已销毁"
    en = "the key of every erased person is destroyed"

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        erased = {
            str(row.entry.event.teacher): row.position
            for row in rows
            if row.entry is not None and isinstance(row.entry.event, PersonErased)
        }
        if not erased:
            return
        left = books.read(
            "select subject from vault.keys where subject = any(%s) and wrapped is not null "
            "order by subject",
            (list(erased),),
        )
        for (subject,) in left:
            yield self.problem(
                "ERASURE_UNFINISHED",
                f"{subject} 已于位置 {erased[subject]} 删除，密钥却仍在；请再执行 xuefen erase",
                f"{subject} was erased at position {erased[subject]}, but the key is still there; "
                "run xuefen erase again",
                erased[subject],
                subject,
            )
