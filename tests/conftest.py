"""One embedded PostgreSQL a process, and a fresh migrated database for whoever asks.

``make test`` shares the files among processes, one more than there are cores: a process waits for
its PostgreSQL and for the programs that it started as long as it computes. Each has a folder in
that of the run, which the first process makes and removes, with any server that was left in it.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from hypothesis import settings

from api.collector import settle
from ledger.event import CATALOGUE, Event
from ledger.store.embedded import Embedded
from ledger.store.folder import CLUSTER
from ledger.store.migrate import migrate
from tests.disk import new_folder

TEMPLATE = "migrated_template"
# The programs that tests start take tokens of our own.
os.environ.setdefault("XUEFEN_MODE", "development")
# How long an example takes is the machine's doing: a core that is shared is no fault of a law.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
FOLDER = pytest.StashKey[Path]()
LONG = {
    "tests/projections/test_rebuild.py",
    "tests/store/test_faults.py",
    "tests/store/test_workbook.py",
    "tests/test_readme.py",
}
"""Those of a single file that take longest; what comes first in order is long as well."""
SHORT = ("tests/ledger/", "tests/schema/")
"""Folders of hundreds of files that take a second or less."""


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Commands that ran in this process set up where they log to; nobody inherits that."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture
def catalogue() -> Iterator[dict[str, type[Event]]]:
    """The types of events. What a test adds or takes away is undone after it, in their order."""
    before = dict(CATALOGUE)
    try:
        yield CATALOGUE
    finally:
        CATALOGUE.clear()
        CATALOGUE.update(before)


def database_at(url: str, name: str) -> str:
    """The same server, another database."""
    return url.replace("/postgres?", f"/{name}?")


def pytest_configure(config: pytest.Config) -> None:
    """The run's folder, which the server's own user may pass through as it may not pytest's."""
    told = getattr(config, "workerinput", None)
    if told is None:
        folder = new_folder("test")
        folder.chmod(0o711)
    else:
        folder = Path(told["folder"])
    config.stash[FOLDER] = folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One process more than cores, unless the environment says how many."""
    told = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    return None if told else (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first and the shortest last: no core waits for a file that began late."""
    items.sort(key=lambda each: _turn(each.nodeid.partition("::")[0]))


def _turn(file: str) -> int:
    if file in LONG:
        return 0
    return 2 if file.startswith(SHORT) else 1


def pytest_collection_finish() -> None:
    """What was collected lasts as long as the process: nobody looks through it for garbage."""
    settle()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells another process of the run's folder."""
    node.workerinput["folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what a process left that was broken off, and removes the folder, last of all."""
    if hasattr(config, "workerinput"):
        return
    folder = config.stash[FOLDER]
    for cluster in folder.glob(f"*/*/{CLUSTER}"):
        Embedded(cluster.parent).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def open_folder(pytestconfig: pytest.Config) -> Path:
    """A folder of this process."""
    folder = pytestconfig.stash[FOLDER] / os.environ.get("PYTEST_XDIST_WORKER", "all")
    folder.mkdir(mode=0o711)
    return folder


@pytest.fixture(scope="session")
def postgres_url(open_folder: Path) -> Iterator[str]:
    """The server that the tests of this process share."""
    server = Embedded(open_folder / "shared")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """A database migrated once, to be copied."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}")
    migrate(database_at(postgres_url, TEMPLATE))
    return TEMPLATE


def _database(postgres_url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
        yield database_at(postgres_url, name)
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """A migrated database of its own."""
    yield from _database(postgres_url, migrated_template)


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A database of its own with nothing in it."""
    yield from _database(postgres_url, "template0")
