"""Connections that take too long or are too many, over raw sockets; nobody's answer is lost."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from api.edge.policy import Policy
from api.guest import HEAD_BYTES_MAX
from api.patience import LINGERING_MAX, Patience, Places, Proxies
from ledger.command import Role
from ledger.register import RegisterSchool
from tests.cast import RUIAN
from tests.server import Served, listed, serving, spoken
from tests.sheets import excel, xlsx
from tests.town import database

HASTY = Patience(head_seconds=0.2, body_seconds=0.2, body_rate=1_000_000, idle_seconds=60)
GET = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
SECONDS_MAX = 30
SCHOOL = {"school": "school:late", "place": str(RUIAN), "title": "迟", "stage": "PRIMARY"}


@contextmanager
def server(
    url: str, template: str, folder: Path, patience: Patience, **other: Any
) -> Iterator[Served]:
    """A server on a database of its own."""
    with (
        database(url, template) as own,
        serving(own, folder, patience=patience, **other) as served,
    ):
        yield served


@pytest.fixture(scope="module")
def hasty(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server that waits for nobody."""
    folder = tmp_path_factory.mktemp("hasty")
    with server(postgres_url, founded_template, folder, HASTY) as served:
        yield served


def connected(served: Served) -> socket.socket:
    """A connection; what never comes fails."""
    at = urlsplit(served.url)
    return socket.create_connection((at.hostname or "", at.port or 0), timeout=SECONDS_MAX)


