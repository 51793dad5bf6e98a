"""Sign-offs: what each bureau signed, the list that it stands for, and what moved since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from strawberry.parent import StrawberryParent

from ledger.command import Role
from ledger.drift import Moved, MovedBy, TeacherDrift
from ledger.names import JurisdictionId, SignOffId
from ledger.sign_off import Drifted, Statement
from ledger.summary import KindSum, PeriodKind, Summary, Totals, period_of
from ledger.way import StepKind
from projections.catalogue import SIGN_OFFS
from projections.drift import Drift, Verified, drift, statement, verified
from projections.drift import drifted_since as made_since
from projections.level import Scope, scope_of
from projections.sign_off import SignOff, SignOffReopening, SignOffState
from projections.snapshot import Snapshot
from schema.context import Context, House, place_titles
from schema.duty import reaches
from schema.moment import AsOf
from schema.outputs import connection, output, paged
from schema.period import position_asked
from schema.scalars import Position, enum_type, name_in

Info = strawberry.Info[Context, None]
Parent = Annotated[Any, StrawberryParent()]
SIGNED_TEACHERS_MAX = 200_000
enum_type(PeriodKind)
enum_type(SignOffState)
output(KindSum, name="PeriodKindSum")
TotalsType = output(Totals, name="PeriodTotals")
output(Drifted, name="SignOffSince")
output(SignOffReopening)
SummaryType = output(Summary, name="PeriodSummary")
enum_type(StepKind, name="Cause")
output(Moved, name="DriftCause")
output(MovedBy, name="DriftSum")
TeacherDriftType = output(TeacherDrift)
VerifiedType = output(Verified, name="SignOffVerification")


def by_teacher(rows: Iterable[Any]) -> list[tuple[str, Any]]:
    """Rows that have a teacher each, with the key of their page."""
    return [(str(each.teacher), each) for each in rows]


async def _moved(root: Parent, first: int | None = None, after: str | None = None) -> Any:
    return paged(by_teacher(root.teachers), root.position, first, after)


DriftType = output(
    Drift,
    name="SignOffDrift",
    skip=("teachers",),
    fields={
        "teachers": strawberry.field(
            resolver=_moved,
            graphql_type=connection(TeacherDriftType),
            description="Whose period moved, with the causes. 有变动的教师及原因。",
        )
    },
)


async def _teachers(
    root: Parent, info: Info, first: int | None = None, after: str | None = None
) -> Any:
    house = info.context.house
    scope = await info.context.run(_scope, house, root.place)
    rows = await info.context.run(
        house.levels.at, scope, root.period, root.signed_position, SIGNED_TEACHERS_MAX
    )
    return paged(by_teacher(rows), root.signed_position, first, after)


async def _verify(root: Parent, info: Info) -> Any:
    return await info.context.run(again, info.context.house, root)


async def _drift(root: Parent, info: Info, as_of: AsOf | None = None) -> Any:
    position = await position_asked(info.context, as_of)
    house = info.context.house
    scope = await info.context.run(_scope, house, root.place)
    last = max(position, root.signed_position)
    return await info.context.run(drift, house.reader, house.rules, scope, root, last)


_verify.__annotations__["return"] = VerifiedType
_drift.__annotations__["return"] = DriftType
SignOffType = output(
    SignOff,
    key="sign_off",
    fields={
        "teachers": strawberry.field(
            resolver=_teachers,
            graphql_type=connection(SummaryType),
            description="The list that was signed, by teacher. 结账名单，按教师。",
        ),
        "verify": strawberry.field(
            resolver=_verify,
            description="The list made anew from the events up to its position. "
            "按当时位置之前的事件重新汇总。",
        ),
        "drift": strawberry.field(
            resolver=_drift,
            description="What moved since, by teachers and events. 结账后的变动。",
        ),
    },
)


@strawberry.type
class SignOffQuery:
    """Questions about sign-offs."""

    @strawberry.field(
        graphql_type=connection(SignOffType), description="Sign-offs of periods. 结账记录。"
    )
    async def sign_offs(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        year: int | None = None,
        kind: PeriodKind | None = None,
        standing: SignOffState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            SIGN_OFFS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            place=place,
            year=year,
            kind=kind,
            standing=standing,
        )

    @strawberry.field(graphql_type=SignOffType | None, description="One sign-off. 一次结账。")
    async def sign_off(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(SIGN_OFFS, str(id), at_least, as_of=as_of)


def again(house: House, sign_off: SignOff) -> Verified:
    """A sign-off made anew, nothing of it kept from before."""
    scope = _scope(house, sign_off.place)
    made, _ = statement(
        house.reader,
        house.rules,
        scope,
        sign_off.period,
        sign_off.signed_position,
        SIGNED_TEACHERS_MAX,
    )
    return verified(sign_off, made)


def stated(context: Context, given: Any) -> Statement | None:
    """What the ledger says of the period that is to be signed off.

    ``None`` where that is none of the asker's business, which the command then says.
    """
    house = context.house
    place = name_in(JurisdictionId, given.place, "place")
    period = period_of(given.year, given.kind)
    if not _own(context, place) or given.position > house.ledger.feed.head():
        return None
    made, _ = statement(
        house.reader,
        house.rules,
        _scope(house, place),
        period,
        given.position,
        SIGNED_TEACHERS_MAX,
    )
    return made


def drifted_since(context: Context, given: Any) -> Drifted | None:
    """What has changed since the sign-off that is to be reopened, up to the position named.

    ``None`` where that is none of the asker's business, which the command then says.
    """
    house = context.house
    place = name_in(JurisdictionId, given.place, "place")
    name = name_in(SignOffId, given.sign_off, "signOff")
    head = house.ledger.feed.head()
    known = Snapshot(house.ledger.feed, head).one(SIGN_OFFS, str(name))
    if not _own(context, place) or known is None or known.place != place:
        return None
    if not known.signed_position <= given.position <= head:
        return None
    return made_since(
        house.reader,
        house.rules,
        _scope(house, place),
        known,
        given.position,
        SIGNED_TEACHERS_MAX,
    )


def _own(context: Context, place: JurisdictionId) -> bool:
    """Whether the asker may close a place's period at all."""
    own = context.asker.role in (Role.BUREAU, Role.INTEGRATOR, Role.OPERATOR)
    return own and reaches(context, place, None)


def _scope(house: House, place: JurisdictionId | None) -> Scope:
    assert place is not None
    return scope_of(place, place_titles(house))
