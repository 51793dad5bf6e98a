"""Doubt: what becomes of a requirement that hangs on an amount that nobody can be sure of.

What is met without the uncertain amounts is met. Where they make a difference and it is not, nobody
can tell: the old platform may have had more, or less. What is not judged at all stays that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import structs

from ledger.balance import Certainty
from ledger.record import Record
from ledger.requirement import Requirement, Result

SETTLED = (Result.MET, Result.COMPLIANT, Result.ADVISORY)
UNJUDGED = (Result.NOT_ASSESSED, Result.LOCAL_DISCRETION, Result.NOT_APPLICABLE)
Key = tuple[str, str | None, int | None, int]
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
    without = dict(_keyed(certain))
    return tuple(_doubted(each, without.get(key)) for key, each in _keyed(whole))


def _doubted(whole: Requirement, certain: Requirement | None) -> Requirement:
    if certain is None or (whole.had, whole.result) == (certain.had, certain.result):
        return whole
    if certain.result in (*SETTLED, *UNJUDGED) and whole.result is certain.result:
        return whole
    return structs.replace(
        whole,
        result=Result.INDETERMINATE,
        certain=False,
        zh=f"{whole.zh}{ZH}",
        en=f"{whole.en} {EN}",
    )


def _keyed(told: Iterable[Requirement]) -> Iterator[tuple[Key, Requirement]]:
    """Each by what it asks; where that is asked of several spans, also by which of them."""
    counts: Counter[tuple[str, str | None, int | None]] = Counter()
    for each in told:
        asked = each.code, each.rule, each.year
        counts[asked] += 1
        yield (*asked, counts[asked]), each
