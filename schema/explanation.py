"""Why not: what refuses a selection, a completion, an admission, or keeps a credit from counting.

Who may not see the teacher is told nothing. The provider of a class is told of those who chose it,
and so is the school or bureau from which they did.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from ledger.explanation import Explanation, Upshot
from ledger.fault import Fault
from ledger.names import CreditId, OfferingId, TeacherId
from projections.catalogue import ENROLLMENTS, SCREENINGS, TEACHERS
from projections.explanation import Known, admission, completion, credit, owner, selection
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import output
from schema.scalars import Position, enum_type, name_in

Info = strawberry.Info[Context, None]
enum_type(Upshot)
ExplanationType = output(Explanation)


@strawberry.type
class ExplanationQuery:
    """Questions about why something is not so."""

    @strawberry.field(
        graphql_type=ExplanationType | None,
        description="Why a teacher cannot choose an offering on a day. 为何不能选课。",
    )
    async def why_not_selected(
        self,
        info: Info,
        teacher: strawberry.ID,
        offering: strawberry.ID,
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        who, what = _pair(teacher, offering)
        if not await _reached(context, who, at_least, as_of):
            return None
        known = await _known(context, as_of, on)
        return await context.run(selection, known, who, what)

    @strawberry.field(
        graphql_type=ExplanationType | None,
        description="Why a training is not completed, or what is missing. 为何未结业。",
    )
    async def why_not_completed(
        self,
        info: Info,
        teacher: strawberry.ID,
        offering: strawberry.ID,
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        who, what = _pair(teacher, offering)
        if not await _reached(context, who, at_least, as_of, what):
            return None
        known = await _known(context, as_of, on)
        return await context.run(completion, known, who, what)

    @strawberry.field(
        graphql_type=ExplanationType | None,
        description="Why a teacher was not admitted to a class by a day. 为何没有录取。",
    )
    async def why_not_admitted(
        self,
        info: Info,
        teacher: strawberry.ID,
        offering: strawberry.ID,
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        who, what = _pair(teacher, offering)
        if not await _reached(context, who, at_least, as_of, what):
            return None
        known = await _known(context, as_of, on, until=on)
        # Who may read the whole screening may read who else is in it.
        whole = await context.one(SCREENINGS, str(what), at_least, as_of=as_of, argument="offering")
        return await context.run(admission, known, who, what, named=whole is not None)

    @strawberry.field(
        graphql_type=ExplanationType | None,
        description="Why a credit does not count on a day: by its name, or by teacher and "
        "offering. 学分为何不计入。",
    )
    async def why_not_counted(
        self,
        info: Info,
        credit: strawberry.ID | None = None,
        teacher: strawberry.ID | None = None,
        offering: strawberry.ID | None = None,
        on: date | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        asked, what = _asked(credit, teacher, offering)
        # Whose credit it is stands in what is waited for.
        await context.at_least(at_least, TEACHERS)
        known = await _known(context, as_of, on)
        if asked is not None:
            who = await context.run(owner, known, asked)
        else:
            who = name_in(TeacherId, teacher or "", "teacher")
        if who is None or not await _reached(context, who, at_least, as_of):
            return None
        return await context.run(_credit, known, who, asked, what)


_credit = credit


def _pair(teacher: str, offering: str) -> tuple[TeacherId, OfferingId]:
    return name_in(TeacherId, teacher, "teacher"), name_in(OfferingId, offering, "offering")


def _asked(
    credit: str | None, teacher: str | None, offering: str | None
) -> tuple[CreditId | None, OfferingId | None]:
    """The credit, or the offering of a teacher. Raises ``Fault`` for both and for neither."""
    if credit is not None and teacher is None and offering is None:
        return name_in(CreditId, credit, "credit"), None
    if credit is None and teacher is not None and offering is not None:
        return None, name_in(OfferingId, offering, "offering")
    raise Fault(
        "BAD_SUBJECT",
        zh="请给出 credit，或同时给出 teacher 与 offering",
        en="give credit, or teacher and offering together",
        field="credit",
    )


async def _known(
    context: Context, as_of: AsOf | None, on: date | None, *, until: date | None = None
) -> Known:
    """What was known at the moment, and the day that is asked about: that of the moment."""
    moment, house = as_of or AsOf(), context.house
    position = await moment.known(context)
    if position is None:
        position = await context.run(house.ledger.feed.head)
    days = [each for each in (moment.effective, until) if each is not None]
    return Known(
        feed=house.ledger.feed,
        rules=await context.run(house.rules.at, position),
        position=position,
        effective=min(days, default=None),
        day=await moment.day(context, on),
    )


async def _reached(
    context: Context,
    teacher: TeacherId,
    at_least: Position | None,
    as_of: AsOf | None,
    offering: OfferingId | None = None,
) -> bool:
    """Whether the asker may see the teacher, or the teacher's choice of an offering."""
    found = await context.opens(str(teacher), at_least, as_of)
    if found or offering is None:
        return found
    page = await context.slice(
        ENROLLMENTS,
        first=1,
        after=None,
        at_least=at_least,
        as_of=as_of,
        teacher=str(teacher),
        offering=str(offering),
    )
    return bool(page.rows)
