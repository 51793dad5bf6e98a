"""A moment on two axes: what the ledger knew, and what had come true.

``known`` answers "what did the ledger say then?", ``effective`` "what do we know now to have been
true that day?". Together they answer what was known then of what was true by that day. What is
entered on one day and holds since another counts from that other day on (``Event.effective_on``).
What is judged at a moment is judged on its day (``projections.moment``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import strawberry

from ledger.fault import Fault
from projections.moment import day_judged
from schema.scalars import Position

if TYPE_CHECKING:
    from schema.context import Context


@strawberry.input(
    description="A moment on two axes: what was known, and what was true. What is judged is judged "
    "on the day `on`, else on that of `effective`, of `instant`, or on which the ledger learned "
    "`position`; without any of them today. 两个时间轴；评价日依次取 on、effective、instant 当日、"
    "账本记入 position 之日，都没有则为今天。"
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
    on: date | None = strawberry.field(
        default=None, description="The day that is judged, where another one is meant. 评价日。"
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

    async def day(self, context: Context, on: date | None = None) -> date:
        """The day that is judged; ``on``: the one that the question names beside the moment."""
        return await context.run(
            day_judged,
            context.house.ledger.feed,
            context.today,
            on=on or self.on,
            effective=self.effective,
            instant=self.instant,
            position=self.position,
        )
