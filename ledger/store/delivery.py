"""Deliveries: whose turn it is, how far each webhook has come, and what became of each attempt.

Events go to a webhook in the order of positions, one after another; the next waits until the one
before was taken. A process takes a webhook for a while (a lease) and moves it on after each event,
so that several processes share the work, and after a kill another goes on where it stopped: an
event may then come twice, and none is left out. A loop of our own over one row a webhook does this;
a task queue, such as procrastinate, keeps a row a task, which would be a second copy of the log for
each webhook, and lets a task that is tried again later be overtaken.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.store.ticket import well_formed
from ledger.store.webhook import FIELDS, Webhook, Webhooks

LEASE_SECONDS = 60
DAYS_KEPT = 30
PATIENCE = timedelta(days=5)
"""How long a webhook may fail without one success before it is disabled."""


class DeliveryKind(Enum):
    """Why something was sent."""

    EVENT = "EVENT"
    RESENT = "RESENT"
    PING = "PING"
    NOTICE = "NOTICE"


class DeliveryFailure(Enum):
    """Why an attempt came to nothing."""

    ADDRESS = "ADDRESS"
    CONNECTION = "CONNECTION"
    TIMEOUT = "TIMEOUT"
    STATUS = "STATUS"
    UNREADABLE = "UNREADABLE"
    TOKEN = "TOKEN"  # noqa: S105  # the service token that made it is revoked or over


class Attempt(Struct, frozen=True, kw_only=True):
    """What came of sending once; ``status``: the receiver's HTTP status.

    ``pause``: how many seconds the receiver asks to be left alone; ``gone``: it wants no more.
    """

    milliseconds: int = 0
    status: int | None = None
    failure: DeliveryFailure | None = None
    pause: int = 0
    gone: bool = False


class Delivery(Struct, frozen=True, kw_only=True):
    """One attempt as it stands in the log of deliveries."""

    number: int
    kind: DeliveryKind
    position: int | None
    at: datetime
    attempt: int
    status: int | None
    failure: DeliveryFailure | None
    milliseconds: int


class Turn(Struct, kw_only=True):
    """A webhook that is this process's to deliver to, for as long as its lease holds."""

    webhook: Webhook
    lease: UUID


