"""Kill: whether anything is lost, doubled or made up when servers die in the middle of a term.

    python -m bench.kill [--kills 50] [--seed 1] [--servers 1] [--teachers 300] [--json]

Servers run as ``xuefen serve`` on a fresh data folder; the simulation asks them over HTTP and keeps
every acknowledgement. At random moments one of them dies by SIGKILL, now and then while it is still
starting, now and then with the whole of PostgreSQL; it is started again and the clients ask
again under the same request ids. When a simulation ends before the kills do, the next one begins on
another fresh folder. At the end of each, the ledger is held against the acknowledgements, against
the same simulation that nobody disturbed, its views against a rebuild, and ``xuefen check`` is run.
Exit code 1 on any breach.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, timedelta
from pathlib import Path
from random import Random

from api.settings import Settings
from api.simulate import Simulation, Summary, in_process, prepare, run
from api.simulate_http import OverHttp, over_http
from bench.folder import fresh_folder
from bench.kill_servers import Servers
from bench.kill_verify import Report, Told, told, verify
from ledger.store.embedded import Embedded

END_SECONDS = 600
FOUNDING = 0.3
"""How often a server is killed while it founds the ledger, before the simulation begins."""
DELAY_SECONDS = (0.02, 0.7)
POLL_SECONDS = 0.001
START_DELAY_SECONDS = (0.2, 1.5)
EVERYTHING, POSTGRES, STARTING = 0.12, 0.08, 0.15
"""Shares of the kills: PostgreSQL with all servers, PostgreSQL alone, a server still starting."""


def kinds(rng: Random) -> Iterator[str]:
    """Kinds of kills, for ever."""
    shares = (EVERYTHING, POSTGRES, STARTING)
    names = ("everything", "postgres", "starting server", "server")
    while True:
        yield rng.choices(names, (*shares, 1 - sum(shares)))[0]


def disturb(servers: Servers, kind: str, rng: Random, report: Report) -> None:
    """One kill, or two where a new server is killed while it starts; all are back after it."""
    report.kills[kind] += 1
    victims = [rng.randrange(servers.count)]
    if kind == "postgres":
        servers.kill_postgres()
        Embedded(servers.data).start()
        return
    if kind == "everything":
        servers.kill_postgres()
        victims = list(servers.processes)
    for each in victims:
        servers.kill(each)
    for each in victims:
        servers.start(each)
    if kind == "starting server":
        report.kills["server"] += 1
        time.sleep(rng.uniform(*START_DELAY_SECONDS))
        servers.kill(victims[0])
        servers.start(victims[0])
    servers.await_ready()


def drive(simulation: Simulation, servers: Servers, clients: int, ways: list[OverHttp]) -> Summary:
    """Runs the simulation over HTTP with its acknowledgements."""
    with over_http(
        servers.urls, servers.data / "issuer.jwk", clients, servers.folder / "acks"
    ) as way:
        ways.append(way)
        return run(simulation, way)


def trial(
    folder: Path,
    simulation: Simulation,
    rng: Random,
    report: Report,
    *,
    kills: Iterable[str],
    servers: int = 1,
    clients: int = 8,
    delay: tuple[float, float] = DELAY_SECONDS,
    spread: int = 0,
    undisturbed: Told | None = None,
) -> None:
    """One simulation under kills, and what is found afterwards.

    ``spread``: into so many parts is the story divided, and each of them ends with a kill; else
    kills come by the clock.
    """
    ways: list[OverHttp] = []

    def day() -> date:
        # A way takes up a day before it sets the clocks, so a server that starts now is either on
        # that day or will be told of it.
        begins = simulation.steps[0].day - timedelta(days=1)
        return max(ways[0].day, begins) if ways else begins

    town = Servers(folder, servers, day)
    report.rounds += 1
    try:
        for number in range(servers):
            town.start(number)
        if rng.random() < FOUNDING:
            time.sleep(rng.uniform(*START_DELAY_SECONDS))
            town.kill(0)
            town.start(0)
            report.kills["founding server"] += 1
        town.await_ready()
        with ThreadPoolExecutor(1) as alone:
            future = alone.submit(drive, simulation, town, clients, ways)
            while not (ways or future.done()):  # it begins with a look whether the servers answer
                time.sleep(0.01)
            for number, kind in enumerate(kills, start=1):
                if spread:
                    _reached(ways[0], future, simulation.commands * number // spread)
                elif wait([future], timeout=rng.uniform(*delay)).done:
                    break
                disturb(town, kind, rng, report)
            summary = _result(future)
    finally:
        town.stop()
    report.commands += summary.commands
    report.retries += ways[0].tries_again
    report.breaches += [f"unexpected answer: {each}" for each in summary.odd]
    report.breaches += verify(town, simulation, report, undisturbed)


def _reached(way: OverHttp, future: Future[Summary], commands: int) -> None:
    """Waits until so many commands of the story were answered, or it is over."""
    while way.acks.commands < commands and not wait([future], timeout=POLL_SECONDS).done:
        pass


def _result(future: Future[Summary]) -> Summary:
    return future.result(timeout=END_SECONDS)


def alone(simulation: Simulation) -> Told:
    """What the simulation writes when nobody disturbs it."""
    with (
        fresh_folder("kill") as folder,
        in_process(Settings(data=folder / "data"), simulation) as way,
    ):
        run(simulation, way)
        return told(way.ledger.feed, simulation)


def _upto(most: int, kinds: Iterator[str], report: Report) -> Iterator[str]:
    while sum(report.kills.values()) < most:
        yield next(kinds)


def main() -> None:
    """Tries the kills and prints what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--teachers", type=int, default=300)
    parser.add_argument("--terms", default="2024H1")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    simulation = prepare(options.teachers, options.terms.split(","), options.seed)
    undisturbed = alone(simulation)
    report, rng, begun = Report(), Random(options.seed), time.perf_counter()
    while sum(report.kills.values()) < options.kills:
        with fresh_folder("kill") as folder:
            trial(
                folder,
                simulation,
                rng,
                report,
                kills=_upto(options.kills, kinds(rng), report),
                servers=options.servers,
                clients=options.clients,
                undisturbed=undisturbed,
            )
        print(f"{time.perf_counter() - begun:6.0f} s {report.plain()}", file=sys.stderr)
    if options.json:
        print(json.dumps(report.plain()))
    else:
        for name, value in report.plain().items():
            print(f"{name:24}{value}")
    raise SystemExit(1 if report.breaches else 0)


if __name__ == "__main__":
    main()
