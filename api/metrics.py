"""Metrics: what the server does, as Prometheus reads it, at ``/metrics``.

They are for who runs it: a program of the same machine, or somebody with an operator's token. With
several workers the numbers of all of them are added up, through files in a folder that
``PROMETHEUS_MULTIPROC_DIR`` names; it has to stand in the environment before this is imported. What
is kept in memory (``cache``) each tells of itself alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.cache import Caches
from api.checkup import Checkup, Found
from api.edge.turnstile import ASKER
from api.ide.door import of_this_machine
from api.limits import failure
from api.resident import Resident
from ledger.command import Role
from schema.context import House
from schema.errors import HEARD
from schema.hop import Hops

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)

OWN = CollectorRegistry()
REQUESTS = Counter(
    "xuefen_requests", "HTTP requests, by status.", ("route", "method", "status"), registry=OWN
)
DURATIONS = Histogram(
    "xuefen_request_seconds",
    "Seconds to the head of an answer.",
    ("route",),
    buckets=SECONDS,
    registry=OWN,
)
ERRORS = Counter("xuefen_errors", "GraphQL errors, by code.", ("code",), registry=OWN)
BATCH = Histogram(
    "xuefen_committer_batch", "Requests in one commit.", buckets=BATCHES, registry=OWN
)
OPEN = Gauge(
    "xuefen_open_streams",
    "WebSocket connections and event streams.",
    ("kind",),
    multiprocess_mode="livesum",
    registry=OWN,
)
FAILING = Gauge(
    "xuefen_writes_failing",
    "1: the last write of a process failed.",
    multiprocess_mode="livemax",
    registry=OWN,
)


def observe(house: House) -> None:
    """Has the house tell its metrics, whatever serves it."""
    house.ledger.committer.carried = BATCH.observe
    house.ledger.committer.lane.outcome.heard = FAILING.set
    if _error not in HEARD:
        HEARD.append(_error)


def _error(code: str) -> None:
    ERRORS.labels(code).inc()


class MetricsDoor:
    """The page that Prometheus reads."""

    def __init__(self, checkup: Checkup) -> None:
        self._checkup = checkup
        self._hops = Hops(1)  # it tells although all other threads hang

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/metrics", self.metrics)]

    async def metrics(self, request: Request) -> Response:
        """All of them, for this machine and operators; without a database what is known here."""
        # Not asked for here, since a database that hangs would not say whose a token is.
        if request.scope[ASKER].role is not Role.OPERATOR and not of_this_machine(request):
            zh, en = "仅限本机或运维人员读取", "only this machine and operators read the metrics"
            return failure("FORBIDDEN_ROLE", zh, en, 403)
        try:
            found = await self._checkup.found()
        except Exception:  # /readyz says which
            found = None
        text = await self._hops.run(_told, found)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


def _told(found: Found | None) -> bytes:
    whole = CollectorRegistry()
    if FOLDER in os.environ:
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]  # it has no annotations
    else:
        whole.register(_All(OWN))
    whole.register(Standing(found))
    whole.register(Caches())
    whole.register(Resident())
    return generate_latest(whole)


class _All(Collector):
    """Another registry's metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """As they are."""
        yield from self._registry.collect()  # type: ignore[misc]  # of any family


class Standing(Collector):
    """How far ledger, views and webhooks are; read from the database, so of all workers."""

    def __init__(self, found: Found | None) -> None:
        self._found = found

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: they are read only when they are asked for."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; one alone where the database does not answer."""
        found, up = self._found, float(self._found is not None)
        yield GaugeMetricFamily("xuefen_database_up", "0: it does not answer.", value=up)
        if found is None:
            return
        yield GaugeMetricFamily("xuefen_head", "The last position.", value=found.head)
        yield GaugeMetricFamily(
            "xuefen_clock_behind_seconds",
            "By how much the clock is behind the last event.",
            value=found.behind_seconds,
        )
        yield from _views(found)
        yield from _rebuilds(found)
        waiting, furthest = found.webhooks
        yield GaugeMetricFamily("xuefen_webhooks_waiting", "Webhooks that are behind.", waiting)
        yield GaugeMetricFamily("xuefen_webhooks_behind", "Of the furthest behind.", furthest)


def _views(found: Found) -> Iterator[GaugeMetricFamily]:
    behind = GaugeMetricFamily("xuefen_view_behind", "Entries not in a view.", labels=["view"])
    age = GaugeMetricFamily(
        "xuefen_view_age_seconds", "Age of the first entry not in a view.", labels=["view"]
    )
    stopped = GaugeMetricFamily("xuefen_view_stopped", "1: it stopped.", labels=["view"])
    at = GaugeMetricFamily(
        "xuefen_view_stopped_position",
        "The event that a view could not take in, where it stopped.",
        labels=["view", "type", "error"],
    )
    for view, position, stop in found.progress:
        behind.add_metric([view], max(0, found.head - position))
        age.add_metric([view], found.ages[position])
        stopped.add_metric([view], float(stop is not None))
        if stop is not None:
            at.add_metric([view, stop.type, stop.error], stop.position)
    yield from (behind, age, stopped, at)


def _rebuilds(found: Found) -> Iterator[GaugeMetricFamily]:
    running = GaugeMetricFamily(
        "xuefen_rebuild_running", "1: a process folds it anew; 0: that died.", labels=["view"]
    )
    position = GaugeMetricFamily(
        "xuefen_rebuild_position", "Up to where a view is folded anew.", labels=["view"]
    )
    of = GaugeMetricFamily("xuefen_rebuild_of", "Up to where it is to be.", labels=["view"])
    for each in found.refolds:
        running.add_metric([each.view], float(each.running))
        position.add_metric([each.view], each.position)
        of.add_metric([each.view], each.of)
    yield from (running, position, of)
