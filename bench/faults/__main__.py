"""Faults: one thing that breaks at one step, drawn from a seed, and what the ledger is after it.

    python -m bench.faults [--runs 1000] [--seed 1] [--only KIND] [--quiet]

Each run copies a ledger with a story, has a process commit, project, rebuild, swap, found or
upgrade through a proxy that counts its statements, and breaks something at one of them: the process
(SIGKILL), PostgreSQL, the connection, the disk (a full tmpfs), a lock, a view or command that
raises, the clock, or two committers that ask the same at once. Then all is healed, every request is
asked again under its id, and held against what was acknowledged, against a fresh fold of the views,
against ``xuefen check``, and against what a reader was given. A run is its seed: run 17 of seed 1
is ``--seed 17 --runs 1`` with the same ``--only``. Full disks need root, for the tmpfs. Exit code
1 on any breach. A fault is *struck* where it came to pass (a step may lie behind the end of a
shorter script, a lock may be held already), and *felt* where the operation noticed: it died, was
told an error, or was answered in spite of it only after another try that failed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.faults.fault import KINDS, OPERATIONS, Fault, drawn
from bench.faults.site import Site, poisonable, site
from bench.faults.trial import Outcome, tried, undisturbed


@dataclass
class Sites:
    """The sites that are needed, each made when it is; and what was counted on them."""

    stack: ExitStack
    made: dict[bool, Site] = field(default_factory=dict)
    lengths: dict[str, range] = field(default_factory=dict)
    poisons: list[tuple[str, int]] = field(default_factory=list)

    def of(self, fault: Fault) -> Site:
        """Where a fault is tried."""
        return self._site(small=fault.kind == "full")

    def count(self) -> None:
        """Does each operation undisturbed. Raises ``RuntimeError`` where even that is not right."""
        whole = self._site(small=False)
        for operation in OPERATIONS:
            outcome = undisturbed(whole, operation)
            if outcome.breaches:
                raise RuntimeError(f"{operation}, undisturbed: {outcome.breaches}")
            self.lengths[operation] = steps_of(operation, outcome.labels)
        self.poisons = poisonable(whole.at("told"))

    def _site(self, *, small: bool) -> Site:
        if small not in self.made:
            self.made[small] = self.stack.enter_context(site(small=small))
        return self.made[small]


def steps_of(operation: str, labels: list[str]) -> range:
    """The steps at which an operation can be struck; a swap is the end of a rebuild."""
    first = 1
    if operation == "swap":
        entered = "select view from projection.rebuilds"
        first = next(n for n, label in enumerate(labels, start=1) if entered in label)
    return range(first, len(labels) + 1)


def main() -> None:
    """Tries the faults and prints what came of each."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=tuple(KINDS))
    parser.add_argument("--quiet", action="store_true", help="only breaches and the sum")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    runs, struck, felt, broken = (Counter[str]() for _ in range(4))
    begun = time.perf_counter()
    with ExitStack() as stack:
        sites = Sites(stack)
        sites.count()
        for seed in range(options.seed, options.seed + options.runs):
            fault = drawn(seed, sites.lengths, sites.poisons, options.only)
            outcome = tried(sites.of(fault), fault)
            runs[fault.kind] += 1
            struck[fault.kind] += outcome.struck
            felt[fault.kind] += outcome.felt
            broken[fault.kind] += bool(outcome.breaches)
            if outcome.breaches or not options.quiet:
                print(told(fault, outcome), flush=True)
    print(f"\n{'fault':10}{'runs':>6}{'struck':>8}{'felt':>6}{'broken':>8}")
    for kind in KINDS:
        if runs[kind]:
            print(f"{kind:10}{runs[kind]:6}{struck[kind]:8}{felt[kind]:6}{broken[kind]:8}")
    seconds = time.perf_counter() - begun
    total = f"{runs.total():6}{struck.total():8}{felt.total():6}{broken.total():8}"
    print(f"{'all':10}{total}   {seconds:.0f} s")
    raise SystemExit(1 if broken.total() else 0)


def told(fault: Fault, outcome: Outcome) -> str:
    """One run in a line, and its breaches below it."""
    came = "broken" if outcome.breaches else "whole"
    felt = "felt" if outcome.felt else "unnoticed" if outcome.struck else "missed"
    line = f"{came}  {fault}  {felt}  {outcome.label}"
    return "\n".join([line.rstrip(), *(f"    {each}" for each in outcome.breaches)])


if __name__ == "__main__":
    main()
