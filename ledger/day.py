"""Days: those of the calendar, what has not come yet, later years, and half-years."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from ledger.fault import Fault
from ledger.names import TermId

# Days outside these are typing mistakes.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

SHANGHAI = timedelta(hours=8)
HALF_YEAR = re.compile(r"([1-9][0-9]{3})(H[12])")
HALVES = {"H1": ((1, 1), (6, 30)), "H2": ((7, 1), (12, 31))}


def in_shanghai(instant: datetime) -> date:
    """The day of an instant."""
    return (instant.astimezone(UTC) + SHANGHAI).date()


def day_of(written: object) -> date:
    """The day that is written, as 2024-03-19. Raises ``Fault`` (``BAD_DAY``)."""
    try:
        day = date.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise Fault(
            "BAD_DAY",
            zh=f"日期须为 {FIRST_DAY} 至 {LAST_DAY} 间真实存在的一天，写作 2024-03-19",
            en=f"a Date is a day of the calendar from {FIRST_DAY} to {LAST_DAY}, as 2024-03-19",
        )
    return day


def happened(day: date, today: date, field: str) -> None:
    """Raises ``Fault`` (``DAY_AHEAD``) for a day that has not come yet."""
    if day > today:
        raise Fault(
            "DAY_AHEAD",
            zh=f"{day} 晚于今天 {today}，还没有发生的事不能登记",
            en=f"{day} lies after today, {today}; what has not happened cannot be recorded",
            field=field,
        )


def last_of(day: date) -> date:
    """The last day of its year."""
    return date(day.year, 12, 31)


def day_after(day: date) -> date:
    """The day after; of the last day of the calendar, that day itself."""
    return day if day == date.max else day + timedelta(days=1)


def years_later(day: date, years: int) -> date:
    """The corresponding day so many years later; 29 February becomes 1 March.

    Beyond the calendar it is the last day of all.
    """
    year = day.year + years
    if year > date.max.year:
        return date.max
    try:
        return day.replace(year=year)
    except ValueError:
        return (day + timedelta(days=1)).replace(year=year)


def half_year(term: TermId) -> tuple[date, date] | None:
    """The first and the last day of a half-year such as ``2023H2``, if the name tells one."""
    read = HALF_YEAR.fullmatch(term.value)
    if read is None:
        return None
    first, last = HALVES[read[2]]
    return date(int(read[1]), *first), date(int(read[1]), *last)
