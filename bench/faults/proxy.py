"""The proxy: stands before PostgreSQL's socket, counts what is asked, and strikes at one step.

A step is one exchange: what a client sends up to a Sync or a simple query, and all that the server
says to it (PostgreSQL, Frontend/Backend Protocol, message flow). So every statement of an operation
is a step, whatever program code sent it, and production code needs to know nothing of it. The
listening connection, which comes and goes as it likes, is passed on uncounted.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MOMENTS = ("before", "during", "within", "unheard", "after")
"""Before the server hears of it; while it works; in the middle of its answer; when it has answered
and nobody heard; when the answer has arrived."""
SOCKET = ".s.PGSQL.5432"
CHUNK = 65_536
READY = b"Z\x00\x00\x00\x05"
LABEL_CHARACTERS = 60


@dataclass
class Strike:
    """What happens at which step and moment; ``label`` is then what was asked there."""

    step: int
    moment: str
    act: Callable[[Link], None]
    label: str = ""


class Link:
    """One client's connection, passed on until it is cut."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._statements: dict[bytes, str] = {}
        self._due: Strike | None = None
        self.listens = False
        self.gone = False
        self._threads = [threading.Thread(target=each) for each in (self._up, self._down)]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        """Both sides are closed."""
        self.gone = True
        for each in (self._client, self._server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut, and nothing of it is left."""
        self.cut()
        for each in self._threads:
            if each is not threading.current_thread():
                each.join()
        self._client.close()
        self._server.close()

    def _up(self) -> None:
        """From the client: message by message, an exchange at a time."""
        with suppress(OSError):
            self._server.sendall(self._start())
            held, label = bytearray(), ""
            while not self.gone:
                kind, body = self._message()
                held += kind + struct.pack("!i", len(body) + 4) + body
                label = self._labelled(kind, body) or label
                if kind in b"SQ":
                    self._exchange(bytes(held), label)
                elif kind not in b"HdcfX":
                    continue
                else:
                    self._server.sendall(held)
                held.clear()
        self.cut()

    def _exchange(self, asked: bytes, label: str) -> None:
        self.listens = self.listens or label.lower().startswith("listen")
        strike = None if self.listens else self._proxy.count(label)
        if strike is not None and strike.moment == "before":
            strike.act(self)
        elif strike is not None and strike.moment != "during":
            self._due = strike
        self._server.sendall(asked)
        if strike is not None and strike.moment == "during":
            strike.act(self)

    def _down(self) -> None:
        """From the server: as it comes, until an answer is due to be struck."""
        kept = b""
        with suppress(OSError):
            while not self.gone and (data := self._server.recv(CHUNK)):
                due, kept = self._due, (kept + data)[-len(READY) - 1 :]
                if due is None:
                    self._client.sendall(data)
                    continue
                if due.moment == "unheard":
                    data = self._whole(data)
                if due.moment == "within":
                    self._client.sendall(data[: len(data) // 2])
                    data = data[len(data) // 2 :]
                elif due.moment == "after":
                    self._client.sendall(data)
                    data = b""
                    if not kept.startswith(READY):
                        continue
                self._due = None
                due.act(self)
                if not self.gone:
                    self._client.sendall(data)
        self.cut()

    def _whole(self, data: bytes) -> bytes:
        while data[-len(READY) - 1 : -1] != READY:
            more = self._server.recv(CHUNK)
            if not more:
                raise OSError
            data += more
        return data

    def _start(self) -> bytes:
        """The first message, which has no kind."""
        length = self._exactly(4)
        return length + self._exactly(struct.unpack("!i", length)[0] - 4)

    def _message(self) -> tuple[bytes, bytes]:
        kind = self._exactly(1)
        return kind, self._exactly(struct.unpack("!i", self._exactly(4))[0] - 4)

    def _exactly(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            data = self._client.recv(count - len(found))
            if not data:
                raise OSError
            found += data
        return bytes(found)

    def _labelled(self, kind: bytes, body: bytes) -> str:
        """What a message asks, where it says so: a statement is told once and then only named."""
        if kind == b"Q":
            return _short(body)
        if kind == b"P":
            name, _, rest = body.partition(b"\0")
            self._statements[name] = _short(rest)
            return self._statements[name]
        if kind == b"B":
            return self._statements.get(body.partition(b"\0")[2].partition(b"\0")[0], "")
        return ""


@dataclass
class Proxy:
    """Listens in a folder where clients look for the socket, before the server's own socket."""

    folder: Path
    upstream: str
    steps: int = 0
    labels: list[str] = field(default_factory=list)
    # Told of each step before the server hears of it.
    beside: Callable[[int], None] | None = None
    refusing: int = 0

    def __post_init__(self) -> None:
        self._strike: Strike | None = None
        self._counting = False
        self._lock = threading.Lock()
        self._links: list[Link] = []
        self._listener = socket.socket(socket.AF_UNIX)
        (self.folder / SOCKET).unlink(missing_ok=True)
        self._listener.bind(str(self.folder / SOCKET))
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def arm(self, strike: Strike | None = None) -> None:
        """Counts from here on; strikes once, if at all."""
        with self._lock:
            self.steps, self._strike, self._counting = 0, strike, True
            self.labels.clear()

    def count(self, label: str) -> Strike | None:
        """One more step; the strike, where it is its turn."""
        with self._lock:
            if not self._counting:
                return None
            self.steps += 1
            self.labels.append(label)
            steps, strike = self.steps, self._strike
            if strike is not None and strike.step == steps:
                strike.label, self._strike = label, None
            else:
                strike = None
        if self.beside is not None:
            self.beside(steps)
        return strike

    def cut_all(self, refusing: int) -> None:
        """The line is down: all are cut, and so many that come anew are turned away."""
        self.refusing = refusing
        for each in [*self._links]:
            each.cut()

    def close(self) -> None:
        """Lets nobody in any more and cuts all."""
        self._counting = False
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for each in self._links:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                if self.refusing:
                    self.refusing -= 1
                    raise OSError
                server.connect(self.upstream)
            except OSError:
                client.close()
                server.close()
                continue
            self._links.append(Link(self, client, server))


def _short(text: bytes) -> str:
    told = text.partition(b"\0")[0].decode(errors="replace")
    return " ".join(told.split())[:LABEL_CHARACTERS]
