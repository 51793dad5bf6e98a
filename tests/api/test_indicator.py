"""Indicators over GraphQL and the command line: numbers, parts and entries, each to its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from ledger.command import Role
from ledger.credit import CreditKind
from ledger.names import CreditId, TeacherId
from ledger.store.ledger import Ledger
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    HANGZHOU,
    OFFERING,
    OTHER_SCHOOL,
    PROVINCE,
    RUIAN,
    SCHOOL,
    WENZHOU,
)
from tests.server import Party, Served, serving
from tests.town import KEY, OPERATOR, Hand, Put, database

ASK = """
query($of: ID!, $year: Int, $term: ID, $code: [IndicatorCode!], $asOf: AsOf,
      $worst: Boolean = false, $first: Int, $after: String) {
  indicators(of: $of, year: $year, term: $term, code: $code, asOf: $asOf) {
    code of year term numerator denominator value decimal decimalPlaces unsaid needed judged result
    rule citation clauseZh clauseEn certain zh en position
    parts(worstFirst: $worst, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node { key numerator denominator value decimal unsaid result positions more } }
    }
  }
}
"""
HISTORY = """
query($tag: ID!) {
  history(filter: { tags: [$tag] }, first: 100) { edges { node { position type } } }
}
"""
TERM = "term:2024H1"
DAY = "2024-03-19"


@pytest.fixture(scope="module")
def county(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Three teachers of Rui'an and one of Hangzhou with credits, and a class of Rui'an."""
    events: list[Any] = [
        cast.school(SCHOOL, RUIAN),
        cast.school(OTHER_SCHOOL, HANGZHOU),
        cast.accredited(COUNTY_SCHOOL, place=RUIAN),
        cast.opened(),
    ]
    own = [(SCHOOL, RUIAN, 90), (SCHOOL, RUIAN, 72), (SCHOOL, RUIAN, 53)]
    for number, (school, place, credits) in enumerate([*own, (OTHER_SCHOOL, HANGZHOU, 200)]):
        teacher = TeacherId(f"teacher:t{number}")
        events.append(cast.registered(teacher, school=school, place=place))
        events.append(
            cast.awarded(
                credits,
                credit=CreditId(f"credit:t{number}"),
                teacher=teacher,
                kind=CreditKind.DISTANCE,
                completed=date(2024, 2, 1),
                place=place,
                school=school,
            )
        )
    for number in (0, 1):
        teacher = TeacherId(f"teacher:t{number}")
        events += [cast.selected(teacher), cast.passed(teacher), cast.confirmed(teacher)]
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as opened:
            opened.ask([Put(events=tuple(events))], OPERATOR)
        with serving(url, tmp_path_factory.mktemp("county")) as server:
            server.house.runner.catch_up()
            yield server


def told(party: Party, of: str, **given: Any) -> dict[str, Any]:
    """The indicators of a subject, by code."""
    found = party.ask(ASK, **({"of": of} if "term" in given else {"of": of, "year": 2024}) | given)
    return {each["code"]: each for each in found["indicators"]}


def rows(indicator: Any) -> dict[str, Any]:
    """The parts of an indicator, by key."""
    return {edge["node"]["key"]: edge["node"] for edge in indicator["parts"]["edges"]}


def types(party: Party, tag: str) -> dict[int, str]:
    """The types of the entries about something, by position."""
    edges = party.ask(HISTORY, tag=tag)["history"]["edges"]
    return {edge["node"]["position"]: edge["node"]["type"] for edge in edges}


def test_a_number_says_its_rule_and_opens_down_to_teachers_and_entries(county: Served) -> None:
    place = told(county.operator, RUIAN)["AVERAGE_CREDITS"]
    school = told(county.operator, SCHOOL)["AVERAGE_CREDITS"]

    assert (place["value"], place["decimal"], place["decimalPlaces"]) == ("215/3", "71.6667", 4)
    assert (place["rule"], place["needed"], place["result"]) == ("RA19-02", "72", None)
    # The year runs: more may be earned until its end.
    assert rows(place)[SCHOOL]["result"] == "NOT_ASSESSED"
    assert (school["value"], school["result"]) == ("215/3", "NOT_ASSESSED")
    assert "目前还差 1，" in school["zh"] and "2024-12-31" in school["en"]
    assert {key: row["numerator"] for key, row in rows(school).items()} == {
        "teacher:t0": "90",
        "teacher:t1": "72",
        "teacher:t2": "53",
    }
    [position] = rows(school)["teacher:t0"]["positions"]
    assert types(county.operator, "teacher:t0")[position] == "credit.awarded"


def test_a_provider_opens_to_its_classes_and_their_entries(county: Served) -> None:
    found = told(county.operator, COUNTY_SCHOOL, term=TERM)
    late, settled = found["LATE_TIMETABLES"], found["SETTLED_SHARE"]

    assert (settled["numerator"], settled["denominator"], settled["result"]) == ("0", 2, None)
    assert rows(settled)[OFFERING]["positions"]
    assert (late["term"], late["year"], late["rule"]) == (TERM, 2024, "ZJ24-63")
    changes = rows(found["PLAN_CHANGES"])[OFFERING]
    [position] = changes["positions"]
    assert types(county.operator, OFFERING)[position] == "offering.opened"


def test_the_province_opens_by_cities_and_a_city_by_counties(county: Served) -> None:
    province = told(county.operator, PROVINCE)["AVERAGE_CREDITS"]
    city = told(county.operator, WENZHOU)["AVERAGE_CREDITS"]

    assert {key: row["numerator"] for key, row in rows(province).items()} == {
        WENZHOU: "215",
        HANGZHOU: "200",
    }
    assert {key: row["numerator"] for key, row in rows(city).items()} == {RUIAN: "215"}
    assert (province["numerator"], province["rule"]) == ("415", None)


