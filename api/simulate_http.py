"""The way to running servers over HTTP, with a token for every asker."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from joserfc.jwk import OKPKey

from api.auth import issue, load_issuer
from api.door import Door, Unanswered
from api.rotation import Rotation
from api.simulate_way import NO_RULE, Acknowledgements, Reply, Submission
from ledger.command import Asker, Role
from ledger.finding import FindingMade
from ledger.names import LedgerId
from ledger.store.trouble import Trouble

WIDTH = 8
TOKEN_VALID = timedelta(days=1)
PAGE = 100
CONFLICT = 409
FIRST_SECONDS = 3
"""How long a server has for its very first answer; only one that was there is waited for."""
OPERATOR = Asker(actor="staff:simulate", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))


@dataclass
class OverHttp:
    """To running servers, with a token for every asker; several servers take turns."""

    servers: list[str]
    issuer: OKPKey
    acks: Acknowledgements
    width: int = WIDTH
    day: date = date.min
    doors: dict[str, Door] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=self.width + 2)
        self._rotation = Rotation(self.servers, limits)
        self._client = httpx.Client(base_url=self.servers[0], transport=self._rotation, timeout=60)
        self._clocks = [httpx.Client(base_url=each, timeout=60) for each in self.servers]
        self._clients = ThreadPoolExecutor(self.width, thread_name_prefix="client")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Lets go of the connections."""
        self._clients.shutdown(cancel_futures=True)
        for each in (self._client, *self._clocks):
            each.close()

    def turn(self, day: date) -> None:
        """Sets the clock of every server. Raises ``Trouble`` where one has none to set."""
        self.day = day
        for client in self._clocks:
            try:
                self._door(OPERATOR, client).post("/demo/clock", {"day": day.isoformat()})
            except httpx.HTTPStatusError as error:
                # Played again from its first step, it comes to days that are over: all is answered.
                if error.response.status_code != CONFLICT:
                    raise _no_clock(client.base_url, error.response.status_code) from None

    def ask(self, submission: Submission) -> Future[list[Reply]]:
        """Hands it to the next free client."""
        return self._clients.submit(self._ask, submission)

    def _ask(self, submission: Submission) -> list[Reply]:
        door, commands = self._door(submission.asker), list(submission.commands)
        people = list(submission.people) or None
        if len(commands) == 1 and people is None:
            rows = [door.ask(commands[0], request=submission.request)]
        else:
            rows = door.ask_many(commands, request=submission.request, people=people)
        replies = [_reply(row) for row in rows]
        self.acks.write(submission, replies)
        return replies

    def _door(self, asker: Asker, client: httpx.Client | None = None) -> Door:
        key = f"{asker.actor} {asker.scope} {client.base_url if client else ''}"
        with self._lock:
            door = self.doors.get(key)
            if door is None:
                token = issue(self.issuer, asker, valid=TOKEN_VALID)
                door = self.doors[key] = Door(client or self._client, token)
            return door

    @property
    def tries_again(self) -> int:
        """How often something was sent again because no answer came."""
        return sum(door.retries for door in self.doors.values())

    def last(self) -> datetime | None:
        """From the history."""
        data = self._door(OPERATOR).query(
            "{ history(first: 1, latestFirst: true) { edges { node { at } } } }"
        )
        edges = data["history"]["edges"]
        return datetime.fromisoformat(edges[0]["node"]["at"]) if edges else None

    def met(self, name: str) -> bool:
        """From the history by tag."""
        data = self._door(OPERATOR).query(
            "query($tags: [ID!]!) { history(first: 1, filter: {tags: $tags}) "
            "{ edges { node { id } } } }",
            tags=[name],
        )
        return bool(data["history"]["edges"])

    def findings(self, prefix: str) -> Counter[str]:
        """From the history, page by page."""
        found: Counter[str] = Counter()
        after: str | None = None
        while True:
            page = self._door(OPERATOR).query(
                "query($types: [String!]!, $after: String, $first: Int!) { history(first: $first, "
                "after: $after, filter: {types: $types}) { edges { node { request data } } "
                "pageInfo { hasNextPage endCursor } } }",
                types=[FindingMade.NAME],
                after=after,
                first=PAGE,
            )["history"]
            for edge in page["edges"]:
                if (edge["node"]["request"] or "").startswith(prefix):
                    found[edge["node"]["data"].get("rule") or NO_RULE] += 1
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]


@contextmanager
def over_http(
    servers: list[str], issuer: Path, clients: int = WIDTH, acks: Path | None = None
) -> Iterator[OverHttp]:
    """A way to running servers. Raises ``Trouble`` where one is not there, or not any more."""
    for each in servers:
        _require_answer(each)
    if not issuer.exists():  # a key of our own making would open no door
        raise Trouble(
            "ISSUER_KEY_MISSING",
            zh=f"没有签发密钥文件 {issuer}。请用 --issuer 指明服务所用的密钥文件。",
            en=f"There is no issuer key file {issuer}. Name the servers' own with --issuer.",
        )
    written = Acknowledgements(acks)
    way = OverHttp(servers, load_issuer(issuer), written, width=clients)
    try:
        yield way
    except Unanswered:
        raise _away(", ".join(servers), "no answer any more") from None
    finally:
        way.close()
        written.close()


def _require_answer(server: str) -> None:
    try:
        httpx.get(f"{server.rstrip('/')}/healthz", timeout=FIRST_SECONDS)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise _away(server, str(error) or type(error).__name__) from None


def _away(server: str, reason: str) -> Trouble:
    return Trouble(
        "SERVER_UNREACHABLE",
        zh=f"{server} 没有应答（{reason}）。请确认服务在运行，地址形如 http://127.0.0.1:8330。",
        en=f"{server} does not answer ({reason}). Check that the server runs and that the address "
        "looks like http://127.0.0.1:8330.",
    )


def _reply(row: dict[str, Any]) -> Reply:
    if row["__typename"] == "Refused":
        return Reply(codes=tuple(each["code"] for each in row["refusals"]))
    events: Iterable[dict[str, Any]] = row["events"]
    return Reply(
        events=tuple((int(each["position"]), each["id"], each["type"]) for each in events),
        replayed=row["replayed"],
    )


def _no_clock(server: object, status: int) -> Trouble:
    return Trouble(
        "NO_DEMO_CLOCK",
        zh=f"{server} 没有可设置的演示时钟（HTTP {status}）。"
        "请以 xuefen serve --demo-clock 启动，且签发密钥须相同。",
        en=f"{server} has no demo clock to set (HTTP {status}). "
        "Start it with xuefen serve --demo-clock, and give its own issuer key.",
    )
