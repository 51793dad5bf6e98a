"""Periods as they are asked for: whose teachers, which year, and as known at which position."""

from __future__ import annotations

from ledger.fault import Fault
from ledger.names import JurisdictionId, Name, SchoolId
from projections.catalogue import SCHOOLS
from projections.level import Scope, scope_of
from projections.subject import name_asked
from schema.context import Context, place_titles
from schema.duty import reaches
from schema.moment import AsOf


async def scope_asked(context: Context, of: str) -> Scope | None:
    """The teachers of a place or school; ``None`` for what is unknown or beyond reach."""
    return await context.run(scope_in, context, of)


def scope_in(context: Context, of: str) -> Scope | None:
    """The same; blocking."""
    name: Name = name_asked(str(of))
    if isinstance(name, SchoolId):
        school = context.house.reader.one(SCHOOLS, str(name))
        if school is None or not reaches(context, school.place, name):
            return None
        return scope_of(name, ())
    if not isinstance(name, JurisdictionId):
        raise Fault(
            "BAD_SUBJECT",
            zh=f"只按属地和学校汇总，不能是 {name}",
            en=f"sums are of places and schools, not of {name}",
            field="of",
        )
    places = place_titles(context.house)
    if str(name) not in places or not reaches(context, name, None):
        return None
    return scope_of(name, places)


async def position_asked(context: Context, as_of: AsOf | None, field: str = "asOf") -> int:
    """The position at which a period is looked at: the head, where nothing is said.

    Raises ``Fault`` (``BAD_AS_OF``) for a day, since a period has a last day of its own.
    """
    if as_of is not None and as_of.effective is not None:
        raise of_a_day(field)
    known = await as_of.known(context) if as_of is not None else None
    return await context.run(context.house.ledger.feed.head) if known is None else known


def of_a_day(field: str) -> Fault:
    """What is said where a period is asked for as of a day."""
    return Fault(
        "BAD_AS_OF",
        zh="期间自有末日，只能给 position 或 instant",
        en="a period has a last day of its own; give a position or an instant",
        field=field,
    )