def heard(client: socket.socket) -> bytes:
    """All that is said until the other side closes."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def answer(client: socket.socket) -> bytes:
    """One answer on a connection that stays; of those here, each ends with a brace."""
    said = b""
    while not said.endswith(b"}"):
        said += client.recv(65_536)
    return said


def told(said: bytes) -> tuple[int, str]:
    """Status and code of an answer that is the last on its connection."""
    head, _, body = said.partition(b"\r\n\r\n")
    [error] = json.loads(body)["errors"]
    spoken(error["extensions"])
    listed(error["extensions"]["code"])
    assert b"connection: close" in head
    assert f"content-length: {len(body)}".encode() in head
    return int(head.split()[1]), error["extensions"]["code"]


def test_who_says_nothing_is_closed_without_a_word(hasty: Served) -> None:
    with connected(hasty) as client:
        assert heard(client) == b""


@pytest.mark.parametrize("said", [b"G", GET[:-2], b"\r\n", GET + b"GET /he"])
def test_a_head_has_to_come_in_time(hasty: Served, said: bytes) -> None:
    with connected(hasty) as client:
        client.sendall(said)
        if said.startswith(GET):
            answer(client)
        assert told(heard(client)) == (408, "REQUEST_TOO_SLOW")


def test_a_head_that_comes_byte_by_byte_has_no_longer(hasty: Served) -> None:
    with connected(hasty) as client:
        client.settimeout(0.01)
        said, sent = b"", b"GET / HTTP/1.1\r\nx: "
        while not said:
            client.sendall(sent)
            sent = b"a"
            try:
                said = client.recv(65_536)
            except TimeoutError:
                continue
        client.settimeout(SECONDS_MAX)
        assert told(said + heard(client)) == (408, "REQUEST_TOO_SLOW")


@pytest.mark.parametrize("path", ["/graphql", "/exports"])
@pytest.mark.parametrize("length", ["content-length: 1000", "transfer-encoding: chunked"])
def test_a_body_has_to_come_in_time(hasty: Served, path: str, length: str) -> None:
    token = hasty.operator.headers["authorization"]
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n"
    with connected(hasty) as client:
        client.sendall(f"{head}content-type: application/json\r\n{length}\r\n\r\n".encode())
        assert told(heard(client)) == (408, "REQUEST_TOO_SLOW")


def test_a_file_at_the_least_rate_is_taken_however_long_it_takes(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    patience = Patience(head_seconds=5, body_seconds=0.2, body_rate=1)
    opened = "mutation($i: OpenUploadInput!) { openUpload(input: $i) { address } }"
    data = xlsx(excel)
    with server(postgres_url, founded_template, tmp_path, patience) as served:
        bureau = served.party(Role.BUREAU, str(RUIAN))
        given = {"fileName": "a.xlsx", "bytes": len(data), "form": "CREDITS"}
        path = bureau.ask(opened, i=given)["openUpload"]["address"]
        head = f"PUT {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n"
        head += f"authorization: {bureau.headers['authorization']}\r\n\r\n"
        with connected(served) as client, connected(served) as silent:
            client.sendall(head.encode() + data[:1])
            client.sendall(data[1:1000])
            silent.sendall(b"PUT /uploads/x HTTP/1.1\r\ncontent-length: 9\r\nhost: x\r\n\r\n")
            heard(silent)  # for which a rate of nothing has been too little, meanwhile
            client.sendall(data[1000:])
            assert b" 201 " in answer(client).partition(b"\r\n")[0]


def test_an_answer_that_takes_long_and_a_stream_stay(hasty: Served) -> None:
    body = json.dumps({"query": "subscription { changes(after: 0) { entries { body } } }"}).encode()
    token = hasty.operator.headers["authorization"]
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n"
    head += "content-type: application/json\r\naccept: text/event-stream\r\n"
    with connected(hasty) as stream, connected(hasty) as silent:
        stream.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        while b"event: next" not in stream.recv(65_536):
            pass
        heard(silent)  # as long as a head may take
        hasty.operator.mutate(RegisterSchool, SCHOOL)
        said = b""
        while b"school:late" not in said:
            said += stream.recv(65_536)


def test_an_idle_connection_is_closed_also_where_the_answer_came_before_the_body(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    patience = Patience(head_seconds=30, body_seconds=30, idle_seconds=1)
    early = b"PUT /uploads/none HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n"
    with server(postgres_url, founded_template, tmp_path, patience) as served:
        with connected(served) as client:
            client.sendall(GET)
            assert b" 200 " in heard(client)
        with connected(served) as client:
            client.sendall(early)
            assert b" 404 " in answer(client)
            client.sendall(b"[]")
            assert heard(client) == b""


def test_a_head_may_hold_only_so_much(hasty: Served) -> None:
    line = b"x-a: " + b"a" * 4_000 + b"\r\n"
    with connected(hasty) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(4 * HEAD_BYTES_MAX // len(line)):
            client.sendall(line)
        assert told(heard(client)) == (431, "HEAD_TOO_LARGE")
    assert hasty.client.get("/healthz").status_code == 200


def test_one_address_has_so_many_connections_and_a_websocket_keeps_its_place(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    patience = Patience(address_connections=2, head_seconds=60, linger_seconds=60)
    with server(postgres_url, founded_template, tmp_path, patience) as served:
        address = served.url.replace("http", "ws") + "/graphql"
        protocols: Any = ["graphql-transport-ws"]
        with connect(address, subprotocols=protocols) as caller, connected(served) as other:
            with connected(served) as third:
                assert told(heard(third)) == (503, "TOO_MANY_CONNECTIONS")
                for _ in range(3):  # it is heard out; a reset would take the answer from it
                    third.sendall(GET)
                assert heard(third) == b""
            caller.close()
            other.sendall(GET)
            answer(other)
            while True:  # until the server has heard of it
                with connected(served) as third:
                    third.sendall(GET)
                    try:
                        if b" 200 " in third.recv(65_536):
                            break
                    except ConnectionError:
                        continue


def test_a_websocket_is_never_idle(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    """Neither is it closed for saying nothing, nor does it make room for others who say nothing."""
    patience = Patience(connections=2, head_seconds=60, idle_seconds=1)
    with server(postgres_url, founded_template, tmp_path, patience) as served:
        protocols: Any = ["graphql-transport-ws"]
        address = served.url.replace("http", "ws") + "/graphql"
        served.client.close()
        with connect(address, subprotocols=protocols) as caller:
            with connected(served) as other:
                other.sendall(GET)
                answer(other)
                assert heard(other) == b""  # idle for longer than is allowed, and not so long
            with connected(served) as other, connected(served):
                assert heard(other) == b""  # it makes room
            caller.send('{"type": "connection_init"}')
            assert json.loads(caller.recv(SECONDS_MAX)) == {"type": "connection_ack"}


def test_at_the_last_connection_an_idle_one_makes_room_and_none_that_waits(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    patience = Patience(connections=2, head_seconds=60, body_seconds=60)
    half = b"POST /exports HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"
    with (
        server(postgres_url, founded_template, tmp_path, patience) as served,
        ExitStack() as here,
    ):
        silent = here.enter_context(connected(served))
        slow = here.enter_context(connected(served))
        slow.sendall(half[:20])
        newcomer = here.enter_context(connected(served))
        newcomer.sendall(GET)

        assert b" 200 " in answer(newcomer)
        assert heard(silent) == b""


def guest_of(places: Places, left: list[int], number: int) -> Any:
    """One who goes when asked to."""

    class Visitor:
        def make_room(self) -> None:
            left.append(number)
            places.leave(self, "192.0.2.1")

    return Visitor()


def test_whoever_waits_for_an_answer_is_not_sent_away() -> None:
    places, left = Places(Patience(connections=2, address_connections=0)), []
    first, second, third, fourth = (guest_of(places, left, number) for number in range(4))

    assert places.enter(first, "192.0.2.1")
    assert places.enter(second, "192.0.2.1")
    places.waits(first, idle=False)
    assert places.enter(third, "192.0.2.1")
    assert left == [1]
    places.waits(third, idle=False)
    assert not places.enter(fourth, "192.0.2.1")
    places.waits(first, idle=True)
    assert places.enter(fourth, "192.0.2.1")
    assert left == [1, 0]


def test_so_many_are_heard_out_and_no_more() -> None:
    places = Places(Patience())
    guests = [guest_of(places, [], number) for number in range(LINGERING_MAX + 1)]

    assert [places.linger(guest, stays=True) for guest in guests] == [True] * LINGERING_MAX + [
        False
    ]
    assert not places.linger(guests[0], stays=False)
    assert places.linger(guests[-1], stays=True)


def test_a_proxy_has_as_many_connections_as_it_wants() -> None:
    places = Places(Patience(address_connections=1), Proxies(("10.0.0.0/8", "2001:db8::1")))

    for address in ("10.1.2.3", "2001:db8::1"):
        assert all(places.enter(guest_of(places, [], 0), address) for _ in range(5))
    assert [places.enter(guest_of(places, [], 0), "192.0.2.1") for _ in range(2)] == [True, False]


def asked_for(served: Served, address: str) -> int:
    return served.client.get("/nothing", headers={"x-forwarded-for": address}).status_code


FEW = Policy(public_requests_per_minute=2)


def test_nobody_says_for_whom_he_asks_unless_he_is_a_proxy_that_is_trusted(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    addresses = [f"198.51.100.{number}" for number in range(4)]
    with server(postgres_url, founded_template, tmp_path, Patience(), policy=FEW) as served:
        assert [asked_for(served, each) for each in addresses] == [404, 404, 429, 429]


def test_behind_a_trusted_proxy_each_address_has_a_purse(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    proxies = ("127.0.0.1", "10.0.0.0/8")
    with server(
        postgres_url, founded_template, tmp_path, Patience(), policy=FEW, proxies=proxies
    ) as served:
        assert [asked_for(served, "198.51.100.1") for _ in range(3)] == [404, 404, 429]
        assert asked_for(served, "198.51.100.2, 10.1.1.1") == 404
        # What the client itself wrote before its proxy did is not believed.
        assert asked_for(served, "198.51.100.3, 198.51.100.1") == 429


def test_a_proxy_is_an_address_and_no_name() -> None:
    from pydantic import ValidationError

    from api.settings import Settings

    given = Settings(trusted_proxies=" 10.0.0.5, 10.1.0.0/16 ", _env_file=None)
    assert given.proxies == ("10.0.0.5", "10.1.0.0/16")
    assert Settings(_env_file=None).proxies == ()
    for wrong in ("*", "proxy.example", "10.0.0.5,"):
        with pytest.raises(ValidationError):
            Settings(trusted_proxies=wrong, _env_file=None)
