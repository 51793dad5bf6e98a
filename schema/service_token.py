"""Service tokens: which machines may read a place's records, for its bureau and those above."""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.command import Role
from ledger.names import JurisdictionId
from projections.service_token import ServiceToken, ServiceTokenState, service_tokens
from schema.context import Context
from schema.outputs import output
from schema.reach import covered
from schema.scalars import enum_type, listed, name_in

Info = strawberry.Info[Context, None]
enum_type(ServiceTokenState)
ServiceTokenType = output(ServiceToken)
# A machine does not look up which others there are.
READERS = (Role.BUREAU, Role.AUDITOR)


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
        tags: tuple[str, ...] | None = None
        if context.asker.role is not Role.OPERATOR:
            if context.asker.role not in READERS:
                return []
            tags = covered(context.asker, await context.places())
        feed = context.house.ledger.feed
        return await context.run(service_tokens, feed, tags, named, context.today)
