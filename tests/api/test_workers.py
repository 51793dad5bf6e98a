"""Several worker processes: what one writes the others read, and a stop loses nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from api.auth import issue, load_issuer
from ledger.command import Asker, Role
from ledger.names import LedgerId
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from tests.cast import RUIAN
from tests.server import ANSWER
from tests.town import KEY, Hand, database

REGISTER = (
    "mutation($input: RegisterSchoolInput!, $request: String!) "
    f"{{ answer: registerSchool(input: $input, requestId: $request) {{ {ANSWER} }} }}"
)
SECONDS_MAX = 60
TRIES_MAX = 2_000
IN_FLIGHT = 400


@dataclass
class Running:
    """A server of several processes, and how it is asked."""

    process: subprocess.Popen[str]
    address: str
    token: str

    def client(self) -> httpx.Client:
        """A client with a connection of its own, which any of the workers may get."""
        return httpx.Client(
            base_url=self.address,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=SECONDS_MAX,
        )

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return [
            each
            for each in psutil.Process(self.process.pid).children()
            if "spawn_main" in " ".join(each.cmdline())
        ]


@contextmanager
def running(url: str, folder: Path, workers: int, port: int = 0) -> Iterator[Running]:
    """``xuefen serve --workers`` on a founded database; on any port unless one is named."""
    folder.mkdir(exist_ok=True)
    (folder / "vault.key").write_text(b64encode(KEY).decode())
    (folder / "vault.key").chmod(0o600)
    key = load_issuer(folder / "issuer.jwk")
    ready = folder / "ready"
    settings = {
        "XUEFEN_DATABASE_URL": url,
        "XUEFEN_DATA": str(folder),
        "XUEFEN_MODE": "development",
    }
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    command += ["--workers", str(workers)]
    asker = Asker(actor="staff:tester", role=Role.OPERATOR, scope=LedgerId("ledger:xuefen"))
    with subprocess.Popen(
        [*command, "--ready-file", str(ready)],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if "/graphql" in line:
                    break
            assert ready.exists(), said
            token = issue(key, asker, valid=timedelta(hours=1))
            yield Running(process, ready.read_text().strip(), token)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS_MAX)


@pytest.fixture
def server(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> Iterator[tuple[Running, str]]:
    """Two workers on a database of their own."""
    with database(postgres_url, founded_template) as url, running(url, tmp_path, 2) as found:
        yield found, url


def school(name: str) -> dict[str, Any]:
    """The variables of a registration."""
    given = {"school": f"school:{name}", "place": RUIAN, "title": "学校", "stage": "PRIMARY"}
    return {"input": given, "request": name}


def registered(client: httpx.Client, name: str) -> int:
    """The position at which a school was registered."""
    body = client.post("/graphql", json={"query": REGISTER, "variables": school(name)}).json()
    assert body["data"]["answer"]["__typename"] == "Recorded", body
    position: int = body["data"]["answer"]["position"]
    return position


def test_what_one_worker_writes_any_other_reads(server: tuple[Running, str]) -> None:
    run, _ = server
    assert len(run.workers()) == 2
    read = "query($id: ID!, $at: Position) { node(id: $id, atLeast: $at) { id } }"
    for number in range(12):
        with run.client() as writer, run.client() as reader, run.client() as third:
            position = registered(writer, f"w{number}")
            for each in (reader, third):
                given = {"id": f"school:w{number}", "at": position}
                body = each.post("/graphql", json={"query": read, "variables": given}).json()
                assert body["data"]["node"] == {"id": f"school:w{number}"}


def test_the_metrics_are_those_of_all_workers(server: tuple[Running, str]) -> None:
    run, _ = server
    for number in range(8):
        with run.client() as client:
            registered(client, f"m{number}")
    requests = 'xuefen_requests_total{method="POST",route="/graphql",status="200"} 8.0'
    batches = "xuefen_committer_batch_count 8.0"

    def told() -> str:
        with run.client() as client:
            return client.get("/metrics").text

    # The last request and its batch are counted a little after its answer.
    texts = (told() for _ in range(TRIES_MAX))
    assert any(requests in text and batches in text for text in texts), told()
    for _ in range(6):  # any of them may answer
        text = told()
        assert requests in text
        assert batches in text


def test_any_worker_tells_the_memory_of_all_and_whether_the_writes_of_any_fail(
    server: tuple[Running, str],
) -> None:
    run, _ = server
    with run.client() as client:
        text = client.get("/metrics").text

    assert f'xuefen_resident_bytes{{role="server",worker="{run.process.pid}"}} ' in text
    for each in run.workers():
        assert f'xuefen_resident_bytes{{role="worker",worker="{each.pid}"}} ' in text
    assert "xuefen_writes_failing 0.0" in text
    assert "xuefen_database_up 1.0" in text


def test_views_are_folded_once_whoever_folds_them(server: tuple[Running, str]) -> None:
    run, _ = server
    with run.client() as client:
        last = max(registered(client, f"f{number}") for number in range(40))
        counted = "query($at: Position) { schools(atLeast: $at, first: 500) { totalCount } }"
        body = client.post("/graphql", json={"query": counted, "variables": {"at": last}}).json()
        ready = client.get("/readyz").json()

    assert body["data"]["schools"]["totalCount"] == 40
    assert ready["status"] == "ok" and ready["stopped"] == {}
    assert set(ready["behind"]) == set(ready["views"])


def test_a_worker_that_dies_is_started_again(server: tuple[Running, str]) -> None:
    run, _ = server
    before = {each.pid for each in run.workers()}
    victim = psutil.Process(min(before))
    victim.kill()
    gone, _ = psutil.wait_procs([victim], timeout=SECONDS_MAX)
    assert gone == [victim]  # its parent has taken note
    with run.client() as client:
        for number in range(20):
            registered(client, f"d{number}")
    run.process.send_signal(signal.SIGTERM)
    told, _ = run.process.communicate(timeout=SECONDS_MAX)

    assert run.process.returncode == 0, told
    assert "worker died" in told


def test_a_stop_keeps_all_that_was_acknowledged_and_answers_what_was_asked(
    server: tuple[Running, str],
) -> None:
    run, url = server
    acknowledged: list[str] = []
    begun, lock = threading.Event(), threading.Lock()

    def ask(part: int) -> None:
        for number in range(IN_FLIGHT):
            name = f"s{part}-{number}"
            try:
                with run.client() as client:
                    registered(client, name)
            except httpx.TransportError:
                return  # it does not listen any more
            with lock:
                acknowledged.append(name)
                if len(acknowledged) >= 20:
                    begun.set()

    threads = [threading.Thread(target=ask, args=(part,)) for part in range(4)]
    for each in threads:
        each.start()
    assert begun.wait(SECONDS_MAX)
    run.process.send_signal(signal.SIGTERM)
    told, _ = run.process.communicate(timeout=SECONDS_MAX)
    for each in threads:
        each.join()

    assert run.process.returncode == 0, told
    with Ledger(url, KEY, Hand()) as ledger:
        kept = {str(getattr(each.event, "school", "")) for each in ledger.feed.entries(Filter())}
    assert {f"school:{name}" for name in acknowledged} <= kept
    assert 20 <= len(acknowledged) < 4 * IN_FLIGHT


def test_a_port_in_use_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", "serve", "--workers", "2", "--port", port],
            env=os.environ | {"XUEFEN_DATA": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
        )

    assert done.returncode != 0
    assert port in done.stderr
    assert not (tmp_path / "data").exists()
