"""The way to running servers over HTTP, with a token for every asker."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from joserfc.jwk import OKPKey

from api.auth import issue
from api.door import Door
from api.rotation import Rotation
from api.simulate_way import NO_RULE, Acknowledgements, Reply, Submission
from ledger.command import Asker, Role
from ledger.finding import FindingMade
from ledger.names import LedgerId
from ledger.store.trouble import Trouble

WIDTH = 8
TOKEN_VALID = timedelta(days=1)
PAGE = 100
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
