"""Exports from the command line: the same files as over HTTP, logged in the same way."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from api.books import open_books
from api.export import Moment, Question, Taken, take
from api.settings import Settings
from api.spool import CHUNK_BYTES
from api.terminal import DAY, Json, beginning, counted, name_of, print_json, settings_of, stop, tell
from ledger.command import Asker, Role
from ledger.event import Channel
from ledger.names import LedgerId
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from ledger.store.vault import load_key
from projections.catalogue import VIEWS
from projections.runner import Runner
from schema.context import Context, House
from schema.export_document import EXPORTS


class Form(Enum):
    """In which form a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


What = Annotated[
    str, typer.Argument(help="The list or document.", autocompletion=beginning(EXPORTS))
]
Out = Annotated[Path, typer.Option(metavar="FILE", help="Where to; it is not overwritten.")]
Format = Annotated[Form, typer.Option("--format", help="Of the file. 文件格式。")]
InPlace = Annotated[str | None, typer.Option(metavar="NAME", help="Of this place. 属地。")]
Narrowed = Annotated[
    list[str] | None,
    typer.Option("--filter", metavar="NAME=VALUE", help="As in the query; may be repeated."),
]
AtPosition = Annotated[
    int | None, typer.Option(min=1, help="As the ledger knew it at this position.")
]
Effective = Annotated[
    date | None, typer.Option(help="Counting only what was true by this day.", **DAY)
]
Purpose = Annotated[
    str, typer.Option(metavar="TEXT", help="What for; shows personal data in full. 用途。")
]
Actor = Annotated[str, typer.Option(metavar="NAME", help="Who does it, such as staff:0042.")]


def export(
    context: typer.Context,
    what: What,
    out: Out,
    form: Format = Form.CSV,
    place: InPlace = None,
    narrowed: Narrowed = None,
    as_of_position: AtPosition = None,
    effective: Effective = None,
    purpose: Purpose = "",
    actor: Actor = "staff:operator",
    as_json: Json = False,
) -> None:
    """Export a list or document to a file. 导出文件。

    Beside FILE, FILE.json says position, rows and SHA-256. Every export stands in the access log
    before the file is there. Personal data are masked unless a purpose is named.
    """
    _require_known(what)
    given = Question(
        what=what,
        format=form.value,
        filters=_filters(place, narrowed or []),
        as_of=Moment(
            position=as_of_position,
            effective=None if effective is None else effective.isoformat(),
        ),
        purpose=purpose,
    )
    told = _export(settings_of(context), given, str(name_of(actor)), out)
    if as_json:
        print_json([told])
    else:
        tell(
            f"{out}：{told['rows']} 行，截至位置 {told['position']}，SHA-256 {told['sha256']}",
            f"{out}: {counted(told['rows'], 'row')} as of position {told['position']}",
        )


def _export(settings: Settings, given: Question, actor: str, out: Path) -> dict[str, Any]:
    asker = Asker(
        actor=actor,
        role=Role.OPERATOR,
        scope=LedgerId("ledger:xuefen"),
        channel=Channel.CONSOLE,
    )
    aside = out.with_name(out.name + ".json")
    _require_free(out, aside)
    with reading_house(settings) as house:
        taken = asyncio.run(take(Context(house=house, asker=asker), given))
    told = _told(taken)
    _kept(out, taken.chunks())
    _kept(aside, [msgspec.json.encode(told) + b"\n"])
    return told


def _require_known(what: str) -> None:
    if what not in EXPORTS:
        known = " ".join(EXPORTS)
        raise stop(
            "UNKNOWN_EXPORT",
            f"没有 {what} 可导出，可选：{known}。",
            f"There is no {what} to export; there are: {known}.",
        )


def _filters(place: str | None, narrowed: list[str]) -> dict[str, str | int]:
    filters: dict[str, str | int] = {}
    if place is not None:
        filters["place"] = str(name_of(place, "jurisdiction"))
    for each in narrowed:
        name, equals, value = each.partition("=")
        if not equals or name in filters:
            raise stop(
                "BAD_FILTER",
                f"--filter 须写作 名称=值，各给一次，现为 {each}。",
                f"A --filter is NAME=VALUE, each name once, not {each}.",
            )
        filters[name] = value
    return filters


def _require_free(*files: Path) -> None:
    for file in files:
        if file.exists() or file.is_symlink():
            raise stop("FILE_EXISTS", f"{file} 已存在。", f"{file} exists; name another file.")
        if not file.parent.is_dir():
            raise stop("FILE_CLOSED", f"没有文件夹 {file.parent}。", f"No folder {file.parent}.")


@contextmanager
def reading_house(settings: Settings) -> Iterator[House]:
    """A house over a ledger that exists, with nothing followed."""
    with open_books(settings) as books:
        if not settings.vault_key_file.exists():
            raise Trouble(
                "VAULT_KEY_MISSING",
                zh=f"没有保险库密钥 {settings.vault_key_file}。请用 XUEFEN_VAULT_KEY 指明。",
                en=f"There is no vault key {settings.vault_key_file}; name it in XUEFEN_VAULT_KEY.",
            )
        with Ledger(books.url, load_key(settings.vault_key_file)) as ledger:
            runner = Runner(ledger.pool, ledger.feed, VIEWS)
            yield House(ledger=ledger, reader=books.reader, runner=runner, rules=books.rules)


def _told(taken: Taken) -> dict[str, Any]:
    told = msgspec.to_builtins(taken.logged)
    return {name: told[name] for name in told if name not in ("places", "subjects_digest")}


def _kept(file: Path, chunks: Any) -> None:
    """Writes a file whole or not at all, for its owner only."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:40]}.")
    try:
        with os.fdopen(handle, "wb", buffering=CHUNK_BYTES) as written:
            for chunk in chunks:
                written.write(chunk)
        os.link(name, file)  # unlike a rename it never replaces what came meanwhile
    except FileExistsError:
        raise stop(
            "FILE_EXISTS", f"{file} 已存在。", f"{file} exists; name another file."
        ) from None
    finally:
        os.unlink(name)
