"""What the kill test holds a ledger against when the killing is over."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from psycopg import sql

from api.settings import Settings
from api.simulate import Simulation
from bench.kill_servers import ROOT, Servers
from ledger.store.embedded import Embedded
from ledger.store.feed import Feed, Filter
from ledger.store.founding import REQUEST as FOUNDING
from ledger.store.ledger import Ledger
from ledger.store.vault import load_key
from projections.catalogue import VIEWS
from projections.runner import Runner

MASKED = {"sealed", "evidence", "corrects", "seed", "draw", "passed_by"}
"""Parts of an event that hold salts and ids, which differ from run to run."""

Told = dict[str, list[tuple[Any, ...]]]


@dataclass
class Report:
    """What was tried and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    acknowledged: int = 0
    commands: int = 0
    events: int = 0
    retries: int = 0
    breaches: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "kills": sum(self.kills.values()),
            "kills_of": dict(self.kills),
            "rounds": self.rounds,
            "acknowledged_requests": self.acknowledged,
            "acknowledged_commands": self.commands,
            "events": self.events,
            "retries": self.retries,
            "breaches": self.breaches,
        }


def verify(
    servers: Servers, simulation: Simulation, report: Report, undisturbed: Told | None
) -> list[str]:
    """Everything that is wrong with the ledger."""
    settings = Settings(data=servers.data)
    embedded = Embedded(servers.data)
    url = embedded.start()
    try:
        with Ledger(url, load_key(settings.vault_key_file)) as ledger:
            runner = Runner(ledger.pool, ledger.feed, VIEWS)
            found = [
                *_facts(ledger.feed, servers.folder / "acks", simulation, report),
                *_views(ledger, runner),
            ]
            if undisturbed is not None:
                found += _same(undisturbed, told(ledger.feed, simulation))
        return [*found, *_checked(servers.data)]
    finally:
        embedded.stop()


def _facts(feed: Feed, acks: Path, simulation: Simulation, report: Report) -> Iterator[str]:
    """Acknowledgements against events, both ways, and the order of positions."""
    entries = list(feed.entries(Filter()))
    report.events += len(entries)
    if [each.position for each in entries] != list(range(1, len(entries) + 1)):
        yield "positions are not dense from 1"
    at = {each.position: each for each in entries}
    acknowledged: dict[str, list[str]] = {}
    for line in acks.read_text().splitlines():
        ack = json.loads(line)
        request, ids = ack["request"], ack["ids"]
        report.acknowledged += 1
        if acknowledged.setdefault(request, ids) != ids:
            yield f"{request} was answered in two ways"
        for position, event in zip(range(ack["first"], ack["last"] + 1), ids, strict=True):
            if position not in at or at[position].id != event:
                yield f"event {event} of {request} is not at its position {position}"
    written: dict[str, list[str]] = defaultdict(list)
    for each in entries:
        written[each.request or ""].append(each.id)
    if len({each.id for each in entries}) != len(entries):
        yield "an event id stands twice"
    for request, ids in written.items():
        if request == FOUNDING:
            continue
        if request not in simulation.requests:
            yield f"nobody asked {request!r}"
        elif acknowledged.get(request) != ids:
            yield f"{request} wrote {ids}, acknowledged was {acknowledged.get(request)}"


def _views(ledger: Ledger, runner: Runner) -> Iterator[str]:
    """Whether the views reach the head and equal what a rebuild makes."""
    head = ledger.feed.head()
    runner.catch_up()
    for view, position, failed in runner.progress():
        if position != head or failed:
            yield f"view {view} stands at {position} of {head}: {failed}"
    live = _digests(ledger)
    runner.rebuild()
    yield from (f"view {n} differs from its rebuild" for n, d in _digests(ledger).items()
                if d != live[n])  # fmt: skip


def _digests(ledger: Ledger) -> dict[str, str]:
    found = {}
    with ledger.pool.connection() as connection:
        for view in VIEWS:
            table = sql.Identifier("projection", view.name)
            rows = connection.execute(sql.SQL("select * from {} order by key").format(table))
            found[view.name] = hashlib.sha256(repr(rows.fetchall()).encode()).hexdigest()
    return found


def _checked(data: Path) -> list[str]:
    """What ``xuefen check`` says."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "--data", str(data), "check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0 and not done.stdout:
        return []
    said = (done.stdout + done.stderr).strip().splitlines()
    return [f"check ({done.returncode}): {line}" for line in said or ["no word"]]


def told(feed: Feed, simulation: Simulation) -> Told:
    """What each request wrote, without ids and salts."""
    found: Told = defaultdict(list)
    for each in feed.entries(Filter()):
        if (each.request or "").startswith(simulation.prefix):
            data = msgspec.to_builtins(each.event, enc_hook=str)
            for name in MASKED & set(data):
                data[name] = len(data[name] or ())
            # The list of orders stands in the order in which they came in.
            data |= {"orders": sorted(data["orders"])} if "orders" in data else {}
            row = (each.event.NAME, each.on, each.actor, json.dumps(data, sort_keys=True))
            found[each.request or ""].append(row)
    return dict(found)


def _same(undisturbed: Told, disturbed: Told) -> Iterator[str]:
    for request in sorted(undisturbed.keys() | disturbed.keys()):
        if undisturbed.get(request) != disturbed.get(request):
            yield f"{request} wrote {disturbed.get(request)}, not {undisturbed.get(request)}"
