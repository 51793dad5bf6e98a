"""Snapshots: what the views said at any position, equal to a ledger that was cut there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.enrollment import OfferingSelected
from ledger.event import Entry
from ledger.fault import Fault
from ledger.store import feed, page
from ledger.store.feed import Feed, Filter
from ledger.store.ledger import Ledger
from ledger.teacher import TeacherTransferred
from ledger.trainer import TrainerConsented, TrainerRegistered
from projections import snapshot
from projections.catalogue import (
    COMPLETIONS,
    ENROLLMENTS,
    FINDINGS,
    RECORDS,
    TEACHERS,
    TRAINERS,
    VIEWS,
)
from projections.fold import Fold
from projections.indicator import gathering
from projections.measure import Period, Question, Subject
from projections.obligation import Year
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.snapshot import Snapshot
from projections.trainer import WILLING
from projections.verdict import Rules
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, RUIAN, SCHOOL, TRAINER
from tests.town import KEY, OPERATOR, Hand, Put, database, story, tell

Told = tuple[Ledger, Reader, list[Entry]]


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[Told]:
    """The story told, the views up with it, and its entries."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        reader = Reader(opened.pool, opened.feed)
        yield opened, reader, list(opened.feed.entries(Filter()))


def cut(view: Projection[Any], entries: list[Entry]) -> dict[str, Any]:
    """All rows of a view over the entries of a ledger that ends there."""
    fold = Fold(view)
    for entry in entries:
        fold.learn(entry)
    return fold.states


def wanted(view: Projection[Any], states: dict[str, Any]) -> Iterator[Where]:
    """A condition for every value of every facet that is a name, and one for each key."""
    for facet, kind in view.facets.items():
        values = {
            each
            for state in states.values()
            for each in _listed(view.facet_values(state)[facet], kind)
        }
        for value in sorted(values):
            yield (
                Where(overlap=((facet, (value,)),))
                if kind.endswith("[]")
                else Where(equal=((facet, value),))
            )
    yield from (Where(equal=(("key", key),)) for key in states)


def _listed(value: Any, kind: str) -> list[str]:
    held = value if kind.endswith("[]") else [value]
    return [each for each in held or () if isinstance(each, str) and ":" in each]


def fitting(view: Projection[Any], states: dict[str, Any], where: Where) -> dict[str, Any]:
    """The rows that fit one condition."""
    found = {}
    for key, state in states.items():
        values = view.facet_values(state) | {"key": key}
        if all(values[name] == value for name, value in where.equal) and all(
            {*values[name]} & {*among} for name, among in where.overlap
        ):
            found[key] = state
    return found


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_rows_at_any_position_are_those_of_a_ledger_that_ends_there(
    told: Told, view: Projection[Any]
) -> None:
    opened, _, entries = told
    own = [each.position for each in entries if each.event.NAME in view.types]
    for position in {own[0] - 1, *own, entries[-1].position}:
        states = cut(view, entries[:position])
        for where in wanted(view, states):
            page = Snapshot(opened.feed, position).page(view, where, first=1_000)
            assert dict(page.rows) == fitting(view, states, where)
            assert page.position == position


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_as_of_now_equals_the_live_rows(told: Told, view: Projection[Any]) -> None:
    opened, reader, entries = told
    for where in wanted(view, cut(view, entries)):
        now = Snapshot(opened.feed, opened.feed.head()).page(view, where, first=1_000)
        assert now.rows == reader.page(view, where, first=1_000).rows


def test_who_agreed_with_every_provider_is_found_in_the_past_by_a_provider_too(
    postgres_url: str, founded_template: str
) -> None:
    # What opens the row to a provider is a word in the row, and stands in no event as a tag.
    entered = TrainerRegistered(trainer=TRAINER, place=RUIAN, expertise="阅读教学")
    where = Where(overlap=(("tags", (str(COUNTY_SCHOOL), WILLING)),))
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        events = (entered, TrainerConsented(trainer=TRAINER, place=RUIAN))
        opened.submit([Put(events=events)], OPERATOR, on=date(2024, 3, 1)).result()
        then = Snapshot(opened.feed, opened.feed.head())
        assert [key for key, _ in then.page(TRAINERS, where, first=10).rows] == [TRAINER]
        before = Snapshot(opened.feed, opened.feed.head() - 1)
        assert before.page(TRAINERS, where, first=10).rows == ()


