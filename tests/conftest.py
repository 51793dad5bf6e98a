"""One embedded PostgreSQL for the session, and a fresh migrated database for whoever asks."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.store.embedded import Embedded
from ledger.store.migrate import migrate

TEMPLATE = "migrated_template"


def database_at(url: str, name: str) -> str:
    """The same server, another database."""
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that the server's own user may pass through, which pytest's are not."""
    folder = Path(tempfile.mkdtemp(prefix="xuefen-test-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(open_folder: Path) -> Iterator[str]:
    """The server that the session's tests share."""
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
