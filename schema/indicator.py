"""Indicators of schools, providers, localities and the province, and what they are made of."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry.parent import StrawberryParent

from ledger.command import Role
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name, ProviderId, SchoolId, TermId
from projections.catalogue import (
    CHANGES,
    COMPLETIONS,
    ENROLLMENTS,
    FINDINGS,
    OFFERINGS,
    PROJECTS,
    PROVIDERS,
    RECORDS,
    SCHOOLS,
    YEARBOOKS,
)
from projections.duty import year_of
from projections.indicator import Indicator, gathering, indicators
from projections.indicator_part import IndicatorPart, ordered, parts
from projections.measure import IndicatorCode, Period, Question, Subject
from projections.obligation import Rows, Year
from projections.school_year import HALVES, half_of
from projections.snapshot import Snapshot
from projections.subject import name_asked, subject_of
from schema.context import Context
from schema.duty import reaches, rows_and_rules, year_asked
from schema.moment import AsOf
from schema.outputs import Slice, bad_cursor, bounded, connection, key_of, output
from schema.reach import PLACED, covered
from schema.scalars import Position, enum_type, listed, name_in

Info = strawberry.Info[Context, None]
TEACHERS_MAX = 20_000
YEAR_DIGITS = 4
VIEWS = (
    SCHOOLS,
    PROVIDERS,
    PROJECTS,
    OFFERINGS,
    ENROLLMENTS,
    CHANGES,
    COMPLETIONS,
    RECORDS,
    YEARBOOKS,
    FINDINGS,
)
enum_type(IndicatorCode)
PartType = output(IndicatorPart)


async def _parts(
    root: Annotated[Any, StrawberryParent()],
    info: Info,
    worst_first: bool = False,
    first: int | None = None,
    after: str | None = None,
) -> Any:
    limit, key = bounded(first), key_of(after)
    rows = ordered(root, worst_first=worst_first)
    begin = 0
    if key is not None:
        keys = [each for each, _ in rows]
        if key not in keys:
            raise bad_cursor()
        begin = keys.index(key) + 1
    page = rows[begin : begin + limit]
    found = await info.context.run(parts, root, page)

    async def total() -> int:
        return len(rows)

    return Slice(
        rows=[(each.key, each) for each in found],
        more=begin + limit < len(rows),
        position=root.position,
        total=total,
        begun=key is not None,
    )


IndicatorType = output(
    Indicator,
    skip=("measure", "asked", "results"),
    fields={
        "parts": strawberry.field(
            resolver=_parts,
            graphql_type=connection(PartType),
            description="The level below, which adds up to this. 下一级构成，合计等于本级。",
        )
    },
)


@strawberry.type
class IndicatorQuery:
    """Questions about indicators."""

    @strawberry.field(
        graphql_type=listed(IndicatorType),
        description="The indicators of a place, a school or a provider. 指标。",
    )
    async def indicators(
        self,
        info: Info,
        of: strawberry.ID,
        year: int | None = None,
        term: strawberry.ID | None = None,
        code: list[IndicatorCode] | None = None,
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        name = name_asked(str(of))
        period = await period_asked(context, year, term, as_of, on)
        await context.at_least(at_least, *VIEWS)
        stands = await context.run(context.house.runner.position, *[each.name for each in VIEWS])
        rows, rules = await rows_and_rules(context, as_of)
        within = narrowed(context, name, await context.places())
        subject = await context.run(subject_of, rows, name, within)
        if not allowed(context, subject):
            return []
        codes = None if code is None else frozenset(code)
        asked = Question(rows, rules, subject, period, TEACHERS_MAX, codes)
        found = await _gathered(context, asked, position_of(rows, stands))
        return [] if hidden(context, subject, found) else found


async def _gathered(context: Context, asked: Question, position: int) -> list[Indicator]:
    """The indicators, read a few schools at a time, in turn with whoever else asks so much.

    A province takes as long as it takes; it holds one thread, and for a moment only.
    """
    turns = context.house.turns
    people = await context.run(gathering, asked)
    while people is not None and people.left:
        async with turns:
            await context.run(people.step)
    async with turns:
        return await context.run(indicators, asked, position, people)


def position_of(rows: Rows, stands: int) -> int:
    """The position of a moment, or that where the views stand."""
    return rows.known if isinstance(rows, Snapshot) else stands


async def period_asked(
    context: Context,
    year: int | None,
    term: str | None,
    as_of: AsOf | None,
    on: date | None = None,
) -> Period:
    """A year or a term that has begun. Raises ``Fault``."""
    half = None
    if term is not None:
        number, half = halved(term)
        if year not in (None, number):
            raise _bad_term(term)
        year = number
    if year is None:
        raise Fault(
            "PERIOD_MISSING",
            zh="须给 year 或 term",
            en="give a year or a term",
            field="year",
        )
    return period_of(await year_asked(context, year, as_of, on), half)


def period_of(year: Year, half: str | None) -> Period:
    """The period of a year. Raises ``Fault`` for a term that has not begun."""
    if half is not None and half_of(year.number, half)[0] > year.today:
        raise _bad_term(f"term:{year.number}{half}")
    return Period(year, half)


def halved(given: str) -> tuple[int, str]:
    """The year and the half that a term is. Raises ``Fault``."""
    named = name_in(TermId, given, "term")
    number, half = year_of(named), named.value[YEAR_DIGITS:]
    if number is None or half not in HALVES:
        raise _bad_term(given)
    return number, half


def _bad_term(term: str) -> Fault:
    return Fault(
        "BAD_TERM",
        zh=f"学期须写作 term:2024H1，已经开始，且在所给年份之内，现为 {term[:80]}",
        en=f"a term is written as term:2024H1, has begun and lies in the year; not {term[:80]}",
        field="term",
    )


def narrowed(context: Context, name: Name, places: tuple[str, ...]) -> tuple[str, ...] | None:
    """The places of whose classes an asker learns a provider's numbers; ``None`` for all."""
    if not isinstance(name, ProviderId) or context.asker.role not in PLACED:
        return None
    return covered(context.asker, places)


def allowed(context: Context, subject: Subject) -> bool:
    """Whether a subject's indicators are the asker's to see."""
    asker, name = context.asker, subject.name
    if isinstance(name, ProviderId):
        own = asker.role is Role.PROVIDER and asker.scope == name
        return own or asker.role is Role.OPERATOR or asker.role in PLACED
    if subject.place is None:
        return False
    school = name if isinstance(name, SchoolId) else None
    return reaches(context, JurisdictionId(subject.place), school)


def hidden(context: Context, subject: Subject, found: list[Indicator]) -> bool:
    """Whether a provider is of another place and has nothing within that of a bureau."""
    if subject.provider is None or context.asker.role not in PLACED or subject.places is None:
        return False
    return str(subject.place) not in subject.places and not any(e.denominator for e in found)
