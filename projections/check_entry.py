"""Checks of the entries themselves: order, bytes, columns, tags and sealed data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ledger.event import CATALOGUE, encode, leaf_hash
from ledger.fault import Fault
from projections.inspection import Books, EntryCheck, Problem, Row, hashed

_SORTED = msgspec.json.Encoder(order="sorted")


class Positions(EntryCheck):
    """Positions begin with 1 and have no hole."""

    name = "positions"
    codes = ("POSITION_GAP",)
    zh = "位置从 1 起连续无缺"
    en = "positions begin with 1 and have no gap"

    def __init__(self) -> None:
        self._last = 0

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        for row in rows:
            if row.position != self._last + 1:
                yield self.gap(self._last, row.position)
            self._last = row.position

    def gap(self, before: int, position: int) -> Problem:
        """A position that does not come next."""
        return self.problem(
            "POSITION_GAP",
            f"位置 {before} 之后直接是 {position}",
            f"position {before} is followed by {position}",
            position,
        )


class Hashes(EntryCheck):
    """The leaf hash is SHA-256(0x00 || body)."""

    name = "hashes"
    codes = ("LEAF_HASH_WRONG",)
    zh = "叶哈希等于 SHA-256(0x00 || 正文)"
    en = "the leaf hash is SHA-256(0x00 || body)"

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        for row in rows:
            if row.leaf_hash != leaf_hash(row.body):
                yield self.wrong(row.position)

    def wrong(self, position: int) -> Problem:
        """A leaf hash that is not that of its body."""
        return self.problem(
            "LEAF_HASH_WRONG",
            f"位置 {position} 的叶哈希与正文不符",
            f"the leaf hash at position {position} is not that of the body",
            position,
        )


class Bodies(EntryCheck):
    """Bodies can be read, are canonical, and say what the columns say.

    An event of another application of the library has no id; only that application reads it.
    """

    name = "bodies"
    codes = ("BODY_UNREADABLE", "BODY_NOT_CANONICAL", "COLUMN_DIFFERS")
    zh = "正文可读、为规范 JCS 字节，且各列与正文一致"
    en = "bodies can be read, are canonical JCS bytes, and the columns say the same"

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        for row in rows:
            if row.entry is None:
                if row.id is not None:
                    yield self.problem(
                        "BODY_UNREADABLE",
                        f"位置 {row.position} 的正文无法读出：{row.unreadable}",
                        f"the body at position {row.position} cannot be read: {row.unreadable}",
                        row.position,
                    )
                continue
            present = _is_present(row)
            if _canonical(row, present=present) != row.body:
                yield self.problem(
                    "BODY_NOT_CANONICAL",
                    f"位置 {row.position} 的正文不是其内容的规范字节",
                    f"the body at position {row.position} is not in canonical form",
                    row.position,
                )
            for column in _differing(row, present=present):
                yield self.problem(
                    "COLUMN_DIFFERS",
                    f"位置 {row.position} 的列 {column} 与正文不符",
                    f"the column {column} at position {row.position} differs from the body",
                    row.position,
                    column,
                )


def _is_present(row: Row) -> bool:
    """Whether the body is of the version that the program writes now."""
    assert row.entry is not None
    version = msgspec.json.decode(row.body)["v"]
    return bool(version == CATALOGUE[row.entry.event.NAME].VERSION)


def _canonical(row: Row, *, present: bool) -> bytes:
    assert row.entry is not None
    try:
        return encode(row.entry) if present else _SORTED.encode(msgspec.json.decode(row.body))
    except Fault:
        return b""


def _differing(row: Row, *, present: bool) -> list[str]:
    """The columns that say something else than the body."""
    entry = row.entry
    assert entry is not None
    pairs = {
        "type": (row.type, entry.event.NAME),
        "at": (row.at, entry.at),
        "on_day": (row.on_day, entry.on),
        "id": (str(row.id), entry.id),
        "channel": (row.channel, entry.channel),
    }
    if present:  # an older event has the tags that it was written with
        pairs["tags"] = (tuple(row.tags), entry.tags)
    return [name for name, (stored, said) in pairs.items() if stored != said]


class Times(EntryCheck):
    """The time at which the ledger learned something never goes back."""

    name = "times"
    codes = ("TIME_WENT_BACK",)
    zh = "入账时间从不倒退"
    en = "the time of learning never goes back"

    def __init__(self) -> None:
        self._last: datetime | None = None

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        for row in rows:
            if self._last is not None and row.at < self._last:
                yield self.problem(
                    "TIME_WENT_BACK",
                    f"位置 {row.position} 的时间早于前一条",
                    f"the time at position {row.position} is before that of the one before it",
                    row.position,
                )
            self._last = row.at


class TagsComplete(EntryCheck):
    """Every tag of an event is in the index."""

    name = "tags"
    codes = ("TAG_MISSING",)
    zh = "标签索引完整"
    en = "the tag index holds every tag"

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        wanted = [(hashed(tag), row.position, tag) for row in rows for tag in row.tags]
        missing = books.read(
            "select w.n from unnest(%s::bigint[], %s::bigint[]) with ordinality "
            "as w(hash, position, n) where not exists (select from ledger.tags t "
            "where t.hash = w.hash and t.position = w.position)",
            ([each[0] for each in wanted], [each[1] for each in wanted]),
        )
        for (number,) in missing:
            _, position, tag = wanted[number - 1]
            yield self.problem(
                "TAG_MISSING",
                f"标签索引缺少位置 {position} 的 {tag}",
                f"the tag index lacks {tag} at position {position}",
                position,
                tag,
            )


class Sealed(EntryCheck):
    """Every sealed digest has its row in the vault, unless the person's key was destroyed."""

    name = "vault"
    codes = ("VAULT_ROW_MISSING",)
    zh = "每个封存摘要在保险库中有其内容，密钥已销毁者除外"
    en = "every sealed digest has its vault row, unless the key was destroyed"

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        sealed = [
            (row.position, str(getattr(row.entry.event, "teacher", "")), digest)
            for row in rows
            if row.entry is not None
            for digest in getattr(row.entry.event, "sealed", ())
        ]
        if not sealed:
            return
        missing = books.read(
            "select w.n from unnest(%s::text[], %s::text[]) with ordinality "
            "as w(subject, digest, n) left join vault.keys k on k.subject = w.subject "
            "left join vault.secrets s on s.digest = w.digest and s.subject = w.subject "
            "where k.destroyed_at is null and (s.digest is null or k.wrapped is null)",
            ([each[1] for each in sealed], [each[2] for each in sealed]),
        )
        for (number,) in missing:
            position, subject, digest = sealed[number - 1]
            yield self.problem(
                "VAULT_ROW_MISSING",
                f"保险库缺少 {subject} 的 {digest}（位置 {position}）",
                f"the vault lacks {digest} of {subject} (position {position})",
                position,
                subject,
            )
