"""Evidence: the events and rules from which a verdict follows, and without which it does not.

From all that is known of a teacher whatever changes nothing is put aside, until every event that is
left is necessary: without it the verdict would be another one. What is left, with the rules that
answered, gives the same verdict again; anybody can recompute it from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from ledger.event import Entry
from ledger.names import TeacherId
from ledger.record import Record
from ledger.regulation import InForce, Rulebook
from ledger.verdict import Verdict, judge


class Evidence(Struct, kw_only=True, frozen=True):
    """The necessary events in the order of the ledger, and the rules that answered on the day."""

    day: date
    positions: tuple[int, ...]
    events: tuple[str, ...]
    rules: tuple[str, ...]


class Heard(Rulebook):
    """A rulebook that remembers which of its rules answered."""

    def __init__(self, book: Rulebook) -> None:
        vars(self).update(vars(book))
        self.answered: set[str] = set()

    def answers(self, *asked: Any) -> Iterator[InForce[Any]]:
        """The rules that answer, remembered."""
        for found in super().answers(*asked):
            self.answered.add(found.id)
            yield found


def evidence(
    teacher: TeacherId, entries: Sequence[Entry], rules: Rulebook, day: date
) -> Evidence | None:
    """What the verdict on a day stands on; ``None`` where there is no verdict."""
    heard = Heard(rules)
    whole = _judged(teacher, entries, heard, day)
    if whole is None:
        return None
    kept = list(entries)
    before = -1
    # One event may be needless only after another is gone: a revocation, after its credit.
    while len(kept) != before:
        before = len(kept)
        for entry in list(kept):
            rest = [each for each in kept if each is not entry]
            if says_the_same(_judged(teacher, rest, rules, day), whole):
                kept = rest
    return Evidence(
        day=day,
        positions=tuple(each.position for each in kept),
        events=tuple(each.id for each in kept),
        rules=tuple(sorted(heard.answered)),
    )


def says_the_same(one: Verdict | None, other: Verdict | None) -> bool:
    """Whether two verdicts come to the same in all that they say, evidence aside."""
    return _said(one) == _said(other)


def _judged(
    teacher: TeacherId, entries: Iterable[Entry], rules: Rulebook, day: date
) -> Verdict | None:
    record = Record(teacher=teacher)
    for entry in entries:
        record.learn(entry)
    return judge(record, rules, day)


def _said(verdict: Verdict | None) -> tuple[object, ...] | None:
    if verdict is None:
        return None
    cycle = (verdict.cycle_number, verdict.cycle_start, verdict.cycle_end)
    told = tuple(
        (each.code, each.rule, each.year, each.result, each.needed, each.had, each.certain)
        for each in verdict.requirements
    )
    lacks = tuple(each.missing for each in verdict.requirements)
    return verdict.result, cycle, verdict.counted, verdict.cut, verdict.unit, told, lacks
