"""Source: the text of a function that is made, and the objects that its names stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass
class Source:
    """The text of a function, and the objects that its names stand for."""

    names: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def bind(self, value: object) -> str:
        """A name for an object."""
        name = f"o{next(self.numbers)}"
        self.names[name] = value
        return name

    def function(self, lines: list[str], given: str = "value, run") -> Callable[..., Any]:
        """The function of a value and a run, or of what else is given."""
        body = "\n    ".join(lines)
        # Nothing of a client's is in the text: names are numbered, keys are bound.
        exec(f"def complete({given}):\n    {body}\n", self.names)  # noqa: S102
        made: Callable[..., Any] = self.names["complete"]
        return made
