"""Glance: a row that fields of one request look at together, read once in one turn on a thread.

Fields that stand beside each other are resolved at once. Of those that look at one row under one
condition, as a teacher and the teacher's record do, the first waits for the others' turn and reads
for all of them, in one statement and of one moment. What each makes of the row is its own, and so
is what it raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from projections.projection import Projection
from projections.reader import Page, Reader, Where

if TYPE_CHECKING:
    from schema.context import Context

T = TypeVar("T")


class Seen(NamedTuple):
    """A row as it is kept, ``None`` where none fits, and the one beside it in another view."""

    state: bytes | None = None
    beside: Page[bytes] | None = None


Then = Callable[[Seen], T]


@dataclass
class Glance:
    """Who looks at a row: what each makes of it, and who waits for that beside the first."""

    view: Projection[Any]
    where: Where
    other: Projection[Any] | None
    thens: list[Then[Any]]
    waiting: list[asyncio.Future[Any]] = field(default_factory=list)

    def joins(self, other: Projection[Any] | None) -> bool:
        """Whether one more can look along, with the row of another view beside it."""
        if other is not None and self.other not in (None, other):
            return False
        self.other = self.other or other
        return True


async def look(
    context: Context,
    view: Projection[Any],
    where: Where,
    then: Then[T],
    other: Projection[Any] | None = None,
) -> T:
    """What ``then`` makes, on a thread, of the row that fits and the row of ``other`` beside it."""
    key = (view.name, where)
    glance = context.glances.get(key)
    if glance is not None and glance.joins(other):
        mine: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        glance.thens.append(then)
        glance.waiting.append(mine)
        return await mine
    glance = context.glances[key] = Glance(view, where, other, [then])
    try:
        await asyncio.sleep(0)  # the turn of those who are resolved at the same time
        if context.glances.get(key) is glance:
            del context.glances[key]
        own, *others = await context.run(_made, context.house.reader, glance)
    except BaseException as error:
        _failed(context, key, glance, error)
        raise
    for each, made in zip(glance.waiting, others, strict=True):
        _tell(each, *made)
    value, wrong = own
    if wrong is not None:
        raise wrong
    return value  # type: ignore[no-any-return]  # it is what ``then`` made


def whole(reader: Reader, view: Projection[Any]) -> Then[Any]:
    """Reads the row itself."""
    return lambda seen: None if seen.state is None else reader.whole(view, seen.state)


def _made(reader: Reader, glance: Glance) -> list[tuple[Any, Exception | None]]:
    if glance.other is None:
        page = reader.kept_page(glance.view, glance.where, first=1)
        seen = Seen(page.rows[0][1] if page.rows else None)
    else:
        seen = Seen(*reader.both(glance.view, glance.where, glance.other))
    found: list[tuple[Any, Exception | None]] = []
    for then in glance.thens:
        try:
            found.append((then(seen), None))
        except Exception as error:  # whose it is hears of it, and nobody else
            found.append((None, error))
    return found


def _tell(waiting: asyncio.Future[Any], value: Any, wrong: Exception | None) -> None:
    if waiting.done():  # nobody waits any more
        return
    if wrong is None:
        waiting.set_result(value)
    else:
        waiting.set_exception(wrong)


def _failed(context: Context, key: Any, glance: Glance, error: BaseException) -> None:
    """Nothing was read: all who looked along hear what the first did."""
    if context.glances.get(key) is glance:
        del context.glances[key]
    for each in glance.waiting:
        if isinstance(error, Exception):
            _tell(each, None, error)
        else:
            each.cancel()
