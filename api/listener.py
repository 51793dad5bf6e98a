"""Listener: the socket on which a server is asked, and the address that it has."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.store.trouble import Trouble

UNREAD_MILLISECONDS = 120_000


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket. Raises ``Trouble`` where the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family)
    except OSError as error:
        raise _no_address(host, port, error) from None
    # The connections take it over. Head and body of an answer are two writes, and the second would
    # wait for the client to acknowledge the first, which takes it 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Who reads nothing for so long is cut off, whatever else they say (tcp(7)).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    with listener:
        yield listener


def address_of(listener: socket.socket) -> str:
    """The address of a listening socket as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _no_address(host: str, port: int, error: OSError) -> Trouble:
    if error.errno == errno.EADDRINUSE:
        return Trouble(
            "PORT_IN_USE",
            zh=f"{host} 的端口 {port} 已被占用。请用 --port 换一个端口（0 为任意空闲端口），"
            "或先停止占用它的程序。",
            en=f"Port {port} on {host} is in use. Choose another with --port (0: any free one), or "
            "stop the program that has it.",
        )
    return Trouble(
        "ADDRESS_UNUSABLE",
        zh=f"无法在 {host} 的端口 {port} 上监听（{error.strerror}）。请检查 --host 和 --port。",
        en=f"It is not possible to listen on port {port} of {host} ({error.strerror}). "
        "Check --host and --port.",
    )
