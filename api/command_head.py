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
from api.terminal import NOT_RIGHT, Json, print_json, settings_of, stop, tell
from ledger.store.manifest import write_through
from ledger.store.trouble import Trouble
from projections.head import FORMAT, Head, head_of, root_at


def head(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Where to keep it, on another machine's disk.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say where the ledger stands, to be kept elsewhere. 账本当前的位置与哈希。

    With FILE it is written there, and a head that lies there already is held against the ledger
    first: exit code 1 where the ledger is older than it or of another history. The file names no
    person; of those who were erased it holds a hash.
    """
    with open_books(settings_of(context)) as books:
        made = _made(books)
        before = read_head(file) if file is not None and file.exists() else None
        if before is not None:
            _hold_against(books, before, made)
    if file is not None:
        _replace(file, msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    if as_json or file is None:
        print_json([made])
    else:
        tell(
            f"位置 {made.position}，哈希 {made.root}，已写入 {file}。",
            f"Position {made.position}, hash {made.root}; written to {file}.",
        )


def read_head(file: Path) -> Head:
    """A head that was kept. Raises ``Trouble`` (``HEAD_BAD``)."""
    try:
        made = msgspec.json.decode(file.read_bytes(), type=Head)
        if made.format == FORMAT and len(bytes.fromhex(made.root)) == sha256().digest_size:
            return made
    except (OSError, ValueError):
        pass
    raise Trouble(
        "HEAD_BAD",
        zh=f"{file} 不是 xuefen head 写出的文件，或版本更新",
        en=f"{file} is not what xuefen head wrote, or a newer program wrote it",
    )


def _made(books: Books) -> Head:
    with books.pool.connection() as connection:
        return head_of(connection, books.feed, datetime.now(UTC))


def _hold_against(books: Books, before: Head, made: Head) -> None:
    if made.position < before.position:
        raise stop(
            "HEAD_OLDER",
            f"账本在位置 {made.position}，而外部保存的已到 {before.position}：账本被恢复到了更早"
            "的状态。文件未改动。",
            f"The ledger is at position {made.position}, and the head that was kept at "
            f"{before.position}: the ledger was put back. The file was left as it is.",
            NOT_RIGHT,
        )
    with books.pool.connection() as connection:
        root = root_at(connection, before.position).hex()
    if root != before.root:
        raise stop(
            "HEAD_OF_ANOTHER_HISTORY",
            f"位置 {before.position} 的哈希与保存的不符：历史被改动。文件未改动。",
            f"The hash at position {before.position} is not the one that was kept: history was "
            "changed. The file was left as it is.",
            NOT_RIGHT,
        )


def _replace(file: Path, data: bytes) -> None:
    aside = file.with_name(f"{file.name}.{token_hex(4)}")
    try:
        write_through(aside, data)
        os.replace(aside, file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise Trouble(
            "HEAD_NOT_WRITTEN",
            zh=f"无法写入 {file}（{error.strerror}）",
            en=f"{file} cannot be written ({error.strerror})",
        ) from error
