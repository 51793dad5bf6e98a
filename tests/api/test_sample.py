"""Audit samples over HTTP: drawn by a bureau or an auditor, drawn again by whoever may see them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.command import Role
from ledger.oversight import InspectProject
from ledger.register import RegisterSchool
from ledger.sample import DrawSample
from ledger.school_based import RecordSchoolBased
from ledger.teacher import RegisterTeacher
from tests import cast
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.scene import Scenes
from tests.server import Party, Served, codes

SAMPLE = "sample:2024"
ASKED = """
query($id: ID!, $p: Position, $asOf: AsOf) {
  auditSample(id: $id, atLeast: $p, asOf: $asOf) {
    id place owner first last byKind population size drawn seed sha256 earlier share count event
    items { name kind title classes credits state inspections { event day account } }
    verify { agrees size drawn sha256 items { name } }
  }
}
"""
DRAW = {
    "sample": SAMPLE, "place": PROVINCE, "owner": RUIAN, "first": "2024-01-01",
    "last": "2024-12-31", "share": "1/5", "byKind": True,
}  # fmt: skip


def trained(server: Served, start: int, count: int) -> None:
    """A school that ran trainings of its own."""
    if start == 0:
        own = {"school": "school:s", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
        assert codes(server.operator.mutate(RegisterSchool, own, "school")) == []
        who = {"teacher": "teacher:t", "school": "school:s", "stage": "PRIMARY"}
        who |= {"subject": "语文", "entered": "2021-03-01"}
        assert codes(server.operator.mutate(RegisterTeacher, who, "teacher")) == []
    rows = [
        {"credit": f"credit:c{n}", "teacher": "teacher:t", "title": f"校本研修 {n}", "hours": "2",
         "credits": "2", "completed": "2024-03-10"}
        for n in range(start, start + count)
    ]  # fmt: skip
    answer = server.operator.mutate_many(RecordSchoolBased, rows, f"own {start}")
    assert answer["recorded"] == count, answer


def asked(party: Party, served: Served, **given: Any) -> Any:
    """The sample as a party sees it."""
    return party.ask(ASKED, id=SAMPLE, p=served.head, **given)["auditSample"]


def sample_drawn(served: Served) -> None:
    """A sample that the province drew from a county."""
    trained(served, 0, 23)
    auditor = served.party(Role.AUDITOR, PROVINCE)
    assert codes(auditor.mutate(DrawSample, DRAW, "draw")) == []


@pytest.fixture
def drawn(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server of its own to which that was told."""
    with scenes.serving(sample_drawn, tmp_path) as server:
        yield server


def test_an_auditor_draws_and_whoever_sees_it_gets_the_same_list_again(drawn: Served) -> None:
    trained(drawn, 100, 9)  # later ones are not in the population
    parties = [
        drawn.operator, drawn.party(Role.AUDITOR, PROVINCE), drawn.party(Role.BUREAU, RUIAN),
        drawn.party(Role.AUDITOR, RUIAN), drawn.party(Role.BUREAU, WENZHOU),
    ]  # fmt: skip
    seen = [asked(each, drawn) for each in parties]
    one = seen[0]

    assert all(each == one for each in seen)
    assert (one["size"], one["drawn"], one["share"]) == (23, 5, "1/5")
    assert one["drawn"] >= Fraction(one["share"]) * one["size"]
    assert one["verify"]["agrees"] is True
    names = [each["name"] for each in one["items"]]
    assert sha256("\n".join(sorted(names)).encode()).hexdigest() == one["sha256"]
    # Anybody can make the draw with a pencil: the smallest SHA-256 of seed and name come first.
    everything = [f"school:s 校本研修 {n}" for n in range(23)]
    numbered = sorted(everything, key=lambda n: sha256(f"{one['seed']}\n{n}".encode()).hexdigest())
    assert names == numbered[:5]


def test_two_draws_have_two_seeds_and_the_second_says_that_there_was_one(drawn: Served) -> None:
    again = DRAW | {"sample": "sample:again"}
    auditor = drawn.party(Role.AUDITOR, PROVINCE)
    assert codes(auditor.mutate(DrawSample, again, "again")) == []
    second = drawn.operator.ask(ASKED, id="sample:again", p=drawn.head)["auditSample"]
    first = asked(drawn.operator, drawn)

    assert first["seed"] != second["seed"] and len(second["seed"]) == 64
    assert (first["earlier"], second["earlier"]) == (0, 1)
    # The same request again draws nothing anew.
    replayed = auditor.mutate(DrawSample, again, "again")
    assert replayed["replayed"] is True


def test_an_inspection_that_names_the_sample_changes_the_state_of_its_item(drawn: Served) -> None:
    before = asked(drawn.operator, drawn)
    names = [each["name"] for each in before["items"]]
    inside = before["items"][0]["credits"][0]
    outside = next(f"credit:c{n}" for n in range(23) if f"school:s 校本研修 {n}" not in names)
    check = {"place": RUIAN, "day": "2024-03-19", "account": "照计划办", "sample": SAMPLE}
    bureau = drawn.party(Role.BUREAU, RUIAN)

    assert codes(bureau.mutate(InspectProject, check | {"credit": outside}, "out")) == [
        "NOT_IN_SAMPLE"
    ]
    position = drawn.head
    assert codes(bureau.mutate(InspectProject, check | {"credit": inside}, "in")) == []
    after = asked(bureau, drawn)
    assert [each["state"] for each in after["items"]] == ["INSPECTED", *["OPEN"] * 4]
    assert after["items"][0]["inspections"][0]["account"] == "照计划办"
    then = asked(bureau, drawn, asOf={"position": position})
    assert [each["state"] for each in then["items"]] == ["OPEN"] * 5
    assert then["verify"]["agrees"] is True


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.PUBLIC, ""), (Role.BUREAU, HANGZHOU), (Role.AUDITOR, "jurisdiction:330382"),
        (Role.SCHOOL, "school:s"), (Role.TEACHER, "teacher:t"),
        (Role.PROVIDER, cast.COUNTY_SCHOOL),
    ],
)  # fmt: skip
def test_nobody_else_sees_it_or_knows_of_it(drawn: Served, role: Role, scope: str) -> None:
    party = drawn.party(role, scope)

    assert asked(party, drawn) is None
    assert party.ask("{ auditSamples { totalCount edges { node { id } } } }")["auditSamples"] == {
        "totalCount": 0,
        "edges": [],
    }
    found = party.ask('{ timeline(of: "sample:2024") { edges { node { zh } } } }')
    assert found["timeline"]["edges"] == []
    assert party.ask('{ node(id: "sample:2024") { id } }') == {"node": None}


def test_who_may_not_draw_here_does_not(drawn: Served) -> None:
    other = DRAW | {"sample": "sample:other"}
    for role, scope in [(Role.AUDITOR, HANGZHOU), (Role.BUREAU, RUIAN)]:
        party = drawn.party(role, scope)
        assert codes(party.mutate(DrawSample, other, "other")) == ["OUTSIDE_SCOPE"]


def test_a_sample_is_on_the_countys_timeline_in_words(drawn: Served) -> None:
    found = drawn.operator.ask(
        "query($of: ID!) { timeline(of: $of) { edges { node { zh en } } } }", of=SAMPLE
    )["timeline"]["edges"]

    assert "23 个项目和校本研修中抽取 5 个（比例 1/5，按类别分层）" in found[0]["node"]["zh"]
    assert "drew 5 of the 23 trainings" in found[0]["node"]["en"]
