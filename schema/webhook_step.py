"""The steps of a webhook's life, as mutations: each is on record before it is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from ledger.fault import Fault
from ledger.store.delivery import Delivery, DeliveryKind
from ledger.store.webhook import Webhook
from schema.context import Context
from schema.once import once
from schema.request import check_request
from schema.scalars import Position
from schema.webhook import (
    DeliveryType,
    WebhookInput,
    WebhookSecret,
    WebhookType,
    courier,
    may_mind,
    minded,
    noted,
    wanted_of,
    webhook_type,
)
from schema.wish import entries_for

Info = strawberry.Info[Context, None]


async def _create(
    info: Info, input: WebhookInput, request_id: str, after: Position | None = None
) -> WebhookSecret:
    context = info.context
    may_mind(context)
    check_request(request_id, 1)
    address, wanted = await wanted_of(context, input)
    ledger = context.house.ledger
    head = await context.run(ledger.feed.head)
    start = head if after is None else await context.known(after, "after")
    await noted(context, "create", address, wanted)
    made, secret = await context.run(
        ledger.webhooks.make, context.asker, address, wanted, request=request_id, position=start
    )
    return WebhookSecret(webhook=webhook_type(made), secret=secret)


async def _change(
    info: Info, id: strawberry.ID, input: WebhookInput, request_id: str | None = None
) -> WebhookType:
    context = info.context

    async def step() -> WebhookType:
        found = await minded(context, str(id))
        address, wanted = await wanted_of(context, input)
        await noted(context, "change", address, wanted, found.id)
        await context.run(context.house.ledger.webhooks.change, found, address, wanted)
        return await _again(context, found)

    return await _stepped(context, request_id, ("changeWebhook", id, input), step)


async def _pause(info: Info, id: strawberry.ID, request_id: str | None = None) -> WebhookType:
    async def step() -> WebhookType:
        found = await minded(info.context, str(id), "pause")
        await info.context.run(info.context.house.ledger.webhooks.pause, found)
        return await _again(info.context, found)

    return await _stepped(info.context, request_id, ("pauseWebhook", id), step)


async def _resume(info: Info, id: strawberry.ID, request_id: str | None = None) -> WebhookType:
    async def step() -> WebhookType:
        found = await minded(info.context, str(id), "resume")
        await info.context.run(info.context.house.ledger.webhooks.resume, found, info.context.asker)
        return await _again(info.context, found)

    return await _stepped(info.context, request_id, ("resumeWebhook", id), step)


async def _remove(info: Info, id: strawberry.ID, request_id: str | None = None) -> bool:
    context = info.context

    async def step() -> bool:
        found = await minded(context, str(id), "remove")
        await context.run(context.house.ledger.webhooks.remove, found)
        return True

    async def removed(_: str) -> bool:
        return True

    may_mind(context)
    return await once(context, request_id, ("removeWebhook", id), step, str, removed)


async def _rotate(info: Info, id: strawberry.ID, request_id: str | None = None) -> WebhookSecret:
    if request_id is not None:
        check_request(request_id, 1)
    found = await minded(info.context, str(id), "rotate")
    rotate = info.context.house.ledger.webhooks.rotate
    secret = await info.context.run(rotate, found, request_id or "")
    return WebhookSecret(webhook=await _again(info.context, found), secret=secret)


async def _recover(
    info: Info,
    id: strawberry.ID,
    after: Position | None = None,
    since: datetime | None = None,
    request_id: str | None = None,
) -> WebhookType:
    context, feed = info.context, info.context.house.ledger.feed
    if (after is None) == (since is None):
        zh, en = "after 与 since 须给且只给一个", "give after or since, one of the two"
        raise Fault("BAD_RECOVERY", zh=zh, en=en, field="after")

    async def step() -> WebhookType:
        if after is not None:
            position = await context.known(after, "after")
        else:
            assert since is not None
            # The instant before, so that what came at that very one is sent again.
            position = await context.run(feed.position_at, since - since.resolution)
        found = await minded(context, str(id), "recover")
        await context.run(context.house.ledger.webhooks.recover, found, position)
        return await _again(context, found)

    return await _stepped(context, request_id, ("recoverWebhook", id, after, since), step)


async def _ping(info: Info, id: strawberry.ID, request_id: str | None = None) -> DeliveryType:
    if request_id is not None:
        check_request(request_id, 1)
    found = await minded(info.context, str(id), "ping")
    return await courier(info.context).send(found, DeliveryKind.PING, request=request_id)


async def _resend(
    info: Info, id: strawberry.ID, position: Position, request_id: str | None = None
) -> DeliveryType:
    context, ledger = info.context, info.context.house.ledger

    async def step() -> Delivery:
        found = await minded(context, str(id), "resend")
        wanted = await context.run(
            entries_for,
            context.house,
            found.owner,
            found.wanted,
            after=position - 1,
            before=position + 1,
        )
        rows = await context.run(ledger.feed.raw, wanted, 1)
        if not rows:
            raise Fault(
                "UNKNOWN_ENTRY",
                zh=f"位置 {position} 没有发给这个回调的条目",
                en=f"no entry at {position} is sent to this webhook",
                field="position",
            )
        return await courier(context).send(found, DeliveryKind.RESENT, rows[0])

    async def sent(number: str) -> Delivery:
        found = await minded(context, str(id))
        [delivery, *_] = await context.run(ledger.deliveries.page, found.id, 1, int(number) + 1)
        return delivery

    may_mind(context)
    asked = ("resendWebhook", id, position)
    return await once(context, request_id, asked, step, lambda each: str(each.number), sent)


async def _stepped(
    context: Context,
    request: str | None,
    asked: tuple[object, ...],
    step: Callable[[], Awaitable[WebhookType]],
) -> WebhookType:
    """The webhook after a step that is taken once; asked again, as it stands by then."""

    async def stands(webhook: str) -> WebhookType:
        return webhook_type(await minded(context, webhook))

    may_mind(context)
    return await once(context, request, asked, step, lambda each: str(each.id), stands)


async def _again(context: Context, found: Webhook) -> WebhookType:
    """The webhook as it stands now; as it was where somebody removed it meanwhile."""
    now = await context.run(context.house.ledger.webhooks.mine, context.asker, webhook=found.id)
    return webhook_type(now[0] if now else found)


WEBHOOK_STEPS = [
    strawberry.mutation(
        resolver=_create,
        name="createWebhook",
        description="Send changes to an address, from now on or from after a position, in order "
        "and at least once, signed by Standard Webhooks. The secret is shown this once. By "
        "INTEGRATOR, BUREAU or OPERATOR. 设立回调，密钥仅显示这一次。",
    ),
    strawberry.mutation(
        resolver=_change,
        name="changeWebhook",
        description="Another address or other changes; what is left out is no longer a "
        "condition. 修改回调地址与筛选。",
    ),
    strawberry.mutation(
        resolver=_pause,
        name="pauseWebhook",
        description="Send nothing until it is resumed; nothing is lost meanwhile. 暂停回调。",
    ),
    strawberry.mutation(
        resolver=_resume,
        name="resumeWebhook",
        description="Go on where it stopped, also one that was disabled. One that a service token "
        "made passes to who resumes it. 恢复回调。",
    ),
    strawberry.mutation(
        resolver=_remove,
        name="removeWebhook",
        description="End a webhook, and forget its secret and its deliveries. By a bureau also "
        "that of a machine of its place. 删除回调。",
    ),
    strawberry.mutation(
        resolver=_rotate,
        name="rotateWebhookSecret",
        description="A new secret, shown this once; the old one signs beside it for 24 hours. The "
        "same requestId makes one secret, which is not shown again. "
        "更换密钥，旧密钥 24 小时内并行有效。",
    ),
    strawberry.mutation(
        resolver=_recover,
        name="recoverWebhook",
        description="Send all again after a position, or from an instant on. 从某处起重新投递。",
    ),
    strawberry.mutation(
        resolver=_ping,
        name="pingWebhook",
        description="Send a trial event now, and say what came of it; under the same requestId it "
        "is the same event. 试投递，同一 requestId 为同一事件。",
    ),
    strawberry.mutation(
        resolver=_resend,
        name="resendWebhook",
        description="Send one entry again now, and say what came of it. 重发一条。",
    ),
]
