"""Doubt: what becomes of a requirement that hangs on an amount that nobody can be sure of.

What is met without the uncertain amounts is met. Where they make a difference and it is not, nobody
can tell: the old platform may have had more, or less.
"""

from __future__ import annotations

from msgspec import structs

from ledger.balance import Certainty
from ledger.record import Record
from ledger.requirement import Requirement, Result

SETTLED = (Result.MET, Result.COMPLIANT, Result.ADVISORY)
ZH = "其中旧平台期初余额的数额不确定，无法判断。"
EN = "An opening balance of the old platform in it is uncertain, so nobody can tell."


def sure(record: Record) -> Record | None:
    """The record without its uncertain amounts; ``None`` where it has none."""
    certain = [each for each in record.lines if each.balance is not Certainty.UNCERTAIN]
    if len(certain) == len(record.lines):
        return None
    return structs.replace(record, lines=certain)


def doubted(
    whole: tuple[Requirement, ...], certain: tuple[Requirement, ...]
) -> tuple[Requirement, ...]:
    """The requirements, undecided where they hang on what is in the one only."""
    without = {_key(each): each for each in certain}
    return tuple(_doubted(each, without.get(_key(each))) for each in whole)


def _doubted(whole: Requirement, certain: Requirement | None) -> Requirement:
    if certain is None or (whole.had, whole.result) == (certain.had, certain.result):
        return whole
    if certain.result in SETTLED and whole.result is certain.result:
        return whole
    return structs.replace(
        whole,
        result=Result.INDETERMINATE,
        certain=False,
        zh=f"{whole.zh}{ZH}",
        en=f"{whole.en} {EN}",
    )


def _key(asked: Requirement) -> tuple[str, str | None, int | None]:
    return asked.code, asked.rule, asked.year
