"""Days: those of the calendar, and that what has not come yet cannot be recorded."""

from __future__ import annotations

from datetime import date

from ledger.fault import Fault

# Days outside these are typing mistakes.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


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
