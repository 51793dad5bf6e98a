"""What the rules ask of a place or school for a year, over GraphQL and by role."""

from __future__ import annotations

from typing import Any

import pytest

from api.places import founded_places
from ledger.command import Role
from ledger.duty import AppraiseTraining
from ledger.funding import PublishSchoolFunds, StateLocalFunds
from ledger.register import RegisterSchool
from ledger.term import OpenTerm
from tests.cast import HANGZHOU, RUIAN, WENZHOU
from tests.server import Party, Served, codes

ASK = """
query($year: Int!, $place: ID, $school: ID, $at: Position, $asOf: AsOf) {
  obligations(year: $year, place: $place, school: $school, atLeast: $at, asOf: $asOf) {
    rule code result needed had zh en
  }
}
"""
SCHOOL = "school:anyang"


def within(city: str) -> list[str]:
    """The counties of a city that a founded ledger begins with."""
    return [each for each in sorted(founded_places()) if each[:-2] == city[:-2] and each != city]


def asked(party: Party, **given: Any) -> dict[str, Any]:
    """How things stand, by the code of the requirement."""
    return {each["code"]: each for each in party.ask(ASK, **given)["obligations"]}


def stated(server: Served) -> int:
    """A school registered, its funds laid open and those of the county stated."""
    own = {"school": SCHOOL, "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    laid_open = {"school": SCHOOL, "day": "2023-05-01", "where": "公告栏"}
    funds = {"place": RUIAN, "year": 2023, "payroll": "100", "fund": "3", "toSchools": "2"}
    for command, given in (
        (RegisterSchool, own),
        (PublishSchoolFunds, laid_open),
        (StateLocalFunds, funds),
    ):
        answer = server.operator.mutate(command, given, command.__name__)
        assert codes(answer) == []
    return server.head


def test_a_place_and_a_school_are_judged_for_a_year(served: Served) -> None:
    at = stated(served)
    place = asked(served.operator, year=2023, place=RUIAN, at=at)
    school = asked(served.operator, year=2023, school=SCHOOL, at=at)

    assert place["TRAINING_FUND"]["result"] == "MET"
    assert (place["FUND_TO_SCHOOLS"]["rule"], place["FUND_TO_SCHOOLS"]["result"]) == (
        "WZ12-23",
        "NOT_MET",
    )
    assert place["INSPECTION_SHARE"]["result"] == "NOT_APPLICABLE"
    assert place["FUNDS_PUBLISHED"]["result"] == "VIOLATION"
    assert school["FUNDS_PUBLISHED"]["result"] == "COMPLIANT"
    assert school["ANNUAL_PLAN"]["result"] == "VIOLATION"


def test_wz12_26_each_county_and_own_school_of_the_city_is_appraised(served: Served) -> None:
    own = {"school": "school:own", "place": WENZHOU, "title": "学校", "stage": "PRIMARY"}
    assert codes(served.operator.mutate(RegisterSchool, own, "own")) == []
    before = asked(served.operator, year=2022, place=WENZHOU, at=served.head)["ANNUAL_APPRAISAL"]
    everybody = [{"county": each} for each in within(WENZHOU)] + [{"school": "school:own"}]
    told = []
    for number, each in enumerate(everybody):
        given = {"place": WENZHOU, "year": 2022, "result": "优秀", **each}
        assert codes(served.operator.mutate(AppraiseTraining, given, f"a{number}")) == []
        one = asked(served.operator, year=2022, place=WENZHOU, at=served.head)["ANNUAL_APPRAISAL"]
        told.append((one["needed"], one["had"], one["result"]))

    count = len(everybody)
    assert (before["needed"], before["had"], before["result"]) == (str(count), "0", "VIOLATION")
    assert told[0] == (str(count), "1", "VIOLATION")
    assert told[-1] == (str(count), str(count), "COMPLIANT")


def test_of_a_term_that_was_never_opened_no_orders_are_asked(served: Served) -> None:
    given = {"year": 2024, "place": RUIAN}
    assert "ORDER_MINIMUM" not in asked(served.operator, **given, at=served.head)
    opened = {"term": "term:2024H1", "title": "2024年上半年"}
    assert codes(served.operator.mutate(OpenTerm, opened, "term")) == []

    assert asked(served.operator, **given, at=served.head)["ORDER_MINIMUM"]["result"] == "DEVIATION"


def test_a_past_year_is_told_as_it_was_known_then_by_the_rules_of_then(served: Served) -> None:
    empty = served.head
    at = stated(served)
    place = {"year": 2023, "place": RUIAN}

    before = asked(served.operator, **place, asOf={"position": empty})
    now = asked(served.operator, **place, asOf={"position": at})
    assert before["TRAINING_FUND"]["result"] == "INDETERMINATE"
    assert now["TRAINING_FUND"]["result"] == "MET"
    assert now == asked(served.operator, **place, at=at)
    [unknown] = served.operator.errors(ASK, year=2023, school=SCHOOL, asOf={"position": empty})
    assert unknown["code"] == "UNKNOWN_SCHOOL"


def test_the_effective_day_is_the_day_on_which_the_year_is_judged(served: Served) -> None:
    at = stated(served)
    given = {"place": RUIAN, "asOf": {"position": at, "effective": "2023-12-31"}}

    running = asked(served.operator, year=2023, **given)
    assert running["FUNDS_PUBLISHED"]["result"] == "NOT_ASSESSED"
    [refused] = served.operator.errors(ASK, year=2024, **given)
    assert (refused["code"], refused["field"]) == ("BAD_YEAR", "year")


@pytest.mark.parametrize(
    ("role", "scope", "place", "school"),
    [
        (Role.BUREAU, RUIAN, True, True),
        (Role.BUREAU, WENZHOU, True, True),
        (Role.AUDITOR, "jurisdiction:330000", True, True),
        (Role.BUREAU, HANGZHOU, False, False),
        (Role.SCHOOL, SCHOOL, False, True),
        (Role.SCHOOL, "school:other", False, False),
        (Role.TEACHER, "teacher:lin", False, False),
        (Role.PROVIDER, "provider:x", False, False),
    ],
)
def test_who_is_outside_learns_nothing(
    served: Served, role: Role, scope: str, place: bool, school: bool
) -> None:
    at = stated(served)
    party = served.party(role, scope)

    assert bool(asked(party, year=2023, place=RUIAN, at=at)) is place
    assert bool(asked(party, year=2023, school=SCHOOL, at=at)) is school


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"year": 2023}, "ONE_SUBJECT"),
        ({"year": 2023, "place": RUIAN, "school": SCHOOL}, "ONE_SUBJECT"),
        ({"year": 0, "place": RUIAN}, "BAD_YEAR"),
        ({"year": 2190, "place": RUIAN}, "BAD_YEAR"),
        ({"year": 2023, "place": SCHOOL}, "MALFORMED_NAME"),
        ({"year": 2023, "place": "jurisdiction:330399"}, "UNKNOWN_PLACE"),
        ({"year": 2023, "school": "school:nowhere"}, "UNKNOWN_SCHOOL"),
        ({"year": 2023, "school": RUIAN}, "MALFORMED_NAME"),
    ],
)
def test_a_question_that_makes_no_sense_is_an_error(
    quiet: Served, given: dict[str, Any], code: str
) -> None:
    [error] = quiet.operator.errors(ASK, **given)

    assert error["code"] == code
