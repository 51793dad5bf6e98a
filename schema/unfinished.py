"""Unfinished loads: what a place began to take in and has not ended, and who began it.

Whoever may load such a sheet for a place sees that one is under way there. Its token is told to
whoever tried it only: by it the rest is committed.
"""

from __future__ import annotations

from datetime import datetime

import strawberry
from msgspec import Struct

from ledger.command import Role
from ledger.event import Entry
from ledger.load import LoadBegun, LoadEnded
from ledger.mapping import Form
from ledger.names import JurisdictionId, LoadId, Name
from ledger.store.feed import Filter
from schema.access import Denied
from schema.context import Context
from schema.planning import MAY
from schema.scalars import Position
from schema.sheet import FormType

Info = strawberry.Info[Context, None]
LISTED_MAX = 1_000


class Unfinished(Struct, frozen=True, kw_only=True):
    """A load that began. ``token`` where the asker tried it."""

    token: str | None
    party: Name
    form: Form
    actor: str
    begun: datetime
    position: int
    rows: int


@strawberry.type(description="A load that began and has not ended. 尚未完成的载入。")
class UnfinishedLoad:
    """A load that began and has not ended."""

    found: strawberry.Private[Unfinished]

    @strawberry.field(description="The token, for whoever tried it only. 凭据，仅试运行者可见。")
    def token(self) -> strawberry.ID | None:
        return None if self.found.token is None else strawberry.ID(self.found.token)

    @strawberry.field(description="Whose sheet it is. 所属单位。")
    def party(self) -> strawberry.ID:
        return strawberry.ID(str(self.found.party))

    @strawberry.field(description="What a row says. 表格种类。", graphql_type=FormType)
    def form(self) -> Form:
        return self.found.form

    @strawberry.field(description="Who began it. 经办人。")
    def actor(self) -> str:
        return self.found.actor

    @strawberry.field(description="When it began. 开始时间。")
    def begun(self) -> datetime:
        return self.found.begun

    @strawberry.field(description="The position where it began. 开始时的位置。")
    def position(self) -> Position:
        return Position(self.found.position)

    @strawberry.field(description="How many rows it has. 行数。")
    def count(self) -> int:
        return self.found.rows


@strawberry.type
class UnfinishedQuery:
    """Questions about loads that have not ended."""

    @strawberry.field(description="Loads of one's place that have not ended. 本单位未完成的载入。")
    async def unfinished_loads(self, info: Info) -> list[UnfinishedLoad]:
        found = await info.context.run(unfinished_loads, info.context)
        return [UnfinishedLoad(found=each) for each in found]


def unfinished_loads(context: Context) -> list[Unfinished]:
    """The loads within the asker's reach that have not ended, the latest first.

    Raises ``Denied`` for a role that loads nothing.
    """
    role = context.asker.role
    forms = {form for form, roles in MAY.items() if role in roles}
    if not forms:
        public = role is Role.PUBLIC
        raise Denied(
            "UNAUTHENTICATED" if public else "FORBIDDEN_ROLE",
            zh="请先登录：缺少有效的令牌" if public else f"角色 {role.value} 不能载入表格",
            en="a token is needed" if public else f"the role {role.value} loads no sheets",
        )
    begun: dict[LoadId, Entry] = {}
    wanted = Filter(types=(LoadBegun.NAME, LoadEnded.NAME))
    for entry in context.house.ledger.feed.entries(wanted):
        match entry.event:
            case LoadBegun() as event if event.what.form in forms and _within(context, event):
                begun[event.load] = entry
            case LoadEnded(load=load):
                begun.pop(load, None)
            case _:
                pass
    return [_told(context, each) for each in [*reversed(begun.values())][:LISTED_MAX]]


def _within(context: Context, event: LoadBegun) -> bool:
    scope = context.asker.scope
    if context.asker.role is Role.OPERATOR or event.party == scope:
        return True
    return isinstance(scope, JurisdictionId) and scope.covers(event.place)


def _told(context: Context, entry: Entry) -> Unfinished:
    event = entry.event
    assert isinstance(event, LoadBegun)
    own = context.house.ledger.loads.head(context.asker, event.load) is not None
    return Unfinished(
        token=str(event.load) if own else None,
        party=event.party,
        form=event.what.form,
        actor=entry.actor,
        begun=entry.at,
        position=entry.position,
        rows=event.what.rows,
    )
