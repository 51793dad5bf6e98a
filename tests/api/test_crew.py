"""A crew of workers is one server: one purse, streams found wherever they are, nothing lost."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from tests.api.test_stream_events import EVENTS, TOKEN, events
from tests.api.test_workers import SECONDS_MAX, Running, registered, running, school
from tests.javascript import told
from tests.town import KEY, Hand, database

WORKERS = 3
CHANGES = "subscription($after: Position = 0) { changes(after: $after) { entries { position } } }"
HEAD = "{ head }"
CLIENTS, EACH = 4, 60
TRIES = 2_000


@pytest.fixture(scope="module")
def crew(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, str]]:
    """Three workers on a database of their own."""
    folder = tmp_path_factory.mktemp("crew")
    with database(postgres_url, founded_template) as url, running(url, folder, WORKERS) as found:
        yield found, url


def test_the_clients_from_npm_find_one_server(crew: tuple[Running, str]) -> None:
    run, _ = crew
    with run.client() as client:
        start = max(registered(client, f"npm{number}") for number in range(3))
    said = told("streams.mjs", f"{run.address}/graphql", run.token, str(start))

    assert said["single_query"] == ["number"]
    assert said["single_live"] == said["distinct_live"] == [-1, 0, 1]
    assert said["single_side_by_side"] == [[start - 1, start], [start]]
    assert said["single_invalid"] == 400


def test_a_reserved_stream_is_found_by_whoever_is_asked(crew: tuple[Running, str]) -> None:
    run, _ = crew
    with run.client() as client:
        token = client.put("/graphql").text
    owner = token.partition(".")[0]
    for number in range(4 * WORKERS):  # each on a connection of its own, so of any worker
        given = {"query": CHANGES, "extensions": {"operationId": str(number)}}
        with run.client() as client:
            answer = client.post("/graphql", json=given, headers={TOKEN: token})
            assert answer.status_code == 202, answer.text
    with run.client() as client:
        with client.stream("GET", "/graphql", headers=EVENTS | {TOKEN: token}) as response:
            stream = events(response)
            left = {str(number) for number in range(4 * WORKERS)}
            while left:
                left.discard(next(stream)["data"]["id"])
            with run.client() as other:
                assert other.get("/graphql", headers=EVENTS | {TOKEN: token}).status_code == 409
                gone = other.delete("/graphql", params={"operationId": "0"}, headers={TOKEN: token})
                assert gone.status_code == 200
            asked = {"query": HEAD}
            stranger = httpx.post(f"{run.address}/graphql", json=asked, headers={TOKEN: token})
            assert stranger.status_code == 403
        for wrong in (f"{owner}.x", "0" * 16 + ".x", "../../etc.x", f"{owner}", "%2e%2e.x"):
            answer = client.post("/graphql", json={"query": HEAD}, headers={TOKEN: wrong})
            assert answer.status_code == 404
            assert answer.json()["errors"][0]["extensions"]["code"] == "UNKNOWN_STREAM"


def test_a_stream_that_its_client_leaves_is_over_also_where_another_worker_holds_it(
    crew: tuple[Running, str],
) -> None:
    run, _ = crew
    for _ in range(2 * WORKERS):  # some of them are handed on
        with run.client() as client:
            token = client.put("/graphql").text
        given = {"query": CHANGES, "extensions": {"operationId": "1"}}
        headers = EVENTS | {TOKEN: token}
        with (
            run.client() as client,
            run.client() as other,
            client.stream("GET", "/graphql", headers=headers) as response,
        ):
            assert other.post("/graphql", json=given, headers={TOKEN: token}).is_success
            next(events(response))
        with run.client() as client:
            answers = (
                client.delete("/graphql?operationId=2", headers={TOKEN: token}).status_code
                for _ in range(TRIES)
            )
            assert 404 in answers


def test_a_purse_is_one_whichever_worker_is_asked(
    postgres_url: str, founded_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUEFEN_PUBLIC_REQUESTS_PER_MINUTE", "12")
    with database(postgres_url, founded_template) as url, running(url, tmp_path, WORKERS) as run:
        found: Counter[int] = Counter()
        for number in range(30):
            # Half of them are about a stream of some worker, and handed on to it.
            headers = {TOKEN: "0" * 16 + ".x"} if number % 2 else {}
            asked = {"query": HEAD}
            found[
                httpx.post(f"{run.address}/graphql", json=asked, headers=headers).status_code
            ] += 1
        forged = {"x-xuefen-address": "192.0.2.9", "x-xuefen-crew": "guessed"}
        late = httpx.post(f"{run.address}/graphql", json={"query": HEAD}, headers=forged)
        with run.client() as client:
            assert client.post("/graphql", json={"query": HEAD}).status_code == 200

    # A minute may turn meanwhile, and then some of it has come again.
    assert found[429] >= 30 - 2 * 12 and 12 <= 30 - found[429] < 24
    assert late.status_code == 429


def ask(run: Running, part: int, acknowledged: list[str], lock: threading.Lock) -> None:
    """What a client does: again under the same request id, until it has its answer."""
    for number in range(EACH):
        name = f"c{part}-{number}"
        while True:
            try:
                with run.client() as client:
                    registered(client, name)
            except httpx.TransportError:
                continue
            with lock:
                acknowledged.append(name)
            break


def follow(run: Running, until: int, seen: list[int]) -> None:
    """Each change once, taken up again behind the last one where the stream breaks."""
    last = ""
    while not seen or seen[-1] < until:
        headers = EVENTS | ({"last-event-id": last} if last else {})
        try:
            with (
                run.client() as client,
                client.stream("POST", "/graphql", json={"query": CHANGES}, headers=headers) as told,
            ):
                for each in events(told):
                    if each["event"] == "complete":
                        break
                    found = json.loads(json.dumps(each["data"]))["data"]["changes"]["entries"]
                    seen += [entry["position"] for entry in found]
                    last = each["id"]
                    if seen[-1] >= until:
                        break
        except httpx.TransportError:
            continue


def test_a_worker_that_dies_amid_requests_takes_nothing_acknowledged_with_it(
    crew: tuple[Running, str],
) -> None:
    run, url = crew
    with run.client() as client:
        begun = registered(client, "first")
    acknowledged: list[str] = []
    seen: list[int] = []
    lock = threading.Lock()
    until = begun + CLIENTS * EACH  # each asks for one entry, and nobody else asks
    threads = [
        threading.Thread(target=ask, args=(run, part, acknowledged, lock))
        for part in range(CLIENTS)
    ]
    threads.append(threading.Thread(target=follow, args=(run, until, seen)))
    for each in threads:
        each.start()
    dead = set()
    for many in (CLIENTS * EACH // 4, CLIENTS * EACH // 2):
        while len(acknowledged) < many:
            threads[0].join(0.01)
        victim = next(each for each in run.workers() if each.pid not in dead)
        victim.kill()
        dead.add(victim.pid)
        psutil.wait_procs([victim], timeout=SECONDS_MAX)
    for each in threads:
        each.join(SECONDS_MAX)
    assert not any(each.is_alive() for each in threads)

    with Ledger(url, KEY, Hand()) as ledger:
        entries = list(ledger.feed.entries(Filter()))
    kept = Counter(str(getattr(each.event, "school", "")) for each in entries)
    assert sorted(acknowledged) == sorted(
        f"c{part}-{number}" for part in range(CLIENTS) for number in range(EACH)
    )
    assert all(kept[school(name)["input"]["school"]] == 1 for name in acknowledged)
    assert seen == list(range(1, len(entries) + 1))
    assert not dead & {each.pid for each in run.workers()}
