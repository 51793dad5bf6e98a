"""Term sheets: all tabs of a past term, each as it is read, planned as one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ledger.fault import Fault
from ledger.heading import propose
from ledger.intention import Desk, Intention
from ledger.mapping import Form, Mapping
from ledger.names import KINDS, Name
from ledger.reading import read
from ledger.roll import Roll
from ledger.sheet import Grid, Skipped
from ledger.store.feed import Filter
from ledger.store.load import LoadHead, LoadOptions
from ledger.term import TermOpened
from ledger.term_sheet import TermSheet
from schema.context import Context
from schema.roll import past_of, roll_of
from schema.sheet import saved_mappings

# Each of its steps stands on those before, which are all held in mind.
TERM_ROWS_MAX = 20_000


def term_rows(
    context: Context, grid: Grid, desk: Desk, roll: Roll, options: LoadOptions
) -> Iterator[Intention]:
    """What the rows of all tabs lead to. Raises ``Fault`` (``BAD_TERM``)."""
    house = context.house
    party = KINDS.get(options.party.partition(":")[0], Name)(options.party)
    desks = [(desk, roll)]
    # The other tabs are read as they are proposed; what tells no step says so row by row.
    for each in other_tabs(context, grid, desk.mapping):
        reading = read(grid, each)
        other = Desk(load=desk.load, place=desk.place, reading=reading, tab=each.tab)
        desks.append((other, roll_of(house, party, reading)))
    _reported(options, sum(len(each.reading.rows) for each, _ in desks))
    past = past_of(house, [each.reading for each, _ in desks]).within(desk.place)
    entries = house.ledger.feed.entries(Filter(types=(TermOpened.NAME,)))
    events = (entry.event for entry in entries)
    terms = frozenset(each.term for each in events if isinstance(each, TermOpened))
    yield from TermSheet(desks=desks, place=desk.place, past=past, terms=terms).plan()


def other_tabs(context: Context, grid: Grid, mapping: Mapping) -> list[Mapping]:
    """How the tabs beside the one of a mapping are read; hidden ones are not."""
    found = propose(grid, Form.TERM, saved_mappings(context))
    others = (each for each in found if each.mapping.tab != mapping.tab and not each.concealed)
    return [each.mapping for each in others]


def whole(context: Context, grid: Grid, mapping: Mapping) -> Mapping:
    """How all that is loaded is read: a past term from all tabs, though one was chosen."""
    if mapping.form is not Form.TERM:
        return mapping
    return replace(mapping, more=tuple(other_tabs(context, grid, mapping)))


def passed_over(context: Context, head: LoadHead) -> list[Skipped] | None:
    """The rows of a dry run that are taken for no records, but for empty ones.

    ``None`` where its file is gone. Raises ``Fault`` (``FILE_ERASED``) where it was destroyed.
    """
    grid = context.house.ledger.uploads.grid(context.asker, head.upload)
    if grid is None:
        return None
    found = read(grid, whole(context, grid, head.mapping)).skipped
    return [each for each in found if each.why != "EMPTY"]


def _reported(options: LoadOptions, rows: int) -> None:
    if options.source is None or rows > TERM_ROWS_MAX:
        zh = f"须写明来源，且一次至多 {TERM_ROWS_MAX} 行"
        en = f"name the source, and give at most {TERM_ROWS_MAX} rows"
        raise Fault("BAD_TERM", zh=zh, en=en, field="reported")
