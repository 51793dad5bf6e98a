"""Sharing the embedded server: who uses it is known, and it does not stay dead under its users."""

from __future__ import annotations

import signal
import subprocess
import sys
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


def test_the_next_program_takes_over_and_stops_what_a_killed_one_left(embedded: Embedded) -> None:
    program = (
        "import sys; from pathlib import Path; from api.sharing import sharing\n"
        "from ledger.store.embedded import Embedded\n"
        "with sharing(Embedded(Path(sys.argv[1]))): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(embedded.data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == "open\n"
        killed.kill()
    left = postmaster_of(embedded.cluster)
    assert left is not None

    with sharing(embedded):
        assert postmaster_of(embedded.cluster) == left
    assert not embedded.running
