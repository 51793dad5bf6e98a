"""Cache: what a process keeps so that it need not be worked out again, and how much at most.

A process whose memory grows fills its caches or loses memory. Who runs it sees here which.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

ROOMS = ("ledger", "projections", "schema", "api")


@dataclass(frozen=True)
class Cache:
    """The answers of a function that are kept; ``most``: ``None`` where no number bounds them."""

    name: str
    kept: int
    most: int | None


def caches() -> list[Cache]:
    """The caches of all functions of our rooms that were loaded, each once, by name."""
    found: dict[int, Cache] = {}
    for room, module in sorted(sys.modules.items()):
        if room.partition(".")[0] not in ROOMS:
            continue
        for name, value in vars(module).copy().items():
            made = getattr(value, "__module__", None) or ""
            if not hasattr(value, "cache_parameters") or made.partition(".")[0] not in ROOMS:
                continue
            own = getattr(sys.modules[made], name, None) is value
            info = value.cache_info()
            if own or id(value) not in found:
                where = f"{made if own else room}.{name}"
                found[id(value)] = Cache(where, info.currsize, info.maxsize)
    return sorted(found.values(), key=lambda each: each.name)


class Caches(Collector):
    """How full they are, and how many blocks the interpreter has in use, in this process."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: they are read only when they are asked for."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        kept = GaugeMetricFamily(
            "xuefen_kept", "Answers kept by a function, in the process that tells.", labels=["of"]
        )
        most = GaugeMetricFamily("xuefen_kept_most", "So many at most.", labels=["of"])
        for each in caches():
            kept.add_metric([each.name], each.kept)
            if each.most is not None:
                most.add_metric([each.name], each.most)
        yield from (kept, most)
        blocks = sys.getallocatedblocks()
        yield GaugeMetricFamily("xuefen_live_blocks", "Blocks of memory in use by Python.", blocks)
