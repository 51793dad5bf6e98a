"""Addresses of other systems: read, looked up, and held against what may be reached.

A server that sends wherever it is told can be made to reach what only it can reach (request
forgery, OWASP API7:2023). So the host is looked up here, every address that it has must be a public
one, and the connection goes to the address that was looked at: a name that answers otherwise a
moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from weakref import WeakValueDictionary

import httpx

from ledger.fault import Fault

LOOKUP_SECONDS = 5
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
PORTS = {"https": 443, "http": 80}
OWN_MAX = 4
# A thread hangs for as long as the resolver does. So nothing is looked up on those that all else
# shares, and each owner of addresses has a few: whoever gives names for which nobody answers waits
# for them alone. Threads stay while something is looked up on one of them.
_THREADS: WeakValueDictionary[str, ThreadPoolExecutor] = WeakValueDictionary()


@dataclass(frozen=True)
class Pinned:
    """An address with the number that its host had when it was looked at."""

    url: httpx.URL
    number: str

    @property
    def target(self) -> httpx.URL:
        """Where the connection goes."""
        return self.url.copy_with(host=self.number)

    @property
    def host(self) -> str:
        """The host as a certificate names it."""
        return self.url.raw_host.decode()

    @property
    def netloc(self) -> str:
        """The host as the ``Host`` header names it."""
        return self.url.netloc.decode()


def read(address: str, *, private: bool) -> httpx.URL:
    """An address that may be one of a webhook. Raises ``Fault`` (``BAD_ADDRESS``)."""
    try:
        url = httpx.URL(address)
        _ = url.host  # which is when it is read
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _bad("地址写法有误", "it is no URL") from None
    schemes = ("https", "http") if private else ("https",)
    if url.scheme not in schemes or not url.host:
        said = " 或 ".join(schemes)
        raise _bad(f"地址须以 {said} 开头", f"it begins with {' or '.join(schemes)}")
    port = url.port if url.port is not None else PORTS[url.scheme]
    if not address.isprintable() or set(address) & set(' \\"<>') or not 0 < port < 65_536:
        raise _bad("地址写法有误", "it is no URL")
    if url.userinfo or url.fragment:
        raise _bad("地址中不能有用户名、密码或 #", "it holds no user, no password and no #")
    return url


async def look_up(url: httpx.URL, *, private: bool, owner: str) -> Pinned:
    """The address with one of its host's numbers. Raises ``Fault`` (``BAD_ADDRESS``)."""
    loop = asyncio.get_running_loop()
    port = url.port or PORTS[url.scheme]
    threads = _THREADS.get(owner) or ThreadPoolExecutor(OWN_MAX, thread_name_prefix="look-up")
    _THREADS[owner] = threads
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            numbers = await loop.run_in_executor(threads, _kept, threads, url.host, port)
    except (OSError, TimeoutError, UnicodeError):
        raise _bad("主机名无法解析", "its host cannot be looked up") from None
    if not private and not all(public(each) for each in numbers):
        # Which number it has is not told: it would tell of a network that the asker cannot see.
        raise _bad("地址不在公网，不能投递", "it does not lie in the public network")
    return Pinned(url, numbers[0])


def _kept(_: ThreadPoolExecutor, host: str, port: int) -> list[str]:
    """Holds the threads, one of which it takes, for as long as it takes that."""
    return numbers_of(host, port)


def numbers_of(host: str, port: int) -> list[str]:
    """The numbers of a host; may take as long as a resolver that says nothing is waited for."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def public(number: str) -> bool:
    """Whether a number is that of a host in the public network, also inside another number."""
    found = ip_address(number.partition("%")[0])
    held = _held(found)
    if held is not None:
        return public(str(held))
    return (
        found.is_global
        and not found.is_multicast
        and not found.is_reserved
        and not found.is_unspecified
        and not (isinstance(found, IPv6Address) and found.is_site_local)
    )


def _held(found: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(found, IPv4Address):
        return None
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    if found.sixtofour is not None:
        return found.sixtofour
    if found.teredo is not None:
        return found.teredo[1]
    return IPv4Address(int(found) & 0xFFFFFFFF) if found in NAT64 else None


def _bad(zh: str, en: str) -> Fault:
    return Fault("BAD_ADDRESS", zh=zh, en=f"the address cannot be used: {en}", field="address")
