"""Glance: a row that fields of one request look at together, read once in one turn.

Fields that stand beside each other are resolved at once. Of those that look at one row under one
condition, as a teacher and the teacher's record do, the first waits for the others' turn and reads
for all of them, in one statement and of one moment. What each makes of the row is its own, and so
is what it raises.

Where the loop reads rows itself (``projections.glance``), no thread has to be woken for that; what
is made of the row is then made there too, where that takes neither long nor another look at the
ledger. Everything else is done on a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from msgspec import MsgspecError

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
# Of a row, whether what is made of it may be made on the loop.
AtOnce = Callable[[Seen], bool]
Made = list[tuple[Any, Exception | None]]


def never(_: Seen) -> bool:
    """Nothing is."""
    return False


def always(_: Seen) -> bool:
    """Everything is."""
    return True


@dataclass
class Glance:
    """Who looks at a row: what each makes of it, and who waits for that beside the first."""

    view: Projection[Any]
    where: Where
    other: Projection[Any] | None
    thens: list[Then[Any]]
    at_once: list[AtOnce]
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
    at_once: AtOnce = never,
) -> T:
    """What ``then`` makes of the row that fits and the row of ``other`` beside it.

    It is made on a thread, or ``at_once`` on the loop. What the loop could not decode is given to
    ``then`` again on a thread.
    """
    key = (view.name, where)
    glance = context.glances.get(key)
    if glance is not None and glance.joins(other):
        mine: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        glance.thens.append(then)
        glance.at_once.append(at_once)
        glance.waiting.append(mine)
        return await mine
    glance = context.glances[key] = Glance(view, where, other, [then], [at_once])
    try:
        await asyncio.sleep(0)  # the turn of those who are resolved at the same time
        if context.glances.get(key) is glance:
            del context.glances[key]
        own, *others = await _made(context, glance)
    except BaseException as error:
        _failed(context, key, glance, error)
        raise
    for each, made in zip(glance.waiting, others, strict=True):
        _tell(each, *made)
    value, wrong = own
    if wrong is not None:
        raise wrong
    return value  # type: ignore[no-any-return]  # it is what ``then`` made


def whole(view: Projection[Any]) -> Then[Any]:
    """Reads the row itself."""
    return lambda seen: None if seen.state is None else view.decode(seen.state)


async def kept_page(
    context: Context, view: Projection[Any], where: Where, **asking: Any
) -> Page[bytes]:
    """The rows that fit as they are kept, read on the loop where no page of such takes long."""
    reader, glances = context.house.reader, context.house.glances
    if glances is not None and glances.here and where.plain:
        return await glances.kept_page(view, where, **asking)
    return await context.run(reader.kept_page, view, where, **asking)


async def _made(context: Context, glance: Glance) -> Made:
    reader, glances = context.house.reader, context.house.glances
    if glances is None or not glances.here:
        return await context.run(_read, reader, glance)
    if glance.other is None:
        page = await glances.kept_page(glance.view, glance.where, first=1)
        seen = _first(page)
    else:
        seen = Seen(*await glances.both(glance.view, glance.where, glance.other))
    if all(each(seen) for each in glance.at_once):
        try:
            return _each(glance, seen)
        except MsgspecError:  # whether the view is being built anew is asked on a thread
            pass
    return await context.run(_understood, reader, glance, seen)


def _read(reader: Reader, glance: Glance) -> Made:
    if glance.other is None:
        seen = _first(reader.kept_page(glance.view, glance.where, first=1))
    else:
        seen = Seen(*reader.both(glance.view, glance.where, glance.other))
    return _understood(reader, glance, seen)


def _first(page: Page[bytes]) -> Seen:
    return Seen(page.rows[0][1] if page.rows else None)


def _understood(reader: Reader, glance: Glance, seen: Seen) -> Made:
    found: Made = []
    for then in glance.thens:
        try:
            with reader.understood(glance.view):
                found.append((then(seen), None))
        except Exception as error:  # whose it is hears of it, and nobody else
            found.append((None, error))
    return found


def _each(glance: Glance, seen: Seen) -> Made:
    found: Made = []
    for then in glance.thens:
        try:
            found.append((then(seen), None))
        except MsgspecError:
            raise
        except Exception as error:  # as above
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
