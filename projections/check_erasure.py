"""The check of erasures: the key of a person who was erased is destroyed, and so is each file."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from ledger.erasure import FilesErased, PersonErased
from ledger.store.trace import of_print, of_subject
from projections.inspection import Books, EntryCheck, Problem, Row

AGAIN_ZH, AGAIN_EN = "请再执行 xuefen erase", "run xuefen erase again"
FILES = (
    "select upload::text from vault.uploads where sealed is not null and opened_at < %(at)s "
    "and (traces && %(traces)s::bigint[] or upload = any(%(named)s)) union all "
    "select distinct 'load:' || load from vault.loads join vault.load_batches b using (load) "
    "where made_at < %(at)s and b.traces && %(traces)s::bigint[] order by 1"
)
UNTRACED = (
    "select exists (select from vault.uploads where traces is null and opened_at < %(at)s) "
    "or exists (select from vault.loads join vault.load_batches b using (load) "
    "where b.traces is null and made_at < %(at)s)"
)


class Erased(EntryCheck):
    """No erased person's key is left, and no file that names the person."""

    name = "erasure"
    codes = ("ERASURE_UNFINISHED", "ERASURE_UNSEARCHED")
    zh = "已删除个人信息者的密钥均已销毁，提到其人的表格亦然"
    en = "the key of every erased person is destroyed, and each file that names the person"

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        for row in rows:
            event = row.entry.event if row.entry is not None else None
            if isinstance(event, PersonErased):
                yield from self._person(books, row, str(event.teacher))
                yield from self._files(books, row, str(event.teacher), [])
            elif isinstance(event, FilesErased):
                named = [UUID(each.upload) for each in event.files]
                yield from self._files(books, row, str(event.teacher), named)

    def _person(self, books: Books, row: Row, who: str) -> Iterator[Problem]:
        at = row.position
        left = books.read(
            "select 1 from vault.keys where subject = %(who)s and wrapped is not null "
            "union all select 1 from vault.lookups where subject = %(who)s",
            {"who": who},
        )
        if left:
            yield self.problem(
                "ERASURE_UNFINISHED",
                f"{who} 已于位置 {at} 删除，密钥或证件号码索引却仍在；{AGAIN_ZH}",
                f"{who} was erased at position {at}, but the key or the look-up of the id number "
                f"is still there; {AGAIN_EN}",
                at,
                who,
            )
        if books.read(UNTRACED, {"at": row.at})[0][0]:
            yield self.problem(
                "ERASURE_UNSEARCHED",
                f"{who} 已于位置 {at} 删除，但有更早的表格从未查找过；{AGAIN_ZH}",
                f"{who} was erased at position {at}, but there are older files in which nobody "
                f"was looked for; {AGAIN_EN}",
                at,
                who,
            )

    def _files(self, books: Books, row: Row, who: str, named: list[UUID]) -> Iterator[Problem]:
        prints = books.read("select fingerprint from vault.lookups where subject = %s", (who,))
        traces = [of_subject(who), *(of_print(bytes(each)) for (each,) in prints)]
        given = {"at": row.at, "traces": traces, "named": named}
        for (file,) in books.read(FILES, given):
            yield self.problem(
                "ERASURE_UNFINISHED",
                f"{who} 已于位置 {row.position} 删除，提到此人的 {file} 却仍在；{AGAIN_ZH}",
                f"{who} was erased at position {row.position}, but {file}, which names the person, "
                f"is still there; {AGAIN_EN}",
                row.position,
                who,
            )
