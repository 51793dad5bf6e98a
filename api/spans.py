"""Spans: requests, operations, commands, commits and batches of the views, over OpenTelemetry.

A trace begins where a caller's ``traceparent`` says, or with the request. Statements of SQL,
without their values, are spans where they are part of something else; what the server does by
itself while nobody asks is none, but for the views' batches.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any

from graphql import FieldNode, GraphQLError, OperationType, get_operation_ast, parse
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider as Provider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers

from ledger.store.answer import Answer
from ledger.store.work import Asked, Plain
from schema.allowance import SIGNED
from schema.context import House
from schema.errors import HEARD
from schema.root import build

FIELDS_MAX = 8
KEPT = 256
SERVER_ERROR = 500
# The text of an exception may hold what somebody wrote.
UNSAID: Any = {"record_exception": False, "set_status_on_exception": False}


class Spans:
    """Makes the spans of a process, and sends them to an exporter."""

    def __init__(self, exporter: SpanExporter, *, at_once: bool = False) -> None:
        self._provider = Provider(resource=_resource(), shutdown_on_exit=False)
        processor = SimpleSpanProcessor if at_once else BatchSpanProcessor
        self._provider.add_span_processor(processor(exporter))
        self._tracer = self._provider.get_tracer("xuefen")
        self._caller = TraceContextTextMapPropagator()
        self._asked: dict[int, Span] = {}
        self._statements = PsycopgInstrumentor()
        self._statements.instrument(tracer_provider=_Within(self._provider))
        HEARD.append(_code)

    def watch(self, house: House) -> None:
        """Traces what a house does, whoever asks it."""
        house.ledger.committer.lane.watch = self
        house.runner.folded = self.folded

    def close(self) -> None:
        """Sends what is left, and traces no more."""
        HEARD.remove(_code)
        self._statements.uninstrument()
        self._provider.shutdown()

    @contextmanager
    def request(self, method: str, headers: Headers) -> Iterator[Seen]:
        """Around a request over HTTP."""
        parent, named = self._caller.extract(headers), {"http.request.method": method}
        with self._tracer.start_as_current_span(
            method, parent, SpanKind.SERVER, named, **UNSAID
        ) as span:
            yield Seen(span)

    @contextmanager
    def operation(self, text: str, name: str | None) -> Iterator[None]:
        """Around an operation of GraphQL."""
        kind, fields, digest = _summary(text, name)
        named = {"graphql.operation.type": kind, "xuefen.fields": fields, "xuefen.document": digest}
        title = " ".join((kind, *fields[:1]))
        with self._tracer.start_as_current_span(title, attributes=named, **UNSAID):
            yield

    def asked(self, work: Plain | Asked) -> None:
        """Begins the span of commands, as a part of what their asker does."""
        if not isinstance(work, Asked):
            return
        kinds = sorted({type(each).__name__ for each in work.commands})
        named = {
            "xuefen.commands": len(work.commands),
            "xuefen.role": work.asker.role.value,
            "xuefen.channel": work.asker.channel.value,
        }
        span = self._tracer.start_span(f"command {', '.join(kinds)}", attributes=named)
        self._asked[id(work)] = span
        work.future.add_done_callback(lambda future: self._answered(id(work), future))

    def decided(self, work: Plain | Asked) -> None:
        """Notes that commands were decided; whether they count is known when they are committed."""
        span = self._asked.get(id(work))
        if span is not None:
            span.add_event("decided")

    @contextmanager
    def carried(self, batch: Sequence[Plain | Asked]) -> Iterator[None]:
        """Around a commit, which is linked with what is in it."""
        known = [self._asked[id(each)] for each in batch if id(each) in self._asked]
        links = [Link(each.get_span_context()) for each in known]
        named = {"xuefen.batch": len(batch)}
        with self._tracer.start_as_current_span(
            "commit", Context(), attributes=named, links=links, **UNSAID
        ) as span:
            yield
            asked = [each.future for each in batch if isinstance(each, Asked)]
            reached = [at for at in map(_position, asked) if at is not None]
            if reached:
                span.set_attribute("xuefen.position", max(reached))

    def folded(self, views: Sequence[str], entries: int, reached: int, begun: int) -> None:
        """A batch that was folded into views; ``begun``: in nanoseconds since 1970."""
        named = {"xuefen.views": len(views), "xuefen.batch": entries, "xuefen.position": reached}
        span = self._tracer.start_span("fold", Context(), attributes=named, start_time=begun)
        span.end()

    def _answered(self, key: int, future: Future[Any]) -> None:
        span = self._asked.pop(key)
        position = _position(future)
        if position is None:
            span.set_status(StatusCode.ERROR)
        else:
            answer: Answer = future.result()
            kept = sum(each.accepted for each in answer.outcomes)
            codes = {said.code for each in answer.outcomes for said in each.refusals}
            span.set_attribute("xuefen.position", position)
            span.set_attribute("xuefen.accepted", kept)
            span.set_attribute("xuefen.refused", sorted(codes))
            span.set_attribute("xuefen.replayed", answer.replayed)
        span.end()


class Seen:
    """The span of a request over HTTP; ``number``: that of its trace, as it is written."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.number = trace.format_trace_id(span.get_span_context().trace_id)

    def answered(self, method: str, route: str, status: int, *, over: bool) -> None:
        """Notes what it was and how it was answered; ``over``: what follows is not waited for."""
        self._span.update_name(f"{method} {route}")
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= SERVER_ERROR:
            self._span.set_status(StatusCode.ERROR)
        if over:
            self._span.end()


