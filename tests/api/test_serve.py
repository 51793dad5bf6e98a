"""Serving: the socket on which the server listens."""

from __future__ import annotations

import socket

from api.serve import listening


def test_the_body_of_an_answer_does_not_wait_for_the_reader_to_acknowledge_its_head() -> None:
    with (
        listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()[:2]),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
