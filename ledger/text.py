"""Texts that people type: what may not be empty, and what may not stand in an event at all."""

from __future__ import annotations

import re
import unicodedata

from ledger.fault import Fault

ID_NUMBER = re.compile(r"(?<!\d)(\d{17})([\dXx])(?!\d)")
WEIGHTS = tuple(2**power % 11 for power in range(17, 0, -1))
CHECKS = "10X98765432"


def filled(text: str, field: str) -> str:
    """The text without spaces around it. Raises ``Fault`` (``EMPTY_TEXT``) for an empty one."""
    trimmed = text.strip()
    if not trimmed:
        raise Fault(
            "EMPTY_TEXT", zh=f"{field} 不能为空", en=f"{field} must not be empty", field=field
        )
    return trimmed


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
