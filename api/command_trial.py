"""A draft tried over the teachers of a place from the command line; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from api.books import DAY_UNSAID, open_books
from api.command_regulation import read_draft
from api.terminal import (
    DAY,
    NOT_RIGHT,
    Json,
    console,
    name_of,
    print_json,
    settings_of,
    table,
    tell,
)
from ledger.names import JurisdictionId
from ledger.register import JurisdictionRegistered
from ledger.store.feed import Filter
from ledger.store.rehearsal import would_be
from ledger.trial import FlipTurn, Tally
from projections.reader import Reader
from projections.snapshot import Snapshot
from projections.trial import Trial, Whose, over

HEADERS_ZH = ("教师", "学校", "现在", "采纳后", "现计入", "采纳后计入")


def try_draft(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The draft, .toml or .json. 草案文件。")],
    place: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only teachers of this place: 330381.")
    ] = None,
    on: Annotated[
        date | None, typer.Option(help=f"Judge as of this day; {DAY_UNSAID}.", **DAY)
    ] = None,
    as_of_position: Annotated[
        int | None, typer.Option(min=1, help="As the ledger knew it at this position.")
    ] = None,
    moved: Annotated[
        bool, typer.Option("--moved", help="Also whose numbers alone would move. 含仅数值变化的。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show whose verdict a draft would change; nothing is adopted. 试算草案，不予采纳。

    Ends with 0 where it was tried, 1 where it could not be adopted, 2 where it cannot be read.
    """
    draft = read_draft(file)
    with open_books(settings_of(context)) as books:
        given = as_of_position
        position = books.feed.head() if given is None else books.reached(given)
        rules = books.rules.at(position)
        day = books.day(on, None, as_of_position)
        trial = Trial(document=str(draft.id), sha256=draft.sha256, day=day, position=position)
        tried, refusals = would_be(books.pool, rules, draft, datetime.now(UTC), position)
        for each in refusals:
            tell(each.zh, f"{each.en} [{each.code}] ({each.field})")
        if refusals:
            raise typer.Exit(NOT_RIGHT)
        rows: Reader | Snapshot = books.reader
        if as_of_position is not None:
            rows = Snapshot(books.feed, as_of_position)
        over(trial, rows, _whose(place, books.reader), rules, tried)
    trial.flips = [each for each in trial.flips if moved or each.turn is not FlipTurn.MOVED]
    if as_json:
        print_json([msgspec.to_builtins(asdict(trial), enc_hook=str)])
        return
    _show(trial)


def _whose(place: str | None, reader: Reader) -> Whose:
    if place is None:
        return Whose()
    named = JurisdictionId(name_of(place, "jurisdiction"))
    registered = reader.feed.entries(Filter(types=(JurisdictionRegistered.NAME,)))
    places = (getattr(each.event, "jurisdiction", named) for each in registered)
    inside = tuple(each for each in places if named.covers(each))
    return Whose(among=(inside,))


def _show(trial: Trial) -> None:
    out = console()
    out.print(f"{trial.document} sha256 {trial.sha256}，{trial.day}，位置 {trial.position}")
    out.print(_told("合计 (total)", trial.total))
    for each in (*trial.places, *trial.schools):
        out.print(_told(str(each.of), each.tally))
    if not trial.flips:
        return
    shown = table(*HEADERS_ZH)
    for row in _rows(trial):
        shown.add_row(*row)
    out.print(shown)


def _rows(trial: Trial) -> Iterable[tuple[str, ...]]:
    for each in sorted(trial.flips, key=lambda flip: flip.teacher):
        numbers = (each.counted_before, each.counted_after)
        results = (each.before.value, each.after.value)
        yield (each.teacher, str(each.school), *results, *map(str, numbers))


def _told(of: str, tally: Tally) -> str:
    return (
        f"{of}：{tally.teachers} 人，转为不合格 (lost) {tally.lost}，转为合格 (won) {tally.won}，"
        f"其他 (other) {tally.other}，数值变化 (moved) {tally.moved}"
    )
