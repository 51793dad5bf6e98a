"""Personal data in full and the log of it: written first, and told to whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from tests.cast import HANGZHOU, RUIAN
from tests.scene import Scenes
from tests.server import Party, Served, codes

REVEAL = (
    "mutation($t: ID!, $why: Text!) { reveal(teacher: $t, purpose: $why) { name idNumber phone } }"
)
LOG = """
query($actor: ID, $kind: AccessKind, $subject: ID, $first: Int, $after: String) {
  accessLog(actor: $actor, kind: $kind, subject: $subject, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      number kind actor role scope what purpose clear rows subjects filters trace hash
    } }
  }
}
"""
OWN = "query($t: ID!) { teacher(id: $t) { person { name idNumber phone } } }"
LIN, HOME, AWAY = "teacher:lin", "school:anyang", "school:away"
IN_FULL = {"name": "林老师", "idNumber": "330381199001010019", "phone": "13800000000"}
MASKED = {"name": "林**", "idNumber": "****************19", "phone": "*********00"}
WHY = "核对学员身份"


def one_sealed(served: Served) -> None:
    """A teacher of Rui'an whose data are in the vault, and a school in another county."""
    for school, place in ((HOME, RUIAN), (AWAY, HANGZHOU)):
        own = {"school": school, "place": place, "title": "学校", "stage": "PRIMARY"}
        assert codes(served.operator.mutate(RegisterSchool, own, school)) == []
    came = {"teacher": LIN, "school": HOME, "stage": "PRIMARY", "subject": "语文"}
    came |= {"entered": "2021-03-01"}
    assert codes(served.operator.mutate(RegisterTeacher, came | {"person": IN_FULL}, "l")) == []
    served.house.runner.catch_up()


