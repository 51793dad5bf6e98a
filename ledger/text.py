"""Texts that people type: what may not be empty, and what may not stand in an event at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from stdnum.cn import ric

from ledger.fault import Fault

# What shows nothing and is no format character by its category: joiners, fillers, a blank pattern.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# They choose a form of the character before them, and stand for nothing alone.
SELECTORS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
UNSEEN = frozenset({"Cc", "Cf", "Cs"})

# What people put between the digits of a number: blanks, dashes, dots, strokes.
BLANK_OR_STROKE = r"\s\u2010-\u2015\u2212_.\u00b7/-"
BETWEEN = rf"[{BLANK_OR_STROKE}]{{0,3}}"
CUT = r"[\s\u2010-\u2015\u2212.\u00b7-]{1,3}"
DIGITS_MIN = 11
# All digits of a number stand in one of these; most texts have none that is long enough.
RUN = re.compile(rf"[\d{BLANK_OR_STROKE}]{{{DIGITS_MIN},}}")
ID_NUMBER = re.compile(rf"(?<!\d)(?=((?:\d{BETWEEN}){{17}}[\dXx])(?!\d))")
# The numbers of before 1999 have no check digit: together, in their fields, or digit by digit.
OLD_NUMBER = re.compile(
    rf"(?<![\d.])(?=(\d{{15}}|\d{{6}}{CUT}\d{{6}}(?:{CUT})?\d{{3}}"
    rf"|\d{{12}}{CUT}\d{{3}}|\d(?:{CUT}\d){{14}})(?![\d.]))"
)
# As they are written: together, 3-4-4, 3-3-5, 3-8 or 7-4, or digit by digit.
MOBILE_NUMBER = re.compile(
    rf"(?<!\d)(?<!\d[.-])(?:(?:\+|00)?86{CUT}|(?:\+|00)?86)?"
    rf"(?=(1[3-9]\d(?:\d{{8}}|{CUT}\d{{8}}|{CUT}\d{{4}}{CUT}\d{{4}}|{CUT}\d{{3}}{CUT}\d{{5}}"
    rf"|\d{{4}}{CUT}\d{{4}})|1{CUT}[3-9](?:{CUT}\d){{9}})(?!\d|\.\d))"
)
# The first digit of a province's code, and the second ones that occur with it.
PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
TRADITIONAL = str.maketrans(
    "證號碼學員師訓與業個習舉產從優餘備單園復審實對層屬崗開錄應總報據數時曠機條來構標"
    "測狀現電礎確種稱簽簡類級線組織終經結絡統績續編網職聯脫節獲訖記講論設評試話說請課"
    "調負責賬帳質過進遠選間階際項題額驟縣區參發臺計認辦動務準減劃專會體兒書鄉頁語匯執"
    "術內畢歷積聽費鎮兩齊鑒別註",
    "证号码学员师训与业个习举产从优余备单园复审实对层属岗开录应总报据数时旷机条来构标"
    "测状现电础确种称签简类级线组织终经结络统绩续编网职联脱节获讫记讲论设评试话说请课"
    "调负责账账质过进远选间阶际项题额骤县区参发台计认办动务准减划专会体儿书乡页语汇执"
    "术内毕历积听费镇两齐鉴别注",
)
# By their decomposition: raised, lowered and encircled signs, as footnotes have them.
RAISED = ("<super>", "<sub>", "<circle>")
ORDINARY_MAX = 65_536
ID_NUMBER_CHARACTERS = 18  # GB 11643
DIGIT = re.compile(r"[0-9]")
TOKEN = re.compile(r"[0-9A-Za-z]+")
HEX = re.compile(r"(?=.*[a-f])[0-9a-f]+")


def trimmed(text: str) -> str:
    """The text without blanks and invisible characters around it; empty if it says nothing.

    What says something has a letter, a number or a symbol in it.
    """
    if not any(_shows(each) and unicodedata.category(each)[0] in "LNS" for each in text):
        return ""
    start, end = 0, len(text)
    while start < end and not _shows(text[start]):
        start += 1
    # A selector at the end belongs to the character before it.
    while end > start and not _shows(text[end - 1]) and text[end - 1] not in SELECTORS:
        end -= 1
    return text[start:end]


def filled(text: str, field: str) -> str:
    """The text without spaces around it. Raises ``Fault`` (``EMPTY_TEXT``) for an empty one."""
    said = trimmed(text)
    if not said:
        raise Fault(
            "EMPTY_TEXT", zh=f"{field} 不能为空", en=f"{field} must not be empty", field=field
        )
    return said


def normal(text: str) -> str:
    """The text in NFC."""
    return unicodedata.normalize("NFC", text)


def clean(text: str) -> bool:
    """Whether a text is in NFC, without control characters but line breaks and tabs, and without
    characters that nobody sees: those of no width, and those that turn the reading direction.
    """
    if text.isascii():
        return text.isprintable() or all(c.isprintable() or c in "\n\t" for c in text)
    return unicodedata.is_normalized("NFC", text) and all(
        c in "\n\t" or not (c in BLANKS or unicodedata.category(c) in UNSEEN) for c in text
    )


def _shows(char: str) -> bool:
    return not (
        char.isspace()
        or char in BLANKS
        or char in SELECTORS
        or unicodedata.category(char) in UNSEEN
    )


def folded(text: str) -> str:
    """The text as its digits are read: of full width or styled like plain ones, nothing unseen."""
    if text.isascii():
        return text
    return "".join(
        char if (digit := unicodedata.decimal(char, None)) is None else str(digit)
        for char in unicodedata.normalize("NFKC", text)
        if char.isspace() or _shows(char)
    )


def footnote(text: str) -> str:
    """The first sign in a text that is no part of a number, though ``folded`` reads it as one.

    Such as ①, ², ⑴ or ½, beside a figure or alone; empty where there is none.
    """
    return "" if text.isascii() else next(filter(_is_footnote, text), "")


def _is_footnote(char: str) -> bool:
    if char.isascii():
        return False
    if unicodedata.decomposition(char).startswith(RAISED):
        return True
    counts = unicodedata.numeric(char, None) is not None
    plain = unicodedata.decimal(char, None) is not None
    return counts and not plain and any(map(str.isdecimal, unicodedata.normalize("NFKC", char)))


def simplified(text: str) -> str:
    """The text with the characters of tables and forms in their simplified shape.

    Only those that stand in names of columns and in wordings of a few values; no text is kept so.
    """
    return text if text.isascii() else text.translate(TRADITIONAL)


def holds_id_number(text: str) -> bool:
    """Whether a resident id number stands in the text, however its digits are written.

    18 characters have the check digit of GB 11643 (ISO 7064 MOD 11-2), a province and a day of
    birth; the 15 of former times have the last two.
    """
    plain = folded(text)
    if any(_is_id(number) for number in _numbers(ID_NUMBER, plain)):
        return True
    return any(_is_old(number) for number in _numbers(OLD_NUMBER, plain))


def holds_mobile_number(text: str) -> bool:
    """Whether the number of a mobile telephone of the mainland stands in the text."""
    return any(_numbers(MOBILE_NUMBER, folded(text)))


def impersonal(text: str, field: str) -> None:
    """Raises ``Fault`` (``PERSONAL_DATA``) for a text that holds an id or mobile number."""
    held = personal(text)
    if held is not None:
        zh, en = held
        raise Fault(
            "PERSONAL_DATA",
            zh=f"{field} 中有{zh}；个人信息只能填在 person 中，存入保险库",
            en=f"{field} holds {en}; personal data goes into person, to the vault",
            field=field,
        )


def personal(text: str) -> tuple[str, str] | None:
    """What number of a person a text holds, in Chinese and English; ``None``: none."""
    if len(text) < DIGITS_MIN or not _many_digits(folded(text)) or _only_hashes(text):
        return None
    if holds_id_number(text):
        return "身份证号码", "a resident id number"
    return ("手机号码", "a mobile telephone number") if holds_mobile_number(text) else None


@lru_cache(maxsize=ORDINARY_MAX)
def ordinary(text: str) -> bool:
    """Whether a short text, such as the name of a school, is clean and holds no such number.

    It is kept, because the same places, schools and classes come in every event.
    """
    return clean(text) and personal(text) is None


def _many_digits(text: str) -> bool:
    """Whether as many digits as a number has stand together, but for what people put between."""
    runs = RUN.findall(text)
    return bool(runs) and any(sum(map(str.isdigit, each)) >= DIGITS_MIN for each in runs)


def _only_hashes(text: str) -> bool:
    """Whether no digit stands outside of hashes, so that ``_numbers`` would find none; ASCII.

    The names that a load gives are such; most texts of a list are among them.
    """
    if not text.isascii() or "+" in text:
        return False
    tokens = TOKEN.findall(text)
    return all(HEX.fullmatch(each) or not DIGIT.search(each) for each in tokens)


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The digits of each find that is not a piece of a hash or of another id in base 16."""
    hashes: list[tuple[int, int]] | None = None
    for found in pattern.finditer(text):
        if hashes is None:  # hardly any text gets here
            tokens = TOKEN.finditer(text)
            hashes = [token.span() for token in tokens if HEX.fullmatch(token[0])]
        if not any(start <= found.start() < end for start, end in hashes):
            yield "".join(c for c in found[1] if c.isdigit() or c in "Xx")


def _is_id(number: str) -> bool:
    born = number[6:14]
    return (
        ric.calc_check_digit(number) == number[17:].upper()
        and PROVINCES.match(number) is not None
        and "18" <= born[:2] <= "20"
        and _is_day(born)
    )


def _is_old(number: str) -> bool:
    return PROVINCES.match(number) is not None and _is_day("19" + number[6:12])


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
