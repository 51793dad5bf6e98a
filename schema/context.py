"""What every resolver is given: who asks, and the ledger and its views."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from strawberry.dataloader import DataLoader

from ledger.command import PROVINCE, Asker
from ledger.fault import Fault
from ledger.names import JurisdictionId, Name
from ledger.store.ledger import Ledger
from projections.catalogue import TEACHERS
from projections.digest import Digests
from projections.glance import Glances
from projections.level import Levels
from projections.level_tree import Trees
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.snapshot import Snapshot
from projections.stop import Stop
from projections.verdict import Rules
from schema.compiled.rendering import Rendered, Renderings
from schema.compiled.stored import Rows
from schema.courier import Courier
from schema.gate import Purse
from schema.glance import Glance, always, kept_page, look, whole
from schema.hop import HOPS
from schema.moment import AsOf
from schema.outputs import FIRST_MAX, Slice, bounded, key_of
from schema.place import Places
from schema.reach import reached
from schema.reading import Reading
from schema.scalars import Position, name_in

T = TypeVar("T")
WAIT_SECONDS = 10.0
DESKS_MAX = 2
LOOK_SECONDS = 0.02
AHEAD_MAX = 1_000  # so far past the end of the ledger a position may lie that is waited for


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


@dataclass
class Context:
    """One request's asker over the shared house.

    ``page_max``: how many rows an answer that cannot be turned page by page may have at once.
    ``readings``: where it is a list, a subscription to changes only puts into it what it would
    read; whoever streams by itself has its arguments looked at that way.
    ``purse``: what the asker may spend on questions; nobody who works in the house has one.
    """

    house: House
    asker: Asker
    loaders: dict[str, DataLoader[str, Any]] = field(default_factory=dict)
    connection_params: dict[str, Any] | None = None
    trace: str | None = None
    page_max: int = FIRST_MAX
    readings: list[Reading] | None = None
    purse: Purse | None = None
    glances: dict[tuple[str, Where], Glance] = field(default_factory=dict)

    async def run(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Runs a blocking read on a thread."""
        return await HOPS.run(function, *arguments, **named)

    @property
    def today(self) -> date:
        """The day by the ledger's clock."""
        return self.house.ledger.today()

    async def places(self) -> tuple[str, ...]:
        """All places, where the asker's reach is read from them: that of a city's parties."""
        scope = self.asker.scope
        named = isinstance(scope, JurisdictionId) and scope.level != "COUNTY" and scope != PROVINCE
        return await self.all_places() if named else ()

    async def all_places(self) -> tuple[str, ...]:
        """Every registered place."""
        return tuple(await self.run(place_titles, self.house))

    async def at_least(self, position: int | None, *views: Projection[Any]) -> None:
        """Waits until views have reached a position. Raises ``Fault`` (``NOT_YET``) if not in time.

        It looks now and then and holds no thread meanwhile, so that many may wait. Raises ``Fault``
        at once where one stopped (``VIEW_STOPPED``), or far past the end (``BEYOND_HEAD``).
        """
        names = [each.name for each in views]
        end = time.monotonic() + self.house.wait_seconds
        while position is not None:
            reached, stop = await self.run(self.house.runner.standing, *names)
            if reached >= position:
                return
            if stop is not None:
                raise _view_stopped(stop)
            if position > reached + AHEAD_MAX:
                await self.known(position - AHEAD_MAX, "atLeast")
            if time.monotonic() >= end:
                raise Fault(
                    "NOT_YET",
                    zh=f"视图在 {self.house.wait_seconds:g} 秒内未到 {position}，现到 {reached}",
                    en=f"the view stands at {reached} and did not reach {position} within "
                    f"{self.house.wait_seconds:g} seconds",
                    field="atLeast",
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def known(self, position: int, field: str) -> int:
        """A position of this ledger. Raises ``Fault`` (``BEYOND_HEAD``) for one past its end."""
        head = await self.run(self.house.ledger.feed.head)
        if position > head:
            raise Fault(
                "BEYOND_HEAD",
                zh=f"位置 {position} 超出账本末尾 {head}，可能来自另一账本",
                en=f"position {position} lies beyond the head, {head}; is it of another ledger?",
                field=field,
            )
        return position

    async def slice(
        self,
        view: Projection[Any],
        *,
        first: int | None,
        after: str | None,
        at_least: Position | None = None,
        as_of: AsOf | None = None,
        descending: bool = False,
        tagged: tuple[str, ...] = (),
        narrowed: Where | None = None,
        **equal: Any,
    ) -> Slice:
        """A page of a view within the asker's reach, now or as of a moment."""
        limit, key = bounded(first), key_of(after)
        for name, value in equal.items():
            if value is not None:
                _named(view, name, value, name)
        await self.at_least(at_least, view)
        rows = await self.rows(as_of)
        asked = Where().and_equal(**equal).and_tagged(*tagged).and_where(narrowed or Where())
        where = await self._within(view, asked, rows)
        if where is None:
            # Where the ledger stands is no secret of anybody: an answer is always of a position.
            stands = await self.run(rows.position, view.name)
            return Slice(rows=[], more=False, position=stands, total=_nothing)
        asking = {"first": limit, "after": key, "descending": descending}
        if isinstance(rows, Reader):
            page = await kept_page(self, view, where, **asking)
            held: Sequence[Any] = Rows(view.state, view.decode, page.rows)
        else:
            page = await self.run(rows.page, view, where, **asking)
            held = page.rows
        return Slice(
            rows=held,
            more=page.more,
            position=page.position,
            total=lambda: self.run(rows.count, view, where),
            begun=key is not None,
        )

    async def one(
        self,
        view: Projection[Any],
        key: str,
        at_least: Position | None = None,
        *,
        as_of: AsOf | None = None,
        argument: str = "id",
    ) -> Any | None:
        """One row by its key, or ``None`` where there is none within the asker's reach."""
        _named(view, next(iter(view.state.__struct_fields__)), key, argument)
        await self.at_least(at_least, view)
        rows = await self.rows(as_of)
        where = await self._within(view, Where().and_equal(key=key), rows)
        if where is None:
            return None
        if isinstance(rows, Reader):
            return await look(self, view, where, whole(view), at_once=always)
        page = await self.run(rows.page, view, where, first=1)
        return page.rows[0][1] if page.rows else None

    async def opens(
        self, teacher: str, at_least: Position | None = None, as_of: AsOf | None = None
    ) -> bool:
        """Whether the asker may open a teacher, who may not have entered yet at the moment."""
        for moment in (None,) if as_of is None else (None, as_of):
            found = await self.one(TEACHERS, teacher, at_least, as_of=moment, argument="teacher")
            if found is not None:
                return True
        return False

    async def opening(
        self, teacher: str, at_least: Position | None, *views: Projection[Any]
    ) -> Where | None:
        """The condition on a teacher who is theirs, once views are there; ``None``: nobody is."""
        _named(TEACHERS, "teacher", teacher, "teacher")
        await self.at_least(at_least, TEACHERS, *views)
        return await self._within(TEACHERS, Where().and_equal(key=teacher), self.house.reader)

    async def _within(
        self, view: Projection[Any], where: Where, rows: Reader | Snapshot
    ) -> Where | None:
        places = await self.places()
        now = self.house.reader
        if rows is now:  # nothing is read then
            return reached(self.asker, view, places, where, rows, now)
        return await self.run(reached, self.asker, view, places, where, rows, now)

    async def rows(self, as_of: AsOf | None) -> Reader | Snapshot:
        """What answers about the views: their rows, or those of a moment."""
        if as_of is None:
            return self.house.reader
        known = await as_of.known(self)
        if known is None:
            known = await self.run(self.house.ledger.feed.head)
        return Snapshot(self.house.ledger.feed, known, as_of.effective)

    @property
    def people(self) -> DataLoader[str, dict[str, str]]:
        """A loader that opens the vault for many subjects at once."""

        async def read(subjects: list[str]) -> list[dict[str, str]]:
            found = await self.run(self.house.ledger.vault.open, subjects)
            return [found[subject] for subject in subjects]

        # Uncached: a connection may outlive what it read, and a person may be erased meanwhile.
        return self.loaders.setdefault("vault", DataLoader(load_fn=read, cache=False))


def _view_stopped(stop: Stop) -> Fault:
    """What was raised is the operator's: it may name somebody out of the reader's reach."""
    return Fault(
        "VIEW_STOPPED",
        zh=f"视图 {stop.view} {stop.at_zh}：{stop.error}；请联系运维人员",
        en=f"the view {stop.view} {stop.at_en}: {stop.error}; tell the operator",
        field="atLeast",
    )


async def _nothing() -> int:
    return 0


def place_titles(house: House) -> dict[str, str]:
    """Every registered place with its title, in the order of the codes."""
    return house.places.titles()


def _named(view: Projection[Any], field: str, given: Any, where: str) -> None:
    """Raises ``Fault`` where a field holds names and something else was given."""
    for kind in _kinds(view, field):
        name_in(kind, str(given), where)


@cache
def _kinds(view: Projection[Any], field: str) -> tuple[type[Name], ...]:
    """The kinds of names that a field of a view's rows holds; reading annotations takes long."""
    hint = get_type_hints(view.state).get(field)
    kinds = get_args(hint) or (hint,)
    return tuple(each for each in kinds if isinstance(each, type) and issubclass(each, Name))
