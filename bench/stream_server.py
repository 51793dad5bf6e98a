"""The server of bench/stream.py: ours at /graphql and stock Strawberry at /stock, in one process.

    python -m bench.stream_server DATABASE_URL FOLDER

Stock is ``strawberry.asgi.GraphQL`` as it comes, over the same types. It is spared the database:
one reader hands each batch to a queue for each subscriber, as its documentation does. The views do
not follow here, so that what the process spends is spent on the streams. Writes its address and a
token for the operator as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from api.app import create_app
from api.auth import issue
from api.collector import settle
from api.issuers import Issuers, issuer
from api.serve import address_of, listening, websockets
from api.settings import Mode, Settings
from ledger.command import Asker, Role
from ledger.names import LedgerId
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from projections.catalogue import INDEXES, VIEWS
from projections.reader import Reader
from projections.runner import Runner
from projections.verdict import Rules
from schema.context import Context, House
from schema.history import Changes, EntryFilter, HistoryQuery, changes_of
from schema.scalars import CONFIG, Position

OPERATOR = Asker(actor="staff:bench", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
QUEUES: set[asyncio.Queue[Changes]] = set()


@strawberry.type
class Subscription:
    """The same field, fed by a queue for each subscriber."""

    @strawberry.subscription
    async def changes(
        self,
        after: Position = Position(0),
        filter: EntryFilter | None = None,
        batch_size: int = 100,
    ) -> AsyncIterator[Changes]:
        queue: asyncio.Queue[Changes] = asyncio.Queue()
        QUEUES.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            QUEUES.discard(queue)


async def feed(house: House) -> None:
    """Hands what is new to every queue."""
    context = Context(house=house, asker=OPERATOR)
    start = await asyncio.to_thread(house.ledger.feed.head)
    async for reached, entries in house.ledger.feed.follow(Filter(after=start)):
        for queue in list(QUEUES):
            queue.put_nowait(changes_of(context, reached, entries))


async def serve(house: House, key: Any) -> None:
    """Serves until it is killed."""
    app = create_app(house, Issuers(own=key), body_bytes_max=1024 * 1024)
    stock = strawberry.Schema(query=HistoryQuery, subscription=Subscription, config=CONFIG)
    app.router.routes.append(WebSocketRoute("/stock", GraphQL(stock)))
    app.router.routes.append(Route("/written", _written(app)))
    with listening("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, log_config=None, access_log=False, **websockets(1024 * 1024))
        server = uvicorn.Server(config)
        settle()
        feeding = asyncio.create_task(feed(house))
        token = issue(key, OPERATOR, valid=timedelta(hours=6))
        print(json.dumps({"url": address_of(listener), "token": token}), flush=True)
        await server.serve(sockets=[listener])
        feeding.cancel()


def _written(app: Any) -> Any:
    """When the last message was handed to the system, in milliseconds since 1970; of ours alone."""

    async def written(_: Request) -> JSONResponse:
        sent = [each.line.sent_at for each in app.state.streams.connections]
        ago = time.monotonic() - max(sent, default=0)
        return JSONResponse((time.time() - ago) * 1_000)

    return written


def main() -> None:
    """Opens the house without its views and serves."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    url, folder = sys.argv[1:]
    settings = Settings(database_url=url, data=Path(folder), mode=Mode.DEVELOPMENT, _env_file=None)
    ledger = Ledger.found(url, bytes(range(32)))
    try:
        reader = Reader(ledger.pool, ledger.feed)
        runner = Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES))
        house = House(ledger=ledger, reader=reader, runner=runner, rules=Rules(reader))
        asyncio.run(serve(house, issuer(settings)))
    finally:
        ledger.close()


if __name__ == "__main__":
    main()
