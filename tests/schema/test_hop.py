"""A blocking read on a thread gives what it gave, to whoever still waits, and blocks no loop."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from schema.hop import Hops

WHO: ContextVar[str] = ContextVar("who", default="nobody")
SECONDS = 30


def test_it_gives_and_raises_what_the_function_does_with_what_it_was_given():
    def divide(first: int, *, by: int) -> float:
        return first / by

    async def run() -> None:
        hops = Hops()
        assert await hops.run(divide, 6, by=3) == 2
        with pytest.raises(ZeroDivisionError):
            await hops.run(divide, 6, by=0)
        with pytest.raises(SystemExit):
            await hops.run(exit_)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await hops.run(next, iter(()))
        assert await hops.run(threading.current_thread) is not threading.current_thread()

    asyncio.run(run())


def exit_() -> None:
    """Ends whoever calls it."""
    raise SystemExit(3)


def test_it_runs_in_the_context_of_whoever_asks():
    async def run() -> list[str]:
        hops = Hops(most=1)

        async def asked(who: str) -> str:
            WHO.set(who)
            return await hops.run(WHO.get)

        return await asyncio.gather(*map(asked, ("lin", "chen")), hops.run(WHO.get))

    assert asyncio.run(run()) == ["lin", "chen", "nobody"]


def test_as_many_run_at_once_as_there_are_threads_and_the_loop_goes_on():
    async def run() -> None:
        hops, met = Hops(most=3), threading.Barrier(4)
        tasks = [asyncio.ensure_future(hops.run(met.wait, SECONDS)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(each.done() for each in tasks)
        await asyncio.to_thread(met.wait, SECONDS)
        assert sorted(await asyncio.gather(*tasks))[0] >= 0
        assert [await hops.run(int, number) for number in range(20)] == [*range(20)]

    asyncio.run(run())


def test_what_is_given_up_before_it_has_a_thread_is_not_begun_and_after_it_is_not_told():
    async def run() -> list[Any]:
        hops, done, begun = Hops(most=1), threading.Event(), []
        first = asyncio.ensure_future(hops.run(done.wait, SECONDS))
        second = asyncio.ensure_future(hops.run(begun.append, 2))
        await asyncio.sleep(0)
        first.cancel()
        second.cancel()
        await asyncio.wait([first, second])
        done.set()
        await hops.run(begun.append, 3)
        assert first.cancelled()
        assert second.cancelled()
        return begun

    assert asyncio.run(run()) == [3]


def test_a_loop_that_was_closed_meanwhile_hears_nothing_and_the_thread_serves_the_next():
    hops, done = Hops(most=1), threading.Event()

    async def give_up() -> None:
        task = asyncio.ensure_future(hops.run(done.wait, SECONDS))
        await asyncio.sleep(0)
        task.cancel()

    async def ask() -> int:
        return await hops.run(int, 7)

    asyncio.run(give_up())
    done.set()
    assert asyncio.run(ask()) == 7
