"""A teacher who is taken in from elsewhere: what the new side reads before the other confirms."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ledger.command import Role
from ledger.profile import UpdateTeacherProfile
from ledger.register import RegisterSchool
from ledger.transfer import ConfirmTransfer, TransferTeacher
from schema.export_document import EXPORTS
from tests.api.test_stream import heard, socket, subscribe
from tests.cast import HANGZHOU, LIN, RUIAN
from tests.exported import NEEDED, export, told
from tests.server import Party, Served, codes
from tests.told import told_template
from tests.town import CREDIT, founded_template

__all__ = ["founded_template", "told", "told_template"]

FAR_SCHOOL = "school:far"
MOVE = {"teacher": str(LIN), "school": FAR_SCHOOL, "since": "2024-08-20"}
# What tells of the teacher's past: a credit, and the event of the first day.
REGISTERED = "register.teacher-registered"
CANARIES = (str(CREDIT), REGISTERED)
QUESTIONS: dict[str, str] = {
    "teacher": "{ teacher(id: $who) { subject entered stage person { name } } }",
    "teachers": "{ teachers { edges { node { id subject entered person { name } } } } }",
    "creditRecord": "{ creditRecord(teacher: $who) { lines { credit } } }",
    "evidence": "{ evidence(teacher: $who) { events } }",
    "history": "{ history(filter: {tags: [$who]}) { edges { node { type data } } } }",
    "timeline": "{ timeline(of: $who) { edges { node { entry { type data } } } } }",
    "enrollments": "{ enrollments(teacher: $who) { edges { node { offering } } } }",
    "completions": "{ completions(teacher: $who) { edges { node { offering } } } }",
    "whyNotCounted": "{ whyNotCounted(teacher: $who, credit: $credit) { __typename } }",
    "schoolBased": "{ schoolBasedTrainings(teacher: $who) { edges { node { id title } } } }",
    "leaves": "{ leaves(filter: {tags: [$who]}) { edges { node { body } } } }",
    "node": "{ node(id: $who) { id } }",
}
RECEIVERS = ((Role.BUREAU, HANGZHOU), (Role.INTEGRATOR, HANGZHOU), (Role.SCHOOL, FAR_SCHOOL))


def asked(party: Party) -> dict[str, Any]:
    """What a party is answered to each question about the teacher, by its name."""
    found: dict[str, Any] = {}
    for name, body in QUESTIONS.items():
        heads = [f"${each}: ID!" for each in ("who", "credit") if f"${each}" in body]
        head = f"query({', '.join(heads)}) " if heads else ""
        answer = party.post(head + body, who=str(LIN), credit=str(CREDIT)).json()
        assert "data" in answer, answer
        # Where the field may not be asked at all there is nothing.
        found[name] = next(iter((answer["data"] or {"": None}).values()))
    return found


def taken(party: Party) -> dict[str, str]:
    """Every export that a party can take, as text."""
    found = {}
    for what in EXPORTS:
        needed = NEEDED.get(what, {})
        own = {name: HANGZHOU for name in ("of", "place") if name in needed}
        answer = export(party, what, filters=needed | own)
        found[what] = answer.text
    return found


def streamed(party: Party) -> str:
    """What a subscription tells of the whole history, up to the finding about the move."""

    async def run() -> str:
        found = ""
        async with socket(party) as client:
            await subscribe(client, "x", after=0)
            while "TRANSFER_UNCONFIRMED" not in found:
                found += json.dumps(await heard(client))
        return found

    return asyncio.run(run())


def parties(town: Served) -> list[Party]:
    """The receiving side."""
    return [town.party(role, str(scope)) for role, scope in RECEIVERS]


@pytest.fixture
def announced(told: Served) -> Served:
    """The town after Hangzhou took in a teacher of Rui'an, whom nobody gave."""
    own = {"school": FAR_SCHOOL, "place": HANGZHOU, "title": "远方小学", "stage": "PRIMARY"}
    told.operator.mutate(RegisterSchool, own, "far")
    told.party(Role.BUREAU, HANGZHOU).mutate(TransferTeacher, MOVE, "take")
    told.house.runner.catch_up()
    return told


