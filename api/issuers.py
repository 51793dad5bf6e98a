"""Issuers: whose tokens this server takes, as mode and settings say."""

from __future__ import annotations

from dataclasses import dataclass

from joserfc.jwk import OKPKey

from api.auth import load_issuer
from api.outsider import Outsider, outsiders
from api.settings import Mode, Settings
from ledger.store.folder import folder_trouble
from ledger.store.trouble import Trouble


@dataclass(frozen=True)
class Issuers:
    """The key of the local issuer, which is none in production, and the outside issuers."""

    own: OKPKey | None = None
    outside: tuple[Outsider, ...] = ()


def issuer(settings: Settings) -> OKPKey:
    """The key that signs tokens of our own, made on first use.

    Raises ``Trouble``: ``PRODUCTION_MODE`` there, where nobody is to issue tokens to himself; or
    where its folder cannot be used.
    """
    if settings.mode is Mode.PRODUCTION:
        raise Trouble(
            "PRODUCTION_MODE",
            zh="生产模式下不签发自签令牌：请用 XUEFEN_ISSUERS 所列签发方的令牌，或服务令牌"
            "（xuefen service-token）。仅供演示与开发时，设 XUEFEN_MODE=development。",
            en="No tokens of our own are issued in production. Use those of the issuers in "
            "XUEFEN_ISSUERS, or service tokens (xuefen service-token). For a demo or development "
            "alone, set XUEFEN_MODE=development.",
        )
    with folder_trouble(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o711)
    with folder_trouble(settings.issuer_key_file.parent):
        return load_issuer(settings.issuer_key_file)


def issuers(settings: Settings, *, clock: bool = False) -> Issuers:
    """Whose tokens are taken. Raises ``Trouble``.

    ``clock``: whether the day is to be set by hand, which is ``DEMO_IN_PRODUCTION`` there.
    """
    development = settings.mode is Mode.DEVELOPMENT
    if clock and not development:
        raise Trouble(
            "DEMO_IN_PRODUCTION",
            zh="生产模式下不能使用演示时钟。请去掉 --demo-clock 或 XUEFEN_DEMO_CLOCK，"
            "或在演示时设 XUEFEN_MODE=development。",
            en="There is no demo clock in production. Leave out --demo-clock or "
            "XUEFEN_DEMO_CLOCK, or for a demo set XUEFEN_MODE=development.",
        )
    outside: tuple[Outsider, ...] = ()
    if settings.issuers is not None:
        outside = outsiders(settings.issuers, development=development)
    return Issuers(own=issuer(settings) if development else None, outside=outside)
