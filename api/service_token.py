"""Service tokens at the door: looked up at each request, so that a revoked one is gone at once."""

from __future__ import annotations

import asyncio
import secrets
from hashlib import sha256

import psycopg
from psycopg_pool import PoolTimeout

from api.auth import Admitted, BadToken
from ledger.command import Asker, Role
from ledger.names import ServiceTokenId
from ledger.service_token import SECRET, Standing
from ledger.store.connection import trouble_behind
from ledger.store.ledger import Ledger
from projections.service_token import standing

SECRET_BYTES = 32


class ServiceTokens:
    """Lets machines in."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def admit(self, shown: str) -> Admitted:
        """Who shows a service token. Raises ``BadToken`` for one that is not, or not any more."""
        found = SECRET.fullmatch(shown)
        if found is None:
            raise refused()
        name = ServiceTokenId(f"token:{found[1]}")
        stands = await self._standing(name)
        issued = stands.open_to(shown, self._ledger.today())
        if issued is None:
            raise refused()
        asker = Asker(
            actor=str(name), role=Role.INTEGRATOR, scope=issued.place, reports=issued.reports
        )
        return Admitted(asker=asker, token=name)

    async def still(self, name: ServiceTokenId) -> None:
        """Looks again. Raises ``BadToken`` where it is revoked or over meanwhile."""
        stands = await self._standing(name)
        over = stands.issued is None or stands.issued.until < self._ledger.today()
        if over or stands.revoked is not None:
            raise refused()

    async def _standing(self, name: ServiceTokenId) -> Standing:
        """How it stands. Raises ``Trouble`` where the database cannot be asked."""
        try:
            return await asyncio.to_thread(standing, self._ledger.feed, name)
        except (psycopg.Error, PoolTimeout) as error:
            trouble = trouble_behind(error)
            if trouble is None:
                raise
            raise trouble from None


def fresh(name: ServiceTokenId) -> tuple[str, str]:
    """A new token of that name, and the digest by which the ledger will know it."""
    made = f"xuefen_{name.value}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return made, sha256(made.encode()).hexdigest()


def refused() -> BadToken:
    """What is said of a token that opens nothing."""
    # Which of these it is would tell a stranger whether there is such a token.
    return BadToken(
        "令牌无效：没有这个服务令牌，或已吊销，或已过期",
        "the token is not valid: there is no such service token, or it is revoked or over",
    )
