"""Requests of every shape, against a real server: none is a 500, hangs, or tells what went wrong.

Schemathesis asks every query and mutation with arguments and fields that it makes up from the
schema; Hypothesis sends bodies, variables, URLs and headers of any kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

import httpx
import pytest
import schemathesis
from graphql import parse_value
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import schema.root
from api.edge.policy import Policy
from tests.schema.test_released import PRINTED
from tests.server import Served, serving, spoken
from tests.town import database

SECONDS_MAX = 20.0
UNREADABLE = "Invalid HTTP request received."
MASKED = ("INTERNAL",)
SCALARS = {
    "Date": st.dates().map(lambda day: f'"{day}"'),
    "DateTime": st.just('"2024-03-01T09:00:00+08:00"'),
    "Decimal": st.sampled_from(['"17.5"', '"x"', "3", '"-1"']),
    "Position": st.integers(-1, 2**54).map(str),
    "Text": st.text(max_size=20).map(json.dumps),
    "JSON": st.just("{}"),
}
SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
FEW = settings(SOME, max_examples=3, phases=[Phase.generate], derandomize=True)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
PARTS = st.sampled_from(["query", "variables", "operationName", "extensions", "documentId"])
HEADERS = st.sampled_from(
    ["accept", "content-type", "authorization", "traceparent", "x-request-id"]
)


@pytest.fixture(scope="module")
def attacked(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server that takes as much as is sent, over a ledger that may be written to."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("fuzz"), wait_seconds=0.01, policy=_open()) as server,
    ):
        server.client.timeout = httpx.Timeout(SECONDS_MAX)
        yield server


def _open() -> Policy:
    return Policy(requests_per_minute=0, public_requests_per_minute=0, public_cost_per_minute=0)


def sound(response: httpx.Response) -> None:
    """Whether an answer is one that we meant: no 500, no traceback, every error with a code."""
    assert response.status_code < 500, response.text
    assert "Traceback" not in response.text
    if response.text == UNREADABLE:
        return  # no HTTP at all, which the server beneath says
    if response.headers["content-type"].startswith("text/event-stream"):
        data = [line[6:] for line in response.text.splitlines() if line.startswith("data: {")]
        bodies = [json.loads(each) for each in data]
    else:
        bodies = [response.json()]
    for each in chain.from_iterable(body.get("errors", []) for body in bodies):
        said = each["extensions"]
        assert said["code"] not in MASKED, (each, response.request.content)
        spoken({name: said[name] for name in ("code", "zh", "en")} | {"zh": "有 " + said["code"]})


@cache
def operations() -> dict[str, Any]:
    """Every query and mutation, by its name."""
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy.map(_value))
    found = schemathesis.graphql.from_path(PRINTED)
    return {each.ok().label: each.ok() for each in found.get_all_operations()}


def _value(written: str) -> Any:
    return parse_value(written)


FIELDS = [
    f"{kind.name}.{name}"
    for kind in (schema.root.build()._schema.query_type, schema.root.build()._schema.mutation_type)
    if kind is not None
    for name in kind.fields
]


@pytest.mark.parametrize("field", FIELDS)
def test_every_question_and_command_is_answered_whatever_it_is_asked_with(
    attacked: Served, field: str
) -> None:
    operation = operations()[field]
    operator = attacked.operator

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        for party in (operator, attacked.public):
            sound(party.post(case.body))

    ask()


@SOME
@given(body=ANYTHING | st.dictionaries(PARTS, ANYTHING))
@example(body={"query": ""})
@example(body={"query": "{ head }", "operationName": "\ud800"})
@example(body={"query": "", "extensions": {"persistedQuery": {}}})
def test_json_of_any_shape_is_answered(attacked: Served, body: Any) -> None:
    content = json.dumps(body)
    for accept in ("application/json", "application/graphql-response+json", "text/event-stream"):
        sound(
            attacked.client.post(
                "/graphql",
                content=content,
                headers={"content-type": "application/json", "accept": accept},
            )
        )


@SOME
@given(content=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/plain"]))
def test_bytes_of_any_kind_are_answered(attacked: Served, content: bytes, kind: str) -> None:
    sound(attacked.client.post("/graphql", content=content, headers={"content-type": kind}))


@SOME
@given(parameters=st.dictionaries(PARTS, st.text(max_size=40)))
def test_a_url_of_any_kind_is_answered(attacked: Served, parameters: dict[str, str]) -> None:
    given_now = {name: each.encode("utf-8", "ignore") for name, each in parameters.items()}

    sound(attacked.client.get("/graphql", params=given_now))


@SOME
@given(
    headers=st.dictionaries(
        HEADERS, st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1)
    )
)
def test_headers_of_any_kind_are_answered(attacked: Served, headers: dict[str, str]) -> None:
    raw = [(name.encode(), each.encode("latin-1")) for name, each in headers.items()]

    sound(attacked.client.post("/graphql", content=b'{"query": "{ head }"}', headers=raw))


@SOME
@given(values=st.dictionaries(st.sampled_from(["a", "b", "c"]), ANYTHING))
def test_variables_of_any_shape_are_answered(attacked: Served, values: dict[str, Any]) -> None:
    query = (
        "query($a: ID, $b: Int, $c: [Outcome!]) { schools(place: $a, first: $b) { totalCount } "
        "findings(outcome: $c) { totalCount } }"
    )
    content = json.dumps({"query": query, "variables": values})
    headers = {"content-type": "application/json"} | attacked.operator.headers

    sound(attacked.client.post("/graphql", content=content, headers=headers))
