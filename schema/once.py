"""Once: what puts nothing on record and is asked under an id, done once however often it is asked.

Whoever asks the same again is answered by what came of it the first time; while that is being done,
they wait. Something else under the same id is refused, and after a day the id is free.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from schema.context import Context
from schema.request import check_request

LOOK_SECONDS = 0.05
T = TypeVar("T")


async def once(
    context: Context,
    request: str | None,
    asked: tuple[object, ...],
    do: Callable[[], Awaitable[T]],
    name: Callable[[T], str],
    again: Callable[[str], Awaitable[T]],
) -> T:
    """The answer to what was ``asked``: the mutation and its arguments.

    ``name`` names it, and by the name ``again`` finds it another time. Without an id it is done
    each time. Raises ``BadRequest`` or ``Fault`` for an id that cannot be taken.
    """
    if request is None:
        return await do()
    check_request(request, 1)
    requests = context.house.ledger.requests
    what = msgspec.json.encode(asked, enc_hook=repr, order="sorted").decode()
    standing = await context.run(requests.begin, context.asker, request, what)
    while standing.holder is None and standing.answer is None:
        await asyncio.sleep(LOOK_SECONDS)
        standing = await context.run(requests.begin, context.asker, request, what)
    if standing.answer is not None:
        return await again(standing.answer)
    try:
        answer = await do()
    except BaseException:
        await context.run(requests.give_up, standing)
        raise
    await context.run(requests.done, standing, name(answer))
    return answer
