"""Differences and evidence over GraphQL: the same numbers as the record, at any two moments."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ledger.command import Role
from tests.cast import LIN, OTHER_SCHOOL, RUIAN
from tests.server import Served
from tests.storied import storied

DIFFERENCE = """
query($teacher: ID!, $before: AsOf!, $after: AsOf) {
  creditDifference(teacher: $teacher, before: $before, after: $after) {
    before { counted result } after { counted result } counted credits
    effects { cause event position type on counted credits gone zh en
              lines { credit before after } turns { code before after hadBefore hadAfter } }
  }
}
"""
EVIDENCE = """
query($teacher: ID!, $on: Date, $asOf: AsOf) {
  evidence(teacher: $teacher, on: $on, asOf: $asOf) { positions events rules }
  creditRecord(teacher: $teacher, on: $on, asOf: $asOf) { verdict { counted } }
}
"""


@pytest.fixture(scope="module")
def town(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the story."""
    with storied(postgres_url, founded_template, tmp_path_factory.mktemp("town")) as server:
        yield server


def counted(town: Served, position: int, day: str) -> Decimal:
    """What counts by the record as of a moment."""
    asked = {"teacher": LIN, "asOf": {"position": position, "effective": day}}
    verdict = town.operator.ask(EVIDENCE, **asked)["creditRecord"]["verdict"]
    return Decimal(verdict["counted"]) if verdict else Decimal(0)


@pytest.mark.parametrize("days", [("2024-12-31", "2024-12-31"), ("2024-07-01", "2025-01-31")])
def test_effects_add_up_to_the_difference_of_two_records(
    town: Served, days: tuple[str, str]
) -> None:
    head = town.head
    for first, last in ((1, head), (head // 2, head), (head, head * 3 // 4)):
        found = town.operator.ask(
            DIFFERENCE,
            teacher=LIN,
            before={"position": first, "effective": days[0]},
            after={"position": last, "effective": days[1]},
        )["creditDifference"]
        whole = counted(town, last, days[1]) - counted(town, first, days[0])

        assert Decimal(found["counted"]) == whole
        assert sum(Decimal(each["counted"]) for each in found["effects"]) == whole


def test_every_effect_of_an_event_names_an_entry_of_the_teacher(town: Served) -> None:
    ends = {"before": {"position": 1}, "after": {"effective": "2024-12-31"}}
    found = town.operator.ask(DIFFERENCE, teacher=LIN, **ends)["creditDifference"]
    entry = "query($id: ID!) { entry(id: $id) { position type tags } }"
    events = [each for each in found["effects"] if each["cause"] == "EVENT"]

    assert {"credit.awarded"} <= {each["type"] for each in events}
    for each in events:
        told = town.operator.ask(entry, id=each["event"])["entry"]
        assert (told["position"], told["type"]) == (each["position"], each["type"])
        assert LIN in told["tags"]


def test_evidence_lies_in_the_teachers_own_history(town: Served) -> None:
    told = town.operator.ask(EVIDENCE, teacher=LIN, on="2024-12-31")["evidence"]
    history = (
        "query($tags: [ID!]) { history(filter: {tags: $tags}, first: 500) "
        "{ edges { node { id } } } }"
    )
    own = town.operator.ask(history, tags=[LIN])["history"]["edges"]

    assert {*told["events"]} <= {each["node"]["id"] for each in own}
    assert told["events"] and told["rules"]
    assert len(told["events"]) == len(told["positions"])


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.SCHOOL, "school:unknown"),
        (Role.PROVIDER, "provider:other"),
        (Role.TEACHER, "teacher:somebody"),
        (Role.BUREAU, "jurisdiction:330102"),
    ],
)
def test_who_may_not_see_the_teacher_is_told_nothing(town: Served, role: Role, scope: str) -> None:
    party = town.party(role, scope)

    def told(document: str, **given: Any) -> Any:
        return party.ask(document, teacher=LIN, **given)

    assert told(DIFFERENCE, before={"position": 1})["creditDifference"] is None
    assert told(EVIDENCE) == {"evidence": None, "creditRecord": None}


def test_the_teachers_own_bureau_and_the_teacher_are_told(town: Served) -> None:
    where = "query($id: ID!) { teacher(id: $id) { school place } }"
    now = town.operator.ask(where, id=LIN)["teacher"]
    for party in (
        town.party(Role.TEACHER, LIN),
        town.party(Role.SCHOOL, now["school"]),
        town.party(Role.BUREAU, now["place"]),
    ):
        found = party.ask(DIFFERENCE, teacher=LIN, before={"position": 1})["creditDifference"]
        assert found["effects"]

    assert now == {"school": str(OTHER_SCHOOL), "place": RUIAN}


def test_no_moment_beyond_the_head_is_compared(town: Served) -> None:
    [refused] = town.operator.errors(DIFFERENCE, teacher=LIN, before={"position": town.head + 1})

    assert (refused["code"], refused["field"]) == ("BEYOND_HEAD", "asOf.position")


def test_an_effect_says_what_happened_in_words_with_its_days(town: Served) -> None:
    ends = {"before": {"position": 1, "on": "2024-12-31"}, "after": {"effective": "2024-12-31"}}
    found = town.operator.ask(DIFFERENCE, teacher=LIN, **ends)["creditDifference"]
    events = [each for each in found["effects"] if each["cause"] != "DAY"]

    assert "EVENT" in {each["cause"] for each in events}
    for each in events:
        assert f"{each['on']} 登记" in each["zh"] and f"entered on {each['on']}" in each["en"]
        assert "+0" not in each["zh"] and "+0" not in each["en"]
        assert "的事件" not in each["zh"] and "an event" not in each["en"]
    [awarded] = [each for each in events if each["type"] == "credit.awarded"]
    assert awarded["zh"].startswith("自 ") is False and "（自 " in awarded["zh"]
    assert ", entered on" in awarded["en"]