def test_the_worst_come_first_page_by_page(county: Served) -> None:
    seen: list[str] = []
    after, more = None, True
    while more:
        given = {"code": ["AVERAGE_CREDITS"], "worst": True, "first": 1, "after": after}
        found = told(county.operator, SCHOOL, **given)
        assert list(found) == ["AVERAGE_CREDITS"]
        page = found["AVERAGE_CREDITS"]["parts"]
        seen += [edge["node"]["key"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert (seen, page["totalCount"]) == (["teacher:t2", "teacher:t1", "teacher:t0"], 3)


def test_a_past_moment_is_told_by_what_was_known_then(county: Served) -> None:
    head = county.head
    now = told(county.operator, RUIAN)
    then = told(county.operator, RUIAN, asOf={"position": head})
    before = told(county.operator, RUIAN, asOf={"position": head - 8})

    assert then == now
    assert int(before["AVERAGE_CREDITS"]["numerator"]) == 215
    assert before["SETTLED_SHARE"]["denominator"] == 0
    assert before["AVERAGE_CREDITS"]["position"] == head - 8


@pytest.mark.parametrize(
    ("role", "scope", "sees"),
    [
        (Role.BUREAU, RUIAN, {RUIAN, SCHOOL, COUNTY_SCHOOL}),
        (Role.BUREAU, WENZHOU, {RUIAN, WENZHOU, SCHOOL, COUNTY_SCHOOL}),
        (Role.BUREAU, HANGZHOU, {HANGZHOU, OTHER_SCHOOL}),
        (Role.AUDITOR, PROVINCE, {RUIAN, WENZHOU, HANGZHOU, PROVINCE, SCHOOL, OTHER_SCHOOL}),
        (Role.SCHOOL, SCHOOL, {SCHOOL}),
        (Role.SCHOOL, OTHER_SCHOOL, {OTHER_SCHOOL}),
        (Role.PROVIDER, COUNTY_SCHOOL, {COUNTY_SCHOOL}),
        (Role.PROVIDER, "provider:other", set()),
        (Role.TEACHER, "teacher:t0", set()),
    ],
)
def test_each_sees_its_own_and_what_lies_within(
    county: Served, role: Role, scope: str, sees: set[str]
) -> None:
    party = county.party(role, scope)
    everything = {RUIAN, WENZHOU, HANGZHOU, PROVINCE, SCHOOL, OTHER_SCHOOL, COUNTY_SCHOOL}
    expected = sees | ({COUNTY_SCHOOL} if role is Role.AUDITOR else set())

    assert {of for of in everything if told(party, of)} == expected


def test_the_public_is_told_nothing(county: Served) -> None:
    assert told(county.public, RUIAN) == {}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"of": RUIAN}, "PERIOD_MISSING", "year"),
        ({"of": "teacher:t0", "year": 2024}, "BAD_SUBJECT", "of"),
        ({"of": "nonsense", "year": 2024}, "MALFORMED_NAME", "of"),
        ({"of": "school:nowhere", "year": 2024}, "UNKNOWN_SCHOOL", "of"),
        ({"of": "provider:nowhere", "year": 2024}, "UNKNOWN_PROVIDER", "of"),
        ({"of": "jurisdiction:330399", "year": 2024}, "UNKNOWN_PLACE", "of"),
        ({"of": RUIAN, "year": 2190}, "BAD_YEAR", "year"),
        ({"of": RUIAN, "term": "term:2024H3"}, "BAD_TERM", "term"),
        ({"of": RUIAN, "term": "term:2024H2"}, "BAD_TERM", "term"),
        ({"of": RUIAN, "term": TERM, "year": 2023}, "BAD_TERM", "term"),
        ({"of": RUIAN, "year": 2024, "asOf": {"position": 10**9}}, "BEYOND_HEAD", None),
        ({"of": RUIAN, "year": 2024, "first": 501}, "BAD_PAGE", "first"),
    ],
)
def test_a_question_that_makes_no_sense_is_an_error(
    county: Served, given: dict[str, Any], code: str, field: str | None
) -> None:
    [error, *_] = county.operator.errors(ASK, **given)

    assert error["code"] == code
    assert field is None or error["field"] == field


def command(county: Served, *arguments: str, status: int = 0) -> str:
    """What the command line prints."""
    runner = CliRunner(env={name: None for name in os.environ if name.startswith("XUEFEN_")})
    url = county.house.ledger.pool.conninfo
    done = runner.invoke(app, ["--database-url", url, "indicators", *arguments])

    assert done.exit_code == status, done.output
    return done.stdout


def test_the_command_line_tells_the_same(county: Served) -> None:
    lines = [
        json.loads(line)
        for line in command(county, "330381", "--effective", DAY, "--json").splitlines()
    ]
    found = {each["code"]: each for each in lines}
    asked = told(county.operator, RUIAN, asOf={"effective": DAY})

    assert set(found) == set(asked)
    for code, each in found.items():
        assert (each["value"], each["zh"]) == (asked[code]["value"], asked[code]["zh"])
        assert [part["key"] for part in each["parts"]] == list(rows(asked[code]))
    shown = command(county, SCHOOL, "--term", "2024H1", "--parts", "average_credits")
    assert "teacher:t2" in shown and "AVERAGE_CREDITS" in shown
    past = command(county, RUIAN, "--year", "2024", "--as-of-position", "250", "--json")
    assert json.loads(past.splitlines()[0])["denominator"] == 0
