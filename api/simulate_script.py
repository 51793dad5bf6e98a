"""The script of a simulation: who asks what on which day, in what order, fixed by the seed.

Nothing in it depends on an answer, so the same simulation asks the same under the same request ids
and a ledger that has it already writes nothing new. What stands in one step is independent of
each other and may be asked at once; a step begins when the one before it is answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from api.simulate_way import Submission, in_bulk
from ledger.command import Asker, Command

ROWS = 200
STEPS = (
    "registration",
    "people",
    "transfers",
    "notice",
    "term",
    "profiles",
    "early mistakes",
    "orders",
    "responses",
    "awards of orders",
    "declarations",
    "reviews",
    "publication",
    "offerings",
    "announcements",
    "selections",
    "withdrawals",
    "school reviews",
    "expansions",
    "screenings",
    "provider reviews",
    "mistakes",
    "declined",
    "timetables",
    "changes",
    "decisions on changes",
    "explanations",
    "leave",
    "logs",
    "attendance",
    "corrections",
    "misconduct",
    "assessments",
    "settlements",
    "notices",
    "awards",
    "petitions",
    "decisions on petitions",
    "credit corrections",
    "school-based",
    "afterthoughts",
)


@dataclass(frozen=True)
class Step:
    """What is asked on a day in one step of its order."""

    day: date
    title: str
    submissions: tuple[Submission, ...]


@dataclass
class Script:
    """Lines by day, step, asker and kind, in the order in which they were said."""

    key: str
    _lines: dict[tuple[date, str, int], dict[tuple[str, str, bool], list[Submission]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    @property
    def prefix(self) -> str:
        """How its request ids begin."""
        return f"sim-{self.key}-"

    def say(
        self,
        day: date,
        step: str,
        asker: Asker,
        command: Command,
        *,
        person: dict[str, str] | None = None,
        mistake: bool = False,
        wave: int = 0,
    ) -> None:
        """Adds a line; lines of one asker and kind in one step and wave go out together.

        What must not overtake each other within a step goes into waves, each a step of its own.
        """
        kind = (asker.actor, type(command).__name__, mistake)
        people = (person,) if person else ()
        line = Submission("", asker, (command,), people, mistake)
        self._lines[day, step, wave][kind].append(line)

    def steps(self) -> Iterator[Step]:
        """All steps in order, with their request ids."""
        number = 0
        for place in sorted(self._lines, key=_turn):
            submissions: list[Submission] = []
            for lines in self._lines[place].values():
                size = ROWS if in_bulk(lines[0].kind) else 1
                for start in range(0, len(lines), size):
                    number += 1
                    request = f"{self.prefix}{number:06d}"
                    submissions.append(_joined(request, lines[start : start + size]))
            yield Step(place[0], place[1], tuple(submissions))


def _turn(place: tuple[date, str, int]) -> tuple[date, int, int]:
    day, title, wave = place
    return day, STEPS.index(title), wave


def _joined(request: str, lines: list[Submission]) -> Submission:
    return Submission(
        request=request,
        asker=lines[0].asker,
        commands=tuple(command for each in lines for command in each.commands),
        people=tuple(person for each in lines for person in each.people),
        mistake=lines[0].mistake,
    )
