"""Streams of events that end: with the server, from which clients come back, and with the token."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from api.auth import LEEWAY_SECONDS, issue
from api.stream import connection as connections
from ledger.command import Asker, Role
from ledger.names import KINDS
from tests.api.test_cli import enter, keys_of_told, serving, token_of
from tests.api.test_subscription import CHANGES
from tests.cast import RUIAN
from tests.javascript import FOLDER, NODE, installed
from tests.server import Party, Served
from tests.told import told_template, told_url

__all__ = ["keys_of_told", "told_template", "told_url"]
EVENTS = {"accept": "text/event-stream"}
TOKEN = "x-graphql-event-stream-token"
CONNECTING = 0


@contextmanager
def event_source(url: str, token: str, after: int) -> Iterator[IO[str]]:
    """What an EventSource hears of changes after a position, a line each."""
    script = str(installed() / "eventsource.mjs")
    process = subprocess.Popen(
        [NODE, script, url, token, str(after)],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.communicate(timeout=60)


def positions(lines: IO[str], upto: int) -> list[int]:
    """The positions that are heard up to one of them; nothing else may be said meanwhile."""
    seen: list[int] = []
    while not seen or seen[-1] < upto:
        said = json.loads(lines.readline())
        if "gone" in said:
            assert said["state"] == CONNECTING, said
            continue
        assert said.get("errors") is None, said
        seen += said["positions"]
    return seen


@pytest.mark.usefixtures("keys_of_told")
def test_an_event_source_loses_nothing_over_a_restart(told_url: str, tmp_path: Path) -> None:
    given = ("--data", tmp_path, "--database-url", told_url)
    headers = token_of(tmp_path)
    token = headers["authorization"].partition(" ")[2]
    with serving(*given, folder=tmp_path) as server:
        first = enter(server.url, headers, "before")["position"]
        with event_source(server.url, token, first - 1) as lines:
            assert positions(lines, first) == [first]
            assert server.stop()[0] == 0
            port = int(server.url.rpartition(":")[2])
            with serving(*given, folder=tmp_path, port=port) as again:
                last = [enter(again.url, headers, f"after-{n}")["position"] for n in range(3)][-1]

                assert positions(lines, last) == list(range(first + 1, last + 1))
                assert again.stop()[0] == 0


@pytest.mark.usefixtures("keys_of_told")
@pytest.mark.parametrize("single", [False, True], ids=["distinct", "reserved"])
def test_a_stop_ends_streams_at_once_with_when_to_come_back(
    told_url: str, tmp_path: Path, single: bool
) -> None:
    """Cut off instead, after the time that is given to requests, a body would not end whole."""
    headers = token_of(tmp_path)
    with (
        serving("--data", tmp_path, "--database-url", told_url, folder=tmp_path) as server,
        httpx.Client(base_url=server.url, headers=headers, timeout=60) as client,
    ):
        last = enter(server.url, headers, "one")["position"]
        body: dict[str, Any] = {"query": CHANGES, "variables": {"after": last - 1}}
        sent = {"method": "POST", "json": body, "headers": EVENTS}
        if single:
            own = {TOKEN: client.put("/graphql").text}
            body["extensions"] = {"operationId": "1"}
            sent = {"method": "GET", "headers": EVENTS | own}
        with client.stream(url="/graphql", **sent) as response:
            lines = response.iter_lines()
            if single:
                assert client.post("/graphql", json=body, headers=own).status_code == 202
            while not next(lines).startswith("id:"):
                pass
            server.process.terminate()
            said = list(lines)
        assert server.stop()[0] == 0

    assert any(each.startswith("retry: ") for each in said)
    assert not any(each.startswith("event: complete") for each in said)


@pytest.fixture
def brief(served: Served, monkeypatch: pytest.MonkeyPatch) -> Party:
    """Somebody whose token is over in a moment."""
    monkeypatch.setattr(connections, "LEEWAY_SECONDS", -LEEWAY_SECONDS)
    asker = Asker(actor="staff:brief", role=Role.AUDITOR, scope=KINDS["jurisdiction"](RUIAN))
    # It is trusted until the leeway is over, so one that has ended by less is let in.
    return Party(served, issue(served.key, asker, valid=timedelta(seconds=-LEEWAY_SECONDS + 2)))


def ended(lines: Iterator[str]) -> tuple[Any, list[str]]:
    """The last data of a stream that ends, and the names of its events."""
    said = list(lines)
    data = [json.loads(each[6:]) for each in said if each.startswith("data: {")]
    return data[-1], [each[7:] for each in said if each.startswith("event: ")]


def test_a_distinct_stream_ends_with_its_token(served: Served, brief: Party) -> None:
    body = {"query": CHANGES, "variables": {"after": served.head}}
    with served.client.stream(
        "POST", "/graphql", json=body, headers=brief.headers | EVENTS
    ) as response:
        last, events = ended(response.iter_lines())

    [error] = last["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "已过期" in error["extensions"]["zh"]
    assert events[-2:] == ["next", "complete"]


def test_each_operation_of_a_reserved_stream_ends_with_its_token(
    served: Served, brief: Party
) -> None:
    client = served.client
    own = brief.headers | {TOKEN: client.put("/graphql", headers=brief.headers).text}
    with client.stream("GET", "/graphql", headers=own | EVENTS) as response:
        for number in ("1", "2"):
            body = {"query": CHANGES, "variables": {"after": served.head}}
            body["extensions"] = {"operationId": number}
            assert client.post("/graphql", json=body, headers=own).status_code == 202
        said = list(response.iter_lines())
    errors = {
        told["id"]: told["payload"]["errors"][0]["extensions"]["code"]
        for told in (json.loads(each[6:]) for each in said if each.startswith("data: {"))
        if told.get("payload")
    }

    assert errors == {"1": "UNAUTHENTICATED", "2": "UNAUTHENTICATED"}
    alone = {TOKEN: own[TOKEN]} | EVENTS
    assert client.get("/graphql", headers=alone).status_code == 404
