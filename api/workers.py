"""Workers: several processes that answer on one socket, kept up by this one until it is stopped.

Each opens the house for itself: any number of processes may append, only one of them folds each
page into the views (``projections.runner``), and what one has written the others read. They count
what askers spend together, and ask each other for reserved streams (``api.crew``). This process
holds the socket and the embedded database, starts a worker again that died, and hands a stop on to
all of them. A worker whose parent is gone stops by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import structlog
from prometheus_client.multiprocess import mark_process_dead

from api.crew import Crew
from api.house import database
from api.issuers import issuers
from api.listener import address_of, listening
from api.log import logging
from api.metrics import FOLDER
from api.scratch import scratch
from api.serve import serve_on
from api.settings import Settings
from api.tracing import check
from ledger.store.first_key import first_key
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble

WORKERS_MAX = 64
DEATHS_MAX, DEATHS_SECONDS = 10, 600.0
"""So many may die in so long; where more do, starting them again helps nobody."""
SECRET_BYTES = 32
Given = tuple[Settings, socket.socket, Path, str]
log = structlog.get_logger()
_SPAWN = multiprocessing.get_context("spawn")


def supervise(settings: Settings, count: int, announce: Callable[[str], None]) -> None:
    """Serves by ``count`` processes until SIGTERM or SIGINT. Raises ``Trouble``.

    ``announce`` is given the address once all of them answer.
    """
    logging()
    with listening(settings.host, settings.port) as listener:
        issuers(settings)  # what is wrong with them is said once, and not by each worker
        check()
        crew = _kept_up(settings, listener, count, announce)
    if crew.worn_out:
        many, seconds = DEATHS_MAX + 1, f"{DEATHS_SECONDS:g}"
        raise Trouble(
            "WORKERS_DIE",
            zh=f"工作进程在 {seconds} 秒内 {many} 次意外退出，服务停止；原因见日志。",
            en=f"Workers died {many} times within {seconds} seconds, so the server stops; the log "
            "says why.",
        )


def _kept_up(
    settings: Settings, listener: socket.socket, count: int, announce: Callable[[str], None]
) -> _Workers:
    with (
        database(settings) as url,
        _stops() as stopped,
        scratch("metrics") as metrics,
        scratch("crew") as folder,
    ):
        os.environ[FOLDER] = str(metrics)  # the workers inherit it, and add their numbers up in it
        # Migrated and founded once, before anybody else looks.
        Ledger.found(url, first_key(url, settings.vault_key_file)).close()
        given = (settings, listener, folder, secrets.token_hex(SECRET_BYTES))
        crew = _Workers(given, count, lambda: announce(address_of(listener)))
        try:
            while not crew.look(stopped):
                pass
        finally:
            crew.end()
    return crew


class _Workers:
    """The workers, each with the pipe on which it says that it answers."""

    def __init__(self, given: Given, count: int, ready: Callable[[], None]) -> None:
        self._given = given
        self._ready = ready
        self._waiting = count
        self._died: deque[float] = deque(maxlen=DEATHS_MAX + 1)
        self._crew: dict[int, tuple[BaseProcess, Connection]] = {}
        for _ in range(count):
            self._start()

    @property
    def worn_out(self) -> bool:
        """Whether more died of late than are started again."""
        return len(self._died) > DEATHS_MAX and self._died[-1] - self._died[0] <= DEATHS_SECONDS

    def look(self, stopped: Connection) -> bool:
        """Waits for what happens next; whether that is the end of it."""
        pipes = {pipe: process for process, pipe in self._crew.values()}
        died = {process.sentinel: process for process, _ in self._crew.values()}
        for each in wait([stopped, *pipes, *died]):
            if each is stopped:
                return True
            if each in died:
                self._replace(died[each])
            elif isinstance(each, Connection) and each in pipes:
                self._heard(each)
        return self.worn_out

    def end(self) -> None:
        """Stops all of them, and waits until each has finished what it acknowledged."""
        for process, _ in self._crew.values():
            process.terminate()
        for process, pipe in self._crew.values():
            process.join()
            pipe.close()

    def _start(self) -> None:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=work, args=(*self._given, theirs), name="xuefen-worker")
        process.start()
        theirs.close()
        assert process.pid is not None
        self._crew[process.pid] = (process, ours)

    def _heard(self, pipe: Connection) -> None:
        try:
            pipe.recv()
        except EOFError:
            return  # it is about to be found dead
        self._waiting -= 1
        if self._waiting == 0:
            self._ready()

    def _replace(self, process: BaseProcess) -> None:
        assert process.pid is not None
        _, pipe = self._crew.pop(process.pid)
        pipe.close()
        process.join()
        mark_process_dead(process.pid)  # type: ignore[no-untyped-call]  # it has no annotations
        self._died.append(time.monotonic())
        log.error("worker died", worker=process.pid, exit=process.exitcode)
        if not self.worn_out:
            self._start()


def work(
    settings: Settings, listener: socket.socket, folder: Path, secret: str, told: Connection
) -> None:
    """One worker: serves on the socket until it is told to stop, or its parent is gone."""

    def left() -> None:
        try:
            told.recv()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=left, name="parent-watch", daemon=True).start()
    crew = Crew(folder, secret)
    serve_on(listener, settings, None, lambda _: told.send(True), crew)


@contextmanager
def _stops() -> Iterator[Connection]:
    """A connection on which something is said once a stop is asked for."""
    heard, said = multiprocessing.Pipe(duplex=False)

    def stop(number: int, frame: Any) -> None:
        said.send(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield heard
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
        heard.close()
        said.close()
