"""What is done after very many new rows, by the owner of the tables and by nobody else."""

from __future__ import annotations

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent

from ledger.store.bundle import tend
from ledger.store.migrate import migrate
from ledger.store.recorder import Recorder
from tests.store.test_migrate import database_user

TENDED = (
    "select oid::regclass::text, reltuples::int, relallvisible from pg_class "
    "where oid in ('ledger.events'::regclass, 'ledger.tags'::regclass)"
)
CHECKPOINT = "select checkpoint_lsn from pg_control_checkpoint()"


def few(url: str) -> None:
    recorder = Recorder(url)
    try:
        recorder.append([DCBEvent("n", b"{}", ["a", "b"]) for _ in range(10)])
    finally:
        recorder.close()


@pytest.mark.usefixtures("migrated_template")
def test_tables_are_tended_by_an_owner_who_may_not_ask_for_a_checkpoint(
    empty_database_url: str,
) -> None:
    with database_user(empty_database_url) as (name, url):
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            connection.execute(f"grant xuefen_app to {name}".encode())
        migrate(url)
        few(url)
        tend(url)
        with psycopg.connect(empty_database_url) as connection:
            found = {table: told for table, *told in connection.execute(TENDED)}

    assert found == {"ledger.events": [10, 1], "ledger.tags": [20, 1]}


def test_what_is_not_on_disk_yet_is_written_where_that_is_allowed(database_url: str) -> None:
    few(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        before = connection.execute(CHECKPOINT).fetchone()
        tend(database_url)
        after = connection.execute(CHECKPOINT).fetchone()

    assert before != after
