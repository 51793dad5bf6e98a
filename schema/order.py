"""Orders."""

from __future__ import annotations

from typing import Any

import strawberry

from projections.catalogue import ORDERS
from projections.order import Order
from schema.context import Context
from schema.moment import AsOf
from schema.outputs import connection, output
from schema.scalars import Position

Info = strawberry.Info[Context, None]
OrderType = output(Order, key="order")


@strawberry.type
class OrderQuery:
    """Questions about orders."""

    @strawberry.field(graphql_type=connection(OrderType), description="Orders. 订单。")
    async def orders(
        self,
        info: Info,
        place: strawberry.ID | None = None,
        term: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.slice(
            ORDERS, first=first, after=after, at_least=at_least, as_of=as_of, place=place, term=term
        )

    @strawberry.field(graphql_type=OrderType | None, description="One order. 一个订单。")
    async def order(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf | None = None,
        at_least: Position | None = None,
    ) -> Any:
        return await info.context.one(ORDERS, id, at_least, as_of=as_of)
