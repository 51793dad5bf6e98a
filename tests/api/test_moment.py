"""Moments over GraphQL: any list and any row as of a position, an instant and a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ledger.command import Role
from ledger.register import JurisdictionRegistered, RegisterSchool
from ledger.regulation import RegulationAdopted, RuleAdopted
from ledger.store.feed import Filter
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from tests.cast import HANGZHOU, RUIAN
from tests.server import Party, Served, codes

TEACHERS = """
query($school: ID, $place: ID, $asOf: AsOf) {
  teachers(school: $school, place: $place, asOf: $asOf) {
    totalCount position edges { node { id school place } }
  }
}
"""
ONE = "query($id: ID!, $asOf: AsOf) { teacher(id: $id, asOf: $asOf) { id school } }"
LIN, HOME, AWAY = "teacher:lin", "school:anyang", "school:away"


def moved(server: Served) -> tuple[int, int]:
    """A teacher who went to another school in another county; the heads before and after."""
    for school, place in ((HOME, RUIAN), (AWAY, HANGZHOU)):
        own = {"school": school, "place": place, "title": "学校", "stage": "PRIMARY"}
        assert codes(server.operator.mutate(RegisterSchool, own, school)) == []
    came = {
        "teacher": LIN,
        "school": HOME,
        "stage": "PRIMARY",
        "subject": "语文",
        "entered": "2021-03-01",
        "person": {"name": "林小雨"},
    }
    assert codes(server.operator.mutate(RegisterTeacher, came, "came")) == []
    before = server.head
    server.clock.set(date(2024, 3, 25))
    went = {"teacher": LIN, "school": AWAY, "since": "2024-03-25"}
    assert codes(server.operator.mutate(TransferTeacher, went, "went")) == []
    return before, server.head


def told(party: Party, document: str = TEACHERS, **given: Any) -> Any:
    """What the party is answered."""
    return party.ask(document, **given)


def test_a_list_says_what_it_said_at_a_position(served: Served) -> None:
    before, after = moved(served)

    then = told(served.operator, school=HOME, asOf={"position": before})["teachers"]
    now = told(served.operator, school=HOME, asOf={"position": after})["teachers"]

    assert [edge["node"]["id"] for edge in then["edges"]] == [LIN]
    assert (then["totalCount"], then["position"]) == (1, before)
    assert (now["totalCount"], now["edges"]) == (0, [])


def test_a_list_says_what_was_true_on_a_day_by_all_that_is_known(served: Served) -> None:
    moved(served)

    then = told(served.operator, school=HOME, asOf={"effective": "2024-03-24"})["teachers"]
    since = told(served.operator, school=AWAY, asOf={"effective": "2024-03-25"})["teachers"]

    assert [edge["node"]["id"] for edge in then["edges"]] == [LIN]
    assert [edge["node"]["id"] for edge in since["edges"]] == [LIN]


def test_one_row_says_what_it_said_then(served: Served) -> None:
    before, after = moved(served)

    assert told(served.operator, ONE, id=LIN, asOf={"position": before})["teacher"] == {
        "id": LIN,
        "school": HOME,
    }
    assert told(served.operator, ONE, id=LIN, asOf={"position": after})["teacher"] == {
        "id": LIN,
        "school": AWAY,
    }
    assert told(served.operator, ONE, id=LIN, asOf={"position": 1})["teacher"] is None


def test_a_bureau_sees_of_the_past_what_was_its_own(served: Served) -> None:
    before, after = moved(served)
    ruian = served.party(Role.BUREAU, RUIAN)
    hangzhou = served.party(Role.BUREAU, HANGZHOU)

    def seen(party: Party, position: int) -> int:
        found = told(party, asOf={"position": position})["teachers"]
        return int(found["totalCount"])

    assert [seen(ruian, each) for each in (before, after)] == [1, 0]
    assert [seen(hangzhou, each) for each in (before, after)] == [0, 1]


def test_a_moment_that_has_not_come_is_refused(served: Served) -> None:
    [refused] = served.operator.errors(TEACHERS, asOf={"position": served.head + 1})

    assert (refused["code"], refused["field"]) == ("BEYOND_HEAD", "asOf.position")


NODE = "query($id: ID!, $asOf: AsOf) { node(id: $id, asOf: $asOf) { __typename id } }"
BORN = (
    (JurisdictionRegistered, "jurisdiction", "Jurisdiction"),
    (RegulationAdopted, "document", "Regulation"),
    (RuleAdopted, "rule", "Rule"),
)


@pytest.mark.parametrize(("event", "part", "kind"), BORN)
def test_what_no_view_has_is_there_from_its_entry_on(
    quiet: Served, event: Any, part: str, kind: str
) -> None:
    wanted = Filter(types=(event.NAME,))
    [last] = quiet.house.ledger.feed.page(wanted, 1, latest_first=True)
    found = getattr(last.event, part)
    name = str(getattr(found, "id", found))

    def seen(**moment: Any) -> Any:
        return quiet.operator.ask(NODE, id=name, asOf=moment)["node"]

    there = {"__typename": kind, "id": name}
    assert [seen(position=each) for each in (0, last.position - 1)] == [None, None]
    assert [seen(position=each) for each in (last.position, quiet.head)] == [there, there]
    before = (last.at - timedelta(seconds=1)).isoformat()
    assert (seen(instant=before), seen(instant=last.at.isoformat())) == (None, there)
    [refused] = quiet.operator.errors(NODE, id=name, asOf={"position": quiet.head + 1})
    assert (refused["code"], refused["field"]) == ("BEYOND_HEAD", "asOf.position")


def test_a_term_is_there_once_a_rule_is_told_of_it(quiet: Served) -> None:
    told: Any = quiet.house.ledger.feed.entries(Filter(types=(RuleAdopted.NAME,)))
    first, code = next(
        (e.position, term) for e in told for term in e.event.rule.scope.get("term", ())
    )
    name = f"term:{code}"

    def seen(position: int) -> Any:
        return quiet.operator.ask(NODE, id=name, asOf={"position": position})["node"]

    assert (seen(first - 1), seen(first)) == (None, {"__typename": "Term", "id": name})


def test_who_has_left_is_not_shown_in_full_in_an_export_of_the_past(served: Served) -> None:
    before, _ = moved(served)
    question = {
        "what": "teachers",
        "format": "jsonl",
        "asOf": {"position": before},
        "purpose": "核对档案",
    }

    def taken(party: Party) -> str:
        answer = served.client.post("/exports", json=question, headers=party.headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    ruian = taken(served.party(Role.BUREAU, RUIAN))
    assert LIN in ruian and "林小雨" not in ruian
    assert "林小雨" in taken(served.operator)


REHEARSE = """
mutation($input: TransferTeacherInput!) {
  transferTeacher(input: $input, requestId: "look", rehearse: true) {
    ... on Rehearsed { events { type data } } ... on Refused { refusals { code } }
  }
}
"""


def test_a_rehearsal_does_not_tell_a_stranger_where_a_teacher_works(served: Served) -> None:
    moved(served)
    school = {"school": "school:far", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    assert codes(served.operator.mutate(RegisterSchool, school, "far")) == []
    asked = {"teacher": LIN, "school": "school:far", "since": "2024-03-26"}
    served.clock.set(date(2024, 3, 26))
    served.house.runner.catch_up()
    look = told(served.party(Role.BUREAU, RUIAN), REHEARSE, input=asked)["transferTeacher"]

    assert [each["code"] for each in look["refusals"]] == ["ELSEWHERE_UNTOLD"]
    known = told(served.operator, REHEARSE, input=asked)["transferTeacher"]
    assert known["events"][0]["data"]["school_left"] == AWAY


def test_the_county_that_is_left_reads_the_move(served: Served) -> None:
    moved(served)
    history = "query($t: [ID!]) { history(filter: {tags: $t}) { edges { node { type } } } }"
    seen = told(served.party(Role.BUREAU, RUIAN), history, t=[LIN])["history"]["edges"]

    assert "register.teacher-transferred" in {each["node"]["type"] for each in seen}
