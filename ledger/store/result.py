"""Results: what holding a sheet against the ledger came to, sealed beside the file that it is of.

A result has a token, by which exactly that result is put on record. One that nothing came of goes
with its file. One that an event speaks of stays, and is found by the trial that the event names:
files that differ in what no line says, as a wrong total, come to results of one digest.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.command import Asker
from ledger.fault import Fault
from ledger.names import JurisdictionId
from ledger.reconciliation import SheetCompared
from ledger.store.ticket import own, well_formed
from ledger.store.vault import Vault

BODIES_HELD = 4
_FIELDS = "r.token, r.upload, r.place, r.digest, r.sealed, u.wrapped, u.sha256, r.kept"
_FROM = "from vault.results r join vault.uploads u using (upload)"
# What ``spent_as`` makes of a token, of those that an event of a place may speak of.
SPOKEN_OF = (
    "r.kept and r.place = %(place)s and r.digest = %(digest)s "
    "and encode(sha256(convert_to(r.token::text, 'UTF8')), 'hex') = %(trial)s"
)


class Result(Struct, kw_only=True, frozen=True):
    """One result. ``body``: its encoding; ``sha256``: of the file that it is of."""

    token: str
    upload: str
    place: JurisdictionId
    digest: str
    sha256: str
    kept: bool
    body: bytes


class Results:
    """Keeps results and gives them back; safe to use from many threads."""

    def __init__(
        self,
        vault: Vault,
        pool: ConnectionPool[psycopg.Connection[Any]],
        clock: Callable[[], datetime],
    ) -> None:
        self._vault, self._pool, self._clock = vault, pool, clock
        self._bodies: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        self._lock = Lock()

    def put(
        self, asker: Asker, upload: str, place: JurisdictionId, digest: str, body: bytes
    ) -> str:
        """Keeps a result and gives its token. Raises ``Fault`` where its file is gone."""
        token = str(uuid4())
        packed = zlib.compress(body)
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped from vault.uploads "
                "where upload = %s and sealed is not null for share",
                (UUID(upload),),
            ).fetchone()
            if row is None:
                raise Fault("UPLOAD_GONE", zh="文件已被删除", en="the file is gone", field="upload")
            sealed = self._vault.seal_bytes(_subject(upload), bytes(row[0]), token, packed)
            connection.execute(
                "insert into vault.results (token, upload, actor, role, scope, place, digest, "
                "made_at, sealed) values (%(token)s, %(upload)s, %(actor)s, %(role)s, %(scope)s, "
                "%(place)s, %(digest)s, %(now)s, %(sealed)s)",
                own(asker)
                | {
                    "token": UUID(token),
                    "upload": UUID(upload),
                    "place": str(place),
                    "digest": digest,
                    "now": self._clock(),
                    "sealed": sealed,
                },
            )
        self._hold(token, sealed, body)
        return token

    def of(self, asker: Asker, token: str) -> Result | None:
        """An asker's own result by its token; ``None`` where there is none."""
        if not well_formed(token):
            return None
        named = own(asker) | {"token": UUID(token)}
        return self._one(
            f"select {_FIELDS} {_FROM} where r.token = %(token)s and r.actor = %(actor)s "
            "and r.role = %(role)s and r.scope = %(scope)s",
            named,
        )

    def recorded(self, event: SheetCompared) -> Result | None:
        """The result of which an event speaks, for whoever may see that event."""
        return self._one(f"select {_FIELDS} {_FROM} where {SPOKEN_OF}", spoken_of(event))

    def keep(self, token: str) -> None:
        """An event is about to speak of it: it stays, and so does its file.

        Raises ``Fault`` (``UPLOAD_GONE``) where it has gone.
        """
        with self._pool.connection() as connection:
            done = connection.execute(
                "with one as (update vault.results set kept = true where token = %(token)s "
                "returning upload) update vault.uploads u set kept = true, "
                "kept_at = coalesce(u.kept_at, %(now)s) from one where u.upload = one.upload",
                {"token": UUID(token), "now": self._clock()},
            ).rowcount
        if not done:
            raise Fault("UPLOAD_GONE", zh="文件已被删除", en="the file is gone", field="token")

    def _one(self, statement: str, named: dict[str, Any]) -> Result | None:
        with self._pool.connection() as connection:
            row = connection.execute(statement, named).fetchone()
        if row is None:
            return None
        token, upload, place, digest, sealed, wrapped, sha256, kept = row
        return Result(
            token=str(token),
            upload=str(upload),
            place=JurisdictionId(place),
            digest=digest,
            sha256=sha256,
            kept=kept,
            body=self._body(str(token), str(upload), bytes(wrapped), bytes(sealed)),
        )

    def _body(self, token: str, upload: str, wrapped: bytes, sealed: bytes) -> bytes:
        with self._lock:
            held = self._bodies.get(token)
        # An erasure seals a result anew, in another process: only what was sealed like this is it.
        if held is not None and held[0] == sealed:
            return held[1]
        body = zlib.decompress(self._vault.open_bytes(_subject(upload), wrapped, token, sealed))
        self._hold(token, sealed, body)
        return body

    def _hold(self, token: str, sealed: bytes, body: bytes) -> None:
        with self._lock:
            self._bodies[token] = sealed, body
            while len(self._bodies) > BODIES_HELD:
                self._bodies.popitem(last=False)


def spent_as(token: str) -> str:
    """By what an event tells that a token is spent, without telling the token."""
    return sha256(token.encode()).hexdigest()


def spoken_of(event: SheetCompared) -> dict[str, str]:
    """What an event says of its result, for ``SPOKEN_OF``."""
    digest = event.comparison.digest
    return {"place": str(event.place), "digest": digest, "trial": event.trial}


def _subject(upload: str) -> str:
    return f"upload:{upload}"
