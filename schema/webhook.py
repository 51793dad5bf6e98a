"""Webhooks: made and minded by mutation, by integrators, bureaus and the operator.

What is sent is what ``changes`` would show to the role and scope that a webhook belongs to, and
nothing beyond that. Every step stands in the access log before it is taken, without the address's
path and without a secret.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import strawberry
from msgspec import structs

from ledger.command import Role
from ledger.fault import Fault
from ledger.store.access_log import AccessKind
from ledger.store.delivery import Delivery, DeliveryFailure, DeliveryKind
from ledger.store.webhook import WantedChanges, Webhook, WebhookState
from ledger.store.webhook_fault import unknown
from schema.access_log import access_by
from schema.context import Context
from schema.courier import Courier
from schema.disclosure import denied
from schema.history import position_of
from schema.outputs import Slice, bounded, connection, output, paged
from schema.scalars import Position, Text, enum_type
from schema.wish import wish_of

Info = strawberry.Info[Context, None]
ROLES = (Role.INTEGRATOR, Role.BUREAU, Role.OPERATOR)
ADDRESS_CHARACTERS_MAX = 2_000
enum_type(DeliveryKind)
enum_type(DeliveryFailure)
enum_type(WebhookState)
DeliveryType = output(Delivery, name="WebhookDelivery")


@strawberry.input(description="Where changes are sent, and which. 回调地址与筛选。")
class WebhookInput:
    """Where changes are sent, and which."""

    address: Text
    types: list[str] | None = None
    tags: list[strawberry.ID] | None = None
    place: strawberry.ID | None = None


@strawberry.type(name="Webhook", description="An address to which changes are sent. 回调。")
class WebhookType:
    """An address to which changes are sent."""

    id: strawberry.ID
    address: str
    types: list[str]
    tags: list[strawberry.ID]
    place: strawberry.ID | None
    role: str
    scope: strawberry.ID
    made_by: strawberry.ID
    made_at: datetime
    state: WebhookState
    position: Position
    failures: int
    failing_since: datetime | None
    next_attempt: datetime | None


@strawberry.type(description="A webhook and, once, its secret. 回调及其密钥（仅显示一次）。")
class WebhookSecret:
    """A webhook and, once, its secret."""

    webhook: WebhookType
    secret: str | None


@strawberry.type
class WebhookQuery:
    """Questions about webhooks."""

    @strawberry.field(
        description="A webhook of one's role and scope, or to a bureau one of a machine of its "
        "place. 本范围的一个回调。"
    )
    async def webhook(self, info: Info, id: strawberry.ID) -> WebhookType | None:
        found = await _mine(info.context, str(id))
        return webhook_type(found[0]) if found else None

    @strawberry.field(
        graphql_type=connection(WebhookType),
        description="The webhooks of one's role and scope; all for the operator. To a bureau also "
        "those of the machines of its place, of whose addresses it sees the host. "
        "本范围的回调；主管部门并见本地接入方的回调。",
    )
    async def webhooks(self, info: Info, first: int | None = None, after: str | None = None) -> Any:
        context = info.context
        found = await _mine(context)
        rows = [(f"{each.made_at.isoformat()} {each.id}", webhook_type(each)) for each in found]
        return paged(rows, await context.run(context.house.ledger.feed.head), first, after)

    @strawberry.field(
        graphql_type=connection(DeliveryType),
        description="What became of each attempt, the latest first, for 30 days. 投递记录。",
    )
    async def webhook_deliveries(
        self, info: Info, webhook: strawberry.ID, first: int | None = None, after: str | None = None
    ) -> Any:
        context, limit, before = info.context, bounded(first), position_of(after)
        found = await _mine(context, str(webhook))
        ledger = context.house.ledger
        rows: list[Delivery] = []
        if found:
            rows = await context.run(ledger.deliveries.page, found[0].id, limit + 1, before)
        return Slice(
            rows=[(str(each.number), each) for each in rows[:limit]],
            more=len(rows) > limit,
            position=await context.run(ledger.feed.head),
            begun=before is not None,
        )


def webhook_type(webhook: Webhook) -> WebhookType:
    """A webhook as its owner sees it."""
    wanted, owner = webhook.wanted, webhook.owner
    waits = webhook.state is WebhookState.ACTIVE and webhook.failures > 0
    return WebhookType(
        id=strawberry.ID(webhook.id),
        address=webhook.address,
        types=list(wanted.types),
        tags=[strawberry.ID(each) for each in wanted.tags],
        place=None if wanted.place is None else strawberry.ID(str(wanted.place)),
        role=owner.role.value,
        scope=strawberry.ID(str(owner.scope)),
        made_by=strawberry.ID(owner.actor),
        made_at=webhook.made_at,
        state=webhook.state,
        position=Position(webhook.position),
        failures=webhook.failures,
        failing_since=webhook.failing_since,
        next_attempt=webhook.due if waits else None,
    )


def may_mind(context: Context) -> None:
    """Raises ``Denied`` unless the asker's role has webhooks."""
    if context.asker.role not in ROLES:
        raise denied(context.asker, zh="设置回调", en="have webhooks")


