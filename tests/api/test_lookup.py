"""Whether somebody is registered elsewhere: what a stranger is told, and where that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.command import Command, Role
from ledger.register import RegisterSchool
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from schema import lookup
from tests.api.test_rehearsal import PERSON, rehearse
from tests.cast import HANGZHOU, LIN, RUIAN, SCHOOL
from tests.server import Party, Served, codes
from tests.storied import storied
from tests.town import founded_template

__all__ = ["founded_template"]

OURS, FREE = "11010519491231002X", "33010619900101123X"
KNOWN, NOBODY = "teacher:known", "teacher:nobody"
FAR = "school:far"
LOG = """
query($who: ID) {
  accessLog(kind: LOOKUP, subject: $who) { edges { node { actor scope what } } }
}
"""


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story, with one of Rui'an whose number is known, and a school elsewhere."""
    with storied(postgres_url, founded_template, tmp_path_factory.mktemp("lookup")) as server:
        own = {"school": FAR, "place": HANGZHOU, "title": "远方小学", "stage": "PRIMARY"}
        assert codes(server.operator.mutate(RegisterSchool, own, "far")) == []
        given = PERSON | {"teacher": KNOWN}
        assert codes(server.operator.mutate(RegisterTeacher, given, "known")) == []
        server.house.runner.catch_up()
        yield server


@pytest.fixture
def stranger(town: Served) -> Party:
    """The bureau of another city."""
    return town.party(Role.BUREAU, HANGZHOU, actor="staff:stranger")


def new(teacher: str, number: str) -> dict[str, Any]:
    """Somebody to register in the other city."""
    person = {"name": "王小明", "idNumber": number}
    return PERSON | {"teacher": teacher, "school": FAR, "person": person}


def told(party: Party, command: type[Command], given: dict[str, Any]) -> str:
    """What a rehearsal says, but for the name that was given and what is random."""
    answer = rehearse(party, command, given)
    for each in answer.get("events", ()):
        each["data"].pop("sealed", None)
    return json.dumps(answer, ensure_ascii=False).replace(given["teacher"], "")


@pytest.mark.parametrize(("teacher", "number"), [(KNOWN, FREE), (NOBODY, OURS), (KNOWN, OURS)])
def test_a_rehearsed_registration_is_answered_alike_whoever_is_elsewhere(
    stranger: Party, teacher: str, number: str
) -> None:
    there = told(stranger, RegisterTeacher, new(teacher, number))

    assert '"Rehearsed"' in there
    assert there == told(stranger, RegisterTeacher, new("teacher:free", FREE))


def test_a_rehearsed_move_is_answered_alike_whoever_is_elsewhere(stranger: Party) -> None:
    move = {"school": FAR, "since": "2024-03-01"}
    there = told(stranger, TransferTeacher, move | {"teacher": KNOWN})

    assert "ELSEWHERE_UNTOLD" in there
    assert there == told(stranger, TransferTeacher, move | {"teacher": NOBODY})


def test_of_ones_own_a_rehearsal_says_what_the_deed_does(town: Served) -> None:
    bureau = town.party(Role.BUREAU, RUIAN)
    again = rehearse(bureau, RegisterTeacher, PERSON | {"teacher": str(LIN), "person": None})
    taken = rehearse(bureau, RegisterTeacher, PERSON | {"teacher": NOBODY})
    here = rehearse(
        bureau, TransferTeacher, {"teacher": str(LIN), "school": SCHOOL, "since": "2024-03-01"}
    )

    assert [each["code"] for each in again["refusals"]] == ["ALREADY_REGISTERED"]
    assert [each["code"] for each in taken["refusals"]] == ["IDENTITY_TAKEN"]
    assert "ELSEWHERE_UNTOLD" not in json.dumps(here)


@pytest.mark.parametrize(
    ("teacher", "number", "code"),
    [(KNOWN, FREE, "ALREADY_REGISTERED"), (NOBODY, OURS, "IDENTITY_TAKEN")],
)
def test_whoever_registers_one_who_is_elsewhere_stands_in_the_log(
    town: Served, stranger: Party, teacher: str, number: str, code: str
) -> None:
    def logged() -> list[Any]:
        seen = [town.party(Role.BUREAU, RUIAN), town.party(Role.TEACHER, KNOWN)]
        first, second = (each.ask(LOG, who=KNOWN)["accessLog"]["edges"] for each in seen)
        assert first == second
        return list(first)

    before = len(logged())
    answer = stranger.mutate(RegisterTeacher, new(teacher, number), f"{code}-1")

    assert codes(answer) == [code]
    assert RUIAN not in json.dumps(answer)
    [latest, *_] = found = logged()
    assert len(found) == before + 1
    assert latest["node"] == {
        "actor": "staff:stranger",
        "scope": HANGZHOU,
        "what": "registerTeacher",
    }


def test_nobody_hears_often_of_those_who_are_elsewhere(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 1)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:curious")
    given = new(KNOWN, FREE)
    assert codes(party.mutate(RegisterTeacher, given, "c1")) == ["ALREADY_REGISTERED"]
    document = (
        "mutation($input: RegisterTeacherInput!, $r: String!) "
        "{ registerTeacher(input: $input, requestId: $r) { __typename } }"
    )
    [error] = party.errors(document, input=given, r="c2")
    free = party.mutate(RegisterTeacher, new("teacher:really-new", FREE), "c3")

    assert error["code"] == "LOOKUPS_SPENT"
    assert codes(free) == []
