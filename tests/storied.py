"""A server over the story of a term, for tests that only read it, or add to it at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.store.ledger import Ledger
from tests.server import Served, serving
from tests.town import KEY, Hand, database, story, tell


@contextmanager
def storied(postgres_url: str, template: str, folder: Path) -> Iterator[Served]:
    """It is served once all views have it."""
    with database(postgres_url, template) as url:
        with Ledger(url, KEY, Hand()) as opened:
            tell(opened, story())
        with serving(url, folder) as server:
            server.house.runner.catch_up()
            yield server
