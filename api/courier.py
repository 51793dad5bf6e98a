"""The courier: sends what the ledger learns to webhooks, as long as the server runs.

Each process has one; they share the work by leases (``ledger.store.delivery``). What is sent is
read from the log when it is sent, so nothing waits in memory and nothing is lost with a process. A
receiver that fails is left alone for longer and longer, and disabled after days without a success;
the others do not wait for it.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

import httpx
import structlog
from psycopg import Error
from psycopg_pool import PoolTimeout

from api.address import Pinned, look_up, read
from api.auth import BadToken
from api.parcel import line, post, trusted
from api.revocation import Revocations
from api.service_token import ServiceTokens
from ledger.command import Asker
from ledger.event import decode
from ledger.fault import Fault
from ledger.names import ServiceTokenId
from ledger.store.access_log import Access, AccessKind
from ledger.store.delivery import Attempt, Delivery, DeliveryFailure, DeliveryKind, Turn
from ledger.store.feed import Filter
from ledger.store.outage import SELDOM
from ledger.store.trouble import Trouble
from ledger.store.wakeup import Ticket
from ledger.store.webhook import Webhook, WebhookState
from schema.cloud_event import NOTICE, PING, entry_event, source_of, word_event
from schema.context import House
from schema.wish import entries_for

T = TypeVar("T")
TURNS_MAX = 32
OUT_OF_TURN_MAX = 4
PAGE_ROWS = 50
TURN_SECONDS = 20
PURGE_SECONDS = 3600
# As Standard Webhooks proposes; after the last, once a day.
WAITS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
SPREAD = 0.1
HIMSELF = "staff:xuefen"
ENDED = Attempt(failure=DeliveryFailure.TOKEN, gone=True)
AWAY = (Error, PoolTimeout, Trouble)

log = structlog.get_logger("xuefen.webhook")


class Courier:
    """Delivers while it is entered; ``private``: also to private addresses, over plain HTTP."""

    def __init__(
        self,
        house: House,
        revocations: Revocations,
        *,
        private: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._house, self._private = house, private
        self._revocations, self._tokens = revocations, ServiceTokens(house.ledger)
        self._trust = trust or trusted()
        self._turns: set[asyncio.Task[None]] = set()
        self._aside = asyncio.Semaphore(OUT_OF_TURN_MAX)
        self._source: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Courier:
        self._house.courier = self
        self._task = asyncio.create_task(self._work(), name="courier")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._house.courier = None
        tasks = [each for each in (self._task, *self._turns) if each is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def checked(self, address: str, owner: Asker) -> None:
        """Raises ``Fault`` (``BAD_ADDRESS``) for an address to which nothing may be sent."""
        try:
            await self._pin(address, owner)
        except Fault as fault:
            fault.field = "input.address"
            raise

    async def send(
        self,
        webhook: Webhook,
        kind: DeliveryKind,
        found: tuple[int, bytes] | None = None,
        *,
        request: str | None = None,
    ) -> Delivery:
        """Sends one thing now, out of turn, and says what came of it; ``found``: an entry.

        A ping of the same ``request`` is the same event.
        """
        source = await self._named()
        if found is None:
            name = uuid4() if request is None else uuid5(UUID(webhook.id), request)
            number, position = f"{webhook.id}-{name.hex}", None
            body = word_event(source, PING, {"webhook": webhook.id}, name)
        else:
            number, position = _number(webhook, found[0]), found[0]
            body = entry_event(source, decode(*found), found[1])
        async with self._aside:
            attempt = await self._once(webhook, number, body)
        return await _run(self._house.ledger.deliveries.log, webhook, kind, position, attempt)

    async def _work(self) -> None:
        """Looks for turns whenever the ledger has grown, and once a second all the same."""
        ledger, purged = self._house.ledger, 0.0
        with ledger.feed.ticket() as ticket:
            while True:
                head = 0
                try:
                    head = await ticket.run(ledger.feed.head)
                    await self._hand_out(head, ticket)
                    if time.monotonic() - purged > PURGE_SECONDS:
                        purged = time.monotonic()
                        await _run(ledger.deliveries.purge)
                except AWAY as error:
                    if SELDOM.due("courier"):
                        log.warning("webhooks wait for the database", why=type(error).__name__)
                    await asyncio.sleep(1)
                except Exception:
                    log.exception("webhooks wait")
                    await asyncio.sleep(1)
                await ticket.wait()

    async def _hand_out(self, head: int, ticket: Ticket) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._turns.discard(task)
            ticket.wake()

        while len(self._turns) < TURNS_MAX:
            turn = await _run(self._house.ledger.deliveries.take, head)
            if turn is None:
                return
            task = asyncio.create_task(self._serve(turn, head), name=f"webhook {turn.webhook.id}")
            self._turns.add(task)
            task.add_done_callback(done)

    async def _serve(self, turn: Turn, head: int) -> None:
        """One turn; whatever goes wrong in it ends it and nothing else."""
        try:
            try:
                await self._deliver(turn, head)
            except BadToken:
                await self._failed(turn, None, ENDED)
        except AWAY as error:
            log.warning("webhook given up for now", why=type(error).__name__)
        except Exception:
            # Left alone until its lease ends; then it is tried again.
            log.exception("webhook not delivered", webhook=turn.webhook.id)

    async def _deliver(self, turn: Turn, head: int) -> None:
        """Sends what is wanted up to the head in order, until one thing is not taken."""
        webhook, deliveries = turn.webhook, self._house.ledger.deliveries
        source, ends = await self._named(), time.monotonic() + TURN_SECONDS
        after, to = webhook.position, None
        async with line(self._trust) as client:
            while page := await self._page(webhook, after, head):
                to = to or await self._found(turn, page[0][0])
                if to is None:
                    return
                for found in page:
                    attempt = await self._entry(client, to, webhook, source, found)
                    if attempt.failure is not None:
                        await self._failed(turn, found[0], attempt)
                        return
                    after = found[0]
                    stands = await _run(deliveries.advance, turn, after, attempt)
                    if not stands or time.monotonic() > ends:
                        await _run(deliveries.end, turn)
                        return
                if len(page) < PAGE_ROWS:
                    break
        await _run(deliveries.end, turn, head)

    async def _found(self, turn: Turn, position: int) -> Pinned | None:
        """Where a webhook leads, once there is something to send; or that failed.

        A name that cannot be looked up is no failure where there is nothing to send.
        """
        try:
            return await self._pin(turn.webhook.address, turn.webhook.owner)
        except Fault:
            await self._failed(turn, position, Attempt(failure=DeliveryFailure.ADDRESS))
            return None

    async def _page(self, webhook: Webhook, after: int, head: int) -> list[tuple[int, bytes]]:
        """What is to be sent next. Raises ``BadToken`` where its service token is not taken."""
        house, owner = self._house, webhook.owner
        if await self._revocations.begins(owner):
            await self._tokens.still(ServiceTokenId(owner.actor))
        reach = partial(entries_for, after=after, before=head + 1)
        wanted = await _run(reach, house, owner, webhook.wanted)
        return await _run(house.ledger.feed.raw, wanted, PAGE_ROWS)

    async def _entry(
        self,
        client: httpx.AsyncClient,
        to: Pinned,
        webhook: Webhook,
        source: str,
        found: tuple[int, bytes],
    ) -> Attempt:
        self._revocations.check(webhook.owner)
        try:
            body = entry_event(source, decode(*found), found[1])
        except Fault:  # written by a newer program; one of those will send it
            return Attempt(failure=DeliveryFailure.UNREADABLE)
        return await post(client, to, webhook.signing(), _number(webhook, found[0]), body)

    async def _once(self, webhook: Webhook, number: str, body: bytes) -> Attempt:
        try:
            to = await self._pin(webhook.address, webhook.owner)
        except Fault:
            return Attempt(failure=DeliveryFailure.ADDRESS)
        async with line(self._trust) as client:
            return await post(client, to, webhook.signing(), number, body)

    async def _failed(self, turn: Turn, position: int | None, attempt: Attempt) -> None:
        deliveries, webhook = self._house.ledger.deliveries, turn.webhook
        seconds = max(wait_after(webhook.failures, random.random()), attempt.pause)  # noqa: S311
        if await _run(deliveries.fail, turn, position, attempt, seconds):
            await self._disabled(webhook, attempt)

    async def _disabled(self, webhook: Webhook, attempt: Attempt) -> None:
        """Gives notice: in the access log, and to the other webhooks of the same owner."""
        log.warning("webhook disabled", webhook=webhook.id, scope=str(webhook.owner.scope))
        await _run(self._house.ledger.access_log.write, _record(self._house, webhook, attempt))
        source, told = await self._named(), {"webhook": webhook.id, "position": webhook.position}
        ledger, owner = self._house.ledger, webhook.owner
        for other in await _run(ledger.webhooks.mine, owner):
            theirs = other.owner
            if attempt is ENDED and theirs.actor == owner.actor:
                continue  # that one has ended with the same token
            same = (theirs.role, theirs.scope) == (owner.role, owner.scope)
            if other.id != webhook.id and same and other.state is WebhookState.ACTIVE:
                body = word_event(source, NOTICE, told)
                sent = await self._once(other, f"{other.id}-{uuid4().hex}", body)
                await _run(ledger.deliveries.log, other, DeliveryKind.NOTICE, None, sent)

    async def _pin(self, address: str, owner: Asker) -> Pinned:
        url, whose = read(address, private=self._private), f"{owner.role.value} {owner.scope}"
        return await look_up(url, private=self._private, owner=whose)

    async def _named(self) -> str:
        if self._source is None:
            found = await _run(self._house.ledger.feed.page, Filter(), 1)
            self._source = source_of(found[0] if found else None)
        return self._source


def wait_after(failures: int, chance: float) -> int:
    """The seconds until the next attempt, after so many before; ``chance`` from 0 to 1."""
    wait = WAITS[min(failures, len(WAITS) - 1)]
    return round(wait * (1 + SPREAD * chance))


def _number(webhook: Webhook, position: int) -> str:
    return f"{webhook.id}-{position}"


def _record(house: House, webhook: Webhook, attempt: Attempt) -> Access:
    scope = str(webhook.owner.scope)
    why = attempt.failure.value if attempt.failure else ""
    return Access(
        at=house.ledger.now(),
        kind=AccessKind.WEBHOOK,
        actor=HIMSELF,
        role=webhook.owner.role.value,
        scope=scope,
        channel="SYSTEM",
        what="webhook.disable",
        filters={"webhook": webhook.id, "failure": why},
        position=webhook.position,
        places=(scope,) if scope.startswith("jurisdiction:") else (),
    )


async def _run(function: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.to_thread(function, *arguments)
