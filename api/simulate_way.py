"""Ways into a ledger: in process or over HTTP, with the same submissions and the same replies.

A submission that was answered is written to the acknowledgements before its sender goes on, so that
a test can hold the ledger against them after a kill.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TextIO

import httpx
from joserfc.jwk import OKPKey

from api.auth import issue
from api.clock import DemoClock
from api.door import Door
from api.rotation import Rotation
from ledger.command import Asker, Command, Role
from ledger.finding import FindingMade
from ledger.names import LedgerId
from ledger.register import RegisterTeacher
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from ledger.store.work import Seal
from schema.commands import MUTATIONS
from schema.person import PersonInput, checked
from schema.scalars import Text

TOKEN_VALID = timedelta(days=1)
PAGE = 100
OPERATOR = Asker(actor="staff:simulate", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
NO_RULE = "—"


@dataclass(frozen=True)
class Submission:
    """Commands of one kind by one asker under one request id; ``mistake``: to be refused."""

    request: str
    asker: Asker
    commands: tuple[Command, ...]
    people: tuple[dict[str, str], ...] = ()
    mistake: bool = False

    @property
    def kind(self) -> type[Command]:
        """The kind of all its commands."""
        return type(self.commands[0])


@dataclass(frozen=True)
class Reply:
    """What became of one command: position, id and type of its events, or codes of refusals."""

    events: tuple[tuple[int, str, str], ...] = ()
    codes: tuple[str, ...] = ()
    replayed: bool = False


class Way(Protocol):
    """A way into a ledger."""

    width: int

    def turn(self, day: date) -> None:
        """Moves the ledger to a day."""

    def ask(self, submission: Submission) -> Future[list[Reply]]:
        """Asks; the replies come in the order of the commands."""
        ...

    def last(self) -> datetime | None:
        """When the ledger learned its last event."""
        ...

    def met(self, name: str) -> bool:
        """Whether any event speaks of the name."""
        ...

    def findings(self, prefix: str) -> Counter[str]:
        """How many findings each rule has under requests that begin so."""
        ...


class Acknowledgements:
    """A file with a JSON line for every submission that was answered."""

    def __init__(self, file: Path | None) -> None:
        self._lock = threading.Lock()
        self._out: TextIO | None = file.open("a", encoding="utf-8") if file else None

    def write(self, submission: Submission, replies: list[Reply]) -> None:
        """Writes the line; it is with the operating system when this returns."""
        events = [event for reply in replies for event in reply.events]
        if self._out is None or not events:
            return
        line = json.dumps(
            {
                "request": submission.request,
                "actor": submission.asker.actor,
                "first": events[0][0],
                "last": events[-1][0],
                "ids": [id for _, id, _ in events],
            }
        )
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._out is not None:
            self._out.close()


@dataclass
class InProcess:
    """Straight into an open ledger whose clock we hold."""

    ledger: Ledger
    clock: DemoClock
    acks: Acknowledgements
    width: int = 256

    def turn(self, day: date) -> None:
        """Moves the clock."""
        self.clock.set(day)

    def ask(self, submission: Submission) -> Future[list[Reply]]:
        """Submits to the committer; many may wait at once."""
        commands, seals = self._sealed(submission)
        answered = self.ledger.submit(
            commands, submission.asker, request=submission.request, seals=seals
        )
        told: Future[list[Reply]] = Future()

        def tell(future: Future[Answer]) -> None:
            try:
                replies = _replies(future.result())
                self.acks.write(submission, replies)
                told.set_result(replies)
            except BaseException as error:  # whoever waits is told
                told.set_exception(error)

        answered.add_done_callback(tell)
        return told

    def _sealed(self, submission: Submission) -> tuple[list[Command], dict[int, Seal]]:
        seals: dict[int, Seal] = {}
        commands = list(submission.commands)
        for number, person in enumerate(submission.people):
            command = commands[number]
            assert isinstance(command, RegisterTeacher)
            values = checked(PersonInput(name=Text(person["name"])))
            seals[number], digests = self.ledger.vault.seal(str(command.teacher), values)
            commands[number] = replace(command, sealed=digests)
        return commands, seals

    def last(self) -> datetime | None:
        """From the feed's last entry."""
        page = self.ledger.feed.page(Filter(), 1, latest_first=True)
        return page[0].at if page else None

    def met(self, name: str) -> bool:
        """From the tag index."""
        return bool(self.ledger.feed.page(Filter(tags=(name,)), 1))

    def findings(self, prefix: str) -> Counter[str]:
        """From the feed."""
        found = self.ledger.feed.entries(Filter(types=(FindingMade.NAME,)))
        return Counter(
            each.event.rule or NO_RULE
            for each in found
            if isinstance(each.event, FindingMade) and (each.request or "").startswith(prefix)
        )


@dataclass
class OverHttp:
    """To running servers, with a token for every asker; several servers take turns."""

    servers: list[str]
    issuer: OKPKey
    acks: Acknowledgements
    width: int = 8
    day: date = date.min
    doors: dict[str, Door] = field(default_factory=dict)
    retries: int = 0

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


def in_bulk(kind: type[Command]) -> bool:
    """Whether many commands of the kind may be sent together."""
    return MUTATIONS[kind] is not None


def _replies(answer: Answer) -> list[Reply]:
    return [
        Reply(
            events=tuple((each.position, each.id, each.type) for each in outcome.written),
            codes=tuple(each.code for each in outcome.refusals),
            replayed=answer.replayed,
        )
        for outcome in answer.outcomes
    ]


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
