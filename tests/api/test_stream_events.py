"""Server-sent events as they come, in both modes, and how a stream goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from psycopg_pool import PoolTimeout

from ledger.command import Role
from tests.api.test_subscription import CHANGES, add_schools
from tests.server import Party, Served

EVENTS = {"accept": "text/event-stream"}
TOKEN = "x-graphql-event-stream-token"


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The events of a stream, comments left out."""
    event: dict[str, Any] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name in ("event", "id"):
            event[name] = value
        elif name == "data":
            event["data"] = json.loads(value) if value else None
        elif not line and event:
            yield event
            event = {}


def first(party: Party, count: int, more: dict[str, str] | None = None, **given: Any) -> list[Any]:
    """The first events of a subscription on a connection of its own."""
    body = {"query": CHANGES, "variables": given}
    headers = EVENTS | party.headers | (more or {})
    client = party.served.client
    with client.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response)
        return [next(stream) for _ in range(count)]


def entries(event: Any) -> list[int]:
    """The positions of an event's entries."""
    return [each["position"] for each in event["data"]["data"]["changes"]["entries"]]


def test_each_event_has_its_position_as_its_id(quiet: Served) -> None:
    found = first(quiet.operator, 2, size=3)

    assert [each["id"] for each in found] == ["3", "6"]
    assert [entries(each) for each in found] == [[1, 2, 3], [4, 5, 6]]


def test_the_last_event_id_goes_on_where_the_client_stopped(quiet: Served) -> None:
    [found] = first(quiet.operator, 1, {"last-event-id": "7"}, size=2, after=1)

    assert entries(found) == [8, 9]


@pytest.mark.parametrize("given", [b"x", b"-1", "٣".encode(), b"\xb2", b"9" * 17])
def test_a_last_event_id_that_is_none_is_refused(quiet: Served, given: bytes) -> None:
    headers = [*(EVENTS | quiet.operator.headers).items(), ("last-event-id", given)]
    answer = quiet.client.post("/graphql", json={"query": CHANGES}, headers=headers)

    assert answer.status_code == 400


