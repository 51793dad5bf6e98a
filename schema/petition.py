"""Petitions: who asked that which credit be put right, and what its bureau decided."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.event import Event
from ledger.line import LineCarried
from ledger.names import ReconciliationId
from ledger.petition import CorrectionRequested
from ledger.reconciliation import RESULT_EVENTS, Desk, SheetCompared, Treatment
from ledger.row import Row
from ledger.store.feed import Filter
from projections.catalogue import PETITIONS
from projections.desk import decoded
from projections.line import line_key
from projections.petition import Petition, PetitionState
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position, enum_type, name_in

STEPS: tuple[type[Event], ...] = (*RESULT_EVENTS, CorrectionRequested)
Info = strawberry.Info[Context, None]
enum_type(PetitionState)
PetitionType = output(Petition, key="petition", skip=("tags",))


def carried(context: Context, given: Any) -> tuple[LineCarried, ...]:
    """The lines of a reconciliation's present result that are claims of earlier petitions."""
    if given.how is not Treatment.CORRECTION_REQUESTED:
        return ()
    name = name_in(ReconciliationId, str(given.reconciliation), "reconciliation")
    ledger, found = context.house.ledger, Desk()
    asked: list[tuple[CorrectionRequested, SheetCompared]] = []
    types = tuple(each.NAME for each in STEPS)
    for entry in ledger.feed.entries(Filter(tags=(str(name),), types=types)):
        found.learn(entry)
        event = entry.event
        if isinstance(event, CorrectionRequested) and event.line and found.result:
            asked.append((event, found.result))
    if found.result is None:
        return ()
    rows = {each.trial: _rows(context, each) for each in (found.result, *(e for _, e in asked))}
    present = rows[found.result.trial]
    now = {line_key(row): number for number, row in enumerate(present, start=1)}
    digest = found.result.comparison.digest
    lines: list[LineCarried] = []
    for event, then in asked:
        if event.line is None or not 1 <= event.line <= len(rows[then.trial]):
            continue
        number = now.get(line_key(rows[then.trial][event.line - 1]))
        if number is not None and _about(present[number - 1], event):
            lines.append(LineCarried(petition=event.petition, digest=digest, number=number))
    return tuple(lines)


def _about(row: Row, event: CorrectionRequested) -> bool:
    """Whether a line may be about the credit that a petition asks to put right."""
    return row.teacher == event.teacher and (
        row.credit in (None, event.credit) or event.credit in row.tied
    )


def _rows(context: Context, event: SheetCompared) -> tuple[Row, ...]:
    stored = context.house.ledger.results.recorded(event)
    return () if stored is None else decoded(stored.body).comparison.rows


@strawberry.type
class PetitionQuery:
    """Questions about petitions."""

    @strawberry.field(
        graphql_type=connection(PetitionType),
        description="Petitions by teacher, school, deciding bureau, credit, reconciliation and "
        "status. 更正申请。",
    )
    async def petitions(
        self,
        info: Info,
        teacher: strawberry.ID | None = None,
        school: strawberry.ID | None = None,
        authority: strawberry.ID | None = None,
        credit: strawberry.ID | None = None,
        reconciliation: strawberry.ID | None = None,
        status: PetitionState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            PETITIONS,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            teacher=teacher,
            school=school,
            authority=authority,
            credit=credit,
            reconciliation=reconciliation,
            status=status,
        )

    @strawberry.field(graphql_type=PetitionType | None, description="One petition. 一份更正申请。")
    async def petition(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(PETITIONS, str(id), at_least, as_of=as_of)
