"""Texts that people type: what may not be empty, and what may not stand in an event at all."""

from __future__ import annotations

import re
import unicodedata

from ledger.fault import Fault

ID_NUMBER = re.compile(r"(?<!\d)(\d{17})([\dXx])(?!\d)")
WEIGHTS = tuple(2**power % 11 for power in range(17, 0, -1))
CHECKS = "10X98765432"

# Shown as nothing, though Unicode calls them letters, symbols or marks: fillers, variation
# selectors and the joiner of graphemes.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5") | {
    chr(each) for each in (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))
}


def trimmed(text: str) -> str:
    """The text without blanks and invisible characters around it; one that says nothing is empty.

    What says something has a letter, a number or a symbol in it.
    """
    if not any(unicodedata.category(each)[0] in "LNS" and each not in BLANK for each in text):
        return ""
    first = next(at for at, each in enumerate(text) if not _unseen(each))
    last = next(at for at in reversed(range(len(text))) if not _unseen(text[at]))
    return text[first : last + 1]


def _unseen(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "CZ" or character in BLANK


def filled(text: str, field: str) -> str:
    """The text ``trimmed``. Raises ``Fault`` (``EMPTY_TEXT``) for one that says nothing."""
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
    """Whether a text is in NFC and free of control characters but line breaks and tabs."""
    if text.isascii():
        return text.isprintable() or all(c.isprintable() or c in "\n\t" for c in text)
    return unicodedata.is_normalized("NFC", text) and all(
        c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in text
    )


def holds_id_number(text: str) -> bool:
    """Whether a resident id number stands in the text: 18 characters whose check digit is right.

    The check digit is that of GB 11643 (ISO 7064 MOD 11-2).
    """
    for digits, check in ID_NUMBER.findall(text):
        total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
        if CHECKS[total % 11] == check.upper() and "18" <= digits[6:8] <= "20":
            return True
    return False


def impersonal(text: str, field: str) -> None:
    """Raises ``Fault`` (``PERSONAL_DATA``) for a text that holds a resident id number."""
    if holds_id_number(text):
        raise Fault(
            "PERSONAL_DATA",
            zh=f"{field} 中有身份证号码；个人信息只能填在 person 中，存入保险库",
            en=f"{field} holds a resident id number; personal data goes into person, to the vault",
            field=field,
        )
