"""``GET /reconciliations/{name}/report.xlsx`` or ``.json``: the report, to whoever sees it.

``?position=`` says as of which position: what was settled and signed by then. The same address
gives the same bytes for ever, but for the present one while more is settled. Without it the report
is no older than the request, or than ``?atLeast=``; 503 where the views are late. Each is logged.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.asking import context_of, failed
from api.doorkeeper import Doorkeeper
from api.limits import failure
from api.report import report_json, report_xlsx
from api.sheet import TYPES
from ledger.event import INTEGER_MAX
from ledger.fault import Fault
from projections.catalogue import RECONCILIATIONS
from projections.desk import decoded
from projections.reconciliation import Reconciliation, desk
from schema.access_log import access_by
from schema.context import Context, House
from schema.desk import recorded
from schema.moment import AsOf
from schema.scalars import Position

FORMS = {"xlsx": (report_xlsx, TYPES["xlsx"]), "json": (report_json, "application/json")}
POSITION_DIGITS_MAX = 15


class ReportDoor:
    """Hands out the reports of a house's reconciliations."""

    def __init__(self, house: House, keeper: Doorkeeper) -> None:
        self._house = house
        self._keeper = keeper

    def routes(self) -> list[Route]:
        """Where it is reached."""
        return [Route("/reconciliations/{name}/report.{form}", self.get, methods=["GET"])]

    async def get(self, request: Request) -> Response:
        """The report."""
        context = await context_of(self._house, self._keeper, request)
        name, form = str(request.path_params["name"]), str(request.path_params["form"])
        try:
            position = _position(request.query_params.get("position"), "position")
            as_of = None if position is None else AsOf(position=Position(position))
            at_least = _position(request.query_params.get("atLeast"), "atLeast")
            await self._awaited(context, at_least, as_of)
            row = await context.one(RECONCILIATIONS, name, as_of=as_of)
            if row is None or form not in FORMS:
                zh, en = "没有这次对账，或没有这种报告", "no such reconciliation or form of report"
                return failure("UNKNOWN_REPORT", zh, en, 404)
            made = await run_in_threadpool(self._made, context, row, form)
        except Exception as error:
            return failed(error, "reports")
        digest = sha256(made).hexdigest()
        headers = {
            "content-disposition": f'attachment; filename="reconciliation.{form}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-xuefen-sha256": digest,
            "x-xuefen-position": str(row.steps[-1].position),
        }
        return Response(made, media_type=FORMS[form][1], headers=headers)

    async def _awaited(self, context: Context, at_least: int | None, as_of: AsOf | None) -> None:
        """Waits for what was asked for; what a caller has just put on record is there."""
        if at_least is not None:
            await context.known(at_least, "atLeast")
        elif as_of is None:
            at_least = await context.run(self._house.ledger.feed.head)
        await context.at_least(at_least, RECONCILIATIONS)

    def _made(self, context: Context, row: Reconciliation, form: str) -> bytes:
        stored = recorded(context, row)
        if stored is None:
            raise Fault("RESULT_GONE", zh="比对结果已不在", en="the result is gone", field="name")
        upto = row.steps[-1].position
        found = desk(self._house.ledger.feed, str(row.reconciliation), upto)
        about: dict[str, Any] = {
            "reconciliation": str(row.reconciliation),
            "status": row.status.value,
            "position": str(upto),
            "signed": "" if row.signed is None else f"{row.signed.actor} {row.signed.on}",
        }
        made = FORMS[form][0](decoded(stored.body), about, found.settled)
        self._log(context, row, form, made)
        return made

    def _log(self, context: Context, row: Reconciliation, form: str, made: bytes) -> None:
        assert row.comparison is not None
        access = access_by(
            context,
            "reconciliationReport",
            [str(row.place)],
            format=form,
            filters={"reconciliation": str(row.reconciliation)},
            rows=row.comparison.rows,
            bytes=len(made),
            sha256=sha256(made).hexdigest(),
            position=row.steps[-1].position,
        )
        self._house.ledger.access_log.write(access)


def _position(given: str | None, field: str) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= POSITION_DIGITS_MAX):
        raise Fault("BAD_POSITION", zh=f"{field} 须为账本位置", en="no position", field=field)
    return min(int(given), INTEGER_MAX)
