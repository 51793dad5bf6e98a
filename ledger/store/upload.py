"""Uploads: files that people gave up, sealed at rest, for a while.

A file comes in two steps: somebody says what it will be and gets a ticket, and whoever has the
ticket and the same token sends the bytes, once and soon. The bytes lie sealed under a key of their
own. An upload that led to nothing goes after some days; one that an event speaks of is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.command import Asker
from ledger.fault import Fault
from ledger.mapping import Form
from ledger.sheet import Grid
from ledger.store.container import refuse
from ledger.store.last_read import LastRead
from ledger.store.progress import Progress, Work
from ledger.store.sending import claimed, released
from ledger.store.ticket import (
    DAYS_KEPT,
    TICKET_MINUTES,
    Ticket,
    Upload,
    destroyed,
    fitting,
    named,
    own,
    well_formed,
)
from ledger.store.trace import of_grid, of_texts
from ledger.store.vault import Vault
from ledger.store.workbook import read_workbook

OPEN_MAX = 50
READ_AT_ONCE, WAIT_SECONDS = 2, 30
SETTLE_HOURS = 24
"""How long after it was kept an event speaks of an upload, or none ever will."""
_FIELDS = "upload, form, declared, opened_at, name, wrapped, received_at, sha256, kept, erased_at"
_OWN = "actor = %(actor)s and role = %(role)s and scope = %(scope)s"


class Uploads:
    """Takes, keeps and gives back files; safe to use from many threads."""

    def __init__(
        self,
        vault: Vault,
        pool: ConnectionPool[psycopg.Connection[Any]],
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._vault, self._pool, self._clock = vault, pool, clock
        self._progress = progress
        self._read_last = LastRead()
        self._room = BoundedSemaphore(READ_AT_ONCE)

    def open(
        self, asker: Asker, *, name: str, bytes_: int, form: Form, request: str | None = None
    ) -> Ticket:
        """A ticket for a file, the same for the same request. Raises ``Fault``."""
        fitting(name, bytes_)
        self.purge()
        upload, secret = named(self._vault, asker, request)
        if request is not None and (found := self.of(asker, upload)):
            return found.again(secret, (name, bytes_, form))
        now = self._clock()
        wrapped = self._vault.new_key(f"upload:{upload}")
        ends = now + timedelta(minutes=TICKET_MINUTES)
        values = own(asker) | {
            "upload": UUID(upload),
            "form": form.value,
            "declared": bytes_,
            "ticket": _hash(secret),
            "ends": ends,
            "now": now,
            "name": self._vault.seal_bytes(f"upload:{upload}", wrapped, "name", name.encode()),
            "wrapped": wrapped,
            "traces": sorted(of_texts(self._vault, (name,))),
            "most": OPEN_MAX,
        }
        with self._pool.connection() as connection:
            done = connection.execute(
                "insert into vault.uploads (upload, actor, role, scope, form, declared, ticket, "
                "ticket_ends, opened_at, name, wrapped, traces) select %(upload)s, %(actor)s, "
                "%(role)s, %(scope)s, %(form)s, %(declared)s, %(ticket)s, %(ends)s, %(now)s, "
                "%(name)s, %(wrapped)s, %(traces)s where (select count(*) from vault.uploads "
                f"where not kept and {_OWN}) < %(most)s on conflict (upload) do nothing",
                values,
            ).rowcount
        if not done and request is not None and self.of(asker, upload) is not None:
            return self.open(asker, name=name, bytes_=bytes_, form=form, request=request)
        if not done:
            raise refuse(
                "UPLOADS_TOO_MANY",
                f"尚未使用的上传已有 {OPEN_MAX} 个，请先删除旧的",
                f"{OPEN_MAX} uploads lead to nothing yet; remove some",
            )
        return Ticket(upload=upload, secret=secret, ends=ends)

    def claim(self, asker: Asker, secret: str) -> Upload | None:
        """The upload of a ticket, which nobody else sends meanwhile; ``None`` for one not good."""
        row = claimed(self._pool, own(asker) | {"ticket": _hash(secret), "now": self._clock()})
        return None if row is None else self.of(asker, row)

    def release(self, upload: Upload) -> None:
        """Says that the sending of a file broke off, so that its ticket is good again."""
        released(self._pool, upload.id)

    def receive(self, asker: Asker, upload: Upload, data: bytes) -> Upload:
        """Reads a file and keeps it sealed. Raises ``Fault`` for one that cannot be read."""
        try:
            grid = self._read(upload, data)
        except Fault:
            self.remove(asker, upload.id)
            raise
        subject, now, digest = f"upload:{upload.id}", self._clock(), sha256(data).hexdigest()
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped from vault.uploads where upload = %s", (UUID(upload.id),)
            ).fetchone()
            if row is None:
                raise _gone()
            sealed = self._vault.seal_bytes(subject, bytes(row[0]), "data", data)
            connection.execute(
                "update vault.uploads set received_at = %s, sha256 = %s, sealed = %s, "
                "ticket = null, traces = traces || %s where upload = %s and received_at is null",
                (now, digest, sealed, sorted(of_grid(self._vault, grid)), UUID(upload.id)),
            )
        self._read_last.hold(upload.id, grid)
        upload.received, upload.sha256, upload.bytes = now, digest, len(data)
        return upload

    def of(self, asker: Asker, upload: str) -> Upload | None:
        """An asker's own upload; ``None`` for one that is another's or is not there."""
        row = self._row(asker, upload, _FIELDS)
        return self._told(row) if row else None

    def mine(self, asker: Asker) -> list[Upload]:
        """An asker's own uploads, the latest first."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                f"select {_FIELDS} from vault.uploads where {_OWN} "
                "order by opened_at desc limit %(most)s",
                own(asker) | {"most": OPEN_MAX},
            ).fetchall()
        return [self._told(row) for row in rows]

    def data(self, asker: Asker, upload: str) -> bytes | None:
        """The bytes of an asker's own upload, once they were received."""
        row = self._row(asker, upload, "wrapped, sealed")
        if row is None or row[1] is None:
            return None
        return self._vault.open_bytes(f"upload:{upload}", bytes(row[0]), "data", bytes(row[1]))

    def grid(self, asker: Asker, upload: str) -> Grid | None:
        """The cells of an asker's own upload, once received. Raises ``Fault`` (``FILE_ERASED``)."""
        found = self.of(asker, upload)
        if found is None or found.received is None:
            return None
        if found.erased is not None:
            raise destroyed()
        held = self._read_last.find(found.id)
        if held is not None:
            return held
        data = self.data(asker, upload)
        if data is None:
            return None
        grid = self._read(found, data)
        self._read_last.hold(found.id, grid)
        return grid

    def kept_grid(self, upload: str) -> tuple[Upload, Grid] | None:
        """The cells of an upload that an event speaks of, for whoever may see that event.

        Raises ``Fault`` (``FILE_ERASED``) where they were destroyed.
        """
        with self._pool.connection() as connection:
            row = connection.execute(
                f"select {_FIELDS}, sealed from vault.uploads where upload = %s and kept",
                (UUID(upload),),
            ).fetchone()
        if row is None:
            return None
        if row[-1] is None:
            raise destroyed()
        found, wrapped, sealed = self._told(row[:-1]), bytes(row[5]), bytes(row[-1])
        held = self._read_last.find(found.id)
        if held is None:
            data = self._vault.open_bytes(f"upload:{upload}", wrapped, "data", sealed)
            held = self._read(found, data)
            self._read_last.hold(found.id, held)
        return found, held

    def keep(self, upload: str) -> None:
        """An event is about to speak of it: it does not go with the others.

        Raises ``Fault`` (``UPLOAD_GONE``) where it has gone.
        """
        with self._pool.connection() as connection:
            done = connection.execute(
                "update vault.uploads set kept = true, kept_at = coalesce(kept_at, %s) "
                "where upload = %s and sealed is not null",
                (self._clock(), UUID(upload)),
            ).rowcount
        if not done:
            raise _gone()

    def forget(self) -> None:
        """Drops what was read before from memory: it may be of a file that is destroyed by now."""
        self._read_last.forget()

    def remove(self, asker: Asker, upload: str) -> bool:
        """Removes an asker's own upload that led to nothing; whether there was one."""
        if not well_formed(upload):
            return False
        self._read_last.drop(upload)
        with self._pool.connection() as connection:
            return (
                connection.execute(
                    f"delete from vault.uploads where upload = %(upload)s and not kept and {_OWN}",
                    own(asker) | {"upload": UUID(upload)},
                ).rowcount
                > 0
            )

    def purge(self) -> int:
        """Removes the uploads that led to nothing for too long, and says how many."""
        with self._pool.connection() as connection:
            return connection.execute(
                "delete from vault.uploads where not kept and opened_at < %s",
                (self._clock() - timedelta(days=DAYS_KEPT),),
            ).rowcount

    def unsettled(self) -> dict[str, str]:
        """The uploads that were kept a while ago, with their SHA-256, until ``settle`` is said."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select upload, sha256 from vault.uploads where kept and kept_at < %s",
                (self._clock() - timedelta(hours=SETTLE_HOURS),),
            ).fetchall()
        return {str(upload): digest for upload, digest in rows}

    def settle(self, upload: str, *, spoken: bool) -> None:
        """Says whether an event speaks of an upload; where none does, it goes with the others."""
        change = "kept_at = 'infinity'" if spoken else "kept = false, kept_at = null"
        with self._pool.connection() as connection:
            connection.execute(
                f"update vault.uploads set {change} where upload = %s", (UUID(upload),)
            )

    def _read(self, upload: Upload, data: bytes) -> Grid:
        if not self._room.acquire(timeout=WAIT_SECONDS):
            raise refuse("READING_BUSY", "正在读取其他文件，请稍后再试", "others are being read")
        try:
            with self._progress.of(upload.id, Work.READING) as told:
                return read_workbook(data, upload.name, lambda _, rows: told(rows))
        finally:
            self._room.release()

    def _row(self, asker: Asker, upload: str, fields: str) -> tuple[Any, ...] | None:
        if not well_formed(upload):
            return None
        with self._pool.connection() as connection:
            return connection.execute(
                f"select {fields} from vault.uploads where upload = %(upload)s and {_OWN}",
                own(asker) | {"upload": UUID(upload)},
            ).fetchone()

    def _told(self, row: tuple[Any, ...]) -> Upload:
        upload, form, declared, opened, name, wrapped, received, digest, kept, erased = row
        subject = f"upload:{upload}"
        return Upload(
            id=str(upload),
            form=Form(form),
            name=self._vault.open_bytes(subject, bytes(wrapped), "name", bytes(name)).decode(),
            bytes=declared,
            opened=opened,
            received=received,
            sha256=digest,
            kept=kept,
            erased=erased,
        )


def _gone() -> Fault:
    return refuse("UPLOAD_GONE", "这个上传已不存在", "the upload is gone")


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
