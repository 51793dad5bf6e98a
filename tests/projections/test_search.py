"""Search: every part of every text is found, by those who may see it, and at a bounded cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.event import Entry
from ledger.fault import Fault
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.supervision import MeasuresInspected
from projections import search
from projections.catalogue import INDEXES
from projections.posting import positions_of
from projections.runner import Runner
from projections.said import LinkKind, links, texts
from projections.search import CROSSED, Search, Sought, asked
from projections.trail import plain
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, RUIAN
from tests.town import KEY, OPERATOR, Hand, Put, database, rows, story, tell

Told = tuple[Ledger, Search, list[Entry]]


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[Told]:
    """The story told, the trail up with it, and its entries."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        Runner(opened.pool, opened.feed, INDEXES).catch_up()
        yield opened, Search(opened.pool, opened.feed), list(opened.feed.entries(Filter()))


def holding(entries: list[Entry], text: str) -> list[int]:
    """Where a text stands, by looking everywhere."""
    return [
        each.position for each in entries if any(plain(text) in plain(said) for said in texts(each))
    ]


def found(told: Told, limit: int = 500, latest: bool = False, **sought: Any) -> list[int]:
    """Where a search finds something."""
    wanted = sought.pop("wanted", Filter())
    page = told[1].page(wanted, Sought(**sought), limit, latest_first=latest)
    return [each.position for each in page]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    which=st.integers(0, 10**6),
    at=st.integers(0, 10**4),
    more=st.integers(0, 40),
    latest=st.booleans(),
)
def test_every_part_of_a_text_is_found_wherever_it_stands(
    told: Told, which: int, at: int, more: int, latest: bool
) -> None:
    said = [(each, plain(text)) for each in told[2] for text in texts(each) if len(plain(text)) > 1]
    entry, bare = said[which % len(said)]
    at %= len(bare) - 1
    part = bare[at : at + 2 + more]

    expected = holding(told[2], part)
    assert entry.position in expected
    given_back = found(told, 5, latest, text=part)
    assert given_back == (expected[::-1] if latest else expected)[:5]


def test_width_and_case_and_composition_do_not_matter(told: Told) -> None:
    with_width = holding(told[2], "2024")

    assert with_width
    assert found(told, text="２０２４") == with_width[:500]


@pytest.mark.parametrize("text", ["", "学", "学" * 101])
def test_a_text_has_two_to_a_hundred_characters(text: str) -> None:
    with pytest.raises(Fault) as refused:
        Sought(text=text)

    assert refused.value.code == "BAD_SEARCH_TEXT"


