"""Worked cases of cycle totals and of the epidemic, as a reader of the record is told over HTTP."""

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
from ledger.completion import CompletionDenied, Reason
from ledger.credit import CreditKind
from ledger.event import Event
from ledger.names import CreditId, JurisdictionId, TeacherId
from ledger.plan import Purpose
from ledger.register import Category
from ledger.schedule import Half
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.cast import LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU
from tests.judged import belongs, credit
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
    """A record on a day, what counts, and how the nodes of the tree come out, by code."""

    name: str
    lines: tuple[Event, ...]
    nodes: str
    counted: str = ""
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


def every(node: Any) -> Iterator[Any]:
    yield node
    for each in node.get("children", ()):
        yield from every(each)


def home(amount: str | int, completed: date = date(2022, 6, 1)) -> Event:
    return cast.recognised(amount, completed=completed)


def other(amount: str | int, completed: date = date(2022, 6, 1)) -> Event:
    return credit(amount, completed, kind=DISTANCE)


def aimed(purpose: Purpose, amount: str | int, completed: date, **more: Any) -> Event:
    return credit(amount, completed, purpose=purpose, **more)


def principal(last: date) -> tuple[Event, ...]:
    own = Purpose.PRINCIPAL_QUALIFICATION
    return (
        belongs(Category.NEW_PRINCIPAL, date(2012, 9, 1)),
        aimed(own, 90, date(2013, 3, 1)),
        aimed(own, 202, date(2013, 5, 1), kind=DISTANCE),
        aimed(own, 8, last, kind=DISTANCE),
    )


