"""Pieces: a file taken so many rows at a time, each piece from where the one before ended.

The first piece settles what the question leaves open: the position at which the rows stand, and the
day on which they are judged. Its cursor carries that, so all pieces together are the bytes that
one file would have had, whatever the ledger learned between them. A cursor is no secret and no
right: it is held against the question, and whoever brings it sees what they may see.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from ledger.event import INTEGER_MAX
from ledger.fault import Fault
from schema.export import Export

CURSOR_CHARACTERS_MAX = 2_000
Whole = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class Mark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, array_like=True):
    """Where a piece ended: after so many rows of a question, or behind a position."""

    question: str
    settled: dict[str, str]
    position: Whole
    day: date
    rows: Whole
    after: Whole | None = None

    def cursor(self) -> str:
        """The mark as text."""
        return urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def question_of(what: str, filters: dict[str, Any], moment: Any) -> str:
    """What stands for a question: the same question, the same text."""
    return sha256(msgspec.json.encode([what, filters, moment], order="sorted")).hexdigest()[:32]


def mark_of(cursor: str | None, question: str) -> Mark | None:
    """The mark behind a cursor of the same question. Raises ``Fault`` (``BAD_CURSOR``)."""
    if cursor is None:
        return None
    try:
        if len(cursor) > CURSOR_CHARACTERS_MAX:
            raise ValueError
        mark = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Mark)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise _bad("不是导出给出的游标", "no export gave it") from None
    if mark.question != question:
        raise _bad("属于另一个问题", "it is of another question")
    return mark


def divisible(export: Export, *, purpose: str) -> None:
    """Raises ``Fault`` (``NOT_IN_PIECES``) for what cannot be taken piece by piece."""
    if purpose:
        # Who left between two pieces is no longer shown in full there.
        zh, en = "写明用途、含完整个人信息的导出", "a file with personal data in full"
    elif not export.resumable:
        zh, en = "随时变动、不属于账本的内容", "what changes and is no part of the ledger"
    else:
        return
    raise Fault(
        "NOT_IN_PIECES",
        zh=f"{zh}不能分段导出，请去掉 first 与 after",
        en=f"{en} is not taken in pieces; leave first and after out",
        field="first",
    )


def _bad(zh: str, en: str) -> Fault:
    return Fault("BAD_CURSOR", zh=f"after 不可用：{zh}", en=f"after is no use: {en}", field="after")
