"""A process that tells: it is given the districts and then pieces, and gives a bundle for each.

It speaks with the one that began it over its input and output only, imports no more than it needs,
and ends with its input. What it reads comes from the program itself and from nowhere else.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from api.plate import District
from api.retelling_copy import Piece, Teller
from ledger.store.bundle import Bundle
from ledger.store.trouble import Trouble

HIGHEST = pickle.HIGHEST_PROTOCOL


class Worker:
    """Another process that tells, one bundle at a time: ``ask``, then ``take``, in turn."""

    def __init__(self, districts: Sequence[District], vault_key: bytes) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.retelling_work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._say((districts, vault_key))

    def ask(self, pieces: Sequence[Piece]) -> None:
        """Has it make a bundle; the one before must have been taken."""
        self._say(pieces)

    def take(self) -> Bundle:
        """What was asked last. Raises ``Trouble`` where the process is gone."""
        assert self.process.stdout is not None
        try:
            made = pickle.load(self.process.stdout)  # noqa: S301  # our own process wrote it
        except (EOFError, pickle.UnpicklingError):
            raise _gone() from None
        assert isinstance(made, Bundle)
        return made

    def close(self) -> None:
        """Ends it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        finally:
            self.process.stdout.close()
            self.process.wait()

    def _say(self, told: object) -> None:
        assert self.process.stdin is not None
        try:
            pickle.dump(told, self.process.stdin, HIGHEST)
            self.process.stdin.flush()
        except BrokenPipeError:
            raise _gone() from None


def _gone() -> Trouble:
    return Trouble(
        "PROCESS_GONE",
        zh="一个讲述进程意外结束，已停止写入；内存不足时请减小 --processes。",
        en="A process that tells ended by itself, and writing stopped; where memory is short, take "
        "fewer --processes.",
    )


@contextmanager
def workers(
    districts: Sequence[District], vault_key: bytes, count: int
) -> Iterator[tuple[Worker, ...]]:
    """So many of them, ended afterwards."""
    begun: list[Worker] = []
    try:
        for _ in range(count):
            begun.append(Worker(districts, vault_key))
        yield tuple(begun)
    finally:
        for each in begun:
            each.close()


def main() -> None:
    """Reads, tells and writes until the input ends."""
    read, write = sys.stdin.buffer, sys.stdout.buffer
    districts, vault_key = pickle.load(read)  # noqa: S301  # who began us wrote it
    teller = Teller(districts, vault_key)
    while True:
        try:
            pieces = pickle.load(read)  # noqa: S301  # who began us wrote it
        except EOFError:
            return
        try:
            pickle.dump(teller.bundle(pieces), write, HIGHEST)
            write.flush()
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
