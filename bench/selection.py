"""How fast teachers choose courses, and what a rush on one class comes to.

    python -m bench.selection [--rounds 3] [--choices 4000] [--applicants 5000] [--json]

Everything is decided by real commands through the committer of one process, on an embedded
PostgreSQL in a fresh folder with durability as shipped; Python looks for circular garbage as seldom
as in a server, and passes over what was loaded.

``choose``   64 callers, each with a teacher of its own at a time, choose among 20 classes: the
             window of the place, round, admission, parallel choices and duplicates are decided, and
             the choice is recorded with its match and its request id
``core``     the same with all threads of the process on one core, as ``taskset`` would keep them
``loop``     the same by 64 callers that are tasks of an event loop, as those of a server are
``peers``    in the same round, as in ``bench.append``: pgbench with one row and three tag rows at
             32 callers, and the library's recorder with a condition, which decide nothing
``rush``     5,000 teachers choose one class of 50 seats; then their schools pass them, the order is
             recorded, and the provider admits all of them at once, in an order drawn by chance

After each: no position is missing, every choice is there once, and of the rush exactly the first
fifty of the recorded order are admitted, whoever came first over the line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
from msgspec import structs

from api.collector import settle
from api.house import seldom_collected
from bench.append import CONNECTIONS, machine, positive
from bench.append_ours import Appends, dense
from bench.as_of import OPERATOR, Put, life
from bench.cores import one_core
from bench.graphql_given import classes, school, school_of
from bench.peers import (
    LIBRARY,
    ROW_TAGS,
    TABLES,
    Pgbench,
    database,
    library_recorder,
    server,
)
from bench.race import expect
from ledger.admission import ConfirmEnrollment
from ledger.command import Asker, Command, Role
from ledger.enrollment import EnrollmentConfirmed, SelectionReviewed
from ledger.names import OfferingId, ProviderId, SchoolId, TeacherId, TermId
from ledger.screening import ApplicantPlaced, ScreenApplicants
from ledger.selection import SelectOffering
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.founding import FOUNDER
from ledger.store.ledger import Ledger

CALLERS, PEER_CALLERS, SEATS, BATCH, SCHOOL_TEACHERS = 64, 32, 50, 500, 50
CHOOSE = datetime(2024, 3, 19, 1, tzinfo=UTC)
ADMIT = datetime(2024, 3, 30, 1, tzinfo=UTC)
RUSHED = OfferingId("offering:rushed")
PROVIDER = ProviderId("provider:bench")
TERM = TermId("term:2024H1")
SEED = 20240319
SAID = {"choose": "threads", "core": "threads on one core", "loop": "tasks of a loop"}


class Clock:
    """A clock that stands still, so that the windows are open at whatever hour this runs."""

    def __init__(self) -> None:
        self.now = CHOOSE

    def __call__(self) -> datetime:
        return self.now


def choose(ledger: Ledger, numbers: list[int], offerings: list[OfferingId]) -> float:
    """Choices a second by 64 callers who wait for their answers; counts them in the ledger."""

    def caller(own: list[int]) -> None:
        for number in own:
            offering = offerings[number % len(offerings)]
            accept(ledger, SelectOffering(teacher=teacher(number), offering=offering))

    before = dense(ledger.url)
    with ThreadPoolExecutor(CALLERS) as pool:
        began = perf_counter()
        # A pool that hands out each choice as a task of its own costs more than the asking.
        deque(pool.map(caller, [numbers[each::CALLERS] for each in range(CALLERS)]), maxlen=0)
        elapsed = perf_counter() - began
    expect(dense(ledger.url) - before, len(numbers), "choices")
    return len(numbers) / elapsed


def choose_on_core(ledger: Ledger, numbers: list[int], offerings: list[OfferingId]) -> float:
    """The same on one core."""
    with one_core():
        return choose(ledger, numbers, offerings)


def choose_on_loop(ledger: Ledger, numbers: list[int], offerings: list[OfferingId]) -> float:
    """The same by callers that are tasks of one event loop."""

    async def caller(own: list[int]) -> None:
        for number in own:
            offering = offerings[number % len(offerings)]
            command = SelectOffering(teacher=teacher(number), offering=offering)
            answer = await asyncio.wrap_future(ledger.submit([command], FOUNDER))
            expect_accepted(answer)

    async def race() -> float:
        began = perf_counter()
        await asyncio.gather(*(caller(numbers[each::CALLERS]) for each in range(CALLERS)))
        return perf_counter() - began

    before = dense(ledger.url)
    elapsed = asyncio.run(race())
    expect(dense(ledger.url) - before, len(numbers), "choices")
    return len(numbers) / elapsed


def accept(ledger: Ledger, command: Command, by: Asker = FOUNDER) -> None:
    """Asks, and waits until it is on disk. Raises ``RuntimeError`` where it is refused."""
    expect_accepted(ledger.submit([command], by).result())


def expect_accepted(answer: Answer) -> None:
    """Raises ``RuntimeError`` where what was asked is refused."""
    (outcome,) = answer.outcomes
    if not outcome.accepted:
        raise RuntimeError(f"refused: {outcome.refusals}")


def teacher(number: int) -> TeacherId:
    """The name of a teacher by number."""
    return TeacherId(f"teacher:t{number}")


def fill(ledger: Ledger, teachers: int) -> list[OfferingId]:
    """A county of so many teachers and twenty classes, and the class of the rush."""
    for number in range(0, teachers, SCHOOL_TEACHERS):
        ledger.ask([school(number // SCHOOL_TEACHERS)], FOUNDER)
    for first in range(0, teachers, BATCH):
        numbers = range(first, min(first + BATCH, teachers))
        lives = [Put(events=tuple(life(teacher(n), school_of(n), 0))) for n in numbers]
        ledger.ask(lives, OPERATOR)
    opened = list(classes())
    rushed = structs.replace(opened[0], offering=RUSHED, seats=SEATS)
    ledger.ask([Put(events=(*opened, rushed))], OPERATOR)
    return [each.offering for each in opened]


def rush(ledger: Ledger, clock: Clock, numbers: list[int]) -> dict[str, float]:
    """Everybody wants one class of fifty seats; seconds of the choosing and of the admitting."""
    began = perf_counter()
    chosen = [
        ledger.submit([SelectOffering(teacher=teacher(n), offering=RUSHED)], FOUNDER)
        for n in numbers
    ]
    expect(sum(each.result().outcomes[0].accepted for each in chosen), len(numbers), "chosen")
    choosing = perf_counter() - began
    passed = [_passed(teacher(n), school_of(n)) for n in numbers]
    for first in range(0, len(passed), BATCH):
        ledger.ask([Put(events=tuple(passed[first : first + BATCH]))], OPERATOR)
    clock.now = ADMIT
    desk = Asker(actor="staff:desk", role=Role.PROVIDER, scope=PROVIDER)
    began = perf_counter()
    accept(ledger, ScreenApplicants(offering=RUSHED), desk)
    screening = perf_counter() - began
    shuffled = random.Random(SEED).sample(numbers, len(numbers))
    began = perf_counter()
    asked = [
        ledger.submit([ConfirmEnrollment(teacher=teacher(n), offering=RUSHED, admitted=True)], desk)
        for n in shuffled
    ]
    admitted = sum(each.result().outcomes[0].accepted for each in asked)
    admitting = perf_counter() - began
    expect(admitted, SEATS, "admitted")
    _check_order(ledger)
    return {"choosing": choosing, "screening": screening, "admitting": admitting}


def _passed(who: TeacherId, where: SchoolId) -> SelectionReviewed:
    return SelectionReviewed(
        teacher=who, offering=RUSHED, school=where, term=TERM, round=1, passed=True, reason=""
    )


def _check_order(ledger: Ledger) -> None:
    """Those who are in are the first of the recorded order, and the order is that of arrival."""
    places: dict[TeacherId, ApplicantPlaced] = {}
    inside: set[TeacherId] = set()
    for entry in ledger.feed.entries(Filter(tags=(str(RUSHED),))):
        match entry.event:
            case ApplicantPlaced() as event:
                places[event.teacher] = event
            case EnrollmentConfirmed() as event:
                inside.add(event.teacher)
    due = sorted(places, key=lambda each: places[each].rank)[:SEATS]
    expect(len(inside & set(due)), SEATS, "admitted of those due")
    expect(dense(ledger.url), ledger.feed.head(), "positions")


def run(url: str, folder: Path, options: argparse.Namespace, stack: ExitStack) -> dict[str, Any]:
    """All rounds; seconds and rates."""
    clock, teachers = Clock(), len(SAID) * options.rounds * options.choices + options.applicants
    ledger = stack.enter_context(Ledger.found(database(url, "whole"), os.urandom(32), clock))
    offerings = fill(ledger, teachers)
    bare = database(url, "bare")
    with psycopg.connect(bare) as connection:
        connection.execute(TABLES)
    library = library_recorder(database(url, "library"), stack)
    peers = (Appends(LIBRARY, library, 2), Pgbench(ROW_TAGS, bare, 2, folder))
    numbers = count()
    settle()
    ours = {"choose": choose, "core": choose_on_core, "loop": choose_on_loop}
    found: dict[str, list[float]] = {each: [] for each in (*ours, *(p.name for p in peers))}
    for number in range(options.rounds):
        print(f"round {number + 1}", file=sys.stderr)
        for name, way in ours.items():
            found[name].append(way(ledger, list(islice(numbers, options.choices)), offerings))
        for peer in peers:
            found[peer.name].append(peer.measure(PEER_CALLERS).rate)
    print("rush", file=sys.stderr)
    return {
        "machine": machine(url),
        "per_second": found,
        "rush_seconds": rush(ledger, clock, list(islice(numbers, options.applicants))),
    }


def report(told: dict[str, Any], applicants: int) -> None:
    """Prints medians, ratios and the rush."""
    print("; ".join(f"{name} {value}" for name, value in told["machine"].items()), end="\n\n")
    rates = told["per_second"]
    for name, callers in SAID.items():
        print(f"choices a second, {CALLERS} {callers}: {median(rates[name]):,.0f}")
        for peer in (LIBRARY, ROW_TAGS):
            pairs = [a / b for a, b in zip(rates[name], rates[peer], strict=True)]
            spread = f"{min(pairs):.2f} … {max(pairs):.2f}"
            print(f"  / {peer} x{PEER_CALLERS}: {median(pairs):.2f} ({spread})")
    print(f"rush of {applicants:,} on {SEATS} seats, in seconds:")
    for name, seconds in told["rush_seconds"].items():
        print(f"  {name:10} {seconds:6.2f}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=positive, default=3, help="how often (default 3)")
    parser.add_argument("--choices", type=positive, default=4000, help="a round (default 4000)")
    parser.add_argument("--applicants", type=positive, default=5000, help="of the rush")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with server(CONNECTIONS) as (url, folder), seldom_collected(), ExitStack() as stack:
        told = run(url, folder, options, stack)
    print(json.dumps(told, indent=1)) if options.json else report(told, options.applicants)


if __name__ == "__main__":
    main()