class _Within(TracerProvider):
    """Gives tracers whose spans are parts of others, or none."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def get_tracer(self, *given: Any, **named: Any) -> Tracer:
        return _Part(self._provider.get_tracer(*given, **named))


class _Part(Tracer):
    """Makes spans where there is one already. What went wrong is not told: it may hold values."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(self, *given: Any, **named: Any) -> Span:
        if not trace.get_current_span().is_recording():
            return trace.INVALID_SPAN
        return self._tracer.start_span(*given, **named | UNSAID)

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # theirs is a decorator as well
        self, *given: Any, **named: Any
    ) -> Iterator[Span]:
        if not trace.get_current_span().is_recording():
            yield trace.INVALID_SPAN
            return
        with self._tracer.start_as_current_span(*given, **named | UNSAID) as span:
            yield span


def _position(future: Future[Any]) -> int | None:
    """Where the ledger stood after what was asked; ``None`` where nobody was answered."""
    if not future.done() or future.cancelled() or future.exception() is not None:
        return None
    found = future.result()
    return found.position if isinstance(found, Answer) else None


def _code(code: str) -> None:
    trace.get_current_span().add_event("error", {"xuefen.code": code})


def _resource() -> Resource:
    """What sends them: by the environment, or by our name."""
    named = "OTEL_SERVICE_NAME" in os.environ
    named = named or f"{SERVICE_NAME}=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({} if named else {SERVICE_NAME: "xuefen"})


@lru_cache(maxsize=KEPT)
def _summary(text: str, name: str | None) -> tuple[str, tuple[str, ...], str]:
    """The kind of an operation, the first fields of it that the schema has, and its digest."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        found = get_operation_ast(parse(text, max_tokens=SIGNED.tokens), name)
    except (GraphQLError, RecursionError):
        found = None
    if found is None:
        return "unknown", (), digest
    root = build()._schema.get_root_type(OperationType(found.operation))
    known = root.fields if root is not None else {}
    asked = [
        each.name.value for each in found.selection_set.selections if isinstance(each, FieldNode)
    ]
    return (
        found.operation.value,
        tuple(each for each in asked if each in known)[:FIELDS_MAX],
        digest,
    )
