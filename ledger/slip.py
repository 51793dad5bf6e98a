"""Slip: what a row says of the credit that it means, beside its amount, and the ledger otherwise.

A row of another year, cycle, kind or period than its credit is not the same, though the amounts
are: in a total of that year it would be missing here and be too much there. Within one year and
cycle a day that is another one moves no amount; it is said all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ledger.amount import ZERO
from ledger.breakdown import shown
from ledger.cause import Cause, Portion, portion
from ledger.claim import Claim
from ledger.influence import Influences
from ledger.mark import of_kind
from ledger.record import Line
from ledger.word import in_chinese

# These leave a row as equal as its amounts are.
HARMLESS = (Cause.OTHER_DAY,)


def slips(person: Influences, claim: Claim, line: Line) -> Iterator[Portion]:
    """What the row has otherwise; each is worth nothing by itself."""
    cause = placed(person, claim, line)
    if cause is not None:
        zh, en = _when(person, claim, line)
        yield _slip(cause, line, zh, en)
    if not of_kind(claim, line):
        assert claim.kind is not None
        kind = shown(line).value
        here, there = in_chinese(kind), in_chinese(claim.kind.value)
        zh = f"“{line.title}”在账本中的类别是{here}，名册写作{there}。"
        en = f"{line.title} is of the kind {kind}; the sheet has {claim.kind.value}."
        yield _slip(Cause.OTHER_KIND, line, zh, en)


def placed(person: Influences, claim: Claim, line: Line) -> Cause | None:
    """How far off the row has the credit: in another year or cycle, on another day, or not."""
    day = claim.completed
    held = [each for each in person.cycles() if each.holds(line.completed)]
    if claim.year is not None and claim.year not in _years(line):
        return Cause.OTHER_CYCLE
    if claim.cycle is not None and held and all(each.number != claim.cycle for each in held):
        return Cause.OTHER_CYCLE
    if day is None or (line.since or line.completed) <= day <= line.completed:
        return None
    return apart(person, day, line.since or line.completed, line.completed)


def apart(person: Influences, day: date, first: date, last: date) -> Cause:
    """How far a day lies from a training between two days: on another day, or in another year."""
    held = [each for each in person.cycles() if each.holds(last)]
    inside = first.year <= day.year <= last.year and all(each.holds(day) for each in held)
    return Cause.OTHER_DAY if inside and person.terms.holds(day) else Cause.OTHER_CYCLE


def _years(line: Line) -> range:
    return range((line.since or line.completed).year, line.completed.year + 1)


def _when(person: Influences, claim: Claim, line: Line) -> tuple[str, str]:
    said: list[date | str] = [claim.completed] if claim.completed else []
    said_en = [str(each) for each in said]
    if claim.year is not None:
        said, said_en = [*said, f"{claim.year} 年"], [*said_en, f"the year {claim.year}"]
    if claim.cycle is not None:
        said = [*said, f"第 {claim.cycle} 周期"]
        said_en = [*said_en, f"cycle {claim.cycle}"]
    zh = f"“{line.title}”在账本中 {line.completed} 结束，名册写作 {'、'.join(map(str, said))}。"
    en = f"{line.title} ended on {line.completed}; the sheet has {', '.join(said_en)}."
    if claim.completed == line.recognised:
        zh += "那是认定日。"
        en += " That is the day of its recognition."
    if claim.completed is not None and not person.terms.holds(claim.completed):
        zh += "该日不在名册所说的期间内。"
        en += " That day lies outside the period of the sheet."
    return zh, en


def _slip(cause: Cause, line: Line, zh: str, en: str) -> Portion:
    return portion(cause, ZERO, zh, en, events=line.events[:1], about=(line.credit,))
