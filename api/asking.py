"""What the doors beside GraphQL share: who asks, and how what went wrong is told.

Every failure leaves with a code, as GraphQL's do; see ``schema.errors``.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from api.doorkeeper import Doorkeeper
from api.edge.media import STATUSES
from api.edge.turnstile import ASKER
from api.limits import TooLarge, failure
from ledger.fault import Fault
from ledger.store.access_log import trace_of
from ledger.store.connection import trouble_behind
from ledger.store.outage import outside
from ledger.store.trouble import Trouble
from schema.access import Denied
from schema.context import Context, House
from schema.errors import incident

# What a status asks for besides (RFC 9110, sections 10.2.3 and 11.6.1).
HEADERS = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": "1"}}
CLIENT_GONE = 499


def traced(request: Request | WebSocket) -> str | None:
    """The caller's own number of the request, for the access log."""
    return trace_of(request.headers.get("traceparent") or request.headers.get("x-request-id"))


async def context_of(house: House, keeper: Doorkeeper, request: Request) -> Context:
    """Who asks, over a house. Raises ``BadToken``."""
    asker = request.scope.get(ASKER)
    if asker is None:
        asker = await keeper.asker(request.headers.get("authorization"))
    return Context(house=house, asker=asker, trace=traced(request))


def failed(error: Exception, where: str, unfit: int = 400) -> Response:
    """The answer to a request that went wrong; ``unfit``: the status of a fault in what was asked.

    A database that is away is told as such, and what nobody foresaw by the number of an incident.
    Raises ``TooLarge`` again, which ``BodyLimit`` answers.
    """
    if isinstance(error, TooLarge):
        raise error
    known = trouble_behind(error) or error
    if isinstance(known, Fault):
        status = STATUSES.get(known.code, 403 if isinstance(known, Denied) else unfit)
        answer = failure(known.code, known.zh, known.en, status)
        answer.headers.update(HEADERS.get(status, {}))
        return answer
    if isinstance(known, Trouble):
        return troubled(known)
    zh, en, _ = incident(error, where)
    return failure("INTERNAL", zh, en, 500)


def troubled(trouble: Trouble) -> Response:
    """The answer where the server can do nothing at present; the places it knows stay its own."""
    told = outside(trouble)
    return failure(told.code, told.zh, told.en, 503)