class Deliveries:
    """Hands out turns and keeps the log; safe to use from many threads."""

    def __init__(self, webhooks: Webhooks, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._webhooks, self._pool = webhooks, pool

    def take(self, head: int) -> Turn | None:
        """The webhook that waits longest for something before the head, if there is one."""
        lease = uuid4()
        with self._pool.connection() as connection:
            row = connection.execute(
                "update vault.webhooks set lease = %(lease)s, leased_until = clock_timestamp()"
                " + make_interval(secs => %(seconds)s) where webhook = (select webhook from "
                "vault.webhooks where state = 'ACTIVE' and due <= clock_timestamp() and "
                "(lease is null or leased_until <= clock_timestamp()) and position < %(head)s "
                f"order by due limit 1 for update skip locked) returning {FIELDS}",
                {"lease": lease, "seconds": LEASE_SECONDS, "head": head},
            ).fetchone()
        return None if row is None else Turn(webhook=self._webhooks.told(row), lease=lease)

    def waiting(self, head: int, connection: psycopg.Connection[Any]) -> tuple[int, int]:
        """How many webhooks are behind the head, and by how many entries the furthest is."""
        row = connection.execute(
            "select count(*), coalesce(max(%(head)s - position), 0) from vault.webhooks "
            "where state = 'ACTIVE' and position < %(head)s",
            {"head": head},
        ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def advance(self, turn: Turn, position: int, attempt: Attempt) -> bool:
        """An event was taken; whether the turn goes on."""
        with self._pool.connection() as connection:
            number = turn.webhook.failures + 1
            _write(connection, turn.webhook.id, DeliveryKind.EVENT, position, number, attempt)
            row = connection.execute(
                "update vault.webhooks set position = %(position)s, failures = 0, failing_since ="
                " null, leased_until = clock_timestamp() + make_interval(secs => %(seconds)s) "
                "where webhook = %(webhook)s and lease = %(lease)s returning state",
                _of(turn) | {"position": position, "seconds": LEASE_SECONDS},
            ).fetchone()
        turn.webhook.failures = 0
        return row is not None and row[0] == "ACTIVE"

    def end(self, turn: Turn, position: int | None = None) -> None:
        """Gives the turn up, for the next process at once; nothing up to a position is wanted.

        What failed before is then forgotten, since all of it was taken or is wanted no more: kept,
        the next failure would be one after days without a success.
        """
        passed = ", position = %(position)s, failures = 0, failing_since = null"
        with self._pool.connection() as connection:
            connection.execute(
                "update vault.webhooks set lease = null, leased_until = null, due = "
                f"greatest(due, clock_timestamp()){'' if position is None else passed} "
                "where webhook = %(webhook)s and lease = %(lease)s",
                _of(turn) | {"position": position},
            )

    def fail(self, turn: Turn, position: int | None, attempt: Attempt, seconds: int) -> bool:
        """An event was not taken and is tried again after a while; whether that was too often."""
        with self._pool.connection() as connection:
            number = turn.webhook.failures + 1
            _write(connection, turn.webhook.id, DeliveryKind.EVENT, position, number, attempt)
            row = connection.execute(
                "update vault.webhooks set failures = failures + 1, lease = null, leased_until ="
                " null, failing_since = coalesce(failing_since, clock_timestamp()), due ="
                " clock_timestamp() + make_interval(secs => %(seconds)s), state = case when "
                "state = 'ACTIVE' and (%(gone)s or failing_since < clock_timestamp() - "
                "%(patience)s::interval) then 'DISABLED' else state end "
                "where webhook = %(webhook)s and lease = %(lease)s returning state",
                _of(turn) | {"seconds": seconds, "gone": attempt.gone, "patience": PATIENCE},
            ).fetchone()
        return row is not None and row[0] == "DISABLED"

    def log(
        self, webhook: Webhook, kind: DeliveryKind, position: int | None, attempt: Attempt
    ) -> Delivery:
        """Puts an attempt out of turn into the log."""
        with self._pool.connection() as connection:
            return _delivery(_write(connection, webhook.id, kind, position, 1, attempt))

    def page(self, webhook: str, limit: int, before: int | None = None) -> list[Delivery]:
        """At most ``limit`` attempts, the latest first."""
        if not well_formed(webhook):
            return []
        with self._pool.connection() as connection:
            rows = connection.execute(
                f"select {_TOLD} from vault.webhook_deliveries where webhook = %s "
                "and (%s::bigint is null or number < %s) order by number desc limit %s",
                (UUID(webhook), before, before, limit),
            ).fetchall()
        return [_delivery(row) for row in rows]

    def purge(self) -> int:
        """Forgets what is older than it is kept for, and says how much that was."""
        with self._pool.connection() as connection:
            return connection.execute(
                "delete from vault.webhook_deliveries where at < clock_timestamp() - "
                "make_interval(days => %s)",
                (DAYS_KEPT,),
            ).rowcount


_TOLD = "number, kind, position, at, attempt, status, failure, milliseconds"


def _of(turn: Turn) -> dict[str, Any]:
    return {"webhook": UUID(turn.webhook.id), "lease": turn.lease}


def _write(
    connection: psycopg.Connection[Any],
    webhook: str,
    kind: DeliveryKind,
    position: int | None,
    number: int,
    attempt: Attempt,
) -> tuple[Any, ...]:
    """Adds a row, unless the webhook was removed meanwhile."""
    failure = attempt.failure and attempt.failure.value
    row: tuple[Any, ...] | None = connection.execute(
        "with kept as (insert into vault.webhook_deliveries (webhook, kind, position, attempt,"
        " status, failure, milliseconds) select webhook, %(kind)s, %(position)s, %(attempt)s,"
        " %(status)s, %(failure)s, %(milliseconds)s from vault.webhooks where webhook ="
        f" %(webhook)s returning {_TOLD}) select * from kept union all select 0, %(kind)s,"
        " %(position)s, clock_timestamp(), %(attempt)s, %(status)s, %(failure)s, %(milliseconds)s"
        " where not exists (select from kept)",
        {
            "webhook": UUID(webhook),
            "kind": kind.value,
            "position": position,
            "attempt": number,
            "status": attempt.status,
            "failure": failure,
            "milliseconds": attempt.milliseconds,
        },
    ).fetchone()
    assert row is not None
    return row


def _delivery(row: tuple[Any, ...]) -> Delivery:
    number, kind, position, at, attempt, status, failure, milliseconds = row
    return Delivery(
        number=number,
        kind=DeliveryKind(kind),
        position=position,
        at=at,
        attempt=attempt,
        status=status,
        failure=failure and DeliveryFailure(failure),
        milliseconds=milliseconds,
    )
