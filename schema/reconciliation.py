"""Reconciliations: a bureau's sheets held against the ledger, and who signed what came of them."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.parent import StrawberryParent

from ledger.mapping import Form
from projections.catalogue import RECONCILIATIONS
from projections.desk import Held, decoded
from projections.line import moved
from projections.reconciliation import Reconciliation, ReconciliationState, desk
from schema.context import Context
from schema.desk import anew, recorded
from schema.lines import ComparedType, LineType, Shown, lines_of
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type, listed

Info = strawberry.Info[Context, None]
Parent = Annotated[Any, StrawberryParent()]
MOVED_MAX = 1_000
enum_type(ReconciliationState)


@strawberry.type(description="A line that says something else since. 其后有变化的一行。")
class MovedLine:
    """A line that says something else since."""

    before: LineType | None
    after: LineType | None


@strawberry.type(name="ReconciliationSince", description="What has changed since. 对账之后的变化。")
class Since:
    """What has changed since a reconciliation: the outline then and now, and each line that moved.

    ``moved``: how many lines did; the first of them are told.
    """

    position: Position
    before: ComparedType
    after: ComparedType
    moved: int
    lines: list[MovedLine]


async def _result(root: Parent, info: Info) -> Shown | None:
    stored = await info.context.run(recorded, info.context, root)
    if stored is None:
        return None
    found = await info.context.run(
        desk, info.context.house.ledger.feed, str(root.reconciliation), root.steps[-1].position
    )
    return Shown(held=decoded(stored.body), token=None, settled=dict(found.settled))


async def _left(root: Parent, info: Info) -> list[int]:
    found = await info.context.run(
        desk, info.context.house.ledger.feed, str(root.reconciliation), root.steps[-1].position
    )
    return found.left


async def _since(root: Parent, info: Info, as_of: AsOf | None = None) -> Since | None:
    stored = await info.context.run(recorded, info.context, root)
    if stored is None:
        return None
    shown = await anew(info.context, stored, as_of or AsOf(), keep=False)
    return await info.context.run(_compared, decoded(stored.body), shown.held)


def _compared(before: Held, after: Held) -> Since:
    pairs = moved(before, after)
    one, other = lines_of(before, {}), lines_of(after, {})
    return Since(
        position=Position(after.comparison.terms.position),
        before=before.compared,
        after=after.compared,
        moved=len(pairs),
        lines=[
            MovedLine(
                before=one[left - 1] if left else None, after=other[right - 1] if right else None
            )
            for left, right in pairs[:MOVED_MAX]
        ],
    )


_left.__annotations__["return"] = listed(int)
ReconciliationType = output(
    Reconciliation,
    key="reconciliation",
    fields={
        "result": strawberry.field(
            resolver=_result,
            description="The last comparison, by line. 最近一次比对的逐行结果。",
        ),
        "left": strawberry.field(
            resolver=_left, description="Lines with a difference not settled yet. 尚未处理的行号。"
        ),
        "since": strawberry.field(
            resolver=_since,
            description="What has changed since, the sheet being compared anew. 其后的变化。",
        ),
    },
)


@strawberry.type
class ReconciliationQuery:
    """Questions about reconciliations."""

    @strawberry.field(
        graphql_type=connection(ReconciliationType),
        description="Reconciliations by place, form, year and status. 对账。",
    )
    async def reconciliations(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        form: Form | None = None,
        year: int | None = None,
        status: ReconciliationState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            RECONCILIATIONS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            place=place,
            form=form,
            year=year,
            status=status,
        )

    @strawberry.field(
        graphql_type=ReconciliationType | None, description="One reconciliation. 一次对账。"
    )
    async def reconciliation(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(RECONCILIATIONS, str(id), at_least, as_of=as_of)
