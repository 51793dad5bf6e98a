"""GraphQL over HTTP as others test it: the audits of graphql-http, against a real server."""

from __future__ import annotations

import pytest
from graphql import get_introspection_query

from api.edge.telling import Telling
from tests.javascript import told
from tests.server import Served

AUDITS = 61


@pytest.mark.parametrize("signed", [False, True])
def test_every_audit_of_graphql_over_http_is_passed(open_server: Served, signed: bool) -> None:
    token = [open_server.operator.token or ""] if signed else []
    verdicts = told("audits.mjs", f"{open_server.url}/graphql", *token)

    assert [each for each in verdicts if each["status"] != "ok"] == []
    assert len({each["id"] for each in verdicts}) == len(verdicts) == AUDITS


def test_the_usual_question_for_the_schema_is_answered_like_any_other(
    open_server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"query": get_introspection_query(input_value_deprecation=True)}
    kept = open_server.client.post("/graphql", json=body).json()
    again = open_server.client.post("/graphql", json=body).json()
    monkeypatch.setattr(Telling, "told", lambda *_: None)
    plain = open_server.client.post("/graphql", json=body, headers=open_server.operator.headers)

    assert kept == again == {"data": plain.json()["data"]}
