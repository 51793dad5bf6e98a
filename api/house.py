"""Opening the house: database, ledger and views, as the settings say, and closing it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from api.settings import Settings
from api.sharing import sharing
from ledger.store.clock import Clock, system_clock
from ledger.store.embedded import Embedded
from ledger.store.feed import open_pool
from ledger.store.first_key import first_key
from ledger.store.folder import UNFINISHED, claim, folder_trouble, server_account
from ledger.store.ledger import Ledger
from ledger.store.migrate import unfinished
from ledger.store.retention import Retention
from projections.catalogue import INDEXES, VIEWS
from projections.glance import Glances
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules
from schema.context import House

# A sheet of 100,000 rows is a million objects that nothing makes circular. Looked through as often
# as the interpreter does by itself, they cost a third of the time of a load.
OBJECTS_BEFORE_COLLECTION = 50_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Looks for circular garbage more seldom than the interpreter does by itself."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def database(settings: Settings, *, restoring: bool = False) -> Iterator[str]:
    """The database's URL; the embedded server is shared, and stopped by the last who uses it."""
    if settings.database_url:
        _make_folder(settings)
        yield settings.database_url
        return
    embedded = Embedded(settings.data)
    if not restoring:
        require_finished(settings)
    with ExitStack() as stack:
        if restoring:
            _mark(embedded)
            stack.callback(_unmark, embedded)
        url = stack.enter_context(sharing(embedded))
        if restoring:
            stack.callback(_unmark, embedded)  # before the server stops, which takes a while
        yield url


def require_finished(settings: Settings) -> None:
    """Raises ``Trouble`` where a restore was killed before its database could be marked."""
    if settings.database_url:
        return
    data = Embedded(settings.data).data
    with folder_trouble(data):
        left = (data / UNFINISHED).exists()
    if left:
        raise unfinished()


def _mark(embedded: Embedded) -> None:
    """Marks a folder in which a restore makes the database, until it ends, well or not.

    One that has a database is not marked: it may hold a ledger, and a restore is refused.
    """
    claim(embedded.data, server_account())
    if not (embedded.cluster / "PG_VERSION").exists():
        with folder_trouble(embedded.data):
            (embedded.data / UNFINISHED).touch(mode=0o600)


def _unmark(embedded: Embedded) -> None:
    """Takes the mark away for good: it does not come back when the power fails."""
    with suppress(FileNotFoundError):
        (embedded.data / UNFINISHED).unlink()
        descriptor = os.open(embedded.data, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def open_house(settings: Settings, clock: Clock = system_clock) -> Iterator[House]:
    """A founded ledger with its views following. Raises ``Trouble``."""
    with database(settings) as url, seldom_collected():
        ledger = Ledger.found(url, first_key(url, settings.vault_key_file), clock)
        try:
            runner = Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES))
            # What is asked is given up after a while; what writes the views is not.
            seconds = settings.statement_seconds
            with open_pool(url, statement_seconds=seconds, autocommit=True) as pool:
                reader = Reader(pool, ledger.feed.through(pool))
                house = House(ledger=ledger, reader=reader, runner=runner, rules=Rules(reader))
                house.glances = Glances(reader, url, statement_seconds=seconds)
                runner.start()
                retention = Retention(ledger.uploads, ledger.loads, ledger.progress, ledger.feed)
                retention.start()
                try:
                    yield house
                finally:
                    retention.close()
                    runner.close()
        finally:
            ledger.close()


def _make_folder(settings: Settings) -> None:
    with folder_trouble(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o711)
