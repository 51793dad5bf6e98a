"""Cell: what people write into one cell, read as a text, an amount, or a number.

Digits of full width, blanks of every kind and the marks that a program puts before a text are
taken as they are meant. What cannot be meant is a fault that says what stands there, what was
expected, and what to do; nothing is guessed and no number is rounded.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from ledger.amount import LARGEST, ZERO, plain, written
from ledger.fault import Fault
from ledger.names import VALUE
from ledger.sheet import UNCALCULATED, Cell
from ledger.text import ID_NUMBER_CHARACTERS, folded, footnote, normal, trimmed

TEXT_CHARACTERS_MAX = 500
SHOWN_CHARACTERS_MAX = 40
MEMORY_MAX = 65_536
DIGITS_MAX = 15  # what a number of a spreadsheet keeps

NOTHING = frozenset({"-", "--", "—", "——", "/", "／", "－", "无", "N/A", "n/a", "\\"})
ERRORS = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA|SPILL!|CALC!)")
UNIT = re.compile(r"(?:个)?(?:学分|学时|课时|分|时|节)$")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
POWER = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
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
        found = trimmed(" ".join(unmarked(normal(cell)).split()))
        no_error(found)
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
        raise unfit("BAD_NAME", cell, "应为姓名", "a name is expected")
    plainly = found.translate(DOTS)
    if not LATIN.search(folded(plainly)):
        plainly = "".join(plainly.split())
    if any(each.isdigit() for each in plainly):
        raise unfit("BAD_NAME", cell, "姓名里不应有数字", "a name has no digits")
    return plainly


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def number(cell: Cell) -> str | None:
    """A number or code by which a platform knows somebody, as text."""
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        if len(format(plain(cell), "f")) > DIGITS_MAX:
            raise _destroyed("编号", "the number")
        return said(cell)
    if isinstance(cell, str):
        found = said(unmarked(cell))
        no_error(found)
        no_footnote(cell, "BAD_NUMBER")
        if POWER.fullmatch(found):
            raise _destroyed("编号", "the number")
        return "".join(found.split()) or None
    return None if cell is None else said(cell)


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def platform_number(cell: Cell) -> str | None:
    """The number of a teacher on the platform, in the form that such numbers have."""
    found = number(cell)
    if found is None or found in NOTHING:
        return None
    if not VALUE.fullmatch(found.removeprefix("teacher:")):
        zh, en = "应为平台编号：字母、数字或 . _ -", "a number on the platform is expected"
        raise unfit("BAD_NUMBER", cell, zh, en)
    return found


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def id_number(cell: Cell) -> str | None:
    """A resident id number of 18 characters. One stored as a number is refused by its type."""
    if cell is None:
        return None
    if not isinstance(cell, str):
        raise _destroyed("身份证号", "the id number")
    found = "".join(said(unmarked(cell)).split()).replace("-", "").upper()
    if not found or found in NOTHING:
        return None
    no_error(found)
    no_footnote(cell, "BAD_ID_NUMBER")
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
    if not right or len(found) != ID_NUMBER_CHARACTERS:
        raise _bad_id(found)
    return found


def id_misread(cell: Cell) -> str | None:
    """What stands where an id number should, if it has the length of one; for suggestions only."""
    if not isinstance(cell, str):
        return None
    found = "".join(said(unmarked(cell)).split()).replace("-", "").upper()
    whole = len(found) == ID_NUMBER_CHARACTERS and found.isascii()
    return found if whole and found[:-1].isdigit() else None


@lru_cache(maxsize=MEMORY_MAX, typed=True)
def amount(cell: Cell) -> Decimal | None:
    """Hours or credits as they are written, not rounded to anything."""
    if cell is None:
        return None
    given: Decimal | None = cell if isinstance(cell, Decimal) else None
    if isinstance(cell, str):
        found = said(unmarked(cell))
        if not found or found in NOTHING:
            return None
        no_error(found)
        no_footnote(cell, "BAD_AMOUNT")
        found = UNIT.sub("", found).strip()
        if THOUSANDS.fullmatch(found):
            found = found.replace(",", "")
        given = written(found)
    if given is None:
        raise unfit("BAD_AMOUNT", cell, "应为数字", "a number is expected")
    if not ZERO <= given <= LARGEST:
        raise unfit(
            "BAD_AMOUNT", cell, f"应在 0 至 {LARGEST} 之间", f"it must lie between 0 and {LARGEST}"
        )
    return plain(given)


def unmarked(given: str) -> str:
    """The text without what only tells a program that it is a text: an apostrophe, ``="…"``."""
    bare = given.strip().removeprefix("'").removeprefix("‘")
    wrapped = MARKED.match(bare)
    return wrapped[1] if wrapped else bare


def no_error(found: str) -> None:
    """Raises ``Fault`` (``CELL_ERROR``) for what a failed formula leaves in its cell."""
    if found == UNCALCULATED:
        raise Fault(
            "CELL_ERROR",
            zh="公式没有计算过，不知道它的值；请用表格软件打开并保存后再上传，或填写数值",
            en="the formula was never calculated; open and save the file in a spreadsheet program, "
            "or give the value",
        )
    if found.startswith("#") and ERRORS.match(found):
        raise Fault(
            "CELL_ERROR",
            zh=f"公式出错：{found[:SHOWN_CHARACTERS_MAX]}，请改正公式或填写数值",
            en=f"the formula has failed: {found[:SHOWN_CHARACTERS_MAX]}; mend it, or give the "
            "value",
        )


def no_footnote(cell: Cell, code: str) -> None:
    """Raises ``Fault`` for a figure with a sign such as ① or ², which is no digit of it."""
    sign = footnote(cell) if isinstance(cell, str) else ""
    if sign:
        raise Fault(
            code,
            zh=f"有符号“{sign}”，像是注脚，不能当作数字；请删去，说明写在备注列",
            en=f"it has the sign {sign}, as of a footnote, which is no digit; remove it, and write "
            "what it says into a column of remarks",
        )


def unfit(code: str, cell: Cell, zh: str, en: str) -> Fault:
    """A fault that shows what stands in a cell, and says what should."""
    shown = said(cell)
    shown = shown if len(shown) <= SHOWN_CHARACTERS_MAX else shown[:SHOWN_CHARACTERS_MAX] + "…"
    return Fault(code, zh=f"“{shown}”：{zh}", en=f"'{shown}': {en}")


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
