"""Whether several processes on one ledger take in as much together as one alone.

    python -m bench.several [--processes 2] [--callers 64 256] [--seconds 3] [--rounds 5] [--json]

So many callers wait for their answers, all in one process or shared among several; each process has
a committer of its own, and they take turns under one lock. ``append`` and ``append, async`` are
those of ``bench.append``, ``commands`` registers teachers. In each round every cell is measured
once, one process right beside several; told are the median of the rates, their ratio round by
round, and the size of batches. Afterwards no position is missing, and there is one for each answer.
Durability is as shipped.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from itertools import count
from statistics import median
from typing import Any

from api.collector import settle
from api.house import seldom_collected
from bench.append import CONNECTIONS, machine, positive
from bench.append_ours import Appends, AppendsAsync, dense
from bench.peers import APPEND, APPEND_ASYNC, COMMANDS, SCHOOL, Commands, database, server
from bench.race import Race, expect
from ledger.names import JurisdictionId
from ledger.register import RegisterSchool, Stage
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger
from ledger.store.recorder import Recorder

KEY = bytes(range(32))
WIDTH = 10_000


def work(url: str, kind: str, number: int, callers: int, seconds: int) -> None:
    """One process: says that it is ready, waits for the word, and prints what it did."""
    batches: list[int] = []
    with seldom_collected(), Ledger(url, KEY) as ledger:
        ledger.committer.carried = batches.append
        names, head, race = (
            range(number * WIDTH, number * WIDTH + callers),
            ledger.feed.head(),
            Race(seconds),
        )
        recorder = Recorder(url, ledger.committer)
        appends = Appends(APPEND, recorder, seconds)
        tasks = AppendsAsync(APPEND_ASYNC, recorder, seconds, url)
        commands = Commands(COMMANDS, ledger, seconds)
        settle()
        print("ready", flush=True)
        sys.stdin.readline()
        if kind == APPEND_ASYNC:
            cell = race.run_async([tasks.step(each, head) for each in names])
        elif kind == APPEND:
            cell = race.run([appends.step(each, head) for each in names])
        else:
            cell = race.run([commands.step(f"{os.getpid()}-{each}") for each in names])
        answers = len(race.took) + callers
    told = {"rate": cell.rate, "p50_ms": cell.p50_ms, "answers": answers, "batches": len(batches)}
    print(json.dumps(told), flush=True)


def measure(url: str, kind: str, processes: int, callers: int, seconds: int) -> dict[str, float]:
    """One cell: so many callers shared among so many processes. Raises ``SystemExit``."""
    head = dense(url)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.several", "--work", url, kind, str(next(NUMBERS)),
             str(callers // processes), str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(processes)
    ]  # fmt: skip
    told = []
    for each in started:
        assert each.stdout is not None
        if each.stdout.readline().strip() != "ready":
            raise SystemExit("a process did not get ready")
    for each in started:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in started:
        out, _ = each.communicate()
        if each.returncode != 0:
            raise SystemExit("a process failed")
        told.append(json.loads(out))
    answers = sum(each["answers"] for each in told)
    expect(dense(url) - head, answers, f"{kind} of {processes} processes")
    return {
        "rate": sum(each["rate"] for each in told),
        "p50_ms": median(each["p50_ms"] for each in told),
        "batch": answers / sum(each["batches"] for each in told),
    }


NUMBERS = count(1)


def main() -> None:
    """Measures and prints, or is one of the processes."""
    if sys.argv[1:2] == ["--work"]:
        url, kind, number, callers, seconds = sys.argv[2:]
        work(url, kind, int(number), int(callers), int(seconds))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=positive, default=2)
    parser.add_argument("--callers", type=positive, nargs="+", default=[64, 256])
    parser.add_argument("--seconds", type=positive, default=3)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[tuple[str, int, int], list[dict[str, float]]] = {}
    with server(CONNECTIONS) as (url, _):
        about, own = machine(url), database(url, "several")
        with Ledger.found(own, KEY) as ledger:
            place = JurisdictionId("jurisdiction:330381")
            school = RegisterSchool(school=SCHOOL, place=place, title="B", stage=Stage.PRIMARY)
            ledger.ask([school], FOUNDER)
        for number in range(options.rounds):
            for kind in (APPEND, APPEND_ASYNC, COMMANDS):
                for callers in options.callers:
                    for processes in (1, options.processes):
                        print(f"round {number + 1}: {kind} {processes} x{callers}", file=sys.stderr)
                        cell = measure(own, kind, processes, callers, options.seconds)
                        found.setdefault((kind, callers, processes), []).append(cell)
    report(about, found, options)


def report(
    about: dict[str, str],
    found: dict[tuple[str, int, int], list[dict[str, float]]],
    options: argparse.Namespace,
) -> None:
    """Prints the rates and the ratios of several processes to one."""
    if options.json:
        rows: list[dict[str, Any]] = [
            {"kind": kind, "callers": callers, "processes": processes, "cells": cells}
            for (kind, callers, processes), cells in found.items()
        ]
        print(json.dumps({"machine": about, "rows": rows}, indent=1))
        return
    print("; ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    for (kind, callers, processes), cells in found.items():
        rate, p50, batch = (median(c[name] for c in cells) for name in ("rate", "p50_ms", "batch"))
        line = f"{kind:13} {callers:4} callers in {processes}: {rate:9,.0f}/s  p50 {p50:6.2f} ms"
        line += f"  batch {batch:5.1f}"
        if processes > 1:
            alone = found[kind, callers, 1]
            ratios = [c["rate"] / a["rate"] for c, a in zip(cells, alone, strict=True)]
            line += f"  ratio {median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})"
        print(line)


if __name__ == "__main__":
    main()
