"""Learned: a command of a batch that knows the past of its boundary, and learns what lies beyond.

What a whole batch will ask for is read at once before any of it is decided, and for that each
command learns its past once. It need not learn it again when its turn comes, unless an earlier one
of the batch brought something about that concerns it, or changed a rule.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from ledger.command import Command, Selector
from ledger.event import Entry
from ledger.regulation import Rulebook
from ledger.store.memory import Memory
from ledger.store.tray import Tray


@dataclass(slots=True)
class Learned:
    """A fresh command that knows the events of ``own``, as they were on a tray.

    ``shared``: the facts that all such commands share, with their names, in place of events.
    """

    command: Command
    own: list[Selector]
    shared: dict[Selector, str]
    known: list[Entry]
    tray: Tray
    rules: tuple[Rulebook, int]
    foreseen: list[Selector] | None = None

    @classmethod
    def of(cls, fresh: Command, boundary: list[Selector], tray: Tray, memory: Memory) -> Learned:
        """Lets a command learn the events of its boundary but the shared."""
        shared = fresh.shared()
        own = [each for each in boundary if each not in shared]
        known = gather(own, tray, memory)
        for entry in known:
            fresh.learn(entry)
        return cls(fresh, own, shared, known, tray, _state(tray.rules))

    def holds(self, tray: Tray) -> bool:
        """Whether the tray, empty when it was learned, has nothing that concerns it by now."""
        if self.tray is not tray or self.rules != _state(tray.rules):
            return False
        return not any(map(tray.entries, self.own))

    def beyond(self, memory: Memory) -> list[Selector]:
        """What it asks for beyond its boundary; the shared facts are handed to it for that."""
        if self.foreseen is None or self.shared:
            for selector, name in self.shared.items():
                kind = type(getattr(self.command, name))
                fact = memory.fold(selector, kind, self.tray.entries(selector))
                setattr(self.command, name, fact)
            self.foreseen = self.command.beyond()
        return self.foreseen

    def complete(self, memory: Memory) -> Command:
        """The command that knows all that matters to it; what was not foreseen is read."""
        tray = self.tray
        if further := self.beyond(memory):
            if unread := {each for each in further if memory.recall(each).upto < tray.head}:
                tray.read(unread)
            known = {each.position for each in self.known}
            for entry in gather(further, tray, memory, known):
                self.command.learn(entry)
        return self.command


def _state(rules: Rulebook) -> tuple[Rulebook, int]:
    return rules, len(rules.learned)


def gather(
    selectors: list[Selector], tray: Tray, memory: Memory, known: Set[int] = frozenset()
) -> list[Entry]:
    """All entries of the selectors, in order, but the known: recalled and the batch's own."""
    found = {
        entry.position: entry
        for selector in selectors
        for entries in (memory.recall(selector).entries, tray.entries(selector))
        for entry in entries
    }
    return [found[position] for position in sorted(found.keys() - known if known else found)]
