"""Outage: what the log says of a database that is away: a line at first, one a minute, and its end.

Many notice at once. The listener of a process, which is always connected, says it for all; a pool
speaks where the listener does not, as of connections that are too many.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import structlog

from ledger.store.seldom import Seldom
from ledger.store.trouble import Trouble, one_line

AWAY, REFUSED = "away", "refused"
DRIVER = "psycopg"
log = structlog.get_logger("xuefen.database")
SELDOM = Seldom()


def away(why: Exception | str) -> None:
    """The listener cannot reach the database."""
    if SELDOM.due(AWAY):
        code = why.code if isinstance(why, Trouble) else None
        log.error("database away", why=one_line(str(why)), **({"code": code} if code else {}))


def back() -> None:
    """It reached it again."""
    seconds = SELDOM.over(AWAY)
    if seconds is not None:
        log.info("database back", seconds=round(seconds, 1))


def refused(why: str) -> None:
    """A pool has trouble with its connections."""
    if not SELDOM.lasts(AWAY) and SELDOM.due(REFUSED):
        log.error("connections fail", why=one_line(why))


def outside(trouble: Trouble) -> Trouble:
    """A trouble as somebody elsewhere may hear it; what is withheld goes to the log, but seldom."""
    told = trouble.outside
    if told is not trouble and SELDOM.due(trouble.code):
        log.error("trouble", code=trouble.code, why=one_line(trouble.en))
    return told


def heed_driver(said: Callable[[str], None] = refused) -> None:
    """Has what the driver warns of said by us, and no more as it says it: in many lines, often."""
    driver = logging.getLogger(DRIVER)
    driver.handlers = [_Heard(said)]
    driver.propagate = False


class _Heard(logging.Handler):
    def __init__(self, said: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said(record.getMessage())
