"""Bell: wakes a thread that waits for whichever comes first, work or an answer of the server."""

from __future__ import annotations

import os
from contextlib import suppress
from select import POLLIN, poll
from threading import Lock


class Bell:
    """Anybody may ring it; one thread waits. What rang while nobody waited is heard at once."""

    def __init__(self) -> None:
        self._heard, self._rung = os.pipe()
        os.set_blocking(self._heard, False)
        os.set_blocking(self._rung, False)
        # Who rings holds it and who waits never does: a lock that the woken one needs would send
        # it to sleep again.
        self._open = Lock()
        self._closed = False

    def ring(self) -> None:
        """Wakes who waits, or whoever waits next; nobody once it is closed."""
        with self._open, suppress(BlockingIOError):  # it rings already
            if not self._closed:
                os.write(self._rung, b"\0")

    def wait(self, socket: int | None = None) -> bool:
        """Waits until it rings or a socket has something to read; whether the latter."""
        waiting = poll()
        waiting.register(self._heard, POLLIN)
        if socket is not None:
            waiting.register(socket, POLLIN)
        found = {each for each, _ in waiting.poll()}
        if self._heard in found:
            with suppress(BlockingIOError):
                os.read(self._heard, 4096)
        return socket in found

    def close(self) -> None:
        """Nobody waits any more."""
        with self._open:
            self._closed = True
            os.close(self._heard)
            os.close(self._rung)
