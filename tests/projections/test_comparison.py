"""The ledger's side of a comparison: whom a bureau sees, and as of which moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.attendance import AttendanceRecorded
from ledger.cause import Cause
from ledger.claim import Claim, Grain, Terms
from ledger.command import Command
from ledger.comparison import compare, digest
from ledger.event import Entry, Event
from ledger.holding import AHEAD_EVENTS, ASIDE_EVENTS
from ledger.names import CreditId, JurisdictionId, SchoolId, TeacherId
from ledger.row import Standing
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from projections.catalogue import RECORDS, VIEWS
from projections.comparison import Basis, basis
from projections.fold import Fold
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules
from tests import cast
from tests.cast import CHEN, HANGZHOU, LIN, RUIAN, WENZHOU, ZHOU
from tests.compared import told_by_school, training, transferred
from tests.town import KEY, OPERATOR, Hand, Put, database, story, tell

DAY = date(2025, 12, 31)
MOVED = date(2024, 9, 1)


@pytest.fixture(scope="module")
def told(postgres_url: str, founded_template: str) -> Iterator[Ledger]:
    """The story told; then Lin trains once more, moves to Hangzhou and trains there."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        after: list[Event] = [
            training("before", 24, date(2023, 6, 1)),
            told_by_school("never", 6, date(2023, 6, 1)),
            transferred(MOVED),
            training("after", 16, date(2024, 12, 1), place=HANGZHOU, school=cast.OTHER_SCHOOL),
        ]
        for event in after:
            puts: list[Command] = [Put(events=(event,))]
            assert opened.ask(puts, OPERATOR).outcomes[0].accepted
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        yield opened


def side(
    told: Ledger,
    place: JurisdictionId = RUIAN,
    *,
    named: Iterable[TeacherId] = (),
    rules: Rules | None = None,
    school: SchoolId | None = None,
    **more: Any,
) -> Basis:
    """What a bureau sees, at present unless it is said otherwise."""
    reader = Reader(told.pool, told.feed)
    rules = rules or Rules(reader)
    asked: Any = {"grain": Grain.CREDITS, "place": place, "position": 0, "day": DAY}
    terms = Terms(**(asked | more))
    return basis(reader, rules, terms, places=(str(place),), named=named, school=school)


def test_who_was_registered_only_later_is_seen_where_later_events_are_looked_at(told: Ledger):
    lines = side(told, named=[LIN]).holdings[LIN].record.lines
    line = next(each for each in lines if each.title == "课程before")
    row = Claim(row=2, teacher=LIN, amount=line.credits, title=line.title, completed=line.completed)

    def found(**more: Any) -> Any:
        known = side(told, named=[LIN], position=1, **more)
        return compare([row], known.holdings, known.rules, known.terms, known.schools).rows[0]

    head = told.feed.head()
    assert found().portions[0].cause is Cause.UNKNOWN
    assert [(e.cause, e.amount) for e in found(seen=head).portions] == [
        (Cause.TIMING, -line.credits)
    ]
    assert LIN not in side(told, HANGZHOU, named=[LIN], position=1, seen=2).holdings
    assert LIN in side(told, HANGZHOU, named=[LIN], position=1, seen=head).holdings
    assert LIN not in side(told, named=[], position=1, seen=head).holdings


def test_a_bureau_sees_who_is_there_and_of_the_named_who_was(told: Ledger):
    assert LIN not in side(told).holdings
    assert LIN in side(told, named=[LIN]).holdings
    assert LIN in side(told, day=date(2024, 8, 31)).holdings
    assert {CHEN, ZHOU} <= side(told).holdings.keys()
    assert [*side(told, HANGZHOU).holdings] == [LIN]


def test_of_who_left_a_bureau_sees_what_was_credited_there(told: Ledger):
    lin = side(told, named=[LIN]).holdings[LIN]
    credits = {each.credit for each in lin.record.lines}

    assert CreditId("credit:before") in credits
    assert CreditId("credit:after") not in credits
    there = side(told, HANGZHOU).holdings[LIN]
    assert credits < {each.credit for each in there.record.lines}


