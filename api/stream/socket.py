"""Socket: the connection of a conversation over WebSocket, and the codes by which it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api.auth import BadToken
from api.caller import LEAVING, RESTART, stay
from api.stream.connection import LEAVE_SECONDS, Connection
from api.stream.line import FLUSH_SECONDS

if TYPE_CHECKING:
    from api.stream.conversation import Conversation

FORBIDDEN = 4403
PING = '{"type":"ping"}'


class Socket(Connection):
    """The connection of a conversation."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation.websocket.line)
        self.abandoned = False
        self.over = False
        """Whether nothing more is begun: its token holds no more, or the server stops."""
        self._conversation = conversation
        self._main = asyncio.current_task()
        self._ending: asyncio.Task[None] | None = None

    def beat(self) -> None:
        """A ping, which the client answers; it also tells it that the server is there."""
        self._conversation.pings += 1
        self.line.say(PING)

    def expel(self, error: BadToken) -> None:
        """Closes with 4403; clients ask for a fresh token then and come back."""
        self.over = True
        self._conversation.drop()
        self._ending = asyncio.create_task(self._close(FORBIDDEN, str(error)))

    def leave(self) -> None:
        """Ends subscriptions, and closes with 1012 once the rest has been answered.

        Where nothing is left to answer, whoever serves the WebSocket closes it so when it stops.
        """
        self.over = True
        tasks = self._conversation.settle()
        if tasks:
            stay(self._conversation.websocket.ws.scope)
            self._ending = asyncio.create_task(self._leave(tasks))

    def abandon(self) -> None:
        """Ends the conversation."""
        self.abandoned = True
        if self._main is not None:
            self._main.cancel()

    async def _leave(self, tasks: list[asyncio.Task[None]]) -> None:
        await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
        self._conversation.drop()
        await self._close(RESTART, LEAVING)

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(2 * FLUSH_SECONDS):
                await self._conversation.websocket.close(code, reason)
        except TimeoutError:
            self.abandon()