def seen(text: str) -> list[str]:
    """The canaries in a text."""
    return [each for each in CANARIES if each in text]


def test_the_receiving_side_reads_nothing_of_a_teacher_whom_nobody_gave(announced: Served) -> None:
    ours = asked(announced.party(Role.BUREAU, RUIAN))
    assert seen(json.dumps(ours)) == list(CANARIES)
    for party in parties(announced):
        answers = asked(party)

        assert (answers["teacher"], answers["creditRecord"], answers["node"]) == (None, None, None)
        assert (answers["evidence"], answers["whyNotCounted"]) == (None, None)
        assert str(LIN) not in json.dumps(answers["teachers"])
        assert seen(json.dumps(answers)) == []
        types = {each["node"]["type"] for each in answers["history"]["edges"]}
        assert types == {"register.transfer-announced", "finding.made"}


def test_no_export_and_no_stream_tells_of_a_teacher_whom_nobody_gave(announced: Served) -> None:
    for party in parties(announced):
        files = taken(party)
        assert {name: seen(text) for name, text in files.items() if seen(text)} == {}
        named = {name for name, text in files.items() if str(LIN) in text}
        assert named <= {"findings", "history", "leaves"}
        said = streamed(party)
        assert seen(said) == []
        assert "register.transfer-announced" in said


def test_what_the_announcement_hangs_on_leads_nowhere(announced: Served) -> None:
    history = (
        'query($who: [ID!]) { history(filter: {tags: $who, types: ["register.transfer-announced", '
        '"finding.made"]}) { edges { node { id type } } } }'
    )
    follow = (
        "query($id: ID!) { entry(id: $id) { data } "
        "causes(id: $id) { links { entry { type data } } } "
        "consequences(id: $id) { links { entry { type data } } } "
        "alterations(id: $id) { edges { node { changes { path before after } } } } }"
    )
    for party in parties(announced):
        for each in party.ask(history, who=[str(LIN)])["history"]["edges"]:
            answer = party.post(follow, id=each["node"]["id"]).json()
            assert answer["data"]["entry"] is not None
            assert seen(json.dumps(answer["data"])) == []


def test_nobody_of_the_receiving_side_reveals_or_decides_about_them(announced: Served) -> None:
    bureau, school = (announced.party(*each) for each in (RECEIVERS[0], RECEIVERS[2]))
    reveal = 'mutation($who: ID!) { reveal(teacher: $who, purpose: "核对身份") { name } }'
    update = {"teacher": str(LIN), "stage": "PRIMARY", "subject": "MATHS"}
    confirm = announced.party(Role.BUREAU, HANGZHOU).mutate(ConfirmTransfer, MOVE, "by-us")

    assert bureau.ask(reveal, who=str(LIN))["reveal"] is None
    assert school.ask(reveal, who=str(LIN))["reveal"] is None
    assert codes(confirm) == ["OUTSIDE_SCOPE"]
    assert codes(bureau.mutate(UpdateTeacherProfile, update, "update")) == ["OUTSIDE_SCOPE"]


def test_the_other_side_sees_who_took_the_teacher_and_keeps_them(announced: Served) -> None:
    for role, scope in ((Role.BUREAU, RUIAN), (Role.TEACHER, LIN)):
        party = announced.party(role, str(scope))
        answers = asked(party)

        assert answers["teacher"] is not None
        told = [each["node"] for each in answers["history"]["edges"]]
        [waits] = [each for each in told if each["type"] == "register.transfer-announced"]
        assert waits["data"]["school"] == FAR_SCHOOL


def test_once_confirmed_the_record_moves_with_the_teacher(announced: Served) -> None:
    agreed = announced.party(Role.TEACHER, str(LIN)).mutate(ConfirmTransfer, MOVE, "mine")
    announced.house.runner.catch_up()
    there = asked(announced.party(Role.BUREAU, HANGZHOU))
    here = asked(announced.party(Role.BUREAU, RUIAN))

    assert [each["type"] for each in agreed["events"]] == [
        "register.transfer-confirmed",
        "register.teacher-transferred",
    ]
    assert there["teacher"] is not None
    assert str(CREDIT) in json.dumps(there["creditRecord"])
    assert here["teacher"] is None
