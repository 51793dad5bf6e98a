"""Trying a reconciliation: a sheet held against the ledger, shown, and not put on record.

A trial has a token. Putting that token on record puts on record exactly what was shown.
"""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from typing import Any

import strawberry

from ledger.claim import Measure, Terms, require_terms
from ledger.claimed import GRAINS
from ledger.command import Command
from ledger.cycle import Unit
from ledger.fault import Fault
from ledger.intake import CompareAnew, Reconcile
from ledger.joining import years_of
from ledger.names import ReconciliationId
from ledger.store.answer import refused
from ledger.store.result import Result, spent_as
from projections.catalogue import RECONCILIATIONS
from projections.desk import decoded
from schema.access import may_ask
from schema.answers import CommandAnswer, answer_of
from schema.context import Context
from schema.desk import anew, mapping_of, place_of, recorded, trial, tried
from schema.lines import Shown
from schema.moment import AsOf
from schema.once import once
from schema.rehearsal import Prepared, rehearsed
from schema.request import BadRequest, check_request
from schema.scalars import Position, Text, enum_type, name_in
from schema.sheet import SheetMappingInput

Info = strawberry.Info[Context, None]
enum_type(Measure, name="SheetMeasure")


@strawberry.input(description="A sheet to be held against the ledger. 对账所用的表格与条件。")
class TryReconciliationInput:
    """A sheet to be held against the ledger, and on what terms."""

    upload: strawberry.ID
    place: strawberry.ID
    mapping: SheetMappingInput | None = None
    as_of: AsOf | None = None
    seen: Position | None = None
    measure: enum_type(Measure) = Measure.RECOGNISED  # type: ignore[valid-type]  # made above
    unit: enum_type(Unit) = Unit.CREDITS  # type: ignore[valid-type]  # made at run time
    sheet_day: date | None = None
    first: date | None = None
    last: date | None = None


@strawberry.input(description="A trial to be put on record. 提交对账。")
class ReconcileInput:
    """A trial to be put on record under a new name."""

    reconciliation: strawberry.ID
    token: strawberry.ID
    again: Text = Text("")


@strawberry.input(description="A trial of the same sheet to be put on record. 重新比对。")
class CompareAnewInput:
    """A trial of the same sheet, made later, to be put on record."""

    reconciliation: strawberry.ID
    token: strawberry.ID


async def _try(info: Info, input: TryReconciliationInput, request_id: str | None = None) -> Shown:
    context = info.context
    may_ask(context.asker, Reconcile, reported=False)

    async def again(token: str) -> Shown:
        shown = await _shown(context, token)
        if shown is None:
            raise Fault("UPLOAD_GONE", zh="文件已被删除", en="the file is gone", field="upload")
        return shown

    asked = ("tryReconciliation", input)
    do = partial(_tried, context, input)
    return await once(context, request_id, asked, do, lambda each: str(each.token), again)


async def _tried(context: Context, input: TryReconciliationInput) -> Shown:
    place = await place_of(context, str(input.place))
    uploads = context.house.ledger.uploads
    found = await context.run(uploads.of, context.asker, str(input.upload))
    if found is None or found.received is None:
        raise Fault(
            "UNKNOWN_UPLOAD", zh="没有这个上传", en="there is no such upload", field="upload"
        )
    grid = await context.run(uploads.grid, context.asker, found.id)
    mapping = await context.run(mapping_of, context, found, grid, input.mapping)
    as_of = input.as_of or AsOf()
    terms = Terms(
        grain=GRAINS[found.form],
        place=place,
        position=await as_of.known(context) or 0,
        day=await as_of.day(context),
        effective=as_of.effective,
        seen=None if input.seen is None else await context.known(input.seen, "seen"),
        measure=input.measure,
        unit=input.unit,
        sheet_day=input.sheet_day,
        first=input.first,
        last=input.last,
        years=years_of(mapping),
    )
    require_terms(terms, await context.run(context.house.ledger.feed.head))
    return await tried(context, found, grid, mapping, terms)


async def _again(
    info: Info,
    reconciliation: strawberry.ID,
    as_of: AsOf | None = None,
    request_id: str | None = None,
) -> Shown | None:
    context = info.context
    may_ask(context.asker, CompareAnew, reported=False)
    asked = ("tryReconciliationAnew", reconciliation, as_of)
    do = partial(_tried_anew, context, str(reconciliation), as_of or AsOf())
    shown = partial(_shown, context)
    return await once(context, request_id, asked, do, _token_of, shown)


