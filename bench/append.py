"""How fast the ledger takes in facts, beside its peers, on one machine at one time.

    python -m bench.append [--seconds 2] [--rounds 3] [--one-core] [--json]

Everything runs on one embedded PostgreSQL in a fresh folder with durability as shipped. In each
round every cell is measured once, ours right beside its peers, so that a noisy minute falls on all
of them. A cell is a number of callers that each wait for their answer before they ask again.

``append``           ours: ``Recorder.append``, one event of 300 bytes with three tags, under a
                     condition on two of its tags after the head that the caller saw before
``append, async``    the same through ``Recorder.append_async``, the callers tasks of one event loop
``dcb.postgres_tt``  the same appends through the library's own PostgreSQL recorder
``pgbench row``      one bare row of that size a transaction: no tags, no order, no condition
``pgbench row+tags`` the same and three tag rows, in one statement: still no order, no condition
``python row+tags``  the same as pgbench's with tags from threads of ours, by libpq at once
``eventsourcing``    one event of an aggregate through the library's default recorder
``UmaDB``            the same appends as ours to its server, under the same conditions
``message-db``       one message of a stream, by its function, under the version expected
``Emmett``           one event of a stream, by its store in Node, under the version expected
``commands``         ours: teachers registered through ``Ledger.submit``; each is read, decided,
                     encoded, hashed and kept with its request id

How to read it: the rates are those of this machine at this hour. The ratios are what counts; each
is taken within a round, and given as the median with the lowest and highest round. Above 1 we are
faster, except for latency (p50), where below 1 we are. pgbench is another process and written in C;
our callers are threads, or tasks, that share one interpreter with the committer. Python looks for
circular garbage as seldom as in our server, for all who run in this process; and with
``--one-core`` the threads of this process, ours and those of peers, stay on one core, which spares
them waking each other on another. After each of our cells the positions are checked: none missing,
and one for each answer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from contextlib import ExitStack, nullcontext
from statistics import median
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg

from api.collector import settle
from api.house import seldom_collected
from bench.append_peers import EMMETT, MESSAGE_DB, UMADB, Emmett
from bench.cores import one_core
from bench.peers import (
    AGGREGATES,
    APPEND,
    APPEND_ASYNC,
    COMMANDS,
    LIBRARY,
    PYTHON,
    ROW,
    ROW_TAGS,
    Peer,
    Pgbench,
    open_peers,
    server,
)
from bench.race import Cell

OURS = {APPEND: (1, 8, 32, 256), APPEND_ASYNC: (32, 256), COMMANDS: (8, 64, 256)}
PEERS = dict.fromkeys(
    (LIBRARY, AGGREGATES, UMADB, MESSAGE_DB, EMMETT, ROW, ROW_TAGS, PYTHON), (1, 8, 32)
)
WIDTHS = (1, 8, 32, 64, 256)
# Those that ask from a process of their own.
OUTSIDE = (Pgbench, Emmett)
# The pools of the peers stay open beside each other.
CONNECTIONS = 250
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

Rounds = dict[tuple[str, int], list[Cell]]


def run_rounds(peers: list[Peer], rounds: int, *, alone: bool) -> Rounds:
    """Every cell once a round, those of as many callers beside each other.

    ``alone``: whoever asks in this interpreter has one core.
    """
    cells: Rounds = {}
    for number in range(rounds):
        for callers in WIDTHS:
            for peer in peers:
                if callers in (OURS | PEERS)[peer.name]:
                    print(f"round {number + 1}: {peer.name} x{callers}", file=sys.stderr)
                    inside = alone and not isinstance(peer, OUTSIDE)
                    with one_core() if inside else nullcontext():
                        cells.setdefault((peer.name, callers), []).append(peer.measure(callers))
    return cells


def ratios(cells: Rounds) -> dict[str, list[float]]:
    """Ours to each peer's, round by round."""
    pairs = {
        f"{APPEND} x{callers} / {peer} x{callers}": ((APPEND, callers), (peer, callers))
        for peer, widths in PEERS.items()
        for callers in widths
    }
    pairs |= {f"{APPEND_ASYNC} x32 / {p} x32": ((APPEND_ASYNC, 32), (p, 32)) for p in PEERS}
    pairs |= {f"{ours} x256 / {p} x32": ((ours, 256), (p, 32)) for ours in OURS for p in PEERS}
    found = {
        name: [a.rate / b.rate for a, b in zip(cells[ours], cells[theirs], strict=True)]
        for name, (ours, theirs) in pairs.items()
    }
    for peer in PEERS:
        beside = zip(cells[APPEND, 1], cells[peer, 1], strict=True)
        found[f"p50 {APPEND} x1 / {peer} x1"] = [a.p50_ms / b.p50_ms for a, b in beside]
    return found


def machine(url: str) -> dict[str, str]:
    """What it ran on. Fails where durability is not as PostgreSQL ships it."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select version()").fetchone()
        settings: dict[str, str] = dict(
            connection.execute(
                "select name, setting from pg_settings where name = any(%s)", (list(DURABLE),)
            ).fetchall()
        )
    if settings != DURABLE:
        raise SystemExit(f"durability was touched, so nothing is measured: {settings}")
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "postgresql": row[0].split(" on ")[0].removeprefix("PostgreSQL ") if row else "",
        **settings,
    }


def report(about: dict[str, str], cells: Rounds) -> None:
    """Prints the table and the ratios."""
    print("; ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    widths = "".join(f"{width:>9}" for width in WIDTHS)
    print(f"{'median per second, callers:':27}{widths}  p50 ms x1")
    for name in OURS | PEERS:
        line = f"{name:27}"
        for width in WIDTHS:
            found = cells.get((name, width))
            line += f"{median(c.rate for c in found):>9,.0f}" if found else f"{'':>9}"
        alone = cells.get((name, 1))
        print(line + (f"{median(c.p50_ms for c in alone):>11.3f}" if alone else ""))
    print(f"\n{'ours / theirs':46}{'median':>8}  lowest and highest round")
    for name, values in ratios(cells).items():
        print(f"{name:46}{median(values):>8.2f}  {min(values):.2f} … {max(values):.2f}")


def as_json(about: dict[str, str], cells: Rounds) -> str:
    """The same for programs, every round of it."""
    rows: list[dict[str, Any]] = [
        {
            "peer": peer,
            "callers": callers,
            "per_second": [round(c.rate, 1) for c in found],
            "p50_ms": [round(c.p50_ms, 4) for c in found],
        }
        for (peer, callers), found in cells.items()
    ]
    return json.dumps(
        {"machine": about, "cells": rows, "ratios": ratios(cells)}, ensure_ascii=False, indent=1
    )


def positive(text: str) -> int:
    """A whole number from 1; pgbench counts in whole seconds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1")
    return int(text)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=positive, default=2, help="length of a cell (default 2)")
    parser.add_argument("--rounds", type=positive, default=3, help="how often (default 3)")
    parser.add_argument("--one-core", action="store_true", help="keep this interpreter on one core")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        with server(CONNECTIONS) as (url, folder), seldom_collected(), ExitStack() as stack:
            about = machine(url)
            peers = open_peers(url, folder, options.seconds, stack)
            settle()
            cells = run_rounds(peers, options.rounds, alone=options.one_core)
    except KeyboardInterrupt:
        raise SystemExit("interrupted; the server is stopped and its folder removed") from None
    print(as_json(about, cells)) if options.json else report(about, cells)


if __name__ == "__main__":
    main()
