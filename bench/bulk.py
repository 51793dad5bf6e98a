"""What the day costs on which the providers of a province re-review: 370,000 decisions on choices.

    python -m bench.bulk [--decisions 370000] [--waiting 32] [--json]

Before it, every class has sixty applicants whom their schools passed and who were screened into an
order, and forty seats. On the day each provider admits its class in one bulk command
(``AdmitApplicants``): the first forty are confirmed and the rest declined, each decision an event
of its own with its gates, and a request id for each command. ``--waiting`` commands are queued at
once, as from so many providers. Then some commands are asked again under their request ids, and
every class, every seat and every position is counted.

The peers do less with the same bytes in the same run: ``copy`` puts them with psycopg's COPY into a
table with a dense key, 60 to a transaction; ``dcb.postgres_tt`` is the recorder of eventsourcing
under a condition on the class, 60 to an append. Both have no gates, no log, no request ids; the
recorder does a part of the day, and its rate counts. The ledger is filled by its own door, which is
told as well. Durability is as shipped.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import psutil  # type: ignore[import-untyped]
import psycopg
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from uuid_utils.compat import uuid7

from api.house import seldom_collected
from bench.append_ours import dense
from bench.as_of import OPERATOR, RUIAN, Put
from bench.peers import database, library_recorder, server
from bench.race import expect
from ledger.admission import AdmitApplicants
from ledger.command import Asker, Role
from ledger.enrollment import (
    EnrollmentConfirmed,
    EnrollmentDeclined,
    OfferingSelected,
    SelectionReviewed,
)
from ledger.event import Event
from ledger.names import (
    OfferingId,
    ProjectId,
    ProviderId,
    SchoolId,
    TeacherId,
    TermId,
)
from ledger.offering import OfferingOpened
from ledger.plan import Mode, Plan
from ledger.register import Stage
from ledger.screening import ApplicantPlaced
from ledger.store import lane
from ledger.store.answer import Answer
from ledger.store.lane import Lane
from ledger.store.ledger import Ledger
from ledger.term import Calendar

DECISIONS, APPLICANTS, SEATS = 370_000, 60, 40
PROVIDERS = 300
CHOSEN, DAY = date(2024, 3, 22), date(2024, 3, 30)
TERM = TermId("term:2024H1")
PUT_AT_ONCE, AGAIN, LIBRARY_CLASSES = 8, 100, 60
PLAN = Plan(
    title="小学语文阅读教学",
    subject="CHINESE",
    stage=Stage.PRIMARY,
    mode=Mode.INTENSIVE,
    hours=Decimal(24),
    base_credits=Decimal(24),
)
STAGES = {
    "read": (Lane, Lane._read.__name__),
    "decide": (Lane, Lane._decide_all.__name__),
    "read further": (Lane, Lane._read_selectors.__name__),
    "write": (lane, lane.insert.__name__),
}
EVENTS = "select type, tags, body from ledger.events where position > %s order by position"
BARE = "create table bare (position bigint primary key, type text, tags text, body bytea)"
COPY = "copy bare from stdin (format binary)"
Waiting = Callable[[], Answer]


def offering(number: int) -> OfferingId:
    """The class of a number."""
    return OfferingId(f"offering:c{number}")


def provider(number: int) -> ProviderId:
    """The provider of a class."""
    return ProviderId(f"provider:p{number % PROVIDERS}")


def given(number: int) -> Iterator[Event]:
    """What happened in a class before the day."""
    own, whose = offering(number), provider(number)
    yield OfferingOpened(
        offering=own,
        project=ProjectId(f"project:c{number}"),
        provider=whose,
        place=RUIAN,
        term=TERM,
        calendar=Calendar.REGULAR,
        plan=PLAN,
        seats=SEATS,
        opens=date(2024, 4, 8),
        closes=date(2024, 6, 28),
    )
    for rank in range(1, APPLICANTS + 1):
        teacher = TeacherId(f"teacher:t{number * APPLICANTS + rank}")
        school = SchoolId(f"school:s{number % 3_000}")
        who: dict[str, Any] = {"teacher": teacher, "offering": own, "school": school, "round": 1}
        yield OfferingSelected(**who, provider=whose, place=RUIAN, term=TERM)
        yield SelectionReviewed(**who, term=TERM, passed=True, reason="")
        seen = {"rank": rank, "arrived": rank, "prior": False, "draw": f"{rank:064x}"}
        yield ApplicantPlaced(**who, provider=whose, passed_by=str(uuid7()), **seen)


def fill(ledger: Ledger, classes: int) -> None:
    """Puts the classes in through the ledger's own door."""
    waiting: deque[Any] = deque()
    for first in range(0, classes, PUT_AT_ONCE):
        numbers = range(first, min(first + PUT_AT_ONCE, classes))
        asked = [Put(events=tuple(given(number))) for number in numbers]
        waiting.append(ledger.submit(asked, OPERATOR, on=CHOSEN))
        if len(waiting) > 2:
            accepted(waiting.popleft().result())
    for each in waiting:
        accepted(each.result())


