"""A server that is killed while it sends: another goes on, in order, and nothing is left out."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.command import Asker, Role
from ledger.names import LedgerId
from ledger.store.ledger import Ledger
from ledger.store.webhook import WantedChanges
from tests.receiver import Receiver, receiving
from tests.town import KEY

OPERATOR = Asker(actor="staff:o", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
SERVE = "from api.cli import main; main()"
KILLED_AT = 25


@contextmanager
def server(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own."""
    ours = {
        "XUEFEN_DATABASE_URL": url,
        "XUEFEN_DATA": str(folder),
        "XUEFEN_WEBHOOK_PRIVATE": "true",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", "0"],
        env=os.environ | ours,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_a_killed_server_had_not_sent_the_next_one_sends(
    founded_url: str, tmp_path: Path
) -> None:
    (tmp_path / "vault.key").write_text(b64encode(KEY).decode())
    with receiving() as receiver, Ledger(founded_url, KEY) as ledger:
        ledger.webhooks.make(OPERATOR, receiver.url, WantedChanges(), request="w1", position=0)
        head = ledger.feed.head()
        assert head > KILLED_AT * 2
        with server(founded_url, tmp_path) as first:
            kill_at(receiver, KILLED_AT, first)
            first.wait()
        came = len(receiver.parcels)
        assert KILLED_AT <= came <= KILLED_AT + 1
        with ledger.pool.connection() as connection:
            connection.execute("update vault.webhooks set leased_until = clock_timestamp()")
        with server(founded_url, tmp_path):
            receiver.wait(head + 1)

    positions = receiver.positions
    assert sorted(set(positions)) == list(range(1, head + 1))
    assert positions == sorted(positions)
    assert len(positions) == head + 1


def kill_at(receiver: Receiver, count: int, process: subprocess.Popen[bytes]) -> None:
    """Kills a process while the parcel of a number is with the receiver, and not yet answered."""

    def before() -> None:
        if len(receiver.parcels) == count - 1:
            process.kill()
            process.wait()

    receiver.before = before
    receiver.wait(count)
    receiver.before = None