def test_a_day_leaves_out_what_became_true_later(told: Told) -> None:
    opened, _, entries = told
    days = sorted({each.effective_on for each in entries})
    for day in days[:: max(len(days) // 10, 1)]:
        states = cut(TEACHERS, [each for each in entries if each.effective_on <= day])
        page = Snapshot(opened.feed, len(entries), day).page(
            TEACHERS, Where().and_equal(place=RUIAN), first=1_000
        )
        assert dict(page.rows) == fitting(TEACHERS, states, Where().and_equal(place=RUIAN))


def test_pages_of_the_past_follow_one_another_in_both_directions(told: Told) -> None:
    opened, _, entries = told
    then = Snapshot(opened.feed, len(entries))
    where = Where().and_equal(place=RUIAN)
    whole = then.page(ENROLLMENTS, where, first=1_000).rows
    for descending in (False, True):
        seen: list[Any] = []
        more, after = True, None
        while more:
            page = then.page(ENROLLMENTS, where, first=1, after=after, descending=descending)
            seen, more, after = [*seen, *page.rows], page.more, page.rows[-1][0]
        assert seen == sorted(whole, key=lambda row: row[0], reverse=descending)
    assert then.count(ENROLLMENTS, where) == len(whole) > 1


def test_rows_through_another_view_are_those_of_the_past_as_well(told: Told) -> None:
    opened, _, entries = told
    through = Where(through=(("offering", "enrollments", ("teacher", str(LIN))),))
    before = next(e.position for e in entries if isinstance(e.event, OfferingSelected)) - 1

    now = Snapshot(opened.feed, len(entries)).page(COMPLETIONS, through, first=100)
    then = Snapshot(opened.feed, before).page(COMPLETIONS, through, first=100)

    assert {str(OFFERING)} <= {str(each.offering) for _, each in now.rows}
    assert then.rows == ()


def test_nothing_is_read_where_no_place_is_within_reach(told: Told) -> None:
    opened, _, entries = told
    nowhere = Where(among=(("place", ()),))

    assert Snapshot(opened.feed, len(entries)).page(RECORDS, nowhere, first=10).rows == ()


def test_a_moment_that_needs_too_many_events_is_refused(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _, entries = told
    monkeypatch.setattr(snapshot, "ENTRIES_MAX", 3)
    with pytest.raises(Fault) as refused:
        Snapshot(opened.feed, len(entries)).page(ENROLLMENTS, Where(), first=10)

    assert refused.value.code == "TOO_WIDE"


def test_too_many_events_are_refused_before_any_is_read(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _, entries = told
    asked = Where().and_equal(place=RUIAN)
    own = {view: len(_of(view, entries)) for view in (RECORDS, TEACHERS, ENROLLMENTS, COMPLETIONS)}
    read: list[Filter] = []
    monkeypatch.setattr(Feed, "entries", lambda self, wanted: read.append(wanted) or iter(()))
    for view, count in own.items():
        # What is found by the place is read once more by the teacher: twice as much in all.
        for most, refused in ((2 * count - 1, True), (2 * count, False)):
            monkeypatch.setattr(snapshot, "ENTRIES_MAX", most)
            read.clear()
            then = Snapshot(opened.feed, len(entries))
            if refused:
                with pytest.raises(Fault) as said:
                    then.page(view, asked, first=10)
                assert (said.value.code, read) == ("TOO_WIDE", [])
                assert "asOf" in said.value.zh and "asOf" in said.value.en
            else:
                assert then.page(view, asked, first=10).rows == ()
                assert read


def test_indicators_of_a_moment_are_refused_before_any_entry_of_a_person_is_read(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, reader, entries = told
    monkeypatch.setattr(snapshot, "ENTRIES_MAX", 20)
    then = Snapshot(opened.feed, len(entries))
    subject = Subject(RUIAN, (str(RUIAN),), RUIAN)
    asked = Question(then, Rules(reader).now(), subject, Period(Year(2024, date(2024, 6, 1))))
    monkeypatch.setattr(Feed, "page", lambda *_, **__: pytest.fail("an entry was read"))
    with pytest.raises(Fault) as said:
        gathering(asked)

    assert said.value.code == "TOO_WIDE"


def _of(view: Projection[Any], entries: list[Entry]) -> list[Entry]:
    return [e for e in entries if e.event.NAME in view.own_types and str(RUIAN) in e.tags]


@pytest.mark.parametrize("guessed", [False, True])
def test_whether_more_is_wanted_than_a_number_is_told_without_reading(
    told: Told, monkeypatch: pytest.MonkeyPatch, guessed: bool
) -> None:
    opened, _, entries = told
    if guessed:
        monkeypatch.setattr(feed, "CERTAIN", 0)
        for module in (feed, page):
            monkeypatch.setattr(module, "SAMPLED", 1)
    types = tuple(sorted({each.event.NAME for each in entries}))
    day = entries[len(entries) // 2].on
    for wanted in (
        Filter(),
        Filter(types=types[:9], scattered=True),
        Filter(tags=(str(RUIAN),), scattered=True),
        Filter(tags=(str(RUIAN),), types=types[::2], scattered=True, on_to=day),
        Filter(any_tags=(str(RUIAN), str(LIN), str(SCHOOL)), scattered=True, before=200),
        Filter(any_tags=(str(RUIAN), str(LIN)), types=types[::2], scattered=True),
        Filter(tags=("teacher:nobody",), types=types, scattered=True),
    ):
        count = sum(wanted.admits(each) for each in entries)
        for most in {1, count - 1, count, count + 1, 2 * count, count // 2}:
            if most > 0:
                assert opened.feed.exceeds(wanted, most) == (count > most), (wanted, most)


def test_a_teachers_past_reads_no_other_teachers_events(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _, entries = told
    seen: list[Entry] = []
    whole = Feed.page

    def counted(*arguments: Any, **named: Any) -> list[Entry]:
        found = whole(*arguments, **named)
        seen.extend(found)
        return found

    monkeypatch.setattr(Feed, "page", counted)
    then = Snapshot(opened.feed, len(entries))
    for view in (RECORDS, ENROLLMENTS, FINDINGS):
        where = Where(overlap=(("tags", (str(LIN),)),)) if view is FINDINGS else None
        then.page(view, where or Where().and_equal(**_own(view)), first=100)

    assert seen
    assert all(str(LIN) in each.tags for each in seen)


def _own(view: Projection[Any]) -> dict[str, Any]:
    return {"key": str(LIN)} if view is RECORDS else {"teacher": LIN}


def test_a_school_is_found_by_those_who_were_there_then(told: Told) -> None:
    opened, _, entries = told
    moved = next(
        e.position
        for e in entries
        if isinstance(e.event, TeacherTransferred) and str(LIN) in e.tags
    )
    where = Where().and_equal(school=SCHOOL)

    before = Snapshot(opened.feed, moved - 1).page(TEACHERS, where, first=100)
    after = Snapshot(opened.feed, moved).page(TEACHERS, where, first=100)

    assert str(LIN) in dict(before.rows)
    assert str(LIN) not in dict(after.rows)
