"""Outage: what the log says of a database that is away: a line at first, one a minute, and its end.

Many notice at once: each pool, the listener, the committer. They say it together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import structlog

from ledger.store.seldom import Seldom
from ledger.store.trouble import Trouble, one_line

AWAY = "away"
DRIVER = "psycopg"
log = structlog.get_logger("xuefen.database")
SELDOM = Seldom()


def away(why: Exception | str) -> None:
    """Somebody cannot reach the database."""
    if SELDOM.due(AWAY):
        code = why.code if isinstance(why, Trouble) else None
        log.error("database away", why=one_line(str(why)), **({"code": code} if code else {}))


def back() -> None:
    """Somebody reached it again."""
    seconds = SELDOM.over(AWAY)
    if seconds is not None:
        log.info("database back", seconds=round(seconds, 1))


def outside(trouble: Trouble) -> Trouble:
    """A trouble as somebody elsewhere may hear it; what is withheld goes to the log, but seldom."""
    told = trouble.outside
    if told is not trouble and SELDOM.due(trouble.code):
        log.error("trouble", code=trouble.code, why=one_line(trouble.en))
    return told


def heed_driver(said: Callable[[str], None] = away) -> None:
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
