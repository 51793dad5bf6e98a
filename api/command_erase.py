"""Erasure from the command line: the event first, then the key, so that it can be completed."""

from __future__ import annotations

import sys
from typing import Annotated
from uuid import uuid4

import typer

from api.books import Books, open_books
from api.terminal import NOT_RIGHT, Json, name_of, print_json, settings_of, stop, tell
from ledger.command import Asker, Role
from ledger.erasure import AlreadyErased, EraseTeacher
from ledger.event import Channel
from ledger.names import LedgerId, TeacherId
from ledger.store.answer import Answer, Outcome
from ledger.store.committer import Committer
from ledger.store.vault import destroy_key
from ledger.store.work import Asked

ALREADY = AlreadyErased(zh="", en="").code


def erase(
    context: typer.Context,
    teacher: Annotated[str, typer.Argument(help="The teacher: teacher:0042, or 0042.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; it stays in the ledger, so name nobody.")
    ],
    actor: Annotated[
        str, typer.Option(metavar="NAME", help="Who does it, such as staff:0042.")
    ] = "staff:operator",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a teacher's personal data for good. 永久删除教师的个人信息。

    Destroys the teacher's key in the vault; name, id number and telephone can never be read again.
    Records and credits stay, under the identifier. Broken off, it is completed by running it again.
    """
    subject = TeacherId(str(name_of(teacher, "teacher")))
    asker = Asker(
        actor=str(name_of(actor)),
        role=Role.OPERATOR,
        scope=LedgerId("ledger:xuefen"),
        channel=Channel.CONSOLE,
    )
    if not yes:
        _confirm(subject)
    with open_books(settings_of(context)) as books:
        outcome = _recorded(books, EraseTeacher(teacher=subject, reason=reason), asker)
        refusal = outcome.refusals[0] if outcome.refusals else None
        if refusal is not None and refusal.code != ALREADY:
            raise stop(refusal.code, f"{refusal.zh}。", f"{refusal.en}.", NOT_RIGHT)
        destroyed = destroy_key(books.pool, str(subject))
    if refusal is not None and not destroyed:
        raise stop(refusal.code, f"{refusal.zh}。", f"{refusal.en}.", NOT_RIGHT)
    position = outcome.written[0].position if outcome.written else None
    if as_json:
        print_json([{"teacher": subject, "position": position, "key_destroyed": destroyed}])
    else:
        _tell(subject, position, destroyed=destroyed)


def _confirm(subject: TeacherId) -> None:
    if not sys.stdin.isatty():
        raise stop(
            "CONFIRMATION_NEEDED",
            "删除不可恢复，请加 --yes 确认。",
            "An erasure cannot be undone; confirm it with --yes.",
        )
    asked = f"永久删除 {subject} 的个人信息？ Erase the personal data of {subject} for good?"
    if not typer.confirm(asked, err=True):
        raise stop("NOT_CONFIRMED", "没有删除。", "Nothing was erased.", NOT_RIGHT)


def _recorded(books: Books, command: EraseTeacher, asker: Asker) -> Outcome:
    committer = Committer(books.url)
    try:
        work = Asked(commands=[command], asker=asker, request=str(uuid4()))
        answer: Answer = committer.submit(work).result()
        return answer.outcomes[0]
    finally:
        committer.close()


def _tell(subject: TeacherId, position: int | None, *, destroyed: bool) -> None:
    if position is None:
        tell(
            f"{subject} 此前删除到一半；密钥现已销毁，删除完成。",
            f"The erasure of {subject} had been broken off; the key is destroyed now and it is "
            "complete.",
        )
    elif destroyed:
        tell(
            f"{subject} 的个人信息已删除（位置 {position}），密钥已销毁。数据库的备份中仍有。",
            f"The personal data of {subject} is erased (position {position}) and the key "
            "destroyed. Backups of the database still hold it.",
        )
    else:
        tell(
            f"已记下 {subject} 的删除（位置 {position}）；保险库中没有其个人信息。",
            f"The erasure of {subject} is recorded (position {position}); the vault held nothing.",
        )
