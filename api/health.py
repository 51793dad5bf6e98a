"""Health: whether the server lives, and whether it is ready: its database and its views.

``/healthz`` asks nothing of anything. ``/readyz`` says of each view its position, how many entries
it is behind, and how old the first of those is; of one that stopped, the event at which, and why;
of one that is folded anew, how far that is. What was raised may name whom the event is about, so
only programs of this machine read it whole.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.ide.door import of_this_machine
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
            body = await run_in_threadpool(readiness, self._house, of_this_machine(request))
        except Exception as error:
            why = {"status": "down", "database": "unreachable", "why": type(error).__name__}
            return JSONResponse(why, status_code=503)
        return JSONResponse(body, status_code=200 if body["status"] == "ok" else 503)


def readiness(house: House, whole: bool = True) -> dict[str, Any]:
    """The database's head, and where each view stands. Raises what the database raises.

    ``whole``: with what was raised, and not only its kind.
    """
    head, trouble = house.ledger.feed.head(), house.runner.trouble
    progress = house.runner.progress()
    stopped = {view: _said(stop, whole) for view, _, stop in progress if stop is not None}
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
    } | ({"waiting": trouble if whole else True} if trouble else {})


def _said(stop: Stop, whole: bool) -> dict[str, Any]:
    said = {"position": stop.position, "type": stop.type, "error": stop.error}
    return said | {"why": stop.why} if whole else said


def _age(house: House, position: int, head: int) -> float:
    """For how long a view at a position has not seen the entry behind it, in seconds."""
    if position >= head:
        return 0.0
    waiting = house.ledger.feed.page(Filter(after=position), 1)
    if not waiting:
        return 0.0
    return max(0.0, (datetime.now(UTC) - waiting[0].at).total_seconds())
