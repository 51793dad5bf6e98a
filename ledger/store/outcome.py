"""Outcome: what became of the last write of this process, and since when writes fail.

A ledger that cannot write still answers whoever reads; so it has to say it by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

import psycopg
import structlog

from ledger.store.aside import aside
from ledger.store.connection import trouble_of
from ledger.store.seldom import Seldom
from ledger.store.trouble import Trouble, one_line

# Classes of states that are the fault of what was to be written (PostgreSQL's appendix A).
OF_THE_WORK = ("22", "23", "54")
log = structlog.get_logger("xuefen.writes")


@dataclass(frozen=True)
class Failing:
    """Writes fail: since when, when the last did, and why."""

    since: datetime
    last: datetime
    why: Trouble


class Outcome:
    """Kept by who writes, read by who tells how it stands. Safe on all threads."""

    def __init__(self) -> None:
        self.failing: Failing | None = None
        # Is told at each change whether writes fail.
        self.heard: Callable[[bool], None] | None = None
        self._lock = Lock()
        self._seldom = Seldom()

    def wrote(self) -> None:
        """Something was written, here or by somebody else."""
        if self.failing is None:
            return
        with self._lock:
            failing, self.failing = self.failing, None
        if failing is not None:
            seconds = (datetime.now(UTC) - failing.since).total_seconds()
            aside(log.info, "writes go on", code=failing.why.code, seconds=round(seconds, 1))
            self._hear(failing=False)

    def failed(self, error: BaseException) -> None:
        """A write failed; where what was to be written was at fault it says nothing of others."""
        why = _why(error)
        if why is None:
            return
        now = datetime.now(UTC)
        with self._lock:
            before = self.failing
            self.failing = Failing(now if before is None else before.since, now, why)
        if self._seldom.due(why.code) or before is None:
            aside(log.error, "writes fail", code=why.code, why=one_line(why.en))
        if before is None:
            self._hear(failing=True)

    def _hear(self, *, failing: bool) -> None:
        if self.heard is not None:
            aside(self.heard, failing)


def _why(error: BaseException) -> Trouble | None:
    if isinstance(error, Trouble):
        return error
    if not isinstance(error, psycopg.Error):
        return None
    known = trouble_of(error)
    # The driver refuses some values by itself, as a text with U+0000, and names no state.
    faulty = isinstance(error, psycopg.DataError)
    if known is not None or faulty or (error.sqlstate or "").startswith(OF_THE_WORK):
        return known
    state = error.sqlstate or type(error).__name__
    return Trouble(
        "WRITE_REFUSED",
        zh=f"数据库拒绝写入（{state}）。请管理员查看数据库日志。",
        en=f"The database refuses to write ({state}). Have its administrator look at its log.",
    )
