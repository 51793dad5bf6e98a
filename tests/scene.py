"""Scenes: what tests want told to a server before they begin, told once a process and then copied.

A copy of a database takes a fraction of what it takes to tell a story over HTTP, and every test
still has a ledger and a server of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.server import Served, serving
from tests.town import database, database_at

PATIENCE_SECONDS = 60
Story = Callable[[Served], object]


def opened(served: Served) -> None:
    """The scene in which nothing was told yet: the views have taken in the founding."""


@dataclass
class Scenes:
    """The scenes of a process, by the function that tells them."""

    postgres_url: str
    founded: str
    factory: pytest.TempPathFactory
    _known: dict[Story, tuple[str, date]] = field(default_factory=dict)

    @contextmanager
    def serving(self, story: Story, folder: Path) -> Iterator[Served]:
        """A server over a ledger of its own to which the story was told, on the day it ended."""
        if story not in self._known:
            self._known[story] = self._told(story)
        template, day = self._known[story]
        with (
            database(self.postgres_url, template) as url,
            serving(url, folder, wait_seconds=0.3) as server,
        ):
            server.clock.set(day)
            yield server

    def _told(self, story: Story) -> tuple[str, date]:
        name = f"scene_{uuid.uuid4().hex}"
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            connection.execute(f"create database {name} template {self.founded}")
        folder = self.factory.mktemp("scene")
        with serving(database_at(self.postgres_url, name), folder, wait_seconds=0.3) as server:
            story(server)
            assert server.house.runner.wait_for(server.head, PATIENCE_SECONDS)
            return name, server.clock.day
