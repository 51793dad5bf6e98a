"""Checks of what entries refer to: causes, corrected events, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from ledger.regulation import RuleAdopted
from projections.inspection import Books, EntryCheck, Problem, Row


class References(EntryCheck):
    """An event that another one names exists and comes earlier. Subclasses say which field."""

    field: str

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        named = [(row.position, text) for row in rows if (text := self._named(row)) is not None]
        ids = [known for _, text in named if (known := _uuid(text)) is not None]
        found: dict[str, int] = {}
        if ids:
            statement = "select id, position from ledger.events where id = any(%s)"
            found = {str(known): position for known, position in books.read(statement, (ids,))}
        for position, text in named:
            if found.get(text, position) >= position:
                yield self.problem(
                    self.codes[0],
                    f"位置 {position} 的 {self.field} 所指 {text} 不是更早的事件",
                    f"{self.field} at position {position} names {text}, which is no earlier event",
                    position,
                    text,
                )

    def _named(self, row: Row) -> str | None:
        raise NotImplementedError


class Causes(References):
    """Causes exist and come earlier."""

    name = "causes"
    codes = ("CAUSE_UNKNOWN",)
    zh = "起因事件存在且在前"
    en = "causes exist and come earlier"
    field = "cause"

    def _named(self, row: Row) -> str | None:
        return row.entry.cause if row.entry else None


class Corrections(References):
    """What a correction corrects exists and came earlier."""

    name = "corrections"
    codes = ("CORRECTED_UNKNOWN",)
    zh = "更正所指的事件存在且在前"
    en = "corrected events exist and come earlier"
    field = "corrects"

    def _named(self, row: Row) -> str | None:
        return getattr(row.entry.event, "corrects", None) if row.entry else None


class RuleIds(EntryCheck):
    """Every rule that an event names was adopted before."""

    name = "rules"
    codes = ("RULE_UNKNOWN",)
    zh = "事件引用的条款均已采纳"
    en = "every rule that an event names was adopted before"

    def __init__(self) -> None:
        self._adopted: set[str] = set()

    def look(self, books: Books, rows: list[Row]) -> Iterator[Problem]:
        for row in rows:
            event = row.entry.event if row.entry else None
            if isinstance(event, RuleAdopted):
                self._adopted.add(event.rule.id)
                continue
            several, one = getattr(event, "rules", ()), getattr(event, "rule", None)
            named = (*(several if isinstance(several, tuple) else ()), *((one,) if one else ()))
            for rule in named:
                if rule not in self._adopted:
                    yield self.problem(
                        "RULE_UNKNOWN",
                        f"位置 {row.position} 引用的条款 {rule} 此前没有采纳",
                        f"position {row.position} names the rule {rule}, not adopted before it",
                        row.position,
                        rule,
                    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
