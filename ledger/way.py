"""Way: from one moment of a teacher to another, cause by cause.

First the day moves, then every event that only one of the moments knows comes or goes, in the order
of the ledger, and rules that were adopted and changed meanwhile among them. Whoever looks at each
step sees changes that add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from ledger.event import Entry
from ledger.regulation import Rulebook

LookT = TypeVar("LookT")


class StepKind(Enum):
    """What made a difference."""

    DAY = "DAY"
    EVENT = "EVENT"
    RULE = "RULE"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was known at a position of a teacher and the rules, and the day that is judged."""

    position: int
    entries: tuple[Entry, ...]
    regulations: tuple[Entry, ...]
    day: date


@dataclass(frozen=True, kw_only=True)
class Step:
    """One cause on the way; ``gone``: the later moment does not know the event any more."""

    cause: StepKind
    on: date
    entry: Entry | None = None
    gone: bool = False

    @property
    def named(self) -> dict[str, Any]:
        """The fields of an effect that name the cause."""
        entry = self.entry
        return {
            "cause": self.cause,
            "on": self.on,
            "gone": self.gone,
            "position": entry.position if entry else None,
            "event": entry.id if entry else None,
            "type": entry.event.NAME if entry else None,
        }


def walk(
    before: Known, after: Known, look: Callable[[Iterable[Entry], Rulebook, date], LookT]
) -> Iterator[tuple[LookT, Step | None]]:
    """What a look shows at each step of the way, and what led there; at the start, nothing did.

    ``after`` knows all the rules that ``before`` knows.
    """
    rules = Rulebook(each.event for each in before.regulations)
    held = {each.position: each for each in before.entries}
    yield look(held.values(), rules, before.day), None
    if before.day != after.day:
        yield look(held.values(), rules, after.day), Step(cause=StepKind.DAY, on=after.day)
    later = {each.position: each for each in after.entries}
    adopted = {each.position: each for each in after.regulations[len(before.regulations) :]}
    steps = [
        *adopted.values(),
        *(held[position] for position in held.keys() - later.keys()),
        *(later[position] for position in later.keys() - held.keys()),
    ]
    for entry in sorted(steps, key=lambda each: each.position):
        gone = entry.position in held
        if entry.position in adopted:
            rules.learn(entry.event)
        elif gone:
            del held[entry.position]
        else:
            held[entry.position] = entry
        cause = StepKind.RULE if entry.position in adopted else StepKind.EVENT
        step = Step(cause=cause, on=entry.on, entry=entry, gone=gone)
        yield look(held.values(), rules, after.day), step


def said(step: Step, sum_zh: str, sum_en: str) -> tuple[str, str]:
    """What a cause did, in Chinese and in English; the sums are what it came to."""
    on = step.on
    match step.cause:
        case StepKind.DAY:
            return f"评价日移到 {on}：{sum_zh}", f"judged on {on}: {sum_en}"
        case StepKind.RULE:
            return f"{on} 起的规则变化：{sum_zh}", f"a change of the rules of {on}: {sum_en}"
        case _ if step.gone:
            return f"{on} 的事件尚不计入：{sum_zh}", f"the event of {on} is not in yet: {sum_en}"
        case _:
            return f"{on} 的事件：{sum_zh}", f"an event of {on}: {sum_en}"
