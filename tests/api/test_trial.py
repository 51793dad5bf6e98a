"""Trials over GraphQL and the command line: who would flip, nothing written, adopt by hash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from ledger.command import Role
from ledger.credit import CreditKind
from ledger.names import CreditId, TeacherId
from ledger.store.ledger import Ledger
from tests import cast
from tests.cast import HANGZHOU, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU, WENZHOU_SCHOOL
from tests.server import ANSWER, Party, Served, codes, serving
from tests.town import KEY, OPERATOR, Hand, Put, database

WHAT_IF = """
query($draft: String!, $place: ID, $school: ID, $on: Date, $asOf: AsOf, $first: Int,
      $after: String, $turn: [FlipTurn!]) {
  whatIf(draft: $draft, place: $place, school: $school, on: $on, asOf: $asOf, first: $first,
         after: $after, turn: $turn) {
    document sha256 day position refusals { code field zh en }
    total { teachers lost won other moved }
    places { of tally { teachers won } } schools { of tally { teachers won } }
    flips { totalCount pageInfo { hasNextPage endCursor } edges { node {
      teacher school before after countedBefore countedAfter turns { code before after } } } }
  }
}
"""
ADOPT = (
    "mutation($draft: String!, $tried: String) { answer: adoptRegulation(draft: $draft, "
    f'tried: $tried, requestId: "a") {{ {ANSWER} }} }}'
)
DAY = "2024-03-31"
DRAFT = """
[document]
id = "ra24-total"
number = "瑞教〔2024〕10号"
title_zh = "关于周期学分的通知"
title_en = "Notice on the total"
authority_zh = "瑞安市教育局"
authority_en = "Rui'an Education Bureau"
place = "330381"
year = 2024
issued = 2024-01-01
certain_from = 2024-01-01

[[rule]]
id = "RA24-01"
clause = "§一"
kind = "cycle-total"
use = "requirement"
strength = "hard"
zh = "周期学分不少于四百。"
en = "Four hundred credits or more over a cycle."
since = 2024-01-01
parameters = { years = 5, credits_min = "LEAST" }
"""


def draft(least: int) -> str:
    return DRAFT.replace("LEAST", str(least))


@pytest.fixture(scope="module")
def county(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Six teachers of Rui'an with 360 to 410 credits, one of Wenzhou's and one of Hangzhou's."""
    events: list[Any] = []
    schools = ((SCHOOL, RUIAN), (WENZHOU_SCHOOL, WENZHOU), (OTHER_SCHOOL, HANGZHOU))
    events += [cast.school(school, place) for school, place in schools]
    own = [(SCHOOL, RUIAN, 270 + 10 * n) for n in range(6)]
    for number, (school, place, more) in enumerate(
        [*own, (WENZHOU_SCHOOL, WENZHOU, 280), (OTHER_SCHOOL, HANGZHOU, 280)]
    ):
        teacher = TeacherId(f"teacher:t{number}")
        events.append(cast.registered(teacher, school=school, place=place))
        for kind, credits in ((CreditKind.INTENSIVE, 90), (CreditKind.DISTANCE, more)):
            events.append(
                cast.awarded(
                    credits,
                    credit=CreditId(f"credit:t{number}-{kind.value.lower()}"),
                    teacher=teacher,
                    kind=kind,
                    completed=date(2023, 6, 1),
                    place=place,
                    school=school,
                )
            )
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as opened:
            opened.ask([Put(events=tuple(events))], OPERATOR)
        with serving(url, tmp_path_factory.mktemp("county")) as server:
            server.house.runner.catch_up()
            yield server


def tried(party: Party, least: int = 390, **given: Any) -> Any:
    return party.ask(WHAT_IF, **({"draft": draft(least), "on": DAY} | given))["whatIf"]


def test_who_would_not_pass_any_more_is_named_by_place_and_school(county: Served) -> None:
    found = tried(county.operator)

    assert found["total"] == {"teachers": 8, "lost": 3, "won": 0, "other": 0, "moved": 3}
    lost = [edge["node"] for edge in found["flips"]["edges"] if edge["node"]["after"] == "NOT_MET"]
    assert [each["teacher"] for each in lost] == ["teacher:t0", "teacher:t1", "teacher:t2"]
    assert {each["school"] for each in lost} == {SCHOOL}
    assert {"CYCLE_TOTAL"} <= {turn["code"] for turn in lost[0]["turns"]}
    assert {each["of"]: each["tally"]["teachers"] for each in found["places"]} == {
        RUIAN: 6,
        WENZHOU: 1,
        HANGZHOU: 1,
    }


def test_a_trial_writes_nothing(county: Served) -> None:
    before = county.head
    tried(county.operator)

    assert county.head == before


def test_a_bureau_tries_a_draft_over_its_own_teachers_only(county: Served) -> None:
    ruian, hangzhou = (county.party(Role.BUREAU, each) for each in (RUIAN, HANGZHOU))

    assert tried(ruian)["total"]["teachers"] == 6
    assert tried(hangzhou)["total"] == {
        "teachers": 1,
        "lost": 0,
        "won": 0,
        "other": 0,
        "moved": 0,
    }
    assert tried(hangzhou, place=RUIAN)["total"]["teachers"] == 0


def test_a_city_covers_its_counties(county: Served) -> None:
    city = county.party(Role.BUREAU, WENZHOU)

    assert tried(city)["total"]["teachers"] == 7
    assert tried(city, place=RUIAN)["total"]["teachers"] == 6
    assert tried(county.operator, place=WENZHOU)["total"]["teachers"] == 7


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.TEACHER, "teacher:t0"), (Role.SCHOOL, SCHOOL), (Role.PROVIDER, "provider:p")],
)
def test_who_is_no_bureau_is_refused(county: Served, role: Role, scope: str) -> None:
    party = county.party(role, scope)
    [refused] = party.errors(WHAT_IF, draft=draft(390))

    assert refused["code"] == "FORBIDDEN_ROLE"


