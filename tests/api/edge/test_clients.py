"""The transports of gql, as its users choose them, against a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.websockets import WebsocketsTransport

from tests.server import Served

HEAD = gql("{ head }")
PAGE = gql("query($first: Int) { schools(first: $first) { position } }")
NOTHING = gql("{ nothing }")


def url(served: Served, scheme: str = "http") -> str:
    """The address of the server."""
    return served.url.replace("http", scheme, 1) + "/graphql"


def test_gql_asks_over_httpx(quiet: Served) -> None:
    transport = HTTPXTransport(url=url(quiet), headers=quiet.operator.headers)
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        assert session.execute(HEAD) == {"head": quiet.head}
        PAGE.variable_values = {"first": 1}
        assert session.execute(PAGE)["schools"]["position"] >= 0
        assert session.client.schema is not None


def test_gql_is_told_of_errors_over_httpx(quiet: Served) -> None:
    transport = HTTPXTransport(url=url(quiet))
    with Client(transport=transport) as session, pytest.raises(TransportQueryError) as told:
        session.execute(NOTHING)

    assert [each["extensions"]["code"] for each in told.value.errors or []] == ["GRAPHQL_INVALID"]


def test_gql_is_told_of_a_bad_token_over_httpx(quiet: Served) -> None:
    transport = HTTPXTransport(url=url(quiet), headers={"authorization": "Bearer x"})
    with (
        Client(transport=transport) as session,
        pytest.raises((TransportServerError, TransportQueryError), match=r"401|token"),
    ):
        session.execute(HEAD)


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_gql_asks_over_both_asynchronous_transports(quiet: Served, scheme: str) -> None:
    async def ask() -> Any:
        transport = (
            HTTPXAsyncTransport(url=url(quiet))
            if scheme == "http"
            else WebsocketsTransport(url=url(quiet, "ws"))
        )
        async with Client(transport=transport) as session:
            return await session.execute(HEAD)

    assert asyncio.run(ask()) == {"head": quiet.head}


def test_gql_batches_are_refused_with_a_code(quiet: Served) -> None:
    response = quiet.client.post("/graphql", json=[{"query": "{ head }"}] * 2)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
