"""Days: what has not come yet cannot be recorded, and which days a half-year has."""

from __future__ import annotations

import re
from datetime import date

from ledger.fault import Fault
from ledger.names import TermId

# Days outside these are typing mistakes.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

HALF_YEAR = re.compile(r"([1-9][0-9]{3})(H[12])")
HALVES = {"H1": ((1, 1), (6, 30)), "H2": ((7, 1), (12, 31))}


def happened(day: date, today: date, field: str) -> None:
    """Raises ``Fault`` (``DAY_AHEAD``) for a day that has not come yet."""
    if day > today:
        raise Fault(
            "DAY_AHEAD",
            zh=f"{day} 晚于今天 {today}，还没有发生的事不能登记",
            en=f"{day} lies after today, {today}; what has not happened cannot be recorded",
            field=field,
        )


def half_year(term: TermId) -> tuple[date, date] | None:
    """The first and the last day of a half-year such as ``2023H2``, if the name tells one."""
    read = HALF_YEAR.fullmatch(term.value)
    if read is None:
        return None
    first, last = HALVES[read[2]]
    return date(int(read[1]), *first), date(int(read[1]), *last)
