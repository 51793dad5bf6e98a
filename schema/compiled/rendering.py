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
Rows = dict[Callable[..., Any], dict[int, Raw]]
ROW_BYTES = 200
"""What it takes beside its bytes to hold a row."""
OBJECT_BYTES, BODY_BYTES = 760, 40
"""What it takes to hold an object, with its key and its place, and each selection of it.

As ``tracemalloc`` tells it of records whose teachers have the longest of names, while they come and
go; most take a fifth less.
"""


class Renderings:
    """The renderings that were asked for last. Safe on all threads.

    ``most``: of how many bytes; ``OBJECT_BYTES`` and ``BODY_BYTES`` count beside those of the JSON,
    which are few where little was selected.
    """

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

    def keep(self, key: Hashable, complete: Callable[..., Any], body: bytes) -> None:
        """Keeps what a function made of the object."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = {}
                self._bytes += OBJECT_BYTES
            if complete in held or len(held) >= EACH_MAX:
                return
            held[complete] = body
            self._bytes += len(body) + BODY_BYTES
            while self._bytes > self._most and self._held:
                _, gone = self._held.popitem(last=False)
                self._bytes -= OBJECT_BYTES + sum(len(each) + BODY_BYTES for each in gone.values())


class Rendered:
    """The rows that were written last, of those that never change, by selection and number.

    They are held in two halves. What is asked for comes into the younger one; when that is full it
    takes the place of the elder, so that many are found at once and nothing is moved for that.
    ``most``: of how many bytes; each counts ``ROW_BYTES`` beside its own. Safe on all threads.
    """

    def __init__(self, most: int = BYTES_MAX) -> None:
        self._most, self._bytes = most, 0
        self._young: Rows = {}
        self._old: Rows = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return sum(len(each) for half in (self._young, self._old) for each in half.values())

    def find(self, complete: Callable[..., Any], numbers: Sequence[int]) -> list[Raw | None]:
        """What a function made of each row, where that is known."""
        young, old = self._young.get(complete), self._old.get(complete)
        found: list[Raw | None] = [None] * len(numbers)
        if young is not None:
            found = [*map(young.get, numbers)]
        if old is not None and None in found:
            elder = {
                number: old[number]
                for number, each in zip(numbers, found, strict=True)
                if each is None and number in old
            }
            self.keep(complete, elder)
            found = [each or elder.get(n) for n, each in zip(numbers, found, strict=True)]
        return found

    def keep(self, complete: Callable[..., Any], made: dict[int, Raw]) -> None:
        """Keeps what a function made of rows."""
        size, half = (
            sum(len(memoryview(each)) + ROW_BYTES for each in made.values()),
            self._most // 2,
        )
        if size > half:
            return
        with self._lock:
            if self._bytes + size > half:
                self._young, self._old, self._bytes = {}, self._young, 0
            self._young.setdefault(complete, {}).update(made)
            self._bytes += size


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
