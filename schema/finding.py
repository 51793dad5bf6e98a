"""Findings: the register of what breaks a rule or departs from it, and what became of each."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import strawberry
from msgspec import Struct

from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.names import FindingId, JurisdictionId, Name, ProviderId, SchoolId
from ledger.redress import FindingState
from projections.catalogue import FINDINGS, TEACHERS
from projections.finding import Finding
from projections.reader import Where, of_party
from schema.context import Context, place_titles
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.reach import reach
from schema.scalars import Position, Text, enum_type, name_in

Info = strawberry.Info[Context, None]
FindingType = output(Finding, skip=("tags", "met_by"))
enum_type(Outcome)
enum_type(FindingState)
VALUES_MAX = 10
PARTIES = {"subject": Name, "school": SchoolId, "provider": ProviderId}


class FindingCount(Struct, kw_only=True):
    """How many findings have this rule, outcome and state; null: whichever."""

    count: int
    rule: str | None = None
    outcome: Outcome | None = None
    state: FindingState | None = None


class FindingCounts(Struct, kw_only=True):
    """The findings that fit, counted by rule, outcome and state, each alone and all together."""

    position: int
    total: int
    by_rule: tuple[FindingCount, ...] = ()
    by_outcome: tuple[FindingCount, ...] = ()
    by_state: tuple[FindingCount, ...] = ()
    rows: tuple[FindingCount, ...] = ()


CountsType = output(FindingCounts)


class Wanted(Struct, kw_only=True):
    """Which findings are meant, as it was asked."""

    states: list[FindingState] | None
    outcomes: list[Outcome] | None
    equal: dict[str, str | None]
    place: str | None
    parties: dict[str, str | None]
    days: tuple[date | None, date | None]
    instants: tuple[datetime | None, datetime | None]


@strawberry.type
class FindingQuery:
    """Questions about findings."""

    @strawberry.field(
        graphql_type=connection(FindingType), description="Findings, latest first. 审计发现。"
    )
    async def findings(
        self,
        info: Info,
        state: list[FindingState] | None = None,
        outcome: list[Outcome] | None = None,
        rule: Text | None = None,
        code: Text | None = None,
        place: strawberry.ID | None = None,
        subject: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        provider: strawberry.ID | None = None,
        on_from: date | None = None,
        on_to: date | None = None,
        known_from: datetime | None = None,
        known_to: datetime | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        wanted = Wanted(
            states=state,
            outcomes=outcome,
            equal={"rule": rule, "code": code},
            place=place,
            parties={"subject": subject, "school": school, "provider": provider},
            days=(on_from, on_to),
            instants=(known_from, known_to),
        )
        return await info.context.slice(
            FINDINGS,
            first=first,
            after=after,
            as_of=as_of,
            descending=True,
            narrowed=await _where(info.context, wanted, at_least),
        )

    @strawberry.field(
        graphql_type=CountsType, description="How many findings fit. 审计发现的数量。"
    )
    async def finding_counts(
        self,
        info: Info,
        state: list[FindingState] | None = None,
        outcome: list[Outcome] | None = None,
        rule: Text | None = None,
        code: Text | None = None,
        place: strawberry.ID | None = None,
        subject: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        provider: strawberry.ID | None = None,
        on_from: date | None = None,
        on_to: date | None = None,
        known_from: datetime | None = None,
        known_to: datetime | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        wanted = Wanted(
            states=state,
            outcomes=outcome,
            equal={"rule": rule, "code": code},
            place=place,
            parties={"subject": subject, "school": school, "provider": provider},
            days=(on_from, on_to),
            instants=(known_from, known_to),
        )
        return await _counts(info.context, await _where(info.context, wanted, at_least), as_of)

    @strawberry.field(
        graphql_type=FindingType | None, description="One finding by its id. 一条审计发现。"
    )
    async def finding(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        context = info.context
        name = name_in(FindingId, id, "id")
        await context.all_at_least(at_least, FINDINGS)  # its key is that of an event, told by then
        made = await context.run(context.house.reader.feed.find, name.value)
        key = f"{made.position if made else 0:020d}"
        found = await context.slice(FINDINGS, first=1, after=None, as_of=as_of, key=key)
        return found.rows[0][1] if found.rows else None


async def _where(context: Context, wanted: Wanted, at_least: Position | None) -> Where:
    """The conditions, once all that is read for them is of the position."""
    where = Where().and_equal(**wanted.equal)
    where = where.and_among(
        outcome=_several(wanted.outcomes, "outcome"), standing=_several(wanted.states, "state")
    )
    where = where.and_between("on", *wanted.days).and_between("at", *wanted.instants)
    for argument, given in wanted.parties.items():
        if given is not None:
            where = where.and_where(of_party(name_in(PARTIES[argument], given, argument)))
    place = None if wanted.place is None else name_in(JurisdictionId, wanted.place, "place")
    await context.all_at_least(at_least, FINDINGS, where)
    return where if place is None else await _in_place(context, where, place)


async def _in_place(context: Context, where: Where, place: JurisdictionId) -> Where:
    """The findings of a county, or of all places in a city or the province."""
    if place.level == "COUNTY":
        return where.and_among(place=(str(place),))
    known = await context.run(place_titles, context.house)
    inside = [each for each in known if place.covers(JurisdictionId(each))]
    return where.and_among(place=(str(place), *inside))


async def _counts(context: Context, narrowed: Where, as_of: AsOf | None) -> FindingCounts:
    rows = await context.rows(as_of)
    stands = await context.run(rows.position, FINDINGS.name, TEACHERS.name)
    allowed = reach(context.asker, FINDINGS.name, await context.places())
    if allowed is None:
        return FindingCounts(position=stands, total=0)
    where = allowed.and_where(narrowed)
    found = await context.run(rows.tally, FINDINGS, where, ("rule", "outcome", "standing"))
    held = {
        (rule, Outcome(outcome), FindingState(state)): count
        for (rule, outcome, state), count in found.items()
    }
    return FindingCounts(
        position=stands,
        total=sum(held.values()),
        by_rule=_alone(held, 0, "rule"),
        by_outcome=_alone(held, 1, "outcome"),
        by_state=_alone(held, 2, "state"),
        rows=tuple(
            FindingCount(rule=rule, outcome=outcome, state=state, count=count)
            for (rule, outcome, state), count in sorted(held.items(), key=_order)
        ),
    )


def _alone(held: dict[Any, int], part: int, name: str) -> tuple[FindingCount, ...]:
    """The counts by one part of the key alone."""
    sums: Counter[Any] = Counter()
    for key, count in held.items():
        sums[key[part]] += count
    ordered = sorted(sums.items(), key=lambda each: str(getattr(each[0], "value", each[0] or "")))
    return tuple(FindingCount(**{name: value}, count=count) for value, count in ordered)


def _order(row: tuple[tuple[str | None, Outcome, FindingState], int]) -> tuple[str, str, str]:
    rule, outcome, state = row[0]
    return rule or "", outcome.value, state.value


def _several(given: list[Any] | None, argument: str) -> list[str] | None:
    """The values without repetition. Raises ``Fault`` (``TOO_MANY_VALUES``)."""
    if given is not None and len(given) > VALUES_MAX:
        raise Fault(
            "TOO_MANY_VALUES",
            zh=f"{argument} 最多给 {VALUES_MAX} 个值",
            en=f"{argument} takes at most {VALUES_MAX} values",
            field=argument,
        )
    return None if given is None else list(dict.fromkeys(each.value for each in given))
