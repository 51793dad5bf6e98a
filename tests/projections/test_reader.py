"""The reader: pages that stay right while rows come in, conditions, and states as of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event as Flag

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.consequence import RecordUse
from ledger.enrollment import Status
from ledger.names import SchoolId
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from projections.catalogue import (
    COMPLETIONS,
    ENROLLMENTS,
    FINDINGS,
    RECORDS,
    SCHOOLS,
    TEACHERS,
    VIEWS,
)
from projections.obligation import Year
from projections.reader import PAGE_MAX, Reader, Where
from projections.runner import Runner
from projections.school_year import PASSED, passed_in
from projections.unjudged import judged_now
from projections.verdict import PASTS_HELD, Rules, judged
from tests import cast
from tests.cast import LIN, OFFERING, RUIAN, SCHOOL, STRANGER, ZHOU
from tests.town import KEY, OPERATOR, Hand, Put, database, school, story, teacher, tell


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[tuple[Ledger, Runner, Reader]]:
    """The story told, and the views up with it."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        runner = Runner(opened.pool, opened.feed, VIEWS)
        runner.catch_up()
        yield opened, runner, Reader(opened.pool, opened.feed)


@pytest.fixture(scope="module")
def schools(postgres_url: str, migrated_template: str) -> Iterator[tuple[Reader, list[str]]]:
    """Sixty schools in three places and of all stages, and their keys."""
    with database(postgres_url, migrated_template) as url, Ledger(url, KEY, Hand()) as opened:
        events = tuple(
            cast.school(
                SchoolId(f"school:{number:03}"),
                (cast.RUIAN, cast.WENZHOU, cast.HANGZHOU)[number % 3],
            )
            for number in range(60)
        )
        opened.ask([Put(events=events)], OPERATOR)
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        yield Reader(opened.pool, opened.feed), [str(each.school) for each in events]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("first", [1, 7, 59, 60, 61])
def test_pages_give_every_row_once_in_order(
    schools: tuple[Reader, list[str]], first: int, descending: bool
) -> None:
    reader, keys = schools
    seen: list[str] = []
    after, more = None, True
    while more:
        page = reader.page(SCHOOLS, Where(), first=first, after=after, descending=descending)
        seen += [key for key, _ in page.rows]
        assert all(key == str(state.school) for key, state in page.rows)
        assert page.position == reader.count(SCHOOLS, Where()) == 60
        after, more = seen[-1], page.more

    assert seen == sorted(keys, reverse=descending)


def test_a_page_is_never_longer_than_its_bound(schools: tuple[Reader, list[str]]) -> None:
    reader, keys = schools
    page = reader.page(SCHOOLS, Where(), first=PAGE_MAX * 10)

    assert len(page.rows) == len(keys)
    assert not page.more


PLACES = [*map(str, (cast.RUIAN, cast.WENZHOU, cast.HANGZHOU)), "jurisdiction:000000"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    equal=st.none() | st.sampled_from(PLACES),
    among=st.none() | st.lists(st.sampled_from(PLACES), max_size=3),
    first=st.integers(1, 70),
)
def test_conditions_give_the_rows_that_meet_them_all(
    schools: tuple[Reader, list[str]],
    equal: str | None,
    among: list[str] | None,
    first: int,
) -> None:
    reader, keys = schools
    where = Where(among=(("place", tuple(among)),) if among is not None else ())
    where = where.and_equal(place=equal)
    wanted = [
        key
        for number, key in enumerate(keys)
        if equal in (None, PLACES[number % 3]) and (among is None or PLACES[number % 3] in among)
    ]
    page = reader.page(SCHOOLS, where, first=first)

    assert [key for key, _ in page.rows] == wanted[:first]
    assert page.more == (len(wanted) > first)
    assert reader.count(SCHOOLS, where) == len(wanted)


