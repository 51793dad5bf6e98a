"""Receipt: what an append waits for; a future that is cheap to make and to wait for on a thread."""

from __future__ import annotations

from _thread import allocate_lock


class Receipt:
    """Holds the last position of an append, or what it is to raise, once the committer has it."""

    __slots__ = ("_error", "_open", "_position")

    def __init__(self) -> None:
        self._position = 0
        self._error: BaseException | None = None
        # Held until it is settled; whoever waits takes it and gives it on to the next who waits.
        self._open = allocate_lock()
        self._open.acquire()

    def set_running_or_notify_cancel(self) -> bool:
        """An append that was asked for is not taken back."""
        return True

    def set_result(self, position: int) -> None:
        """It was appended."""
        self._position = position
        self._open.release()

    def set_exception(self, error: BaseException) -> None:
        """It was not, or nobody knows."""
        self._error = error
        self._open.release()

    def done(self) -> bool:
        """Whether it is settled."""
        return not self._open.locked()

    def exception(self) -> BaseException | None:
        """Waits, and gives what it is to raise."""
        self._open.acquire()
        self._open.release()
        return self._error

    def result(self) -> int:
        """Waits, and gives the last position. Raises what went wrong."""
        error = self.exception()
        if error is not None:
            raise error
        return self._position
