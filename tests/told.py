"""A ledger on which the town's story was told, one person's data sealed, and all views kept up."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from ledger.store.ledger import Ledger
from projections.catalogue import INDEXES, VIEWS
from projections.check import NAMES
from projections.check_desk import Reconciled, SignedOff
from projections.runner import Runner
from tests.town import KEY, OPERATOR, Hand, database, database_at, story, teacher, tell

SEALED = "teacher:t9"
# What the story signs off and reconciles is made up, and no ledger could have said it; of a county
# that signs and reconciles what it was shown, all checks are run in tests/api/test_check_desk.py.
PROVEN = tuple(each for each in NAMES if each not in (SignedOff.name, Reconciled.name))


@pytest.fixture(scope="session")
def told_template(postgres_url: str, founded_template: str) -> str:
    """A database with the whole story, to be copied."""
    name = f"told_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {founded_template}")
    with Ledger(database_at(postgres_url, name), KEY, Hand()) as ledger:
        tell(ledger, story())
        seal, digests = ledger.vault.seal(SEALED, {"name": "林老师", "phone": "13800000000"})
        enter = replace(teacher(9), sealed=digests)
        assert ledger.ask([enter], OPERATOR, seals={0: seal}).outcomes[0].accepted
        Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES)).catch_up()
    return name


@pytest.fixture
def told_url(postgres_url: str, told_template: str) -> Iterator[str]:
    """A database of its own with the whole story."""
    with database(postgres_url, told_template) as url:
        yield url
