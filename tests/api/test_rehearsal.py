"""Rehearsals over HTTP: every mutation says what it would do, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.adjustment import CorrectCredit
from ledger.command import Command, Role
from ledger.enrollment import ReviewSelection
from ledger.selection import SelectOffering
from ledger.teacher import RegisterTeacher
from schema.access import COMMANDS
from schema.mutation import MUTATIONS
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, OTHER_SCHOOL, RUIAN, SCHOOL
from tests.samples import sample
from tests.server import Party, Served, field_of, spoken
from tests.storied import storied
from tests.town import CREDIT

REFUSALS = "... on Refused { refusals { kind code zh en field rule clause } }"
REHEARSED = (
    "__typename ... on Rehearsed { position events { type description on data } } "
    f"... on Recorded {{ position }} {REFUSALS}"
)
PARTIES = {
    Role.TEACHER: LIN,
    Role.SCHOOL: SCHOOL,
    Role.PROVIDER: COUNTY_SCHOOL,
    Role.BUREAU: RUIAN,
    Role.AUDITOR: RUIAN,
    Role.OPERATOR: "ledger:xuefen",
}
PERSON = {
    "teacher": "teacher:new",
    "school": SCHOOL,
    "stage": "PRIMARY",
    "subject": "CHINESE",
    "entered": "2020-09-01",
    "person": {"name": "王小明", "idNumber": "11010519491231002X"},
}


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story."""
    with storied(postgres_url, founded_template, tmp_path_factory.mktemp("rehearsal")) as server:
        yield server


def rehearse(
    party: Party, command: type[Command], given: Any, request: str = "r1", report: Any = None
) -> Any:
    """What the mutation of a command says it would do."""
    document = (
        f"mutation($input: {command.__name__}Input!, $request: String!, $reported: Report) "
        f"{{ answer: {field_of(command)}(input: $input, requestId: $request, "
        f"reported: $reported, rehearse: true) {{ {REHEARSED} }} }}"
    )
    return party.ask(document, input=given, request=request, reported=report)["answer"]


def test_a_rehearsal_says_what_the_deed_then_does_and_takes_no_request_id(town: Served) -> None:
    bureau = town.party(Role.BUREAU, RUIAN)
    before = town.head
    tried = rehearse(bureau, RegisterTeacher, PERSON, "one")

    assert (tried["__typename"], tried["position"], town.head) == ("Rehearsed", before, before)
    assert town.house.ledger.vault.find("11010519491231002X") is None
    done = bureau.mutate(RegisterTeacher, PERSON, "one")
    assert (done["__typename"], done["replayed"]) == ("Recorded", False)
    assert [each["type"] for each in tried["events"]] == [each["type"] for each in done["events"]]
    # The request id is taken by now, and that is nothing to a rehearsal.
    other = PERSON | {"teacher": "teacher:newer"}
    again = rehearse(bureau, RegisterTeacher, other, "one")
    assert [each["code"] for each in again["refusals"]] == ["IDENTITY_TAKEN"]


def test_a_refused_rehearsal_says_the_same_as_the_refused_deed(town: Served) -> None:
    teacher = town.party(Role.TEACHER, CHEN)
    given = {"teacher": CHEN, "offering": OFFERING}
    tried = rehearse(teacher, SelectOffering, given)
    done = teacher.mutate(SelectOffering, given, "deed")

    assert tried["__typename"] == done["__typename"] == "Refused"
    assert tried["refusals"] == done["refusals"]


def test_each_row_of_many_is_rehearsed_without_the_others(town: Served) -> None:
    bureau, before = town.party(Role.BUREAU, RUIAN), town.head
    rows = [PERSON | {"teacher": "teacher:twice", "person": None}] * 2
    rows.append(rows[0] | {"teacher": "nobody"})
    document = (
        "mutation($inputs: [RegisterTeacherInput!]!) { answer: registerTeachers(inputs: $inputs, "
        'requestId: "many", whole: true, rehearse: true) '
        f"{{ position recorded rehearsed refused rows {{ {REHEARSED} }} }} }}"
    )
    answer = bureau.ask(document, inputs=rows)["answer"]

    assert (answer["recorded"], answer["rehearsed"], answer["refused"]) == (0, 2, 1)
    assert [each["__typename"] for each in answer["rows"]] == ["Rehearsed", "Rehearsed", "Refused"]
    assert (answer["position"], town.head) == (before, before)


