"""Sharing the embedded server: who uses it is known, and it does not stay dead under its users."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from api.sharing import in_use, sharing
from ledger.store.embedded import Embedded
from ledger.store.postmaster import postmaster_of

PATIENCE_SECONDS = 60


@pytest.fixture
def embedded(open_folder: Path) -> Iterator[Embedded]:
    made = Embedded(open_folder / "shared-by-programs")
    yield made
    made.stop()


def test_a_folder_is_in_use_while_a_program_uses_its_server(embedded: Embedded) -> None:
    assert not in_use(embedded)
    with sharing(embedded):
        assert in_use(embedded)
    assert not in_use(embedded)
    assert not embedded.running


def test_a_server_that_is_killed_under_its_user_comes_back(embedded: Embedded) -> None:
    with sharing(embedded) as url:
        before = postmaster_of(embedded.cluster)
        assert before is not None
        psutil.Process(before.pid).send_signal(signal.SIGKILL)

        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            after = postmaster_of(embedded.cluster)
            if after is not None and after.pid != before.pid and after.answers:
                break
        with psycopg.connect(url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert not embedded.running
