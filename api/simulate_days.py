"""A simulation asked day by day, as fast as the committer takes it, under a clock that stands.

The committer decides in the order in which it is asked, so within a day nobody need wait for an
answer. The hour of every event is the same, and with it everything that the ledger decides.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from datetime import UTC, date, datetime
from itertools import groupby

from api.clock import NINE_IN_SHANGHAI, DemoClock
from api.simulate import Simulation, Summary, Told
from api.simulate_inside import InProcess
from api.simulate_way import Reply, Submission

AT_ONCE = 2_000


class StandingClock(DemoClock):
    """Nine in the morning of the day that was set."""

    def __call__(self) -> datetime:
        return self._base

    def set(self, day: date) -> datetime:
        """Moves the clock to a day; a day before the present one leaves it where it is."""
        self._base = max(self._base, datetime.combine(day, NINE_IN_SHANGHAI, UTC))
        return self._base


def ask_by_days(simulation: Simulation, way: InProcess, told: Told) -> Summary:
    """Asks everything in order, a day at a time."""
    summary, done = Summary(), 0
    waiting: deque[tuple[Submission, Future[list[Reply]]]] = deque()
    for day, steps in groupby(simulation.steps, key=lambda each: each.day):
        way.turn(day)
        for step in steps:
            for submission in step.submissions:
                if len(waiting) >= AT_ONCE:
                    first, future = waiting.popleft()
                    summary.count(first, future.result())
                waiting.append((submission, way.ask(submission)))
        while waiting:
            first, future = waiting.popleft()
            summary.count(first, future.result())
        done = summary.commands
        told(step, done, simulation.commands)
    return summary
