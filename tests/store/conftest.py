"""The town's ledgers, for the tests of the store."""

import pytest

from ledger.store import work
from tests.town import clock, founded, founded_template, founded_url, ledger

__all__ = ["clock", "founded", "founded_template", "founded_url", "ledger"]


@pytest.fixture
def unlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Types and tags are taken as they come, so that what cannot be written is found out late."""
    monkeypatch.setattr(work, "require_distinct", lambda *_: None)
