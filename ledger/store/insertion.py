"""Insertion: what the committer writes of a batch, each table in one statement."""

from __future__ import annotations

from typing import Any

import psycopg

from ledger.event import leaf_hash
from ledger.store import statements as sql
from ledger.store.array import numbers, words
from ledger.store.statements import UNIT, tag_hash
from ledger.store.tray import Row
from ledger.store.work import Seal


def insert_events(cursor: psycopg.Cursor[Any], rows: list[Row]) -> None:
    """Writes a batch's events with their tags; the cursor gives ``False`` where others wrote."""
    entries = [row.entry for row in rows]
    bodies = [row.body for row in rows]
    hashes: list[int] = []
    positions: list[int] = []
    for row in rows:
        found = [tag_hash(tag) for tag in row.tags]
        hashes += found
        positions += [row.position] * len(found)
    cursor.execute(
        sql.WRITE,
        (
            rows[0].position - 1,
            rows[0].at,
            words([row.type for row in rows]),
            words([row.on.isoformat() if row.on else None for row in rows]),
            words([entry.id if entry else None for entry in entries]),
            words([entry.channel if entry else None for entry in entries]),
            words([UNIT.join(row.tags) for row in rows]),
            bodies,
            [leaf_hash(body) for body in bodies],
            numbers(hashes),
            numbers(positions),
        ),
    )


def insert_seals(cursor: psycopg.Cursor[Any], seals: list[Seal]) -> None:
    """Writes sealed personal data, their keys, and by what they are looked up."""
    if not seals:
        return
    cursor.execute(
        sql.INSERT_KEYS, (words([each.subject for each in seals]), [each.wrapped for each in seals])
    )
    secrets = [(each.subject, *secret) for each in seals for secret in each.secrets]
    if secrets:
        subjects, digests, names, bodies = zip(*secrets, strict=True)
        cursor.execute(
            sql.INSERT_SECRETS, (words(digests), words(subjects), words(names), list(bodies))
        )
    lookups = [(each.fingerprint, each.subject) for each in seals if each.fingerprint]
    if lookups:
        prints, subjects = zip(*lookups, strict=True)
        cursor.execute(sql.INSERT_LOOKUPS, (list(prints), words(subjects)))
