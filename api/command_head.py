"""The head from the command line: to be kept elsewhere, and held against what comes later."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import msgspec
import typer

from api.books import Books, open_books
from api.terminal import NOT_RIGHT, Json, print_json, say, settings_of, stop, tell
from ledger.store.manifest import write_through
from ledger.store.trouble import Trouble
from projections.head import FORMAT, Head, head_of, root_at

RESTORED_ZH = (
    "若是您自己用 xuefen restore --older 恢复的，请执行一次 xuefen head --replace 文件；"
    "否则请查明是谁所为。"
)
RESTORED_EN = (
    "If you restored it yourself with xuefen restore --older, run xuefen head --replace FILE once; "
    "if not, find out who did it."
)


def head(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Where to keep it, on another machine's disk.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of a head that does not fit; it is kept."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say where the ledger stands, to be kept elsewhere. 账本当前的位置与哈希。

    With FILE it is written there, and a head that lies there already is held against the ledger
    first: exit code 1 where the ledger is older than it or of another history. The file names no
    person; of those who were erased it holds a hash.

    After a restore with --older the head that was kept cannot fit. --replace puts the new one in
    its place, and keeps the old one beside it under another name.
    """
    if replace and file is None:
        raise stop("HEAD_FILE_UNSAID", "--replace 须给出文件。", "--replace needs FILE.")
    with open_books(settings_of(context)) as books:
        # In this order: the ledger is never behind what somebody wrote there before we look at it.
        before = None if file is None else _lying(file)
        made = _made(books)
        misfit = None if before is None else _misfit(books, before, made)
    if misfit is not None and not replace:
        say(misfit)
        raise typer.Exit(NOT_RIGHT)
    if file is not None:
        if misfit is not None and before is not None:
            _keep_beside(file, before)
        _replace(file, msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    if as_json or file is None:
        print_json([made])
    else:
        tell(
            f"位置 {made.position}，哈希 {made.root}，已写入 {file}。",
            f"Position {made.position}, hash {made.root}; written to {file}.",
        )


def read_head(file: Path) -> Head:
    """A head that was kept. Raises ``Trouble`` (``HEAD_MISSING``, ``HEAD_BAD``)."""
    try:
        made = msgspec.json.decode(file.read_bytes(), type=Head)
        if made.format == FORMAT and len(bytes.fromhex(made.root)) == sha256().digest_size:
            return made
    except FileNotFoundError:
        raise Trouble(
            "HEAD_MISSING",
            zh=f"没有文件 {file}。请给出 xuefen head 写出的文件；没有它时，用 --expect-position 加 "
            "--expect-hash，什么都没有时用 --no-head。",
            en=f"There is no file {file}. Name the one that xuefen head wrote; without it, say "
            "--expect-position with --expect-hash, or --no-head where nothing is known.",
        ) from None
    except (OSError, ValueError):
        pass
    raise Trouble(
        "HEAD_BAD",
        zh=f"{file} 不是 xuefen head 写出的文件，或版本更新",
        en=f"{file} is not what xuefen head wrote, or a newer program wrote it",
    )


def _lying(file: Path) -> Head | None:
    try:
        there = file.exists()
    except OSError as error:
        raise _not_written(file, error) from error
    return read_head(file) if there else None


def _made(books: Books) -> Head:
    with books.pool.connection() as connection:
        return head_of(connection, datetime.now(UTC))


def _misfit(books: Books, before: Head, made: Head) -> Trouble | None:
    """Why the head that was kept is not of this ledger's past; ``None`` where it is."""
    if made.position < before.position:
        return Trouble(
            "HEAD_OLDER",
            zh=f"账本在位置 {made.position}，而外部保存的已到 {before.position}：账本被恢复到了更早"
            f"的状态。文件未改动。{RESTORED_ZH}",
            en=f"The ledger is at position {made.position}, and the head that was kept at "
            f"{before.position}: the ledger was put back. The file was left as it is. "
            f"{RESTORED_EN}",
        )
    with books.pool.connection() as connection:
        root = root_at(connection, before.position).hex()
    if root == before.root:
        return None
    return Trouble(
        "HEAD_OF_ANOTHER_HISTORY",
        zh=f"位置 {before.position} 的哈希与保存的不符：历史被改动。文件未改动。{RESTORED_ZH}",
        en=f"The hash at position {before.position} is not the one that was kept: history was "
        f"changed. The file was left as it is. {RESTORED_EN}",
    )


def _keep_beside(file: Path, before: Head) -> None:
    """Keeps a head that does not fit under a name that nothing has, as it lies there."""
    aside = file.with_name(f"{file.stem}-{before.position}-{token_hex(4)}{file.suffix}")
    try:
        write_through(aside, file.read_bytes())
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise _not_written(aside, error) from error
    tell(f"原来的文件保留为 {aside}。", f"The head that lay there is kept as {aside}.")


def _replace(file: Path, data: bytes) -> None:
    file = file.resolve()  # where a link leads is where it is kept
    aside = file.with_name(f"{file.name}.{token_hex(4)}")
    try:
        write_through(aside, data)
        os.replace(aside, file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise _not_written(file, error) from error


def _not_written(file: Path, error: OSError) -> Trouble:
    return Trouble(
        "HEAD_NOT_WRITTEN",
        zh=f"无法写入 {file}（{error.strerror}）",
        en=f"{file} cannot be written ({error.strerror})",
    )
