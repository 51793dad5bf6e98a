"""The record over HTTP: cycles, zeros, moves and warnings, and who is told nothing of it.

The worked cases, told in commands, stand in ``test_cases_cycle`` and ``test_cases_epidemic``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from msgspec import structs

from ledger.attendance import AbsenceKind
from ledger.command import Role
from ledger.credit import CreditKind
from ledger.event import Event
from ledger.names import CreditId, JurisdictionId, TeacherId
from ledger.schedule import Half
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.cast import LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU
from tests.judged import credit
from tests.server import Served, serving
from tests.town import OPERATOR, Put, database

NODE = "code outcome needed had decides rule citation year events made "
NODE += "missing { amount unit by late } aside { rule }"
RECORD = f"""
query($teacher: ID!, $on: Date, $cycle: Int, $use: RecordUse, $at: Position, $asOf: AsOf) {{
  creditRecord(
    teacher: $teacher, on: $on, cycle: $cycle, use: $use, atLeast: $at, asOf: $asOf
  ) {{
    cycleNumber cycleStart cycleEnd credits
    cycles {{ number start end whole }}
    lines {{ credit shown year baseCredits deducted awarded effective uncounted {{ why }} }}
    byKind {{ kind effective }} byYear {{ year effective }}
    byKindAndYear {{ kind year lines effective }}
    uncounted {{ credit why amount rule citation zh en events }}
    transfers {{ since schoolLeft school placeLeft place far event }}
    verdict {{ result counted cut }}
    consequence {{ link shortfall cycleResult }}
    warnings {{ danger amount by rule }}
    tree {{ {NODE} children {{ {NODE} children {{ {NODE} children {{ {NODE} }} }} }} }}
  }}
}}
"""
NAMES = count(1)
CREDITS = count(1)
ENTERED, JUDGED = date(2019, 9, 1), date(2024, 3, 31)
IN_2015 = date(2015, 9, 1)
DISTANCE, TOTAL, ONCE = CreditKind.DISTANCE, "CYCLE_TOTAL", "ONCE_INTENSIVE"


@dataclass(frozen=True)
class Case:
    """The credits of a teacher, and the day on which they are asked for."""

    lines: tuple[Event, ...]
    day: date = JUDGED
    place: JurisdictionId = RUIAN
    entered: date = ENTERED


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One server for all cases; each has a teacher of its own."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("records")) as server,
    ):
        yield server


def put(served: Served, day: date, *events: Event) -> int:
    """The position after events that happened as they are."""
    return served.house.ledger.submit([Put(events=events)], OPERATOR, on=day).result().position or 0


def seeded(served: Served, case: Case) -> tuple[str, int]:
    """The teacher of a case, with a record, and the position after it."""
    teacher = TeacherId(f"teacher:w{next(NAMES)}")
    start = cast.registered(teacher, place=case.place, entered=case.entered)
    at = put(served, case.entered, start)
    for each in case.lines:
        own: dict[str, Any] = {"teacher": teacher}
        if hasattr(each, "place"):
            own["place"] = case.place
        if hasattr(each, "credit"):
            own["credit"] = CreditId(f"credit:w{next(CREDITS)}")
        day: date = getattr(each, "completed", getattr(each, "since", JUDGED))
        at = put(served, day, structs.replace(each, **own))
    return str(teacher), at


def told(served: Served, teacher: str, at: int, **given: Any) -> Any:
    """The record as the operator is told it."""
    shown = {key: str(each) if isinstance(each, date) else each for key, each in given.items()}
    return served.operator.ask(RECORD, teacher=teacher, at=at, **shown)["creditRecord"]


def home(amount: str | int, completed: date = date(2022, 6, 1)) -> Event:
    return cast.recognised(amount, completed=completed)


def other(amount: str | int, completed: date = date(2022, 6, 1)) -> Event:
    return credit(amount, completed, kind=DISTANCE)


CAPPED = Case((home(180), other(200)))


def test_w_085_a_late_entrant_has_a_whole_cycle_and_an_empty_record_of_zeros(town: Served) -> None:
    teacher, at = seeded(town, Case((), entered=date(2021, 9, 1)))
    found = told(town, teacher, at)

    assert (found["cycleStart"], found["cycleEnd"]) == ("2021-09-01", "2026-09-01")
    assert found["tree"]["children"][0]["needed"] == "360"
    assert (found["credits"], found["verdict"]["counted"]) == ("0", "0")
    assert {each["effective"] for each in found["byKind"] + found["byYear"]} == {"0"}
    assert (len(found["byKind"]), len(found["byYear"])) == (6, 6)
    empty = ("lines", "uncounted", "transfers", "byKindAndYear")
    assert all(found[name] == [] for name in empty)


def test_w_084_and_every_cycle_can_be_asked_for(town: Served) -> None:
    late = Case((credit(90, date(2023, 12, 20)),), entered=date(2019, 1, 1))
    teacher, at = seeded(town, late)
    first, second = (told(town, teacher, at, on=JUDGED, cycle=each) for each in (1, 2))

    assert [each["number"] for each in second["cycles"]] == [1, 2]
    assert (first["verdict"]["counted"], second["verdict"]["counted"]) == ("90", "0")
    assert (first["cycleEnd"], first["warnings"]) == ("2024-01-01", [])
    assert [each["why"] for each in second["uncounted"]] == ["OUTSIDE_CYCLE"]
    for number in (0, 3, -1):
        [refused] = town.operator.errors(RECORD, teacher=teacher, at=at, cycle=number)
        assert (refused["code"], refused["field"]) == ("UNKNOWN_CYCLE", "cycle")


def test_w_097_the_locality_is_named_by_the_rule_and_its_event(town: Served) -> None:
    entered, day = date(2016, 1, 1), date(2020, 12, 31)
    case = Case((other(380, date(2017, 6, 1)),), day=day, entered=entered)
    teacher, at = seeded(town, case)
    tree = told(town, teacher, at, on=case.day)["tree"]
    [once] = [each for each in tree["children"] if each["code"] == ONCE]

    assert once["aside"] == {"rule": "ZJ20-02"}
    ask = "query($t: ID!, $on: Date) { creditRecord(teacher: $t, on: $on) "
    ask += "{ tree { children { code asideMade } } } }"
    nodes = town.operator.ask(ask, t=teacher, on=str(case.day))["creditRecord"]["tree"]["children"]
    [event] = next(each for each in nodes if each["code"] == ONCE)["asideMade"]
    entry = "query($id: ID!) { entry(id: $id) { type } }"
    told_of = town.operator.ask(entry, id=event)["entry"]
    assert told_of == {"type": "regulation.rule-adopted"}


def test_a_warning_counts_the_hours_of_the_class_as_of_the_moment(town: Served) -> None:
    teacher = TeacherId(f"teacher:w{next(NAMES)}")
    put(town, ENTERED, cast.registered(teacher))
    put(town, date(2024, 3, 18), cast.opened(cast.plan(90)), *_admitted(teacher))
    before = put(town, date(2024, 4, 9), *cast.absences("12", 90, teacher))
    after = put(
        town,
        date(2024, 4, 10),
        cast.attended(
            date(2024, 4, 10), Half.AFTERNOON, 4, (teacher, Decimal(4), AbsenceKind.LEAVE)
        ),
    )

    def near(**given: Any) -> list[tuple[str, str, str]]:
        found = told(town, str(teacher), after, on="2024-04-11", **given)["warnings"]
        return [
            (each["amount"], each["rule"], each["by"])
            for each in found
            if each["danger"] == "ABSENCE_NEAR"
        ]

    assert near() == [("2.5", "ZJ14-09", "2024-06-28")]
    assert near(asOf={"position": before}) == [("6.5", "ZJ14-09", "2024-06-28")]
    assert near(asOf={"effective": "2024-04-09"}) == [("6.5", "ZJ14-09", "2024-06-28")]
    assert near(asOf={"effective": "2024-03-20"}) == []
    assert after > before


def _admitted(teacher: TeacherId) -> tuple[Event, ...]:
    return cast.selected(teacher), cast.passed(teacher), cast.confirmed(teacher)


@pytest.mark.parametrize(
    ("role", "scope", "sees"),
    [
        (Role.TEACHER, "", True),
        (Role.SCHOOL, str(SCHOOL), True),
        (Role.BUREAU, str(RUIAN), True),
        (Role.AUDITOR, str(WENZHOU), True),
        (Role.BUREAU, "jurisdiction:330382", False),
        (Role.SCHOOL, str(OTHER_SCHOOL), False),
        (Role.TEACHER, str(LIN), False),
        (Role.PROVIDER, str(cast.COUNTY_SCHOOL), False),
        (Role.PUBLIC, "", False),
    ],
)
def test_who_may_not_see_the_teacher_is_told_nothing(
    town: Served, role: Role, scope: str, sees: bool
) -> None:
    teacher, at = seeded(town, CAPPED)
    party = town.party(role, scope or teacher)
    found = party.ask(RECORD, teacher=teacher, at=at)["creditRecord"]

    assert (found is not None) == sees


def test_a_move_to_another_county_stands_in_the_record(town: Served) -> None:
    teacher, at = seeded(town, CAPPED)
    moved = transferred(TeacherId(teacher))
    at = put(town, date(2024, 3, 10), moved)
    [move] = told(town, teacher, at)["transfers"]

    assert (move["placeLeft"], move["place"], move["far"]) == (str(RUIAN), str(WENZHOU), True)
    assert (move["schoolLeft"], move["since"]) == (str(SCHOOL), "2024-03-10")
    assert move["event"]


def transferred(teacher: TeacherId) -> Event:
    return TeacherTransferred(
        teacher=teacher,
        school_left=SCHOOL,
        school=cast.WENZHOU_SCHOOL,
        place=WENZHOU,
        since=date(2024, 3, 10),
    )
