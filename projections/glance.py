"""Glance: rows of views that an event loop reads itself, as the reader does on a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from ledger.store.loop import OnLoop
from projections.kept import Asked, Found, Page, Pair, page_in, paged, pair_in, paired
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.renewal import UNREAD

T = TypeVar("T")


class Glances:
    """What is read on one loop, beside the reader of the same ledger.

    ``statement_seconds``: after how long the database gives a statement up; 0: never.
    """

    def __init__(self, reader: Reader, url: str, *, statement_seconds: float = 0) -> None:
        self._reader, self._url, self._seconds = reader, url, statement_seconds
        self._on: OnLoop | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Lets the loop that runs read meanwhile, unless another does."""
        if self._on is not None:
            yield
            return
        on = OnLoop(self._url, statement_seconds=self._seconds)
        await on.open()
        self._on = on
        try:
            yield
        finally:
            self._on = None
            await on.close()

    @property
    def here(self) -> bool:
        """Whether the loop that runs may read."""
        return self._on is not None and self._on.loop is asyncio.get_running_loop()

    async def kept_page(self, view: Projection[Any], where: Where, **asking: Any) -> Page[bytes]:
        """As the reader's."""
        asked = paged(view, where, **asking)
        return await self._read(view, asked, lambda found: page_in(found, view, asking["first"]))

    async def both(self, view: Projection[Any], where: Where, other: Projection[Any]) -> Pair:
        """As the reader's."""
        asked = paired(view, where, other)
        return await self._read(other, asked, lambda found: pair_in(found, other))

    async def _read(self, view: Projection[Any], asked: Asked, read: Callable[[Found], T]) -> T:
        assert self._on is not None
        try:
            return read(await self._on.rows(*asked))
        except UNREAD:
            said = await asyncio.to_thread(self._reader.rebuilding, view)
            if said is None:
                raise
            raise said from None
