"""Imprint: what each table holds, in one hash over its rows in the order of its key.

The rows are read as PostgreSQL's binary COPY sends them, which for the types that we use says the
same bytes for the same values in every version; texts are ordered by their bytes, so that the
collation of a database is nothing to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from ledger.store.dump import LEFT_OUT, SCHEMAS

Connection = psycopg.Connection[Any]
TABLES = """
select n.nspname, c.relname,
    array(select a.attname::text from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
    array(select a.attname::text || case when a.attcollation <> 0 then ' "C"' else '' end
          from pg_index i, unnest(i.indkey) with ordinality k(number, place)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
          where i.indrelid = c.oid and i.indisprimary order by k.place)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind in ('r', 'p') and c.relpersistence = 'p'
order by n.nspname, c.relname
"""
COLLATED = ' "C"'


class Imprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table by its full name: how many rows it has, and their SHA-256."""

    table: str
    rows: int
    sha256: str


def imprints(connection: Connection) -> Iterator[Imprint]:
    """One for each table of the ledger and the vault, in the order of their names."""
    found = connection.execute(TABLES, (list(SCHEMAS),)).fetchall()
    for schema, name, columns, key in found:
        if f"{schema}.{name}" not in LEFT_OUT:
            yield _imprint(connection, (schema, name), columns, key)


def _imprint(
    connection: Connection, name: tuple[str, str], columns: list[str], key: list[str]
) -> Imprint:
    table = sql.Identifier(*name)
    [rows] = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone() or (0,)
    statement = sql.SQL("copy (select {} from {} order by {}) to stdout (format binary)").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        table,
        sql.SQL(", ").join(map(_ordered, key or columns)),
    )
    hashed = sha256()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            hashed.update(block)
    return Imprint(".".join(name), rows, hashed.hexdigest())


def _ordered(column: str) -> sql.Composable:
    made = sql.Identifier(column.removesuffix(COLLATED))
    return (
        sql.SQL("{} collate {}").format(made, sql.Identifier("C"))
        if (column.endswith(COLLATED))
        else made
    )
