"""What taking in the master data of 100,000 teachers costs: the full list, then its changes.

    python -m bench.load [--rows 100000] [--changes 1000] [--json]

Each list goes the way of `xuefen load --commit`: the file is given up, read, held against the
ledger and the vault, tried row by row, shown, tried once more, and committed batch by batch; every
person is sealed under a key of its own. The second list is the same with some subjects changed, so
nearly all of its rows change nothing. The peer is what a plain system does with the same file in
the same run: python-calamine's rows, COPYed into a table with a unique id number, and the second
list merged into it, with nothing tried, sealed, shown or audited. Run it alone on the machine; each
list is taken in once, since a ledger cannot be emptied.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import resource
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import xlsxwriter
from python_calamine import CalamineWorkbook
from stdnum.cn import ric

from api.house import open_house
from api.settings import Settings
from bench.as_of import RUIAN
from bench.peers import database, expect, server
from ledger.command import Asker, Role
from ledger.event import Channel
from ledger.mapping import Form
from ledger.names import SchoolId
from ledger.register import RegisterSchool, Stage
from ledger.store.feed import Filter
from ledger.store.load import LoadOptions
from ledger.teacher import TeacherRegistered
from schema.context import Context, House
from schema.load import dry_run, take_in

HEADER = ("姓名", "身份证号", "学校", "学段", "学科", "参加工作时间")
SCHOOLS = 300
TABLE = "create table staff (id text primary key, name text, school text, subject text, day text)"
MERGE = (
    "insert into staff select * from given on conflict (id) do update set "
    "subject = excluded.subject where staff.subject <> excluded.subject"
)
BUREAU = Asker(actor="staff:bench", role=Role.BUREAU, scope=RUIAN, channel=Channel.IMPORT)


def sheet(rows: int, changed: int) -> bytes:
    """A list of teachers of one county; the first ``changed`` teach something else."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    page = book.add_worksheet("名册")
    page.write_row(0, 0, HEADER)
    for number in range(rows):
        body = f"330381{1960 + number // 1_000 % 40}{1 + number // 40_000:02}01{number % 1_000:03}"
        name = "王" + chr(0x4E00 + number % 5_000) + chr(0x4E00 + number % 77)
        values = (name, body + ric.calc_check_digit(body + "0"), f"第{number % SCHOOLS}小学")
        page.write_row(
            number + 1, 0, (*values, "小学", "数学" if number < changed else "语文", "2010-09-01")
        )
    book.close()
    return file.getvalue()


def taken_in(house: House, data: bytes) -> dict[str, Any]:
    """One list, shown and committed; seconds of both."""
    context, uploads = Context(house=house, asker=BUREAU), house.ledger.uploads
    busy, start = time.process_time(), time.perf_counter()
    ticket = uploads.open(BUREAU, name="名册.xlsx", bytes_=len(data), form=Form.TEACHERS)
    claimed = uploads.claim(BUREAU, ticket.secret)
    assert claimed is not None
    upload = uploads.receive(BUREAU, claimed, data)
    head = asyncio.run(dry_run(context, upload, LoadOptions(party=str(RUIAN), full=True)))
    shown = time.perf_counter()
    _, done = asyncio.run(take_in(context, str(head.load), leave_refused=False))
    end = time.perf_counter()
    if not done.complete:
        raise AssertionError(f"{done.refused[:3]}, {done.moved[:3]}")
    what = head.what
    return {
        "dry_run": shown - start,
        "commit": end - shown,
        "own_cpu": time.process_time() - busy,
        "load": os.getloadavg()[0],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "new": what.new,
        "changed": what.changed,
        "unchanged": what.unchanged,
        "batches": head.batches,
    }


def plain(url: str, data: bytes) -> float:
    """The peer's seconds for one list."""
    start = time.perf_counter()
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    rows = book.get_sheet_by_index(0).to_python()[1:]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table given (like staff) on commit drop")
        with cursor.copy("copy given from stdin") as copy:
            for name, number, school, _, subject, day in rows:
                copy.write_row((number, name, school, subject, str(day)))
        cursor.execute(MERGE)
    return time.perf_counter() - start


@contextmanager
def housed(url: str) -> Any:
    """A house on a ledger of its own, with the schools of the county."""
    with TemporaryDirectory() as folder:
        settings = Settings(database_url=url, data=Path(folder), _env_file=None)
        with open_house(settings) as house:
            house.wait_seconds = 600.0
            schools = [
                RegisterSchool(
                    school=SchoolId(f"school:s{number}"),
                    place=RUIAN,
                    title=f"第{number}小学",
                    stage=Stage.PRIMARY,
                )
                for number in range(SCHOOLS)
            ]
            house.ledger.ask(schools, BUREAU, on=date(2024, 1, 1))
            yield house


def main() -> None:
    """Takes both lists in, and has the peer take them in."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lists = {"full": sheet(given.rows, 0), "changes": sheet(given.rows, given.changes)}
    told: dict[str, Any] = {"rows": given.rows}
    with server() as (url, _):
        peer = database(url, "plain")
        with psycopg.connect(peer) as connection:
            connection.execute(TABLE)
        with housed(database(url, "load")) as house:
            for name, data in lists.items():
                told[name] = taken_in(house, data)
                seconds = told[name]["dry_run"] + told[name]["commit"]
                told[name] |= {"seconds": seconds, "plain": (bare := plain(peer, data))}
                told[name]["ratio"] = seconds / bare
            expect(told["full"]["new"], given.rows, "new rows")
            expect(told["changes"]["changed"], given.changes, "changed rows")
            registered = house.ledger.feed.entries(Filter(types=(TeacherRegistered.NAME,)))
            expect(sum(1 for _ in registered), given.rows, "teachers")
    if given.json:
        print(json.dumps(told))
        return
    for name in lists:
        one = told[name]
        print(
            f"{name}, {given.rows:,} rows: {one['dry_run']:.1f} s shown + {one['commit']:.1f} s "
            f"committed in {one['batches']} batches = {one['seconds']:.1f} s, "
            f"{one['ratio']:.0f} times the plain table's {one['plain']:.2f} s; "
            f"{one['own_cpu']:.1f} s of CPU here, {one['peak_mb']} MB at most, "
            f"load {one['load']:.1f}"
        )


if __name__ == "__main__":
    main()
