"""The integrity checks from the command line: silence, or a line for each thing that is wrong."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer

from api.books import open_books
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
)
from projections.check import CHECKS, NAMES
from projections.check import check as problems


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
    found = 0
    with open_books(settings_of(context)) as books, progress() as step:
        for each in problems(books.pool, books.feed, names or (), step):
            found += 1
            if as_json:
                print_json([msgspec.to_builtins(each)])
            else:
                typer.echo(f"{each.code}  {each.zh} / {each.en}")
    if found:
        raise typer.Exit(NOT_RIGHT)
    if sys.stdout.isatty() and not as_json:
        count = len(set(names or NAMES))
        typer.echo(f"{count} 项检查全部通过。 All {count} checks passed.")


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
