"""A real server over a ledger of its own: uvicorn on a free port, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from joserfc.jwk import OKPKey

from api.app import create_app
from api.auth import issue
from api.clock import DemoClock
from api.edge.policy import Policy
from api.house import open_house
from api.ide.door import Ide
from api.issuers import Issuers
from api.patience import Patience
from api.serve import address_of, configured, listening
from api.settings import Settings
from api.stream.streams import Streams
from ledger.command import Asker, Command, Role
from ledger.names import KINDS, LedgerId
from schema.context import House
from schema.error_code import error_codes
from schema.mutation import MUTATIONS
from tests.town import KEY

DAY = date(2024, 3, 19)
BODY_BYTES_MAX = 2 * 1024 * 1024
CODES = {each.code for each in error_codes()}
ANSWER = (
    "__typename ... on Recorded { position replayed events { position id type } } "
    "... on Refused { refusals { kind code zh en field rule clause } }"
)


@dataclass
class Served:
    """A running server, its house, and the key that signs its tokens."""

    house: House
    key: OKPKey
    url: str
    clock: DemoClock
    client: httpx.Client
    streams: Streams

    def token(self, role: Role, scope: str, actor: str = "staff:tester") -> str:
        """A token for an hour."""
        name = KINDS[scope.partition(":")[0]](scope)
        return issue(self.key, Asker(actor=actor, role=role, scope=name), valid=timedelta(hours=1))

    def party(self, role: Role, scope: str = "", actor: str = "staff:tester") -> Party:
        """Somebody with a token; the public has none."""
        token = None if role is Role.PUBLIC else self.token(role, scope, actor)
        return Party(self, token)

    @property
    def operator(self) -> Party:
        """Who may do everything."""
        return self.party(Role.OPERATOR, str(LedgerId("ledger:xuefen")))

    @property
    def public(self) -> Party:
        """Who has no token."""
        return self.party(Role.PUBLIC)

    @property
    def head(self) -> int:
        """The last position."""
        return self.house.ledger.feed.head()


@dataclass
class Party:
    """One asker's way to the server."""

    served: Served
    token: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say who asks."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def post(self, document: str, /, **variables: Any) -> httpx.Response:
        """The server's response to a document."""
        return self.served.client.post(
            "/graphql", json={"query": document, "variables": variables}, headers=self.headers
        )

    def ask(self, document: str, /, **variables: Any) -> Any:
        """The data of a query that has no errors."""
        body = self.post(document, **variables).json()

        assert "errors" not in body, body["errors"]
        return body["data"]

    def errors(self, document: str, /, **variables: Any) -> list[dict[str, Any]]:
        """The errors of a query, each with a code and a sentence in both languages."""
        response = self.post(document, **variables)
        body = response.json()
        assert "errors" in body, body
        for each in body["errors"]:
            spoken(each["extensions"])
            listed(each["extensions"]["code"])
        return [each["extensions"] for each in body["errors"]]

    def mutate(
        self, command: type[Command], given: Any, request: str = "r1", **options: Any
    ) -> Any:
        """The answer to one command."""
        return self.ask(mutation(command), input=given, request=request, **options)["answer"]

    def mutate_many(
        self, command: type[Command], given: list[Any], request: str = "r1", **options: Any
    ) -> Any:
        """The answer to many commands."""
        return self.ask(bulk_document(command), inputs=given, request=request, **options)["answer"]


def mutation(command: type[Command]) -> str:
    """The mutation of one command."""
    return (
        f"mutation($input: {command.__name__}Input!, $request: String!, $reported: Report) "
        f"{{ answer: {field_of(command)}(input: $input, requestId: $request, "
        f"reported: $reported) {{ {ANSWER} }} }}"
    )


def bulk_document(command: type[Command]) -> str:
    """The bulk mutation of a command."""
    return (
        f"mutation($inputs: [{command.__name__}Input!]!, $request: String!, "
        "$whole: Boolean = false, $reported: Report) "
        f"{{ answer: {MUTATIONS[command]}(inputs: $inputs, requestId: $request, whole: $whole, "
        f"reported: $reported) {{ position recorded refused replayed rows {{ {ANSWER} }} }} }}"
    )


