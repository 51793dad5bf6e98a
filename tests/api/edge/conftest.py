"""Servers with policies of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.edge.policy import Policy, Who
from tests.server import Served, serving
from tests.town import database


@pytest.fixture(scope="session")
def open_server(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server for tests that write nothing, which tells everybody its schema, and counts nobody's
    requests.
    """
    policy = Policy(
        introspection=Who.ANYONE,
        requests_per_minute=0,
        public_requests_per_minute=0,
        cost_per_minute=0,
        public_cost_per_minute=0,
    )
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("open"), wait_seconds=0.2, policy=policy) as server,
    ):
        yield server
