"""A server of its own for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Served, serving
from tests.town import clock, founded, founded_template, founded_url, ledger

__all__ = ["clock", "founded", "founded_template", "founded_url", "ledger"]


@pytest.fixture
def served(founded_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server over a founded ledger of its own."""
    with serving(founded_url, tmp_path, wait_seconds=0.3) as server:
        yield server
