"""Queue: work that waits for the committer, which waits here for work."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock
from time import sleep

from eventsourcing.persistence import OperationalError

from ledger.store.bell import Bell
from ledger.store.work import Plain, Work

BATCH_MAX = 128
COMMANDS_MAX = 8_192
# How many have to wait for it to be worth while to part them.
CROWD_MIN = 16
# Below that a batch costs more by itself than it gains by being one of several.
SHARE_MIN = 32


class Queue:
    """Anybody puts work in; one thread at a time takes it out."""

    def __init__(self) -> None:
        self._waiting: deque[Work] = deque()
        self._gate = Lock()
        self._bell = Bell()
        # How much has to wait for the bell to be rung; 0 while nobody waits for it.
        self._wanted = 0
        self.closing = False
        # How many wait for an answer, as far as the last batch showed.
        self.crowd = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, work: Work) -> None:
        """Takes work in. Raises ``OperationalError`` once it closes."""
        wakes = False
        try:
            with self._gate:
                if self.closing:
                    raise OperationalError("the ledger is closing")
                self._waiting.append(work)
                wakes = 0 < self._wanted <= len(self._waiting)
                if wakes:
                    self._wanted = 0
            if wakes:
                self._bell.ring()
        except BaseException:
            if wakes:
                self._wanted = 1  # interrupted, maybe before it rang, which the next one does
            raise

    def listen(self, count: int, socket: int | None = None) -> bool:
        """Waits until so much work is there, or a socket has something; whether the latter.

        Once it closes nobody waits, and everything else comes first.
        """
        self._wanted = count
        if self.closing or len(self._waiting) >= count:
            heard = self.closing
        else:
            heard = self._bell.wait(socket)
        self._wanted = 0
        return heard

    def gather(self) -> None:
        """Lets those go on who were just answered, for as long as that brings more work.

        They share the interpreter with this thread, so it would otherwise carry one or two of them
        at a time; a flush costs as much for one as for all. Nobody waits for who does not come.
        """
        waiting = len(self._waiting)
        while waiting < self.crowd:
            sleep(0)
            before, waiting = waiting, len(self._waiting)
            if waiting == before:
                return

    @property
    def share(self) -> int:
        """What a batch takes of many who append: half flies while the other half is decided.

        Of more it is a quarter, so that whoever decides and whoever writes wait less for each
        other.
        """
        return min(self.crowd // 2, max(self.crowd // 4, SHARE_MIN))

    def drain(
        self, begun: Sequence[Work] = (), aloft: int = 0, *, parts: bool = False
    ) -> list[Work]:
        """What one batch takes of it with what it has already, while so much is on its way.

        ``parts``: of many who append it takes a share, so that several batches fly.
        """
        found: list[Work] = []
        count, weight = len(begun), sum(work.weight for work in begun)
        self.crowd = count + len(self._waiting) + aloft
        most = BATCH_MAX
        if parts and self.crowd >= CROWD_MIN and isinstance(self._waiting[0], Plain):
            most = min(self.share, BATCH_MAX)
        while self._waiting and count < most:
            if count and weight + self._waiting[0].weight > COMMANDS_MAX:
                break
            work = self._waiting.popleft()
            if work.future.set_running_or_notify_cancel():
                found.append(work)
                count, weight = count + 1, weight + work.weight
        return found

    def close(self) -> bool:
        """Nothing more is taken in; whether it was open so far."""
        with self._gate:
            closed, self.closing = self.closing, True
        if not closed:
            self._bell.ring()
        return not closed

    def end(self) -> None:
        """Nobody listens any more."""
        self._bell.close()
