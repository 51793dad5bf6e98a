"""How fast views are rebuilt from the log, beside the library's own way, on one server.

    python -m bench.rebuild [--teachers 1000] [--times 8] [--rounds 3] [--json]

The log: three terms of a county are decided by the ledger's own commands, and then told so many
times over under other names, each time of other people (api/retelling.py). In each round every cell
is measured once:

``records``           ours: the credit record alone, the whole log passed over
``all views``         ours: all views together
``views and index``   ours: the same and the index by which history is searched
``live``              ours: all views, as the runner follows: pages into indexed tables (a part)
``ProjectionRunner``  the library's: the same events in its own tables, one row counted up for each
                      type, as its examples do: an upsert and the tracking in one transaction an
                      event (a part)

Durability is as shipped. How to read it: the rates are those of this machine at this hour, the
ratios count; each is taken within a round, and given as the median with the lowest and the highest.
A rate is positions of the log per second; of the credit record the events that it takes in are
told as well. The load average before each round says who else was at work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg

from api.retelling_copy import Telling
from api.retelling_run import key_of, retell
from api.scale_run import decide
from api.simulate_years import years
from bench.append import machine, positive
from bench.peers import database, server
from bench.rebuild_peer import Library
from ledger.event import Event, decode
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from projections.catalogue import INDEXES, RECORDS, VIEWS
from projections.posting import PLACES, block_of
from projections.runner import Runner

COUNTY = "330381"
TERMS = ["2019H2", "2020H2", "2024H1"]
KEY = bytes(range(32))
LIVE_EVENTS = 10_000
PEER_EVENTS = 3_000
CELLS = ("records", "all views", "views and index", "live", "ProjectionRunner")


@dataclass
class Cell:
    """What each round of one way to fold came to."""

    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)


def fill(url: str, folder: Path, teachers: int, times: int) -> Ledger:
    """A ledger with a county's terms, told so many times over."""
    district = decide(folder / "district", years(COUNTY, teachers, TERMS, 1), None, unheard)
    tellings = [
        Telling(0, key_of(district, number), district.county, district.city)
        for number in range(times)
    ]
    migrate(url)
    head = retell(url, KEY, [district], tellings, os.cpu_count() or 1, lambda _: None)
    print(f"told {times} times: {head:,} events", file=sys.stderr)
    return Ledger(url, KEY)


def again(body: bytes, key: str, other: str) -> Event:
    """The event of another county whose names begin otherwise."""
    entry = decode(1, body.replace(key.encode(), other.encode()))
    return entry.event


def unheard(_: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass
class Desk:
    """The ledger and the ways to fold it."""

    ledger: Ledger
    library: Library

    def rebuilt(self, *names: str) -> int:
        """Views rebuilt; how many positions."""
        return self._runner().rebuild(names, afresh=True)

    def live(self) -> int:
        """The last events folded by steps, the views set back to before them."""
        runner = self._runner()
        # The index is set back by whole blocks.
        block, _ = block_of(self.ledger.feed.head() - LIVE_EVENTS)
        back = block * PLACES
        with psycopg.connect(self.ledger.url) as connection:
            # A view that takes some events in again costs what it does for the first time.
            connection.execute("update projection.progress set position = %s", (back,))
            connection.execute("delete from projection.trails where block >= %s", (block,))
        runner.catch_up()
        return self.ledger.feed.head() - back

    def _runner(self) -> Runner:
        return Runner(self.ledger.pool, self.ledger.feed, (*VIEWS, *INDEXES))

    def ways(self) -> dict[str, Callable[[], int]]:
        """What is measured, by name."""
        views = tuple(each.name for each in VIEWS)
        indexes = tuple(each.name for each in INDEXES)
        return {
            "records": lambda: self.rebuilt(RECORDS.name),
            "all views": lambda: self.rebuilt(*views),
            "views and index": lambda: self.rebuilt(*views, *indexes),
            "live": self.live,
            "ProjectionRunner": lambda: self.library.project(PEER_EVENTS),
        }


def measure(desk: Desk, rounds: int) -> dict[str, Cell]:
    """Every cell once a round."""
    cells = {name: Cell() for name in CELLS}
    for number in range(rounds):
        print(f"round {number + 1}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        for name, way in desk.ways().items():
            start, cpu = time.perf_counter(), cpu_seconds()
            count = way()
            seconds = time.perf_counter() - start
            cells[name].rates.append(count / seconds)
            cells[name].seconds.append(seconds)
            cells[name].cpu_seconds.append(cpu_seconds() - cpu)
            print(f"  {name}: {count:,} in {seconds:.2f} s", file=sys.stderr)
    return cells


def cpu_seconds() -> float:
    """The processor time of this process and of those that it began and that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def ratios(cells: dict[str, Cell]) -> dict[str, list[float]]:
    """Ours to the library's, and a rebuild to the live path, round by round."""
    pairs = [(name, "ProjectionRunner") for name in CELLS[:-1]] + [("views and index", "live")]
    return {
        f"{ours} / {theirs}": [
            a / b for a, b in zip(cells[ours].rates, cells[theirs].rates, strict=True)
        ]
        for ours, theirs in pairs
    }


def report(about: dict[str, str], told: dict[str, int], cells: dict[str, Cell]) -> None:
    """Prints the tables."""
    print("; ".join(f"{name} {value}" for name, value in (about | told).items()), end="\n\n")
    print(f"{'':20}{'events/s':>10}{'seconds':>9}{'own CPU s':>11}  lowest and highest round")
    for name, cell in cells.items():
        line = f"{name:20}{median(cell.rates):>10,.0f}{median(cell.seconds):>9.2f}"
        line += f"{median(cell.cpu_seconds):>11.2f}"
        print(f"{line}  {min(cell.rates):,.0f} … {max(cell.rates):,.0f}")
    print(f"\n{'':38}{'median':>8}  lowest and highest round")
    for name, values in ratios(cells).items():
        print(f"{name:38}{median(values):>8.1f}  {min(values):.1f} … {max(values):.1f}")


def main() -> None:
    """Fills a ledger, measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--teachers", type=positive, default=1_000)
    parser.add_argument("--times", type=positive, default=8, help="how often they are told")
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with server() as (url, scratch):
        about = machine(url)
        with fill(database(url, "rebuild"), scratch, given.teachers, given.times) as ledger:
            bodies = ledger.feed.raw_page(0, PEER_EVENTS)
            desk = Desk(ledger, Library(database(url, "library"), bodies))
            desk.rebuilt()
            cells = measure(desk, given.rounds)
            own = Filter(types=tuple(sorted(RECORDS.types)))
            told = {
                "events": ledger.feed.head(),
                "of the credit record": sum(1 for _ in ledger.feed.entries(own)),
                "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
    if given.json:
        rows = {name: vars(cell) for name, cell in cells.items()}
        print(json.dumps({"machine": about, "log": told, "cells": rows, "ratios": ratios(cells)}))
    else:
        report(about, told, cells)


if __name__ == "__main__":
    main()
