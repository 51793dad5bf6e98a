"""Figures of a filled ledger: how long it took, how large it is, how fast it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median, quantiles
from typing import Any

from ledger.names import TeacherId
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from projections.catalogue import RECORDS
from projections.reader import Reader
from projections.verdict import Rules, judged

ASKED = 200
PAGE_ROWS = 100
SIZES = """
select case n.nspname when 'projection' then 'views' else n.nspname || '.' || c.relname end as what,
    sum(pg_total_relation_size(c.oid))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('ledger', 'vault', 'projection') group by 1 order by 2 desc
"""
SIZES_TOLD = 6


@dataclass(frozen=True)
class Figures:
    """Seconds of each part, bytes on disk and in memory, milliseconds of each question."""

    events: int
    seconds: dict[str, float]
    sizes: dict[str, int]
    peaks: dict[str, int]
    milliseconds: dict[str, tuple[float, float]]

    def plain(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "events": self.events,
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
            "bytes": self.sizes,
            "peak_bytes": self.peaks,
            "milliseconds": {
                name: {"p50": round(p50, 2), "p95": round(p95, 2)}
                for name, (p50, p95) in self.milliseconds.items()
            },
        }


def figures(
    ledger: Ledger,
    events: int,
    *,
    decided: float,
    loaded: float,
    rebuilt: float,
    peaks: Sequence[int],
    teachers: Sequence[str],
) -> Figures:
    """The figures of a ledger whose views are built."""
    with ledger.pool.connection() as connection:
        found = connection.execute(SIZES).fetchall()[:SIZES_TOLD]
    return Figures(
        events,
        {"decide": decided, "load": loaded, "views": rebuilt},
        {what: int(size) for what, size in found},
        dict(zip(("main", "largest child"), peaks, strict=True)),
        latencies(ledger, [TeacherId(each) for each in teachers]),
    )


def latencies(ledger: Ledger, teachers: Sequence[TeacherId]) -> dict[str, tuple[float, float]]:
    """Median and 95th percentile of each question, asked of many teachers after one that warms."""
    reader = Reader(ledger.pool, ledger.feed)
    rules, head = Rules(reader), ledger.feed.head()
    rules.now()
    day = date.fromisoformat(str(ledger.feed.page(Filter(), 1, latest_first=True)[0].on))

    def record(teacher: TeacherId) -> object:
        return reader.one(RECORDS, teacher)

    def as_of(teacher: TeacherId) -> object:
        return judged(reader, rules, RECORDS, teacher, day, known=head // 2)

    def history(teacher: TeacherId) -> object:
        return ledger.feed.page(Filter(tags=(str(teacher),)), PAGE_ROWS, latest_first=True)

    asked = {"record": record, "record as of": as_of, "history page": history}
    return {name: _timed(question, teachers) for name, question in asked.items()}


def _timed(
    question: Callable[[TeacherId], object], teachers: Sequence[TeacherId]
) -> tuple[float, float]:
    question(teachers[0])
    took = []
    for number in range(ASKED):
        begun = time.perf_counter()
        question(teachers[number % len(teachers)])
        took.append((time.perf_counter() - begun) * 1_000)
    return median(took), quantiles(took, n=20)[-1]
