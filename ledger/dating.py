"""Dating: how people write days and years into cells."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from ledger.cell import MEMORY_MAX, NOTHING, no_error, said, unfit, unmarked
from ledger.day import FIRST_DAY, LAST_DAY
from ledger.fault import Fault
from ledger.sheet import Cell

DAY = re.compile(
    r"([12][0-9]{3})\s*(?:[-./,]|年)\s*([0-9]{1,2})\s*(?:[-./,]|月)\s*([0-9]{1,2})\s*[日号]?"
    r"(?:[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?)?"
)
COMPACT = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})")
MONTH = re.compile(r"[12][0-9]{3}\s*(?:[-./]|年)\s*[0-9]{1,2}\s*月?")
SERIAL = re.compile(r"[0-9]{5}")
YEAR = re.compile(r"((?:19|20|21)[0-9]{2})(?:年|年度|自然年|学年)?")
# A bare number counts days; before these a bare number is more likely a year or a typing mistake.
EARLIEST, LATEST = date.fromisoformat("1940-01-01"), date.fromisoformat("2099-12-31")
SINCE_1900, SINCE_1904 = date.fromisoformat("1899-12-30"), date.fromisoformat("1904-01-01")


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def day(cell: Cell, since_1904: bool = False) -> date | None:
    """A day, written in figures, as 8 digits, or counted as spreadsheets count."""
    if cell is None or isinstance(cell, bool):
        if cell is None:
            return None
        raise _bad_day(cell)
    if isinstance(cell, date):
        return _in_range(cell)
    found = said(unmarked(cell) if isinstance(cell, str) else cell)
    if not found or found in NOTHING:
        return None
    no_error(found)
    full = DAY.fullmatch(found) or COMPACT.fullmatch(found)
    if full is not None:
        try:
            return _in_range(date(*(int(each) for each in full.groups())))
        except ValueError:
            raise unfit(
                "BAD_DAY", cell, "日历上没有这一天", "the calendar has no such day"
            ) from None
    if SERIAL.fullmatch(found):
        counted = (SINCE_1904 if since_1904 else SINCE_1900) + timedelta(days=int(found))
        if EARLIEST <= counted <= LATEST:
            return counted
    if isinstance(cell, str) and MONTH.fullmatch(found):
        raise unfit("BAD_DAY", cell, "缺少日", "the day of the month is missing")
    raise _bad_day(cell)


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def year(cell: Cell) -> int | None:
    """A year of four digits."""
    found = said(cell).replace(" ", "")
    if not found or found in NOTHING:
        return None
    no_error(found)
    full = YEAR.fullmatch(found)
    if full is None or isinstance(cell, date):
        raise unfit(
            "BAD_YEAR", cell, "应为四位数的年份，如 2024", "a year of four digits is expected"
        )
    return int(full[1])


def _in_range(given: date) -> date:
    exactly = date(given.year, given.month, given.day)
    if not FIRST_DAY <= exactly <= LAST_DAY:
        raise unfit(
            "BAD_DAY",
            exactly,
            f"应在 {FIRST_DAY} 至 {LAST_DAY} 之间",
            f"it must lie between {FIRST_DAY} and {LAST_DAY}",
        )
    return exactly


def _bad_day(cell: Cell) -> Fault:
    return unfit(
        "BAD_DAY",
        cell,
        "应为一个日期，如 2024-3-7、2024年3月7日或 20240307",
        "a day is expected, as 2024-3-7 or 20240307",
    )
