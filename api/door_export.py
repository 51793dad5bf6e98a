"""``POST /exports``: a file for a question, to whoever has a token; a few at a time.

``{"what": "teachers", "format": "xlsx", "filters": {"place": "jurisdiction:330381"}, "asOf":
{"position": 812}, "purpose": "…"}``. The answer is the file, and its headers say the position at
which it stands, the rows, the SHA-256 of its bytes, and its number in the access log. ``GET
/exports/NUMBER`` gives whoever took it the same once more as JSON, without the file.
"""

from __future__ import annotations

from threading import BoundedSemaphore

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.asking import CLIENT_GONE, context_of, failed
from api.doorkeeper import Doorkeeper
from api.export import question, take
from api.limits import failure
from ledger.store.access_log import AccessKind, Wanted
from schema.context import House

AT_ONCE_MAX = 2
NUMBER_DIGITS_MAX = 18


class ExportDoor:
    """Answers requests for exports over a house."""

    def __init__(self, house: House, keeper: Doorkeeper) -> None:
        self._house = house
        self._keeper = keeper
        self._room = BoundedSemaphore(AT_ONCE_MAX)

    def routes(self) -> list[Route]:
        """Where it is reached."""
        return [
            Route("/exports", self.post, methods=["POST"]),
            Route("/exports/{number}", self.receipt, methods=["GET"]),
        ]

    async def post(self, request: Request) -> Response:
        """The file. Who asks and what is read first, so that nobody slow takes up the room."""
        context = await context_of(self._house, self._keeper, request)
        try:
            asked = await request.body()
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        if not self._room.acquire(blocking=False):
            busy = failure(
                "EXPORTS_BUSY",
                f"同时最多 {AT_ONCE_MAX} 个导出，请稍后再试",
                f"at most {AT_ONCE_MAX} exports at once; try again in a while",
                503,
            )
            busy.headers["retry-after"] = "5"
            return busy
        try:
            taken = await take(context, question(asked))
        except Exception as error:
            return failed(error, "exports")
        finally:
            self._room.release()
        return StreamingResponse(taken.chunks(), headers=taken.headers())

    async def receipt(self, request: Request) -> Response:
        """What stands in the log about an export of one's own."""
        context = await context_of(self._house, self._keeper, request)
        number = str(request.path_params["number"])
        row = None
        if number.isascii() and number.isdigit() and len(number) <= NUMBER_DIGITS_MAX:
            log = self._house.ledger.access_log
            wanted = Wanted(actor=context.asker.actor, kind=AccessKind.EXPORT)
            found = await run_in_threadpool(log.page, wanted, 1, after=int(number) + 1)
            own = (context.asker.role.value, str(context.asker.scope))
            row = next((e for e in found if (e.role, e.scope) == own), None)
        if row is None or row.number != int(number):
            return failure("UNKNOWN_EXPORT", "没有这次导出", "there is no such export", 404)
        told = {name: getattr(row, name) for name in row.__struct_fields__}
        told = {name: told[name] for name in told if name not in ("places", "subjects_digest")}
        return Response(msgspec.json.encode(told), media_type="application/json")
