"""The clients graphql-ws and graphql-sse, from npm, against a real server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_subscription import add_schools
from tests.javascript import told
from tests.server import Served


@pytest.fixture
def found(served: Served) -> Any:
    """What the clients found, and where the ledger stood when they began."""
    add_schools(served.operator, "before", 3)
    start = served.head
    url = f"{served.url}/graphql"
    return start, told("streams.mjs", url, served.operator.token or "", str(start))


def test_the_clients_from_npm_find_what_their_protocols_say(found: Any) -> None:
    start, said = found

    assert said == {
        "query": [start],
        "live": [start - 1, start, start + 1],
        "syntax": ["GRAPHQL_SYNTAX"],
        "invalid": ["GRAPHQL_INVALID"],
        "beyond": ["BEYOND_HEAD"],
        "side_by_side": [[start - 1, start], [start]],
        "sockets": 1,
        "stranger": 4403,
        "public": 1,
        "distinct_query": ["number"],
        "distinct_live": [-1, 0, 1],
        "distinct_side_by_side": [[start - 1, start], [start]],
        "distinct_invalid": ["GRAPHQL_INVALID"],
        "single_query": ["number"],
        "single_live": [-1, 0, 1],
        "single_side_by_side": [[start - 1, start], [start]],
        "single_invalid": 400,
    }
