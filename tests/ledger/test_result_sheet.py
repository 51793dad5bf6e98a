"""Result sheets: hours missed become attendance, and outcomes follow or are refused by a clause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from ledger.assessment import RecordAssessment, Result
from ledger.attendance import Absence, RecordAttendance
from ledger.class_book import ClassBook
from ledger.event import Entry, Event
from ledger.intention import Intention, Objection
from ledger.judgement import SettleCompletion
from ledger.load import Fate
from ledger.mapping import Column
from ledger.regulation import Rulebook
from ledger.result_sheet import ResultSheet
from ledger.roll import OnRoll, Roll
from ledger.schedule import Half
from tests import cast
from tests.cast import CHEN, LIN, OFFERING
from tests.ledger.test_intention import desk, row

OVER = date(2024, 7, 1)
BOTH = {LIN: OnRoll(teacher=LIN), CHEN: OnRoll(teacher=CHEN)}


def entry(event: Event, at: int) -> Entry:
    now = datetime.fromisoformat("2024-03-01T00:00:00+00:00")
    return Entry(
        position=at, id=str(at), at=now, on=date(2024, 3, 1), actor="a", channel="API", event=event
    )


def book(*events: Event, hours: int = 24, table: bool = True) -> ClassBook:
    """A class of two with its timetable, and what else happened in it."""
    made = ClassBook()
    told: list[Event] = [cast.opened(cast.plan(hours)), *cast.enrolled(), *cast.enrolled(CHEN)]
    told += [cast.timetable(hours)] if table else []
    for at, event in enumerate([*told, *events], start=1):
        made.learn(entry(event, at))
    return made


def plan(
    *rows: Any, of: ClassBook, columns: dict[int, Column] | None = None, head: str = ""
) -> list[Intention]:
    paper = desk(*rows)
    mapping = structs.replace(
        paper.mapping,
        columns=columns or {1: Column.NUMBER, 2: Column.PASSED, 3: Column.HOURS_MISSED},
        header=("", head, ""),
    )
    paper = replace(paper, reading=structs.replace(paper.reading, mapping=mapping))
    roll = Roll(teachers=BOTH, fingerprints={}, schools={})
    sheet = ResultSheet(
        desk=paper, roll=roll, offering=OFFERING, book=of, rules=Rulebook(), day=OVER
    )
    return list(sheet.plan())


def told(made: Intention) -> tuple[int, Fate, list[str]]:
    return made.row, made.fate, [each.code for each in made.said]


def sums(lin: int, chen: int) -> tuple[Any, Any]:
    return tuple(
        row(at, number=who.value, passed=True, hours_missed=Decimal(hours))
        for at, who, hours in ((2, LIN, lin), (3, CHEN, chen))
    )


def test_a_class_is_taken_whole_before_its_results_and_outcomes():
    taking, lin, chen = plan(*sums(6, 0), of=book())

    taken = [each for each in taking.commands if isinstance(each, RecordAttendance)]
    assert (taking.row, len(taken)) == (0, 6)
    missing = [each for command in taken for each in command.absences]
    assert {each.teacher for each in missing} == {LIN}
    assert sum(each.hours for each in missing) == 6
    assert lin.commands == [
        RecordAssessment(offering=OFFERING, results=(Result(teacher=LIN, passed=True),)),
        SettleCompletion(teacher=LIN, offering=OFFERING),
    ]
    assert told(chen) == (3, Fate.NEW, [])


def test_whoever_is_not_listed_keeps_the_attendance_of_the_class_out():
    missing, taking, lin = plan(sums(6, 0)[0], of=book())

    assert (missing.teacher, *told(missing)) == (CHEN, 0, Fate.REFUSED, ["TRAINEE_MISSING"])
    assert told(taking) == (0, Fate.REFUSED, ["CLASS_WITHHELD"])
    assert told(lin) == (2, Fate.REFUSED, ["CLASS_WITHHELD"])


def test_what_follows_on_attendance_that_the_ledger_refused_is_refused():
    paper = desk(*sums(6, 0))
    roll = Roll(teachers=BOTH, fingerprints={}, schools={})
    sheet = ResultSheet(
        desk=paper, roll=roll, offering=OFFERING, book=book(), rules=Rulebook(), day=OVER
    ).plan()
    taking = next(sheet)
    assert taking.decides
    taking.refuse(Objection(code="OUTCOME_STANDS", zh="已结算", en="settled"))
    assert [told(each) for each in sheet] == [
        (2, Fate.REFUSED, ["CLASS_WITHHELD"]), (3, Fate.REFUSED, ["CLASS_WITHHELD"]),
    ]  # fmt: skip


def test_a_sum_that_the_ledger_has_changes_nothing_and_another_one_is_refused():
    taken = [cast.attended(each.day, each.half, each.hours) for each in cast.sessions(24)]
    taken[0] = cast.absences(4, 24)[0]
    of = book(*taken)
    kept, chen = plan(*sums(4, 0), of=of)
    assert told(kept) == (2, Fate.NEW, [])
    assert not any(isinstance(each, RecordAttendance) for each in kept.commands)
    wrong, chen = plan(*sums(8, 0), of=of)
    assert told(wrong) == (2, Fate.REFUSED, ["MISSED_OTHERWISE"])
    assert "4" in wrong.said[0].zh
    assert "8" in wrong.said[0].zh
    assert told(chen) == (3, Fate.NEW, [])


@pytest.mark.parametrize(
    ("of", "code"),
    [(book(table=False), "NO_TIMETABLE"), (book(hours=4), "MORE_THAN_LEFT")],
)
def test_hours_for_which_there_is_no_half_day_are_refused(of: ClassBook, code: str):
    found = [each for each in plan(*sums(6, 0), of=of) if each.row == 2]
    assert told(found[0]) == (2, Fate.REFUSED, [code])


def test_an_outcome_that_is_told_is_told_to_the_rules_and_no_assessment():
    _, lin, _ = plan(*sums(6, 0), of=book(), head="是否结业")
    assert lin.commands == [SettleCompletion(teacher=LIN, offering=OFFERING, completed=True)]


def test_absences_of_half_days_are_taken_as_they_are():
    first, second = cast.sessions(24)[:2]
    columns = {
        1: Column.NUMBER, 2: Column.COMPLETED, 3: Column.HALF, 4: Column.HOURS_MISSED,
    }  # fmt: skip
    own: dict[str, Any] = {"number": "lin", "hours_missed": Decimal(4)}
    rows = (
        row(2, completed=first.day, half=first.half, **own),
        row(3, completed=second.day, half=second.half, **own),
        row(4, completed=date(2024, 5, 1), half=Half.MORNING, **own),
        row(5, completed=first.day, half=first.half, **own),
        row(6, number="lin", completed=first.day, half=first.half),
    )
    taking, *_ = plan(*rows[:2], of=book(), columns=columns)
    commands = [each for each in taking.commands if isinstance(each, RecordAttendance)]
    missing = [each for one in commands for each in one.absences]
    assert missing == [Absence(teacher=LIN, hours=Decimal(4))] * 2
    codes = [told(each)[2] for each in plan(*rows, of=book(), columns=columns)]
    assert codes[0] == ["CLASS_WITHHELD"]
    assert codes[3:] == [["NO_SESSION"], ["LISTED_TWICE"], ["LISTED_TWICE"]]


def test_a_result_is_entered_once():
    own: dict[str, Any] = {"number": "lin"}
    result = cast.completed()
    of = book(*(cast.attended(each.day, each.half) for each in cast.sessions(24)), result)
    [found] = plan(row(passed=True, **own), of=of, head="是否结业")
    assert told(found) == (2, Fate.UNCHANGED, [])
    [found] = plan(row(passed=False, **own), of=of, head="是否结业")
    assert told(found) == (2, Fate.REFUSED, ["SETTLED_OTHERWISE"])
    assert "COMPLETED" in found.said[0].zh
    first, second = plan(row(2, passed=True, **own), row(3, passed=True, **own), of=book())
    assert first.fate is Fate.NEW
    assert told(second) == (3, Fate.REFUSED, ["LISTED_TWICE"])
    [found] = plan(row(number="zhou", passed=True), of=book())
    assert told(found) == (2, Fate.REFUSED, ["NOBODY"])
    [found] = plan(row(number="lin"), of=book())
    assert told(found) == (2, Fate.REFUSED, ["CELL_EMPTY"])


CREDITED = {1: Column.NUMBER, 2: Column.PASSED, 3: Column.HOURS_MISSED, 4: Column.CREDITS}


def with_credits(lin: str | None, *, missed: int = 4, passed: bool | None = True) -> Any:
    told = None if lin is None else Decimal(lin)
    hours = Decimal(missed)
    return (
        row(2, number=LIN.value, passed=passed, hours_missed=hours, credits=told),
        row(3, number=CHEN.value, passed=True, hours_missed=Decimal(0), credits=Decimal(24)),
    )


def test_credits_that_are_what_the_rules_make_of_the_hours_say_nothing_more():
    _, lin, chen = plan(*with_credits("20"), of=book(), columns=CREDITED)
    assert (told(lin), told(chen)) == ((2, Fate.NEW, []), (3, Fate.NEW, []))


@pytest.mark.parametrize("credits", ["24", "19.5", "20.5", "0"])
def test_other_credits_are_refused_with_what_the_ledger_awards(credits):
    _, lin, chen = plan(*with_credits(credits), of=book(), columns=CREDITED)

    assert told(lin) == (2, Fate.REFUSED, ["CREDITS_OTHERWISE"])
    [said] = lin.said
    assert (said.column, lin.commands) == (4, [])
    assert f"表中学分 {credits}，账本按规则为 20（项目 24，缺课 4 学时）" in said.zh
    assert told(chen) == (3, Fate.NEW, [])


def test_whoever_failed_earns_nothing_and_credits_for_it_are_refused():
    _, lin, _ = plan(*with_credits("20", passed=False), of=book(), columns=CREDITED)
    assert told(lin) == (2, Fate.REFUSED, ["CREDITS_OTHERWISE"])
    assert "考核不合格" in lin.said[0].zh
    _, lin, _ = plan(*with_credits("0", passed=False), of=book(), columns=CREDITED)
    assert told(lin) == (2, Fate.NEW, [])


def test_credits_without_a_result_are_held_against_nothing_and_that_is_said():
    of = book_of_assessed()
    _, lin, _ = plan(*with_credits("20", passed=None), of=of, columns=CREDITED)
    assert told(lin) == (2, Fate.REFUSED, ["CREDITS_UNSETTLED"])


def book_of_assessed() -> ClassBook:
    made = book()
    made.room.opened = cast.opened(cast.plan(24, assessment=True))
    return made
