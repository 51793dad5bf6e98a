"""The house: the parts that all requests share, and nobody who asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ledger.store.ledger import Ledger
from projections.digest import Digests
from projections.glance import Glances
from projections.level import Levels
from projections.level_tree import Trees
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules
from schema.compiled.rendering import Rendered, Renderings
from schema.courier import Courier
from schema.place import Places

WAIT_SECONDS = 10.0
DESKS_MAX = 2


@dataclass
class House:
    """The parts that all requests share."""

    ledger: Ledger
    reader: Reader
    runner: Runner
    rules: Rules
    wait_seconds: float = WAIT_SECONDS
    # Long reads go step by step, one step at a time, so that they never take up the threads.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    # So many sheets are held against the ledger at once; each takes a core for seconds.
    desks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DESKS_MAX))
    levels: Levels = field(init=False)
    trees: Trees = field(init=False)
    digests: Digests = field(init=False)
    places: Places = field(init=False)
    # What was written before of objects that are still the same.
    renderings: Renderings = field(default_factory=Renderings)
    entries: Rendered = field(default_factory=Rendered)
    courier: Courier | None = None  # who sends to webhooks, where this process does
    glances: Glances | None = None  # what the loop that answers reads itself

    def __post_init__(self) -> None:
        """What is kept of answers that do not change."""
        self.levels = Levels(self.reader, self.rules)
        self.trees = Trees(self.reader, self.rules)
        self.digests = Digests(self.ledger.feed)
        self.places = Places(self.reader.feed)


def place_titles(house: House) -> dict[str, str]:
    """Every registered place with its title, in the order of the codes."""
    return house.places.titles()
