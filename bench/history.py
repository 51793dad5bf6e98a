"""What a page of the history costs under any filter, and a moment of the past, by size.

    python -m bench.history FOLDER [--sizes 10000 10000000] [--rounds 40] [--stale] [--json]

The ledgers are those of ``bench.filling`` in the folder, filled where they are not there yet. At
each size the same is asked: pages of 100 entries under each filter, the latest first, the first and
from the middle, within the reach of each kind of reader; and of one teacher with 300 events what
``bench.as_of`` asks. Some filters are common alone and rare together. Told are the median and the
95th of 100 of each, and how many rows the server looked at for each row that it gave.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from bench.as_of import SUBJECT, questions
from bench.filling import BEGINS, KEY, SPAN, filled, kept_server
from bench.touched import Touched
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger

PAGE = 100
COUNTIES = tuple(f"jurisdiction:3303{number:02}" for number in range(12))
COUNTY, RARE_COUNTY = "jurisdiction:330305", "jurisdiction:330313"
CREDIT, CONFIRMED, CHOSEN = "credit.awarded", "enrollment.confirmed", "enrollment.offering-selected"
MARCH = {"on_from": date(2021, 3, 1), "on_to": date(2021, 3, 31)}
KNOWN = {
    "known_from": datetime(2021, 3, 1, tzinfo=UTC),
    "known_to": datetime(2021, 6, 1, tzinfo=UTC),
}
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "type": {"types": (CREDIT,)},
    "two types": {"types": (CREDIT, CONFIRMED)},
    "county": {"tags": (COUNTY,)},
    "county, type": {"tags": (COUNTY,), "types": (CREDIT,)},
    "county, type, few together": {"tags": (RARE_COUNTY,), "types": (CREDIT,)},
    "county, type that is nowhere": {"tags": (COUNTY,), "types": ("warning.reinspected",)},
    "provider, actor, few together": {"tags": ("provider:p7",), "actor": "staff:f9"},
    "actor, channel, none together": {"actor": "staff:f9", "channel": "IMPORT"},
    "actor": {"actor": "staff:f5"},
    "school": {"tags": ("school:s5",)},
    "school, provider": {"tags": ("school:s5", "provider:p5")},
    "teacher": {"tags": (str(SUBJECT),)},
    "teacher, type": {"tags": (str(SUBJECT),), "types": (CREDIT,)},
    "teacher, month": {"tags": (str(SUBJECT),), **MARCH},
    "county, teacher": {"tags": (COUNTY, str(SUBJECT))},
    "rare channel": {"channel": "CONSOLE"},
    "rare channel, type, county": {"channel": "CONSOLE", "types": (CREDIT,), "tags": (COUNTY,)},
    "month": MARCH,
    "month, type": MARCH | {"types": (CREDIT,)},
    "month, county, two types": MARCH | {"tags": (COUNTY,), "types": (CREDIT, CONFIRMED)},
    "day, provider": {"on_from": date(2021, 3, 8), "on_to": date(2021, 3, 8)}
    | {"tags": ("provider:p7",)},
    "since a day of long ago": {"on_from": date(2021, 3, 8)},
    "before the ledger began": {"on_to": date(2018, 3, 8)},
    "known, type": KNOWN | {"types": (CHOSEN,)},
    "known, county, month after": KNOWN | {"tags": (COUNTY,), "on_from": date(2021, 8, 1)},
}
READERS: dict[str, tuple[str, ...] | None] = {
    "anybody": ("ledger:public",),
    "teacher": (str(SUBJECT),),
    "school": ("school:s5",),
    "provider": ("provider:p7",),
    "county": (RARE_COUNTY,),
    "city": COUNTIES,
    "operator": None,
}
NARROWED = ("all", "county, type", "county, type, few together", "month, type", "actor", "type")


def cases(head: int) -> dict[str, tuple[Filter, bool]]:
    """Each filter as it is paged: its name, the filter, and whether the latest come first."""
    asked = {f"operator: {name}": given for name, given in FILTERS.items()}
    for reader, reach in READERS.items():
        if reach is not None:
            asked |= {f"{reader}: {n}": FILTERS[n] | {"any_tags": reach} for n in NARROWED}
    found = {}
    for name, given in asked.items():
        wanted = Filter(**given)
        found[f"{name}, latest"] = (wanted, True)
        found[f"{name}, first"] = (wanted, False)
        found[f"{name}, middle"] = (replace(wanted, before=head // 2), True)
    return found


def timed(question: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each round, after one that warms up."""
    question()
    took = []
    for _ in range(rounds):
        began = perf_counter()
        question()
        took.append((perf_counter() - began) * 1_000)
    return took


def measure(url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Of each question the median, the 95th, what it gave and what it looked at."""
    told: dict[str, dict[str, float]] = {}
    with Ledger(url, KEY, lambda: BEGINS + SPAN) as ledger:
        asked: dict[str, Callable[[], object]] = dict(questions(ledger))
        for name, (wanted, latest) in cases(ledger.feed.head()).items():
            asked[name] = _page(ledger, wanted, latest)
        for name, question in asked.items():
            took = timed(question, rounds)
            counter = Touched(ledger.pool)
            given = question()
            counter.close()
            told[name] = {
                "p50_ms": median(took),
                "p95_ms": quantiles(took, n=20)[-1],
                "given": len(given) if isinstance(given, list) else 0,
                "read": sum(counter.taken().values()),
            }
    return told


def _page(ledger: Ledger, wanted: Filter, latest: bool) -> Callable[[], object]:
    return lambda: ledger.feed.page(wanted, PAGE + 1, latest_first=latest)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--stale", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with kept_server(options.folder) as url:
        told = {
            size: measure(filled(url, size, stale=options.stale), options.rounds)
            for size in sorted(options.sizes)
        }
    if options.json:
        print(json.dumps(told, indent=1))
        return
    for size, rows in told.items():
        print(f"\n{size:,} events: ms p50, p95; rows given, rows looked at")
        for name, cell in rows.items():
            print(
                f"{name:58} {cell['p50_ms']:8.2f} {cell['p95_ms']:8.2f} "
                f"{cell['given']:6.0f} {cell['read']:8.0f}"
            )
        worst = max(rows, key=lambda name: rows[name]["p95_ms"])
        print(f"slowest: {worst}, {rows[worst]['p95_ms']:.1f} ms")


if __name__ == "__main__":
    main()
