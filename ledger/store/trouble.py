"""Trouble: what an operator must mend before the ledger can go on, said in one clear sentence."""

from __future__ import annotations


class Trouble(Exception):
    """The store cannot be used. ``code`` is stable; ``zh`` and ``en`` say what to do."""

    def __init__(self, code: str, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en
