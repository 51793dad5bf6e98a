"""Resident: how much memory each process of this server has, those among them that fold or read.

Any process tells of all: the one that holds the socket, and whatever it and its workers began. The
embedded PostgreSQL is none of them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

POSTGRES = "postgres"
# What stands on the command line of a process, and what that makes it.
ROLES = {"projections.share_work": "fold", "spawn_main": "worker", "resource_tracker": "tracker"}


class Resident(Collector):
    """The bytes that are resident, by process."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: they are read only when they are asked for."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauge."""
        resident = GaugeMetricFamily(
            "xuefen_resident_bytes",
            "Memory that a process of this server has resident.",
            labels=["worker", "role"],
        )
        for number, role, size in processes():
            resident.add_metric([str(number), role], size)
        yield resident


def processes() -> Iterator[tuple[int, str, int]]:
    """The processes of this server: number, role and resident bytes."""
    parent = multiprocessing.parent_process()
    try:
        root = psutil.Process(None if parent is None else parent.pid)
        ours = [root, *root.children(recursive=True)]
    except psutil.Error:  # it is gone, and so is this one soon
        root = psutil.Process()
        ours = [root]
    for each in ours:
        try:
            if each.name() != POSTGRES:
                yield each.pid, _role(each, root), each.memory_info().rss
        except psutil.Error:
            continue  # it ended meanwhile


def _role(process: psutil.Process, root: psutil.Process) -> str:
    if process.pid == root.pid:
        return "server"
    line = " ".join(process.cmdline())
    return next((role for sign, role in ROLES.items() if sign in line), "other")
