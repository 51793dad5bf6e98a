"""A server that is asked to stop, and clients that keep their connections: nobody is reset."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.api.test_cli import keys_of_told, serving
from tests.told import told_template, told_url

__all__ = ["keys_of_told", "told_template", "told_url"]
ASK = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
BUSY = 6
SECONDS_MAX = 60


def answer(client: socket.socket) -> bytes:
    """One answer, which ends with a brace; nothing, where the connection ended before."""
    said = b""
    while not said.endswith(b"}"):
        piece = client.recv(65_536)
        if not piece:
            return said
        said += piece
    return said


def until_told(client: socket.socket, stopping: Barrier) -> tuple[int, bytes]:
    """Asks again and again until an answer says that the connection ends, and what follows it."""
    asked = 0
    while True:
        client.sendall(ASK)
        said = answer(client)
        assert b" 200 OK" in said.partition(b"\r\n")[0], said
        asked += 1
        if asked == 1:
            stopping.wait(SECONDS_MAX)
        if b"connection: close" in said.lower():
            return asked, client.recv(1)


@pytest.mark.usefixtures("keys_of_told")
def test_clients_that_keep_their_connections_are_told_and_never_reset(
    told_url: str, tmp_path: Path
) -> None:
    given = ("--data", tmp_path, "--database-url", told_url)
    with serving(*given, folder=tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        clients = [
            socket.create_connection(("127.0.0.1", port), SECONDS_MAX) for _ in range(BUSY + 1)
        ]
        idle, *busy = clients
        idle.sendall(ASK)
        assert b"connection: close" not in answer(idle).lower()
        stopping = Barrier(BUSY + 1)
        with ThreadPoolExecutor(BUSY) as pool:
            told = [pool.submit(until_told, each, stopping) for each in busy]
            stopping.wait(SECONDS_MAX)
            status, said = server.stop()
            ended = [each.result(SECONDS_MAX) for each in told]
        last = answer(idle)
        for each in clients:
            each.close()

    assert (status, "Traceback" in said) == (0, False)
    assert all(asked > 1 and rest == b"" for asked, rest in ended)
    assert last == b""  # it ended in peace, and not by a reset