def test_a_filter_narrows_what_is_found(told: Told) -> None:
    entries = told[2]
    part = "学时"
    anywhere = holding(entries, part)
    for wanted in (
        Filter(tags=(str(LIN),)),
        Filter(any_tags=(str(CHEN), str(OFFERING))),
        Filter(types=("finding.made",)),
        Filter(types=("finding.made", "credit.awarded"), tags=(str(RUIAN),)),
        Filter(any_tags=()),
        Filter(actor="staff:operator"),
        Filter(after=anywhere[1], before=anywhere[-1]),
        Filter(known_from=entries[anywhere[1] - 1].at, known_to=entries[anywhere[-2] - 1].at),
        Filter(on_to=entries[anywhere[len(anywhere) // 2] - 1].on),
    ):
        for latest in (False, True):
            expected = [p for p in anywhere if wanted.admits(entries[p - 1])]
            given_back = found(told, wanted=wanted, text=part, latest=latest)
            assert given_back == (expected[::-1] if latest else expected), wanted


def test_a_request_a_source_and_an_id_are_found(told: Told) -> None:
    entries = told[2]
    for entry in entries[:: len(entries) // 20]:
        assert found(told, id=entry.id) == [entry.position]
        assert found(told, id=entry.id.upper()) == [entry.position]
        assert found(told, id=entry.id, wanted=Filter(any_tags=("teacher:nobody",))) == []
        if entry.request is not None:
            same = [each.position for each in entries if each.request == entry.request]
            assert found(told, request=entry.request) == same[:500]
    sourced = [each for each in entries if each.source is not None]
    for entry in sourced:
        assert entry.position in found(told, source=entry.source)


def test_what_an_event_led_to_is_found_by_its_id(told: Told) -> None:
    entries = told[2]
    naming: dict[str, list[int]] = {}
    kinds = set()
    for each in entries:
        for kind, event_id in links(each):
            naming.setdefault(event_id, []).append(each.position)
            kinds.add(kind)

    assert kinds == set(LinkKind)
    for event_id, positions in naming.items():
        assert found(told, names=event_id) == positions


def test_a_teacher_finds_nothing_by_the_rows_of_others(told: Told) -> None:
    wanted = Filter(any_tags=(str(LIN),))
    mine = [each for each in told[2] if wanted.admits(each)]
    for each in mine:
        for text in texts(each):
            if len(plain(text)) > 1:
                given_back = told[1].page(wanted, Sought(text=text[:40], own=str(LIN)), 500)
                assert all(str(LIN) in entry.tags for entry in given_back)


def test_the_index_is_the_same_live_and_rebuilt(told: Told) -> None:
    opened = told[0]
    live = rows(opened.url, "select * from projection.trails order by hash, block")
    runner = Runner(opened.pool, opened.feed, INDEXES)
    runner.rebuild()

    assert rows(opened.url, "select * from projection.trails order by hash, block") == live
    assert found(told, text="学时") == holding(told[2], "学时")
    assert len(live) > len(told[2])


def test_a_search_that_would_go_too_far_is_refused(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STEPS_MAX", 3)
    with pytest.raises(Fault) as refused:
        found(told, text="学时")

    assert refused.value.code == "TOO_WIDE"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.sampled_from(["学时", "2024", "温州市", "小学", "不存在的", "教师发展"]),
    steps=st.integers(12, 40),
    looked=st.integers(1, 30),
    first=st.integers(1, 20),
    latest=st.booleans(),
    actor=st.sampled_from([None, "staff:operator", "staff:nobody"]),
)
def test_looks_that_go_on_where_they_stopped_find_each_entry_once(
    told: Told,
    text: str,
    steps: int,
    looked: int,
    first: int,
    latest: bool,
    actor: str | None,
) -> None:
    wanted = Filter(actor=actor, any_tags=(str(RUIAN), str(OFFERING)))
    positions: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "PAGE_STEPS", steps)
        patch.setattr(search, "PAGE_LOOKED", looked)
        for _ in range(len(told[2]) + 1):
            look = told[1].look(wanted, Sought(text=text), first, latest_first=latest)
            positions += [each.position for each in look.entries]
            at = look.further
            if at is None and len(look.entries) < first:
                break
            at = positions[-1] if at is None else at
            wanted = replace(wanted, **{"before" if latest else "after": at})

    admitted = replace(wanted, after=0, before=None)
    expected = [p for p in holding(told[2], text) if admitted.admits(told[2][p - 1])]
    assert positions == (expected[::-1] if latest else expected)


# What a search costs.

MANY = 12_000


@pytest.fixture(scope="module")
def busy(postgres_url: str, migrated_template: str) -> Iterator[Told]:
    """Twelve thousand notes: words that stand everywhere, and one that stands ten times."""
    with database(postgres_url, migrated_template) as url, Ledger(url, KEY, Hand()) as opened:
        for start in range(0, MANY, 2_000):
            commands = [Put(events=(_note(n),)) for n in range(start, start + 2_000)]
            opened.ask(commands, OPERATOR, on=date(2024, 1, 1))
        Runner(opened.pool, opened.feed, INDEXES).catch_up()
        yield opened, Search(opened.pool, opened.feed), []


def _note(number: int) -> Any:
    note = "消防通道不合格" if number % 1_200 == 7 else "防护措施齐全，现场整洁"
    return MeasuresInspected(provider=COUNTY_SCHOOL, place=RUIAN, lacking=(), note=note)


@pytest.mark.parametrize("latest", [False, True])
def test_a_look_gives_up_after_a_while_and_says_how_far_it_came(busy: Told, latest: bool) -> None:
    wanted, sought = Filter(on_to=date(2023, 12, 31)), Sought(text="现场整洁")
    look = busy[1].look(wanted, sought, 20, latest_first=latest)

    assert look.entries == []
    assert look.further is not None
    behind = MANY + 1 - look.further if latest else look.further
    assert search.PAGE_LOOKED <= behind < 3 * search.PAGE_LOOKED
    assert busy[1].page(wanted, sought, 20, latest_first=latest) == []


COSTS = {
    "a common text": ({"text": "现场整洁"}, Filter(), 20),
    "a common text within reach": ({"text": "现场整洁"}, Filter(any_tags=(str(RUIAN),)), 20),
    "a common text far on": ({"text": "现场整洁"}, Filter(after=11_000), 20),
    "a rare text": ({"text": "消防通道"}, Filter(), 50),
    "a rare text within reach": ({"text": "消防通道"}, Filter(tags=(str(RUIAN),)), 50),
    "nothing within reach": (
        {"text": "现场整洁"}, Filter(any_tags=("teacher:nobody",)), 50,
    ),
    "nothing at all": ({"text": "消防整洁"}, Filter(), 50),
}  # fmt: skip


@pytest.mark.parametrize("latest", [False, True])
@pytest.mark.parametrize("case", list(COSTS))
def test_a_search_reads_little_more_than_it_gives(busy: Told, case: str, latest: bool) -> None:
    sought, wanted, limit = COSTS[case]
    opened, finder, _ = busy
    page = finder.page(wanted, Sought(**sought), limit, latest_first=latest)
    values = asked(wanted, Sought(**sought), wanted.after, MANY + 1, limit, latest)
    with opened.pool.connection() as connection:
        connection.execute(CROSSED, values)  # so that its plans are made
        [[[plan]]] = connection.execute(
            f"explain (analyze, buffers, timing off, format json) {CROSSED}", values
        ).fetchall()
    blocks = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    streams = len(values["words"]) + len(values["tags"]) + (values["reach"] is not None)

    assert bool(page) is not case.startswith("nothing")
    # A seek goes down an index of some three levels.
    assert blocks <= 5 * streams * (len(page) + 5), f"{case}: {blocks} blocks for {len(page)}"


# What a program left behind whose index had a row for each position of a word.
FORMER = """
drop table projection.trails;
create table projection.trails (hash bigint, position bigint, primary key (hash, position));
create or replace function projection.crossing_next(
    words bigint[], tags bigint[], reach bigint[], types text[],
    i int, candidate bigint, latest boolean
) returns bigint language plpgsql stable as $$
begin
    if latest then
        return (select max(position) from projection.trails
                where hash = words[i] and position <= candidate);
    end if;
    return (select min(position) from projection.trails
            where hash = words[i] and position >= candidate);
end $$;
update projection.progress set version = 1 where view = 'trails';
"""


@pytest.mark.parametrize("latest", [False, True])
def test_a_ledger_with_an_index_of_the_former_kind_is_searched_before_and_after_it_is_renewed(
    postgres_url: str, founded_template: str, latest: bool
) -> None:
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        runner = Runner(opened.pool, opened.feed, INDEXES)
        runner.catch_up()
        held = rows(url, "select * from projection.trails")
        stood = [(word, at) for word, block, bits in held for at in positions_of(block, bits)]
        with opened.pool.connection() as connection:
            connection.execute(FORMER)
            with (
                connection.cursor() as cursor,
                cursor.copy("copy projection.trails from stdin") as copy,
            ):
                for each in stood:
                    copy.write_row(each)
        entries = list(opened.feed.entries(Filter()))
        told = (opened, Search(opened.pool, opened.feed), entries)
        expected = holding(entries, "学时")[:: -1 if latest else 1]

        assert found(told, latest=latest, text="学时") == expected
        Runner(opened.pool, opened.feed, INDEXES).catch_up()

        assert found(told, latest=latest, text="学时") == expected
        assert sorted(rows(url, "select * from projection.trails")) == sorted(held)