def field_of(command: type[Command]) -> str:
    """The mutation of a command."""
    return command.__name__[0].lower() + command.__name__[1:]


# Three words in a row; names, codes and what the asker wrote are fewer.
ENGLISH = re.compile(r"\b[A-Za-z]+,? [A-Za-z]+,? [A-Za-z]+\b")


def spoken(said: dict[str, Any]) -> None:
    """Whether something is said with a code, in Chinese and in English, and no Python in it."""
    assert said["code"] == said["code"].upper()
    assert any("一" <= each <= "鿿" for each in said["zh"]), said
    assert not ENGLISH.search(said["zh"]), said
    assert any(each.isascii() and each.isalpha() for each in said["en"]), said
    assert "Traceback" not in said["en"], said


def listed(code: str) -> None:
    """Whether clients can look a code up."""
    assert code in CODES, f"{code} stands in no file of schema/codes"


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of a refused command."""
    if answer["__typename"] == "Recorded":
        return []
    for each in answer["refusals"]:
        spoken(each)
        listed(each["code"])
    return [each["code"] for each in answer["refusals"]]


ISSUER = OKPKey.generate_key("Ed25519")
OURS = Issuers(own=ISSUER)
# Nobody is asked over TLS here, and to read all certificates anew takes longer than most tests.
TRUST = ssl.create_default_context()


@contextmanager
def serving(
    url: str,
    folder: Path,
    *,
    wait_seconds: float = 10.0,
    issuers: Issuers = OURS,
    private_webhooks: bool = False,
    ide: Ide | None = None,
    log_requests: bool = False,
    policy: Policy | None = None,
    patience: Patience | None = None,
    proxies: tuple[str, ...] = (),
) -> Iterator[Served]:
    """A server on a founded database for as long as it is needed."""
    (folder / "vault.key").write_text(b64encode(KEY).decode())
    clock = DemoClock(DAY)
    settings = Settings(database_url=url, data=folder, _env_file=None)
    with open_house(settings, clock) as house:
        house.wait_seconds = wait_seconds
        app = create_app(
            house,
            issuers,
            body_bytes_max=BODY_BYTES_MAX,
            demo_clock=clock,
            private_webhooks=private_webhooks,
            ide=ide,
            log_requests=log_requests,
            policy=policy,
        )
        config = configured(app, BODY_BYTES_MAX, patience, proxies, timeout_graceful_shutdown=1)
        with (
            _running(config) as address,
            httpx.Client(base_url=address, timeout=60, verify=TRUST) as client,
        ):
            yield Served(
                house=house,
                key=ISSUER,
                url=address,
                clock=clock,
                client=client,
                streams=app.state.streams,
            )


class _Server(uvicorn.Server):
    """A server that stops when it is told to, not when it next looks whether it was."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Until it is told to stop; a tenth of a second a tick, as in uvicorn's own."""
        tick = 0
        while not await self.on_tick(tick):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)
            tick += 1

    def stop(self) -> None:
        """Tells it, from within its loop."""
        self.should_exit = True
        self._told.set()


@contextmanager
def _running(config: uvicorn.Config) -> Iterator[str]:
    """The address of an application that runs on a thread."""
    server = _Server(config)
    ready = threading.Event()

    loops: list[asyncio.AbstractEventLoop] = []

    async def serve(listener: socket.socket) -> None:
        loops.append(asyncio.get_running_loop())
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0)
        ready.set()
        await task

    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=asyncio.run, args=(serve(listener),), name="server")
        thread.start()
        ready.wait()
        try:
            yield address_of(listener)
        finally:
            with suppress(RuntimeError):  # its loop is closed where it did not start
                loops[0].call_soon_threadsafe(server.stop)
            thread.join()
