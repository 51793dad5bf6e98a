"""Moments over GraphQL: any list and any row as of a position, an instant and a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.teacher import RegisterTeacher, TransferTeacher
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
