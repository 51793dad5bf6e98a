"""The log: one JSON object a line on standard error, with the id of the request where there is one.

Standard output is for data. A line that cannot be written, as on a full disk or to a reader that is
gone, is lost: whoever tells of a trouble has work to go on with.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

import structlog

from ledger.store.outage import heed_driver, refused


class Lossy(structlog.WriteLogger):
    """Writes each line at once, if that can be done."""

    def msg(self, message: str) -> None:
        """Writes a line, or loses it."""
        with suppress(OSError, ValueError):  # the latter of a stream that is closed
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def logging(driver: Callable[[str], None] = refused) -> None:
    """Has what is logged go there. ``driver``: is told what the database's driver warns of."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        # The stream of the moment: who runs a command within a program may close its own.
        logger_factory=lambda *_: Lossy(sys.stderr),
    )
    heed_driver(driver)
