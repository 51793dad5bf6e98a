"""``GET /loads/{token}/marked``: the sheet of a dry run with what is wrong in it, in Chinese."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.asking import context_of, failed
from api.doorkeeper import Doorkeeper
from api.limits import failure
from api.marked_load import marked_load
from api.sheet import TYPES
from ledger.fault import Fault
from ledger.names import LoadId
from schema.context import Context, House


class LoadDoor:
    """Gives back the sheets of dry runs, to those who made them."""

    def __init__(self, house: House, keeper: Doorkeeper) -> None:
        self._house, self._keeper = house, keeper

    def routes(self) -> list[Route]:
        """Where it is reached."""
        return [Route("/loads/{token}/marked", self.marked, methods=["GET"])]

    async def marked(self, request: Request) -> Response:
        """The sheet as a workbook; the reading of it is logged."""
        context = await context_of(self._house, self._keeper, request)
        try:
            token = str(request.path_params["token"])
            made = await run_in_threadpool(self._made, context, token)
        except Exception as error:
            return failed(error, "loads")
        if made is None:
            return failure("UNKNOWN_LOAD", "没有这个试运行", "there is no such dry run", 404)
        headers = {"content-disposition": 'attachment; filename="marked.xlsx"'}
        return Response(made, media_type=TYPES["xlsx"], headers=headers)

    def _made(self, context: Context, token: str) -> bytes | None:
        try:
            head = self._house.ledger.loads.head(context.asker, LoadId(token))
        except Fault:
            return None
        return None if head is None else marked_load(context, head)
