"""Errors: every one leaves with a stable code, and nothing unexpected leaves with its text."""

from __future__ import annotations

from uuid import uuid4

import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors

from ledger.fault import Fault
from ledger.store.trouble import Trouble

log = structlog.get_logger()


class CodedErrors(MaskErrors):
    """Gives each error its code, in Chinese and in English; masks what nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda _: True)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """The error as a client may see it."""
        cause = error.original_error
        if isinstance(cause, GraphQLError) and cause.extensions:
            return _coded(error, str(cause), **cause.extensions)
        if error.extensions and "code" in error.extensions:
            return error
        if isinstance(cause, Fault | Trouble):
            return _coded(
                error, f"{cause.zh} / {cause.en}", code=cause.code, zh=cause.zh, en=cause.en
            )
        if cause is None or isinstance(cause, GraphQLError):
            syntax = error.message.startswith("Syntax Error")
            return _coded(
                error,
                error.message,
                code="GRAPHQL_SYNTAX" if syntax else "GRAPHQL_INVALID",
                zh="请求不符合接口定义：" + error.message,
                en=error.message,
            )
        incident = str(uuid4())
        log.error("unexpected", incident=incident, path=error.path, exc_info=cause)
        zh = f"服务器内部错误，编号 {incident}"
        en = f"internal error, incident {incident}"
        return _coded(error, f"{zh} / {en}", code="INTERNAL", zh=zh, en=en, incident=incident)


def _coded(error: GraphQLError, message: str, **extensions: object) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=dict(extensions),
    )
