"""``POST /exports``: a file for a question, to whoever has a token; a few at a time.

``{"what": "teachers", "format": "xlsx", "filters": {"place": "jurisdiction:330381"}, "asOf":
{"position": 812}, "purpose": "…"}``. The answer is the file, and its headers say the position at
which it stands, the rows, the SHA-256 of its bytes, and its number in the access log. ``GET
/exports/NUMBER`` gives whoever took it the same once more as JSON, without the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import BoundedSemaphore

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from api.asking import CLIENT_GONE, context_of, failed
from api.auth import BadToken
from api.doorkeeper import Doorkeeper
from api.edge.answer import unfit
from api.edge.asked import Unfit
from api.edge.purse import AskersPurse
from api.edge.toll import toll_of_rows
from api.edge.turnstile import PURSE
from api.export import Question, Taken, question, take
from api.limits import failure
from api.revocation import Revocations
from api.spool import ROWS_MAX
from ledger.store.access_log import AccessKind, Wanted
from schema.context import Context, House
from schema.power import Action, may

AT_ONCE_MAX = 2
NUMBER_DIGITS_MAX = 18


class Outgoing(StreamingResponse):
    """A file on its way, which breaks off once the token that took it is revoked.

    What was said of its length is then not kept, by which the client knows that it lacks the rest.
    """

    def __init__(self, taken: Taken, still: Callable[[], None]) -> None:
        super().__init__(_allowed(taken.chunks(), still), headers=taken.headers())
        self._file = taken.file

    async def stream_response(self, send: Send) -> None:
        """Head and pieces; however it ends, the file is gone."""
        with self._file, suppress(BadToken):
            await super().stream_response(send)


class ExportDoor:
    """Answers requests for exports over a house."""

    def __init__(self, house: House, keeper: Doorkeeper, revocations: Revocations) -> None:
        self._house = house
        self._keeper, self._revocations = keeper, revocations
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
        if await self._revocations.begins(context.asker):  # from here on nothing is missed
            await self._keeper.asker(request.headers.get("authorization"))
        still = partial(self._revocations.check, context.asker)
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
            taken = await self._paid(request, context, question(asked), still)
        except BadToken:
            raise
        except Unfit as error:
            return unfit(error)
        except Exception as error:
            return failed(error, "exports")
        finally:
            self._room.release()
        return Outgoing(taken, still)

    async def _paid(
        self, request: Request, context: Context, given: Question, still: Callable[[], None]
    ) -> Taken:
        """The file, for the points of the rows that it has. Raises ``Unfit`` where they lack."""
        purse: AskersPurse = request.scope[PURSE]
        rows, left = given.first or ROWS_MAX, 0
        if may(context.asker.role, Action.EXPORT):
            left = purse.charge(toll_of_rows(rows))
        try:
            taken = await take(context, given, still)
            left = max(0, left - toll_of_rows(taken.logged.rows or 0))
        finally:
            if left:
                purse.give_back(left)
        return taken

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


def _allowed(chunks: Iterator[bytes], still: Callable[[], None]) -> Iterator[bytes]:
    for each in chunks:
        still()
        yield each
