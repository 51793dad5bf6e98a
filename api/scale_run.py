"""A scale carried out: districts decided by commands, told again of others, views built, measured.

The districts are decided in a ledger of their own beside the data folder, which is gone afterwards.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from api.house import database
from api.plate import District
from api.retelling import read_district
from api.retelling_copy import Telling
from api.retelling_run import key_of, retell
from api.scale import ruled
from api.scale_figures import Figures, figures
from api.scale_order import Order
from api.scale_ready import beside, require_empty
from api.settings import Settings
from api.simulate import Simulation
from api.simulate_days import StandingClock, ask_by_days
from api.simulate_inside import InProcess
from api.simulate_way import Acknowledgements
from api.simulate_years import years
from ledger.store.bundle import tend
from ledger.store.embedded import Embedded
from ledger.store.ledger import Ledger
from ledger.store.migrate import migrate
from ledger.store.vault import load_key
from projections.catalogue import INDEXES, VIEWS
from projections.runner import Runner

Told = Callable[[str, int, int], None]
DECIDED, RETOLD, REBUILT = "裁定 deciding", "讲述 telling", "视图 views"
SCRATCH_KEY = bytes(32)
"""For the sealed names of the people who are decided about: nothing of it is kept."""


def fill(settings: Settings, order: Order, told: Told) -> Figures:
    """Fills an empty ledger and measures it.

    Raises ``Fault`` for a place or a term that cannot be, ``Trouble`` where a ledger holds events.
    """
    begun = time.perf_counter()
    lives = Lives(order)
    with database(settings) as url:
        require_empty(url)
        key = load_key(settings.vault_key_file)
        with scratch(settings) as folder:
            lives.decide(folder, told)
        decided = time.perf_counter()
        migrate(url)
        total = lives.events
        head = retell(
            url,
            key,
            lives.districts,
            lives.tellings,
            order.processes,
            lambda done: told(RETOLD, done, total),
        )
        tend(url)
        loaded = time.perf_counter()
        with Ledger(url, key) as ledger:
            Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES)).rebuild(
                told=lambda done, total: told(REBUILT, done, total), afresh=True
            )
            rebuilt = time.perf_counter()
            return figures(
                ledger,
                head,
                decided=decided - begun,
                loaded=loaded - decided,
                rebuilt=rebuilt - loaded,
                peaks=_peaks(),
                teachers=[f"teacher:{each.key}-00001" for each in lives.tellings],
            )


class Lives:
    """The districts, and who is told through each of them."""

    def __init__(self, order: Order) -> None:
        """Writes the scripts. Raises ``Fault`` for a place or a term that cannot be."""
        self._places = order.homes()
        self._groups = list(ruled(self._places).values())
        self._scripts = [
            years(group[0].value, order.district, order.terms, order.seed) for group in self._groups
        ]
        self.districts: list[District] = []
        self.tellings: list[Telling] = []

    def decide(self, folder: Path, told: Told) -> None:
        """Decides the districts, one for all places with the same rules."""
        for number, (group, script) in enumerate(zip(self._groups, self._scripts, strict=True)):
            first = self.districts[0] if self.districts else None
            made = decide(folder / str(number), script, first, told)
            self.districts.append(made)
            living = [each for each in self._places if each in group]
            self.tellings += [
                Telling(number, key_of(made, count), home.value, home.chain[1].value)
                for count, home in enumerate(living)
            ]
        if len({each.key for each in self.tellings}) < len(self.tellings):
            raise ValueError("two tellings have one key; take another seed")

    @property
    def events(self) -> int:
        """How many will be told."""
        once = sum(len(page.once) for page in self.districts[0].pages)
        return once + sum(self.districts[each.district].events for each in self.tellings)


def decide(folder: Path, script: Simulation, first: District | None, told: Told) -> District:
    """A district through all its terms, by the commands of the ledger, in a ledger of its own.

    ``first``: the district that tells what is told once. Raises ``ValueError`` where a command
    comes to something else than the script foresaw.
    """
    server = Embedded(folder)
    clock = StandingClock(script.steps[0].day - timedelta(days=1))
    try:
        with Ledger.found(server.start(), SCRATCH_KEY, clock) as ledger:
            way = InProcess(ledger, clock, Acknowledgements(None))
            summary = ask_by_days(script, way, lambda _, done, total: told(DECIDED, done, total))
            if summary.odd:
                raise ValueError(f"not as the script foresaw: {summary.odd[0]}")
            return read_district(ledger, script, first)
    finally:
        server.stop()


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """A folder beside the data folder that the database's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="xuefen-districts-", dir=beside(settings)))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _peaks() -> Sequence[int]:
    """The most that this process, and the largest of its children, took of memory, in bytes."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return [resource.getrusage(each).ru_maxrss * 1_024 for each in who]
