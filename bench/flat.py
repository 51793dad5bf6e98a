"""Whether the rates stay as the ledger grows, and what an event costs in bytes.

    python -m bench.flat FOLDER [--sizes 10000 10000000] [--seconds 3] [--rounds 3] [--json]

The ledgers are those of ``bench.filling`` in the folder, filled where they are not there yet; each
run appends to them. In each round every size is measured right beside the others: single events
under a condition at 1 and 32 callers as in ``bench.append``, and real choices of courses by 64
callers as in ``bench.selection``. The peer of each rate is the same at the smallest size in the
same round: 1 where the rate does not depend on the size.

Bytes on disk are those of tables and indexes, by event. Bytes of the write-ahead log are those of
the appends at 32 callers, right after a checkpoint and some way on; and those of events right after
a checkpoint of which each is of a teacher drawn from all, so that nearly each writes a whole page
of the tags' index, the more surely the larger the ledger is. Durability is as shipped.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from itertools import count, islice
from pathlib import Path
from random import Random
from statistics import median

import psycopg
from eventsourcing.dcb.api import DCBEvent
from msgspec import structs

from bench.append import machine, positive
from bench.append_ours import BODY_BYTES, Appends
from bench.as_of import OPERATOR, Put, life
from bench.filling import KEY, PER_TEACHER, filled, kept_server
from bench.graphql_given import classes, school, school_of
from bench.peers import APPEND
from bench.selection import BATCH, SCHOOL_TEACHERS, Clock, choose, teacher
from ledger.names import OfferingId
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger
from ledger.store.recorder import Recorder

CHOICES, SCATTERED = 4_000, 20_000
TYPE = "bench.happened"
ALONE, TOGETHER, CHOOSING = "append x1", "append x32", "choose x64"
# Numbers of teachers that no other's reach.
BEYOND = 1_000_000_000
SIZES = """
select c.relname, pg_table_size(c.oid), pg_indexes_size(c.oid)
from pg_class c where c.relnamespace = 'ledger'::regnamespace
    and c.relname in ('events', 'tags', 'blocks', 'requests')
"""
LOG = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn, wal_fpi from pg_stat_wal"


class Store:
    """One filled ledger, its callers ready."""

    def __init__(self, url: str, size: int, rounds: int, seconds: int, stack: ExitStack) -> None:
        self.url, self.size = url, size
        self.ledger = stack.enter_context(Ledger(url, KEY, Clock()))
        self.bytes = self._bytes()
        self.recorder = Recorder(url, self.ledger.committer)
        self.appends = Appends(APPEND, self.recorder, seconds, url)
        first = BEYOND + self.ledger.feed.head() // SCHOOL_TEACHERS * SCHOOL_TEACHERS
        self.numbers = count(first)
        self.offerings = _county(self.ledger, first, rounds * CHOICES)

    def _bytes(self) -> dict[str, float]:
        with psycopg.connect(self.url) as connection:
            events = self.ledger.feed.head()
            rows = connection.execute(SIZES).fetchall()
        found = {}
        for name, table, indexes in rows:
            found[name], found[f"{name}, indexes"] = table / events, indexes / events
        return found

    def measured(self, cell: str) -> float:
        """Events a second in one cell."""
        if cell == CHOOSING:
            return choose(self.ledger, list(islice(self.numbers, CHOICES)), self.offerings)
        return self.appends.measure(int(cell.rpartition("x")[2])).rate

    def logged(self) -> dict[str, float]:
        """Bytes of the log for each event appended, right after a checkpoint and some way on."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("checkpoint")
        found = {}
        for name in ("after a checkpoint", "later"):
            (start, pages), head = self._log(), self.ledger.feed.head()
            self.appends.measure(32)
            (end, more), events = self._log(), self.ledger.feed.head() - head
            found[f"log, {name}"] = (end - start) / events
            found[f"whole pages, {name}"] = (more - pages) / events
        return found | self._scattered()

    def _scattered(self) -> dict[str, float]:
        drawn = Random(self.size)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("checkpoint")
        (start, pages), head = self._log(), self.ledger.feed.head()
        for _ in range(SCATTERED // BATCH):
            teachers = [drawn.randrange(max(self.size // PER_TEACHER, 1)) for _ in range(BATCH)]
            self.recorder.append(
                [DCBEvent(TYPE, b" " * BODY_BYTES, [f"teacher:t{each}"]) for each in teachers]
            )
        (end, more), events = self._log(), self.ledger.feed.head() - head
        return {
            "log, of any teacher": (end - start) / events,
            "whole pages, of any teacher": (more - pages) / events,
        }

    def _log(self) -> tuple[int, int]:
        """How far the write-ahead log has come, and how many whole pages it holds."""
        with psycopg.connect(self.url) as connection:
            connection.execute("select pg_stat_force_next_flush()")
            row = connection.execute(LOG).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])


def _county(ledger: Ledger, first: int, teachers: int) -> list[OfferingId]:
    """So many registered teachers, numbered from the first, and twenty classes."""
    for number in range(first, first + teachers, SCHOOL_TEACHERS):
        ledger.ask([school(number // SCHOOL_TEACHERS)], FOUNDER)
    for start in range(first, first + teachers, BATCH):
        numbers = range(start, min(start + BATCH, first + teachers))
        ledger.ask(
            [Put(events=tuple(life(teacher(n), school_of(n), 0))) for n in numbers], OPERATOR
        )
    # Classes of this run alone, so that those of an earlier run take no seat of it.
    opened = [
        structs.replace(each, offering=OfferingId(f"{each.offering}-{first}")) for each in classes()
    ]
    ledger.ask([Put(events=tuple(opened))], OPERATOR)
    return [each.offering for each in opened]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=positive, nargs="+", default=[10_000, 10_000_000])
    parser.add_argument("--seconds", type=positive, default=3)
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rates: dict[str, dict[int, list[float]]] = {}
    with ExitStack() as stack:
        url = stack.enter_context(kept_server(options.folder))
        about = machine(url)
        stores = [
            Store(filled(url, size), size, options.rounds, options.seconds, stack)
            for size in sorted(options.sizes)
        ]
        for number in range(options.rounds):
            for cell in (CHOOSING, ALONE, TOGETHER):
                for store in stores:
                    print(f"round {number + 1}: {cell} at {store.size:,}", file=sys.stderr)
                    found = rates.setdefault(cell, {}).setdefault(store.size, [])
                    found.append(store.measured(cell))
        costs = {store.size: store.bytes | store.logged() for store in stores}
    if options.json:
        print(json.dumps({"machine": about, "per_second": rates, "bytes": costs}, indent=1))
    else:
        report(about, rates, costs)


def report(
    about: dict[str, str],
    rates: dict[str, dict[int, list[float]]],
    costs: dict[int, dict[str, float]],
) -> None:
    """Prints rates with their ratio to the smallest size, and bytes by event."""
    print("; ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    for cell, sizes in rates.items():
        base = sizes[min(sizes)]
        for size, found in sizes.items():
            ratios = [each / small for each, small in zip(found, base, strict=True)]
            spread = f"{median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})"
            print(f"{cell:12} at {size:>12,}: {median(found):9,.0f}/s  ratio {spread}")
    for size, held in costs.items():
        print(f"\nbytes an event at {size:,}:")
        for name, value in held.items():
            print(f"  {name:36} {value:10.1f}")


if __name__ == "__main__":
    main()
