"""Loads: dry runs of sheets and their tokens, their commit, and the queue of anomalies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import strawberry

from ledger.fault import Fault
from ledger.mapping import Form, Mapping
from ledger.names import LoadId
from ledger.store.load import LoadHead, LoadOptions
from ledger.store.progress import Work
from ledger.store.ticket import Upload
from projections.anomaly import Anomaly, AnomalyState
from projections.catalogue import (
    ANOMALIES,
    COMPLETIONS,
    ENROLLMENTS,
    OFFERINGS,
    PROVIDERS,
    RECORDS,
    SCHOOL_BASED,
    SCHOOLS,
    TEACHERS,
)
from schema.answers import RefusalReason
from schema.carrying import Commit
from schema.context import Context
from schema.load_row import Load
from schema.loading import Progress, commit, plan, progress
from schema.lookup import unspent
from schema.moment import AsOf
from schema.once import once
from schema.outputs import connection, output
from schema.planning import may_load, name_of, party_of
from schema.request import Report
from schema.scalars import Position, Text, enum_type
from schema.sheet import SheetMappingInput, chosen, saved_mappings

Info = strawberry.Info[Context, None]
enum_type(AnomalyState)
AnomalyType: Any = output(Anomaly, key="anomaly")
READ = (TEACHERS, SCHOOLS, PROVIDERS, ENROLLMENTS, OFFERINGS, SCHOOL_BASED, RECORDS, COMPLETIONS)
MOVED_MAX = 1_000


@strawberry.input(description="On what terms a sheet is loaded. 载入方式。")
class LoadInput:
    """On what terms a sheet is loaded."""

    upload: strawberry.ID
    mapping: SheetMappingInput | None = None
    party: strawberry.ID | None = None
    full: bool = False
    since: date | None = None
    until: date | None = None
    origin: Text | None = None
    offering: strawberry.ID | None = None
    reported: Report | None = None


@strawberry.type(description="A row that the ledger refused at the commit. 提交时被拒绝的行。")
class LoadRefusal:
    """A row that the ledger refused at the commit; 0 is the load itself."""

    row: int
    refusal: RefusalReason


@strawberry.type(description="What a commit came to. 提交结果。")
class LoadCommit:
    """What a commit came to; ``moved``: rows that would come to something else by now."""

    complete: bool
    position: Position
    batches: int
    committed: int
    moved: list[int]
    refused: list[LoadRefusal]


@strawberry.type
class LoadQuery:
    """Questions about loads and anomalies."""

    @strawberry.field(description="A dry run that oneself made. 本人的载入试运行。")
    async def load(self, info: Info, token: strawberry.ID) -> Load | None:
        head = await info.context.run(_head, info.context, str(token))
        return None if head is None else await info.context.run(_load, info.context, head)

    @strawberry.field(description="Rows planned so far of an upload. 试运行已处理的行数。")
    async def load_progress(self, info: Info, upload: strawberry.ID) -> int | None:
        ledger = info.context.house.ledger
        found = await info.context.run(ledger.uploads.of, info.context.asker, str(upload))
        if found is None:
            return None
        return await info.context.run(ledger.progress.done, found.id, Work.PLANNING)

    @strawberry.field(
        graphql_type=connection(AnomalyType),
        description="What lists contradict, by place, teacher, load and status. 异常队列。",
    )
    async def anomalies(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        teacher: strawberry.ID | None = None,
        load: strawberry.ID | None = None,
        status: AnomalyState | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            ANOMALIES,
            first=first,
            after=after,
            at_least=at_least,
            as_of=as_of,
            place=place,
            teacher=teacher,
            load=load,
            status=status,
        )


async def dry_run(
    context: Context,
    upload: Upload,
    options: LoadOptions,
    given: SheetMappingInput | None = None,
    mended: Callable[[Mapping], Mapping] = lambda mapping: mapping,
) -> LoadHead:
    """A dry run of an upload of the asker's own; its token commits just that.

    ``mended``: what else is said of the mapping that was given, or is the likeliest.
    """
    ledger = context.house.ledger
    may_load(context, upload.form, options)
    position = await _present(context)

    def made() -> LoadHead:
        if upload.form is Form.TEACHERS:
            unspent(context)
        grid = ledger.uploads.grid(context.asker, upload.id)
        assert grid is not None
        mapping = mended(chosen(grid, upload.form, saved_mappings(context), given))
        return plan(context, upload, grid, mapping, options, position)

    async with context.house.turns:
        return await context.run(made)


async def take_in(context: Context, token: str, *, leave_refused: bool) -> tuple[LoadHead, Commit]:
    """Commits a dry run of the asker's own."""
    head = await context.run(_head, context, token)
    if head is None:
        raise Fault("UNKNOWN_LOAD", zh="没有这个试运行", en="no such dry run", field="token")
    may_load(context, head.what.form, head.options)
    position = await _present(context)
    async with context.house.turns:
        work = context.run(commit, context, head, position, leave_refused=leave_refused)
        # Whoever goes away does not stop it half-way.
        return head, await asyncio.shield(asyncio.ensure_future(work))


