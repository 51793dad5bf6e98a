"""Lookup: whose id numbers these are, by their keyed hashes, and what a request was answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import psycopg
from psycopg_pool import ConnectionPool

from ledger.store.answer import Answer
from ledger.store.array import words


def subjects_of(
    pool: ConnectionPool[psycopg.Connection[Any]], fingerprints: Collection[bytes]
) -> dict[bytes, str]:
    """The subjects of those fingerprints that are known."""
    with pool.connection() as connection:
        rows = connection.execute(
            "select fingerprint, subject from vault.lookups where fingerprint = any(%s)",
            (list(fingerprints),),
        ).fetchall()
    return {bytes(fingerprint): subject for fingerprint, subject in rows}


def fingerprints_of(
    pool: ConnectionPool[psycopg.Connection[Any]], subjects: Collection[str]
) -> dict[str, bytes]:
    """The fingerprints of those subjects whose id number is known.

    Ask for all at once: the table is kept by fingerprints, so it is read through each time.
    """
    with pool.connection() as connection:
        rows = connection.execute(
            "select subject, fingerprint from unnest(%t::text[]) as wanted(subject) "
            "join vault.lookups using (subject)",
            (words(subjects),),
        ).fetchall()
    return {subject: bytes(fingerprint) for subject, fingerprint in rows}


def answered(
    pool: ConnectionPool[psycopg.Connection[Any]], actor: str, request: str
) -> Answer | None:
    """What somebody's request was answered; ``None`` where it was never carried out."""
    with pool.connection() as connection:
        row = connection.execute(
            "select answer from ledger.requests where actor = %s and request = %s",
            (actor, request),
        ).fetchone()
    return None if row is None else msgspec.json.decode(bytes(row[0]), type=Answer)
