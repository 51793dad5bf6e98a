"""Typed events over HTTP and WebSocket: in every place where an entry stands, and as masked."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from gql import gql

from ledger.command import Role
from ledger.event import CATALOGUE
from schema.event import name_of
from tests.api.test_subscription import connected
from tests.api.test_trail import town
from tests.cast import CHEN, LIN, OFFERING
from tests.server import Party, Served

__all__ = ["town"]
EVENT = """
event {
  __typename type version effectiveOn
  ... on AttendanceRecorded { offering hours day half absences { teacher hours kind placed } }
  ... on CreditAwarded { credit credits completed purpose }
  ... on CreditCorrected { credit corrects before: creditsBefore after: credits }
  ... on AssessmentRecorded { results { teacher passed } }
}
"""
ENTRY = f"{{ id position type tags data {EVENT} }}"
HISTORY = (
    "query($filter: EntryFilter, $after: String) { history(filter: $filter, first: 500, "
    f"after: $after) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {ENTRY} }} }} }}"
)
CHANGES = f"subscription {{ changes(batchSize: 500) {{ position entries {ENTRY} }} }}"


def entries(party: Party, **given: Any) -> list[dict[str, Any]]:
    """What a party is told of the history."""
    found, after = [], None
    while True:
        page = party.ask(HISTORY, after=after, **given)["history"]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def same(entry: dict[str, Any]) -> None:
    """Whether the typed event says what the untyped one says."""
    event, data = entry["event"], entry["data"]
    assert event["type"] == entry["type"]
    assert event["__typename"] == name_of(CATALOGUE[entry["type"]])
    for name in ("offering", "hours", "day", "half", "absences", "results", "credits"):
        if name in event:
            assert event[name] == data[name]


def test_every_entry_of_a_term_says_the_same_typed_and_untyped(town: Served) -> None:
    found = entries(town.operator)

    assert len(found) == town.head
    for each in found:
        same(each)
    assert {each["event"]["__typename"] for each in found} >= {
        "AttendanceRecorded", "CreditAwarded", "CreditCorrected", "RuleAdopted", "FindingMade",
    }  # fmt: skip


def test_a_teacher_sees_only_their_own_rows_in_a_typed_event(town: Served) -> None:
    taken = {"types": ["attendance.recorded", "assessment.recorded"]}
    whole = json.dumps([each["event"] for each in entries(town.operator, filter=taken)])
    assert LIN in whole and CHEN in whole

    own = [each["event"] for each in entries(town.party(Role.TEACHER, LIN), filter=taken)]

    assert LIN in json.dumps(own)
    assert CHEN not in json.dumps(own)


def test_entries_are_typed_wherever_they_stand(town: Served) -> None:
    corrected = next(each for each in entries(town.operator) if each["type"] == "credit.corrected")
    asked = (
        f"query($id: ID!, $of: ID!) {{ entry(id: $id) {ENTRY} "
        f"timeline(of: $of) {{ edges {{ node {{ entry {ENTRY} }} }} }} "
        f"causes(id: $id) {{ links {{ entry {ENTRY} }} }} "
        f"effects(id: $id) {{ edges {{ node {{ entry {ENTRY} }} }} }} }}"
    )
    answer = town.operator.ask(asked, id=corrected["id"], of=OFFERING)

    assert answer["entry"] == corrected
    assert answer["entry"]["event"]["__typename"] == "CreditCorrected"
    for each in (
        *(edge["node"]["entry"] for edge in answer["timeline"]["edges"]),
        *(link["entry"] for link in answer["causes"]["links"]),
    ):
        same(each)
    cause = answer["causes"]["links"][0]["entry"]["id"]
    led = town.operator.ask(
        f"query($id: ID!) {{ consequences(id: $id) {{ links {{ entry {ENTRY} }} }} }}", id=cause
    )
    assert corrected in [link["entry"] for link in led["consequences"]["links"]]


def test_the_stream_gives_typed_events_as_the_history_does(town: Served) -> None:
    async def first() -> list[dict[str, Any]]:
        async with connected(town.operator) as session:
            async for answer in session.subscribe(gql(CHANGES)):
                found: list[dict[str, Any]] = answer["changes"]["entries"]
                return found
        raise AssertionError("the stream ended")

    streamed = asyncio.run(asyncio.wait_for(first(), 20))

    assert streamed == entries(town.operator)[: len(streamed)]
    assert len(streamed) > 1
