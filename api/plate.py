"""Plates: what a district lived through, as rows that are told again and again of other people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

ONCE = bytes(4)
"""What stands in the ids of single events where others have their district's key."""


class Plate(NamedTuple):
    """An event's row but for its position and its leaf hash.

    Between ``front`` and ``back`` stand four bytes of the id; ``body`` begins in ``back`` there.
    ``tags``: hashes of tags that every telling has; ``named``: which names of the page are others.
    """

    front: bytes
    back: bytes
    body: int
    tags: tuple[bytes, ...]
    named: tuple[int, ...]
    sealed: tuple[bytes, str] | None


class Asked(NamedTuple):
    """A request's row: between the pieces of its answer stand positions, from the page's first.

    ``content`` is digested; where there is none, ``digest`` stands as it is.
    """

    key: bytes
    at: bytes
    pieces: tuple[bytes, ...]
    positions: tuple[int, ...]
    content: bytes
    digest: bytes
    teachers: tuple[str, ...]


@dataclass
class Page:
    """What happened at one moment: of the district, and what is told once."""

    at: datetime
    plates: list[Plate] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    once: list[Plate] = field(default_factory=list)
    asked_once: list[Asked] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class District:
    """A district's pages in order of time, by the key and the places that its names hold."""

    key: str
    county: str
    city: str
    pages: list[Page]
    once: tuple[tuple[str, str], ...]

    @property
    def events(self) -> int:
        """How many are told each time."""
        return sum(len(page.plates) for page in self.pages)


def hashed(tag: bytes) -> bytes:
    """The hash under which a tag is indexed, as ``tag_hash`` has it."""
    return blake2b(tag, digest_size=8).digest()
