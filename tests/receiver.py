"""A receiver of webhooks: a real HTTP server on a thread that keeps what comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

TIMEOUT_SECONDS = 60


@dataclass
class Parcel:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        return msgspec.json.decode(self.body)


@dataclass
class Receiver:
    """What came, and how to answer: a status for each parcel, 204 for those beyond."""

    url: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    answer: bytes = b""
    connections: set[Any] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int) -> list[Parcel]:
        """The first so many parcels."""
        with self.changed:
            there = self.changed.wait_for(lambda: len(self.parcels) >= count, TIMEOUT_SECONDS)
            assert there, f"{len(self.parcels)} of {count} parcels came"
            return self.parcels[:count]

    @property
    def positions(self) -> list[int]:
        """The positions of the entries that came, in order."""
        return [int(e.event["sequence"]) for e in self.parcels if "sequence" in e.event]


@contextmanager
def receiving(wrap: Callable[[Any], Any] | None = None) -> Iterator[Receiver]:
    """A receiver for as long as it is needed; ``wrap`` puts TLS around its socket."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.before is not None:
                receiver.before()
            with receiver.changed:
                receiver.parcels.append(
                    Parcel({k.lower(): v for k, v in self.headers.items()}, body)
                )
                status = (
                    receiver.statuses.pop(0)
                    if receiver.statuses
                    else 200
                    if receiver.answer
                    else 204
                )
                receiver.changed.notify_all()
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            receiver.connections.add(self.client_address)
            self.send_header("content-length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if wrap is not None:
        server.socket = wrap(server.socket)
    scheme = "http" if wrap is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, name="receiver")
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
