"""Indicators from the command line: the numbers of a place, a school or a provider, and parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Annotated, Any

import msgspec
import typer

from api.books import DAY_UNSAID, Books, open_books
from api.command_record import RESULT_ZH
from api.terminal import DAY, Json, console, name_of, print_json, settings_of, stop, table, tell
from ledger.fault import Fault
from projections.indicator import Indicator, indicators
from projections.indicator_part import IndicatorPart, ordered, parts
from projections.measure import IndicatorCode, Period, Question
from projections.obligation import Rows, Year
from projections.snapshot import Snapshot
from projections.subject import subject_of
from schema.duty import YEAR_MAX
from schema.indicator import VIEWS, halved, period_of

HEADERS_ZH = ("指标", "数值", "分子", "分母", "要求", "结果", "条款", "说明")
HEADERS = ("indicator", "value", "numerator", "denominator", "needed", "result", "rule", "says")
PARTS_ZH = ("对象", "数值", "分子", "分母", "结果", "位置")
PARTS = ("part", "value", "numerator", "denominator", "result", "at")
POSITIONS_SHOWN_MAX = 12
KEPT_ASIDE = ("measure", "asked", "results")


def show_indicators(
    context: typer.Context,
    of: Annotated[
        str, typer.Argument(help="A place, a school or a provider: 330381, school:…, provider:….")
    ],
    year: Annotated[int | None, typer.Option(help="Of this year; this one, if not said.")] = None,
    term: Annotated[
        str | None, typer.Option(metavar="TERM", help="Of this term: term:2024H1, or 2024H1.")
    ] = None,
    parts_of: Annotated[
        str | None,
        typer.Option("--parts", metavar="CODE", help="Open this one by its parts, worst first."),
    ] = None,
    on: Annotated[
        date | None, typer.Option(help=f"Judge as of this day; {DAY_UNSAID}.", **DAY)
    ] = None,
    as_of_position: Annotated[
        int | None, typer.Option(min=1, help="As the ledger knew it at this position.")
    ] = None,
    effective: Annotated[
        date | None, typer.Option(help="Counting only what was true by this day.", **DAY)
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    as_json: Json = False,
) -> None:
    """Show indicators with their rules, and what they are made of. 查指标及其构成。

    With --json every indicator comes with all its parts and the positions that they stand on.
    """
    code = _code(parts_of)
    with open_books(settings_of(context)) as books:
        period = _period(year, term, books.day(on, effective, as_of_position))
        rows, position = _rows(books, as_of_position, effective)
        name = name_of(of, None if ":" in of else "jurisdiction")
        rules = books.rules.at(position)
        subject = subject_of(rows, name)
        found = indicators(Question(rows, rules, subject, period), position)
        if as_json:
            print_json(_plain(each) for each in found)
            return
        _show(found, english=english)
        for each in found:
            if each.code is code:
                _show_parts(parts(each, ordered(each, worst_first=True)), english=english)


def _rows(books: Books, position: int | None, effective: date | None) -> tuple[Rows, int]:
    head = books.feed.head()
    if position is not None:
        books.reached(position)
    if position is None and effective is None:
        stands = books.reader.position(*[each.name for each in VIEWS])
        if stands < head:
            tell(
                f"视图只到位置 {stands}，账本已到 {head}；请先执行 xuefen serve 或 rebuild。",
                f"The views stand at {stands}, the ledger at {head}; run xuefen serve or rebuild.",
            )
        return books.reader, stands
    known = head if position is None else position
    return Snapshot(books.feed, known, effective), known


def _period(year: int | None, term: str | None, day: date) -> Period:
    half = None
    if term is not None:
        number, half = halved(str(name_of(term, "term")))
        if year not in (None, number):
            raise stop(
                "BAD_TERM",
                f"学期 {term} 不在 {year} 年。",
                f"The term {term} does not lie in {year}.",
            )
        year = number
    year = day.year if year is None else year
    if not 1 <= year <= min(YEAR_MAX, day.year):
        raise stop(
            "BAD_YEAR",
            f"年份须在 1 与 {day.year} 之间，现为 {year}。",
            f"A year lies between 1 and {day.year}, not at {year}.",
        )
    return period_of(Year(year, day), half)


def _code(given: str | None) -> IndicatorCode | None:
    if given is None:
        return None
    try:
        return IndicatorCode[given.upper()]
    except KeyError:
        known = " ".join(each.value for each in IndicatorCode)
        raise Fault(
            "UNKNOWN_INDICATOR",
            zh=f"没有指标 {given[:80]}，可选：{known}",
            en=f"there is no indicator {given[:80]}; there are: {known}",
        ) from None


def _plain(each: Indicator) -> dict[str, Any]:
    told = {n: getattr(each, n) for n in each.__struct_fields__ if n not in KEPT_ASIDE}
    told["parts"] = parts(each, ordered(each))
    found: dict[str, Any] = msgspec.to_builtins(told, enc_hook=str)
    return found


def _show(found: list[Indicator], *, english: bool) -> None:
    shown = table(*(HEADERS if english else HEADERS_ZH))
    for each in found:
        result = each.result and (each.result.value if english else RESULT_ZH[each.result])
        numbers = (_value(each.decimal, each.value), each.numerator, each.denominator)
        said = each.en if english else each.zh
        cells = (each.code.value, *numbers, each.needed or "", result or "", each.rule or "", said)
        shown.add_row(*map(str, cells))
    console().print(shown)


def _show_parts(found: list[IndicatorPart], *, english: bool) -> None:
    shown = table(*(PARTS if english else PARTS_ZH))
    for each in found:
        shown.add_row(*_cells(each, english=english))
    console().print(shown)


def _cells(each: IndicatorPart, *, english: bool) -> Iterator[str]:
    yield each.key
    yield _value(each.decimal, each.value)
    yield str(each.numerator)
    yield str(each.denominator)
    yield (each.result.value if english else RESULT_ZH[each.result]) if each.result else ""
    some = each.positions[:POSITIONS_SHOWN_MAX]
    more = each.more or len(each.positions) > len(some)
    yield ", ".join(map(str, some)) + (" …" if more else "")


def _value(decimal: Any, value: str | None) -> str:
    if value is None:
        return "—"
    return value if Fraction(value).denominator == 1 else f"{value} ≈ {decimal}"
