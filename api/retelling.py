"""Retelling: what a simulated district lived through, made ready to be told of other people.

A district's terms are decided by the ledger's own commands in a ledger of their own. Here they are
read back and put into plates: rows as the bulk door takes them, in which all that differs from one
telling to the next is one key of eight letters. It stands in every name of the district, and the
retelling puts it into the last four bytes of every event's id, so that whatever names an id (a
cause, what is corrected, a finding) still does.

What concerns no district, as the places, the documents and the opening of a term, is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from api.plate import ONCE, Asked, District, Page, Plate, hashed
from api.simulate import Simulation
from ledger.event import Entry, decode, instant
from ledger.store.bundle import day_field, instant_field, sized, texts_field
from ledger.store.digest import content_of
from ledger.store.ledger import Ledger

PAGE_EVENTS = 200
MORNING = timedelta(hours=1)
"""Nine in Shanghai; each page of a day is a minute later."""
ROWS = "select position, body, tags from ledger.events order by position"
REQUESTS = "select actor, request, digest, answer from ledger.requests"
IDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
POSITIONS = re.compile(rb'(?<="position":)\d+')


class _Row(NamedTuple):
    entry: Entry
    body: bytes
    tags: list[str]


def read_district(ledger: Ledger, simulation: Simulation, other: District | None) -> District:
    """The district of a ledger that holds nothing else; ``other``: whose single events stand."""
    with ledger.pool.connection() as connection:
        rows = [
            _Row(decode(position, bytes(body), keep=False), bytes(body), tags)
            for position, body, tags in connection.execute(ROWS)
        ]
        answers = {
            (actor, request): (bytes(digest), bytes(answer))
            for actor, request, digest, answer in connection.execute(REQUESTS)
        }
    place = simulation.people.place
    reading = _Reading(
        key=simulation.people.key,
        places=(f":{place.value}", f":{place.chain[1].value}"),
        answers=answers,
        contents={
            (each.asker.actor, each.request): (
                content_of(each.commands),
                tuple(str(getattr(c, "teacher", "")) for c in each.commands if each.people),
            )
            for step in simulation.steps
            for each in step.submissions
        },
    )
    groups = [list(group) for _, group in groupby(rows, key=_asked_by)]
    reading.name(groups, other.once if other else ())
    pages = [reading.page(at, part) for at, part in _moments(groups)]
    once = tuple(reading.once)
    return District(reading.key, place.value, place.chain[1].value, pages, once)


def _asked_by(row: _Row) -> tuple[str, str | None]:
    return row.entry.actor, row.entry.request


def _moments(groups: list[list[_Row]]) -> Iterator[tuple[datetime, list[list[_Row]]]]:
    """The groups of a day in pages, a minute apart."""
    for day, of_day in groupby(groups, key=lambda group: group[0].entry.on):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + MORNING
        part: list[list[_Row]] = []
        for group in of_day:
            part.append(group)
            if sum(map(len, part)) >= PAGE_EVENTS:
                yield at, part
                part, at = [], at + timedelta(minutes=1)
        if part:
            yield at, part


@dataclass
class _Reading:
    key: str
    places: tuple[str, ...]
    answers: dict[tuple[str, str], tuple[bytes, bytes]]
    contents: dict[tuple[str, str], tuple[bytes, tuple[str, ...]]]
    ids: dict[bytes, bytes] = field(default_factory=dict)
    once: list[tuple[str, str]] = field(default_factory=list)

    def name(self, groups: list[list[_Row]], known: Sequence[tuple[str, str]]) -> None:
        """Gives every event the id that it will be told with.

        Raises ``ValueError`` where another district's single events are not the same.
        """
        number = 0
        for at, part in _moments(groups):
            for group in part:
                single = not self._own(group)
                for row in group:
                    number += 1
                    made = _made(at, number, ONCE.hex() if single else self.key)
                    if single:
                        made = self._single(row.entry.event.NAME, made, known)
                    self.ids[row.entry.id.encode()] = made.encode()

    def _single(self, kind: str, made: str, known: Sequence[tuple[str, str]]) -> str:
        if known:
            before, made = known[len(self.once)]
            if before != kind:
                raise ValueError(f"{kind} is told once here, {before} there")
        self.once.append((kind, made))
        return made

    def _own(self, group: Iterable[_Row]) -> bool:
        """Whether anything in it speaks of the district itself."""
        return any(self.key in tag for row in group for tag in row.entry.event.tags)

    def page(self, at: datetime, groups: list[list[_Row]]) -> Page:
        """The page of a moment."""
        page = Page(at)
        names: dict[str, int] = {}
        for group in groups:
            own = self._own(group)
            plates, asked = (page.plates, page.asked) if own else (page.once, page.asked_once)
            asked.append(self._request(at, group, len(plates)))
            plates += [self._plate(at, row, own, names) for row in group]
        page.names = [each.encode() for each in names]
        return page

    def _plate(self, at: datetime, row: _Row, own: bool, names: dict[str, int]) -> Plate:
        entry = row.entry
        told = b'"at":"' + instant(at).encode()
        body = row.body.replace(b'"at":"' + instant(entry.at).encode(), told, 1)
        body = self._renamed(body)
        tags = [self._renamed(each.encode()).decode() for each in row.tags]
        made = UUID(self.ids[entry.id.encode()].decode()).bytes
        fields = (sized(entry.event.NAME.encode()), instant_field(at), day_field(entry.on))
        back = sized(entry.channel.encode()) + texts_field(tags) + sized(body)
        differ = [each for each in tags if own and self._differs(each)]
        sealed = getattr(entry.event, "sealed", ())
        return Plate(
            front=b"".join(fields) + sized(made)[:-4],
            back=back,
            body=len(back) - len(body),
            tags=tuple(hashed(each.encode()) for each in tags if each not in differ),
            named=tuple(names.setdefault(each, len(names)) for each in differ),
            sealed=(sealed[0].encode(), str(entry.event.tags[0])) if sealed else None,
        )

    def _differs(self, tag: str) -> bool:
        return self.key in tag or any(each in tag for each in self.places)

    def _renamed(self, text: bytes) -> bytes:
        return IDS.sub(lambda found: self.ids.get(found[0], found[0]), text)

    def _request(self, at: datetime, group: list[_Row], start: int) -> Asked:
        entry = group[0].entry
        known = (entry.actor, entry.request or "")
        digest, answer = self.answers[known]
        content, teachers = self.contents.get(known, (b"", ()))
        answer = self._renamed(answer)
        told = [int(each) - entry.position + start for each in POSITIONS.findall(answer)]
        return Asked(
            key=sized(known[0].encode()) + sized(known[1].encode()),
            at=instant_field(at),
            pieces=tuple(POSITIONS.split(answer)),
            positions=tuple(told),
            content=content,
            digest=digest,
            teachers=teachers,
        )


def _made(at: datetime, number: int, tail: str) -> str:
    """An id of version 7 of that instant; the number fills what else is by chance (RFC 9562)."""
    millis = int(at.timestamp()) * 1_000
    high, middle, low = number >> 30 & 0xFFF, number >> 16 & 0x3FFF, number & 0xFFFF
    text = f"{millis:012x}7{high:03x}{0x8000 | middle:04x}{low:04x}{tail}"
    return str(UUID(text))
