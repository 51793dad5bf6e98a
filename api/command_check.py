"""The integrity checks from the command line: silence, or a line for each thing that is wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from api.books import Books, open_books
from api.settings import Settings
from api.terminal import (
    NOT_RIGHT,
    Json,
    beginning,
    console,
    print_json,
    progress,
    settings_of,
    stop,
    table,
    tell,
)
from ledger.store.files import lies_sealed
from ledger.store.kept import Kept
from ledger.store.vault import Vault, load_key
from projections.check import CHECKS, NAMES, SEALED
from projections.check import check as problems
from projections.check_desk import TakenIn
from projections.unfinished import unfinished


def check(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]…", help="All where none is named.", autocompletion=beginning(NAMES)
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List the checks with their codes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that the ledger is whole. 检查账本的完整性。

    Says nothing and exits with 0 when all is right; otherwise prints a line for each finding and
    exits with 1. Also runs beside a live server.
    """
    if list_:
        _list(as_json=as_json)
        return
    unknown = [each for each in names or () if each not in NAMES]
    if unknown:
        known = " ".join(NAMES)
        raise stop(
            "UNKNOWN_CHECK",
            f"没有检查项 {unknown[0]}，可选：{known}。",
            f"There is no check {unknown[0]}; the checks are: {known}.",
        )
    found, settings = 0, settings_of(context)
    with open_books(settings) as books, progress() as step:
        kept = _kept(settings, books, names or NAMES)
        for each in problems(books.pool, books.feed, names or (), step, kept, tell):
            found += 1
            if as_json:
                print_json([msgspec.to_builtins(each)])
            else:
                typer.echo(f"{each.code}  {each.zh} / {each.en}")
        _tell_unfinished(books, names or NAMES)
    if found:
        raise typer.Exit(NOT_RIGHT)
    if sys.stdout.isatty() and not as_json:
        count = len(set(names or NAMES))
        typer.echo(f"{count} 项检查全部通过。 All {count} checks passed.")


def _kept(settings: Settings, books: Books, names: Sequence[str]) -> Kept | None:
    """What lies sealed, where the key is there; says so where it is not and something would be."""
    if settings.vault_key_file.exists():
        vault = Vault(load_key(settings.vault_key_file), books.pool)
        vault.verify()
        return Kept(vault, books.pool)
    if SEALED.intersection(names) and lies_sealed(books.pool):
        tell(
            f"没有保险库密钥 {settings.vault_key_file}，封存的表格未核对（XUEFEN_VAULT_KEY）。",
            f"There is no vault key {settings.vault_key_file}, so what lies sealed was not checked "
            "(XUEFEN_VAULT_KEY).",
        )
    return None


def _tell_unfinished(books: Books, names: Sequence[str]) -> None:
    """Says that loads broke off; that is nothing wrong with the ledger, and waits for somebody."""
    loads = unfinished(books.feed) if TakenIn.name in names else 0
    if loads:
        tell(
            f"有 {loads} 次载入中断，尚未完成；可用 xuefen load --resume 继续，或停止（endLoad）。",
            f"{loads} loads broke off and are unfinished; go on with xuefen load --resume, or stop "
            "them (endLoad).",
        )


def _list(*, as_json: bool) -> None:
    if as_json:
        print_json(
            {"name": each.name, "codes": each.codes, "zh": each.zh, "en": each.en}
            for each in CHECKS
        )
        return
    shown = table("name", "codes", "what must hold")
    for each in CHECKS:
        shown.add_row(each.name, " ".join(each.codes), f"{each.zh} / {each.en}")
    console().print(shown)
