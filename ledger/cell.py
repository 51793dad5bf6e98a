"""Cell: what people write into one cell, read as a text, an amount, a day, a year or an id number.

Digits of full width, blanks of every kind and the marks that a program puts before a text are
taken as they are meant. What cannot be meant is a fault that says what stands there, what was
expected, and what to do; nothing is guessed and no number is rounded.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from ledger.amount import LARGEST, ZERO, plain, written
from ledger.day import FIRST_DAY, LAST_DAY
from ledger.fault import Fault
from ledger.sheet import Cell
from ledger.text import folded, normal, trimmed

TEXT_CHARACTERS_MAX = 500
SHOWN_CHARACTERS_MAX = 40
MEMORY_MAX = 65_536
DIGITS_MAX = 15  # what a number of a spreadsheet keeps

SURE = frozenset({"确定", "已核实", "准确", "是", "TRUE", "CERTAIN"})
UNSURE = frozenset({"不确定", "待核实", "待定", "存疑", "估算", "否", "FALSE", "UNCERTAIN"})
NOTHING = frozenset({"-", "--", "—", "——", "/", "／", "－", "无", "N/A", "n/a", "\\"})
ERRORS = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA|SPILL!|CALC!)")
UNIT = re.compile(r"(?:个)?(?:学分|学时|课时|分|时|节)$")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
POWER = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
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
MARKED = re.compile(r"^=?\"(.*)\"$", re.S)
DOTS = str.maketrans({"•": "·", "‧": "·", "∙": "·", "・": "·", "．": "·", "⋅": "·", "●": "·"})
LATIN = re.compile(r"[A-Za-z]")


def said(cell: Cell) -> str:
    """The cell as a text with plain digits, without blanks around it and none twice; NFC."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _said(cell)
    if isinstance(cell, Decimal):
        return format(plain(cell), "f")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return cell.isoformat()


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def _said(text: str) -> str:
    return " ".join(folded(text).split())


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def text(cell: Cell) -> str | None:
    """What the cell says as people wrote it, in NFC; ``None`` where it says nothing."""
    if isinstance(cell, str):
        found = trimmed(" ".join(_unmarked(normal(cell)).split()))
        _no_error(found)
        if len(found) > TEXT_CHARACTERS_MAX:
            raise Fault(
                "CELL_TOO_LONG",
                zh=f"有 {len(found)} 个字符，最多 {TEXT_CHARACTERS_MAX} 个",
                en=f"it has {len(found)} characters of at most {TEXT_CHARACTERS_MAX}",
            )
        return found or None
    return said(cell) or None


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def name(cell: Cell) -> str | None:
    """The name of a person: no blanks within a Chinese one, one dot in one of several parts."""
    found = text(cell)
    if found is None or not isinstance(cell, str):
        if found is None:
            return None
        raise _unfit("BAD_NAME", cell, "应为姓名", "a name is expected")
    plainly = found.translate(DOTS)
    if not LATIN.search(folded(plainly)):
        plainly = "".join(plainly.split())
    if any(each.isdigit() for each in plainly):
        raise _unfit("BAD_NAME", cell, "姓名里不应有数字", "a name has no digits")
    return plainly


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def number(cell: Cell) -> str | None:
    """A number or code by which a platform knows somebody, as text."""
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        if len(format(plain(cell), "f")) > DIGITS_MAX:
            raise _destroyed("编号", "the number")
        return said(cell)
    if isinstance(cell, str):
        found = said(_unmarked(cell))
        _no_error(found)
        if POWER.fullmatch(found):
            raise _destroyed("编号", "the number")
        return "".join(found.split()) or None
    return None if cell is None else said(cell)


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def id_number(cell: Cell) -> str | None:
    """A resident id number of 18 characters. One stored as a number is refused by its type."""
    if cell is None:
        return None
    if not isinstance(cell, str):
        raise _destroyed("身份证号", "the id number")
    found = "".join(said(_unmarked(cell)).split()).replace("-", "").upper()
    if not found or found in NOTHING:
        return None
    _no_error(found)
    if POWER.fullmatch(found):
        raise _destroyed("身份证号", "the id number")
    if "*" in found:
        raise Fault(
            "ID_NUMBER_MASKED",
            zh="身份证号是打了星号的，无法核对，请填写完整号码或平台编号",
            en="the id number is masked with stars; give the whole number, or the platform's",
        )
    try:
        ric.get_birth_date(found)
        right = found[:-1].isdigit() and ric.calc_check_digit(found) == found[-1:]
    except (ValidationError, ValueError, IndexError):
        right = False
    if not right or len(found) != len("330381199001010000"):
        raise _bad_id(found)
    return found


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def amount(cell: Cell) -> Decimal | None:
    """Hours or credits as they are written, not rounded to anything."""
    if cell is None:
        return None
    given: Decimal | None = cell if isinstance(cell, Decimal) else None
    if isinstance(cell, str):
        found = said(_unmarked(cell))
        if not found or found in NOTHING:
            return None
        _no_error(found)
        found = UNIT.sub("", found).strip()
        if THOUSANDS.fullmatch(found):
            found = found.replace(",", "")
        given = written(found)
    if given is None:
        raise _unfit("BAD_AMOUNT", cell, "应为数字", "a number is expected")
    if not ZERO <= given <= LARGEST:
        raise _unfit(
            "BAD_AMOUNT", cell, f"应在 0 至 {LARGEST} 之间", f"it must lie between 0 and {LARGEST}"
        )
    return plain(given)


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def day(cell: Cell, since_1904: bool = False) -> date | None:
    """A day, written in figures, as 8 digits, or counted as spreadsheets count."""
    if cell is None or isinstance(cell, bool):
        if cell is None:
            return None
        raise _bad_day(cell)
    if isinstance(cell, date):
        return _in_range(cell)
    found = said(_unmarked(cell) if isinstance(cell, str) else cell)
    if not found or found in NOTHING:
        return None
    _no_error(found)
    full = DAY.fullmatch(found) or COMPACT.fullmatch(found)
    if full is not None:
        try:
            return _in_range(date(*(int(each) for each in full.groups())))
        except ValueError:
            raise _unfit(
                "BAD_DAY", cell, "日历上没有这一天", "the calendar has no such day"
            ) from None
    if SERIAL.fullmatch(found):
        counted = (SINCE_1904 if since_1904 else SINCE_1900) + timedelta(days=int(found))
        if EARLIEST <= counted <= LATEST:
            return counted
    if isinstance(cell, str) and MONTH.fullmatch(found):
        raise _unfit("BAD_DAY", cell, "缺少日", "the day of the month is missing")
    raise _bad_day(cell)


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def year(cell: Cell) -> int | None:
    """A year of four digits."""
    found = said(cell).replace(" ", "")
    if not found or found in NOTHING:
        return None
    _no_error(found)
    full = YEAR.fullmatch(found)
    if full is None or isinstance(cell, date):
        raise _unfit(
            "BAD_YEAR", cell, "应为四位数的年份，如 2024", "a year of four digits is expected"
        )
    return int(full[1])