def test_a_database_that_is_away_is_told_as_such_over_each_transport(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise PoolTimeout("no connection in time")

    monkeypatch.setattr(quiet.streams.tail, "_read", away)
    token, body = reserved(quiet.operator), {"query": CHANGES}
    headers = EVENTS | quiet.operator.headers
    with quiet.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        [told, _] = list(events(response))
    answer = operate(quiet.operator, token, "a")
    found = [told["data"]["errors"], answer.json()["errors"]]

    assert [each[0]["extensions"]["code"] for each in found] == ["DATABASE_LOST"] * 2
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_a_last_event_id_beyond_the_ledger_is_told_with_a_code(quiet: Served) -> None:
    [wrong, end] = first(quiet.operator, 2, {"last-event-id": "999999"})

    assert wrong["data"]["errors"][0]["extensions"]["code"] == "BEYOND_HEAD"
    assert end == {"event": "complete", "data": None}


def test_a_browser_may_ask_by_get(quiet: Served) -> None:
    given = {"query": CHANGES, "variables": '{"size": 2}'}
    with quiet.client.stream(
        "GET", "/graphql", params=given, headers=EVENTS | quiet.operator.headers
    ) as response:
        assert entries(next(events(response))) == [1, 2]


def test_a_mutation_by_get_is_not_carried_out(served: Served) -> None:
    head = served.head
    query = 'mutation { registerSchool(requestId: "x", input: {school: "school:x", '
    query += 'place: "jurisdiction:330381", title: "x", stage: PRIMARY}) { __typename } }'
    headers = EVENTS | served.operator.headers
    with served.client.stream("GET", "/graphql", params={"query": query}, headers=headers) as told:
        [wrong, _] = list(events(told))

    assert wrong["data"]["errors"] and served.head == head


def test_who_would_rather_have_json_gets_it_unless_it_is_a_stream(quiet: Served) -> None:
    headers = {"accept": "application/json, text/event-stream"} | quiet.operator.headers
    answer = quiet.client.post("/graphql", json={"query": "{ head }"}, headers=headers)
    assert answer.json()["data"] == {"head": quiet.head}

    body = {"query": CHANGES, "variables": {"size": 2}}
    with quiet.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert entries(next(events(response))) == [1, 2]


def reserved(party: Party) -> str:
    """A token for a single connection."""
    answer = party.served.client.put("/graphql", headers=party.headers)
    assert answer.status_code == 201
    return answer.text


def operate(party: Party, token: str, number: str | None, **given: Any) -> httpx.Response:
    """An operation on a single connection."""
    extensions = {"operationId": number} if number is not None else {}
    body = {"query": CHANGES, "variables": given, "extensions": extensions}
    return party.served.client.post("/graphql", json=body, headers=party.headers | {TOKEN: token})


def test_a_single_connection_carries_all_operations_with_their_positions(served: Served) -> None:
    party, token = served.operator, reserved(served.operator)
    assert operate(party, token, "early", size=2).status_code == 202
    with served.client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response:
        stream = events(response)
        one = next(stream)
        assert (one["id"], one["data"]["id"]) == ("2", "early")
        again = served.client.get("/graphql", headers=EVENTS | {TOKEN: token})
        assert again.status_code == 409
        assert operate(party, token, "early").status_code == 409
        stop = {"operationId": "early"}
        gone = served.client.delete("/graphql", params=stop, headers=party.headers | {TOKEN: token})
        assert gone.status_code == 200
        head = served.head
        assert operate(party, token, "late", after=head).status_code == 202
        add_schools(party, "single", 1)
        late = next(each for each in stream if each["data"]["id"] == "late")
        positions = [e["position"] for e in late["data"]["payload"]["data"]["changes"]["entries"]]
        assert (positions, late["id"]) == ([head + 1], str(head + 1))

    other = served.party(Role.BUREAU, "jurisdiction:330381")
    assert operate(other, reserved(party), "x").status_code == 403


@pytest.mark.parametrize(
    ("token", "number", "status"), [("unknown", "x", 404), (None, None, 400), (None, "", 400)]
)
def test_what_does_not_fit_a_reservation_is_refused(
    quiet: Served, token: str | None, number: str | None, status: int
) -> None:
    answer = operate(quiet.operator, token or reserved(quiet.operator), number)

    assert answer.status_code == status
    assert {"code", "zh", "en"} <= answer.json()["errors"][0]["extensions"].keys()


@pytest.mark.parametrize("body", [b"", b"5", b"null", b"[" * 100_000, b'{"query": 5}', b"\xff"])
def test_a_body_of_any_shape_is_answered(quiet: Served, body: bytes) -> None:
    headers = EVENTS | quiet.operator.headers | {"content-type": "application/json"}
    answer = quiet.client.post("/graphql", content=body, headers=headers)

    assert answer.status_code == 400


ON_CHANGES = "changes(after: $after, batchSize: 2) { position entries { position } }"
FRAGMENTS = {
    "named": "{ ...F } fragment F on Subscription { %s }",
    "inline": "{ ... on Subscription { %s } }",
    "nested": "{ ... { ...F } } fragment F on Subscription { ...G } "
    "fragment G on Subscription { %s }",
}


@pytest.mark.parametrize("root", FRAGMENTS.values(), ids=FRAGMENTS)
def test_a_subscription_whose_root_is_a_fragment_goes_on_as_any_other(
    quiet: Served, root: str
) -> None:
    query = "subscription($after: Position = 0) " + root % ON_CHANGES
    headers = EVENTS | quiet.operator.headers
    with quiet.client.stream(
        "POST", "/graphql", json={"query": query}, headers=headers | {"last-event-id": "7"}
    ) as response:
        event = next(events(response))
    assert (event["id"], entries(event)) == ("9", [8, 9])

    given = {"query": query, "variables": {"after": 4}}
    with quiet.client.stream("POST", "/graphql", json=given, headers=headers) as response:
        assert entries(next(events(response))) == [5, 6]


TWICE = {
    "fields": "{ changes { position } changes { entries { position } } }",
    "fragments": "{ ...F ...G } fragment F on Subscription { changes { position } } "
    "fragment G on Subscription { changes { entries { position } } }",
}


@pytest.mark.parametrize("root", TWICE.values(), ids=TWICE)
def test_a_subscription_that_names_its_field_twice_is_refused(quiet: Served, root: str) -> None:
    """The library would merge them, on a way that skips entries and repeats them."""
    given = {"query": "subscription " + root}
    headers = EVENTS | quiet.operator.headers
    with quiet.client.stream("POST", "/graphql", json=given, headers=headers) as response:
        [wrong, end] = events(response)

    [error] = wrong["data"]["errors"]
    assert {"code", "zh", "en"} <= error["extensions"].keys()
    assert error["extensions"]["code"] == "BAD_SUBSCRIPTION"
    assert end == {"event": "complete", "data": None}


@pytest.mark.parametrize(
    "query", ["subscription { ...F } fragment F on Subscription { ...F }", "subscription { ...F }"]
)
def test_a_root_that_leads_nowhere_is_told_as_any_other_mistake(quiet: Served, query: str) -> None:
    headers = EVENTS | quiet.operator.headers
    given = {"query": query + " # changes"}
    with quiet.client.stream("POST", "/graphql", json=given, headers=headers) as response:
        [wrong, _] = events(response)

    assert wrong["data"]["errors"][0]["extensions"]["code"] != "BAD_SUBSCRIPTION"
