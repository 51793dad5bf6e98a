"""A server of its own for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schema.price import LONGEST
from tests.scene import Scenes, opened
from tests.server import Served, serving
from tests.town import clock, database, founded, founded_template, founded_url, ledger

__all__ = ["clock", "founded", "founded_template", "founded_url", "ledger"]


@pytest.fixture(scope="session")
def scenes(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Scenes:
    """The scenes that the tests of this process share."""
    return Scenes(postgres_url, founded_template, tmp_path_factory)


@pytest.fixture(autouse=True)
def no_list_met_before() -> None:
    """What lists cost is reckoned by those that a process met; each test is as in a new one."""
    LONGEST.forget()


@pytest.fixture
def served(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server over a founded ledger of its own."""
    with scenes.serving(opened, tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def quiet(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server for tests that write nothing."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("quiet"), wait_seconds=0.2) as server,
    ):
        yield server