async def _plan_load(info: Info, input: LoadInput, request_id: str | None = None) -> Load:
    context = info.context

    async def again(token: str) -> Load:
        head = await context.run(_head, context, token)
        if head is None:
            raise Fault("UPLOAD_GONE", zh="文件已被删除", en="the file is gone", field="upload")
        return await context.run(_load, context, head)

    do = partial(_planned, context, input)
    return await once(context, request_id, ("planLoad", input), do, _token_of, again)


def _token_of(load: Load) -> str:
    return str(load.head.load)


async def _planned(context: Context, given: LoadInput) -> Load:
    uploads = context.house.ledger.uploads
    upload = await context.run(uploads.of, context.asker, str(given.upload))
    if upload is None or upload.received is None:
        zh, en = "没有这个上传", "there is no such upload"
        raise Fault("UNKNOWN_UPLOAD", zh=zh, en=en, field="upload")
    options = LoadOptions(
        party=str(party_of(context, given.party)),
        full=given.full,
        since=given.since,
        until=given.until,
        origin=given.origin and Text(given.origin).strip(),
        offering=None if given.offering is None else str(name_of(str(given.offering))),
        source=None if given.reported is None else Text(given.reported.source),
        on=None if given.reported is None else given.reported.on,
    )
    head = await dry_run(context, upload, options, given.mapping)
    return Load(head=head, done=Progress())


async def _commit_load(info: Info, token: strawberry.ID, leave_refused: bool = False) -> LoadCommit:
    _, done = await take_in(info.context, str(token), leave_refused=leave_refused)
    return LoadCommit(
        complete=done.complete,
        position=Position(done.position),
        batches=done.batches,
        committed=done.committed,
        moved=list(done.moved[:MOVED_MAX]),
        refused=[LoadRefusal(row=row, refusal=each) for row, each in done.refused[:MOVED_MAX]],
    )


PLAN_LOAD = strawberry.mutation(
    resolver=_plan_load,
    name="planLoad",
    description="Show what a sheet would lead to; the token commits just that. 载入试运行。",
)
COMMIT_LOAD = strawberry.mutation(
    resolver=_commit_load,
    name="commitLoad",
    description="Take in exactly what a dry run showed; asked again it goes on. 提交载入。",
)


async def _present(context: Context) -> int:
    """The head, once all views that a plan reads have reached it."""
    head = await context.run(context.house.ledger.feed.head)
    await context.at_least(head, *READ)
    return head


def _head(context: Context, token: str) -> LoadHead | None:
    try:
        load = LoadId(token)
    except Fault:
        return None
    return context.house.ledger.loads.head(context.asker, load)


def _load(context: Context, head: LoadHead) -> Load:
    return Load(head=head, done=progress(context, head.load))
