"""The shortcut answers as the whole way does, to the byte, and leaves it what is unusual."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from api.edge.media import GRAPHQL
from schema.ready import READINESS, Ready
from schema.root import QuietSchema
from tests.server import Served

SPENT = re.compile(r'"currentlyAvailable":\d+')
PAGE = "query P($n: Int) { schools(first: $n) { edges { cursor node { id title } } totalCount } }"
MANY = " ".join(f"a{number}: title" for number in range(9))
BODIES: dict[str, Any] = {
    "nothing asked": {"query": "{ __typename }"},
    "a page": {"query": PAGE, "variables": {"n": 3}},
    "another page": {"query": PAGE, "variables": {"n": 4}},
    "a default": {"query": PAGE},
    "an operation by its name": {"query": PAGE + " query Q { head }", "operationName": "Q"},
    "the first of two": {"query": PAGE + " query Q { head }"},
    "no such operation": {"query": PAGE, "operationName": "X"},
    "an error in a field": {"query": "{ schools(first: 9999) { position } }"},
    "a cursor of nobody": {"query": '{ a: schools(after: "?") { position } head }'},
    "a variable that does not fit": {"query": PAGE, "variables": {"n": "many"}},
    "a variable too much": {"query": PAGE, "variables": {"n": 1, "m": []}},
    "extensions": {"query": PAGE, "extensions": {"x": 1}},
    "too dear": {"query": f"{{ schools(first: 500) {{ edges {{ node {{ {MANY} }} }} }} }}"},
    "about the schema": {"query": "{ __schema { queryType { name } } }"},
    "a mutation": {"query": "mutation { __typename }"},
    "a fragment": {"query": "query { ...f } fragment f on Query { head }"},
}  # fmt: skip


def sent(served: Served, body: Any, signed: bool, **headers: str) -> httpx.Response:
    """The answer to a body."""
    who = served.operator.headers if signed else {}
    return served.client.post("/graphql", json=body, headers=who | headers)


def said(response: httpx.Response) -> tuple[int, Any, str]:
    """What of an answer has to be the same, with the headers in their order."""
    headers = [
        each for each in response.headers.multi_items() if each[0] not in ("date", "x-request-id")
    ]
    return response.status_code, headers, SPENT.sub("", response.text)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("accept", ["application/json", GRAPHQL, "*/*", "text/html"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_answer_is_that_of_the_whole_way(
    quiet: Served, monkeypatch: pytest.MonkeyPatch, body: Any, accept: str, signed: bool
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(READINESS, "find", lambda *_: None)
        whole = said(sent(quiet, body, signed, accept=accept))

    for _ in range(3):
        assert said(sent(quiet, body, signed, accept=accept)) == whole


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way requests went."""
    ways: list[str] = []
    execute, carry_out = QuietSchema.execute, Ready.carry_out

    async def whole(*given: Any, **named: Any) -> Any:
        ways.append("whole")
        return await execute(*given, **named)

    async def short(*given: Any, **named: Any) -> Any:
        ways.append("short")
        return await carry_out(*given, **named)

    monkeypatch.setattr(QuietSchema, "execute", whole)
    monkeypatch.setattr(Ready, "carry_out", short)
    return ways


def test_a_query_goes_the_whole_way_once(quiet: Served, counted: list[str]) -> None:
    for _ in range(3):
        sent(quiet, {"query": "query Once { head }"}, True)

    assert counted == ["whole", "short", "short"]


def test_what_a_signed_asker_may_send_is_not_ready_for_the_public(
    quiet: Served, counted: list[str]
) -> None:
    body = {"query": "query Signed { head }"}
    for signed in (True, True, False, False):
        sent(quiet, body, signed)

    assert counted == ["whole", "short", "whole", "short"]


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/event-stream, application/json"}, {"accept": "multipart/mixed"},
        {"content-type": "application/json; charset=utf8"}, {"content-encoding": "identity"},
        {"x-graphql-event-stream-token": "none"}, {"authorization": "Bearer x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_unusual_goes_the_whole_way(
    quiet: Served, counted: list[str], headers: dict[str, str]
) -> None:
    body = {"query": "query Unusual { head }"}
    for _ in range(2):
        sent(quiet, body, False)
    counted.clear()

    sent(quiet, body, False, **headers)

    assert "short" not in counted


def test_a_body_in_pieces_is_read_whole(quiet: Served) -> None:
    for _ in range(3):
        body = iter([b'{"query": "query', b' Pieces { head }"}'])
        response = quiet.client.post(
            "/graphql",
            content=body,
            headers={"content-type": "application/json", "content-length": "34"},
        )
        assert response.json()["data"]["head"] > 0


def test_a_mutation_is_never_ready(quiet: Served, counted: list[str]) -> None:
    for _ in range(3):
        sent(quiet, {"query": "mutation { __typename }"}, True)

    assert counted == ["whole"] * 3


def test_no_more_queries_are_ready_than_so_many(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(READINESS, "_most", 4)
    for number in range(9):
        sent(quiet, {"query": f"query N{number} {{ head }}"}, True)

    assert len(READINESS._known) <= 4


def test_the_cost_is_reckoned_for_each_number_of_rows(quiet: Served) -> None:
    def cost(n: int) -> Any:
        body = {"query": PAGE, "variables": {"n": n}}
        return sent(quiet, body, True).json()["extensions"]["cost"]["nodeCount"]

    assert [cost(n) for n in (2, 7, 2, 500, 7)] == [2, 7, 2, 500, 7]


def test_points_are_taken_on_both_ways(quiet: Served) -> None:
    before = sent(quiet, {"query": PAGE}, True).json()["extensions"]["cost"]["throttleStatus"]
    after = sent(quiet, {"query": PAGE}, True).json()["extensions"]["cost"]["throttleStatus"]

    assert after["currentlyAvailable"] < before["currentlyAvailable"]
