"""Rows read: nothing that a reader asks has the server look at much more than it gives.

The ledger is full of other people's events; what each question looks at is counted by the server
itself (``bench.touched``), over all its statements, functions and indexes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from psycopg import sql

from bench.as_of import OWN_EVENTS, SCHOOL, SUBJECT
from bench.filling import BEGINS, KEY, SPAN, fill
from bench.touched import Touched
from ledger.command import Asker, Role
from ledger.event import Entry
from ledger.names import JurisdictionId, LedgerId, Name, ProviderId, SchoolId
from ledger.store.block import BLOCK, seal
from ledger.store.feed import Filter, open_pool
from ledger.store.ledger import Ledger
from ledger.store.recorder import Recorder
from projections.catalogue import INDEXES, VIEWS
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules
from schema.context import Context, House
from schema.root import build
from tests.town import database

FIRST = 20
OWN_ID = "01930150-0000-7000-8000-000000000000"
SIZE = 4 * BLOCK + 200


@contextmanager
def opened(postgres_url: str, template: str, *, stale: bool) -> Iterator[House]:
    """The house over a filled ledger, its views caught up."""
    with database(postgres_url, template) as url:
        fill(url, SIZE, stale=stale)
        with Ledger(url, KEY, lambda: BEGINS + SPAN) as ledger:
            runner = Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES))
            runner.catch_up()
            assert [stop for _, _, stop in runner.progress(*runner.views) if stop] == []
            if not stale:
                with psycopg.connect(url, autocommit=True) as owner:
                    owner.execute("vacuum (analyze)")
            with open_pool(url, autocommit=True) as pool:
                reader = Reader(pool, ledger.feed.through(pool))
                yield House(ledger=ledger, reader=reader, runner=runner, rules=Rules(reader))


@pytest.fixture(scope="module")
def house(postgres_url: str, migrated_template: str) -> Iterator[House]:
    """Its tables analysed."""
    with opened(postgres_url, migrated_template, stale=False) as found:
        yield found


@pytest.fixture(scope="module")
def stale(postgres_url: str, migrated_template: str) -> Iterator[House]:
    """Its ledger never analysed, as right after a load."""
    with opened(postgres_url, migrated_template, stale=True) as found:
        yield found


def asker(role: Role, scope: Name) -> Asker:
    """Somebody in a role over something."""
    return Asker(actor=f"staff:{role.value.lower()}", role=role, scope=scope)


OPERATOR = asker(Role.OPERATOR, LedgerId("ledger:xuefen"))
PROVINCE = asker(Role.BUREAU, JurisdictionId("jurisdiction:330000"))
CITY = asker(Role.BUREAU, JurisdictionId("jurisdiction:330300"))
COUNTY = asker(Role.BUREAU, JurisdictionId("jurisdiction:330305"))
POOR_COUNTY = asker(Role.BUREAU, JurisdictionId("jurisdiction:330303"))
AT_SCHOOL = asker(Role.SCHOOL, SchoolId("school:s5"))
AT_PROVIDER = asker(Role.PROVIDER, ProviderId("provider:p7"))
TEACHER = asker(Role.TEACHER, SUBJECT)
READERS = {
    "operator": OPERATOR, "province": PROVINCE, "city": CITY, "county": COUNTY,
    "poor county": POOR_COUNTY, "school": AT_SCHOOL, "provider": AT_PROVIDER, "teacher": TEACHER,
}  # fmt: skip
FILTERS = {
    "all": "",
    "type": 'types: ["credit.awarded"]',
    "type that is nowhere": 'types: ["warning.reinspected"]',
    "two types": 'types: ["credit.awarded", "enrollment.confirmed"]',
    "county": 'tags: ["jurisdiction:330305"]',
    "county and type": 'tags: ["jurisdiction:330305"], types: ["credit.awarded"]',
    "few together": 'tags: ["jurisdiction:330303"], types: ["credit.awarded"]',
    "school and provider": 'tags: ["school:s5", "provider:p5"]',
    "provider and actor": 'tags: ["provider:p7"], actor: "staff:f9"',
    "teacher": f'tags: ["{SUBJECT}"]',
    "teacher and type": f'tags: ["{SUBJECT}"], types: ["credit.awarded"]',
    "actor": 'actor: "staff:f5"',
    "actor and channel": 'actor: "staff:f9", channel: IMPORT',
    "channel": "channel: CONSOLE",
    "month": 'onFrom: "2021-03-01", onTo: "2021-03-31"',
    "month and type": 'onFrom: "2021-03-01", onTo: "2021-03-31", types: ["credit.awarded"]',
    "day and county": 'onFrom: "2021-03-08", onTo: "2021-03-08", tags: ["jurisdiction:330305"]',
    "since a day": 'onFrom: "2023-12-20"',
    "known": 'knownFrom: "2021-03-01T00:00:00Z", knownTo: "2021-06-01T00:00:00Z"',
    "known and type": 'knownTo: "2020-06-01T00:00:00Z", types: ["credit.awarded"]',
    "positions": "after: 9000, before: 9500",
    "text": 'text: "校本"',
    "request": f'request: "{OWN_ID}"',
    "id": f'id: "{OWN_ID}"',
}
EDGES = "edges { node { __typename } } pageInfo { hasNextPage }"
LISTS = {
    "teachers": f"(first: {FIRST})",
    "teachers ": f'(school: "{SCHOOL}", first: {FIRST})',
    "enrollments": f'(school: "school:s5", first: {FIRST})',
    "enrollments  ": f'(offering: "offering:o7", first: {FIRST})',
    "completions": f'(offering: "offering:o7", first: {FIRST})',
    "schoolBasedTrainings": f'(school: "school:s5", first: {FIRST})',
    "offerings": f'(place: "jurisdiction:330305", first: {FIRST})',
    "findings": f'(place: "jurisdiction:330305", state: [OPEN], first: {FIRST})',
    "timeline": f'(of: "{SUBJECT}", latestFirst: true, first: {FIRST})',
    "timeline ": f'(of: "jurisdiction:330305", latestFirst: true, first: {FIRST})',
    "timeline  ": f'(of: "jurisdiction:330305", alongWith: ["provider:p7"], first: {FIRST})',
    "alterations": f'(id: "{SUBJECT}", first: {FIRST})',
    "leaves": f'(filter: {{ types: ["credit.awarded"] }}, first: {FIRST})',
}
RECORD = "lines { credit credits } verdict { result requirements { code result } }"
OWN = {
    "a record": f'{{ creditRecord(teacher: "{SUBJECT}") {{ {RECORD} }} }}',
    "a record as of a position": f'{{ creditRecord(teacher: "{SUBJECT}", '
    f"asOf: {{ position: {SIZE // 2} }}) {{ {RECORD} }} }}",
    "a record as of a day": f'{{ creditRecord(teacher: "{SUBJECT}", '
    f'asOf: {{ effective: "2021-03-08" }}) {{ {RECORD} }} }}',
    "a teacher as of a position": f'{{ teacher(id: "{SUBJECT}", '
    f"asOf: {{ position: {SIZE // 2} }}) {{ school }} }}",
    "what changed": f'{{ creditDifference(teacher: "{SUBJECT}", '
    f"before: {{ position: {SIZE // 2} }}) {{ __typename }} }}",
    "evidence": f'{{ evidence(teacher: "{SUBJECT}") {{ __typename }} }}',
    "an entry": f'{{ entry(id: "{OWN_ID}") {{ position }} }}',
    "the head": "{ head }",
}
# A page under several conditions walks its first index four times as far as it gives, looks at the
# events, asks how far it came, and then at one row of bits for each word and block.
PER_ROW, BESIDE = 14, 160
# A search for a text seeks from word to word, tag to tag and place to place of the reader's reach.
PER_ROW_OF_TEXT = 80
OWN_PER_EVENT = 6


@dataclass(frozen=True)
class Cost:
    """What was given, in rows, and what was looked at for it, by table or index."""

    given: int
    read: dict[str, int]

    @property
    def rows(self) -> int:
        """All that was looked at."""
        return sum(self.read.values())


def cost(house: House, asked_by: Asker, document: str) -> Cost:
    """Asks once to warm up, and counts what the second time looks at."""
    context = Context(house=house, asker=asked_by)
    answer = asyncio.run(_ask(context, document))
    counters = [Touched(house.ledger.pool), Touched(house.reader._pool)]
    try:
        answer = asyncio.run(_ask(Context(house=house, asker=asked_by), document))
    finally:
        for each in counters:
            each.close()
    read = Counter(counters[0].taken()) + Counter(counters[1].taken())
    return Cost(given=_edges(answer), read=dict(read))


async def _ask(context: Context, document: str) -> dict[str, Any]:
    result = await build().execute(document, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


def _edges(answer: dict[str, Any]) -> int:
    (found,) = answer.values()
    return len(found["edges"]) if isinstance(found, dict) and "edges" in found else 1


def history(filter_: str, order: bool) -> str:
    """The document of a page of the history."""
    latest = "true" if order else "false"
    asked = f"filter: {{ {filter_} }}, first: {FIRST}, latestFirst: {latest}"
    return f"{{ history({asked}) {{ {EDGES} }} }}"


@pytest.mark.parametrize("latest_first", [True, False])
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", FILTERS)
def test_a_page_of_the_history_looks_at_little_more_than_it_gives(
    house: House, name: str, reader: str, latest_first: bool
) -> None:
    found = cost(house, READERS[reader], history(FILTERS[name], latest_first))
    per_row = PER_ROW_OF_TEXT if name.startswith("text") else PER_ROW

    assert found.rows <= per_row * FIRST + BESIDE, found


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_a_list_looks_at_little_more_than_it_gives(house: House, name: str) -> None:
    found = cost(house, OPERATOR, f"{{ {name.strip()}{LISTS[name]} {{ {EDGES} }} }}")

    assert found.rows <= PER_ROW * FIRST + BESIDE, found


@pytest.mark.parametrize("name", OWN)
def test_what_is_asked_of_one_teacher_looks_at_that_teachers_events(
    house: House, name: str
) -> None:
    found = cost(house, OPERATOR, OWN[name])

    assert found.rows <= OWN_PER_EVENT * OWN_EVENTS, found


def test_a_window_of_the_stream_looks_at_little_more_than_it_gives(house: House) -> None:
    async def first() -> list[Entry]:
        wanted = Filter(types=("credit.awarded",), after=SIZE - 1_000)
        async for _, page in house.ledger.feed.follow(wanted):
            return page
        return []

    counter = Touched(house.ledger.pool)
    try:
        page = asyncio.run(first())
    finally:
        counter.close()

    assert page
    assert sum(counter.taken().values()) <= 4 * len(page) + 10


LATEST: dict[str, Callable[[Ledger], list[int]]] = {
    "entries": lambda ledger: [
        each.position for each in ledger.feed.page(Filter(), FIRST, latest_first=True)
    ],
    "as stored": lambda ledger: [
        at for at, _, _ in ledger.feed.telling(Filter(), FIRST, latest_first=True)[0]
    ],
}


@pytest.mark.parametrize("how", LATEST)
def test_the_latest_entries_are_found_before_many_events_that_are_none(
    postgres_url: str, migrated_template: str, how: str
) -> None:
    """Those of a library application, which are read one by one in the last blocks alone."""
    with database(postgres_url, migrated_template) as url:
        fill(url, 1_000)
        with Ledger(url, KEY, lambda: BEGINS + SPAN) as ledger:
            recorder = Recorder(url, ledger.committer)
            strange = [DCBEvent("happened.elsewhere", b"{}", ["of:others"])] * 1_000
            for _ in range(3 * BLOCK // len(strange)):
                recorder.append(strange)
            while seal(ledger.pool):
                pass
            counter = Touched(ledger.pool)
            try:
                found = LATEST[how](ledger)
            finally:
                counter.close()

    assert len(found) == FIRST and max(found) < BLOCK
    assert sum(counter.taken().values()) < 2 * BLOCK


@pytest.mark.parametrize("name", FILTERS)
def test_before_the_tables_are_analysed_a_page_looks_at_no_more(stale: House, name: str) -> None:
    for reader in ("operator", "city", "poor county", "teacher"):
        found = cost(stale, READERS[reader], history(FILTERS[name], True))
        per_row = PER_ROW_OF_TEXT if name.startswith("text") else PER_ROW

        assert found.rows <= per_row * FIRST + BESIDE, (reader, found)


LOST = {
    "ledger.events_by_type": history(FILTERS["type that is nowhere"], False),
    "ledger.events_by_time": history(FILTERS["known"], False),
    "ledger.events_by_id": OWN["an entry"],
    "ledger.tags_pkey": history(FILTERS["teacher"], False),
    "ledger.blocks_pkey": history(FILTERS["few together"], False),
    "ledger.events_pkey": history(FILTERS["positions"], True),
    "projection.trails_pkey": history(FILTERS["text"], True),
    "projection.enrollments_offering_key_idx": "{ enrollments"
    f"{LISTS['enrollments  ']} {{ {EDGES} }} }}",
}


@pytest.mark.parametrize("index", LOST)
def test_an_index_that_is_lost_shows_in_what_is_looked_at(house: House, index: str) -> None:
    kept = cost(house, OPERATOR, LOST[index])
    with _without(house.ledger.url, index):
        lost = cost(house, OPERATOR, LOST[index])

    assert kept.rows <= PER_ROW_OF_TEXT * FIRST
    assert lost.given == kept.given
    assert lost.rows > PER_ROW_OF_TEXT * FIRST + BESIDE, lost


@contextmanager
def _without(url: str, index: str) -> Iterator[None]:
    """An index is not there for a while."""
    room, name = index.split(".")
    table = sql.Identifier(room, name.removesuffix("_pkey"))
    drop = sql.SQL("drop index {}").format(sql.Identifier(room, name))
    keep = sql.SQL("select")
    if name.endswith("_pkey"):
        drop = sql.SQL("alter table {} drop constraint {}").format(table, sql.Identifier(name))
        keep = sql.SQL("alter table {} add primary key using index {}").format(
            table, sql.Identifier(name)
        )
    with psycopg.connect(url, autocommit=True) as owner:
        row = owner.execute("select pg_get_indexdef(%s::regclass)", (index,)).fetchone()
        assert row is not None
        owner.execute(drop)
        try:
            yield
        finally:
            owner.execute(row[0].encode())
            owner.execute(keep)
