"""A sheet of ten thousand rows held against the ledger, with slips of many kinds planted in it.

    python -m bench.comparison [--rows 10000] [--json]

A county's teachers and their credits are put into a ledger by its own door; then a sheet of them
is made, right but for the slips. What is timed is all that a bureau waits for: finding the teachers
by their numbers, reading the ledger's side, comparing, and the digest of the result. The peer is a
plain join of the same rows by a dictionary that already holds every credit: it says that amounts
differ, and nothing of why. Every row is checked against what was planted.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import xlsxwriter
from msgspec.structs import replace

from bench.as_of import RUIAN
from bench.peers import database, server
from bench.planted import DAY, SHEET_DAY, Expected, Plot, bare, fill, plots, sheet, totals
from ledger.claim import Claim, Grain, Measure, Terms
from ledger.comparison import Comparison, compare, digest
from ledger.credit import CreditAwarded
from ledger.heading import propose
from ledger.mapping import Form
from ledger.matching import Person, Registered, match
from ledger.names import (
    TeacherId,
)
from ledger.reading import read
from ledger.row import Row, Standing
from ledger.store.ledger import Ledger
from ledger.store.workbook import read_workbook
from projections.catalogue import RECORDS, SCHOOLS
from projections.comparison import basis
from projections.desk import encoded, held
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules


def compared(reader: Reader, rules: Rules, rows: list[dict[str, Any]], terms: Terms) -> Comparison:
    """All that a bureau waits for."""
    side = basis(reader, rules, terms, places=(str(RUIAN),), named=_named(rows))
    people = [Person(row=each["row"], number=each["number"]) for each in rows]
    found = match(people, [Registered(teacher=each) for each in side.holdings])
    claims = [
        Claim(
            row=each["row"],
            amount=each["amount"],
            teacher=one.teacher,
            title=each["title"],
            completed=each["completed"],
        )
        for each, one in zip(rows, found.matches, strict=True)
    ]
    comparison = compare(claims, side.holdings, side.rules, side.terms, side.schools)
    digest(comparison)
    return comparison


def joined(rows: list[dict[str, Any]], held: dict[tuple[str, str, date], Decimal]) -> Counter[str]:
    """The peer: the same rows looked up in a dictionary of every credit."""
    found: Counter[str] = Counter()
    for each in rows:
        key = (each["number"], bare(each["title"]), each["completed"])
        amount = held.get(key)
        found["absent" if amount is None else str(amount == each["amount"])] += 1
    return found


def wrong(found: Comparison, expected: dict[int, Expected], here: dict[str, Expected]) -> list[Row]:
    """The rows that are not what was planted."""
    bad = []
    for row in found.rows:
        want = expected[row.row] if row.row else here.get(str(row.credit))
        told = tuple(sorted(((e.cause, e.amount) for e in row.portions), key=str))
        if want is None or (row.standing, told) != (want[0], tuple(sorted(want[1], key=str))):
            bad.append(row)
    seen = {str(row.credit) for row in found.rows if row.row is None}
    assert {*here} <= seen, "a credit that the sheet lacks was not told"
    return bad


def measured(ledger: Ledger, told: list[Plot], position: int) -> dict[str, Any]:
    """What is timed, at the position and once more as of a day of the past."""
    reader = Reader(ledger.pool, ledger.feed)
    rules = Rules(reader)
    rules.now()
    rows, expected = sheet(told)
    here = {key: each for plot in told for key, each in plot.here.items()}
    terms = Terms(
        grain=Grain.CREDITS,
        place=RUIAN,
        position=position,
        seen=ledger.feed.head(),
        day=DAY,
        measure=Measure.EFFECTIVE,
        sheet_day=SHEET_DAY,
        first=date(2020, 1, 1),
    )
    answers: dict[str, Any] = {"rows": len(rows), "teachers": len(told)}
    for name, on_terms in (
        ("position", terms),
        ("position and day", replace(terms, effective=DAY)),
    ):
        start = time.perf_counter()
        found = compared(reader, rules, rows, on_terms)
        seconds = time.perf_counter() - start
        bad = wrong(found, expected, here)
        answers[name] = _answer(found, bad, seconds, len(rows))
    answers["file"] = from_file(ledger, reader, rules, rows, terms, (expected, here))
    answers["totals"] = yearly(reader, rules, told, replace(terms, grain=Grain.TOTALS))
    credits = {
        (plot.teacher.value, bare(event.title), event.completed): event.credits
        for plot in told
        for event in plot.events
        if isinstance(event, CreditAwarded)
    }
    start = time.perf_counter()
    joined(rows, credits)
    answers["join_seconds"] = time.perf_counter() - start
    return answers


def from_file(
    ledger: Ledger,
    reader: Reader,
    rules: Rules,
    rows: list[dict[str, Any]],
    terms: Terms,
    planted: tuple[dict[int, Expected], dict[str, Expected]],
) -> dict[str, Any]:
    """The same sheet as a workbook: from its bytes to the result as it is kept."""
    data = workbook(rows)
    start = time.perf_counter()
    grid = read_workbook(data, "名单.xlsx")
    reading = read(grid, propose(grid, Form.CREDITS, [])[0].mapping)
    of = {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    found = held(reader, rules, ledger.vault, reading, terms, (str(RUIAN),), **of)
    encoded(found)
    seconds = time.perf_counter() - start
    assert not found.faults, found.faults[:3]
    return _answer(found.comparison, wrong(found.comparison, *planted), seconds, len(rows))


def workbook(rows: list[dict[str, Any]]) -> bytes:
    """The rows as a workbook, each where its number says."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet, day = book.add_worksheet("学分"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ("平台编号", "培训名称", "结业时间", "学分"))
    for each in rows:
        at = each["row"] - 1
        sheet.write_string(at, 0, each["number"])
        sheet.write_string(at, 1, each["title"])
        sheet.write_datetime(at, 2, each["completed"], day)
        sheet.write_string(at, 3, str(each["amount"]))
    book.close()
    return file.getvalue()


