"""Serving: the socket on which the server listens."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from api.demo.run import stopping
from api.listener import listening


def test_the_body_of_an_answer_does_not_wait_for_the_reader_to_acknowledge_its_head() -> None:
    with (
        listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()[:2]),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_is_ended_by_a_signal_once_also_where_it_was_ignored(number: int) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), stopping():
            try:
                signal.raise_signal(number)
            finally:
                signal.raise_signal(number)  # while it is being closed
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_what_was_loaded_is_not_looked_through_again_while_requests_are_answered() -> None:
    program = (
        "import gc; import api.app; from api.collector import settle\n"
        "loaded = len(gc.get_objects()); settle()\n"
        "assert len(gc.get_objects()) < loaded / 10 < gc.get_freeze_count()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
