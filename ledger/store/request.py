"""Requests: what was asked under an id and came to what, for a day, so that nothing is done twice.

A command's id stands in the ledger beside its events; these are of what puts nothing on record. Who
asks first holds the id for a while (a lease), so that the same asked at once waits for that answer;
a process that dies in the middle holds nobody up for longer. The database's clock counts, which all
processes share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import ConnectionPool

from ledger.command import Asker
from ledger.fault import Fault
from ledger.store.ticket import own
from ledger.store.vault import Vault

HELD_SECONDS = 60
KEPT_HOURS = 24


@dataclass(frozen=True)
class Standing:
    """How a request stands: ``holder`` where it is to be done now, ``answer`` where it is done.

    Neither: somebody else is doing it.
    """

    key: bytes
    holder: UUID | None = None
    answer: str | None = None


class Requests:
    """Keeps the ids of requests; safe to use from many threads."""

    def __init__(self, vault: Vault, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._vault, self._pool = vault, pool

    def begin(self, asker: Asker, request: str, what: str) -> Standing:
        """How an asker's request for something stands. Raises ``Fault`` (``REQUEST_REUSED``)."""
        who = own(asker).values()
        holder = uuid4()
        values: dict[str, Any] = {
            "key": self._vault.derived("request", *who, request),
            "digest": self._vault.derived("requested", what),
            "holder": holder,
            "held": HELD_SECONDS,
            "kept": KEPT_HOURS,
        }
        with self._pool.connection() as connection:
            connection.execute(
                "delete from vault.requests where made_at < clock_timestamp() - "
                "make_interval(hours => %(kept)s)",
                values,
            )
            mine = connection.execute(
                "insert into vault.requests as r (key, digest, holder, held) values (%(key)s, "
                "%(digest)s, %(holder)s, clock_timestamp() + make_interval(secs => %(held)s)) "
                "on conflict (key) do update set holder = excluded.holder, held = excluded.held "
                "where r.digest = excluded.digest and r.answer is null "
                "and r.held < clock_timestamp() returning true",
                values,
            ).fetchone()
            if mine is not None:
                return Standing(values["key"], holder)
            row = connection.execute(
                "select digest = %(digest)s, answer from vault.requests where key = %(key)s", values
            ).fetchone()
        if row is not None and not row[0]:
            raise _reused()
        return Standing(values["key"], answer=None if row is None else row[1])

    def done(self, standing: Standing, answer: str) -> None:
        """Says what came of it."""
        self._end("update vault.requests set answer = %(answer)s where", standing, answer=answer)

    def give_up(self, standing: Standing) -> None:
        """Nothing came of it, so that the id is free again."""
        self._end("delete from vault.requests where answer is null and", standing)

    def _end(self, what: str, standing: Standing, **values: str) -> None:
        with self._pool.connection() as connection:
            connection.execute(
                f"{what} key = %(key)s and holder = %(holder)s",
                values | {"key": standing.key, "holder": standing.holder},
            )


def _reused() -> Fault:
    return Fault(
        "REQUEST_REUSED",
        zh="该请求编号已用于其他内容，请换一个编号",
        en="this request id stands for something else; take a new id",
        field="requestId",
    )