def test_who_never_was_there_is_absent_though_the_sheet_names_them(told: Ledger):
    stranger = TeacherId("teacher:stranger")
    other = JurisdictionId("jurisdiction:330382")

    assert side(told, other, named=[LIN, CHEN, stranger]).holdings == {}
    assert CHEN not in side(told, HANGZHOU, named=[CHEN]).holdings
    assert side(told, WENZHOU).holdings == {}


def test_of_a_school_only_its_teachers_are_seen_and_the_named_of_the_place(told: Ledger):
    nobody = SchoolId("school:nobody")

    assert side(told, school=nobody).holdings == {}
    assert {*side(told, school=nobody, named=[LIN, CHEN]).holdings} == {LIN, CHEN}
    assert CHEN in side(told, school=cast.SCHOOL).holdings


def test_at_every_position_a_bureau_sees_the_ledger_that_ends_there(told: Ledger):
    entries = list(told.feed.entries(Filter()))
    reader = Reader(told.pool, told.feed)
    rules = Rules(reader)
    for position in range(entries[-1].position, 0, -3):
        fold = Fold(RECORDS)
        known = [each for each in entries if each.position <= position]
        for each in known:
            fold.learn(each)
        people = [LIN, CHEN, ZHOU]
        found = side(told, position=position, named=people, rules=rules)
        whole = side(told, position=position, effective=date(2999, 1, 1), named=people, rules=rules)
        assert found.holdings == whole.holdings
        for teacher, holding in found.holdings.items():
            own = fold.states[teacher]
            assert holding.record.at(DAY).place == own.at(DAY).place
            if own.at(DAY).place == RUIAN:
                assert holding.record == own
                assert [*holding.aside] == _of(teacher, known, ASIDE_EVENTS)


def _of(teacher: str, entries: list[Entry], kinds: tuple[type[Event], ...]) -> list[Entry]:
    return [e for e in entries if teacher in e.tags and isinstance(e.event, kinds)]


def test_what_came_after_the_position_is_ahead(told: Ledger):
    [first] = [
        each
        for each in told.feed.entries(Filter(tags=(str(LIN),)))
        if getattr(each.event, "credit", "") == "credit:before"
    ]
    head = told.feed.head()
    found = side(told, position=first.position - 1, seen=head, day=date(2024, 8, 31))
    ahead = found.holdings[LIN].ahead

    assert first in ahead
    assert all(isinstance(each.event, AHEAD_EVENTS) for each in ahead)


def test_a_sheet_is_held_against_it_and_the_same_inputs_make_the_same_bytes(told: Ledger):
    found = side(told, named=[LIN])
    line = next(e for e in found.holdings[LIN].record.lines if e.credit == "credit:before")
    said = Claim(row=2, teacher=LIN, amount=Decimal(24), title=line.title)
    one, other = (
        compare([said], each.holdings, each.rules, each.terms, each.schools)
        for each in (found, side(told, named=[LIN]))
    )
    [row] = [each for each in one.rows if each.row]

    assert (row.standing, row.portions[0].cause) == (Standing.DIFFERS, Cause.TRANSFER)
    assert digest(one) == digest(other)


def test_a_deduction_names_the_attendance_that_was_taken_up_to_the_award(told: Ledger):
    missed: dict[TeacherId, list[Entry]] = {LIN: [], CHEN: []}
    for entry in told.feed.entries(Filter(types=(AttendanceRecorded.NAME,))):
        assert isinstance(entry.event, AttendanceRecorded)
        for each in entry.event.absences:
            missed[each.teacher].append(entry)
    found = side(told, named=[LIN])
    for teacher, entries in missed.items():
        taken = [*found.holdings[teacher].attendance]
        assert entries and [e for e in taken if e.event.NAME == AttendanceRecorded.NAME] == entries
    lin = found.holdings[LIN]
    line = next(each for each in lin.record.lines if each.hours_missed)
    claims = [Claim(row=2, teacher=LIN, amount=line.base_credits, title=line.title)]
    then = side(told, named=[LIN], position=line.positions[0], day=date(2024, 6, 30))
    [line] = [e for e in then.holdings[LIN].record.lines if e.credit == line.credit]
    result = compare(claims, then.holdings, then.rules, then.terms, then.schools)
    [row] = [each for each in result.rows if each.row]
    [portion] = row.portions

    assert (portion.cause, portion.amount) == (Cause.DEDUCTION, -line.hours_missed)
    assert portion.events == (line.events[0], *(each.id for each in missed[LIN]))
