"""Crew: what one of several workers shares with the others, in a folder that lives as they do.

Each listens on a socket of its own there, beside the one that all have, so that what only one of
them holds can be asked of it by whoever is asked first.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path

from starlette.requests import HTTPConnection

from api.edge.table import SharedWindows

NUMBER_BYTES = 8
NUMBER = re.compile(rf"[0-9a-f]{{{2 * NUMBER_BYTES}}}")
SECRET_HEADER = "x-xuefen-crew"  # noqa: S105 - the name of a header
ADDRESS_HEADER = "x-xuefen-address"


@dataclass(frozen=True)
class Crew:
    """One worker's place among the others; ``secret`` is known to them alone.

    ``number`` is nobody else's, and not that of a worker that died before.
    """

    folder: Path
    secret: str
    number: str = field(default_factory=lambda: secrets.token_hex(NUMBER_BYTES))

    @contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """The worker's own socket."""
        path = self.socket_of(self.number)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            try:
                yield listener
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def windows(self) -> Iterator[SharedWindows]:
        """What all of them count by."""
        windows = SharedWindows(self.folder / "purses")
        try:
            yield windows
        finally:
            windows.close()

    def socket_of(self, number: str) -> Path:
        """Where a worker listens."""
        return self.folder / number

    def another(self, token: str) -> Path | None:
        """The socket of another worker, whose number a token begins with."""
        number, dot, _ = token.partition(".")
        if not dot or number == self.number or not NUMBER.fullmatch(number):
            return None
        return self.socket_of(number)

    def handed_on(self, asked: HTTPConnection) -> str | None:
        """The address that another worker says a request came from; ``None``: it came itself."""
        said = asked.headers.get(SECRET_HEADER)
        if said is None or not compare_digest(said.encode(), self.secret.encode()):
            return None
        return asked.headers.get(ADDRESS_HEADER, "")
