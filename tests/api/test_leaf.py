"""Leaves: every entry that is seen whole has its bytes and its hash with it, wherever it stands."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from ledger.command import Role
from ledger.event import decode, leaf_hash
from ledger.term import TermOpened
from tests.api.test_stream_events import EVENTS, events
from tests.cast import RUIAN, SCHOOL
from tests.server import Party, Served
from tests.town import OPERATOR, school, teacher

ENTRY = "position id leafHash body"
HISTORY = f"{{ history(first: 500) {{ edges {{ node {{ {ENTRY} }} }} }} }}"
LEAVES = "{ leaves(first: 500) { edges { node { position leafHash body } } } }"
CHANGES = f"subscription {{ changes(batchSize: 500) {{ entries {{ {ENTRY} }} }} }}"


def nodes(party: Party, document: str) -> list[Any]:
    """The rows of the one connection that a document asks."""
    [page] = party.ask(document).values()
    return [each["node"] for each in page["edges"]]


def streamed(party: Party) -> list[Any]:
    """The first batch of the changes that a party sees."""
    headers = EVENTS | party.headers
    body = {"query": CHANGES}
    with party.served.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        found: list[Any] = next(events(response))["data"]["data"]["changes"]["entries"]
    return found


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.OPERATOR, "ledger:xuefen"),
        (Role.INTEGRATOR, RUIAN),
        (Role.SCHOOL, str(SCHOOL)),
    ],
)
def test_history_and_stream_have_the_leaves_that_the_digest_is_made_of(
    served: Served, role: Role, scope: str
) -> None:
    served.house.ledger.ask([school(), *(teacher(n) for n in range(3))], OPERATOR)
    party = served.party(role, scope)
    leaves = [(e["position"], e["leafHash"], e["body"]) for e in nodes(party, LEAVES)]
    assert leaves

    for found in (nodes(party, HISTORY), streamed(party)):
        assert [(e["position"], e["leafHash"], e["body"]) for e in found] == leaves
        for each in found:
            assert sha256(b"\0" + each["body"].encode()).hexdigest() == each["leafHash"]
            assert json.loads(each["body"])["id"] == each["id"]


def test_the_bytes_are_the_same_wherever_the_entry_is_asked_for(served: Served) -> None:
    served.house.ledger.ask([school()], OPERATOR)
    party = served.operator
    last = nodes(party, HISTORY)[-1]
    one = party.ask(f"query($id: ID!) {{ entry(id: $id) {{ {ENTRY} }} }}", id=last["id"])
    told = party.ask(
        f'{{ timeline(of: "{SCHOOL}", latestFirst: true, first: 1) '
        f"{{ edges {{ node {{ entry {{ {ENTRY} }} }} }} }} }}"
    )

    assert one["entry"] == last
    assert told["timeline"]["edges"][0]["node"]["entry"] == last


def test_who_sees_rows_only_gets_neither_the_bytes_nor_a_hash_to_guess_them_by(
    served: Served,
) -> None:
    served.house.ledger.ask([school(), teacher(1), teacher(2)], OPERATOR)
    me = served.party(Role.TEACHER, str(teacher(1).teacher))

    for found in (nodes(me, HISTORY), streamed(me)):
        assert found
        assert {(each["leafHash"], each["body"]) for each in found} == {(None, None)}


def test_the_bytes_are_those_that_were_kept_whatever_the_program_would_write_today() -> None:
    body = (
        b'{"actor":"staff:s1", "at":"2024-04-08T09:30:00.000001Z","channel":"API",'
        b'"data":{"term":"term:2024H1","title":"x"},"id":"0193-7","on":"2024-04-08",'
        b'"type":"term.opened","v":1}'
    )
    entry = decode(7, body)

    assert isinstance(entry.event, TermOpened)
    assert entry.kept == body
    assert leaf_hash(entry.kept) == sha256(b"\0" + body).digest()
