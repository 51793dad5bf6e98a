"""Disclosure: who may be shown personal data in full, and who may know what was disclosed."""

from __future__ import annotations

from ledger.command import Asker, Role
from schema.access import Denied
from schema.power import Action, Over, may, over
from schema.reach import covered


def may_reveal(asker: Asker) -> None:
    """Raises ``Denied`` unless the role may be shown personal data in full."""
    if not may(asker.role, Action.REVEAL):
        raise denied(asker, zh="查看他人的完整个人信息", en="see personal data in full")


def access_reach(
    asker: Asker, places: tuple[str, ...]
) -> tuple[tuple[str, ...] | None, str | None] | None:
    """The places, or the one subject, whose accesses an asker may see; ``None``: none at all."""
    match over(asker.role, Action.READ_LOG):
        case Over.ALL:
            return None, None
        case Over.PLACE:
            return covered(asker, places), None
        case Over.OWN:
            return None, str(asker.scope)
        case _:
            return None


def denied(asker: Asker, *, zh: str, en: str) -> Denied:
    """What is said to one who may not do something."""
    if asker.role is Role.PUBLIC:
        return Denied(
            "UNAUTHENTICATED", zh="请先登录：缺少有效的令牌", en="a bearer token is needed"
        )
    return Denied(
        "FORBIDDEN_ROLE",
        zh=f"角色 {asker.role.value} 不能{zh}",
        en=f"the role {asker.role.value} may not {en}",
    )
