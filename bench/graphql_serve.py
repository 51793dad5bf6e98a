"""One GraphQL server over the ledger of the measurement, in a process of its own.

    python -m bench.graphql_serve ours|fresh|stock|plain FOLDER URL

``ours`` is the application as it is deployed, and ``fresh`` the same where nothing is kept of what
was written, so that each answer is written anew. ``stock`` is the same types and resolvers under
``strawberry.Schema`` and ``strawberry.asgi.GraphQL`` as they ship, without any of our extensions,
caches or executor. All take the same tokens, from the folder's key. ``plain`` is Strawberry over
plain tables (``bench.graphql_plain``). Each prints its address.
"""

from __future__ import annotations

import socket
import sys
from datetime import date
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from strawberry.asgi import GraphQL

from api.app import create_app
from api.clock import DemoClock
from api.doorkeeper import Doorkeeper
from api.house import open_house
from api.issuers import Issuers, issuer
from api.serve import address_of, listening
from api.settings import Mode, Settings
from bench.graphql_plain import application
from schema.commands import mutation_type
from schema.compiled.rendering import Rendered, Renderings
from schema.context import Context, House
from schema.history import Subscription
from schema.outputs import NODES
from schema.root import Query
from schema.scalars import CONFIG

DAY = date(2024, 3, 19)
BODY_BYTES_MAX = 2 * 1024 * 1024


class Stock(GraphQL[Any, None]):
    """Strawberry's view with our askers and nothing else."""

    house: House
    keeper: Doorkeeper

    async def get_context(self, request: Any, response: Any) -> Any:
        """The request's asker over the house."""
        asker = await self.keeper.asker(request.headers.get("authorization"))
        return Context(house=self.house, asker=asker)


def stock(house: House, issuers: Issuers) -> Starlette:
    """The schema as Strawberry builds and serves it by default."""
    schema = strawberry.Schema(
        query=Query,
        mutation=mutation_type(),
        subscription=Subscription,
        types=list(NODES.values()),
        config=CONFIG,
    )
    view = Stock(schema, graphql_ide=None)
    view.house, view.keeper = house, Doorkeeper(issuers, house.ledger)

    async def graphql(request: Request) -> Any:
        return await view.run(request)

    return Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"])])


def main() -> None:
    """Serves until it is ended."""
    which, folder, url = sys.argv[1:]
    if which == "plain":
        with listening("127.0.0.1", 0) as listener:
            _serve(application(url), listener)
        return
    settings = Settings(database_url=url, data=Path(folder), mode=Mode.DEVELOPMENT, _env_file=None)
    issuers = Issuers(own=issuer(settings))
    with open_house(settings, DemoClock(DAY)) as house, listening("127.0.0.1", 0) as listener:
        if which == "fresh":
            house.renderings, house.entries = Renderings(most=0), Rendered(most=0)
        if which in ("ours", "fresh"):
            app = create_app(house, issuers, body_bytes_max=BODY_BYTES_MAX)
        else:
            app = stock(house, issuers)
        _serve(app, listener)


def _serve(app: Starlette, listener: socket.socket) -> None:
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    print(f"{address_of(listener)}/graphql", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
