"""Tracing: what lay sealed before there were traces is opened once, and gets its own."""

from __future__ import annotations

import zlib
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import ConnectionPool

from ledger.fault import Fault
from ledger.names import LoadId
from ledger.sheet import Row
from ledger.store.load import opened_head
from ledger.store.load_row import StoredRow, opened_batch, traces_of
from ledger.store.trace import add, of_subject, of_texts, told
from ledger.store.trouble import Trouble
from ledger.store.vault import Vault
from ledger.store.workbook import read_workbook

Pool = ConnectionPool[psycopg.Connection[Any]]


def trace_all(vault: Vault, pool: Pool) -> None:
    """Gives traces to what has none; to what was tampered with and opens no more, no trace."""
    untraced = "where traces is null"
    for (upload,) in _rows(pool, f"select upload from vault.uploads {untraced}"):
        found = _of(vault, pool, upload)
        _set(pool, "vault.uploads set traces = %s where upload = %s", found, upload)
    for load, batch in _rows(pool, f"select load, batch from vault.load_batches {untraced}"):
        rows = _batch(vault, pool, load, batch)
        _set(
            pool,
            "vault.load_batches set traces = %s where load = %s and batch = %s",
            traces_of(rows, vault),
            load,
            batch,
        )


def opened(vault: Vault, pool: Pool, upload: UUID) -> list[Row]:
    """All rows of a file, with what it and its tabs are called.

    Raises ``Trouble`` where it does not open, ``Fault`` where what opens is no sheet.
    """
    [(wrapped, title, sealed)] = _rows(
        pool, "select wrapped, name, sealed from vault.uploads where upload = %s", upload
    )
    subject, key = f"upload:{upload}", bytes(wrapped)
    called = vault.open_bytes(subject, key, "name", bytes(title)).decode()
    rows: list[Row] = [(called,)]
    if sealed is not None:
        grid = read_workbook(vault.open_bytes(subject, key, "data", bytes(sealed)), called)
        rows += [(tab.name,) for tab in grid.tabs]
        rows += [row for tab in grid.tabs for row in tab.rows]
    return rows


def _of(vault: Vault, pool: Pool, upload: UUID) -> list[int]:
    try:
        texts = {text for row in opened(vault, pool, upload) for text in told(row)}
        found = of_texts(vault, texts) | {of_subject(each) for each in _named(vault, pool, upload)}
    except (Trouble, Fault):
        return []
    return sorted(found)


def _named(vault: Vault, pool: Pool, upload: UUID) -> set[str]:
    """The teachers whom results say that a file names."""
    found: set[str] = set()
    for token, wrapped, sealed in _rows(
        pool,
        "select token, wrapped, r.sealed from vault.results r join vault.uploads u using (upload) "
        "where upload = %s",
        upload,
    ):
        body = vault.open_bytes(f"upload:{upload}", bytes(wrapped), str(token), bytes(sealed))
        result = msgspec.json.decode(zlib.decompress(body))
        rows = result["comparison"]["rows"]
        found |= {each["teacher"] for each in rows if each["row"] is not None and each["teacher"]}
        doubts = [each for each in result["doubtful"] if each["rows"]]
        found |= {who for each in doubts for who in each["teachers"]}
    return found


def _batch(vault: Vault, pool: Pool, load: UUID, batch: int) -> list[StoredRow]:
    """The rows of a batch; the file that the load is of is told whom they name."""
    of = LoadId(f"load:{load}")
    [(wrapped, head, sealed)] = _rows(
        pool,
        "select wrapped, head, sealed from vault.loads join vault.load_batches using (load) "
        "where load = %s and batch = %s",
        load,
        batch,
    )
    try:
        rows = opened_batch(vault, of, bytes(wrapped), batch, bytes(sealed))
        if head is not None:
            upload = opened_head(vault, of, bytes(wrapped), bytes(head)).upload
            add(pool, upload, (row.teacher for row in rows if row.row and row.teacher))
            _set(pool, "vault.loads set upload = %s where load = %s", UUID(upload), load)
    except Trouble:
        return []
    return rows


def _rows(pool: Pool, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with pool.connection() as connection:
        return connection.execute(statement.encode(), values).fetchall()


def _set(pool: Pool, change: str, *values: object) -> None:
    with pool.connection() as connection:
        connection.execute(f"update {change}".encode(), values)