def yearly(reader: Reader, rules: Rules, told: list[Plot], terms: Terms) -> dict[str, Any]:
    """A sheet of totals, timed and checked in the same way."""
    claims, expected = totals(told)
    start = time.perf_counter()
    named = {each.teacher for each in claims if each.teacher}
    side = basis(reader, rules, terms, places=(str(RUIAN),), named=named)
    people = {teacher: side.holdings[teacher] for teacher in named}
    found = compare(claims, people, side.rules, side.terms, side.schools)
    digest(found)
    return _answer(found, wrong(found, expected, {}), time.perf_counter() - start, len(claims))


def _answer(found: Comparison, bad: list[Row], seconds: float, rows: int) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "rows": rows,
        "rows_per_second": rows / seconds,
        "classified": len(found.rows) - len(bad),
        "of": len(found.rows),
        "unattributed": str(sum(each.unattributed for each in found.sums)),
        "differing": sum(row.standing is not Standing.EQUAL for row in found.rows),
        "causes": sorted(c.cause.value for each in found.sums for c in each.by_cause),
        "digest": digest(found),
        "wrong": [str(row) for row in bad[:3]],
    }


def main() -> None:
    """Makes the ledger and the sheet, and compares them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told = list(plots(given.rows))
    with server() as (url, _), Ledger.found(database(url, "comparison"), bytes(range(32))) as kept:
        position = fill(kept, told)
        Runner(kept.pool, kept.feed, (RECORDS, SCHOOLS)).catch_up()
        found = measured(kept, told, position)
    if given.json:
        print(json.dumps(found))
        return
    print(f"{platform.machine()}, {found['rows']:,} rows of {found['teachers']:,} teachers")
    failed = False
    for name in ("position", "position and day", "file", "totals"):
        one = found[name]
        print(
            f"{name}, {one['rows']:,} rows: {one['seconds']:.2f} s, "
            f"{one['rows_per_second']:,.0f} rows/s, "
            f"{one['seconds'] / found['join_seconds']:.0f} times a plain join; "
            f"{one['classified']:,} of {one['of']:,} rows classified right, {one['differing']:,} "
            f"of them differ, {one['unattributed']} unattributed; {len(one['causes'])} causes"
        )
        for each in one["wrong"]:
            print("wrong:", each)
        failed = failed or one["classified"] < one["of"] or one["unattributed"] != "0"
    raise SystemExit(int(failed))


def _named(rows: list[dict[str, Any]]) -> set[TeacherId]:
    return {TeacherId(f"teacher:{each['number']}") for each in rows}


if __name__ == "__main__":
    main()
