"""Turnstile: the purse and the limits of every door beside GraphQL, whatever door it is.

Requests are counted in the same purse that GraphQL counts in, of a token that nobody trusts in that
of its address, and cost points there (``api.edge.toll``). The public sends bodies of as few bytes
as there, and an answer has to begin within a time. ``/healthz`` asks nothing of anybody and is let
through; what an orchestrator and Prometheus look at has a purse of its own by address, so that
nobody else's requests stand in its way. What the dearest of these requests cost is measured by
``bench/attack_doors.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import PUBLIC, BadToken
from api.edge.answer import late, unfit
from api.edge.asked import Unfit
from api.edge.policy import PUBLIC_BODY_BYTES_MAX
from api.edge.purse import Purses
from api.edge.toll import toll_of
from api.limits import TooLarge, failure, run_off
from ledger.command import Asker, Role
from ledger.store.outage import outside
from ledger.store.trouble import Trouble

ASKER = "xuefen.asker"
"""Where a request's scope says who asks, once somebody has looked."""
PURSE = "xuefen.purse"
"""Where it says what pays for it."""
FREE = frozenset(("/healthz",))
COUNTED_ITSELF = frozenset(("/graphql",))
PROBES = frozenset(("/readyz", "/metrics"))
PROBE_SECONDS = 1.0
"""For how long whoever probes waits for a database to say whose token it is."""
RUN_OFF_SECONDS = 1.0
"""For how long one who is not let through may go on sending before the answer."""
Look = Callable[[str | None], Awaitable[Asker]]


class Turnstile:
    """Lets a request through to a door, or says why not."""

    def __init__(self, app: ASGIApp, look: Look, purses: Purses) -> None:
        self._app, self._look, self._purses = app, look, purses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in FREE | COUNTED_ITSELF:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            public = await self._come(request)
        except BadToken as error:
            await _refused(untrusted(error), scope, receive, send)
        except Unfit as error:
            await _refused(unfit(error), scope, receive, send)
        except Trouble as error:
            told = outside(error)
            said = failure(told.code, told.zh, told.en, 503)
            await _refused(said, scope, receive, send)
        else:
            await self._timed(scope, self._bounded(receive) if public else receive, send)

    async def _come(self, request: Request) -> bool:
        """Counts a request; whether the public sent it. Raises ``BadToken`` or ``Unfit``."""
        address = request.client.host if request.client else ""
        if request.url.path in PROBES:
            self._purses.of_probe(address).come()
        try:
            asker = await self._looked(request)
        except BadToken:
            self._purses.of(PUBLIC, address).come()
            raise
        if request.url.path not in PROBES:
            purse = request.scope[PURSE] = self._purses.of(asker, address)
            purse.come()
            purse.charge(toll_of(request.method, request.url.path))
        request.scope[ASKER] = asker
        return asker.role is Role.PUBLIC

    async def _looked(self, request: Request) -> Asker:
        """Who asks; of a probe nobody, where a database that hangs does not say soon."""
        probing = request.url.path in PROBES
        try:
            async with asyncio.timeout(PROBE_SECONDS if probing else None):
                return await self._look(request.headers.get("authorization"))
        except TimeoutError:
            if not probing:
                raise
            return PUBLIC

    def _bounded(self, receive: Receive) -> Receive:
        most, read = self._purses.policy.public_body_bytes_max, 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise TooLarge(most)
            return message

        return counted

    async def _timed(self, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = self._purses.policy.door_seconds

        async def begun(message: Message) -> None:
            if not limit.expired():
                limit.reschedule(None)  # what has begun takes as long as the client reads
            await send(message)

        try:
            async with asyncio.timeout(seconds or None) as limit:
                await self._app(scope, receive, begun)
        except TimeoutError:
            if not limit.expired():
                raise
            await unfit(late(seconds))(scope, receive, send)


def untrusted(error: BadToken) -> Response:
    """What is said of a token that nobody trusts (RFC 6750, section 3)."""
    response = failure("UNAUTHENTICATED", error.zh, error.en, 401)
    response.headers["www-authenticate"] = "Bearer"
    return response


async def _refused(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(RUN_OFF_SECONDS):
            await run_off(receive, PUBLIC_BODY_BYTES_MAX, more=True)
    await response(scope, receive, send)
