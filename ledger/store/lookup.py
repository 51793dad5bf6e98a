"""Lookup: whose id numbers these are, many at once, by their keyed hashes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool


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
            "select subject, fingerprint from unnest(%s::text[]) as wanted(subject) "
            "join vault.lookups using (subject)",
            (list(subjects),),
        ).fetchall()
    return {subject: bytes(fingerprint) for subject, fingerprint in rows}
