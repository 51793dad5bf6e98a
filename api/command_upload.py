"""The files that people gave up, from the command line: what lies there, and removing old ones.

No key is needed: nothing is opened, and neither names nor contents are shown.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from api.books import open_books
from api.terminal import (
    NOT_RIGHT,
    Json,
    console,
    name_of,
    print_json,
    settings_of,
    stop,
    table,
    tell,
    tell_nothing_found,
)
from ledger.store.files import lying, remove
from ledger.store.ticket import DAYS_KEPT

group = typer.Typer(no_args_is_help=True, help="Files that were given up. 上传的文件。")
HEADERS = ("编号 upload", "种类", "上传者", "属于", "字节", "申请于", "试对", "状态")
Days = Annotated[
    int, typer.Option(min=0, metavar="DAYS", help="Those given up more than so many days ago.")
]
One = Annotated[str | None, typer.Option("--upload", metavar="ID", help="Only this one.")]
Scope = Annotated[str | None, typer.Option("--of", metavar="NAME", help="Given up for this party.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@group.command("list")
def list_uploads(context: typer.Context, of: Scope = None, as_json: Json = False) -> None:
    """List the files that lie sealed, the latest first. 列出封存的上传文件。"""
    scope = None if of is None else str(name_of(of, None if ":" in of else "jurisdiction"))
    with open_books(settings_of(context)) as books:
        found = lying(books.pool, scope=scope)
    if as_json:
        print_json(msgspec.to_builtins(each) for each in found)
        return
    shown = table(*HEADERS)
    for each in found:
        ends = each.opened + timedelta(days=DAYS_KEPT)
        state = "留存 kept" if each.kept else f"至 until {ends:%Y-%m-%d}"
        state = state if each.erased is None else "已销毁 erased"
        who = f"{each.actor} {each.role}"
        told = (each.bytes, f"{each.opened:%Y-%m-%d %H:%M}", each.results)
        shown.add_row(each.upload, each.form, who, each.scope, *map(str, told), state)
    if found:
        console().print(shown)
    else:
        tell_nothing_found()


@group.command("purge")
def purge(
    context: typer.Context,
    older: Days = DAYS_KEPT,
    upload: One = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove files that led to nothing, with what was tried of them. 清除未使用的上传。

    What an event speaks of is never removed. A running server does this by itself, every hour, for
    those of more than 14 days; younger ones are removed only where that is confirmed.
    """
    one = None if upload is None else _id(upload)
    before = datetime.now(UTC) - timedelta(days=older)
    with open_books(settings_of(context)) as books:
        if older < DAYS_KEPT and not yes:
            there = remove(books.pool, before, upload=one, rehearse=True)
            _confirm(there.uploads, there.loads)
        gone = remove(books.pool, before, upload=one)
        if one is not None and not gone.uploads:
            raise stop(
                "NOT_REMOVED",
                f"没有可清除的上传 {one}：不存在、未满 {older} 天，或已有事件引用。",
                f"No upload {one} to remove: it is not there, not {older} days old, or an event "
                "speaks of it.",
                NOT_RIGHT,
            )
    if as_json:
        print_json([msgspec.to_builtins(gone)])
        return
    tell(
        f"已清除上传 {gone.uploads} 个、试对 {gone.results} 次、载入试运行 {gone.loads} 次。",
        f"Removed {gone.uploads} uploads with {gone.results} trials, and {gone.loads} dry runs.",
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        zh, en = f"{text} 不是上传编号。", f"{text} is no number of an upload."
        raise stop("BAD_UPLOAD", zh, en) from None


def _confirm(uploads: int, loads: int) -> None:
    if not sys.stdin.isatty():
        raise stop(
            "CONFIRMATION_NEEDED",
            f"将清除未满 {DAYS_KEPT} 天的上传 {uploads} 个、试运行 {loads} 次，请加 --yes 确认。",
            f"This removes {uploads} uploads and {loads} dry runs, some of under {DAYS_KEPT} days; "
            "confirm it with --yes.",
        )
    asked = (
        f"清除上传 {uploads} 个、试运行 {loads} 次？ Remove {uploads} uploads, {loads} dry runs?"
    )
    if not typer.confirm(asked, err=True):
        raise stop("NOT_CONFIRMED", "没有清除。", "Nothing was removed.", NOT_RIGHT)
