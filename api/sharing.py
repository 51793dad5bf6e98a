"""Sharing the embedded server: any number of programs use it, and the last one out stops it.

Each program holds a shared lock on a file in the data folder while it uses the server. Whoever
leaves tries for the lock alone: it gets it only as the last one. A server that none of these
programs started, such as one kept up by hand, is left running. A server that dies while it is used
is started again.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ledger.store.embedded import Embedded
from ledger.store.folder import USERS, claim, folder_trouble, server_account
from ledger.store.outage import SELDOM
from ledger.store.postmaster import postmaster_of
from ledger.store.trouble import Trouble

WATCH_SECONDS = 1.0
DOWN = "embedded"
log = structlog.get_logger()


@contextmanager
def sharing(embedded: Embedded) -> Iterator[str]:
    """The URL of the server, started where it does not run."""
    claim(embedded.data, server_account())
    with folder_trouble(embedded.data):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        users = os.open(embedded.data / USERS, flags, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        url = _start(embedded, users)
        leaving = threading.Event()
        watch = threading.Thread(
            target=_keep_up, args=(embedded, users, leaving), name="postgres-watch", daemon=True
        )
        watch.start()
        try:
            yield url
        finally:
            leaving.set()
            watch.join()
            if _last_one_out(users) and _noted(users) == _postmaster(embedded):
                embedded.stop()
    finally:
        os.close(users)


def in_use(embedded: Embedded) -> bool:
    """Whether some program uses the server on this folder now."""
    try:
        users = os.open(embedded.data / USERS, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _last_one_out(users)
    finally:
        os.close(users)


def _keep_up(embedded: Embedded, users: int, leaving: threading.Event) -> None:
    """Starts the server again when it died under us; while we hold our lock nobody stops it."""
    while not leaving.wait(WATCH_SECONDS):
        if embedded.running:
            continue
        try:
            embedded.start()
        except Trouble as trouble:
            if SELDOM.due(DOWN):
                log.error("embedded PostgreSQL is down", zh=trouble.zh, en=trouble.en)
        else:
            SELDOM.over(DOWN)
            _note(users, _postmaster(embedded))
            log.warning("embedded PostgreSQL died and was started again", data=str(embedded.data))


def _start(embedded: Embedded, users: int) -> str:
    """Starts or joins; a start that is broken off leaves no server behind."""
    before = _postmaster(embedded)
    try:
        url = embedded.start()
    except BaseException:
        if before is None and _last_one_out(users):
            embedded.stop()
        raise
    if not embedded.joined:
        _note(users, _postmaster(embedded))
    return url


def _last_one_out(users: int) -> bool:
    """Whether nobody else uses the server; whoever comes now waits until we are gone."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _postmaster(embedded: Embedded) -> int | None:
    server = postmaster_of(embedded.cluster)
    return None if server is None else server.pid


def _note(users: int, pid: int | None) -> None:
    """Which server the programs are to stop."""
    os.pwrite(users, f"{pid or 0:<20}\n".encode(), 0)


def _noted(users: int) -> int | None:
    text = os.pread(users, 21, 0).strip()
    return int(text) if text.isdigit() else None
