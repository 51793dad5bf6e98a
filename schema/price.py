"""Price: what an answer may come to at most, and of what; so what it came to is told afterwards.

A list counts as often as it may be long before anything is read, and as often as it was long when
all is read. What is not known then, as a row that is written from the JSON in which it is kept, or
an object of one of several types, counts what it may come to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import Raw

COST_MAX = 10**9


@dataclass(frozen=True)
class Cost:
    """Points and nodes; nodes are the members of lists that are objects."""

    points: int = 0
    nodes: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            min(COST_MAX, self.points + other.points), min(COST_MAX, self.nodes + other.nodes)
        )

    def times(self, number: int) -> Cost:
        """So many of it."""
        return Cost(min(COST_MAX, self.points * number), min(COST_MAX, self.nodes * number))


class Longest:
    """How long lists are that nobody asks for by a number: the longest that were met, by field.

    ``version`` changes with them; a price that was made before may be too low.
    """

    def __init__(self) -> None:
        self._met: dict[str, int] = {}
        self.version = 0

    def of(self, where: str, usual: int) -> int:
        """How many members to reckon with, at least as many as usual."""
        return max(usual, self._met.get(where, 0))

    def met(self, where: str, number: int) -> None:
        """Such a list had more members than were reckoned."""
        if number > self._met.get(where, 0):
            self._met[where] = number
            self.version += 1

    def forget(self) -> None:
        """As in a process that just began."""
        self._met.clear()
        self.version += 1


LONGEST = Longest()
"""Those of this process; the schema is one as well."""


@dataclass(frozen=True)
class Part:
    """A field of an object that holds objects: ``most`` points for all of them.

    ``each`` is the price of one, and ``beside`` what it costs to read it where it is a row.
    ``where`` is the field, as in ``Query.rules``, and ``times`` how many were reckoned, where it is
    a list of which nobody says how many.
    """

    key: str
    most: int
    each: Price
    beside: int
    where: str = ""
    times: int = 0

    def came_to(self, found: Any) -> int:
        """The points of what was found."""
        if found is None:
            return 0
        if isinstance(found, dict):
            return self.each.came_to(found)
        if not isinstance(found, list):
            return self.most
        if self.where and len(found) > self.times:
            LONGEST.met(self.where, len(found))
        if not self.each.parts:
            return len(found) * (self.each.own + self.beside)
        if found and isinstance(found[0], Raw):  # so are all, and of none it is known what it has
            return len(found) * (self.each.most.points + self.beside)
        return sum(self._one(each) for each in found)

    def _one(self, found: Any) -> int:
        if found is None:
            return self.beside
        known = isinstance(found, dict)
        return self.beside + (self.each.came_to(found) if known else self.each.most.points)


@dataclass(frozen=True)
class Price:
    """What an object comes to at most; ``own`` are the points of it without its parts."""

    most: Cost = Cost()
    own: int = 0
    parts: tuple[Part, ...] = ()

    def __add__(self, other: Price) -> Price:
        own = min(COST_MAX, self.own + other.own)
        return Price(self.most + other.most, own, self.parts + other.parts)

    def came_to(self, found: dict[str, Any] | None) -> int:
        """The points of an answer, by what it holds under each name."""
        if found is None:
            return self.own
        points = self.own
        for each in self.parts:
            points += each.came_to(found.get(each.key))
        return points


def plain(cost: Cost) -> Price:
    """The price of what has no parts."""
    return Price(cost, cost.points)
