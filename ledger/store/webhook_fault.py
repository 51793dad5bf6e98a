"""What is said of webhooks that are not there, or of which there are too many."""

from __future__ import annotations

from ledger.fault import Fault


def unknown() -> Fault:
    """What is said of a webhook that is another's or not there."""
    return Fault("UNKNOWN_WEBHOOK", zh="没有这个回调", en="there is no such webhook", field="id")


def too_many(most: int) -> Fault:
    """What is said where a role over a scope has all that it may have."""
    return Fault(
        "TOO_MANY_WEBHOOKS",
        zh=f"同一角色与范围最多 {most} 个回调，请先删除不用的",
        en=f"a role over a scope has at most {most} webhooks; remove one first",
    )


def too_many_secrets(most: int, hours: int) -> Fault:
    """What is said where as many secrets sign already as may."""
    return Fault(
        "TOO_MANY_SECRETS",
        zh=f"已有 {most} 个密钥同时有效，请等旧密钥在 {hours} 小时后失效",
        en=f"{most} secrets sign already; the old ones end after {hours} hours",
        field="id",
    )