@pytest.fixture
def town(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server of its own to which that was told."""
    with scenes.serving(one_sealed, tmp_path) as server:
        yield server


def parties(town: Served) -> dict[str, Party]:
    """Everybody, at home and elsewhere."""
    named = {
        "bureau": (Role.BUREAU, RUIAN),
        "school": (Role.SCHOOL, HOME),
        "auditor": (Role.AUDITOR, RUIAN),
        "other bureau": (Role.BUREAU, HANGZHOU),
        "other school": (Role.SCHOOL, AWAY),
        "other auditor": (Role.AUDITOR, HANGZHOU),
        "provider": (Role.PROVIDER, "provider:any"),
        "integrator": (Role.INTEGRATOR, RUIAN),
        "teacher": (Role.TEACHER, LIN),
        "other teacher": (Role.TEACHER, "teacher:other"),
    }
    return {name: town.party(*each, actor=f"staff:{name[:3]}") for name, each in named.items()} | {
        "operator": town.operator,
        "public": town.public,
    }


def logged(party: Party, **wanted: Any) -> list[dict[str, Any]]:
    """What a party finds in the log."""
    return [edge["node"] for edge in party.ask(LOG, **wanted)["accessLog"]["edges"]]


@pytest.mark.parametrize("name", ["bureau", "school", "auditor", "operator"])
def test_who_may_is_shown_a_person_in_full_and_it_is_logged(town: Served, name: str) -> None:
    party = parties(town)[name]

    assert party.ask(REVEAL, t=LIN, why=WHY)["reveal"] == IN_FULL
    [row] = logged(town.operator)
    assert (row["number"], row["kind"], row["what"], row["purpose"]) == (1, "REVEAL", "person", WHY)
    assert (row["clear"], row["rows"], row["subjects"]) == (True, 1, 1)


@pytest.mark.parametrize("name", ["other bureau", "other school", "other auditor"])
def test_a_person_of_elsewhere_is_absent_and_nothing_is_read(town: Served, name: str) -> None:
    assert parties(town)[name].ask(REVEAL, t=LIN, why=WHY)["reveal"] is None
    assert logged(town.operator) == []


@pytest.mark.parametrize("name", ["provider", "integrator", "teacher", "other teacher"])
def test_who_may_not_is_refused(town: Served, name: str) -> None:
    [refused] = parties(town)[name].errors(REVEAL, t=LIN, why=WHY)

    assert refused["code"] == "FORBIDDEN_ROLE"
    assert logged(town.operator) == []


def test_the_public_is_asked_for_a_token(town: Served) -> None:
    [refused] = town.public.errors(REVEAL, t=LIN, why=WHY)

    assert refused["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("why", ["", " ", "x", "a" * 201, "a\nb"])
def test_a_purpose_is_needed_and_bounded(town: Served, why: str) -> None:
    [refused] = town.operator.errors(REVEAL, t=LIN, why=why)

    assert (refused["code"], refused["field"]) == ("BAD_PURPOSE", "purpose")


def test_elsewhere_in_the_schema_a_person_stays_masked(town: Served) -> None:
    for name in ("bureau", "school", "auditor", "integrator", "operator"):
        assert parties(town)[name].ask(OWN, t=LIN)["teacher"]["person"] == MASKED
    assert logged(town.operator) == []


def test_what_cannot_be_logged_is_not_shown(town: Served) -> None:
    with psycopg.connect(town.house.ledger.url) as connection:
        connection.execute("revoke insert on ledger.access_log from xuefen_app")

    [refused] = town.operator.errors(REVEAL, t=LIN, why=WHY)
    body = parties(town)["teacher"].post(OWN, t=LIN).json()
    assert refused["code"] == "INTERNAL"
    assert "林老师" not in str(body)


def test_a_teacher_learns_who_looked_and_sees_nothing_of_others(town: Served) -> None:
    own = parties(town)["teacher"]
    assert own.ask(OWN, t=LIN)["teacher"]["person"] == IN_FULL
    parties(town)["bureau"].ask(REVEAL, t=LIN, why=WHY)

    found = logged(own)
    assert [(each["kind"], each["actor"]) for each in found] == [
        ("REVEAL", "staff:bur"),
        ("OWN", "staff:tea"),
    ]
    # How much others read besides is not told, and what the teacher read is.
    assert [(each["rows"], each["subjects"], each["filters"]) for each in found] == [
        (None, None, None),
        (1, 1, {}),
    ]
    assert logged(parties(town)["other teacher"]) == []
    assert logged(parties(town)["other teacher"], subject=LIN) == []


def test_a_bureau_and_an_auditor_see_what_concerned_their_place(town: Served) -> None:
    parties(town)["school"].ask(REVEAL, t=LIN, why=WHY)

    for name in ("bureau", "auditor", "operator"):
        assert [each["actor"] for each in logged(parties(town)[name])] == ["staff:sch"]
    for name in ("other bureau", "other auditor", "other school", "school", "provider",
                 "integrator", "public"):  # fmt: skip
        assert logged(parties(town)[name]) == []
        assert logged(parties(town)[name], subject=LIN) == []


@pytest.mark.parametrize("name", ["other bureau", "other auditor"])
def test_a_reading_of_several_places_tells_no_place_who_of_the_others_was_in_it(
    town: Served, name: str
) -> None:
    came = {"teacher": "teacher:away", "school": AWAY, "stage": "PRIMARY", "subject": "语文"}
    came |= {"entered": "2021-03-01"}
    assert codes(town.operator.mutate(RegisterTeacher, came, "away")) == []
    town.house.runner.catch_up()
    taken = town.client.post("/exports", json={"what": "teachers"}, headers=town.operator.headers)
    assert taken.status_code == 200
    reader = parties(town)[name]

    assert [each["what"] for each in logged(reader)] == ["teachers"]
    assert [each["what"] for each in logged(reader, subject="teacher:away")] == ["teachers"]
    assert reader.ask(LOG, subject=LIN) == reader.ask(LOG, subject="teacher:nobody")
    assert reader.ask(LOG, subject=LIN)["accessLog"]["totalCount"] == 0


def test_a_bureau_that_is_left_keeps_who_read_of_a_teacher_that_was_its_own(town: Served) -> None:
    parties(town)["bureau"].ask(REVEAL, t=LIN, why=WHY)
    move = {"teacher": LIN, "school": AWAY, "since": "2024-03-01"}
    assert codes(town.operator.mutate(TransferTeacher, move, "move")) == []
    town.house.runner.catch_up()
    stays = {"teacher": "teacher:stays", "school": HOME, "stage": "PRIMARY", "subject": "语文"}
    stays |= {"entered": "2021-03-01"}
    assert codes(town.operator.mutate(RegisterTeacher, stays, "stays")) == []
    town.house.runner.catch_up()
    taken = town.client.post("/exports", json={"what": "teachers"}, headers=town.operator.headers)
    assert taken.status_code == 200
    left, took = parties(town)["bureau"], parties(town)["other bureau"]

    assert [each["what"] for each in logged(left)] == ["teachers", "person"]
    assert [each["what"] for each in logged(left, subject=LIN)] == ["person"]
    assert [each["what"] for each in logged(took, subject=LIN)] == ["teachers"]


@pytest.mark.parametrize("what", ["schools", "providers", "offerings"])
def test_who_takes_a_public_list_stands_in_the_log_of_their_own_bureau_only(
    town: Served, what: str
) -> None:
    party = parties(town)["other bureau"]
    answer = town.client.post("/exports", json={"what": what}, headers=party.headers)

    assert answer.status_code == 200
    assert [each["what"] for each in logged(party)] == [what]
    assert [each["what"] for each in logged(town.operator)] == [what]
    for name in ("bureau", "auditor"):
        assert logged(parties(town)[name]) == []


def test_the_log_is_filtered_and_paged(town: Served) -> None:
    for name in ("bureau", "school", "bureau"):
        parties(town)[name].ask(REVEAL, t=LIN, why=WHY)

    assert [each["number"] for each in logged(town.operator, actor="staff:bur")] == [3, 1]
    assert logged(town.operator, kind="EXPORT") == []
    assert len(logged(town.operator, subject=LIN)) == 3
    page = town.operator.ask(LOG, first=2)["accessLog"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = logged(town.operator, first=2, after=page["pageInfo"]["endCursor"])
    assert [each["number"] for each in rest] == [1]


def test_a_callers_own_number_of_the_request_is_kept(town: Served) -> None:
    town.client.post(
        "/graphql",
        json={"query": REVEAL, "variables": {"t": LIN, "why": WHY}},
        headers=town.operator.headers | {"x-request-id": "r-17"},
    )

    assert [each["trace"] for each in logged(town.operator)] == ["r-17"]