def test_too_many_rows_are_too_many_for_a_rehearsal(town: Served) -> None:
    document = (
        "mutation($inputs: [SelectOfferingInput!]!) { selectOfferings(inputs: $inputs, "
        'requestId: "many", rehearse: true) { refused } }'
    )
    rows = [{"teacher": LIN, "offering": OFFERING}] * 5_001
    [error] = town.operator.errors(document, inputs=rows)

    assert error["code"] == "TOO_MANY_ROWS"


def test_a_request_without_an_id_makes_no_sense_in_a_rehearsal_either(town: Served) -> None:
    answer = rehearse(town.operator, SelectOffering, {"teacher": LIN, "offering": OFFERING}, "")

    assert [each["code"] for each in answer["refusals"]] == ["BAD_REQUEST_ID"]


def test_what_is_reported_is_rehearsed_as_reported(town: Served) -> None:
    given, report = {"teacher": CHEN, "offering": OFFERING}, {"source": "other/1"}
    asker = town.party(Role.INTEGRATOR, RUIAN)
    early, late = (report | {"on": each} for each in ("2024-03-01", "2999-01-01"))
    document = (
        "mutation($input: SelectOfferingInput!, $reported: Report) { selectOffering(input: $input, "
        'requestId: "r", reported: $reported, rehearse: true) { __typename } }'
    )
    [error] = town.party(Role.BUREAU, RUIAN).errors(document, input=given, reported=early)

    assert error["code"] == "FORBIDDEN_ROLE"
    assert asker.errors(document, input=given, reported=late)[0]["code"] == "BAD_DAY"
    chosen = rehearse(asker, SelectOffering, given, report=early)
    assert [each["code"] for each in chosen["refusals"]] == ["ALREADY_SELECTED"]


def test_a_bureau_reads_what_a_correction_would_say(town: Served) -> None:
    given = {"credit": CREDIT, "teacher": LIN, "reason": "误记", "credits": "10"}
    town.clock.set(date(2024, 4, 20))
    answer = rehearse(town.party(Role.BUREAU, RUIAN), CorrectCredit, given)

    assert [each["type"] for each in answer["events"]] == ["credit.corrected"]
    assert answer["events"][0]["data"]["credits"] == "10"


@pytest.mark.parametrize("command", MUTATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("role", [*PARTIES, Role.PUBLIC], ids=lambda each: each.value)
def test_a_role_rehearses_what_it_may_submit_and_nothing_is_written(
    town: Served, role: Role, command: type[Command]
) -> None:
    party, before = town.party(role, PARTIES.get(role, "")), town.head
    given = sample(command, lambda kind, _: f"{kind.kind}:unheard-of")
    if "place" in given:
        given["place"] = "jurisdiction:330382"
    body = party.post(
        f"mutation($input: {command.__name__}Input!) {{ answer: {field_of(command)}"
        f'(input: $input, requestId: "x", rehearse: true) {{ {REHEARSED} }} }}',
        input=given,
    ).json()

    if role is Role.OPERATOR or command in COMMANDS.get(role, ()):
        answer = body["data"]["answer"]
        assert answer["__typename"] in ("Refused", "Rehearsed")
        for each in answer.get("refusals", ()):
            spoken(each)
    else:
        [error] = body["errors"]
        wanted = "UNAUTHENTICATED" if role is Role.PUBLIC else "FORBIDDEN_ROLE"
        assert error["extensions"]["code"] == wanted
    assert town.head == before


def test_a_regulation_is_rehearsed_too(town: Served) -> None:
    document = (
        'mutation($toml: String) { answer: adoptRegulation(requestId: "a", toml: $toml, '
        f"rehearse: true) {{ {REHEARSED} }} }}"
    )
    before = town.head
    answer = town.operator.ask(document, toml="[document]")["answer"]

    assert answer["__typename"] == "Refused"
    assert town.head == before


def test_another_school_may_rehearse_no_more_than_it_may_do(town: Served) -> None:
    given = {"teacher": CHEN, "offering": OFFERING, "passed": True}
    answer = rehearse(town.party(Role.SCHOOL, OTHER_SCHOOL), ReviewSelection, given)

    assert [each["code"] for each in answer["refusals"]] == ["OUTSIDE_SCOPE"]
