"""Traces: what was done for a request, with its positions, and nothing that anybody wrote."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

import api.tracing
from api.tracing import check, traced, wanted, watch
from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.store.trouble import Trouble
from tests.api.test_stream_events import EVENTS, events
from tests.api.test_workers import registered, running
from tests.cast import RUIAN
from tests.server import Served, serving
from tests.town import database

try:
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
except ImportError as error:
    raise RuntimeError(
        "These tests need the packages of the extra otel: pip install 'xuefen[otel]'"
    ) from error

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SECONDS_MAX = 20
HEAD = "query Canary { head }"
SETTINGS = ("OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED", *api.tracing.ADDRESSES)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment that the tests run in."""
    for name in (*SETTINGS, *api.tracing.PROTOCOLS):
        monkeypatch.delenv(name, raising=False)


class Kept(InMemorySpanExporter):
    """Keeps the spans; a request's ends a little after its answer has come."""

    def __init__(self) -> None:
        super().__init__()
        self._more = threading.Condition()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Takes some more."""
        done = super().export(spans)
        with self._more:
            self._more.notify_all()
        return done

    def wait(self, name: str, count: int = 1) -> list[ReadableSpan]:
        """The spans of a name, once there are so many."""
        return self._found(lambda each: each.name == name, count)

    def telling(self, said: dict[str, str]) -> None:
        """Waits until a span has ended with an event that says this."""
        self._found(lambda each: said in [dict(e.attributes or {}) for e in each.events], 1)

    def above(self, child: ReadableSpan) -> ReadableSpan:
        """The span that another is a part of, once it has ended."""
        [found] = self._found(lambda each: below(child, each), 1)
        return found

    def _found(self, fits: Callable[[ReadableSpan], bool], count: int) -> list[ReadableSpan]:
        def found() -> list[ReadableSpan]:
            return [each for each in self.get_finished_spans() if fits(each)]

        with self._more:
            assert self._more.wait_for(lambda: len(found()) >= count, SECONDS_MAX)
        return found()


@pytest.fixture(scope="module")
def kept() -> Kept:
    """Keeps the spans."""
    return Kept()


@pytest.fixture(scope="module")
def server(
    kept: Kept,
    postgres_url: str,
    founded_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """A server that is traced."""
    folder = tmp_path_factory.mktemp("tracing")
    with (
        database(postgres_url, founded_template) as url,
        traced(kept, at_once=True),
        serving(url, folder, log_requests=True) as found,
    ):
        watch(found.house)
        yield found


def span(kept: Kept, name: str) -> ReadableSpan:
    """The one span of a name."""
    [found] = kept.wait(name)
    return found


def below(child: ReadableSpan, parent: ReadableSpan) -> bool:
    """Whether a span is a part of another."""
    assert parent.context is not None
    return child.parent is not None and child.parent.span_id == parent.context.span_id


def test_a_mutation_is_a_tree_from_the_request_to_the_position(server: Served, kept: Kept) -> None:
    kept.clear()
    given = {"school": "school:traced", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    answer = server.operator.mutate(RegisterSchool, given, "traced")
    seen = "query($at: Position) { schools(atLeast: $at) { position } }"
    server.operator.ask(seen, at=answer["position"])
    operation, command = span(kept, "mutation registerSchool"), span(kept, "command RegisterSchool")
    commit = span(kept, "commit")
    request = kept.above(operation)

    assert request.name == "POST /graphql"
    assert request.attributes and request.attributes["http.response.status_code"] == 200
    assert below(command, operation)
    assert [each.name for each in command.events] == ["decided"]
    assert command.attributes and commit.attributes
    assert command.attributes["xuefen.position"] == answer["position"]
    assert (command.attributes["xuefen.accepted"], command.attributes["xuefen.refused"]) == (1, ())
    assert commit.attributes["xuefen.position"] == answer["position"]
    assert [each.context for each in commit.links] == [command.context]
    statements = [each for each in kept.get_finished_spans() if below(each, commit)]
    assert any("ledger.events" in str((e.attributes or {})["db.statement"]) for e in statements)
    folded = [(each.attributes or {})["xuefen.position"] for each in kept.wait("fold")]
    assert answer["position"] in folded


def test_a_refusal_is_told_by_its_code(server: Served, kept: Kept) -> None:
    kept.clear()
    given = {"school": "school:traced-2", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    asker = server.party(Role.BUREAU, "jurisdiction:330382")
    answer = asker.mutate(RegisterSchool, given, "refused")
    codes = {each["code"] for each in answer["refusals"]}

    attributes = span(kept, "command RegisterSchool").attributes or {}
    assert set(attributes["xuefen.refused"]) == codes  # type: ignore[arg-type]
    server.operator.errors("{ nothing }")
    # It is told on the span of the request, which ends after its answer.
    kept.telling({"xuefen.code": "GRAPHQL_INVALID"})


def numbers(lines: Sequence[MutableMapping[str, Any]], route: str) -> set[tuple[str, str]]:
    """The numbers of the requests to a route that have their line, each with its trace's."""
    return {(each["request"], each["trace"]) for each in lines if each.get("route") == route}


def test_a_trace_goes_on_where_the_caller_began_it(server: Served, kept: Kept) -> None:
    kept.clear()
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    with capture_logs([merge_contextvars]) as lines:
        answer = server.client.get("/healthz", headers=headers)
        given = server.client.get("/healthz", headers={"x-request-id": "r-1"})
        # Each is written a little after its answer.
        while len(logged := numbers(lines, "/healthz")) < 2:
            server.client.get("/readyz")

    first, second = kept.wait("GET /healthz", 2)
    assert first.parent is not None and f"{first.parent.trace_id:x}" == TRACE
    assert f"{first.parent.span_id:016x}" == CALLER
    assert answer.headers["x-request-id"] == TRACE
    assert given.headers["x-request-id"] == "r-1"
    own = f"{second.get_span_context().trace_id:032x}"
    assert logged == {(TRACE, TRACE), ("r-1", own)}


