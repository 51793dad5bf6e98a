"""Erasure from the command line: the event, then the files, and the key last.

The key opens the name and the number by which the files are found; so whatever was broken off can
be completed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

import typer

from api.books import Books, open_books
from api.settings import Settings
from api.terminal import NOT_RIGHT, Json, name_of, print_json, settings_of, stop, tell
from ledger.command import Asker, Role
from ledger.erasure import AlreadyErased, EraseFiles, EraseTeacher, FilesErased, NothingToErase
from ledger.event import Channel
from ledger.names import LedgerId, TeacherId
from ledger.store.answer import Answer, Outcome
from ledger.store.clock import system_clock
from ledger.store.committer import Committer
from ledger.store.erasure import Concerned, Erasure
from ledger.store.feed import Filter
from ledger.store.files import anything_lies, sealed
from ledger.store.vault import Vault, destroy_key, load_key
from ledger.store.work import Asked

ALREADY = AlreadyErased(zh="", en="").code
NOTHING = NothingToErase(zh="", en="").code
AGAIN = "备份恢复后重新删除 (erased again after a restore)"
NAMED_AT_ONCE = 250  # an event has at most 65,535 bytes
MENTIONS_SHOWN_MAX = 20


def _uploads(given: list[str] | None) -> list[str]:
    """The numbers of uploads. Stops for what is none."""
    try:
        return [UUID(each).hex for each in given or ()]
    except ValueError:
        zh, en = "--file 须为上传编号。", "--file takes the number of an upload."
        raise stop("UNKNOWN_UPLOAD", zh, en) from None


Also = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        metavar="UPLOAD",
        callback=_uploads,
        help="Destroy this file too, as one that mentions the person; may be repeated.",
    ),
]


def erase(
    context: typer.Context,
    teacher: Annotated[str, typer.Argument(help="The teacher: teacher:0042, or 0042.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; it stays in the ledger, so name nobody.")
    ],
    actor: Annotated[
        str, typer.Option(metavar="NAME", help="Who does it, such as staff:0042.")
    ] = "staff:operator",
    also: Also = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a teacher's personal data for good. 永久删除教师的个人信息。

    Destroys the files that name the teacher, what is personal in results and loads, and the
    teacher's key in the vault; name, id number and telephone can never be read again. Records and
    credits stay, under the identifier. Broken off, it is completed by running it again.

    A file that has the name only within a sentence, or in somebody else's row, is told and stays:
    the name may be a part of other words, or a namesake's. --file destroys it, also later.
    """
    subject = TeacherId(str(name_of(teacher, "teacher")))
    asker = _operator(actor)
    if not yes:
        _confirm(subject)
    settings = settings_of(context)
    with open_books(settings) as books, _committer(books) as committer:
        erasing = _Erasing(books, committer, asker, subject)
        vault = _vault(settings, books)
        outcome = erasing.begin(reason, also or [])
        refusal = outcome.refusals[0] if outcome.refusals else None
        gone = Concerned() if vault is None else erasing.files(vault, also or [])
        destroyed = destroy_key(books.pool, str(subject))
    if refusal is not None and not destroyed and not gone:
        raise stop(refusal.code, f"{refusal.zh}。", f"{refusal.en}.", NOT_RIGHT)
    position = outcome.written[0].position if outcome.written else None
    if as_json:
        counts = {"files": len(gone.files), "loads": len(gone.loads), "dry_runs": len(gone.runs)}
        told = {"teacher": subject, "position": position, "key_destroyed": destroyed}
        print_json([told | counts | {"mentions": gone.mentions}])
        return
    if position is not None or destroyed:
        _tell(subject, position, destroyed=destroyed)
    _tell_gone(gone)


def erase_again(books: Books, vault: Vault | None, teacher: str) -> bool:
    """Erases whom a restored backup brought back; whether anything had come back.

    Raises ``typer.Exit`` where files lie there and the vault's key does not.
    """
    if vault is None and anything_lies(books.pool):
        raise _key_missing("vault.key")
    subject = TeacherId(teacher)
    with _committer(books) as committer:
        erasing = _Erasing(books, committer, _operator("staff:operator"), subject)
        outcome = erasing.begin(AGAIN)
        gone = Concerned() if vault is None else erasing.files(vault)
        destroyed = destroy_key(books.pool, str(subject))
    return not outcome.refusals or destroyed or bool(gone)


def erase_unrecorded(books: Books, vault: Vault | None, teacher: str) -> None:
    """Destroys what an erasure does, where the ledger cannot be asked about the person."""
    if vault is not None:
        erasure = Erasure(vault, books.pool, system_clock, teacher)
        erasure.destroy(erasure.find())
    destroy_key(books.pool, teacher)


