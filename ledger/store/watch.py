"""Watch: who is told how work goes through the committer, such as traces; nobody unless asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ledger.store.work import Asked, Plain


class Watch(Protocol):
    """Is told of work; what it does must not take long and must not raise."""

    def asked(self, work: Plain | Asked) -> None:
        """Work was given up, on the thread of who asks."""

    def carried(self, batch: Sequence[Plain | Asked]) -> AbstractContextManager[None]:
        """Around all that is done for a batch, until everybody is answered."""

    def decided(self, work: Plain | Asked) -> None:
        """Work was decided, and is about to be committed with the rest of its batch."""
