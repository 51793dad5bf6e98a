"""A fault: what breaks, in which operation, at which step and moment, all drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.faults.proxy import MOMENTS

OPERATIONS = ("commit", "project", "rebuild", "swap", "found", "upgrade")
LINE = ("before", "during", "within", "unheard", "after")
KINDS: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {
    # Its weight among the runs, the operations that it strikes, and its moments.
    "kill": (20, OPERATIONS, MOMENTS),
    "postgres": (12, OPERATIONS, ("before", "during", "unheard")),
    "lost": (24, OPERATIONS, MOMENTS),
    "full": (12, OPERATIONS, ("before",)),
    "locked": (12, OPERATIONS, ("before",)),
    "poison": (8, ("commit", "project", "rebuild"), ("before",)),
    "clock": (4, ("commit",), ("before",)),
    "rival": (8, ("commit",), MOMENTS),
}
HOLD_STEPS, FOR_GOOD = 60, 10_000
NEIGHBOURS_MAX = 4


@dataclass(frozen=True)
class Fault:
    """One fault. ``detail`` says how, by kind; ``beside``: steps before which another writes."""

    seed: int
    kind: str
    operation: str
    step: int
    moment: str
    detail: dict[str, Any] = field(default_factory=dict)
    beside: tuple[int, ...] = ()

    def __str__(self) -> str:
        how = " ".join(f"{name}={value}" for name, value in self.detail.items())
        return (
            f"seed {self.seed} {self.kind} {self.operation} step {self.step} {self.moment} {how}"
        ).strip()


def drawn(
    seed: int,
    lengths: dict[str, range],
    poisonable: list[tuple[str, int]],
    only: str | None = None,
) -> Fault:
    """The fault of a seed. ``lengths``: the steps of each operation, as counted undisturbed."""
    rng = Random(f"fault {seed}")
    weights = [weight for weight, _, _ in KINDS.values()]
    kind = only or rng.choices(list(KINDS), weights)[0]
    _, operations, moments = KINDS[kind]
    operation = rng.choice(operations)
    steps = lengths[operation]
    # A share, so that a step more or less elsewhere in an operation moves it by one at most.
    step = steps[int(rng.random() * len(steps))]
    count = rng.randint(0, NEIGHBOURS_MAX) if operation in ("project", "rebuild", "swap") else 0
    beside = tuple(sorted(1 + int(rng.random() * steps[-1]) for _ in range(count)))
    moment = rng.choice(moments)
    return Fault(
        seed, kind, operation, step, moment, _detail(kind, operation, rng, poisonable), beside
    )


def _detail(
    kind: str, operation: str, rng: Random, poisonable: list[tuple[str, int]]
) -> dict[str, Any]:
    match kind:
        case "postgres":
            how = rng.choice(("all", "immediate", "one"))
            return {"how": how, "back": how == "one" or rng.random() < 0.5}
        case "lost":
            return {"all": rng.random() < 0.5, "refusing": rng.choice((0, 0, 0, 1, 4, 30))}
        case "full" | "locked":
            hold = rng.choice((rng.randint(1, HOLD_STEPS), FOR_GOOD))
            return {"hold": hold} | ({"what": rng.randrange(4)} if kind == "locked" else {})
        case "poison" if operation == "commit":
            return {"stumble_in": rng.randrange(2)}
        case "poison":
            view, position = rng.choice(poisonable)
            return {"view": view, "position": position}
        case "clock":
            return {"back_at": rng.randint(1, 3), "back_seconds": rng.choice((1, 3_600, 4_000_000))}
        case "rival":
            return {"by": rng.choice(("kill", "lost", "nothing"))}
    return {}
