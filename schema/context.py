"""What every resolver is given: who asks, and the ledger and its views."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from graphql import GraphQLError
from strawberry.dataloader import DataLoader

from ledger.command import Asker
from ledger.store.ledger import Ledger
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.verdict import Rules
from schema.access import reach
from schema.outputs import Slice, bounded, key_of

T = TypeVar("T")
WAIT_SECONDS = 10.0


@dataclass
class House:
    """The parts that all requests share."""

    ledger: Ledger
    reader: Reader
    runner: Runner
    rules: Rules
    places: tuple[str, ...] = ()


@dataclass
class Context:
    """One request's asker over the shared house."""

    house: House
    asker: Asker
    loaders: dict[str, DataLoader[str, Any]] = field(default_factory=dict)
    connection_params: dict[str, Any] | None = None

    async def run(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Runs a blocking read on a thread."""
        return await asyncio.to_thread(function, *arguments, **named)

    @property
    def today(self) -> date:
        """The day by the ledger's clock."""
        return self.house.ledger.today()

    async def at_least(self, position: int | None) -> None:
        """Waits until the views have reached a position. Raises ``GraphQLError`` if they do not."""
        if position is None:
            return
        if not await self.run(self.house.runner.wait_for, position, WAIT_SECONDS):
            raise GraphQLError(
                f"视图在 {WAIT_SECONDS} 秒内未到位置 {position} / the views did not reach it in time",
                extensions={"code": "NOT_YET", "position": position},
            )

    async def slice(
        self,
        view: Projection[Any],
        *,
        first: int | None,
        after: str | None,
        at_least: Position | None = None,
        descending: bool = False,
        count: bool = False,
        **equal: Any,
    ) -> Slice:
        """A page of a view within the asker's reach."""
        limit, key = bounded(first), key_of(after)
        await self.at_least(at_least)
        allowed = reach(self.asker, view.name, self.house.places)
        if allowed is None:
            return Slice(rows=[], more=False, position=0, total=0)
        page = await self.run(
            self.house.reader.page,
            view,
            allowed.and_equal(**equal),
            first=limit,
            after=key,
            descending=descending,
            count=count,
        )
        return Slice(
            rows=list(page.rows),
            more=page.more,
            position=page.position,
            total=page.total,
            begun=key is not None,
        )

    async def one(
        self, view: Projection[Any], key: str, at_least: Position | None = None
    ) -> Any | None:
        """One row by its key, or ``None`` where there is none within the asker's reach."""
        await self.at_least(at_least)
        allowed = reach(self.asker, view.name, self.house.places)
        if allowed is None:
            return None
        narrowed = Where((*allowed.equal, ("key", key)), allowed.among, allowed.overlap)
        page = await self.run(self.house.reader.page, view, narrowed, first=1)
        return page.rows[0][1] if page.rows else None

    def load(self, view: Projection[Any]) -> DataLoader[str, Any]:
        """A loader that reads many keys of a view at once. It does not check the reach."""

        async def read(keys: list[str]) -> list[Any]:
            found = await self.run(self.house.reader.many, view, keys)
            return [found.get(key) for key in keys]

        return self.loaders.setdefault(view.name, DataLoader(load_fn=read))
