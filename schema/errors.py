"""Errors: every one leaves with a stable code, and nothing unexpected leaves with its text."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from uuid import uuid4

import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors

from ledger.fault import Fault
from ledger.store.connection import trouble_behind
from ledger.store.outage import outside
from ledger.store.trouble import Trouble
from schema.answers import spelt
from schema.complaint import complaint, named_before, path_of, unquoted

log = structlog.get_logger()
HEARD: list[Callable[[str], None]] = []
"""Who is told the code of each error that leaves."""


class CodedErrors(MaskErrors):
    """Gives each error its code, in Chinese and in English; masks what nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda _: True)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """The error as a client may see it."""
        told = self._told(error)
        for hear in HEARD:
            hear(str((told.extensions or {}).get("code")))
        return told

    def _told(self, error: GraphQLError) -> GraphQLError:
        if "code" in (error.extensions or {}):
            return error
        cause = root_of(error)
        # A read that the database left unanswered is no accident: the client tries again.
        cause = trouble_behind(cause) or cause
        if isinstance(cause, Trouble):
            cause = outside(cause)
        if isinstance(cause, Fault | Trouble):
            return _faulty(error, cause)
        if isinstance(cause, GraphQLError):
            return _misfit(error)
        if "non-nullable field Subscription." in str(cause):
            # A subscription over plain HTTP is run as a query, which has nothing to give.
            zh = "订阅请用 WebSocket，或以 accept: text/event-stream 请求"
            en = "subscribe over WebSocket, or with accept: text/event-stream"
            return _coded(error, f"{zh} / {en}", code="NEEDS_A_STREAM", zh=zh, en=en)
        zh, en, number = incident(cause, error.path)
        return _coded(error, f"{zh} / {en}", code="INTERNAL", zh=zh, en=en, incident=number)


def incident(cause: Exception, where: object) -> tuple[str, str, str]:
    """Logs what nobody foresaw, and gives what may be said of it: in both languages, by number."""
    number = str(uuid4())
    # As text, without the values of variables: they may be personal data.
    trace = "".join(traceback.format_exception(cause))
    log.error("unexpected", incident=number, where=where, trace=trace)
    return f"服务器内部错误，编号 {number}", f"internal error, incident {number}", number


def root_of(error: GraphQLError) -> Exception:
    """What first went wrong; GraphQL wraps the errors of arguments twice."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _faulty(error: GraphQLError, cause: Fault | Trouble) -> GraphQLError:
    field = spelt(cause.field) if isinstance(cause, Fault) else None
    path = path_of(error.message) or named_before(error)
    zh, en = (f"{path}：{cause.zh}", f"{path}: {cause.en}") if path else (cause.zh, cause.en)
    return _coded(error, f"{zh} / {en}", code=cause.code, zh=zh, en=en, field=field, path=path)


def _misfit(error: GraphQLError) -> GraphQLError:
    en = unquoted(error)
    zh = complaint(en, error.locations)
    code = "GRAPHQL_SYNTAX" if en.startswith("Syntax Error") else "GRAPHQL_INVALID"
    return _coded(error, f"{zh} / {en}", code=code, zh=zh, en=en, path=path_of(en))


def _coded(error: GraphQLError, message: str, **extensions: object) -> GraphQLError:
    # What is not known is left out.
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={name: each for name, each in extensions.items() if each is not None},
    )
