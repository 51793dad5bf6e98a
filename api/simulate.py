"""Simulate: terms of a county, day by day on the calendar of the documents, from a seed.

In process it opens the ledger itself and turns its own clock; with ``--server`` it speaks HTTP
with the tokens of the proper roles and sets the server's demo clock. The same simulation run again
is answered from the ledger and writes nothing new.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from api.clock import DemoClock
from api.house import database
from api.places import founded_places
from api.population import Population, populate
from api.settings import Settings
from api.simulate_calendar import TermDays, known_rules, term_days
from api.simulate_inside import WIDTH, InProcess
from api.simulate_register import register
from api.simulate_script import Script, Step
from api.simulate_term import TermScript
from api.simulate_way import Acknowledgements, Reply, Submission, Way
from ledger.fault import Fault
from ledger.names import JurisdictionId, TermId
from ledger.store.first_key import first_key
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble

SHANGHAI = timedelta(hours=8)
TEACHERS_MAX = 99_999
ODD_MAX = 20
Told = Callable[[Step, int, int], None]


@dataclass(frozen=True)
class Simulation:
    """Everything that will be asked, fixed before the first command is."""

    people: Population
    terms: tuple[TermDays, ...]
    steps: tuple[Step, ...]
    prefix: str

    @property
    def requests(self) -> set[str]:
        """All its request ids."""
        return {each.request for step in self.steps for each in step.submissions}

    @property
    def commands(self) -> int:
        """How many commands it has."""
        return sum(len(each.commands) for step in self.steps for each in step.submissions)


@dataclass
class Summary:
    """What came of a simulation."""

    submissions: int = 0
    commands: int = 0
    events: int = 0
    replayed: int = 0
    seconds: float = 0.0
    views_seconds: float | None = None
    refusals: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)

    def count(self, submission: Submission, replies: list[Reply]) -> None:
        """Takes in the replies to one submission."""
        self.submissions += 1
        self.commands += len(replies)
        for command, reply in zip(submission.commands, replies, strict=True):
            self.refusals.update(reply.codes)
            self.replayed += reply.replayed
            self.events += 0 if reply.replayed else len(reply.events)
            if bool(reply.codes) != submission.mistake:
                what = ", ".join(reply.codes) or "accepted"
                self.odd.append(f"{submission.request} {type(command).__name__}: {what}")

    def plain(self) -> dict[str, Any]:
        """For ``--json``."""
        seconds = max(self.seconds, 1e-9)
        return {
            "submissions": self.submissions,
            "commands": self.commands,
            "replayed": self.replayed,
            "events": self.events,
            "seconds": round(self.seconds, 3),
            "views_seconds": self.views_seconds and round(self.views_seconds, 3),
            "commands_per_second": round(self.commands / seconds, 1),
            "events_per_second": round(self.events / seconds, 1),
            "refusals": dict(sorted(self.refusals.items())),
            "findings": dict(sorted(self.findings.items())),
            "unexpected": self.odd[:ODD_MAX],
        }


def prepare(
    teachers: int, terms: list[str], seed: int, place: str = "jurisdiction:330381"
) -> Simulation:
    """Writes the script. Raises ``Fault`` for a term without windows or a place of no county."""
    county = JurisdictionId(place)
    if county.level != "COUNTY":
        raise Fault(
            "NO_COUNTY", zh=f"{county.value} 不是县级代码", en=f"{county.value} is no county"
        )
    if county not in founded_places():
        raise Fault(
            "UNKNOWN_PLACE",
            zh=f"没有代码为 {county.value} 的县（市、区），例如瑞安市为 330381",
            en=f"there is no county {county.value}; one is 330381, Rui'an",
        )
    if not 1 <= teachers <= TEACHERS_MAX:
        raise Fault(
            "BAD_TEACHERS",
            zh=f"教师人数须在 1 至 {TEACHERS_MAX} 之间",
            en=f"teachers must lie between 1 and {TEACHERS_MAX}",
        )
    rules = known_rules()
    days = [term_days(rules, county, TermId(f"term:{each}")) for each in dict.fromkeys(terms)]
    days.sort(key=lambda each: each.start)
    people = populate(county, teachers, [each.term.value for each in days], seed)
    script = Script(people.key)
    register(script, people, days[0].start)
    for each in days:
        rng = Random(f"{people.key}/{each.term.value}")  # noqa: S311  # nothing is a secret
        TermScript(people, each, script, rng).write()
    return Simulation(people, tuple(days), tuple(script.steps()), script.prefix)


def run(simulation: Simulation, way: Way, told: Told | None = None) -> Summary:
    """Asks everything in order. Raises ``Trouble`` where it would write into a ledger's past."""
    summary, begun, done = Summary(), time.perf_counter(), 0
    for number, step in enumerate(simulation.steps):
        if number == 0 or step.day != simulation.steps[number - 1].day:
            way.turn(step.day)
        if number == 0:
            _require_present(simulation, way)
        for submission, replies in _asked(way, step):
            summary.count(submission, replies)
            done += len(replies)
        if told is not None:
            told(step, done, simulation.commands)
    summary.seconds = time.perf_counter() - begun
    summary.findings = way.findings(simulation.prefix)
    return summary


def _asked(way: Way, step: Step) -> Iterator[tuple[Submission, list[Reply]]]:
    """The submissions of a step with their replies, at most the way's width waiting at once."""
    waiting: deque[tuple[Submission, Future[list[Reply]]]] = deque()
    for submission in step.submissions:
        if len(waiting) >= way.width:
            first, future = waiting.popleft()
            yield first, future.result()
        waiting.append((submission, way.ask(submission)))
    for first, future in waiting:
        yield first, future.result()


def _require_present(simulation: Simulation, way: Way) -> None:
    """A ledger never goes back in time; what it has of this very simulation is answered again."""
    last, start = way.last(), simulation.steps[0].day
    if last is None or (last + SHANGHAI).date() <= start:
        return
    if way.met(str(simulation.people.schools[0].school)):
        return
    known = (last + SHANGHAI).date()
    raise Trouble(
        "WRITES_INTO_THE_PAST",
        zh=f"账本已记到 {known}，而模拟从 {start} 开始：不能写入这本账的过去。"
        "请另用空的数据目录（xuefen --data …），或模拟更晚的学期。",
        en=f"The ledger has learned events up to {known}, but the simulation begins on {start}: "
        "it would write into the past of this ledger. Use an empty data folder (xuefen --data …) "
        "or a later term.",
    )


@contextmanager
def in_process(
    settings: Settings, simulation: Simulation, acks: Path | None = None, clients: int = WIDTH
) -> Iterator[InProcess]:
    """A way straight into the ledger of a data folder, founded on the day before the term."""
    clock = DemoClock(simulation.steps[0].day - timedelta(days=1))
    written = Acknowledgements(acks)
    with (
        database(settings) as url,
        Ledger.found(url, first_key(url, settings.vault_key_file), clock) as ledger,
    ):
        try:
            yield InProcess(ledger, clock, written, width=clients)
        finally:
            written.close()
