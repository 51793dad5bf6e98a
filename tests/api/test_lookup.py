"""Whether somebody is registered elsewhere: what a stranger is told, and where that stands."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from ledger.command import Command, Role
from ledger.register import RegisterSchool
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from schema import commands, lookup
from tests.api.test_rehearsal import PERSON, rehearse
from tests.cast import CHEN, HANGZHOU, LIN, RUIAN, SCHOOL
from tests.server import Party, Served, codes
from tests.storied import storied
from tests.town import founded_template

__all__ = ["founded_template"]

OURS, FREE = "11010519491231002X", "33010619900101123X"
KNOWN, NOBODY = "teacher:known", "teacher:nobody"
FAR = "school:far"
REGISTER, TRANSFER = (
    f"mutation($input: {name[0].upper()}{name[1:]}Input!, $r: String!) "
    f"{{ {name}(input: $input, requestId: $r) {{ __typename }} }}"
    for name in ("registerTeacher", "transferTeacher")
)
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


@pytest.fixture
def spent(town: Served, monkeypatch: pytest.MonkeyPatch) -> Party:
    """The bureau of that city, which has heard of as many as it may."""
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 1)
    party = town.party(Role.BUREAU, HANGZHOU, actor=f"staff:curious-{uuid4()}")
    first = party.mutate(RegisterTeacher, new(KNOWN, FREE), "first")
    assert codes(first) == ["ALREADY_REGISTERED"]
    return party


def lookups(town: Served) -> list[Any]:
    """Who looked up whom, how many at once, as the log has it."""
    asked = "{ accessLog(kind: LOOKUP) { edges { node { actor what subjects } } } }"
    return [each["node"] for each in town.operator.ask(asked)["accessLog"]["edges"]]


def fault(party: Party, command: type[Command], given: dict[str, Any], request: str) -> str:
    """The code of the error with which a deed ends."""
    document = REGISTER if command is RegisterTeacher else TRANSFER
    [error] = party.errors(document, input=given, r=request)
    return str(error["code"])


@pytest.mark.parametrize(
    ("teacher", "number"), [(KNOWN, FREE), (NOBODY, OURS), (str(LIN), FREE), ("teacher:q", FREE)]
)
def test_whoever_has_heard_of_too_many_is_refused_alike_for_the_taken_and_the_free(
    town: Served, spent: Party, teacher: str, number: str
) -> None:
    before, head = lookups(town), town.head
    given = new(teacher, number)

    ahead = fault(spent, RegisterTeacher, given | {"entered": "2031-01-01"}, f"{teacher}{number}1")

    assert ahead == "LOOKUPS_SPENT"
    assert fault(spent, RegisterTeacher, given, f"{teacher}{number}2") == "LOOKUPS_SPENT"
    assert (lookups(town), town.head) == (before, head)


def test_whoever_has_heard_of_too_many_takes_nobody_in(town: Served, spent: Party) -> None:
    before = lookups(town)
    move = {"school": FAR, "since": "2031-01-01"}

    for who in (KNOWN, NOBODY):
        assert fault(spent, TransferTeacher, move | {"teacher": who}, who) == "LOOKUPS_SPENT"
    assert lookups(town) == before


def test_what_was_recorded_is_answered_again_to_whoever_has_heard_of_too_many(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 1)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:again")
    own = new("teacher:own", FREE) | {"person": None}
    done = party.mutate(RegisterTeacher, own, "own")
    assert codes(party.mutate(RegisterTeacher, new(KNOWN, FREE), "taken")) == ["ALREADY_REGISTERED"]

    again = party.mutate(RegisterTeacher, own, "own")

    assert (codes(again), again["replayed"]) == ([], True)
    assert again["events"] == done["events"]


def test_a_list_that_goes_over_the_allowance_stands_in_the_log_as_well(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 1)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:greedy")
    several = [new(KNOWN, FREE), new(str(LIN), FREE)]
    many = (
        "mutation($inputs: [RegisterTeacherInput!]!, $r: String!) "
        "{ registerTeachers(inputs: $inputs, requestId: $r) { refused } }"
    )

    [error] = party.errors(many, inputs=several, r="g1")

    assert error["code"] == "LOOKUPS_SPENT"
    assert lookups(town)[0] == {"actor": "staff:greedy", "what": "registerTeacher", "subjects": 2}
    assert fault(party, RegisterTeacher, new("teacher:g", FREE), "g2") == "LOOKUPS_SPENT"


def test_many_at_once_do_not_hear_of_more_than_one_after_another(
    town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 2)
    everybody = threading.Barrier(4, timeout=30)
    heard = lookup._heard

    def all_have_asked(context: Any) -> int:
        before = heard(context)
        everybody.wait()  # whoever counts before anybody has written counts nobody
        return before

    monkeypatch.setattr(lookup, "_heard", all_have_asked)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:hasty")

    def ask(who: str) -> bool:
        given = {"input": new(who, FREE), "r": f"hasty-{who}"}
        return "errors" not in party.post(REGISTER, **given).json()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(ask, [KNOWN, str(LIN), str(CHEN), "teacher:zhou"]))

    assert told.count(True) == 2


@pytest.mark.parametrize("who", [KNOWN, NOBODY])
def test_a_move_on_a_day_ahead_is_refused_alike_whoever_is_elsewhere(
    town: Served, stranger: Party, who: str
) -> None:
    before, head = lookups(town), town.head
    move = {"teacher": who, "school": FAR, "since": "2031-01-01"}

    answer = stranger.mutate(TransferTeacher, move, f"ahead-{who}")

    assert codes(answer) == ["DAY_AHEAD"]
    assert (lookups(town), town.head) == (before, head)


def test_a_move_of_one_elsewhere_that_is_refused_stands_in_the_log(
    town: Served, stranger: Party
) -> None:
    move = {"teacher": KNOWN, "school": FAR, "since": "2024-03-05"}
    assert codes(stranger.mutate(TransferTeacher, move, "told")) == []
    before = lookups(town)

    again = stranger.mutate(TransferTeacher, move, "told again")
    stranger.mutate(TransferTeacher, move | {"teacher": NOBODY}, "nobody")

    assert codes(again) == ["ALREADY_ANNOUNCED"]
    assert lookups(town)[0] == {
        "actor": "staff:stranger",
        "what": "transferTeacher",
        "subjects": 1,
    }
    assert len(lookups(town)) == len(before) + 1


def announced(town: Served, party: Party, *teachers: str) -> dict[str, Any]:
    """A move that waits of each of them, so that asked again it is refused."""
    move = {"school": FAR, "since": "2024-03-07"}
    for who in teachers:
        assert codes(party.mutate(TransferTeacher, move | {"teacher": who}, f"{who} waits")) == []
    town.house.runner.catch_up()
    return move


def test_moves_at_once_do_not_tell_of_more_than_one_after_another(
    town: Served, stranger: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = [KNOWN, str(LIN), str(CHEN), "teacher:zhou"]
    move = announced(town, stranger, *who)
    monkeypatch.setattr(lookup, "LOOKUPS_MAX", 2)
    everybody = threading.Barrier(4, timeout=30)
    note_refused = commands.note_refused

    def all_are_decided(*given: Any) -> None:
        everybody.wait()
        note_refused(*given)

    monkeypatch.setattr(commands, "note_refused", all_are_decided)
    party = town.party(Role.BUREAU, HANGZHOU, actor="staff:moving")

    def ask(who: str) -> bool:
        given = {"input": move | {"teacher": who}, "r": f"again {who}"}
        return "errors" not in party.post(TRANSFER, **given).json()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(ask, who))

    assert told.count(True) == 2


def test_a_move_that_is_decided_as_the_last_is_heard_is_refused_alike_whoever_is_elsewhere(
    town: Served, stranger: Party, spent: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = announced(town, stranger, str(CHEN))
    heard = lookup._heard

    for who in (str(CHEN), NOBODY):
        counts = iter([lambda _: 0])  # at first as it was before the last was written down
        monkeypatch.setattr(lookup, "_heard", lambda context, c=counts: next(c, heard)(context))
        again = fault(spent, TransferTeacher, move | {"teacher": who}, f"late {who}")
        assert again == "LOOKUPS_SPENT"
