"""What a moment of the past costs, as the ledger around it grows.

    python -m bench.as_of [--sizes 10000 100000 1000000] [--rounds 40] [--json]

One teacher has three hundred events; everything else in the ledger is about other people. At each
size the same questions are asked of the same teacher. The peer of each number is the same question
at the smallest size, in the same run: a cost that follows the subject's own history stays near 1
however large the ledger is.

Durability is as shipped. The events about others are credits, put in by the ledger's own door in
batches, without the commands that would lead to them.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from bench.peers import database, server
from ledger.command import Asker, Command, Role, Selector
from ledger.credit import CreditAwarded, CreditKind
from ledger.difference import difference
from ledger.event import Event
from ledger.evidence import evidence
from ledger.names import (
    CreditId,
    JurisdictionId,
    LedgerId,
    Name,
    OfferingId,
    ProviderId,
    SchoolId,
    TeacherId,
)
from ledger.plan import Choice
from ledger.register import Stage
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.teacher import TeacherRegistered
from projections.catalogue import RECORDS
from projections.difference import known
from projections.reader import Reader
from projections.snapshot import Snapshot
from projections.verdict import Rules, judged

OWN_EVENTS = 300
BATCH = 2_000
RUIAN = JurisdictionId("jurisdiction:330381")
SCHOOL = SchoolId("school:bench")
SUBJECT = TeacherId("teacher:subject")
DAY = date(2024, 3, 31)
OPERATOR = Asker(actor="staff:bench", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))


@dataclass(kw_only=True)
class Put(Command):
    """Events as they are: a past without the way to it."""

    events: tuple[Event, ...]

    def boundary(self) -> list[Selector]:
        return []

    def authority(self) -> Name | None:
        return None

    def decide(self) -> Iterator[Event]:
        yield from self.events


def life(teacher: TeacherId, school: SchoolId, credits: int) -> Iterator[Event]:
    """A teacher who entered and was credited so many trainings."""
    yield TeacherRegistered(
        teacher=teacher,
        school=school,
        place=RUIAN,
        stage=Stage.PRIMARY,
        subject="CHINESE",
        entered=date(2019, 9, 1),
    )
    for number in range(credits):
        name = f"{teacher.value}-{number}"
        yield CreditAwarded(
            credit=CreditId(f"credit:{name}"),
            teacher=teacher,
            offering=OfferingId(f"offering:{name}"),
            school=school,
            place=RUIAN,
            provider=ProviderId("provider:bench"),
            authority=RUIAN,
            kind=CreditKind.INTENSIVE,
            choice=Choice.SELF_SELECTED,
            title="阅读教学",
            base_credits=Decimal(2),
            hours_planned=Decimal(2),
            hours_missed=Decimal(0),
            credits=Decimal(2),
            completed=date(2020 + number % 4, 6, 1),
        )


def fill(ledger: Ledger, size: int) -> None:
    """Puts in events about other teachers until the ledger has that many."""
    while (head := ledger.feed.head()) < size:
        asked = []
        for number in range(head, min(size, head + BATCH), 20):
            other = SchoolId(f"school:s{number // 1_000}")
            events = tuple(life(TeacherId(f"teacher:t{number}"), other, 19))
            asked.append(Put(events=events))
        ledger.ask(asked, OPERATOR)


def questions(ledger: Ledger) -> dict[str, Callable[[], object]]:
    """What is timed; each answer is from the subject's own events."""
    reader = Reader(ledger.pool, ledger.feed)
    rules = Rules(reader)
    rules.now()
    head = ledger.feed.head()
    own = [each.position for each in ledger.feed.entries(_own())]
    half = own[len(own) // 2]
    book = rules.at(head)

    def then() -> object:
        return judged(reader, rules, RECORDS, SUBJECT, DAY, known=half)

    def now() -> object:
        return judged(reader, rules, RECORDS, SUBJECT, DAY, known=head)

    def row() -> object:
        return Snapshot(ledger.feed, half).one(RECORDS, SUBJECT)

    def changed() -> object:
        ends = [known(reader, rules, SUBJECT, at, None, DAY) for at in (own[-4], head)]
        return difference(SUBJECT, *ends)

    def basis() -> object:
        found = known(reader, rules, SUBJECT, own[20], None, DAY)
        return evidence(SUBJECT, found.entries, book, DAY)

    def page() -> object:
        return ledger.feed.page(_own(), 100, latest_first=True)

    return {
        "record as of the middle": then,
        "record as of now": now,
        "row of a view as of the middle": row,
        "what changed by its last four events": changed,
        "evidence of its first twenty events": basis,
        "a page of its history": page,
    }


def measured(question: Callable[[], object], rounds: int) -> float:
    """The median time of a question in milliseconds, after one that warms up."""
    question()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        question()
        times.append((time.perf_counter() - start) * 1_000)
    return median(times)


def main() -> None:
    """Grows one ledger through the sizes and asks at each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told: dict[int, dict[str, float]] = {}
    with server() as (url, _), Ledger.found(database(url, "as_of"), bytes(range(32))) as ledger:
        events = list(life(SUBJECT, SCHOOL, OWN_EVENTS - 1))
        # Its life lies among the others', not all at one end.
        for number, start in enumerate(range(0, OWN_EVENTS, 100)):
            ledger.ask([Put(events=tuple(events[start : start + 100]))], OPERATOR)
            fill(ledger, given.sizes[0] * (number + 1) // 4)
        for size in sorted(given.sizes):
            fill(ledger, size)
            asked = questions(ledger)
            told[size] = {name: measured(ask, given.rounds) for name, ask in asked.items()}
    if given.json:
        print(json.dumps(told))
        return
    _show(told)


def _show(told: dict[int, dict[str, float]]) -> None:
    sizes = sorted(told)
    print(f"{platform.machine()}, medians in ms, and the ratio to {sizes[0]:,} events")
    for name in told[sizes[0]]:
        base = told[sizes[0]][name]
        cells = (
            f"{size:>9,}: {told[size][name]:7.2f} ({told[size][name] / base:4.2f})"
            for size in sizes
        )
        print(f"{name:38} {'  '.join(cells)}")


def _own() -> Filter:
    return Filter(tags=(str(SUBJECT),))


if __name__ == "__main__":
    main()
