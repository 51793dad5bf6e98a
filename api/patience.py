"""Patience: how long is waited for clients, and how many of them there may be at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Protocol

LINGERING_MAX = 256
"""How many at once are heard out once they were sent away."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long is waited for what a client sends, in seconds; 0: for ever.

    A body has ``body_seconds``, and as many more as its bytes take at ``body_rate`` a second.
    ``connections`` are those of a process, and ``address_connections`` those that one address has
    of it; 0: any number. An idle connection is kept for longer than clients and proxies do: whoever
    closes it first is sure that no request is under way on it, and one that meets a server that is
    closing it is lost. Who is sent away is heard out for ``linger_seconds``.
    """

    head_seconds: float = 20.0
    body_seconds: float = 20.0
    body_rate: int = 10_000
    idle_seconds: int = 75
    linger_seconds: float = 1.0
    connections: int = 12_000
    address_connections: int = 1_000


class Proxies:
    """Addresses and networks of proxies. Raises ``ValueError`` for what is neither."""

    def __init__(self, given: tuple[str, ...] = ()) -> None:
        self._networks = [ip_network(each) for each in given]

    def __contains__(self, address: object) -> bool:
        try:
            found = ip_address(str(address))
        except ValueError:
            return False
        return any(found in each for each in self._networks)


class Leaving(Protocol):
    """Who can be asked to go."""

    def make_room(self) -> None:
        """Goes, and gives its place back."""


class Places:
    """How many are here, by address, and who of them waits for nothing.

    ``proxies`` are addresses behind which there are many clients.
    """

    def __init__(self, patience: Patience, proxies: Container[str] = ()) -> None:
        self._patience, self._proxies = patience, proxies
        self._taken: Counter[str] = Counter()
        self._all = 0
        self._idle: dict[Leaving, None] = {}
        self._lingering: set[Leaving] = set()

    def enter(self, guest: Leaving, address: str) -> bool:
        """Takes one in; whether there was a place.

        Where all are taken, whoever has been waiting for nothing for longest makes room.
        """
        each, most = self._patience.address_connections, self._patience.connections
        few = bool(each) and bool(address) and address not in self._proxies
        if few and self._taken[address] >= each:
            return False
        if most and self._all >= most:
            longest = next(iter(self._idle), None)
            if longest is None:
                return False
            longest.make_room()
        self._taken[address] += 1
        self._all += 1
        self._idle[guest] = None
        return True

    def leave(self, guest: Leaving, address: str) -> None:
        """Lets one go."""
        self._idle.pop(guest, None)
        self._all -= 1
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]

    def waits(self, guest: Leaving, *, idle: bool) -> None:
        """Whether one waits for an answer, or for nothing from now on."""
        self._idle.pop(guest, None)
        if idle:
            self._idle[guest] = None

    def linger(self, guest: Leaving, *, stays: bool) -> bool:
        """Whether one that was sent away may stay to be heard out; not ``stays``: it is gone."""
        if not stays:
            self._lingering.discard(guest)
        elif len(self._lingering) < LINGERING_MAX:
            self._lingering.add(guest)
        return guest in self._lingering
