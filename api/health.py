"""Health: whether the server lives, and whether it is ready: its database and its views.

``/healthz`` asks nothing of anything. ``/readyz`` says of each view its position, how many entries
it is behind, and how old the first of those is; of one that stopped, the event at which, and why;
of one that is folded anew, how far that is. All of that is for who runs the server: programs of its
machine, and operators. To anybody else it says no more than whether it is ready.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.edge.turnstile import ASKER
from api.ide.door import of_this_machine
from ledger.command import Role
from ledger.store.feed import Filter
from projections.stop import Stop
from schema.context import House


class HealthDoor:
    """The pages that an orchestrator looks at."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Their routes."""
        return [Route("/healthz", self.healthz), Route("/readyz", self.readyz)]

    async def healthz(self, _: Request) -> Response:
        """That it lives."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, request: Request) -> Response:
        """Whether it can answer: 200, or 503 with what stands in the way."""
        try:
            body = await run_in_threadpool(readiness, self._house)
        except Exception as error:
            why = {"status": "down", "database": "unreachable", "why": type(error).__name__}
            return JSONResponse(why, status_code=503)
        status = 200 if body["status"] == "ok" else 503
        if not _runs_it(request):
            body = {name: body[name] for name in ("status", "database")}
        return JSONResponse(body, status_code=status)


def _runs_it(request: Request) -> bool:
    asker = request.scope.get(ASKER)
    return of_this_machine(request) or (asker is not None and asker.role is Role.OPERATOR)


def readiness(house: House) -> dict[str, Any]:
    """The database's head, and where each view stands. Raises what the database raises."""
    head, trouble = house.ledger.feed.head(), house.runner.trouble
    progress = house.runner.progress()
    stopped = {view: _said(stop) for view, _, stop in progress if stop is not None}
    since = {position: _age(house, position, head) for position in {at for _, at, _ in progress}}
    return {
        "status": "stopped" if stopped else "waiting" if trouble else "ok",
        "database": "ok",
        "head": head,
        "behind": {view: max(0, head - position) for view, position, _ in progress},
        "views": {
            view: {
                "position": position,
                "behind": max(0, head - position),
                "age_seconds": since[position],
            }
            for view, position, _ in progress
        },
        "stopped": stopped,
        "rebuilding": {
            view: {"position": position, "of": of}
            for view, position, of in house.runner.rebuilding()
        },
    } | ({"waiting": trouble} if trouble else {})


def _said(stop: Stop) -> dict[str, Any]:
    return {"position": stop.position, "type": stop.type, "error": stop.error, "why": stop.why}


def _age(house: House, position: int, head: int) -> float:
    """For how long a view at a position has not seen the entry behind it, in seconds."""
    if position >= head:
        return 0.0
    waiting = house.ledger.feed.page(Filter(after=position), 1)
    if not waiting:
        return 0.0
    return max(0.0, (datetime.now(UTC) - waiting[0].at).total_seconds())