def _token_of(shown: Shown | None) -> str:
    return str(shown.token) if shown else ""


async def _tried_anew(context: Context, reconciliation: str, as_of: AsOf) -> Shown | None:
    head = await context.run(context.house.ledger.feed.head)
    await context.at_least(head, RECONCILIATIONS)
    row = await context.one(RECONCILIATIONS, reconciliation, argument="reconciliation")
    stored = None if row is None else await context.run(recorded, context, row)
    if row is None or stored is None:
        return None
    return await anew(context, stored, as_of)


async def _shown(context: Context, token: str) -> Shown | None:
    """A trial of one's own, by its token."""
    found = await context.run(context.house.ledger.results.of, context.asker, token)
    if found is None:
        return None
    return Shown(held=decoded(found.body), token=strawberry.ID(found.token), settled={})


async def _reconcile(
    info: Info, input: ReconcileInput, request_id: str, rehearse: bool = False
) -> CommandAnswer:
    def command(stored: Result) -> Command:
        found = decoded(stored.body)
        return Reconcile(
            reconciliation=name_in(ReconciliationId, str(input.reconciliation), "reconciliation"),
            place=stored.place,
            compared=found.compared,
            lines=found.differing,
            trial=spent_as(stored.token),
            again=str(input.again),
        )

    return await _recorded(info.context, Reconcile, input.token, command, request_id, rehearse)


async def _compare_anew(
    info: Info, input: CompareAnewInput, request_id: str, rehearse: bool = False
) -> CommandAnswer:
    def command(stored: Result) -> Command:
        found = decoded(stored.body)
        return CompareAnew(
            reconciliation=name_in(ReconciliationId, str(input.reconciliation), "reconciliation"),
            place=stored.place,
            compared=found.compared,
            lines=found.differing,
            trial=spent_as(stored.token),
        )

    return await _recorded(info.context, CompareAnew, input.token, command, request_id, rehearse)


async def _recorded(
    context: Context,
    kind: type[Command],
    token: strawberry.ID,
    command: Any,
    request: str,
    rehearse: bool,
) -> CommandAnswer:
    may_ask(context.asker, kind, reported=False)
    try:
        check_request(request, 1)
        stored = await context.run(trial, context, str(token))
        made = await context.run(command, stored)
    except (Fault, BadRequest) as fault:
        return answer_of(refused(fault), replayed=False)
    if rehearse:
        played = await rehearsed(context, lambda: Prepared([made]))
        return played.rows[0]
    ledger = context.house.ledger
    # Before the event: what it speaks of is there, whatever happens in between.
    await context.run(ledger.results.keep, stored.token)
    answer = await asyncio.wrap_future(ledger.submit([made], context.asker, request=request))
    return answer_of(answer.outcomes[0], replayed=answer.replayed)


@strawberry.type
class TrialDeskQuery:
    """Questions about trials of reconciliations."""

    @strawberry.field(description="A trial of one's own, by its token. 本人的试对结果。")
    async def reconciliation_trial(self, info: Info, token: strawberry.ID) -> Shown | None:
        return await _shown(info.context, str(token))


TRY = strawberry.mutation(
    resolver=_try,
    name="tryReconciliation",
    description="Hold a sheet against the ledger and show what comes of it; nothing is put on "
    "record. By BUREAU, OPERATOR. 试对账，不入账。",
)
TRY_AGAIN = strawberry.mutation(
    resolver=_again,
    name="tryReconciliationAnew",
    description="Hold the sheet of a reconciliation against the ledger once more. By BUREAU, "
    "OPERATOR. 用同一表格重新试对。",
)
RECONCILE = strawberry.mutation(
    resolver=_reconcile,
    name="reconcile",
    description="Put a trial on record, exactly as it was shown. By BUREAU, OPERATOR. 提交对账。",
)
COMPARE_ANEW = strawberry.mutation(
    resolver=_compare_anew,
    name="compareAnew",
    description="Put a later trial of the same sheet on record. By BUREAU, OPERATOR. 重新比对。",
)
