"""Appends that are waited for on an event loop: answered like others, and nobody holds them up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.persistence import IntegrityError, OperationalError, ProgrammingError

from ledger.store.recorder import Recorder
from tests.town import rows

SEAT = DCBAppendCondition(DCBQuery([DCBQueryItem(tags=["seat:1"])]))


@pytest.fixture
def recorder(database_url: str) -> Iterator[Recorder]:
    """A recorder on an empty ledger."""
    opened = Recorder(database_url)
    yield opened
    opened.close()


def event(tag: str) -> list[DCBEvent]:
    """One event with a tag."""
    return [DCBEvent("n", b"{}", [tag])]


async def begun(task: asyncio.Task[int]) -> None:
    """Lets a task go as far as it can without an answer."""
    await asyncio.sleep(0)
    assert not task.done()


def test_many_callers_of_a_loop_are_answered_each_with_its_position(
    recorder: Recorder, database_url: str
) -> None:
    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(recorder.append_async(event(f"n:{n}")) for n in range(300)))

    found = asyncio.run(all_of_them())

    assert sorted(found) == list(range(1, 301))
    told = {at: f"n:{n}" for n, at in enumerate(found)}
    assert dict(rows(database_url, "select position, tags[1] from ledger.events")) == told


def test_of_many_callers_of_a_loop_with_one_condition_exactly_one_gets_in(
    recorder: Recorder, database_url: str
) -> None:
    async def all_of_them() -> list[int | BaseException]:
        asked = (recorder.append_async(event("seat:1"), SEAT) for _ in range(200))
        return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(all_of_them())

    assert [each for each in found if not isinstance(each, IntegrityError)] == [1]
    assert rows(database_url, "select count(*) from ledger.events") == [(1,)]


def test_loops_one_after_another_and_beside_each_other_have_mailboxes_of_their_own(
    recorder: Recorder,
) -> None:
    async def some() -> list[int]:
        return await asyncio.gather(*(recorder.append_async(event("n:1")) for _ in range(50)))

    async def beside() -> list[list[int]]:
        return await asyncio.gather(some(), *(asyncio.to_thread(asyncio.run, some()) for _ in "ab"))

    found = asyncio.run(some()) + [at for each in asyncio.run(beside()) for at in each]

    assert sorted(found) == list(range(1, 201))


def test_who_stops_waiting_before_it_began_has_nothing_appended(
    recorder: Recorder, database_url: str
) -> None:
    async def stopped() -> None:
        with recorder.committer._busy:
            task = asyncio.create_task(recorder.append_async(event("n:stopped")))
            await begun(task)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await recorder.append_async(event("n:next")) == 1

    asyncio.run(stopped())

    assert rows(database_url, "select tags from ledger.events") == [(["n:next"],)]


def test_a_loop_that_is_gone_when_the_answer_comes_hinders_nobody(
    recorder: Recorder, database_url: str
) -> None:
    loop = asyncio.new_event_loop()
    with recorder.committer._busy:
        left = [loop.create_task(recorder.append_async(event(f"n:{n}"))) for n in range(3)]
        loop.run_until_complete(begun(left[-1]))
        loop.close()

    # It comes behind those.
    assert recorder.append(event("n:after")) == 4
    for task in left:
        task._log_destroy_pending = False  # type: ignore[attr-defined] # it is left on purpose


def test_what_was_not_appended_is_said_on_the_loop(recorder: Recorder) -> None:
    async def nothing() -> None:
        with pytest.raises(ProgrammingError):
            await recorder.append_async([])
        recorder.close()
        with pytest.raises(OperationalError, match="closing"):
            await recorder.append_async(event("n:late"))

    asyncio.run(nothing())
