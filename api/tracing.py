"""Tracing: what was done for a request and how long it took, as OpenTelemetry's spans.

On where its standard environment asks for it: ``OTEL_TRACES_EXPORTER``, or an address such as
``OTEL_EXPORTER_OTLP_ENDPOINT``; never with ``OTEL_SDK_DISABLED=true``. The packages are those of
the extra ``otel``, and nothing of them is loaded otherwise. A span says what kind of thing was
asked, in words of ours: no path, no variable, no document, no name of anybody. So neither the
library's ASGI instrumentation, which notes the URL, nor Strawberry's, which notes document and
arguments, is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from ledger.store.trouble import Trouble

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from api.spans import Spans
    from schema.context import House

ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
GROUP = "opentelemetry_traces_exporter"
NOTHING: AbstractContextManager[None] = nullcontext()


class _Tracing:
    """The spans of this process; ``None`` while nobody traces."""

    spans: Spans | None = None


_HERE = _Tracing()


def spans() -> Spans | None:
    """What makes spans, or ``None``."""
    return _HERE.spans


def operation(text: str, name: str | None) -> AbstractContextManager[None]:
    """Around an operation of GraphQL, by its document and the name of the one that is meant."""
    return NOTHING if _HERE.spans is None else _HERE.spans.operation(text, name)


def wanted() -> str | None:
    """The exporter that the environment asks for, by the library's name; ``None``: no traces."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    given = os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if given in ("", "none"):
        return "otlp" if not given and any(os.environ.get(each) for each in ADDRESSES) else None
    return given


def check() -> None:
    """Raises ``Trouble`` where traces are wanted and cannot be had."""
    name = wanted()
    if name is not None:
        _exporter(name).shutdown()


def watch(house: House) -> None:
    """Traces what a house does, where there are traces."""
    if _HERE.spans is not None:
        _HERE.spans.watch(house)


@contextmanager
def tracing() -> Iterator[None]:
    """Traces what this process does meanwhile, where that is wanted. Raises ``Trouble``.

    It begins before connections to the database are opened, so that these are traced.
    """
    name = wanted()
    if name is None:
        yield
        return
    with traced(_exporter(name)):
        yield


@contextmanager
def traced(exporter: SpanExporter, *, at_once: bool = False) -> Iterator[None]:
    """Traces to an exporter; ``at_once``: each span as it ends, and not in batches."""
    from api.spans import Spans

    _HERE.spans = made = Spans(exporter, at_once=at_once)
    try:
        yield
    finally:
        _HERE.spans = None
        made.close()


def _exporter(name: str) -> SpanExporter:
    """An exporter with the settings that it reads from the environment itself."""
    if name == "otlp":
        protocol = next((os.environ[each] for each in PROTOCOLS if os.environ.get(each)), "")
        name = "otlp_proto_grpc" if protocol.strip().lower() == "grpc" else "otlp_proto_http"
    found: list[Any] = list(entry_points(group=GROUP, name=name))
    try:
        import opentelemetry.sdk.trace  # noqa: F401 - whether it is there

        made: SpanExporter = found[0].load()()
    except (ImportError, IndexError):
        raise Trouble(
            "TRACING_MISSING",
            zh=f"环境变量 OTEL_* 要求输出跟踪（{name}），但没有安装所需的包："
            "pip install 'xuefen[otel]'。",
            en=f"OTEL_* in the environment asks for traces ({name}), and the packages for it are "
            "not installed: pip install 'xuefen[otel]'.",
        ) from None
    return made