def accepted(answer: Answer) -> Answer:
    """Raises ``AssertionError`` for an answer with a refusal."""
    refused = [each.en for outcome in answer.outcomes for each in outcome.refusals]
    if refused:
        raise AssertionError(refused[0])
    return answer


def decide(ledger: Ledger, number: int) -> Any:
    """Queues the bulk command of a class."""
    whose = provider(number)
    asker = Asker(actor=f"staff:{whose.value}", role=Role.PROVIDER, scope=whose)
    command = AdmitApplicants(offering=offering(number))
    return ledger.submit([command], asker, request=f"re-review {number}")


def day(ledger: Ledger, classes: int, at_once: int) -> list[float]:
    """All commands of the day; how long each waited, in seconds."""
    waiting: deque[tuple[float, Any]] = deque()
    took: list[float] = []

    def first() -> None:
        began, answer = waiting.popleft()
        expect(len(accepted(answer.result()).outcomes[0].written), APPLICANTS, "decisions")
        took.append(time.perf_counter() - began)

    for number in range(classes):
        waiting.append((time.perf_counter(), decide(ledger, number)))
        if len(waiting) >= at_once:
            first()
    while waiting:
        first()
    return sorted(took)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds of the committer's stages meanwhile, each without those within it."""
    seconds, within = dict.fromkeys(STAGES, 0.0), [0.0]

    def watch(stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            within.append(0.0)
            began = time.perf_counter()
            try:
                return work(*arguments, **options)
            finally:
                took = time.perf_counter() - began
                seconds[stage] += took - within.pop()
                within[-1] += took

        return watched

    with ExitStack() as stack:
        for stage, (where, name) in STAGES.items():
            watched = watch(stage, getattr(where, name))
            stack.enter_context(patch.object(where, name, watched))
        yield seconds


def counted(ledger: Ledger, classes: int, before: int) -> None:
    """Asks some again, and counts what the ledger then holds. Raises ``AssertionError``."""
    for number in range(0, classes, max(classes // AGAIN, 1)):
        expect(accepted(decide(ledger, number).result()).replayed, True, "answers given again")
    expect(dense(ledger.url) - before, classes * APPLICANTS, "decisions")
    with psycopg.connect(ledger.url) as connection:
        for kind, each in (
            (EnrollmentConfirmed.NAME, SEATS),
            (EnrollmentDeclined.NAME, APPLICANTS - SEATS),
        ):
            row = connection.execute(
                "select count(*), count(distinct tags[1]) from ledger.events where type = %s",
                (kind,),
            ).fetchone()
            expect((row or (0,))[0], classes * each, kind)


def served(url: str) -> float:
    """Seconds of CPU that the server has spent on the connections to a database so far."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where datname = current_database()"
        ).fetchall()
    total = 0.0
    for (pid,) in rows:
        with suppress(psutil.NoSuchProcess):
            spent = psutil.Process(pid).cpu_times()
            total += spent.user + spent.system
    return total


def wal(url: str) -> int:
    """How many bytes of WAL the server has written so far."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    return int(row[0]) if row else 0


def copied(url: str, source: str, before: int) -> float:
    """Seconds of the plain COPY of the day's bytes."""
    with psycopg.connect(source) as connection:
        rows = connection.execute(EVENTS, (before,)).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(BARE)
        began = time.perf_counter()
        for first in range(0, len(rows), APPLICANTS):
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.set_types(["int8", "text", "text", "bytea"])
                for number, row in enumerate(rows[first : first + APPLICANTS], first):
                    copy.write_row((number, row[0], ",".join(row[1]), row[2]))
        return time.perf_counter() - began


def library(url: str, source: str, before: int, classes: int) -> float:
    """Decisions a second of the library's recorder, over a part of the classes."""
    limit = min(classes, LIBRARY_CLASSES) * APPLICANTS
    with psycopg.connect(source) as connection:
        rows = connection.execute(f"{EVENTS} limit %s", (before, limit)).fetchall()
    with ExitStack() as stack:
        recorder = library_recorder(url, stack)
        began = time.perf_counter()
        for first in range(0, len(rows), APPLICANTS):
            some = rows[first : first + APPLICANTS]
            name = next(tag for tag in some[0][1] if tag.startswith("offering:"))
            condition = DCBAppendCondition(DCBQuery([DCBQueryItem(tags=[name])]))
            events = [DCBEvent(kind, bytes(body), tags) for kind, tags, body in some]
            recorder.append(events, condition)
        return len(rows) / (time.perf_counter() - began)


class Clock:
    """The day before, then the day."""

    def __init__(self) -> None:
        self.day = CHOSEN
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        past = timedelta(seconds=time.monotonic() - self._began)
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC) + past


def measured(url: str, decisions: int, at_once: int) -> dict[str, Any]:
    """The day and its peers."""
    classes = max(decisions // APPLICANTS, 1)
    clock, own = Clock(), database(url, "bulk")
    with seldom_collected(), Ledger.found(own, os.urandom(32), clock) as ledger:
        began = time.perf_counter()
        fill(ledger, classes)
        filled, before = time.perf_counter() - began, ledger.feed.head()
        clock.day = DAY
        written, theirs, load = wal(own), served(own), os.getloadavg()[0]
        busy, began = time.process_time(), time.perf_counter()
        with timed() as stages:
            took = day(ledger, classes, at_once)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        written, theirs = wal(own) - written, served(own) - theirs
        counted(ledger, classes, before)
    count = classes * APPLICANTS
    bare = copied(database(url, "bare"), own, before)
    rate = library(database(url, "library"), own, before, classes)
    return {
        "decisions": count,
        "commands": classes,
        "given": before,
        "given_per_second": before / filled,
        "seconds": seconds,
        "per_second": count / seconds,
        "stages": stages,
        "own_cpu_seconds": busy,
        "server_cpu_seconds": theirs,
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
        "wal_bytes_per_decision": written / count,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": [load, os.getloadavg()[0]],
        "copy_seconds": bare,
        "times_copy": seconds / bare,
        "library_per_second": rate,
        "times_library": count / seconds / rate,
    }


def main() -> None:
    """Measures the day and says what it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    parser.add_argument("--waiting", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with server() as (url, _):
        told = measured(url, asked.decisions, asked.waiting)
    if asked.json:
        print(json.dumps(told))
        return
    stages = ", ".join(f"{name} {each:.1f}" for name, each in told["stages"].items())
    print(
        f"{told['decisions']:,} decisions in {told['commands']:,} bulk commands after "
        f"{told['given']:,} events ({told['given_per_second']:,.0f} a second): "
        f"{told['seconds']:.1f} s, {told['per_second']:,.0f} decisions a second\n"
        f"of the committer, in seconds: {stages}; {told['own_cpu_seconds']:.1f} of CPU "
        f"here and {told['server_cpu_seconds']:.1f} in the server; a command waits "
        f"{told['p50']:.3f} s (p50), {told['p99']:.3f} s (p99)\n"
        f"{told['wal_bytes_per_decision']:,.0f} bytes of WAL a decision, {told['peak_mb']} MB at "
        f"most, load {told['load'][0]:.1f} before and {told['load'][1]:.1f} after\n"
        f"{told['times_copy']:.1f} times the plain COPY's {told['copy_seconds']:.1f} s; "
        f"{told['times_library']:.1f} times as fast as dcb.postgres_tt at "
        f"{told['library_per_second']:,.0f} a second"
    )


if __name__ == "__main__":
    main()
