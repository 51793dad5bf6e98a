"""Requests: the id under which a command is asked, and the report of another system."""

from __future__ import annotations

from datetime import date

import strawberry

from ledger.fault import Fault
from ledger.text import trimmed
from schema.inputs import ROWS_MAX
from schema.scalars import Text

REQUEST_CHARACTERS_MAX = 200


@strawberry.input(
    description="Another system of record says that it happened. 他系统已发生的事实。"
)
class Report:
    """Another system of record says that it happened."""

    source: Text = strawberry.field(description="The other system's reference. 来源与编号。")
    on: date = strawberry.field(description="The day when it happened. 发生日。")


class BadRequest(Fault):
    """The request as a whole makes no sense; it is said once, not in every row."""


def check_request(request: str, rows: int, report: Report | None = None) -> None:
    """Raises ``BadRequest`` for a malformed id or source, and for too many rows."""
    if not 1 <= len(request) <= REQUEST_CHARACTERS_MAX or not request.isprintable():
        raise BadRequest(
            "BAD_REQUEST_ID",
            zh=f"requestId 须为 1 至 {REQUEST_CHARACTERS_MAX} 个可见字符",
            en=f"requestId must have 1 to {REQUEST_CHARACTERS_MAX} printable characters",
            field="requestId",
        )
    if report is not None and not trimmed(report.source):
        raise BadRequest(
            "BAD_SOURCE",
            zh="上报的事实须写明来源与编号",
            en="a reported fact names its source and its reference there",
            field="reported.source",
        )
    if rows > ROWS_MAX:
        raise BadRequest(
            "TOO_MANY_ROWS",
            zh=f"共 {rows} 行，一次最多 {ROWS_MAX} 行",
            en=f"{rows} rows; at most {ROWS_MAX} at once",
            field="inputs",
        )