@dataclass(frozen=True)
class _Erasing:
    """One teacher's erasure, asked by the operator."""

    books: Books
    committer: Committer
    asker: Asker
    subject: TeacherId

    def begin(self, reason: str, also: Iterable[str] = ()) -> Outcome:
        """Records that the teacher is erased, unless it is on record.

        ``also``: uploads that are to go. Stops where one of them does not lie there.
        """
        for each in sorted({*also} - sealed(self.books.pool, also)):
            zh, en = f"没有上传 {each}，或已不在。", f"No upload {each} lies there."
            raise stop("UNKNOWN_UPLOAD", f"{zh}没有删除。", f"{en} Nothing was erased.")
        outcome = self.ask(EraseTeacher(teacher=self.subject, reason=reason))
        for refused in outcome.refusals:
            if refused.code != ALREADY:
                raise stop(refused.code, f"{refused.zh}。", f"{refused.en}.", NOT_RIGHT)
        return outcome

    def ask(self, command: EraseTeacher) -> Outcome:
        """Asks a command of it."""
        work = Asked(commands=[command], asker=self.asker, request=str(uuid4()))
        answer: Answer = self.committer.submit(work).result()
        return answer.outcomes[0]

    def files(self, vault: Vault, also: Iterable[str] = ()) -> Concerned:
        """Says which files and loads concern the teacher, and then destroys them.

        ``also``: uploads that an operator knows to be about the teacher.
        """
        wanted = Filter(types=(FilesErased.NAME,), tags=(str(self.subject),))
        events = [entry.event for entry in self.books.feed.entries(wanted)]
        named = [
            each.upload
            for event in events
            if isinstance(event, FilesErased)
            for each in event.files
        ]
        erasure = Erasure(vault, self.books.pool, system_clock, str(self.subject))
        found = erasure.find([*named, *also])
        for first in range(0, max(len(found.files), len(found.loads)), NAMED_AT_ONCE):
            some = slice(first, first + NAMED_AT_ONCE)
            command = EraseFiles(
                teacher=self.subject, files=found.files[some], loads=found.loads[some]
            )
            for each in self.ask(command).refusals:
                if each.code != NOTHING:
                    raise stop(each.code, f"{each.zh}。", f"{each.en}.", NOT_RIGHT)
        erasure.destroy(found)
        return found


@contextmanager
def _committer(books: Books) -> Iterator[Committer]:
    committer = Committer(books.url)
    try:
        yield committer
    finally:
        committer.close()


def _vault(settings: Settings, books: Books) -> Vault | None:
    """The vault, whose key opens what may name the teacher; ``None`` where nothing lies there."""
    file = settings.vault_key_file
    if not file.exists():
        if anything_lies(books.pool):
            raise _key_missing(file)
        return None
    vault = Vault(load_key(file), books.pool)
    vault.verify()
    return vault


def _key_missing(file: object) -> typer.Exit:
    return stop(
        "VAULT_KEY_MISSING",
        f"没有保险库密钥 {file}，无法查找提到此人的表格，没有删除（XUEFEN_VAULT_KEY）。",
        f"There is no vault key {file} to find the files that name the teacher with; "
        "nothing was erased (XUEFEN_VAULT_KEY).",
    )


def _operator(actor: str) -> Asker:
    return Asker(
        actor=str(name_of(actor)),
        role=Role.OPERATOR,
        scope=LedgerId("ledger:xuefen"),
        channel=Channel.CONSOLE,
    )


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


def _tell_mentions(gone: Concerned) -> None:
    if not gone.mentions:
        return
    tell(
        f"另有 {len(gone.mentions)} 份表格在文字中或他人的行中出现此姓名，可能是他人或其他词语，"
        "未销毁；核实后可用 --file 销毁：",
        f"{len(gone.mentions)} more files have the name within a sentence or in somebody else's "
        "row, which may be other words or a namesake. They were not destroyed; --file does that:",
    )
    for each in gone.mentions[:MENTIONS_SHOWN_MAX]:
        cells = "无法查看 cannot be read" if each.cells is None else f"{each.cells} 格 cells"
        typer.echo(f"  {each.upload}  {cells}", err=True)
    if len(gone.mentions) > MENTIONS_SHOWN_MAX:
        tell("其余见 --json。", "See --json for the others.")


def _tell_gone(gone: Concerned) -> None:
    if gone:
        tell(
            f"同时销毁了 {len(gone.files)} 份提到此人的表格、{len(gone.loads)} 次载入中的本人各行"
            f"和 {len(gone.runs)} 次试运行。",
            f"With it went {len(gone.files)} files that named the person, the person's rows in "
            f"{len(gone.loads)} loads, and {len(gone.runs)} dry runs.",
        )
    _tell_mentions(gone)
