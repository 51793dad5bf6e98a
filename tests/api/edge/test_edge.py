"""The edge: whatever comes in gets an answer with a code, a status and safe headers."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.edge.documents import Documents, digest_of
from api.edge.headers import HEADERS
from api.edge.media import GRAPHQL, JSON, media_of
from api.edge.policy import Policy, Who
from ledger.store.feed import open_pool
from ledger.store.loop import OnLoop
from ledger.store.trouble import Trouble
from projections.reader import Reader
from tests.server import Served, serving, spoken
from tests.town import database

HEAD = "{ head }"
KEPT = "query Kept { head }"
SCHEMA = "{ __schema { queryType { name } } }"


@pytest.fixture
def strict(postgres_url: str, founded_template: str, tmp_path: Path) -> Iterator[Served]:
    """A server that takes little from the public."""
    policy = Policy(
        documents=Documents({"kept": KEPT}),
        own_documents=Who.SIGNED,
        public_requests_per_minute=8,
        cost_per_minute=20,
        execution_seconds=0.2,
    )
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path, policy=policy) as server,
    ):
        yield server


def sent(served: Served, body: Any, signed: bool = False, **headers: str) -> httpx.Response:
    """The answer to a body."""
    who = served.operator.headers if signed else {}
    return served.client.post("/graphql", json=body, headers=who | headers)


def code_of(response: httpx.Response) -> str:
    """The code of the one error, which is said in both languages."""
    [error] = response.json()["errors"]
    spoken(error["extensions"])
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "HEAD"])
def test_another_method_is_not_allowed_and_told_which_are(quiet: Served, method: str) -> None:
    response = quiet.client.request(method, "/graphql")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, PUT, DELETE")
    if method != "HEAD":
        [error] = response.json()["errors"]
        assert all(each in error["message"] for each in ("GET", "POST", "PUT", "DELETE"))


def test_a_mutation_by_get_is_told_to_post(quiet: Served) -> None:
    response = quiet.client.get("/graphql", params={"query": "mutation { __typename }"})

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert code_of(response) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON), ("", JSON), ("*/*", JSON), ("application/*", JSON), (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL), (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0, */*;q=0.1", GRAPHQL), ("text/html", None), ("text/html, */*;q=0.1", JSON),
        ("text/event-stream", JSON), (f"{JSON};q=0", None), (f"{JSON};q=x", None), (";;,,", None),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON", GRAPHQL), (f"{GRAPHQL};charset=utf-8", GRAPHQL),
    ],
)  # fmt: skip
def test_an_answer_is_written_as_the_client_takes_it(accept: str | None, media: str | None) -> None:
    assert media_of(accept) == media


def test_who_takes_nothing_that_is_offered_is_told_so(quiet: Served) -> None:
    response = sent(quiet, {"query": HEAD}, accept="text/html")

    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("query", "status", "data"),
    [
        (HEAD, 200, True), ("{ nothing }", 400, False), ("{", 400, False),
        ('{ teacher(id: "x") { id } }', 200, True), (SCHEMA, 403, False),
    ],
)  # fmt: skip
def test_the_status_says_whether_the_request_was_carried_out(
    quiet: Served, query: str, status: int, data: bool
) -> None:
    response = sent(quiet, {"query": query}, accept=GRAPHQL)

    assert (response.status_code, "data" in response.json()) == (status, data)
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert response.headers["vary"] == "accept"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
             "application/json; charset=utf-16"],
)  # fmt: skip
def test_what_a_page_of_another_origin_can_send_unasked_is_not_taken(
    quiet: Served, kind: str
) -> None:
    response = quiet.client.post(
        "/graphql", content=json.dumps({"query": HEAD}), headers={"content-type": kind}
    )

    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nowhere", "/readyz"])
def test_every_answer_has_the_headers_that_keep_browsers_safe(quiet: Served, path: str) -> None:
    response = quiet.client.get(path)

    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert "server" not in response.headers or response.headers["server"] == "uvicorn"


def test_the_public_is_not_told_the_schema_unless_the_operator_says_so(
    quiet: Served, open_server: Served
) -> None:
    assert code_of(sent(quiet, {"query": SCHEMA})) == "INTROSPECTION_OFF"
    assert sent(quiet, {"query": SCHEMA}, signed=True).json()["data"]
    assert sent(open_server, {"query": SCHEMA}).json()["data"]
    assert sent(quiet, {"query": "{ __typename }"}).json()["data"] == {"__typename": "Query"}


def test_the_cost_is_told_with_every_answer_in_shopifys_shape(quiet: Served) -> None:
    page = "{ schools(first: 7) { edges { node { id } } } }"
    cost = sent(quiet, {"query": page}).json()["extensions"]["cost"]

    assert (cost["requestedQueryCost"], cost["nodeCount"]) == (5 + 1 + 7 * 5, 7)
    throttle = cost["throttleStatus"]
    assert throttle["currentlyAvailable"] < throttle["maximumAvailable"]
    assert throttle["restoreRate"] * 60 <= throttle["maximumAvailable"]


def test_what_an_answer_did_not_need_is_given_back(strict: Served) -> None:
    page = "{ schools(first: 1) { edges { node { id } } } }"  # there is none
    for _ in range(2):  # the second takes the shortcut
        cost = sent(strict, {"query": page}, signed=True).json()["extensions"]["cost"]
        assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (5 + 1 + 5, 5 + 1)
    left = cost["throttleStatus"]["currentlyAvailable"]

    assert left == 20 - 2 * 6
    refused = sent(strict, {"query": page}, signed=True).json()
    assert refused["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "actualQueryCost" not in refused["extensions"]["cost"]
    assert sent(strict, {"query": "{ nothing }"}, signed=True).json()["errors"]


def test_who_has_spent_the_allowance_is_throttled(strict: Served) -> None:
    answers = [sent(strict, {"query": HEAD}, signed=True, accept=GRAPHQL) for _ in range(5)]

    assert [each.status_code for each in answers] == [200] * 4 + [429]
    assert code_of(answers[-1]) == "THROTTLED"
    status = answers[-1].json()["extensions"]["cost"]["throttleStatus"]
    assert (status["maximumAvailable"], status["currentlyAvailable"]) == (20, 0)


def test_who_asks_too_often_is_told_when_to_come_again(strict: Served) -> None:
    answers = [sent(strict, {"documentId": "kept"}) for _ in range(9)]

    assert [each.status_code for each in answers] == [200] * 8 + [429]
    assert code_of(answers[-1]) == "TOO_MANY_REQUESTS"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert sent(strict, {"query": HEAD}, signed=True).status_code == 200


def test_a_document_is_named_by_its_id_or_its_digest(strict: Served) -> None:
    for name in ("kept", digest_of(KEPT)):
        assert sent(strict, {"documentId": name}).json()["data"]["head"] > 0
    by_get = strict.client.get("/graphql", params={"documentId": "kept"})

    assert by_get.json()["data"]["head"] > 0
    assert sent(strict, {"query": KEPT}).json()["data"]
    assert code_of(sent(strict, {"documentId": "other"})) == "DOCUMENT_NOT_FOUND"
    refused = sent(strict, {"query": HEAD})
    assert (refused.status_code, code_of(refused)) == (403, "DOCUMENTS_ONLY")
    wrong = {"query": KEPT, "documentId": digest_of(HEAD)}
    assert code_of(sent(strict, wrong)) == "DOCUMENT_DIFFERS"


def test_who_has_a_token_may_leave_a_document_under_its_digest(quiet: Served) -> None:
    text = "query Left { head }"
    digest = hashlib.sha256(text.encode()).hexdigest()
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}

    assert code_of(sent(quiet, named)) == "PERSISTED_QUERY_NOT_FOUND"
    assert sent(quiet, named | {"query": text}).json()["data"]
    assert code_of(sent(quiet, named)) == "PERSISTED_QUERY_NOT_FOUND"
    assert sent(quiet, named | {"query": text}, signed=True).json()["data"]
    assert sent(quiet, named).json()["data"]
    for said in (5, None, {}, {"sha256Hash": 5}, {"version": 2, "sha256Hash": digest}):
        body = {"query": HEAD, "extensions": {"persistedQuery": said}}
        assert sent(quiet, body).status_code == (200 if said is None else 400)


@pytest.mark.parametrize("text", ["", "[]", '{"a": 5}', '{"a": "{"}', "[" * 100_000])
def test_a_file_that_holds_no_documents_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "documents.json"
    file.write_text(text)

    with pytest.raises(Trouble, match="documents") as caught:
        Documents.read(file)
    assert caught.value.code == "DOCUMENTS_BAD"


@pytest.mark.parametrize("way", ["loop", "thread"])
def test_an_answer_that_takes_too_long_is_given_up(
    strict: Served, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    done, rows = threading.Event(), OnLoop.rows
    if way == "loop":
        monkeypatch.setattr(OnLoop, "rows", lambda self, *_: rows(self, b"select pg_sleep(30)", {}))
    else:
        monkeypatch.setattr(Reader, "count", lambda *_: done.wait(30))
    query = {"query": "{ schools { position totalCount } }"}
    both = [sent(strict, query, signed=True) for _ in range(2)]  # the whole way, and the shortcut
    done.set()
    assert [(each.status_code, code_of(each)) for each in both] == [(504, "TIMED_OUT")] * 2


def test_a_statement_that_takes_too_long_is_given_up_by_the_database(database_url: str) -> None:
    with (
        open_pool(database_url, statement_seconds=0.05) as pool,
        pytest.raises(psycopg.errors.QueryCanceled),
        pool.connection() as connection,
    ):
        connection.execute("select pg_sleep(30)")


def test_what_the_database_gave_up_is_told_with_a_code(
    quiet: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given_up(*_: Any, **__: Any) -> None:
        raise psycopg.errors.QueryCanceled("canceling statement due to statement timeout")

    monkeypatch.setattr(OnLoop, "rows", given_up)

    for _ in range(2):  # the whole way, and the shortcut
        assert code_of(sent(quiet, {"query": "{ schools { position } }"})) == "TIMED_OUT"


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        (
            '{"query": "{ head }", "variables": {"x": ' + "9" * 5_000 + "}}",
            "4300 位",
            "4300 digits",
        ),
        ("[" * 50_000, "嵌套过深", "too deep"),
        ('{"query": "{ head }", "variables": {"x": NaN}}', "不是 JSON", "as JSON"),
        ("{", "不是 JSON", "as JSON"),
        ('{"query": "{ head }", "query": "{ a }"}', "中 query 出现", "holds query more than once"),
        (
            '{"query": "{ head }", "variables": {"inputs": [{}, {"day": "1", "day": "1"}]}}',
            "中 variables.inputs[1].day 出现",
            "holds variables.inputs[1].day more than once",
        ),
        ('{"query": {"a": 1, "a": 2}, "b": NaN}', "不是 JSON", "as JSON"),
        ('{"' + "a" * 90 + '": {"\\ud800": 1, "\\ud800": 2}}', "aaa 出现", "aaa more than once"),
        ('{"\\ud800": 1, "\\ud800": 2}', "中 ? 出现", "holds ? more than once"),
    ],
)
def test_what_cannot_be_read_says_why(quiet: Served, body: str, zh: str, en: str) -> None:
    answer = quiet.client.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    [error] = answer.json()["errors"]

    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert zh in error["extensions"]["zh"] and en in error["extensions"]["en"]


def test_a_body_of_the_public_is_small(quiet: Served) -> None:
    body = {"query": HEAD, "variables": {"x": "a" * Policy().public_body_bytes_max}}

    assert (sent(quiet, body).status_code, code_of(sent(quiet, body))) == (413, "BODY_TOO_LARGE")
    assert sent(quiet, body, signed=True).status_code == 200


def test_a_policy_says_for_whom_something_holds() -> None:
    held = {who: (who.holds(True), who.holds(False)) for who in Who}

    assert held == {
        Who.NOBODY: (False, False),
        Who.SIGNED: (False, True),
        Who.ANYONE: (True, True),
    }
    assert replace(Policy(), introspection=Who.ANYONE).introspection.holds(True)


def test_a_name_that_is_repeated_deep_down_is_found_at_once(quiet: Served) -> None:
    names = ["n" * 500 + str(at) for at in range(500)]
    body = '{"x":' + "".join(f'{{"{name}":' for name in names)
    body += "[" + "0," * 50_000 + '{"a":1,"a":2}]' + "}" * 500 + "}"
    headers = {"content-type": "application/json"} | quiet.operator.headers
    answer = quiet.client.post("/graphql", content=body, headers=headers)

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
