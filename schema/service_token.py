"""Service tokens: which machines may read a place's records, for its bureau and those above."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.names import JurisdictionId
from projections.service_token import ServiceToken, ServiceTokenState, service_tokens
from schema.context import Context
from schema.outputs import output
from schema.power import Action, Over, over
from schema.reach import covered
from schema.scalars import enum_type, listed, name_in

Info = strawberry.Info[Context, None]
enum_type(ServiceTokenState)
ServiceTokenType = output(ServiceToken)


@strawberry.type
class ServiceTokenQuery:
    """Questions about service tokens."""

    @strawberry.field(
        graphql_type=listed(ServiceTokenType),
        description="The service tokens of integrators, for bureaus, auditors and the operator. "
        "服务令牌。",
    )
    async def service_tokens(self, info: Info, place: strawberry.ID | None = None) -> Any:
        context = info.context
        named = None if place is None else str(name_in(JurisdictionId, place, "place"))
        scope = over(context.asker.role, Action.LIST_TOKENS)
        if scope is None:
            return []  # a machine does not look up which others there are
        tags = None
        if scope is not Over.ALL:
            tags = covered(context.asker, await context.places())
        feed = context.house.ledger.feed
        return await context.run(service_tokens, feed, tags, named, context.today)