def test_a_request_without_an_id_has_that_of_its_trace(server: Served, kept: Kept) -> None:
    for _ in range(2):  # the whole way, and past what was found out then
        kept.clear()
        body = {"query": HEAD}
        answer = server.client.post("/graphql", json=body, headers=server.operator.headers)
        found = span(kept, "query head")
        assert found.context is not None
        assert answer.headers["x-request-id"] == f"{found.context.trace_id:032x}"
        assert kept.above(found).name == "POST /graphql"


def test_a_stream_is_a_span_until_it_begins(server: Served, kept: Kept) -> None:
    kept.clear()
    body = {"query": "subscription { changes { position } }"}
    headers = EVENTS | server.operator.headers
    with server.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        next(events(response))
        assert kept.above(span(kept, "subscription changes")).name == "POST /graphql"


def test_nothing_that_anybody_wrote_stands_in_a_span(server: Served, kept: Kept) -> None:
    kept.clear()
    given = {"school": "school:canary", "place": RUIAN, "title": "canary", "stage": "PRIMARY"}
    person = server.party(Role.OPERATOR, "ledger:xuefen", "staff:canary")
    person.mutate(RegisterSchool, given, "canary")
    person.mutate(RegisterSchool, given | {"title": "canary 2"}, "canary-2")  # it is refused
    person.ask('query Canary { canary: node(id: "school:canary") { canary: id } }')
    person.errors("{ canary }")
    person.errors('{ schools(after: "canary") { position } }')
    headers = {"x-request-id": "canary", "user-agent": "canary", "tracestate": "canary=1"}
    server.client.get("/canary?canary", headers=headers)
    server.client.get("/graphql", params={"query": '{ node(id: "canary:1") { id } }'})
    server.client.request("CANARY", "/graphql")
    search = '{ history(filter: {text: "canary"}) { position } }'
    person.ask(search)
    kept.wait("POST /graphql", 6)
    said = "".join(each.to_json() for each in kept.get_finished_spans())

    assert "command RegisterSchool" in said and "history" in said
    found = said.replace('"trace_state": "[canary=1]"', "").casefold()
    assert "canary" not in found


@pytest.mark.parametrize(
    ("given", "exporter"),
    [
        ({}, None),
        ({"OTEL_TRACES_EXPORTER": "none"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "Console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, None),
    ],
)
def test_the_standard_environment_says_whether_there_are_traces(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], exporter: str | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert wanted() == exporter
    check()


@pytest.mark.parametrize("exporter", ["otlp", "nobody-has-it"])
def test_what_is_missing_is_said_and_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, exporter: str
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", exporter)
    if exporter == "otlp":
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(Trouble) as trouble:
        check()

    assert trouble.value.code == "TRACING_MISSING"
    assert "xuefen[otel]" in trouble.value.zh and "xuefen[otel]" in trouble.value.en


def test_without_it_nothing_of_opentelemetry_is_loaded() -> None:
    program = (
        "import sys, api.app, api.serve, api.workers; from api.tracing import operation, tracing\n"
        "with tracing(), operation('{ head }', None): pass\n"
        "sys.exit(any(each.startswith('opentelemetry') for each in sys.modules))"
    )
    clean = {name: each for name, each in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run([sys.executable, "-c", program], env=clean, capture_output=True)

    assert done.returncode == 0, done.stderr


class Collector(ThreadingHTTPServer):
    """Keeps the spans that it is sent, each batch with its path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[tuple[str, Any]] = []


class _Taking(BaseHTTPRequestHandler):
    """What takes spans as OTLP over HTTP."""

    def do_POST(self) -> None:
        """One batch."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            raise ValueError("nobody asked for it")
        assert isinstance(self.server, Collector)
        self.server.taken.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector of this machine."""
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_workers_send_their_spans_to_a_collector(
    postgres_url: str,
    founded_template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    collector: Collector,
) -> None:
    address = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    with database(postgres_url, founded_template) as url, running(url, tmp_path, 2) as run:
        with run.client() as client:
            position = registered(client, "collected")
        assert httpx.get(f"{run.address}/healthz").status_code == 200
        # It has stopped, and so has sent all.
    assert {path for path, _ in collector.taken} == {"/v1/traces"}
    batches = [MessageToDict(each) for _, each in collector.taken]
    parts = [part for each in batches for part in each["resourceSpans"]]
    names = {a["value"].get("stringValue") for p in parts for a in p["resource"]["attributes"]}
    found = [e for p in parts for scope in p["scopeSpans"] for e in scope["spans"]]
    [command] = [each for each in found if each["name"] == "command RegisterSchool"]
    told = {each["key"]: each["value"] for each in command["attributes"]}

    assert "xuefen" in names
    assert told["xuefen.position"] == {"intValue": str(position)}
    assert {"POST /graphql", "GET /healthz", "commit"} <= {each["name"] for each in found}


def test_what_the_loop_reads_itself_is_a_part_of_its_query(server: Served, kept: Kept) -> None:
    for _ in range(2):  # the whole way, and the shortcut
        kept.clear()
        server.operator.ask("{ schools(first: 1) { position } }")
        query = span(kept, "query schools")
        statements = [
            str((each.attributes or {})["db.statement"])
            for each in kept.get_finished_spans()
            if below(each, query)
        ]
        assert any("projection.progress" in each for each in statements), statements
