"""The doors beside GraphQL: one purse and one set of limits for all of them, over real HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.edge.policy import PUBLIC_BODY_BYTES_MAX, Policy
from api.edge.toll import toll_of, toll_of_rows
from api.ide.door import Ide
from api.spool import ROWS_MAX
from ledger.command import Role
from tests.cast import RUIAN
from tests.server import Party, Served, serving, spoken
from tests.town import database

DOORS = {
    "export": ("POST", "/exports"),
    "receipt": ("GET", "/exports/1"),
    "upload": ("PUT", "/uploads/none"),
    "marked upload": ("GET", "/uploads/none/marked"),
    "marked upload, read otherwise": ("POST", "/uploads/none/marked"),
    "report": ("GET", "/reconciliations/none/report.xlsx"),
    "marked load": ("GET", "/loads/none/marked"),
    "events' document": ("GET", "/asyncapi.json"),
    "IDE": ("GET", "/ide"),
    "part of the IDE": ("GET", "/ide/none.js"),
    "sample tokens": ("GET", "/ide/tokens.json"),
    "demo clock": ("POST", "/demo/clock"),
    "nothing": ("GET", "/nothing"),
}
PROBES = ("/readyz", "/metrics")
FEW = Policy(requests_per_minute=3, public_requests_per_minute=3)


@contextmanager
def server(url: str, template: str, folder: Path, policy: Policy) -> Iterator[Served]:
    """A server with an IDE that is built."""
    page = folder / "ide"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html>")
    with (
        database(url, template) as own,
        serving(own, folder, policy=policy, ide=Ide(open=True, folder=page)) as served,
    ):
        yield served


@pytest.fixture
def few(postgres_url: str, founded_template: str, tmp_path: Path) -> Iterator[Served]:
    """A server that takes three requests a minute of each."""
    with server(postgres_url, founded_template, tmp_path, FEW) as served:
        yield served


@pytest.fixture
def hasty(postgres_url: str, founded_template: str, tmp_path: Path) -> Iterator[Served]:
    """A server that waits for no file, and takes any number of requests."""
    policy = Policy(public_requests_per_minute=0, requests_per_minute=0, door_seconds=0.2)
    with server(postgres_url, founded_template, tmp_path, policy) as served:
        yield served


def sent(asker: Party, door: tuple[str, str], **more: Any) -> httpx.Response:
    """The answer of a door."""
    method, path = door
    return asker.served.client.request(method, path, headers=asker.headers, **more)


def spent(answer: httpx.Response) -> bool:
    """Whether an answer says, as GraphQL does, that the purse is empty."""
    if answer.status_code != 429:
        return False
    [error] = answer.json()["errors"]
    spoken(error["extensions"])
    assert error["extensions"]["code"] == "TOO_MANY_REQUESTS"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]
    return True


def test_all_doors_and_graphql_count_in_one_purse(few: Served) -> None:
    bureau = few.party(Role.BUREAU, str(RUIAN))
    for asker in (few.public, bureau):
        assert asker.post("{ head }").status_code == 200
        assert not spent(sent(asker, DOORS["export"]))
        assert not spent(sent(asker, DOORS["marked load"]))

        assert spent(asker.post("{ head }"))
        for door in DOORS.values():
            assert spent(sent(asker, door)), door


def test_what_one_spends_is_not_taken_from_another(few: Served) -> None:
    for _ in range(4):
        sent(few.public, DOORS["nothing"])

    assert spent(sent(few.public, DOORS["nothing"]))
    assert not spent(sent(few.operator, DOORS["nothing"]))


@pytest.mark.parametrize("door", [("POST", "/graphql"), *DOORS.values()])
def test_a_token_that_nobody_trusts_counts_for_its_address(
    few: Served, door: tuple[str, str]
) -> None:
    stranger = Party(few, "not-a-token")
    answers = [sent(stranger, door) for _ in range(4)]

    assert [each.status_code for each in answers] == [401] * 3 + [429]
    assert spent(sent(few.public, DOORS["nothing"]))


def test_who_looks_after_the_server_is_not_kept_from_it_by_others(few: Served) -> None:
    for _ in range(4):
        sent(few.public, DOORS["nothing"])

    assert spent(sent(few.public, DOORS["nothing"]))
    for path in (*PROBES, "/readyz"):
        assert few.client.get(path).status_code == 200
    assert spent(few.client.get("/readyz"))
    for _ in range(5):
        assert few.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("door", ["export", "marked upload, read otherwise", "demo clock"])
def test_the_public_sends_no_more_than_to_graphql(hasty: Served, door: str) -> None:
    large = b"[" + b" " * PUBLIC_BODY_BYTES_MAX + b"]"
    answer = sent(hasty.public, DOORS[door], content=large)

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize("door", ["export", "marked upload, read otherwise", "demo clock"])
def test_who_never_ends_a_body_is_answered_in_time(hasty: Served, door: str) -> None:
    method, path = DOORS[door]
    at = urlsplit(hasty.url)
    token = hasty.operator.headers["authorization"]
    head = f"{method} {path} HTTP/1.1\r\nhost: {at.netloc}\r\nauthorization: {token}\r\n"
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=60) as client:
        client.sendall(f"{head}content-length: 1000\r\nconnection: close\r\n\r\n[".encode())
        said = b"".join(iter(lambda: client.recv(65_536), b""))
    status, body = said.partition(b"\r\n")[0], said.partition(b"\r\n\r\n")[2]

    assert status.split()[1] == b"504", said
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "TIMED_OUT"


LITTLE = Policy(cost_per_minute=5_000, public_cost_per_minute=5_000)


def throttled(answer: httpx.Response) -> bool:
    """Whether an answer says that there are no points left."""
    if answer.status_code != 429:
        return False
    [error] = answer.json()["errors"]
    spoken(error["extensions"])
    assert error["extensions"]["code"] == "THROTTLED"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    return True


def test_every_door_costs_points_of_the_purse_that_graphql_spends(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    with server(postgres_url, founded_template, tmp_path, LITTLE) as served:
        bureau = served.party(Role.BUREAU, str(RUIAN))
        for asker in (served.public, bureau):
            uploads = [throttled(sent(asker, DOORS["upload"])) for _ in range(3)]
            assert uploads == [False, False, True]  # of 2,000 each
            assert not throttled(sent(asker, DOORS["nothing"]))
            asked = asker.post("{ a: ruleKinds { __typename } b: ruleKinds { __typename } }").json()
            assert asked["errors"][0]["extensions"]["code"] == "THROTTLED"


def test_a_door_that_costs_more_than_a_minute_has_takes_the_whole_minute(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    with server(postgres_url, founded_template, tmp_path, LITTLE) as served:
        bureau = served.party(Role.BUREAU, str(RUIAN))

        assert sent(bureau, DOORS["marked upload"]).status_code == 404
        assert throttled(sent(bureau, DOORS["nothing"]))


def test_an_export_costs_its_rows_and_what_it_might_have_had_is_given_back(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    points = toll_of_rows(ROWS_MAX) + 20_000
    policy = Policy(cost_per_minute=points)
    with server(postgres_url, founded_template, tmp_path, policy) as served:
        for _ in range(3):
            taken = sent(served.operator, DOORS["export"], json={"what": "history"})
            assert taken.status_code == 200
        rows = int(taken.headers["x-xuefen-rows"])
        cost = served.operator.post("{ head }").json()["extensions"]["cost"]
        left = cost["throttleStatus"]["currentlyAvailable"]
        toll = toll_of(*DOORS["export"])

        assert points - left == 3 * (toll + toll_of_rows(rows)) + cost["actualQueryCost"]
        wrong = sent(served.operator, DOORS["export"], json={"what": "nothing"})
        assert wrong.status_code == 400
        again = served.operator.post("{ head }").json()["extensions"]["cost"]["throttleStatus"]
        assert left - again["currentlyAvailable"] == toll + cost["actualQueryCost"]


def test_who_lacks_the_points_for_the_rows_takes_no_file(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    toll = toll_of(*DOORS["export"])
    policy = Policy(cost_per_minute=2 * toll + toll_of_rows(100))
    with server(postgres_url, founded_template, tmp_path, policy) as served:
        few, many = {"what": "history", "first": 100}, {"what": "history", "first": 1_000}

        assert throttled(sent(served.operator, DOORS["export"], json=many))
        assert sent(served.operator, DOORS["export"], json=few).status_code == 200
        assert served.public.post("{ head }").status_code == 200
