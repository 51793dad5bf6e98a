"""Cohort: all who ask for the same with the same reach; each batch is executed and encoded once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from inspect import isawaitable
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import DocumentNode, ExecutionResult, execute_subscription_event

from api.stream.frame import Frame, Recall
from ledger.event import Entry
from ledger.store.feed import Feed, Run
from schema.context import Context
from schema.errors import CodedErrors
from schema.history import changes_of, reach_of
from schema.reading import Reading

if TYPE_CHECKING:
    from strawberry import Schema

    from api.stream.follower import Follower

PAGE = 200
"""Entries that are read from the table at once for whoever catches up."""
WINDOW = 50_000
"""Positions that one read of the table looks at, so that none of them takes long."""
_NUMBERS = count(1)
_CODED = CodedErrors()
Made = Frame | Awaitable[Frame]


class Cohort:
    """Readers of one document, one set of variables and one reach.

    ``reached`` is where its live tail stands. ``live`` are the followers who stand there too.
    """

    def __init__(
        self,
        schema: Schema,
        document: DocumentNode,
        operation_name: str | None,
        variables: dict[str, Any],
        context: Context,
        reading: Reading,
    ) -> None:
        self.context, self.reading, self.reached = context, reading, reading.start
        self.live: set[Follower] = set()
        self.followers: set[Follower] = set()
        self._number = next(_NUMBERS)
        self._reads: dict[int, asyncio.Task[Frame]] = {}
        executor = schema.execution_context_class.build(
            schema._schema,
            document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
        )
        # The arguments have been looked at by whoever read them.
        assert not isinstance(executor, list)
        self._executor = executor

    def made(self, entries: Sequence[Entry], after: int, reached: int) -> list[Made]:
        """What lies between two positions, in frames without a gap; runs on a thread.

        Where the executor has to wait for a field, the frame is still to be awaited.
        """
        made: list[Made] = []
        wanted = [each for each in entries if self.reading.wanted.admits(each)]
        for position, batch in self.reading.batches(wanted, reached):
            if batch:
                changes = changes_of(self.context, position, batch)
                executor = self._executor.build_per_event_executor(changes)
                result = execute_subscription_event(executor)
                if isawaitable(result):
                    made.append(_awaited(result, after, position))
                else:
                    made.append(Frame(after, position, payload(result, position)))
                after = position
        if after < reached:
            made.append(Frame(after, reached))
        return made

    def take(self, frames: Sequence[Frame], recall: Recall) -> None:
        """Gives new frames to all who read live; who lags leaves the tail and catches up."""
        for frame in frames:
            if frame.size:
                recall.put(self._number, frame)
                for follower in list(self.live):
                    line = follower.line
                    if line.full:
                        follower.lag(frame.after)
                    else:
                        line.put(follower.wrap, frame)
            self.reached = frame.reached

    def fail(self, error: Exception) -> None:
        """Ends all who read live, since what is new cannot be shown to them."""
        for follower in list(self.live):
            follower.fail(error)

    async def page(self, after: int, feed: Feed, recall: Recall, run: Run) -> Frame:
        """The frame after a position that lies before ``reached``, from the table.

        Many who stand at one position share one read.
        """
        known = recall.get(self._number, after)
        if known is not None and known.reached <= self.reached:
            return known
        task = self._reads.get(after)
        if task is None:
            reading = self._read(after, self.reached, feed, recall, run)
            task = self._reads[after] = asyncio.create_task(reading)
            task.add_done_callback(lambda done: self._read_is_over(after, done))
        return await asyncio.shield(task)

    def _read_is_over(self, after: int, done: asyncio.Task[Frame]) -> None:
        del self._reads[after]
        if not done.cancelled():
            done.exception()  # whoever waited for it has it; perhaps nobody waits any more

    async def regard(self) -> None:
        """Asks anew what lies within the reach of its readers."""
        wanted = self.reading.wanted
        any_tags = await reach_of(self.context, wanted.tags)
        if any_tags != wanted.any_tags:
            self.reading = replace(self.reading, wanted=replace(wanted, any_tags=any_tags))
            self._number = next(_NUMBERS)  # frames made within another reach are not this one's

    async def _read(self, after: int, head: int, feed: Feed, recall: Recall, run: Run) -> Frame:
        number, wanted = self._number, self.reading.wanted
        through = min(head, after + WINDOW)
        before = through + 1 if wanted.before is None else min(through + 1, wanted.before)
        most = max(self.reading.size, PAGE)
        found: list[Entry] = []
        if wanted.any_tags != ():  # of those who have no reach at all, nothing is read
            found = await run(feed.page, replace(wanted, after=after, before=before), most)
        reached = found[-1].position if len(found) == most else through
        frames = await whole(await run(self.made, found, after, reached))
        for each in frames:
            recall.put(number, each)
        return frames[0]


async def whole(made: Sequence[Made]) -> list[Frame]:
    """Frames, with those that had to wait."""
    return [each if isinstance(each, Frame) else await each for each in made]


async def _awaited(result: Awaitable[ExecutionResult], after: int, position: int) -> Frame:
    return Frame(after, position, payload(await result, position))


def payload(result: ExecutionResult, position: int) -> bytes:
    """An execution result as JSON, with the position by which a reader resumes."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_CODED.anonymise_error(each).formatted for each in result.errors]
    body["extensions"] = {"position": position}
    return msgspec.json.encode(body, enc_hook=str)
