"""A moment on two axes: what the ledger knew, and what had come true.

``known`` answers "what did the ledger say then?", ``effective`` "what do we know now to have been
true that day?". Together they answer what was known then of what was true by that day. What is
entered on one day and holds since another counts from that other day on (``Event.effective_on``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import strawberry

from ledger.fault import Fault
from schema.scalars import Position

if TYPE_CHECKING:
    from schema.context import Context


@strawberry.input(
    description="A moment on two axes: what was known, and what was true. 两个时间轴。"
)
class AsOf:
    """A moment on two axes."""

    position: Position | None = strawberry.field(
        default=None, description="What the ledger knew at this position. 账本位置。"
    )
    instant: datetime | None = strawberry.field(
        default=None, description="What the ledger knew at this instant. 账本时刻。"
    )
    effective: date | None = strawberry.field(
        default=None, description="Facts that had taken effect by this day. 事实生效日。"
    )

    async def known(self, context: Context) -> int | None:
        """The position meant; ``None`` for the head.

        Raises ``Fault`` (``BAD_AS_OF``) for two of them, ``BEYOND_HEAD`` for one not reached yet.
        """
        if self.position is not None and self.instant is not None:
            raise Fault(
                "BAD_AS_OF",
                zh="position 与 instant 只能给一个",
                en="give position or instant, not both",
                field="asOf",
            )
        if self.instant is not None:
            return await context.run(context.house.reader.feed.position_at, self.instant)
        if self.position is None:
            return None
        return await context.known(self.position, "asOf.position")
