"""What closing a county's year costs, and what its drift costs, as few or many are touched since.

    python -m bench.closing [--teachers 15000] [--credits 9] [--json]

A county of teachers in schools of sixty, each with some credits over four years, put in by the
ledger's own door. The peer of every number is the summing up of the whole county in the same run:
drift reads only who was touched since, so ten touched teachers cost a small part of it.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bench.as_of import OPERATOR, RUIAN, Put, life
from bench.peers import database, server
from ledger.credit import CreditCorrected
from ledger.level import apart, grown
from ledger.names import CreditId, SchoolId, SignOffId, TeacherId
from ledger.store.ledger import Ledger
from ledger.summary import period_of
from projections.catalogue import VIEWS
from projections.drift import drift, statement
from projections.level import Scope, summaries
from projections.reader import Reader
from projections.runner import Runner
from projections.sign_off import SignOff
from projections.verdict import Rules

PER_SCHOOL = 60
BATCH = 100
PERIOD = period_of(2023)
SCOPE = Scope(RUIAN, (str(RUIAN),))


@dataclass
class Desk:
    """A ledger with its reader and rules."""

    ledger: Ledger
    reader: Reader
    rules: Rules

    def timed(self, work: Callable[[], object]) -> float:
        """The seconds that some work takes."""
        start = time.perf_counter()
        work()
        return time.perf_counter() - start


def fill(ledger: Ledger, teachers: int, credits: int) -> None:
    """A county of so many teachers with so many credits each."""
    for first in range(0, teachers, BATCH):
        asked = []
        for number in range(first, min(first + BATCH, teachers)):
            school = SchoolId(f"school:s{number // PER_SCHOOL}")
            asked.append(Put(events=tuple(life(TeacherId(f"teacher:t{number}"), school, credits))))
        ledger.ask(asked, OPERATOR)


def touch(ledger: Ledger, first: int, count: int) -> None:
    """A credit of each of so many teachers is corrected."""
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        ledger.ask([Put(events=(corrected(number),)) for number in numbers], OPERATOR)


def corrected(number: int) -> CreditCorrected:
    """A credit of 2023 is worth half of what it was."""
    return CreditCorrected(
        credit=CreditId(f"credit:t{number}-3"),
        teacher=TeacherId(f"teacher:t{number}"),
        school=SchoolId(f"school:s{number // PER_SCHOOL}"),
        place=RUIAN,
        credits_before=Decimal(2),
        credits=Decimal(1),
        corrects="bench",
        reason="复核",
    )


def measured(desk: Desk, teachers: int) -> dict[str, float]:
    """All that is timed, in seconds."""
    reader, rules, feed = desk.reader, desk.rules, desk.ledger.feed
    runner = Runner(desk.ledger.pool, feed, VIEWS)
    told: dict[str, float] = {}
    told["events"] = position = feed.head()
    told["summing up from the events alone"] = desk.timed(
        lambda: summaries(reader, rules.at(position), SCOPE, PERIOD, position, None)
    )
    runner.catch_up()
    told["summing up from the live view"] = desk.timed(
        lambda: summaries(reader, rules.at(position), SCOPE, PERIOD, position, None)
    )
    held = summaries(reader, rules.at(position), SCOPE, PERIOD, position, None)
    told["hashing the levels"] = desk.timed(lambda: grown(RUIAN, held))
    made, _ = statement(reader, rules, SCOPE, PERIOD, position)
    signed = SignOff(
        sign_off=SignOffId("signoff:bench"),
        place=RUIAN,
        year=PERIOD.year,
        signed_position=position,
        totals=made.totals,
    )
    first = 0
    for count in (0, 10, 1_000):
        count = min(count, teachers - first)
        touch(desk.ledger, first, count)
        first += count
        last = feed.head()
        told[f"drift with {first} touched"] = desk.timed(
            lambda last=last: drift(reader, rules, SCOPE, signed, last)  # type: ignore[misc]
        )
    found = drift(reader, rules, SCOPE, signed, feed.head())
    assert len(found.teachers) == first and found.moved.credits == -first
    runner.catch_up()
    now = summaries(reader, rules.at(feed.head()), SCOPE, PERIOD, feed.head(), None)
    one, other = grown(RUIAN, held), grown(RUIAN, now)
    told["comparing two sides"] = desk.timed(lambda: list(apart(one, other)))
    assert len(list(apart(one, other))) == first and made.totals.plus(found.moved) == other.totals
    runner.close()
    return told


def main() -> None:
    """Fills a county, closes its year, and lets more and more of it move."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--teachers", type=int, default=15_000)
    parser.add_argument("--credits", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with server() as (url, _), Ledger.found(database(url, "closing"), bytes(range(32))) as ledger:
        fill(ledger, given.teachers, given.credits)
        reader = Reader(ledger.pool, ledger.feed)
        told = measured(Desk(ledger, reader, Rules(reader)), given.teachers)
    told["megabytes at most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if given.json:
        print(json.dumps(told))
        return
    base = told["summing up from the live view"]
    print(f"{platform.machine()}, {given.teachers:,} teachers, {told.pop('events'):,.0f} events")
    memory = told.pop("megabytes at most")
    for name, seconds in told.items():
        print(f"{name:38} {seconds:8.2f} s  ({seconds / base:6.3f} of the summing up)")
    print(f"{'memory at most':38} {memory:8.0f} MB")


if __name__ == "__main__":
    main()
