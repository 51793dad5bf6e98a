"""What a soak is watched for: memory of each process, lag of the views, and growth over windows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, mean

import psutil  # type: ignore[import-untyped]
import psycopg

MIB = 1024 * 1024
# Student's t for a two-sided 95 %, by degrees of freedom; beyond the last, that of the normal.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
       2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
       2.052, 2.048, 2.045, 2.042)  # fmt: skip
NORMAL95 = 1.960
LAG = """
with behind as (select min(position) as position from projection.progress where failed is null),
     ends as (select max(position) as position from ledger.events)
select ends.position - behind.position,
       coalesce(extract(epoch from clock_timestamp() - (
           select at from ledger.events e where e.position = behind.position + 1)), 0)::float8,
       (select count(*) from projection.progress where failed is not null)
from behind, ends
"""


@dataclass(frozen=True)
class Trend:
    """A line through values over hours: its slope, and half the width of its 95 % interval."""

    slope: float
    margin: float
    level: float

    @classmethod
    def of(cls, hours: list[float], values: list[float]) -> Trend:
        """Least squares over at least three points."""
        slope, start = linear_regression(hours, values)
        rest = [y - start - slope * x for x, y in zip(hours, values, strict=True)]
        free, middle = len(hours) - 2, mean(hours)
        spread = math.fsum((x - middle) ** 2 for x in hours)
        error = math.sqrt(math.fsum(each * each for each in rest) / free / spread)
        t = T95[free - 1] if free <= len(T95) else NORMAL95
        return cls(slope, t * error, mean(values))

    def grows(self, share: float, least: float) -> bool:
        """Surely more than nothing, and in an hour more than a share of its level and the least."""
        return self.slope - self.margin > 0 and self.slope > max(share * self.level, least)


@dataclass(frozen=True)
class Look:
    """One look: MiB that belong to each process alone, lag in positions and seconds, stopped views.

    Of PostgreSQL it is what is anonymous: its buffer cache is set to a size, and is used bit by
    bit; a page of it that one process alone touched so far would count as that one's.
    """

    memory: dict[str, float]
    behind: int
    age: float
    stopped: int


@dataclass
class Watch:
    """Looks at a server, its workers, and the PostgreSQL below it."""

    server: int
    postmaster: int
    url: str
    looks: list[Look] = field(default_factory=list)

    def look(self) -> None:
        """Adds a look to those of the window."""
        memory = {"client": _private([psutil.Process()])}
        parent = psutil.Process(self.server)
        memory["server"] = _private([parent])
        below = [each for each in parent.children(recursive=True) if each.name() != "postgres"]
        for number, worker in enumerate(sorted(below, key=lambda each: int(each.pid)), start=1):
            memory[f"worker {number}"] = _private([worker])
        postmaster = psutil.Process(self.postmaster)
        memory["PostgreSQL"] = _anonymous([postmaster, *postmaster.children(recursive=True)])
        with psycopg.connect(self.url) as connection:
            behind, age, stopped = connection.execute(LAG).fetchone() or (0, 0.0, 0)
        self.looks.append(Look(memory, max(0, behind), max(0.0, age), stopped))

    def taken(self) -> list[Look]:
        """The looks since the last time."""
        found, self.looks = self.looks, []
        return found


def _private(processes: list[psutil.Process]) -> float:
    found = 0
    for each in processes:
        try:
            found += each.memory_full_info().uss
        except psutil.NoSuchProcess:
            continue
    return found / MIB


def _anonymous(processes: list[psutil.Process]) -> float:
    found = 0
    for each in processes:
        try:
            told = Path(f"/proc/{each.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended before or while it was read
            continue
        found += sum(int(line.split()[1]) for line in told.splitlines() if "RssAnon" in line)
    return found / 1024
