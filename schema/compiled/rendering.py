"""Renderings: objects that were written before and are still the same, as the JSON they became.

An object says by its key what it is: two with one key are the same in all that can be selected of
them, but for fields that are ``FLEETING``. A selection that a function was made for hangs on
nothing else: no argument, no asker, and no conditions but those that it was made under.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import msgspec
from msgspec import Raw

ENCODER = msgspec.json.Encoder(enc_hook=str)
BYTES_MAX = 64 * 1024 * 1024
EACH_MAX = 4
"""Of one object so many selections."""

FLEETING = "fleeting"
"""The key in a field's metadata that says that its value changes while its object does not."""

Held = dict[Callable[..., Any], bytes]


class Renderings:
    """The renderings that were asked for last; ``most``: of how many bytes. Safe on all threads."""

    def __init__(self, most: int = BYTES_MAX) -> None:
        self._most, self._bytes = most, 0
        self._held: OrderedDict[Hashable, Held] = OrderedDict()
        self._lock = Lock()

    def has(self, key: Hashable) -> bool:
        """Whether anything of an object was written before."""
        return key in self._held

    def find(self, key: Hashable, complete: Callable[..., Any]) -> bytes | None:
        """What a function made of the object."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held.move_to_end(key)
            return held.get(complete)

    def find_all(
        self, keys: Sequence[Hashable], complete: Callable[..., Any]
    ) -> list[bytes | None]:
        """What a function made of each of many objects."""
        with self._lock:
            held = [self._held.get(key) for key in keys]
            for key, each in zip(keys, held, strict=True):
                if each is not None:
                    self._held.move_to_end(key)
            return [None if each is None else each.get(complete) for each in held]

    def keep(self, key: Hashable, complete: Callable[..., Any], body: bytes) -> None:
        """Keeps what a function made of the object."""
        self.keep_all([key], complete, [body])

    def keep_all(
        self, keys: Sequence[Hashable], complete: Callable[..., Any], bodies: Sequence[bytes]
    ) -> None:
        """Keeps what a function made of each of many objects."""
        with self._lock:
            for key, body in zip(keys, bodies, strict=True):
                held = self._held.setdefault(key, {})
                if complete not in held and len(held) < EACH_MAX:
                    held[complete] = body
                    self._bytes += len(body)
            while self._bytes > self._most and self._held:
                _, gone = self._held.popitem(last=False)
                self._bytes -= sum(map(len, gone.values()))


@dataclass(frozen=True, slots=True)
class Lasting:
    """What an object is, and where that was written before; an object has it as ``lasting``."""

    renderings: Renderings
    key: Hashable

    def written(self, complete: Callable[..., Any], run: Any, value: Any) -> Any:
        """What a function makes of the object, written now or before.

        It raises what the function raises, and keeps nothing of which parts are read later.
        """
        body = self.renderings.find(self.key, complete)
        if body is None:
            completed = complete(value, run)
            if run.later:
                return completed
            body = ENCODER.encode(completed)
            self.renderings.keep(self.key, complete, body)
        return Raw(body)