PROBATION = belongs(Category.NEW_TEACHER, ENTERED, date(2020, 8, 31))
NEW = date(2020, 6, 1)
BLOCK = credit(90)
LATE_2013, CITY = date(2013, 12, 1), date(2012, 4, 17)
W_055 = (credit(90, date(2014, 6, 1)), other(160, date(2015, 6, 1)), home(119, date(2016, 6, 1)))
QUALIFIED = aimed(Purpose.PRINCIPAL_QUALIFICATION, 300, date(2019, 3, 1))
HEADED = belongs(Category.NEW_PRINCIPAL, date(2018, 9, 1))
DENIED = CompletionDenied(
    teacher=LIN,
    offering=cast.OFFERING,
    school=SCHOOL,
    provider=cast.COUNTY_SCHOOL,
    reason=Reason.ABSENCE,
    hours_planned=Decimal(90),
    hours_missed=Decimal("18.5"),
)
YEAR = tuple(other(48, date(year, 6, 1)) for year in range(2014, 2019))
MANAGED = Purpose.SCHOOL_MANAGEMENT
HOURS, HOME = "YEARLY_HOURS/2022", "YEARLY_SCHOOL_BASED/2022"
CASES = [
    Case("W-051", (home(180), other(200)), f"{TOTAL}=NOT_MET", "350"),
    Case("W-052", (home("150.5"),), f"{TOTAL}=NOT_MET", "150"),
    Case(
        "W-054",
        (home(100), BLOCK, other(170)),
        f"{TOTAL}=MET SCHOOL_BASED_FLOOR=ADVISORY CYCLE=MET",
        "360",
        date(2024, 6, 1),
        WENZHOU,
        date(2021, 1, 1),
    ),
    Case(
        "W-055",
        W_055,
        f"{TOTAL}=MET SCHOOL_BASED_FLOOR=NOT_MET CYCLE=NOT_MET",
        "369",
        date(2016, 8, 31),
        WENZHOU,
        CITY,
    ),
    Case("W-057", (other("359.5"),), f"{TOTAL}=NOT_MET", "359.5"),
    Case("W-057-bound", (BLOCK, other(270)), f"{TOTAL}=MET CYCLE=MET", "360"),
    Case(
        "W-058",
        (credit(45), credit(45, date(2022, 7, 1)), other(310)),
        f"{TOTAL}=MET {ONCE}=NOT_MET CYCLE=NOT_MET",
        "400",
    ),
    Case("W-060", (DENIED, other(360)), f"{TOTAL}=MET {ONCE}=NOT_MET", "360"),
    Case("W-061", (credit(88), other(300)), f"{TOTAL}=MET {ONCE}=NOT_MET", "388"),
    Case(
        "W-063",
        (PROBATION, aimed(Purpose.NEW_TEACHER, 180, NEW, practice="59.5")),
        "NEW_TEACHER_HOURS=NOT_MET IN_ALL=MET PRACTICE=NOT_MET",
        "0",
    ),
    Case(
        "W-064",
        (PROBATION, aimed(Purpose.NEW_TEACHER, "179.5", NEW, practice=80)),
        "NEW_TEACHER_HOURS=NOT_MET IN_ALL=NOT_MET PRACTICE=MET",
        "0",
    ),
    Case(
        "W-066",
        principal(date(2013, 9, 1)),
        "NEW_PRINCIPAL_HOURS=MET INTENSIVE=MET",
        "0",
        LATE_2013,
        RUIAN,
        CITY,
    ),
    Case(
        "W-067",
        principal(date(2013, 9, 2)),
        "NEW_PRINCIPAL_HOURS=NOT_MET IN_ALL=NOT_MET",
        "0",
        LATE_2013,
        RUIAN,
        CITY,
    ),
    Case(
        "W-069",
        (HEADED, QUALIFIED),
        "NEW_PRINCIPAL_NOT_COUNTED=COMPLIANT",
        "0",
        date(2020, 1, 1),
        RUIAN,
        date(2017, 9, 1),
    ),
    Case(
        "W-070",
        (belongs(Category.PRINCIPAL), aimed(MANAGED, "119.5", date(2022, 6, 1))),
        "PRINCIPAL_HOURS=NOT_MET",
    ),
    Case(
        "W-070-bound",
        (belongs(Category.PRINCIPAL), aimed(MANAGED, 120, date(2022, 6, 1))),
        "PRINCIPAL_HOURS=MET",
    ),
    *(
        Case(f"W-072-{name}", (home(school), other(rest)), nodes, place=WENZHOU)
        for name, school, rest, nodes in (
            ("whole", 24, 24, f"{HOURS}=COMPLIANT {HOME}=COMPLIANT"),
            ("home", 20, 28, f"{HOURS}=COMPLIANT {HOME}=DEVIATION"),
            ("hours", 24, 23, f"{HOURS}=DEVIATION {HOME}=COMPLIANT"),
        )
    ),
    Case(
        "W-073",
        YEAR,
        f"{TOTAL}=NOT_MET YEARLY_HOURS/2014=COMPLIANT YEARLY_HOURS/2017=COMPLIANT",
        "240",
        date(2018, 12, 31),
        WENZHOU,
        date(2014, 1, 1),
    ),
    Case(
        "W-082",
        (credit(90, date(2023, 12, 31)),),
        "",
        "90",
        entered=date(2019, 1, 1),
        day=date(2023, 12, 31),
    ),
    Case("W-082-next", (credit(90, date(2024, 1, 1)),), "", "90", entered=date(2019, 1, 1)),
    Case("W-082-past", (credit(90, date(2023, 12, 31)),), "", "0", entered=date(2019, 1, 1)),
    Case(
        "W-087",
        (home(80, date(2021, 6, 1)), home(80, date(2023, 6, 1))),
        "CAP_UNKNOWN=NOT_ASSESSED",
        "160",
        day=date(2024, 3, 5),
    ),
    Case(
        "W-088",
        (home(80, date(2021, 6, 1)), home(80, date(2023, 6, 1))),
        "SCHOOL_BASED_CAP=MET",
        "150",
        day=date(2024, 3, 6),
    ),
    Case(
        "W-093",
        (other(300, date(2016, 6, 1)),),
        f"{TOTAL}=NOT_MET CYCLE=NOT_MET",
        "300",
        date(2020, 8, 31),
        entered=IN_2015,
    ),
    Case(
        "W-097",
        (other(380, date(2017, 6, 1)),),
        f"{TOTAL}=MET {ONCE}=LOCAL_DISCRETION",
        "380",
        date(2020, 12, 31),
        entered=date(2016, 1, 1),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_worked_case_is_told_as_the_rulebook_says(town: Served, case: Case) -> None:
    teacher, at = seeded(town, case)
    found = told(town, teacher, at, on=case.day)
    nodes = list(every(found["tree"]))
    outcomes: dict[str, set[str]] = {}
    for each in nodes:
        for key in (each["code"], f"{each['code']}/{each['year']}"):
            outcomes.setdefault(key, set()).add(each["outcome"])

    for wanted in case.nodes.split():
        code, _, outcome = wanted.partition("=")
        assert outcome in outcomes[code], (code, outcomes[code])
    if case.counted:
        assert found["verdict"]["counted"] == case.counted
    effective = sum(Decimal(each["effective"]) for each in found["lines"])
    assert effective == Decimal(found["verdict"]["counted"])
    for each in nodes:
        assert each["rule"] is None or (each["citation"] and each["made"])


def test_w_051_the_excess_of_thirty_is_said_with_its_clause(town: Served) -> None:
    teacher, at = seeded(town, CASES[0])
    found = told(town, teacher, at, on=JUDGED)
    [cut] = found["uncounted"]

    assert (cut["why"], cut["amount"], cut["rule"]) == ("CUT_BY_CAP", "30", "ZJ24-70")
    assert cut["citation"] and cut["zh"] and cut["en"] and cut["events"]
    assert [each["effective"] for each in found["lines"]] == ["150", "200"]
    lack = next(each for each in found["tree"]["children"] if each["code"] == TOTAL)["missing"]
    assert lack == {"amount": "10", "unit": "CREDITS", "by": "2024-08-31", "late": False}


def test_w_085_a_late_entrant_has_a_whole_cycle_and_an_empty_record_of_zeros(town: Served) -> None:
    teacher, at = seeded(town, Case("W-085", (), "", entered=date(2021, 9, 1)))
    found = told(town, teacher, at)

    assert (found["cycleStart"], found["cycleEnd"]) == ("2021-09-01", "2026-09-01")
    assert found["tree"]["children"][0]["needed"] == "360"
    assert (found["credits"], found["verdict"]["counted"]) == ("0", "0")
    assert {each["effective"] for each in found["byKind"] + found["byYear"]} == {"0"}
    assert (len(found["byKind"]), len(found["byYear"])) == (6, 6)
    empty = ("lines", "uncounted", "transfers", "byKindAndYear")
    assert all(found[name] == [] for name in empty)


def test_w_084_and_every_cycle_can_be_asked_for(town: Served) -> None:
    late = Case("W-084", (credit(90, date(2023, 12, 20)),), "", entered=date(2019, 1, 1))
    teacher, at = seeded(town, late)
    first, second = (told(town, teacher, at, on=JUDGED, cycle=each) for each in (1, 2))

    assert [each["number"] for each in second["cycles"]] == [1, 2]
    assert (first["verdict"]["counted"], second["verdict"]["counted"]) == ("90", "0")
    assert (first["cycleEnd"], first["warnings"]) == ("2024-01-01", [])
    assert [each["why"] for each in second["uncounted"]] == ["OUTSIDE_CYCLE"]
    for number in (0, 3, -1):
        [refused] = town.operator.errors(RECORD, teacher=teacher, at=at, cycle=number)
        assert (refused["code"], refused["field"]) == ("UNKNOWN_CYCLE", "cycle")


@pytest.mark.parametrize(
    ("entered", "day", "link", "shortfall"),
    [
        pytest.param(IN_2015, "2020-11-01", "SUSPENDED", "SET_ASIDE", id="W-093"),
        pytest.param(date(2019, 4, 1), "2024-06-01", "ACTIVE", "COUNTS", id="W-094"),
        pytest.param(IN_2015, "2024-06-01", "ACTIVE", "INDETERMINATE", id="W-094b"),
    ],
)
def test_the_link_stands_apart_from_the_facts(
    town: Served, entered: date, day: str, link: str, shortfall: str
) -> None:
    lines = (other(300, entered.replace(year=entered.year + 1)),)
    teacher, at = seeded(town, Case("", lines, "", entered=entered))
    found = told(town, teacher, at, on=day, use="TITLE_PROMOTION")["consequence"]

    assert found == {"link": link, "shortfall": shortfall, "cycleResult": "NOT_MET"}


def test_w_097_the_locality_is_named_by_the_rule_and_its_event(town: Served) -> None:
    case = next(each for each in CASES if each.name == "W-097")
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
    teacher, at = seeded(town, CASES[0])
    party = town.party(role, scope or teacher)
    found = party.ask(RECORD, teacher=teacher, at=at)["creditRecord"]

    assert (found is not None) == sees


def test_a_move_to_another_county_stands_in_the_record(town: Served) -> None:
    teacher, at = seeded(town, CASES[0])
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
