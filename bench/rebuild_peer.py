"""The library's own way to fold: ``ProjectionRunner`` over its recorder on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

SPACE = UUID("0193c000-0000-7000-8000-000000000000")
AT_ONCE = 500


@dataclass(frozen=True)
class Happened:
    """One event of ours in the library's clothes."""

    originator_id: UUID
    originator_version: int
    timestamp: datetime
    kind: str
    body: str


class Counts(PostgresTrackingRecorder):
    """A view as the library's examples make them: one row for each type, counted up."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.counts = f"{self.tracking_table_name}_counts"
        named = Identifier(self.counts)
        self.sql_create_statements.append(
            SQL("create table if not exists {} (kind text primary key, number bigint)").format(
                named
            )
        )
        self._up = SQL(
            "insert into {0} values (%s, 1) on conflict (kind) do update "
            "set number = {0}.number + 1"
        ).format(named)

    def up(self, kind: str, tracking: Tracking) -> None:
        """Counts one more, and where it stands, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._up, (kind,), prepare=True)


class Counting(Projection[Counts]):
    """Counts events by type."""

    name = "counting"
    topics = ()

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Takes in one event."""
        self.view.up(domain_event.kind, tracking)


class Library:
    """Our events in the library's tables, to be projected again and again."""

    def __init__(self, url: str, bodies: Sequence[tuple[int, bytes]]) -> None:
        asked = conninfo_to_dict(url)
        names = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user"}
        self._env = {f"POSTGRES_{ours}": str(asked[theirs]) for ours, theirs in names.items()}
        self._env |= {"POSTGRES_PASSWORD": "", "PERSISTENCE_MODULE": "eventsourcing.postgres"}
        app: Application[UUID] = Application(env=self._env)
        kinds = [msgspec.json.decode(body)["type"] for _, body in bodies]
        for first in range(0, len(bodies), AT_ONCE):
            app.events.put(
                [
                    Happened(
                        originator_id=uuid5(SPACE, str(position)),
                        originator_version=1,
                        timestamp=datetime.now().astimezone(),
                        kind=kind,
                        body=body.decode(),
                    )
                    for kind, (position, body) in zip(
                        kinds[first : first + AT_ONCE], bodies[first : first + AT_ONCE], strict=True
                    )
                ]
            )
        app.close()

    def project(self, count: int) -> int:
        """Projects all events into a view that is empty; how many."""
        with ProjectionRunner(
            application_class=Application,
            projection_class=Counting,
            view_class=Counts,
            env=self._env,
        ) as runner:
            runner.wait(count, timeout=600)
            view = runner.projection.view
            with view.datastore.transaction(commit=True) as cursor:
                cursor.execute(SQL("select sum(number) from {}").format(Identifier(view.counts)))
                row = cursor.fetchone()
                # Its tracking table says which of the library's versions made it, also where it is
                # empty otherwise; so that it begins anew, it is made anew.
                for table in (view.counts, view.tracking_table_name):
                    cursor.execute(SQL("drop table {}").format(Identifier(table)))
        assert row is not None and row["sum"] == count, f"{row} of {count} events were projected"
        return count
