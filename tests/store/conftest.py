"""The town's ledgers, for the tests of the store."""

import os

import pytest

from ledger.store import work
from tests.town import clock, founded, founded_template, founded_url, ledger

__all__ = ["clock", "founded", "founded_template", "founded_url", "ledger"]


@pytest.fixture
def unlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Types and tags are taken as they come, so that what cannot be written is found out late."""
    monkeypatch.setattr(work, "require_distinct", lambda *_: None)


@pytest.fixture
def as_root() -> None:
    """Needed where only root can do what is tried: give folders away, mount a disk."""
    if os.geteuid() != 0:
        pytest.fail("This test needs root: run the tests as root too, in a container for instance.")