def test_a_draft_that_could_not_be_adopted_says_why_and_judges_nobody(county: Served) -> None:
    found = tried(county.operator, 200)

    assert [each["code"] for each in found["refusals"]] == ["RULE_TOO_LAX"]
    assert (found["total"]["teachers"], found["flips"]["edges"]) == (0, [])


def test_a_draft_that_cannot_be_read_names_the_field(county: Served) -> None:
    [refused] = county.operator.errors(WHAT_IF, draft=draft(390).replace("cycle-total", "cycle"))

    assert (refused["code"], refused["field"]) == ("BAD_DOCUMENT", "RA24-01.kind")


def test_pages_of_flips_follow_one_another(county: Served) -> None:
    seen: list[str] = []
    after, more = None, True
    while more:
        flips = tried(county.operator, first=2, after=after)["flips"]
        seen += [edge["node"]["teacher"] for edge in flips["edges"]]
        after, more = flips["pageInfo"]["endCursor"], flips["pageInfo"]["hasNextPage"]

    assert seen == [f"teacher:t{n}" for n in range(3)]
    assert flips["totalCount"] == 3


def test_the_page_of_flips_is_asked_for_where_it_stands(county: Served) -> None:
    def page(above: str, here: str) -> Any:
        given = {"draft": draft(390)} | ({"after": cursor} if "$after" in above + here else {})
        asked = "$draft: String!" + (", $after: String" if "after" in given else "")
        shown = f"flips{here} {{ edges {{ cursor node {{ teacher }} }} }}"
        document = f'query({asked}) {{ whatIf(draft: $draft, on: "{DAY}", {above}) {{ {shown} }} }}'
        return county.operator.post(document, **given).json()

    def teachers(above: str, here: str) -> list[str]:
        edges = page(above, here)["data"]["whatIf"]["flips"]["edges"]
        return [each["node"]["teacher"] for each in edges]

    cursor = None
    whole = page("first: 500, after: $after", "")
    cursor = whole["data"]["whatIf"]["flips"]["edges"][0]["cursor"]
    assert teachers("first: 1", "(after: $after)") == ["teacher:t1"]
    assert teachers("after: $after", "(first: 2)") == ["teacher:t1", "teacher:t2"]
    assert teachers("first: 1", "(first: 3)") == [f"teacher:t{n}" for n in range(3)]
    wide = page("first: 500", "(after: $after)")["extensions"]["cost"]["requestedQueryCost"]
    narrow = page("after: $after, first: 500", "(first: 1)")["extensions"]["cost"][
        "requestedQueryCost"
    ]
    assert wide > narrow + 499
    refused = page("after: $after", "(first: 501)")["errors"][0]["extensions"]
    assert (refused["code"], refused["field"]) == ("BAD_PAGE", "first")


def test_whose_numbers_move_and_whose_result_stays_is_listed_where_one_asks(county: Served) -> None:
    moved = tried(county.operator, turn=["MOVED"])["flips"]["edges"]
    both = tried(county.operator, turn=["LOST", "MOVED"])["flips"]
    question = {"what": "whatIf", "format": "jsonl", "filters": {"draft": draft(390), "on": DAY}}
    asked = question | {"filters": question["filters"] | {"turn": "LOST,MOVED"}}

    assert [each["node"]["teacher"] for each in moved] == [f"teacher:t{n}" for n in (3, 4, 5)]
    assert all(each["node"]["before"] == each["node"]["after"] for each in moved)
    assert both["totalCount"] == 6
    for given, count in ((question, 3), (asked, 6)):
        file = county.client.post("/exports", json=given, headers=county.operator.headers)
        assert len(file.text.splitlines()) == count


def test_before_the_teachers_were_known_there_is_nobody_to_turn(county: Served) -> None:
    found = tried(county.operator, asOf={"position": county.head - 24})

    assert (found["total"]["teachers"], found["position"]) == (0, county.head - 24)


def test_exactly_the_draft_that_was_tried_is_adopted(served: Served) -> None:
    party = served.party(Role.BUREAU, RUIAN)
    hash_of = tried(party)["sha256"]

    other = party.ask(ADOPT, draft=draft(395), tried=hash_of)["answer"]
    assert codes(other) == ["NOT_THE_TRIED"]
    assert other["refusals"][0]["field"] == "tried"
    assert codes(party.ask(ADOPT, draft=draft(390), tried=hash_of)["answer"]) == []
    assert tried(party)["refusals"][0]["code"] == "ALREADY_ADOPTED"


def test_the_command_line_tries_a_draft(county: Served, tmp_path: Path) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(draft(390), encoding="utf-8")
    runner = CliRunner(env={name: None for name in os.environ if name.startswith("XUEFEN_")})
    url = county.house.ledger.pool.conninfo
    asked = ["--database-url", url, "regulations", "try", str(file), "--on", DAY]

    done = runner.invoke(app, [*asked, "--place", "330381", "--json"])
    assert done.exit_code == 0, done.output
    [told] = [json.loads(line) for line in done.stdout.splitlines()]
    assert told["total"] == {"teachers": 6, "lost": 3, "won": 0, "other": 0, "moved": 3}
    table = runner.invoke(app, asked)
    assert "teacher:t0" in table.stdout
    file.write_text(draft(200), encoding="utf-8")
    assert runner.invoke(app, asked).exit_code == 1
