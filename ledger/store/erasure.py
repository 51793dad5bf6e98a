"""Erasure of what lies sealed: the files, results and rows of loads that name a person.

A file that an event speaks of loses its bytes and its key, and its row stays; its results are
sealed anew under another key, without words that name the person, and so are the rows of loads.
What no event speaks of goes as a whole. Found by ``trace``; where only a name or a telephone number
fits, the file is opened, and a row that is somebody else's by a number is passed over. Each file
and each load is one transaction, so what was broken off is completed by doing it again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger.erasure import FileErased
from ledger.fault import Fault
from ledger.names import LoadId
from ledger.sheet import Row
from ledger.store.load_row import StoredRow, encoded_batch, opened_batch, traces_of
from ledger.store.mention import Mention, mentions
from ledger.store.redaction import redacted, row_redacted
from ledger.store.trace import of_print, of_subject, of_word, parts, told
from ledger.store.tracing import opened, trace_all
from ledger.store.trouble import Trouble
from ledger.store.vault import ID_NUMBER, Vault

Pool = ConnectionPool[psycopg.Connection[Any]]
NAME = b"erased.xlsx"


@dataclass(frozen=True)
class Concerned:
    """What concerns a person. ``loads`` are kept for an event, ``runs`` are dry runs and go.

    ``mentions``: other files that have the name in running text; they stay.
    """

    files: tuple[FileErased, ...] = ()
    loads: tuple[LoadId, ...] = ()
    runs: tuple[UUID, ...] = ()
    mentions: tuple[Mention, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files or self.loads or self.runs)


class Erasure:
    """Finds and destroys what lies sealed about one teacher."""

    def __init__(
        self, vault: Vault, pool: Pool, clock: Callable[[], datetime], teacher: str
    ) -> None:
        self._vault, self._pool, self._clock = vault, pool, clock
        self._teacher = teacher
        trace_all(vault, pool)
        self._person = vault.open([teacher])[teacher] or self._loaded()
        self._words = tuple(self._person.values())
        self._prints = {bytes(row[0]) for row in self._lookups()}
        if number := self._person.get(ID_NUMBER):
            self._prints.add(vault.fingerprint(number))

    def find(self, named: Iterable[str] = ()) -> Concerned:
        """What concerns the teacher; ``named``: uploads that go whatever is found in them."""
        sure = [of_subject(self._teacher), *map(of_print, self._prints)]
        words, _ = parts(value for key, value in self._person.items() if key != ID_NUMBER)
        maybe = [of_word(self._vault, each) for each in words]
        files = self._rows(
            "select upload, coalesce(sha256, ''), traces && %s::bigint[] or upload = any(%s) "
            "from vault.uploads where erased_at is null and "
            "(traces && %s::bigint[] or traces && %s::bigint[]) "
            "or upload = any(%s) and sealed is not null order by upload",
            (sure, own := [UUID(each) for each in named], sure, maybe, own),
        )
        found = [
            (upload, digest)
            for upload, digest, certain in files
            if certain or self._about(upload, words)
        ]
        loads = self._rows(
            "select load, kept from vault.loads l where not kept and upload = any(%s) "
            "or exists (select from vault.load_batches b where b.load = l.load "
            "and traces && %s::bigint[]) order by load",
            ([upload for upload, _ in found], sure),
        )
        return Concerned(
            files=tuple(FileErased(upload=at.hex, sha256=digest) for at, digest in found),
            loads=tuple(LoadId(f"load:{load}") for load, kept in loads if kept),
            runs=tuple(load for load, kept in loads if not kept),
            mentions=self._mentions([upload for upload, _ in found]),
        )

    def destroy(self, concerned: Concerned) -> None:
        """Destroys what was found."""
        for file in concerned.files:
            self._destroy_file(UUID(file.upload))
        for upload in self._told_of():
            self._destroy_file(upload)
        for load in concerned.loads:
            self._empty_load(load)
        with self._pool.connection() as connection:
            connection.execute(
                "delete from vault.loads where load = any(%s) and not kept",
                (list(concerned.runs),),
            )

    def _destroy_file(self, upload: UUID) -> None:
        subject = f"upload:{upload}"
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped, kept from vault.uploads where upload = %s for update",
                (upload,),
            ).fetchone()
            if row is None:
                return
            old, kept = bytes(row[0]), row[1]
            if not kept:
                connection.execute("delete from vault.uploads where upload = %s", (upload,))
                return
            new = self._vault.new_key(subject)
            self._reseal_results(connection, upload, old, new)
            blank = self._vault.seal_bytes(subject, new, "name", NAME)
            connection.execute(
                "update vault.uploads set wrapped = %s, name = %s, sealed = null, traces = %s, "
                "erased_at = coalesce(erased_at, %s) where upload = %s",
                (new, blank, [], self._clock(), upload),
            )

    def _told_of(self) -> list[UUID]:
        """Files that went with somebody else named in them, whose results still have the words."""
        found: dict[UUID, None] = {}
        for upload, wrapped, token, sealed in self._rows(
            "select upload, wrapped, token, r.sealed from vault.results r "
            "join vault.uploads u using (upload) where u.erased_at is not null",
            (),
        ):
            try:
                packed = self._vault.open_bytes(
                    f"upload:{upload}", bytes(wrapped), str(token), bytes(sealed)
                )
            except Trouble:
                continue  # it was tampered with, and nobody can open it
            body = zlib.decompress(packed)
            if redacted(body, self._words)[0] != body:
                found[upload] = None
        return list(found)

    def _reseal_results(
        self, connection: psycopg.Connection[Any], upload: UUID, old: bytes, new: bytes
    ) -> None:
        subject = f"upload:{upload}"
        for token, sealed in connection.execute(
            "select token, sealed from vault.results where upload = %s", (upload,)
        ).fetchall():
            try:
                body = self._vault.open_bytes(subject, old, str(token), bytes(sealed))
            except Trouble:
                continue  # it was tampered with, and nobody can open it
            made, touched = redacted(zlib.decompress(body), self._words)
            again = self._vault.seal_bytes(subject, new, str(token), zlib.compress(made))
            connection.execute(
                "update vault.results set sealed = %s, erased = erased or %s where token = %s",
                (again, touched, token),
            )

    def _empty_load(self, load: LoadId) -> None:
        at, name = UUID(load.value), str(load)
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped, head from vault.loads where load = %s for update", (at,)
            ).fetchone()
            if row is None or row[1] is None:
                return
            old, new = bytes(row[0]), self._vault.new_key(name)
            head, _ = redacted(
                self._vault.open_bytes(name, old, "head", bytes(row[1])), self._words
            )
            connection.execute(
                "update vault.loads set wrapped = %s, head = %s where load = %s",
                (new, self._vault.seal_bytes(name, new, "head", head), at),
            )
            for batch, sealed in connection.execute(
                "select batch, sealed from vault.load_batches where load = %s", (at,)
            ).fetchall():
                rows = opened_batch(self._vault, load, old, batch, bytes(sealed))
                made = [row_redacted(each, self._words, mine=self._mine(each)) for each in rows]
                data = self._vault.seal_bytes(name, new, f"batch {batch}", encoded_batch(made))
                connection.execute(
                    "update vault.load_batches set sealed = %s, traces = %s "
                    "where load = %s and batch = %s",
                    (data, traces_of(made, self._vault), at, batch),
                )

    def _mentions(self, gone: list[UUID]) -> tuple[Mention, ...]:
        name = self._person.get("name", "")
        # A single character stands everywhere.
        return mentions(self._vault, self._pool, name, gone) if len(name) > 1 else ()

    def _mine(self, row: StoredRow) -> bool:
        number = row.person.get(ID_NUMBER)
        prints = {self._vault.fingerprint(number)} if number else set()
        return bool(row.person) and (row.teacher == self._teacher or bool(prints & self._prints))

    def _about(self, upload: UUID, words: set[str]) -> bool:
        """Whether a row of a file names the person, and is nobody else's by a number."""
        try:
            rows = opened(self._vault, self._pool, upload)
        except Trouble:
            return False  # it was tampered with, and nobody can open it
        except Fault:
            return True  # it opens, but cannot be read any more
        hits = [row for row in rows if words & parts(told(row))[0]]
        printed = {each: self._vault.fingerprint(each) for row in hits for each in _numbers(row)}
        owners = self._vault.owners(sorted({*printed.values()}))
        codes = sorted({f"teacher:{each}" for row in hits for each in told(row)})
        known = self._rows("select subject from vault.keys where subject = any(%s)", (codes,))
        others = {subject for (subject,) in known} - {self._teacher}

        def anothers(row: Row) -> bool:
            whose = {owners.get(printed[each], self._teacher) for each in _numbers(row)}
            whose |= others & {f"teacher:{each}" for each in told(row)}
            return bool(whose - {self._teacher})

        return any(not anothers(row) for row in hits)

    def _loaded(self) -> dict[str, str]:
        """The person as a row of a load has it, where the vault has nothing any more."""
        for load, wrapped, batch, sealed in self._rows(
            "select load, wrapped, batch, sealed from vault.load_batches "
            "join vault.loads using (load) where traces && %s::bigint[] order by load, batch",
            ([of_subject(self._teacher)],),
        ):
            name = LoadId(f"load:{load}")
            for row in opened_batch(self._vault, name, bytes(wrapped), batch, bytes(sealed)):
                if row.teacher == self._teacher and row.person:
                    return row.person
        return {}

    def _lookups(self) -> list[tuple[Any, ...]]:
        return self._rows(
            "select fingerprint from vault.lookups where subject = %s", (self._teacher,)
        )

    def _rows(self, statement: str, values: Any) -> list[tuple[Any, ...]]:
        with self._pool.connection() as connection:
            return connection.execute(statement.encode(), values).fetchall()


def _numbers(row: Row) -> set[str]:
    return parts(told(row))[1]
