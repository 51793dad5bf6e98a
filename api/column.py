"""Columns from the command line: what columns of a sheet mean, where their names do not say it."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from msgspec.structs import replace

from api.terminal import stop
from ledger.joining import join
from ledger.mapping import Column, Mapping
from ledger.sheet import letters

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="COLUMN=MEANING",
        help="What a column means, by its letters or its header: D=CREDITS; may be repeated.",
    ),
]
SPLIT = re.compile(r"\s*(.+?)\s*=\s*([A-Za-z_]+)\s*")


def meant(mapping: Mapping, given: list[str] | None) -> Mapping:
    """The mapping with what was said of its columns. Stops where a column or meaning is none.

    Of several tabs it is said of each, unless one is named as spreadsheets do: ``2024!D=CREDITS``.
    """
    if mapping.more:
        parts = [
            meant(replace(each, more=()), _said_of(mapping, each, given)) for each in mapping.parts
        ]
        return join(parts)
    columns = dict(mapping.columns)
    for said in given or ():
        at, column = _one(mapping, said)
        columns = {key: each for key, each in columns.items() if each is not column}
        columns[at] = column
    return replace(mapping, columns=dict(sorted(columns.items())))


def _said_of(whole: Mapping, part: Mapping, given: list[str] | None) -> list[str]:
    """What was said of the columns of one tab."""
    said = []
    for each in given or ():
        tab, between, rest = each.partition("!")
        if not between or tab not in whole.tabs:
            said.append(each)
        elif tab == part.tab:
            said.append(rest)
    return said


def _one(mapping: Mapping, said: str) -> tuple[int, Column]:
    parts = SPLIT.fullmatch(said)
    name, meaning = parts.groups() if parts else (said, "")
    places = [
        at
        for at, header in enumerate(mapping.header, start=1)
        if name in (header, letters(at)) or name.upper() == letters(at)
    ]
    if len(places) != 1 or meaning.upper() not in Column.__members__:
        known = "、".join(f"{letters(at)} {each}" for at, each in enumerate(mapping.header, 1))
        raise stop(
            "MAPPING_UNFIT",
            f"“{said}”应写成 列=含义，如 D=CREDITS。工作表“{mapping.tab}”的列有：{known}；"
            f"含义有：{'、'.join(Column.__members__)}。",
            f"'{said}' is no COLUMN=MEANING, as D=CREDITS, of the tab {mapping.tab}.",
        )
    return places[0], Column[meaning.upper()]
