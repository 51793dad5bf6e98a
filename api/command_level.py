"""Levels from the command line: the sums of a place or school, and where two sides differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text
from rich.tree import Tree

from api.books import Books, open_books
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
)
from ledger.fault import Fault
from ledger.level import Level, grown, read, written
from ledger.names import JurisdictionId, Name, SchoolId
from ledger.register import JurisdictionRegistered
from ledger.store.feed import Filter
from ledger.summary import Period, PeriodKind, Totals, period_of
from projections.catalogue import SIGN_OFFS
from projections.level import Scope, scope_of, summaries
from projections.level_side import Compared, Side, compared, opened, signed_side, told_side
from projections.level_tree import whole

SHOWN_MAX = 50
# A whole province with every teacher.
FILE_BYTES_MAX = 128 * 1024 * 1024
Of = Annotated[str, typer.Argument(help="A place or a school: 330381, school:….")]
YearAsked = Annotated[int, typer.Option(help="Of this calendar year. 年份。")]
Cycles = Annotated[
    bool, typer.Option("--cycles", help="The cycles that ended in the year, not the year itself.")
]
At = Annotated[int | None, typer.Option(min=1, help="As the ledger knew it at this position.")]
English = Annotated[bool, typer.Option("--english", help="In English.")]


def headers(period: Period, *, english: bool = False) -> tuple[str, ...]:
    """The heads of a table of sums: which are of the period, and which of the whole cycles.

    What counts of the cycles is no part of what was credited in a year; nobody is to add them.
    """
    year = period.kind is PeriodKind.YEAR
    if english:
        own = "of the year" if year else "of the cycles"
        return (
            *("of", "teachers", "moved", f"trainings {own}", f"credits {own}"),
            *("cycle: credits counted", "cycle: hours counted", "cycle: met", "cycle: not met"),
        )
    own = "本年" if year else "周期"
    return (
        *("属地或学校", "教师", "调入", f"{own}培训", f"{own}学分"),
        *("周期累计计入学分", "周期累计计入学时", "周期合格", "周期未合格"),
    )


def levels(
    context: typer.Context,
    of: Of,
    year: YearAsked,
    cycles: Cycles = False,
    as_of_position: At = None,
    with_file: Annotated[
        Path | None,
        typer.Option("--with", metavar="FILE", help="Compare with what this file tells."),
    ] = None,
    with_position: Annotated[
        int | None, typer.Option(min=1, help="Compare with this ledger at that position.")
    ] = None,
    with_sign_off: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare with what was signed: signoff:….")
    ] = None,
    english: English = False,
    as_json: Json = False,
) -> None:
    """Show the sums of a place and all below, or where they differ. 分级汇总与比对。

    With --json the sums are a file that another ledger compares with --with. Ends with 0 where two
    sides agree, 1 where they differ, 2 where a side cannot be read.
    """
    period = period_of(year, PeriodKind.CYCLES if cycles else PeriodKind.YEAR)
    with open_books(settings_of(context)) as books:
        scope = scope_in(books, of)
        own = _side(books, scope, period, position_in(books, as_of_position))
        sides = [
            *([_read(with_file, scope, period)] if with_file else ()),
            *(
                [_side(books, scope, period, position_in(books, with_position))]
                if with_position
                else ()
            ),
            *([_signed(books, scope, period, with_sign_off)] if with_sign_off else ()),
        ]
        if not sides:
            _show(own, period, english=english, as_json=as_json)
            return
        for side in sides:
            found = compared(scope, period, side, own)
            _tell(books, found, english=english, as_json=as_json)
            if found.way:
                raise typer.Exit(NOT_RIGHT)


def scope_in(books: Books, of: str) -> Scope:
    """The teachers of a place or school that was named. Raises ``Exit`` for an unknown one."""
    name: Name = name_of(of, None if ":" in of else "jurisdiction")
    places = places_in(books)
    if isinstance(name, SchoolId) or str(name) in places:
        return scope_of(name, places)
    raise stop("UNKNOWN_PLACE", f"账本中没有 {name}。", f"The ledger knows no {name}.")


def places_in(books: Books) -> list[str]:
    """All registered places."""
    registered = books.feed.entries(Filter(types=(JurisdictionRegistered.NAME,)))
    return [str(getattr(each.event, "jurisdiction", "")) for each in registered]


def position_in(books: Books, given: int | None) -> int:
    """A position that the ledger has reached; the head, where none is given."""
    return books.feed.head() if given is None else books.reached(given)


def sums(shown: Any, name: str, totals: Totals) -> None:
    """A row of sums in a table with these ``headers``."""
    numbers = (
        *(totals.teachers, totals.moved, totals.trainings, totals.credits),
        *(totals.counted_credits, totals.counted_hours, totals.met, totals.not_met),
    )
    shown.add_row(name, *map(str, numbers))


def _tell_kinds(sides: list[tuple[str, Totals]], *, english: bool) -> None:
    """The credits of each kind on either side."""
    shown = table("kind" if english else "类别", *(name for name, _ in sides))
    held = [{each.kind: each.credits for each in totals.kinds} for _, totals in sides]
    for kind in sorted({each for side in held for each in side}, key=lambda each: each.value):
        shown.add_row(kind.value, *(str(side.get(kind, 0)) for side in held))
    console().print(shown)


def _side(books: Books, scope: Scope, period: Period, position: int) -> Side:
    rules = books.rules.at(position)
    if isinstance(scope.of, JurisdictionId):
        level = whole(books.reader, rules, scope.of, places_in(books), period, position)
        return Side(level=level, position=position)
    found = summaries(books.reader, rules, scope, period, position, None)
    return Side(level=grown(scope.of, found), position=position)


def _signed(books: Books, scope: Scope, period: Period, name: str) -> Side:
    sign_off = books.reader.one(SIGN_OFFS, str(name_of(name, "signoff")))
    if sign_off is None:
        raise stop("UNKNOWN_SIGN_OFF", f"没有结账 {name}。", f"There is no sign-off {name}.")
    made = _side(books, scope, period, sign_off.signed_position)
    return signed_side(sign_off, made.level, period)


def _read(file: Path, scope: Scope, period: Period) -> Side:
    try:
        with file.open("rb") as opened_file:
            text = opened_file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Fault(
            "CANNOT_READ", zh=f"无法读取 {file}", en=f"{file} cannot be read: {error.strerror}"
        ) from None
    return told_side(read(text, FILE_BYTES_MAX), scope.of, period)


def _show(side: Side, period: Period, *, english: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(written(side.level, period, side.position).decode())
        return
    shown = table(*headers(period, english=english))
    for depth, level in _down(side.level, 0):
        sums(shown, "  " * depth + str(level.of), level.totals)
    console().print(shown)
    console().print(f"{side.digest}  {'as of position' if english else '截至位置'} {side.position}")


def _down(level: Level, depth: int) -> Iterator[tuple[int, Level]]:
    yield depth, level
    for each in level.parts or ():
        yield from _down(each, depth + 1)


def _tell(books: Books, found: Compared, *, english: bool, as_json: bool) -> None:
    most = len(found.teachers) if as_json else SHOWN_MAX
    head = books.feed.head()
    rows = opened(books.reader, books.rules, found, found.teachers[:most], head)
    if as_json:
        told = {
            "agrees": not found.way,
            "positions": [found.one.position, found.other.position],
            "way": found.way,
            "teachers": rows,
        }
        print_json([msgspec.to_builtins(told, enc_hook=str)])
        return
    if not found.way:
        tell(f"双方一致：{found.one.digest}", f"Both sides agree: {found.one.digest}")
        return
    shown = table(*headers(found.period, english=english))
    at = "position" if english else "位置"
    given = "as told" if english else "所给文件"
    sides = [
        (given if each.position is None else f"{at} {each.position}", each.totals)
        for each in (found.one, found.other)
    ]
    for name, totals in sides:
        sums(shown, name, totals)
    console().print(shown)
    _tell_kinds(sides, english=english)
    tree = Tree(Text(" → ".join(str(each.of) for each in found.way)))
    for each in rows:
        amounts = (each.one.credits if each.one else "—", each.other.credits if each.other else "—")
        branch = tree.add(Text(f"{each.teacher}  {amounts[0]} → {amounts[1]}"))
        for cause in each.drift.causes if each.drift else ():
            said = cause.en if english else cause.zh
            branch.add(Text(f"{cause.position or ''}  {cause.type or ''}  {said}".strip()))
    console().print(tree)
    left = len(found.teachers) - len(rows)
    if left:
        tell(
            f"另有 {left} 位教师不一致，用 --json 查看。",
            f"{left} more teachers differ; see --json.",
        )
