"""The desk: an upload held against the ledger, now or once more, and what comes of it kept."""

from __future__ import annotations

from typing import Any

import strawberry
from msgspec import structs

from ledger.claim import Terms
from ledger.claimed import GRAINS
from ledger.command import Role
from ledger.fault import Fault
from ledger.heading import unread
from ledger.line import LineShown
from ledger.mapping import Form
from ledger.mapping import Mapping as Columns
from ledger.names import JurisdictionId, ReconciliationId
from ledger.reading import read
from ledger.sheet import Grid
from ledger.store import trace
from ledger.store.access_log import AccessKind
from ledger.store.progress import Work
from ledger.store.result import Result
from ledger.store.ticket import Upload
from projections.desk import STEPS, Held, decoded, encoded, held, inside
from projections.hindsight import with_hindsight
from projections.reconciliation import desk
from schema.access_log import access_by
from schema.context import Context
from schema.lines import Shown
from schema.moment import AsOf
from schema.scalars import name_in
from schema.sheet import SheetMappingInput, chosen, saved_mappings


async def tried(
    context: Context,
    upload: Upload,
    grid: Grid | None,
    mapping: Columns,
    terms: Terms,
    *,
    keep: bool = True,
) -> Shown:
    """A sheet held against the ledger; where it is kept, under a token."""
    assert grid is not None and upload.sha256 is not None
    places = inside(terms.place, await context.all_places())
    async with context.house.desks:
        found = await context.run(_held, context, upload, grid, mapping, terms, places)
        await context.run(log_trial, context, found, f"upload {upload.id}")
        token = await context.run(_kept, context, upload, found) if keep else None
    return Shown(held=found, token=None if token is None else strawberry.ID(token), settled={})


async def anew(context: Context, stored: Result, as_of: AsOf, *, keep: bool = True) -> Shown:
    """The sheet of a result held against the ledger once more, now or as of another moment."""
    before = decoded(stored.body)
    kept = await context.run(context.house.ledger.uploads.kept_grid, stored.upload)
    assert kept is not None, "an event speaks of it"
    told = before.comparison.terms
    terms = structs.replace(
        told,
        position=await as_of.known(context) or 0,
        day=told.day if as_of == AsOf() else await as_of.day(context),
        effective=as_of.effective or told.effective,
        seen=None,
    )
    upload, grid = kept
    return await tried(context, upload, grid, before.mapping, terms, keep=keep)


def recorded(context: Context, row: Any) -> Result | None:
    """The result of which a reconciliation's last comparison speaks."""
    if row.comparison is None:
        return None
    ledger = context.house.ledger
    found = desk(ledger.feed, str(row.reconciliation), row.steps[-1].position)
    return None if found.result is None else ledger.results.recorded(found.result)


def line_shown(context: Context, given: Any) -> LineShown | None:
    """What the line says that a petition names; ``None`` where there is no such line."""
    if given.reconciliation is None or given.line is None:
        return None
    name = name_in(ReconciliationId, str(given.reconciliation), "reconciliation")
    ledger = context.house.ledger
    found = desk(ledger.feed, str(name), ledger.feed.head())
    if found.result is None:
        return None
    stored = ledger.results.recorded(found.result)
    rows = () if stored is None else decoded(stored.body).comparison.rows
    if not 1 <= given.line <= len(rows):
        return None
    row = rows[given.line - 1]
    return LineShown(
        digest=found.result.comparison.digest,
        number=given.line,
        teacher=row.teacher,
        credit=row.credit,
    )


def trial(context: Context, token: str) -> Result:
    """An asker's own result. Raises ``Fault`` (``UNKNOWN_TOKEN``)."""
    found = context.house.ledger.results.of(context.asker, token)
    if found is None:
        raise Fault(
            "UNKNOWN_TOKEN",
            zh="没有这个试对结果，可能已过期，请重新试对",
            en="there is no such trial; it may be too old; try again",
            field="token",
        )
    return found


def mapping_of(
    context: Context, upload: Upload, grid: Grid | None, given: SheetMappingInput | None
) -> Columns:
    """How an upload is read. Raises ``Fault`` for a form of which nothing is compared."""
    if upload.form not in GRAINS or grid is None:
        raise Fault(
            "FORM_NOT_COMPARED",
            zh="只有逐笔学分（CREDITS）和学分合计（TOTALS）的表格可以对账",
            en="only sheets of credits (CREDITS) and of totals (TOTALS) are reconciled",
            field="upload",
        )
    return chosen(grid, Form(upload.form), saved_mappings(context), given)


async def place_of(context: Context, given: str) -> JurisdictionId:
    """The place whose teachers are compared. Raises ``Fault`` for one out of reach."""
    place = name_in(JurisdictionId, given, "place")
    scope = context.asker.scope
    within = isinstance(scope, JurisdictionId) and scope.covers(place)
    if context.asker.role is not Role.OPERATOR and not within:
        raise Fault(
            "OUTSIDE_SCOPE",
            zh="只能核对本地及所辖属地的教师",
            en="only teachers of your own places are compared",
            field="place",
        )
    if str(place) not in await context.all_places():
        raise Fault("UNKNOWN_REFERENCE", zh="没有这个属地", en="no such place", field="place")
    return place


def _held(
    context: Context,
    upload: Upload,
    grid: Grid,
    mapping: Columns,
    terms: Terms,
    places: tuple[str, ...] | None,
) -> Held:
    house = context.house
    with house.ledger.progress.of(upload.id, Work.COMPARING, STEPS) as told:
        reading = read(grid, mapping)
        return with_hindsight(
            house.ledger.feed,
            terms,
            lambda terms: held(
                house.reader,
                house.rules,
                house.ledger.vault,
                reading,
                terms,
                places,
                told,
                sha256=upload.sha256,
                bytes=upload.bytes,
                **about(grid, mapping),
            ),
        )


def about(grid: Grid, mapping: Columns) -> dict[str, Any]:
    """What is said of the tabs: those not read, and whether the first that is read is hidden."""
    hidden = tuple(each.name for each in grid.tabs if each.concealed)
    return {
        "unread": unread(grid, mapping),
        "concealed": mapping.tab in hidden,
        "hidden_tabs": hidden,
    }


def _kept(context: Context, upload: Upload, found: Held) -> str:
    place = found.comparison.terms.place
    results = context.house.ledger.results
    digest = found.compared.digest
    trace.add(context.house.ledger.pool, upload.id, found.named)
    return results.put(context.asker, upload.id, place, digest, encoded(found))


def log_trial(context: Context, found: Held, purpose: str) -> None:
    """Logs that a sheet was held against persons' data; nothing of it is shown before."""
    ledger, compared, terms = context.house.ledger, found.compared, found.comparison.terms
    teachers = {str(row.teacher) for row in found.comparison.rows if row.teacher}
    access = access_by(
        context,
        "reconciliation",
        [str(terms.place)],
        kind=AccessKind.TRIAL,
        purpose=purpose,
        rows=len(found.comparison.rows),
        position=compared.position,
        effective=terms.effective,
        sha256=compared.digest,
    )
    ledger.access_log.write(access, teachers)
