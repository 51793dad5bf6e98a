"""Courier: what the schema asks of whoever sends to other systems; ``api.courier`` is the one."""

from __future__ import annotations

from typing import Protocol

from ledger.command import Asker
from ledger.store.delivery import Delivery, DeliveryKind
from ledger.store.webhook import Webhook


class Courier(Protocol):
    """Sends to webhooks."""

    async def checked(self, address: str, owner: Asker) -> None:
        """Raises ``Fault`` (``BAD_ADDRESS``) for an address to which nothing may be sent."""

    async def send(
        self,
        webhook: Webhook,
        kind: DeliveryKind,
        found: tuple[int, bytes] | None = None,
        *,
        request: str | None = None,
    ) -> Delivery:
        """Sends one thing now, out of turn, and says what came of it; ``found``: an entry.

        A ping of the same ``request`` is the same event.
        """
