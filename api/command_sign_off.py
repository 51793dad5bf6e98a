"""Sign-offs from the command line: what may be signed, what was signed, and what moved since."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.text import Text
from rich.tree import Tree

from api.books import Books, open_books
from api.command_level import (
    At,
    Cycles,
    English,
    Of,
    YearAsked,
    headers,
    position_in,
    scope_in,
    sums,
)
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
from ledger.names import JurisdictionId
from ledger.summary import PeriodKind, period_of
from projections.catalogue import SIGN_OFFS
from projections.drift import Drift, drift, statement, verified
from projections.level import Scope
from projections.reader import PAGE_MAX, Where
from projections.sign_off import SignOff

group = typer.Typer(no_args_is_help=True, help="Sign-offs of years and cycles. 年度与周期结账。")
SHOWN_MAX = 50
Named = Annotated[str, typer.Argument(help="The sign-off: signoff:….")]


@group.command("preview")
def preview(
    context: typer.Context,
    of: Of,
    year: YearAsked,
    cycles: Cycles = False,
    as_of_position: At = None,
    as_json: Json = False,
) -> None:
    """Show what a bureau would sign: position, totals and SHA-256. 结账前查看。"""
    period = period_of(year, PeriodKind.CYCLES if cycles else PeriodKind.YEAR)
    with open_books(settings_of(context)) as books:
        scope = scope_in(books, of)
        if not isinstance(scope.of, JurisdictionId):
            raise Fault("BAD_SUBJECT", zh="只有属地办理结账", en="only places are signed off")
        position = position_in(books, as_of_position)
        made, _ = statement(books.reader, books.rules, scope, period, position)
    if as_json:
        print_json([msgspec.to_builtins(made, enc_hook=str)])
        return
    shown = table(*headers(period))
    sums(shown, str(scope.of), made.totals)
    console().print(shown)
    console().print(f"position {position}  sha256 {made.sha256}")
    console().print(f"未办结的审计发现 (findings open) {made.findings_open}")


@group.command("list")
def list_sign_offs(
    context: typer.Context,
    place: Annotated[str | None, typer.Option(metavar="CODE", help="Of this place.")] = None,
    year: Annotated[int | None, typer.Option(help="Of this year.")] = None,
    as_json: Json = False,
) -> None:
    """List what was signed off. 列出结账。"""
    of = str(name_of(place, "jurisdiction")) if place else None
    with open_books(settings_of(context)) as books:
        where = Where().and_equal(place=of, year=year)
        rows = books.reader.page(SIGN_OFFS, where, first=PAGE_MAX).rows
    if as_json:
        print_json(msgspec.to_builtins(each, enc_hook=str) for _, each in rows)
        return
    shown = table("结账", "属地", "年份", "期间", "状态", "位置", "教师", "本期学分")
    for name, each in rows:
        told = (each.place, each.year, each.kind.value, each.standing.value, each.signed_position)
        shown.add_row(name, *map(str, (*told, each.totals.teachers, each.totals.credits)))
    console().print(shown)


@group.command("check")
def check_sign_off(context: typer.Context, name: Named, as_json: Json = False) -> None:
    """Make a list that was signed anew from the events. 按事件重新汇总并核对。

    Ends with 0 where it is the same, with 1 where it is not.
    """
    with open_books(settings_of(context)) as books:
        sign_off, scope = _known(books, name)
        position = sign_off.signed_position
        made, _ = statement(books.reader, books.rules, scope, sign_off.period, position)
        found = verified(sign_off, made)
    if as_json:
        print_json([msgspec.to_builtins(found, enc_hook=str)])
    elif found.agrees:
        tell(f"与结账一致：{found.sha256}", f"As it was signed: {found.sha256}")
    if not found.agrees:
        raise stop(
            "NOT_AS_SIGNED",
            f"{name} 重新汇总为 {found.sha256}，结账时为 {sign_off.sha256}。",
            f"{name} comes to {found.sha256} and was signed as {sign_off.sha256}.",
            NOT_RIGHT,
        )


@group.command("drift")
def show_drift(
    context: typer.Context,
    name: Named,
    as_of_position: At = None,
    english: English = False,
    as_json: Json = False,
) -> None:
    """Show what moved since a sign-off, by teachers and events. 结账后的变动。

    Ends with 0 where nothing moved, with 1 where something did.
    """
    with open_books(settings_of(context)) as books:
        sign_off, scope = _known(books, name)
        position = max(position_in(books, as_of_position), sign_off.signed_position)
        found = drift(books.reader, books.rules, scope, sign_off, position)
    if as_json:
        print_json([msgspec.to_builtins(found, enc_hook=str)])
    elif found.teachers:
        _show(sign_off, found, english=english)
    else:
        tell("结账后没有变动。", "Nothing moved since.")
    if found.teachers:
        raise typer.Exit(NOT_RIGHT)


def _known(books: Books, name: str) -> tuple[SignOff, Scope]:
    found = books.reader.one(SIGN_OFFS, str(name_of(name, "signoff")))
    if found is None:
        raise stop("UNKNOWN_SIGN_OFF", f"没有结账 {name}。", f"There is no sign-off {name}.")
    return found, scope_in(books, str(found.place))


def _show(sign_off: SignOff, found: Drift, *, english: bool) -> None:
    shown = table(*headers(sign_off.period, english=english))
    words = ("signed", "moved", "now") if english else ("结账时", "变动", "现在")
    for word, totals in zip(words, (sign_off.totals, found.moved, found.totals), strict=True):
        sums(shown, word, totals)
    console().print(shown)
    tree = Tree(f"{sign_off.sign_off} → {found.position}")
    for each in found.teachers[:SHOWN_MAX]:
        branch = tree.add(Text(f"{each.teacher}  {each.moved.credits:+}"))
        for cause in each.causes:
            said = cause.en if english else cause.zh
            branch.add(Text(f"{cause.position or ''}  {cause.type or ''}  {said}".strip()))
    console().print(tree)
    left = len(found.teachers) - SHOWN_MAX
    if left > 0:
        tell(f"另有 {left} 位教师有变动，用 --json 查看。", f"{left} more teachers; see --json.")
