"""Health: whether the server lives, and whether it is ready: its database and its views.

``/healthz`` asks nothing of anything. ``/readyz`` says of each view its position, how many entries
it is behind, and how old the first of those is; and of each that is folded anew, how far that is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ledger.store.feed import Filter
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

    async def readyz(self, _: Request) -> Response:
        """Whether it can answer: 200, or 503 with what stands in the way."""
        try:
            body = await run_in_threadpool(readiness, self._house)
        except Exception as error:
            why = {"status": "down", "database": "unreachable", "why": type(error).__name__}
            return JSONResponse(why, status_code=503)
        return JSONResponse(body, status_code=503 if body["stopped"] else 200)


def readiness(house: House) -> dict[str, Any]:
    """The database's head, and where each view stands. Raises what the database raises."""
    head = house.ledger.feed.head()
    progress = house.runner.progress()
    stopped = {view: failed for view, _, failed in progress if failed}
    since = {position: _age(house, position, head) for position in {at for _, at, _ in progress}}
    return {
        "status": "stopped" if stopped else "ok",
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
    }


def _age(house: House, position: int, head: int) -> float:
    """For how long a view at a position has not seen the entry behind it, in seconds."""
    if position >= head:
        return 0.0
    waiting = house.ledger.feed.page(Filter(after=position), 1)
    if not waiting:
        return 0.0
    return max(0.0, (datetime.now(UTC) - waiting[0].at).total_seconds())