def test_names_and_enums_are_conditions_as_they_are(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    _, _, reader = told
    waiting = reader.page(
        ENROLLMENTS,
        Where().and_equal(offering=OFFERING, status=Status.SUBMITTED, teacher=None),
        first=10,
    )
    admitted = reader.page(
        ENROLLMENTS,
        Where().and_equal(offering=OFFERING, status=Status.PROVIDER_CONFIRMED),
        first=10,
    )
    mine = reader.page(ENROLLMENTS, Where().and_equal(teacher=LIN), first=10)

    assert waiting.rows == ()
    assert len(admitted.rows) == 3
    assert [state.teacher for _, state in mine.rows] == [LIN]


def test_an_overlap_gives_the_rows_that_concern_any_of_the_names(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    opened, _, reader = told
    made = list(opened.feed.entries(Filter(types=("finding.made",))))
    for names in ((str(OFFERING),), (str(RUIAN), "by:nobody"), ("teacher:no",)):
        page = reader.page(FINDINGS, Where(overlap=(("tags", names),)), first=100)
        wanted = [each.position for each in made if set(names) & set(each.tags)]
        assert [state.position for _, state in page.rows] == wanted
    assert made


def test_paging_stays_right_while_rows_are_added(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    ledger.ask([teacher(f"{n:04}") for n in range(0, 400, 4)], OPERATOR)
    runner = Runner(ledger.pool, ledger.feed, (TEACHERS,))
    runner.catch_up()
    reader = Reader(ledger.pool, ledger.feed)
    before = {f"teacher:t{n:04}" for n in range(0, 400, 4)}
    stop = Flag()

    def add() -> int:
        for number in (n for n in range(400) if n % 4):
            if stop.is_set():
                return number
            ledger.ask([teacher(f"{number:04}")], OPERATOR)
            runner.catch_up()
        return 400

    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(add)
        for _ in range(5):
            seen: list[str] = []
            after, more = None, True
            while more:
                page = reader.page(TEACHERS, Where(), first=13, after=after)
                seen += [key for key, _ in page.rows]
                after, more = seen[-1], page.more
            assert seen == sorted(set(seen))
            assert before <= set(seen)
        stop.set()
        adding.result()


def test_rows_are_never_older_than_the_position_that_a_page_gives(ledger: Ledger) -> None:
    ledger.ask([school()], OPERATOR)
    runner = Runner(ledger.pool, ledger.feed, (TEACHERS,))
    reader = Reader(ledger.pool, ledger.feed)
    stop = Flag()

    def add() -> None:
        for number in range(300):
            if not stop.is_set():
                ledger.ask([teacher(number)], OPERATOR)
                runner.catch_up()

    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(add)
        for _ in range(200):
            page = reader.page(TEACHERS, Where(), first=1)
            # Every event after the second is a teacher.
            assert reader.count(TEACHERS, Where()) >= page.position - 2
        stop.set()
        adding.result()


def test_many_gives_those_that_exist_and_one_gives_none(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    _, _, reader = told

    assert set(reader.many(TEACHERS, [LIN, ZHOU, STRANGER])) == {LIN, ZHOU}
    assert reader.many(TEACHERS, []) == {}
    assert reader.one(TEACHERS, STRANGER) is None


# As of.


def test_a_state_as_of_any_position_is_the_fold_of_what_was_known_then(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    opened, _, reader = told
    entries = list(opened.feed.entries(Filter()))
    head = len(entries)
    for view, key in ((RECORDS, str(LIN)), (COMPLETIONS, f"{LIN}|{OFFERING}")):
        for known in (0, 1, *range(head - 60, head + 1)):
            state, position = reader.as_of(view, key, known=known)
            assert state == view.fold(key, entries[:known])
            assert position == known


def test_a_state_as_of_a_day_counts_what_was_true_by_then(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    opened, _, reader = told
    entries = list(opened.feed.entries(Filter()))
    for day in sorted({each.effective_on for each in entries}):
        state, _ = reader.as_of(RECORDS, str(LIN), effective=day)
        assert state == RECORDS.fold(
            str(LIN), [each for each in entries if each.effective_on <= day]
        )


def test_a_finding_as_of_a_position_before_it_is_blank(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    _, _, reader = told
    [(key, finding), *_] = reader.page(FINDINGS, Where(), first=1).rows

    assert reader.as_of(FINDINGS, key)[0] == finding
    assert reader.as_of(FINDINGS, key, known=finding.position)[0] == finding
    assert reader.as_of(FINDINGS, key, known=finding.position - 1)[0] == FINDINGS.blank(key)


def test_a_record_without_events_is_zeros(told: tuple[Ledger, Runner, Reader]) -> None:
    _, _, reader = told
    state, _ = reader.as_of(RECORDS, str(STRANGER))
    rules = Rules(reader)
    now = judged_now(reader, rules, RECORDS, str(STRANGER), date(2024, 6, 1))
    then = judged(reader, rules, RECORDS, str(STRANGER), date(2024, 6, 1))

    assert state == RECORDS.blank(str(STRANGER))
    assert (state.lines, state.position, state.entered) == ([], 0, None)
    assert (now.verdict, then.verdict) == (None, None)
    assert now.record == then.record == state


def test_before_a_teacher_entered_there_is_no_cycle_to_judge(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    _, _, reader = told
    rules, uses = Rules(reader), RecordUse.TITLE_PROMOTION
    entered = judged_now(reader, rules, RECORDS, "teacher:lin", date(2024, 6, 1)).record.entered
    assert entered is not None
    before = judged_now(
        reader, rules, RECORDS, "teacher:lin", entered - timedelta(days=1), use=uses
    )

    assert (before.verdict, before.consequence) == (None, None)
    assert before.record.entered == entered
    first = judged(reader, rules, RECORDS, "teacher:lin", entered)
    assert first.verdict is not None
    assert first.verdict.cycle_start == entered


def test_a_verdict_from_the_live_view_is_that_as_of_the_head(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    opened, runner, reader = told
    rules = Rules(reader)
    for who in ("teacher:lin", "teacher:chen", "teacher:zhou"):
        for day in (date(2020, 9, 1), date(2024, 6, 1), date(2029, 1, 1)):
            now = judged_now(reader, rules, RECORDS, who, day)
            then = judged(reader, rules, RECORDS, who, day, known=opened.feed.head())
            assert now.verdict == then.verdict
            assert now.verdict is not None
            assert now.position == runner.position(RECORDS.name)


def test_a_school_year_reads_the_passed_choices_of_its_terms_and_those_before(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    _, _, reader = told

    def read(year: int) -> set[str]:
        where = passed_in(SCHOOL, Year(year, date(2026, 1, 1)))
        return {key for key, _ in reader.page(ENROLLMENTS, where, first=100).rows}

    every = reader.page(ENROLLMENTS, Where().and_equal(school=SCHOOL), first=100).rows
    passed = {key for key, each in every if each.status in PASSED}
    assert passed
    assert (read(2024), read(2025)) == (passed, passed)
    assert read(2023) == read(2026) == set()


def test_rules_are_those_known_at_a_position_and_each_once(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    opened, _, reader = told
    rules = Rules(reader)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: rules.now(), range(50)))
    entries = list(opened.feed.entries(Filter(types=("regulation.rule-adopted",))))
    last = entries[-1].position

    now = rules.now()
    assert sum(len(now.versions(each)) for each in now.rules) == len(entries)
    assert len(rules.at(last).rules) == len(entries)
    assert len(rules.at(last - 1).rules) == len(entries) - 1
    assert rules.at(0).rules == {}


def test_the_rules_of_several_times_in_turn_are_not_made_anew_each_time(
    told: tuple[Ledger, Runner, Reader],
) -> None:
    opened, _, reader = told
    rules = Rules(reader)
    entries = opened.feed.page(Filter(types=("regulation.rule-adopted",)), 20)
    times = [each.position for each in entries[:PASTS_HELD]]
    books = [rules.at(each) for each in times]

    assert all(rules.at(at) is book for at, book in zip(times, books, strict=True))
    assert len({len(each.rules) for each in books}) == PASTS_HELD
    rules.at(entries[PASTS_HELD].position)
    assert len(rules._pasts) == PASTS_HELD


def test_a_rule_that_stands_at_the_head_counts(founded: Ledger) -> None:
    [last] = founded.feed.page(Filter(), 1, latest_first=True)
    rules = Rules(Reader(founded.pool, founded.feed))

    assert last.event.NAME == "regulation.rule-adopted"
    adopted = founded.feed.entries(Filter(types=("regulation.rule-adopted",)))
    assert len(rules.now().rules) == len(list(adopted))
