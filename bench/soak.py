"""A long mixed load at a share of the maximum: does memory grow, do the views fall behind?

    python -m bench.soak [--minutes 60] [--load 0.5] [--window 60] [--workers 1] [--json]

A county's term is played on a fresh data folder and `xuefen serve` started on it as an operator
would. Then more teachers and schools are registered than the server keeps names, tags and titles of
and than the committer remembers subjects of, so that what it keeps, which has bounds, is at its
bounds before anything is measured. Clients over HTTP read (85 %: records with their verdicts, pages
of teachers and of history, an offering's list) and command (15 %: teachers and schools are
registered). First as many as answer, for a while: that is the maximum. Then requests are sent at
their times, at the share of it, whether or not earlier ones were answered, and a latency counts
from when a request was due. The clients share the machine's cores with the server, so the maximum
is that of both together; run it alone on the machine, since what others take away later was counted
in.

Each window tells requests, errors, latencies, the worst lag in positions and in seconds (the age of
the oldest event that some view has not folded), and the private memory of each process. The verdict
lays a line through the windows, without the first quarter, in which caches fill: something grows
where the 95 % interval of its slope lies above nothing and it would gain more than a twentieth of
itself (and 4 MiB, 40,000 blocks, 50 ms, or 20 positions) in an hour. The blocks that the server's
Python has in use tell a loss from memory that is free and lies in pieces. Where something that the
server keeps (as ``/metrics`` tells of each) still filled meanwhile by a twentieth of its bound or
more, nothing is proved either way, and that is said. A ledger that is written to gets longer; what
is tested is that the processes do not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from api.auth import issue
from api.issuers import issuer
from api.settings import Mode, Settings
from bench.folder import fresh_folder
from bench.kill_servers import ROOT
from bench.soak_clients import CLIENTS, Clients, Window
from bench.soak_watch import Look, Trend, Watch
from ledger.command import Asker, Role
from ledger.names import LedgerId
from ledger.store.embedded import Embedded
from ledger.store.postmaster import postmaster_of

WINDOWS_MIN = 8
MEASURED_SECONDS, LOOK_SECONDS, READY_SECONDS = 30, 5, 120
SHARE, LEAST = 0.05, {"memory": 4.0, "blocks": 40.0, "age": 0.05, "behind": 20.0, "p95": 5.0}
ASKER = Asker(actor="staff:soak", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))


@contextmanager
def server(folder: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`xuefen serve` on a data folder, and where it answers; it ends afterwards."""
    ready = folder / "ready"
    ours = {k: v for k, v in os.environ.items() if not k.startswith("XUEFEN_")}
    ours |= {"XUEFEN_MODE": "development", "XUEFEN_REQUESTS_PER_MINUTE": "0"}
    ours |= {"XUEFEN_COST_PER_MINUTE": "0"}
    command = [sys.executable, "-m", "api.cli", "--data", str(folder / "data")]
    more = ["serve", "--port", "0", "--ready-file", str(ready), "--workers", str(workers)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen([*command, *more], cwd=ROOT, env=ours, stdout=log, stderr=log)
    deadline = time.monotonic() + READY_SECONDS
    try:
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((folder / "server.log").read_text()[-2_000:])
            time.sleep(0.05)
        yield process, ready.read_text().strip()
    finally:
        process.terminate()
        process.wait(60)


def quantile(values: list[float], share: float) -> float:
    """The value below which that share lies; 0 for none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def told(
    at: float, window: Window, looks: list[Look], kept: dict[str, tuple[int, int]], blocks: int
) -> dict[str, Any]:
    """A window as a row; memory is the mean of its looks, lag the worst."""
    names = looks[0].memory
    return {
        "minute": round(at * 60, 2),
        "requests": len(window.reads) + len(window.commands),
        "errors": sum(window.errors.values()) + window.late,
        "what": dict(window.errors),
        "read_ms": [round(quantile(window.reads, q), 1) for q in (0.5, 0.95, 0.99)],
        "command_ms": [round(quantile(window.commands, q), 1) for q in (0.5, 0.95, 0.99)],
        "behind": max(look.behind for look in looks),
        "age": round(max(look.age for look in looks), 3),
        "stopped": max(look.stopped for look in looks),
        "kept": kept,
        "blocks": blocks / 1_000,
        "memory": {
            name: round(sum(look.memory[name] for look in looks) / len(looks), 2) for name in names
        },
    }


async def soaked(http: httpx.AsyncClient, watch: Watch, given: argparse.Namespace) -> Any:
    """The maximum, and a row for each window at the share of it."""
    clients = Clients(http, random.Random(given.seed))
    await clients.learn()
    await clients.fill()
    await clients.as_many_as_answer(MEASURED_SECONDS / 3)
    clients.window = Window()
    most = await clients.as_many_as_answer(MEASURED_SECONDS)
    rate = most * given.load
    say(given, f"maximum {most:,.0f} requests/s at {CLIENTS} clients, errors "
        f"{dict(clients.window.errors)}; from here on {rate:,.0f}/s")  # fmt: skip
    begun, rows = time.perf_counter(), []
    clients.window = Window()
    end = begun + given.minutes * 60
    load = asyncio.create_task(clients.at(rate, end))
    while (opened := time.perf_counter()) < end - given.window / 2:
        closes = min(opened + given.window, end)
        while time.perf_counter() < closes:
            await asyncio.to_thread(watch.look)
            await asyncio.sleep(max(0.0, min(LOOK_SECONDS, closes - time.perf_counter())))
        window, clients.window = clients.window, Window()
        kept, blocks = await clients.kept()
        rows.append(told((opened - begun) / 3_600, window, watch.taken(), kept, blocks))
        say(given, line(rows[-1]))
    await load
    return {"maximum": round(most, 1), "rate": round(rate, 1), "windows": rows}


def line(row: dict[str, Any]) -> str:
    """A window for people."""
    memory = ", ".join(f"{name} {mib:.1f}" for name, mib in row["memory"].items())
    return (
        f"{row['minute']:6.1f} min  {row['requests']:6} requests  "
        f"{row['errors']} errors {row['what'] or ''} "
        f"read {row['read_ms']} command {row['command_ms']} ms (p50 p95 p99)  "
        f"lag {row['behind']} positions {row['age']} s  MiB: {memory}, "
        f"{row['blocks']:,.0f} thousand blocks"
    )


def verdict(rows: list[dict[str, Any]]) -> tuple[list[str], bool]:
    """What each line through the windows says, and whether all is well."""
    kept = rows[len(rows) // 4 :]
    wrong = [f"{sum(row['errors'] for row in rows)} errors"] * any(row["errors"] for row in rows)
    wrong += ["a view stopped"] * any(row["stopped"] for row in rows)
    if len(kept) < WINDOWS_MIN:
        return [*wrong, f"{len(kept)} windows are no line: {WINDOWS_MIN} are needed"], False
    filling = _filling(kept[0]["kept"], kept[-1]["kept"])
    hours = [row["minute"] / 60 for row in kept]
    series = {f"MiB of {name}": ("memory", [row["memory"][name] for row in kept])
              for name in kept[0]["memory"]}  # fmt: skip
    series["thousand blocks of the server's Python"] = ("blocks", [row["blocks"] for row in kept])
    series["lag, positions"] = ("behind", [float(row["behind"]) for row in kept])
    series["lag, seconds"] = ("age", [row["age"] for row in kept])
    series["read p95, ms"] = ("p95", [row["read_ms"][1] for row in kept])
    said, grown = [*wrong, *filling], False
    for name, (kind, values) in series.items():
        trend = Trend.of(hours, values)
        grows = trend.grows(SHARE, LEAST[kind]) and name != "MiB of client"
        grown = grown or grows
        said.append(
            f"{name}: mean {trend.level:.2f}, {trend.slope:+.2f} ± {trend.margin:.2f} an hour"
            + (" GROWS" if grows else "")
        )
    return said, not (wrong or filling or grown)


def _filling(first: dict[str, tuple[int, int]], last: dict[str, tuple[int, int]]) -> list[str]:
    """What is kept of more answers at the last than at the first, by a share of its bound."""
    return [
        f"{name} still filled, from {had:,} to {has:,} of {most:,} kept: nothing is proved"
        for name, (has, most) in last.items()
        if has - (had := first.get(name, (0, most))[0]) > SHARE * most
    ]


def say(given: argparse.Namespace, text: str) -> None:
    """A line as it comes, to people."""
    print(text, file=sys.stderr if given.json else sys.stdout, flush=True)


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Plays the county, serves it, and soaks it."""
    data = folder / "data"
    try:
        play(given, data)
        with server(folder, given.workers) as (process, url):
            found = asyncio.run(served(given, data, process.pid, url))
    finally:
        Embedded(data).stop()
    said, well = verdict(found["windows"])
    return found | {"verdict": said, "well": well}


def play(given: argparse.Namespace, data: Path) -> None:
    """Plays the county into a data folder."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("XUEFEN_")}
    ours["XUEFEN_MODE"] = "development"
    command = [sys.executable, "-m", "api.cli", "--data", str(data), "simulate"]
    command += ["--teachers", str(given.teachers)]
    # It ends with 1 where a command of its script was refused, which is nothing to us.
    done = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True)
    assert done.returncode in (0, 1), done.stderr.decode()


async def served(given: argparse.Namespace, data: Path, server_id: int, url: str) -> dict[str, Any]:
    """Soaks a server that runs."""
    key = issuer(Settings(data=data, mode=Mode.DEVELOPMENT, _env_file=None))
    headers = {"authorization": f"Bearer {issue(key, ASKER, valid=timedelta(days=1))}"}
    postmaster = postmaster_of(Embedded(data).cluster)
    assert postmaster is not None
    watch = Watch(server_id, postmaster.pid, postmaster.url)
    limits = httpx.Limits(max_connections=CLIENTS * 2)
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as http:
        return await soaked(http, watch, given)


def main() -> None:
    """Runs and prints; exits with 1 where something grew or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--load", type=float, default=0.5)
    parser.add_argument("--window", type=float, default=60, help="seconds")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--teachers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with fresh_folder("soak") as folder:
        found = run(given, folder)
    if given.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(*found["verdict"], "well" if found["well"] else "NOT WELL", sep="\n")
    raise SystemExit(0 if found["well"] else 1)


if __name__ == "__main__":
    main()
