"""Addresses of other systems: what lies within is not reached, by no spelling and no rebinding."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api import address
from api.address import Pinned, look_up, public, read
from api.parcel import line, post
from ledger.fault import Fault
from ledger.store.delivery import Attempt, DeliveryFailure
from tests.receiver import receiving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%1", "fc00::1", "fd12::1", "ff02::1",
        "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1",
    ],
)  # fmt: skip
def test_a_number_within_is_none_of_the_public_network(number: str) -> None:
    assert not public(number)


@pytest.mark.parametrize("number", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8"])
def test_a_number_outside_is(number: str) -> None:
    assert public(number)


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://0/",
        "https://169.254.169.254/latest/meta-data/", "https://localhost./",
    ],
)  # fmt: skip
def test_an_address_within_is_refused_however_it_is_spelt(address: str) -> None:
    with pytest.raises(Fault) as refused:
        asyncio.run(look_up(read(address, private=False), private=False, owner="a"))

    assert refused.value.code == "BAD_ADDRESS"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
        "https://", "https:///x",
        "https://xn--/", "https://user@example.org/", "https://a:b@example.org/",
        "https://example.org/#x", "javascript:alert(1)", "", "//example.org/", "https://exa mple/",
        "https://example.org:99999/", "https://[::1/",
    ],
)  # fmt: skip
def test_an_address_is_https_and_nothing_else(address: str) -> None:
    with pytest.raises(Fault) as refused:
        read(address, private=False)

    assert refused.value.code == "BAD_ADDRESS"


def answering(*numbers: str) -> Callable[..., list[str]]:
    """A look-up that has these numbers for every host."""
    return lambda host, port: list(numbers)


def test_one_private_number_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "numbers_of", answering("8.8.8.8", "10.0.0.1"))

    with pytest.raises(Fault, match="public network"):
        asyncio.run(look_up(read("https://example.org/", private=False), private=False, owner="a"))


def test_the_connection_goes_to_the_number_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(address, "numbers_of", answering("8.8.8.8"))
    found = asyncio.run(
        look_up(read("https://example.org:8443/a?b=c", private=False), private=False, owner="a")
    )

    assert str(found.target) == "https://8.8.8.8:8443/a?b=c"
    assert (found.host, found.netloc) == ("example.org", "example.org:8443")


def test_a_look_up_that_hangs_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked elsewhere, as whether a token holds, waits for no resolver."""
    go = threading.Event()
    monkeypatch.setattr(address.socket, "getaddrinfo", lambda *_, **__: go.wait(60) or [])

    async def ask() -> str:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        url = read("https://example.org/", private=False)
        hung = [asyncio.create_task(look_up(url, private=False, owner="a")) for _ in range(3)]
        await asyncio.sleep(0)  # so that they begin
        try:
            async with asyncio.timeout(3):
                return await asyncio.to_thread(lambda: "asked")
        finally:
            go.set()
            for each in hung:
                each.cancel()
            await asyncio.gather(*hung, return_exceptions=True)

    assert asyncio.run(ask()) == "asked"


def test_names_that_hang_hold_up_their_owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are: no other waits for them, and no more threads hang than may."""
    go, begun = threading.Event(), []

    def numbers_of(host: str, port: int) -> list[str]:
        if host.startswith("hangs"):
            begun.append(host)
            go.wait(60)
        return ["8.8.8.8"]

    async def ask(name: str, owner: str) -> str:
        url = read(f"https://{name}.example/", private=False)
        return (await look_up(url, private=False, owner=owner)).number

    async def all_of_them() -> str:
        found = ""
        try:
            for _ in range(2):
                hung = [asyncio.create_task(ask(f"hangs{n}", "a")) for n in range(20)]
                await asyncio.sleep(0)  # so that they begin
                async with asyncio.timeout(3):
                    found = await ask("works", "b")
                for each in hung:
                    each.cancel()
                await asyncio.gather(*hung, return_exceptions=True)
        finally:
            go.set()
        return found

    monkeypatch.setattr(address, "numbers_of", numbers_of)
    assert asyncio.run(all_of_them()) == "8.8.8.8"
    assert len(begun) <= address.OWN_MAX


def send(to: Pinned, trust: ssl.SSLContext) -> Attempt:
    async def once() -> Attempt:
        async with line(trust) as client:
            return await post(client, to, [SECRET], "n", b"{}")

    return asyncio.run(once())


@pytest.mark.parametrize(
    ("host", "failure"), [("hooks.example", None), ("evil.example", DeliveryFailure.CONNECTION)]
)
def test_a_certificate_is_that_of_the_host_though_the_connection_goes_to_a_number(
    tmp_path: Path, host: str, failure: DeliveryFailure | None
) -> None:
    own, trust = certificate(tmp_path, "hooks.example")
    with receiving(lambda each: own.wrap_socket(each, server_side=True)) as receiver:
        url = read(receiver.url.replace("127.0.0.1", host), private=True)
        attempt = send(Pinned(url, "127.0.0.1"), trust)
        assert attempt.failure is failure
        assert len(receiver.parcels) == (failure is None)
        if failure is None:
            assert receiver.parcels[0].headers["host"] == url.netloc.decode()
            assert send(Pinned(url, "127.0.0.1"), ssl.create_default_context()).failure is (
                DeliveryFailure.CONNECTION
            )


def test_a_redirect_is_not_followed() -> None:
    with receiving() as within, receiving() as receiver:
        receiver.statuses, receiver.headers = [307], {"location": within.url}
        url = read(receiver.url, private=True)
        attempt = send(Pinned(url, "127.0.0.1"), ssl.create_default_context())

        assert (attempt.status, attempt.failure) == (307, DeliveryFailure.STATUS)
        assert within.parcels == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/hook"))
        url = read(receiver.url, private=True)

        assert send(Pinned(url, "127.0.0.1"), ssl.create_default_context()).failure is None
        assert proxy.parcels == []


@pytest.mark.parametrize("answer", [b"", b"ok" * 1000])
def test_a_connection_serves_again(answer: bytes) -> None:
    with receiving() as receiver:
        receiver.answer = answer
        to = Pinned(read(receiver.url, private=True), "127.0.0.1")

        async def often() -> None:
            async with line(ssl.create_default_context()) as client:
                for number in range(5):
                    assert (await post(client, to, [SECRET], str(number), b"{}")).failure is None

        asyncio.run(often())
        assert len(receiver.parcels) == 5 and len(receiver.connections) == 1


def test_an_answer_without_end_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sent = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                try:
                    while len(sent) < 100_000:
                        sent.append(connection.send(b"x" * 65_536))
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        url = read(f"http://127.0.0.1:{listener.getsockname()[1]}/", private=True)
        attempt = send(Pinned(url, "127.0.0.1"), ssl.create_default_context())
        thread.join()

    assert (attempt.status, attempt.failure) == (200, None)
    assert len(sent) < 100_000


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"", b"HTTP/1.1 999999 x\r\n\r\n"])
def test_a_receiver_that_speaks_no_http_is_a_failure(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        url = read(f"http://127.0.0.1:{listener.getsockname()[1]}/", private=True)
        attempt = send(Pinned(url, "127.0.0.1"), ssl.create_default_context())
        thread.join()

    assert attempt.failure is DeliveryFailure.CONNECTION


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate of its own for a host, and a client's that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(private + pem)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(folder / "both.pem")
    trust = ssl.create_default_context(cadata=pem.decode())
    return own, trust
