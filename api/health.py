"""Health: whether the server lives, and whether it is ready: its database, its writes, its views.

``/healthz`` asks nothing of anything. ``/readyz`` says of each view its position, how many entries
it is behind, and how old the first of those is; of one that stopped, the event at which, and why;
of one that is folded anew, how far that is and whether a process is still at it. A database that
does not answer is told within seconds (503). Where writes fail it is ``degraded``, and still 200:
readers are answered, and all processes write to one database, so to take one of them out of use
helps nobody. All of that is for who runs the server: programs of its machine, and operators. To
anybody else it says no more than whether it is ready.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.checkup import Checkup, Found
from api.edge.turnstile import ASKER
from api.ide.door import of_this_machine
from ledger.command import Role
from ledger.store.outcome import Outcome
from ledger.store.trouble import Trouble
from projections.refold import Refold
from projections.stop import Stop
from schema.context import House

READY = ("ok", "degraded")


class HealthDoor:
    """The pages that an orchestrator looks at."""

    def __init__(self, house: House, checkup: Checkup) -> None:
        self._house, self._checkup = house, checkup

    def routes(self) -> list[Route]:
        """Their routes."""
        return [Route("/healthz", self.healthz), Route("/readyz", self.readyz)]

    async def healthz(self, _: Request) -> Response:
        """That it lives."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, request: Request) -> Response:
        """Whether it can answer: 200, or 503 with what stands in the way."""
        try:
            body = self._readiness(await self._checkup.found())
        except Exception as error:
            body = down(error) | {"writes": writes(self._house.ledger.committer.lane.outcome)}
        status = 200 if body["status"] in READY else 503
        if not runs_it(request):
            body = {name: body[name] for name in ("status", "database")}
        return JSONResponse(body, status_code=status)

    def _readiness(self, found: Found) -> dict[str, Any]:
        trouble = self._house.runner.trouble
        outcome = self._house.ledger.committer.lane.outcome
        stopped = {view: _said(stop) for view, _, stop in found.progress if stop is not None}
        degraded = "degraded" if outcome.failing is not None else "ok"
        return {
            "status": "stopped" if stopped else "waiting" if trouble else degraded,
            "database": "ok",
            "head": found.head,
            "writes": writes(outcome),
            "clock_behind_seconds": round(found.behind_seconds, 1),
            "behind": {view: max(0, found.head - at) for view, at, _ in found.progress},
            "views": {
                view: {
                    "position": position,
                    "behind": max(0, found.head - position),
                    "age_seconds": found.ages[position],
                }
                for view, position, _ in found.progress
            },
            "stopped": stopped,
            "rebuilding": {each.view: _refold(each) for each in found.refolds},
        } | ({"waiting": trouble} if trouble else {})


def down(error: Exception) -> dict[str, Any]:
    """What is said where the database did not say how it stands."""
    if not isinstance(error, Trouble):
        return {"status": "down", "database": "unreachable", "why": type(error).__name__}
    database = "silent" if error.code == "DATABASE_SILENT" else "unreachable"
    said = {"code": error.code, "zh": error.zh, "en": error.en}
    return {"status": "down", "database": database} | said


def writes(outcome: Outcome) -> dict[str, Any]:
    """Whether the last write of this process came to something, and if not, since when and why."""
    failing = outcome.failing
    if failing is None:
        return {"status": "ok"}
    return {
        "status": "failing",
        "code": failing.why.code,
        "since": failing.since.isoformat(),
        "last": failing.last.isoformat(),
        "zh": failing.why.zh,
        "en": failing.why.en,
    }


def runs_it(request: Request) -> bool:
    """Whether who asks may know how it stands, by what was found out as the request came."""
    asker = request.scope.get(ASKER)
    return of_this_machine(request) or (asker is not None and asker.role is Role.OPERATOR)


def _said(stop: Stop) -> dict[str, Any]:
    return {"position": stop.position, "type": stop.type, "error": stop.error, "why": stop.why}


def _refold(each: Refold) -> dict[str, Any]:
    left = each.seconds_left
    return {
        "status": "running" if each.running else "stopped",
        "begun": each.begun.isoformat(),
        "position": each.position,
        "of": each.of,
        "seconds_left": None if left is None else round(left),
    }
