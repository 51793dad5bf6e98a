"""Dating: how people write days, years and cycles into cells."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from ledger.cell import MEMORY_MAX, NOTHING, no_error, no_footnote, said, unfit, unmarked
from ledger.day import FIRST_DAY, LAST_DAY
from ledger.fault import Fault
from ledger.sheet import Cell

DAY = re.compile(
    r"([12][0-9]{3})(?:\s*(?:[-./,、·•・。]|年)\s*|\s+)([0-9]{1,2})"
    r"(?:\s*(?:[-./,、·•・。]|月)\s*|\s+)([0-9]{1,2})\s*[日号]?"
    r"(?:[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?)?"
)
# Two figures of a year are taken only in the order and with the marks of a Chinese day.
SHORT = re.compile(r"[0-9]{2}(?:\.[0-9]{1,2}\.[0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}[日号]?)")
CENTURY = "20"
NUMERALS = re.compile(
    r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]"
)
WEEKDAY = re.compile(r"\s*[(,]?\s*(?:星期|周|礼拜)[一二三四五六日天]\s*[)]?$")
DAYS = re.compile(
    rf"(?P<first>{DAY.pattern}|{SHORT.pattern})\s*(?:至|到|[-—–~～]{{1,2}})\s*"
    rf"(?:(?P<last>{DAY.pattern}|{SHORT.pattern})"
    r"|(?:(?P<month>[0-9]{1,2})\s*[-./月]\s*)?(?P<day>[0-9]{1,2})\s*[日号]?)"
)
COMPACT = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})")
MONTH = re.compile(r"[12][0-9]{3}\s*(?:[-./,、·•・。\s]|年)\s*[0-9]{1,2}\s*月?")
SERIAL = re.compile(r"[0-9]{5}")
YEAR = re.compile(r"((?:19|20|21)[0-9]{2})(?:年|年度|自然年|学年)?")
POINT = r"([12][0-9]{3})(?:[-./年]([0-9]{1,2})(?:[-./月]([0-9]{1,2})[日号]?|月?)|年)?"
SPAN = re.compile(rf"[(]?{POINT}(?:至|到|[-—–~～/]{{1,2}}){POINT}(?:周期)?[)]?")
ORDINAL = re.compile(
    r"第?([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:个|轮)?(?:培训|学分)?(?:周期)?"
)
RUNNING = frozenset({"本周期", "当前周期", "现周期", "本轮周期"})
FIGURES = "〇一二三四五六七八九"
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
    no_footnote(cell, "BAD_DAY")
    if isinstance(cell, str):
        found = _figures(found)
        found = SHORT.sub(CENTURY + r"\g<0>", found) if SHORT.fullmatch(found) else found
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
def first_day(cell: Cell, since_1904: bool = False) -> date | None:
    """A day; of the days from one to another, the first."""
    ends = _ends(cell)
    return ends[0] if ends else day(cell, since_1904)


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def last_day(cell: Cell, since_1904: bool = False) -> date | None:
    """A day; of the days from one to another, the last."""
    ends = _ends(cell)
    return ends[1] if ends else day(cell, since_1904)


def _ends(cell: Cell) -> tuple[date, date] | None:
    """The first and the last of some days; the last may leave out the year, or the month too."""
    given = DAYS.fullmatch(_figures(said(unmarked(cell)))) if isinstance(cell, str) else None
    if given is None:
        return None
    no_footnote(cell, "BAD_DAY")
    first = day(given["first"])
    if first is None:
        return None
    last = day(given["last"]) if given["last"] else None
    if last is None:
        try:
            last = date(first.year, int(given["month"] or first.month), int(given["day"]))
        except ValueError:
            raise _bad_day(cell) from None
    if last < first:
        raise unfit("BAD_DAY", cell, "结束早于开始", "it ends before it begins")
    return first, last


def _figures(found: str) -> str:
    """A day in figures that is written in Chinese numerals; without its day of the week."""
    found = WEEKDAY.sub("", found)
    numerals = NUMERALS.fullmatch(found)
    if numerals is None:
        return found
    years, month, ordinal = numerals.groups()
    digits = "".join(str(FIGURES.index(each)) for each in years.replace("零", "〇"))
    return f"{digits}年{_counted(month)}月{_counted(ordinal)}日"


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def year(cell: Cell) -> int | None:
    """A year of four digits."""
    found = said(cell).replace(" ", "")
    if not found or found in NOTHING:
        return None
    no_error(found)
    no_footnote(cell, "BAD_YEAR")
    full = YEAR.fullmatch(found)
    if full is None or isinstance(cell, date):
        raise unfit(
            "BAD_YEAR", cell, "应为四位数的年份，如 2024", "a year of four digits is expected"
        )
    return int(full[1])


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def cycle(cell: Cell) -> str | None:
    """The number of a cycle, as ``1``, or its span, as ``2019-09/2024-08``.

    Which cycle of a teacher begins and ends so is told where cycles are known.
    """
    found = said(cell).replace(" ", "")
    if not found or found in NOTHING or found in RUNNING:
        return None
    no_error(found)
    no_footnote(cell, "BAD_CYCLE")
    given = ORDINAL.fullmatch(found)
    number = _counted(given[1]) if given and not isinstance(cell, bool | date) else 0
    if number:
        return str(number)
    ends = SPAN.fullmatch(found)
    parts = ends.groups() if ends else ()
    half = len(parts) // 2
    first, last = (_point(parts[:half]), _point(parts[half:])) if ends else ("", "")
    if not first or not last or first > last:
        raise unfit(
            "BAD_CYCLE",
            cell,
            "应为第几周期（如 1、第一周期），或周期的起止（如 2019-2024、2019.9-2024.8）",
            "the number of a cycle is expected, or when it begins and ends, as 2019-2024",
        )
    return f"{first}/{last}"


def _counted(written: str) -> int:
    """The number that figures or Chinese numerals up to 99 write; 0 for what is none."""
    if written.isascii():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    if not ten:
        return FIGURES.find(written) if len(written) == 1 else 0
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    return int(f"{FIGURES.find(tens) if tens else 1}{FIGURES.find(ones) if ones else 0}")


def _point(parts: tuple[str | None, ...]) -> str:
    """A year, month or day in ISO form; empty where the calendar has none such."""
    whole = [int(each) for each in parts if each]
    try:
        day = date(*whole, *[1] * (len(parts) - len(whole)))
    except ValueError:
        return ""
    return "-".join(day.isoformat().split("-")[: len(whole)])


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