async def minded(context: Context, webhook: str, step: str = "") -> Webhook:
    """A webhook that the asker may mind, once the step, where it is told, stands in the log."""
    may_mind(context)
    found = await _mine(context, webhook)
    if not found:
        raise unknown()
    if step != "remove" and _of_a_machine(context, found[0]):
        raise denied(
            context.asker, zh="改动接入方的回调，只能删除", en="change a machine's webhook"
        )
    if step:
        await noted(context, step, found[0].address, found[0].wanted, found[0].id)
    return found[0]


async def noted(
    context: Context, step: str, address: str, wanted: WantedChanges, webhook: str = ""
) -> None:
    """Puts a step into the access log: who, to which host, and which changes."""
    told = {
        "webhook": webhook,
        "host": urlsplit(address).hostname or "",
        "types": ",".join(wanted.types),
        "tags": ",".join(wanted.tags),
        "place": str(wanted.place or ""),
    }
    access = access_by(
        context,
        f"webhook.{step}",
        [str(wanted.place)] if wanted.place else [],
        kind=AccessKind.WEBHOOK,
        filters={name: value for name, value in told.items() if value},
        position=await context.run(context.house.ledger.feed.head),
    )
    await context.run(context.house.ledger.access_log.write, access)


async def wanted_of(context: Context, given: WebhookInput) -> tuple[str, WantedChanges]:
    """Address and wish, checked. Raises ``Fault``."""
    wanted = wish_of(given.types, given.tags, given.place, "input")
    address = str(given.address).strip()
    if len(address) > ADDRESS_CHARACTERS_MAX:
        zh, en = "地址过长", "the address is too long"
        raise Fault("BAD_ADDRESS", zh=zh, en=en, field="input.address")
    await courier(context).checked(address, context.asker)
    return address, wanted


def courier(context: Context) -> Courier:
    """Who sends. Raises ``Fault`` (``NO_COURIER``) where this process sends nothing."""
    found = context.house.courier
    if found is None:
        raise Fault("NO_COURIER", zh="本进程不投递回调", en="this process sends to no webhooks")
    return found


async def _mine(context: Context, webhook: str | None = None) -> list[Webhook]:
    if context.asker.role not in ROLES:
        return []
    mine = context.house.ledger.webhooks.mine
    found = await context.run(mine, context.asker, webhook=webhook)
    return [_cut(each) if _of_a_machine(context, each) else each for each in found]


def _of_a_machine(context: Context, webhook: Webhook) -> bool:
    """Whether it is an integrator's, of the place of the bureau that asks."""
    return (context.asker.role, webhook.owner.role) == (Role.BUREAU, Role.INTEGRATOR)


def _cut(webhook: Webhook) -> Webhook:
    """The webhook without the path of its address, which may be a password to another system."""
    parts = urlsplit(webhook.address)
    return structs.replace(webhook, address=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
