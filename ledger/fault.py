"""Faults: what makes no sense at all and is turned away before anything is decided.

A fault is different from a refusal. A refusal follows from a rule and cites its clause; a fault is
a malformed name, an unknown reference, half an hour too precise. Both are data with a code and a
sentence in Chinese and in English, and neither writes anything.
"""

from __future__ import annotations


class Fault(ValueError):
    """A malformed input. ``code`` is stable, ``field`` names the place where it is known."""

    def __init__(self, code: str, *, zh: str, en: str, field: str | None = None) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en
        self.field = field
