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
from projections.catalogue import TEACHERS
from projections.projection import Projection
from projections.reader import ANY, Reader, Where
from projections.snapshot import Snapshot
from projections.stop import Stop
from schema.compiled.stored import Rows
from schema.gate import Purse
from schema.glance import Glance, always, kept_page, look, whole
from schema.hop import HOPS
from schema.house import House as House
from schema.house import place_titles as place_titles
from schema.moment import AsOf
from schema.outputs import FIRST_MAX, Slice, bounded, key_of
from schema.reach import reached, read_for
from schema.reading import Reading
from schema.scalars import Position, name_in

T = TypeVar("T")
LOOK_SECONDS = 0.02
AHEAD_MAX = 1_000  # so far past the end of the ledger a position may lie that is waited for


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

        Without any view it waits for the ledger itself, from which some questions are answered.
        It looks now and then and holds no thread meanwhile, so that many may wait. Raises ``Fault``
        at once where one stopped (``VIEW_STOPPED``), or far past the end (``BEYOND_HEAD``).
        """
        names = [each.name for each in views]
        zh, en = ("视图", "view") if names else ("账本", "ledger")
        end = time.monotonic() + self.house.wait_seconds
        while position is not None:
            reached, stop = await self._standing(names)
            if reached >= position:
                return
            if stop is not None:
                raise _view_stopped(stop)
            if position > reached + AHEAD_MAX:
                await self.known(position - AHEAD_MAX, "atLeast")
            if time.monotonic() >= end:
                raise Fault(
                    "NOT_YET",
                    zh=f"{zh}在 {self.house.wait_seconds:g} 秒内未到 {position}，现到 {reached}",
                    en=f"the {en} stands at {reached} and did not reach {position} within "
                    f"{self.house.wait_seconds:g} seconds",
                    field="atLeast",
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def all_at_least(
        self, position: int | None, view: Projection[Any], where: Where = ANY
    ) -> None:
        """Waits for a view and for all in which it is looked up which of its rows are meant."""
        if position is not None:
            await self.at_least(position, *read_for(self.asker, view, where))

    async def _standing(self, names: Sequence[str]) -> tuple[int, Stop | None]:
        if not names:
            return await self.run(self.house.ledger.feed.head), None
        return await self.run(self.house.runner.standing, *names)

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
        asked = Where().and_equal(**equal).and_tagged(*tagged).and_where(narrowed or Where())
        await self.all_at_least(at_least, view, asked)
        rows = await self.rows(as_of)
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
        await self.all_at_least(at_least, view)
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