def certain(cell: Cell) -> bool | None:
    """Whether an amount is said to be certain."""
    found = said(cell).replace(" ", "").upper()
    if not found or found in NOTHING:
        return None
    if found not in SURE | UNSURE:
        raise _unfit("BAD_CERTAINTY", cell, "应为确定或不确定", "确定 or 不确定 is expected")
    return found in SURE


def _unmarked(given: str) -> str:
    """Without what only tells a program that it is a text: an apostrophe, ``="…"``."""
    bare = given.strip().removeprefix("'").removeprefix("‘")
    wrapped = MARKED.match(bare)
    return wrapped[1] if wrapped else bare


def _no_error(found: str) -> None:
    if found.startswith("#") and ERRORS.match(found):
        raise Fault(
            "CELL_ERROR",
            zh=f"公式出错：{found[:SHOWN_CHARACTERS_MAX]}，请改正公式或填写数值",
            en=f"the formula has failed: {found[:SHOWN_CHARACTERS_MAX]}; mend it, or give the "
            "value",
        )


def _in_range(given: date) -> date:
    exactly = date(given.year, given.month, given.day)
    if not FIRST_DAY <= exactly <= LAST_DAY:
        raise _unfit(
            "BAD_DAY",
            exactly,
            f"应在 {FIRST_DAY} 至 {LAST_DAY} 之间",
            f"it must lie between {FIRST_DAY} and {LAST_DAY}",
        )
    return exactly


def _unfit(code: str, cell: Cell, zh: str, en: str) -> Fault:
    shown = said(cell)
    shown = shown if len(shown) <= SHOWN_CHARACTERS_MAX else shown[:SHOWN_CHARACTERS_MAX] + "…"
    return Fault(code, zh=f"“{shown}”：{zh}", en=f"'{shown}': {en}")


def _bad_day(cell: Cell) -> Fault:
    return _unfit(
        "BAD_DAY",
        cell,
        "应为一个日期，如 2024-3-7、2024年3月7日或 20240307",
        "a day is expected, as 2024-3-7 or 20240307",
    )


def _bad_id(found: str) -> Fault:
    # The number itself is not repeated: what is wrong is often one digit of a real one.
    if len(found) == DIGITS_MAX and found.isdigit():
        return Fault(
            "ID_NUMBER_OLD",
            zh="是 15 位的旧身份证号，请填写 18 位号码",
            en="it is an id number of 15 digits; give the one of 18",
        )
    if found.endswith("000") and found.isdigit():
        return _destroyed("身份证号", "the id number")
    return Fault(
        "BAD_ID_NUMBER",
        zh="身份证号不正确（18 位、出生日期和末位校验码须相符，末位可为 X），请核对",
        en="the id number is not valid: 18 characters with a day of birth and a check digit",
    )


def _destroyed(zh: str, en: str) -> Fault:
    return Fault(
        "STORED_AS_NUMBER",
        zh=f"{zh}是按数字存的，15 位以后的数字已经丢失，改格式也找不回来；"
        "请把这一列设为“文本”后重新填写或粘贴",
        en=f"{en} is stored as a number, so its digits after the fifteenth are lost and no "
        "format brings them back; make the column a text and enter them again",
    )
