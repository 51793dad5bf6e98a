"""Purses: how many requests and how much cost each asker has in a minute.

A purse belongs to an actor in a role over a scope, and of the public to an address. The window
slides, so that what was spent comes again bit by bit. Several workers count together.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache

from limits import RateLimitItemPerMinute
from limits.strategies import SlidingWindowCounterRateLimiter

from api.edge.asked import Unfit
from api.edge.policy import Policy
from api.edge.window import Windows
from ledger.command import Asker, Role
from schema.gate import Throttled

WINDOW_SECONDS = 60
KNOWN_MAX = 10_000


class Purses:
    """The purses of all askers."""

    def __init__(self, policy: Policy, windows: Windows | None = None) -> None:
        self.policy = policy
        self._windows = Windows() if windows is None else windows
        self._limiter = SlidingWindowCounterRateLimiter(self._windows)
        # What is spent is in the windows; a purse only knows whose it is.
        self.of = lru_cache(maxsize=KNOWN_MAX)(self._of)

    def _of(self, asker: Asker, address: str) -> AskersPurse:
        """The purse of who asks from an address."""
        public = asker.role is Role.PUBLIC
        policy = self.policy
        return AskersPurse(
            self._limiter,
            self._windows,
            address,
            f"public:{address}" if public else f"{asker.actor}|{asker.role}|{asker.scope}",
            policy.public_requests_per_minute if public else policy.requests_per_minute,
            policy.public_cost_per_minute if public else policy.cost_per_minute,
            policy.introspection.holds(public),
        )

    def of_probe(self, address: str) -> AskersPurse:
        """The purse of what looks after the server from an address."""
        requests = self.policy.public_requests_per_minute
        name = f"probe:{address}"
        return AskersPurse(self._limiter, self._windows, address, name, requests, 0, False)


class AskersPurse:
    """One asker's purse."""

    def __init__(
        self,
        limiter: SlidingWindowCounterRateLimiter,
        windows: Windows,
        address: str,
        name: str,
        requests: int,
        points: int,
        may_ask_schema: bool,
    ) -> None:
        self._limiter, self._windows, self.address = limiter, windows, address
        self._requests = _PerMinute(requests, "requests", name)
        self._points = _PerMinute(points, "cost", name)
        self.may_ask_schema = may_ask_schema

    def come(self) -> None:
        """Counts a request. Raises ``Unfit`` (429, RFC 6585) with the seconds to wait."""
        if self._requests.amount and not self._limiter.hit(self._requests):
            resets = self._limiter.get_window_stats(self._requests).reset_time
            wait = max(1, math.ceil(resets - time.time()))
            zh = f"每分钟最多 {self._requests.amount} 次请求，请稍后再试"
            en = f"at most {self._requests.amount} requests a minute; ask again in a while"
            raise Unfit("TOO_MANY_REQUESTS", zh, en, 429, **{"retry-after": str(wait)})

    def spend(self, points: int) -> dict[str, float]:
        """Takes points. Raises ``Throttled`` where they lack."""
        if not self._points.amount:
            return {}
        enough = self._limiter.hit(self._points, cost=max(1, points))
        status = self._status()
        if not enough:
            raise Throttled(status)
        return status

    def charge(self, points: int) -> int:
        """Takes points for what is no GraphQL, at most those of a minute; how many it took.

        Raises ``Unfit`` (429) with the seconds to wait where they lack.
        """
        points = min(points, self._points.amount)
        try:
            self.spend(points)
        except Throttled as error:
            lack = points - error.status["currentlyAvailable"]
            wait = max(1, math.ceil(lack * WINDOW_SECONDS / self._points.amount))
            zh, en = (
                "本分钟的额度已用完，请稍后再试",
                "the allowance is spent; ask again in a while",
            )
            raise Unfit("THROTTLED", zh, en, 429, **{"retry-after": str(wait)}) from None
        return points

    def give_back(self, points: int) -> dict[str, float]:
        """Gives points back that were taken and not needed."""
        if not self._points.amount:
            return {}
        self._windows.give_back(self._points.key_for(), points, WINDOW_SECONDS)
        return self._status()

    def _status(self) -> dict[str, float]:
        stats = self._limiter.get_window_stats(self._points)
        return {
            "maximumAvailable": self._points.amount,
            "currentlyAvailable": stats.remaining,
            "restoreRate": self._points.amount // WINDOW_SECONDS,
        }


class _PerMinute(RateLimitItemPerMinute):
    """A limit of one name, whose key is made once."""

    __slots__ = ["_key"]

    def __init__(self, amount: int, namespace: str, name: str) -> None:
        super().__init__(amount, namespace=namespace)
        self._key = super().key_for(name)

    def key_for(self, *identifiers: bytes | str | float) -> str:
        """The key under which it is counted."""
        return self._key
