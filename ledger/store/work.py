"""Work: what waits for the committer, and how it is decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from secrets import token_hex
from typing import Any

from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent
from eventsourcing.persistence import IntegrityError, ProgrammingError
from uuid_utils import uuid7

from ledger.command import Ask, Asker, Command, Refusals, Refused, Selector, afresh, settle
from ledger.day import happened
from ledger.event import Entry, Event, encode, sound
from ledger.fault import Fault
from ledger.finding import FindingMade
from ledger.store.answer import Answer, Outcome, Written, refused
from ledger.store.digest import content_digest
from ledger.store.learned import Learned
from ledger.store.mailbox import Letter
from ledger.store.memory import Memory
from ledger.store.receipt import Receipt
from ledger.store.statements import UNIT
from ledger.store.tail import Onward
from ledger.store.tray import Row, Tray

CHANCE_BYTES = 32
LONE = re.compile("[\ud800-\udfff]")
# So many bytes of an append count for as much as a command does.
WEIGHED_BYTES = 8_192


@dataclass(frozen=True)
class Seal:
    """Personal data of one subject, encrypted, to be kept in the same commit as its event."""

    subject: str
    wrapped: bytes
    secrets: tuple[tuple[str, str, bytes], ...]
    fingerprint: bytes | None = None
    content: bytes = b""


@dataclass
class Plain:
    """Events appended through the library's interface, with its condition.

    ``future``: a receipt for who waits on a thread, a letter for who waits on an event loop.
    Such an event is none of ours, whatever its type: it has been through no command. Raises
    ``ProgrammingError`` for types and tags that could not be told from others, or not be stored.
    """

    events: Sequence[DCBEvent]
    condition: DCBAppendCondition | None
    future: Receipt | Letter = field(default_factory=Receipt)
    conflict: bool = False
    # How many commands it counts for.
    weight: int = field(init=False)

    def __post_init__(self) -> None:
        size = 0
        for event in self.events:
            if not isinstance(event.data, bytes):
                raise ProgrammingError(f"data is bytes: {type(event.data).__name__}")
            size += len(event.data)
            require_distinct(event.type, *event.tags)
        if self.condition is not None:
            for item in self.condition.fail_if_events_match.items:
                require_distinct(*item.types, *item.tags)
        self.weight = max(1, len(self.events), size // WEIGHED_BYTES)

    def decide(self, tray: Tray | Onward) -> int:
        """Puts the events on the tray and gives the last position. Raises ``IntegrityError``."""
        if self.conflict or (self.condition is not None and tray.matches(self.condition)):
            raise IntegrityError(self.condition)
        start, at = tray.position, tray.at
        tray.put(
            [
                Row(start + number, event.type, at, None, tuple(event.tags), event.data)
                for number, event in enumerate(self.events, start=1)
            ]
        )
        return tray.position


@dataclass
class Asked:
    """Commands from one asker under one request id; they are decided in order.

    With ``whole`` either all are carried out or none; otherwise each stands for itself.
    ``tried``: they are only rehearsed, so nobody will ask for them again.
    """

    commands: list[Command]
    asker: Asker
    request: str
    on: date | None = None
    source: str | None = None
    cause: str | None = None
    whole: bool = False
    seals: dict[int, Seal] = field(default_factory=dict)
    tried: bool = False
    future: Future[Answer] = field(default_factory=Future)
    identities: dict[bytes, str] = field(default_factory=dict)
    digest: bytes = b""
    selectors: list[list[Selector]] = field(default_factory=list)
    kept: list[Seal] = field(default_factory=list)
    answer: Answer | None = None
    ahead: dict[int, Learned] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.tried:
            self.digest = content_digest(
                self.commands,
                self.request,
                self.source,
                on=self.on,
                whole=self.whole,
                seals={number: seal.content for number, seal in self.seals.items()},
            )
        self.selectors = [command.boundary() for command in self.commands]

    @property
    def weight(self) -> int:
        """How many commands it counts for."""
        return len(self.commands)

    def decide(self, tray: Tray, memory: Memory) -> Answer:
        """Decides the commands in order and puts what follows on the tray."""
        self.kept = []
        first = len(tray.rows)
        outcomes = [
            self._one(number, command, tray, memory) for number, command in enumerate(self.commands)
        ]
        if self.whole and not all(outcome.accepted for outcome in outcomes):
            self._withhold(tray, first, memory)
            outcomes = [outcome if outcome.refusals else WITHHELD for outcome in outcomes]
        self.answer = Answer(position=tray.position, outcomes=tuple(outcomes))
        return self.answer

    def forget(self) -> None:
        """Drops what an earlier try decided; the connection was lost and the outcome unknown."""
        self.answer, self.kept = None, []

    def _withhold(self, tray: Tray, first: int, memory: Memory) -> None:
        tray.take_back(first)
        memory.unfold(tray.position)
        for seal in self.kept:
            if seal.fingerprint is not None:
                self.identities.pop(seal.fingerprint, None)
        self.kept = []

    def _one(self, number: int, command: Command, tray: Tray, memory: Memory) -> Outcome:
        try:
            rows = self.rows(number, command, tray, memory)
        except (Refusals, Fault) as error:
            return refused(error)
        tray.put(rows)
        seal = self.seals.get(number)
        if seal is not None:
            self.kept.append(seal)
            if seal.fingerprint is not None:
                self.identities[seal.fingerprint] = seal.subject
        return Outcome(
            written=tuple(
                Written(position=row.position, id=row.entry.id, type=row.type)
                for row in rows
                if row.entry is not None
            )
        )

    def rows(self, number: int, command: Command, tray: Tray, memory: Memory) -> list[Row]:
        """What follows from one of the commands; nothing is put on the tray.

        Raises ``Refusals`` and ``Fault``.
        """
        learned = self.ahead.pop(number, None)
        if learned is None or not learned.holds(tray):
            learned = self._learned(number, command, tray, memory)
        fresh = learned.complete(memory)
        if self.on is not None and self.source is not None:
            happened(self.on, tray.today, "reported.on")
        self._check_identity(number)
        events = [sound(event) for event in settle(fresh)]
        return self._rows(events, fresh, tray)

    def foreseen(self, tray: Tray, memory: Memory) -> set[Selector]:
        """What the commands will ask for beyond their boundaries, as far as it shows beforehand.

        Read for a whole batch at once it costs one round trip. What an earlier command of the batch
        brings about shows later, and is read then.
        """
        found: set[Selector] = set()
        for number, command in enumerate(self.commands):
            if type(command).beyond is not Command.beyond:
                with suppress(Refusals, Fault):  # said when it is decided
                    learned = self._learned(number, command, tray, memory)
                    found.update(learned.beyond(memory))
                    if not tray.rows:
                        self.ahead[number] = learned
        return found

    def _learned(self, number: int, command: Command, tray: Tray, memory: Memory) -> Learned:
        """A fresh command that knows the events of its boundary."""
        fresh = afresh(command)
        fresh.ask = Ask(
            on=self.on or tray.today,
            asker=self.asker,
            rules=tray.rules,
            source=self.source,
            chance=token_hex(CHANCE_BYTES),
        )
        return Learned.of(fresh, self.selectors[number], tray, memory)

    def _rows(self, events: list[Event], command: Command, tray: Tray) -> list[Row]:
        rows, cause, ask = [], self.cause, command.ask
        place = command.territory()
        for number, event in enumerate(events, start=1):
            entry = Entry(
                position=tray.position + number,
                id=str(uuid7()),
                at=tray.at,
                on=ask.on,
                actor=ask.asker.actor,
                channel=ask.asker.channel.value,
                event=event,
                cause=cause,
                request=self.request,
                source=self.source,
                place=place,
            )
            if number == 1 and not isinstance(event, FindingMade):
                cause = entry.id
            rows.append(
                Row(
                    entry.position, event.NAME, entry.at, entry.on, entry.tags, encode(entry), entry
                )
            )
        return rows

    def _check_identity(self, number: int) -> None:
        seal = self.seals.get(number)
        if seal is None or seal.fingerprint is None:
            return
        owner = self.identities.get(seal.fingerprint, seal.subject)
        if owner != seal.subject:
            raise Refusals(
                [
                    IdentityTaken(
                        zh="该证件号码已登记给另一位教师，请核对是否为同一人",
                        en="this id number belongs to another teacher; is it one person?",
                        field="id_number",
                    )
                ]
            )


# What is carried, and each with its answer or what it is to raise.
Work = Plain | Asked
Settled = list[tuple[Work, Any]]


class IdentityTaken(Refused):
    """The id number already belongs to another teacher."""


def require_distinct(*words: str) -> None:
    """Raises ``ProgrammingError`` for an empty type or tag, or one with what no column holds."""
    joined = "".join(words)
    if not all(words) or UNIT in joined or "\0" in joined:
        raise ProgrammingError(f"types and tags are not empty, without U+001F or U+0000: {words!r}")
    if not joined.isascii() and LONE.search(joined):
        raise ProgrammingError(f"types and tags have no half of a surrogate pair: {words!r}")


WITHHELD = refused(
    Fault(
        "WITHHELD",
        zh="同批其他项目被拒绝，按“全部或全不”的要求，此项未写入",
        en="another item was refused and the batch was to be carried out whole or not at all",
    )
)
