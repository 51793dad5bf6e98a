"""One more telling of a district: the plates with another key, as rows for the bulk door.

Other people are told of, so their names are others as well: drawn for each anew, and sealed under
keys of their own. Salts follow from the teacher's id, so that the same seed gives the same bytes.
Several processes tell at once; each is given its places in the ledger beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import pack
from typing import Any, NamedTuple, cast

from api.plate import ONCE, Asked, District, Plate, hashed
from api.population import GIVEN, SURNAMES
from ledger.store.bundle import Bundle, sized
from ledger.store.digest import digest_of
from ledger.store.vault import SALT_BYTES, Vault
from ledger.store.work import Seal

EVENT = pack(">hi", 9, 8)
REQUEST = pack(">h", 5)
TAG = pack(">hi", 2, 8)
EIGHT = pack(">i", 8)
HASH = pack(">i", 32)


class Telling(NamedTuple):
    """A district told of other people: their key, and where they live."""

    district: int
    key: str
    county: str
    city: str


class Piece(NamedTuple):
    """A page told so many times in a row, after a position; ``once``: with what is told once."""

    page: int
    tellings: Sequence[Telling]
    after: int
    once: bool


@dataclass
class Teller:
    """Makes bundles of pieces."""

    districts: Sequence[District]
    vault_key: bytes

    def __post_init__(self) -> None:
        # It seals only, and opens nothing, so it needs no connection.
        self._vault = Vault(self.vault_key, cast(Any, None))

    def bundle(self, pieces: Sequence[Piece]) -> Bundle:
        """The rows of some pieces that follow each other."""
        sheet = _Sheet(self._vault, pieces[0].after)
        for piece in pieces:
            page = self.districts[piece.tellings[0].district].pages[piece.page]
            if piece.once:
                sheet.tell(page.once, page.asked_once, ONCE, (), [])
            for telling in piece.tellings:
                swaps = _swaps(self.districts[telling.district], telling)
                names = [hashed(_swapped(each, swaps)) for each in page.names]
                sheet.tell(page.plates, page.asked, bytes.fromhex(telling.key), swaps, names)
        return sheet.bundle(pieces[0].after + 1)


Swaps = Sequence[tuple[bytes, bytes]]


def _swaps(district: District, telling: Telling) -> Swaps:
    """What is put in place of what; all have the same length, so no length has to be told anew."""
    found = [(district.key, telling.key)]
    for before, after in (
        (district.county, telling.county),
        (district.city, telling.city),
    ):
        if before != after:
            found += [(f"{mark}{before}", f"{mark}{after}") for mark in (":", "-bureau-")]
    return [(before.encode(), after.encode()) for before, after in found]


def _swapped(text: bytes, swaps: Swaps) -> bytes:
    for before, after in swaps:
        text = text.replace(before, after)
    return text


class _Sheet:
    """The rows of a bundle so far."""

    def __init__(self, vault: Vault, after: int) -> None:
        self._vault = vault
        self._position = after
        self._events: list[bytes] = []
        self._tags: list[bytes] = []
        self._requests: list[bytes] = []
        self._seals: list[Seal] = []
        self._contents: dict[str, bytes] = {}

    def bundle(self, first: int) -> Bundle:
        """All of it; tags in the order of the index, where one page then takes many."""
        self._tags.sort()
        return Bundle(
            first,
            self._position,
            b"".join(self._events),
            b"".join(self._tags),
            b"".join(self._requests),
            self._seals,
        )

    def tell(
        self,
        plates: Sequence[Plate],
        asked: Sequence[Asked],
        key: bytes,
        swaps: Swaps,
        names: Sequence[bytes],
    ) -> None:
        """Adds a page's rows."""
        start = self._position + 1
        events, tags = self._events, self._tags
        for position, plate in enumerate(plates, start):
            at = pack(">q", position)
            back = plate.back
            for before, after in swaps:
                back = back.replace(before, after)
            if plate.sealed is not None:
                back = self._sealed(back, *plate.sealed, swaps)
            leaf = sha256(b"\x00" + back[plate.body :]).digest()
            events += (EVENT, at, plate.front, key, back, HASH, leaf)
            end = EIGHT + at
            tags += [TAG + each + end for each in plate.tags]
            tags += [TAG + names[each] + end for each in plate.named]
        self._position += len(plates)
        for each in asked:
            self._ask(each, start, swaps)

    def _sealed(self, back: bytes, digest: bytes, teacher: str, swaps: Swaps) -> bytes:
        subject = _swapped(teacher.encode(), swaps).decode()
        chance = sha256(subject.encode()).digest()
        name = SURNAMES[chance[0] % len(SURNAMES)] + "".join(
            GIVEN[each % len(GIVEN)] for each in chance[1:3]
        )
        seal, (told,) = self._vault.seal(subject, {"name": name}, [chance[-SALT_BYTES:]])
        self._seals.append(seal)
        self._contents[subject] = seal.content
        return back.replace(digest, told.encode())

    def _ask(self, asked: Asked, start: int, swaps: Swaps) -> None:
        pieces = [_swapped(each, swaps) for each in asked.pieces]
        answer = pieces[0] + b"".join(
            str(start + position).encode() + piece
            for position, piece in zip(asked.positions, pieces[1:], strict=True)
        )
        digest = asked.digest
        if asked.content:
            people = (_swapped(each.encode(), swaps).decode() for each in asked.teachers)
            seals = {number: self._contents[each] for number, each in enumerate(people)}
            digest = digest_of(_swapped(asked.content, swaps), seals)
        key = _swapped(asked.key, swaps)
        self._requests += (REQUEST, key, HASH, digest, sized(answer), asked.at)
