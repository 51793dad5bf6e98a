"""A projection: a pure fold over entries, the table of its states, and its facets.

The same fold makes the live row, the rebuilt row and the answer as of a moment. A facet is a value
of the state that a query filters or sorts by; it has a column of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import psycopg
from psycopg import sql

from ledger.event import Entry, Event, decode, express, revive
from ledger.names import Name
from projections.follower import FOLLOWS, inverted

StateT = TypeVar("StateT", bound=msgspec.Struct)
SCHEMA = "projection"
POSITION_MAX = 2**63 - 2
# Facets whose texts may be longer than what a row of an index holds, which is 2,704 bytes: an index
# has their beginning, in characters.
LONG = frozenset({"expertise", "subject"})
BEGINNING = 200
# What is filled at one go is not cleaned up while it is.
ASIDE = sql.SQL(" with (autovacuum_enabled = off, toast.autovacuum_enabled = off)")


class Projection(Generic[StateT]):
    """One view. Subclasses name it, list its events and facets, and fold.

    ``tags`` gives the tags that all events of a key carry, so that a state can be folded from the
    subject's own events. Events of ``later`` name no key; they change rows that exist already, each
    of which says by ``follows`` under which tags to look for them. As of a day they count by the
    day of their entry: what was missing is there once it is entered, whatever day it is about.

    The states of a view that is ``lasting`` grow and are touched all along the log, by entries that
    name one key each; where they do not fit into memory, they are rebuilt in slices (``backlog``).
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    state: ClassVar[type[Any]]
    events: ClassVar[tuple[type[Event], ...]]
    later: ClassVar[tuple[type[Event], ...]] = ()
    facets: ClassVar[dict[str, str]] = {}
    primary: ClassVar[tuple[str, ...]] = ("key",)
    lasting: ClassVar[bool] = False

    def __init__(self) -> None:
        self.own_types = frozenset(each.NAME for each in self.events)
        self.later_types = frozenset(each.NAME for each in self.later)
        self.types = self.own_types | self.later_types
        self._decoder = msgspec.json.Decoder(self.state, dec_hook=revive)

    def keys(self, entry: Entry) -> Iterable[str]:
        """The keys that an entry touches."""
        raise NotImplementedError

    def blank(self, key: str) -> StateT:
        """The state of a key before its first event."""
        raise NotImplementedError

    def apply(self, state: StateT, entry: Entry) -> StateT:
        """The state after one more entry."""
        raise NotImplementedError

    def facet_values(self, state: StateT) -> dict[str, Any]:
        """The values of the facets; by default the state's fields of those names."""
        return {name: facet(getattr(state, name)) for name in self.facets}

    def tags(self, key: str) -> tuple[str, ...]:
        """The tags that all events of a key carry."""
        return tuple(key.split("|"))

    def span(self, key: str) -> tuple[int, int]:
        """The first and the last position at which events of a key may stand."""
        return 1, POSITION_MAX

    def follows(self, state: StateT) -> tuple[str, ...]:
        """The tags of which every later event that a state heeds carries one."""
        return ()

    def awaits(self, state: StateT) -> frozenset[str]:
        """The types of the later events of which a state may heed one."""
        return self.later_types

    def heeds(self, state: StateT, entry: Entry) -> bool:
        """Whether an event of ``later`` changes a state."""
        return False

    def fold(self, key: str, entries: Iterable[Entry]) -> StateT:
        """The state of a key from its entries; those of other keys or types are passed over."""
        state = self.blank(key)
        for entry in entries:
            name = entry.event.NAME
            mine = name in self.own_types and key in self.keys(entry)
            if mine or (name in self.later_types and self.heeds(state, entry)):
                state = self.apply(state, entry)
        return state

    @property
    def columns(self) -> dict[str, str]:
        """The columns beside the state: the facets and, where there are later events, the tags."""
        return self.facets | ({FOLLOWS: "text[]"} if self.later else {})

    def column_values(self, state: StateT) -> dict[str, Any]:
        """The values of the columns."""
        found = self.facet_values(state)
        return found | {FOLLOWS: list(self.follows(state))} if self.later else found

    def encode(self, state: StateT) -> bytes:
        """The state as stored."""
        return _ENCODER.encode(state)

    def decode(self, body: bytes) -> StateT:
        """The state as it was stored."""
        state: StateT = self._decoder.decode(body)
        return state

    def create(self, table: str, *, bare: bool = False) -> sql.Composed:
        """The statement that makes the view's table; ``bare``: without its key, to be filled."""
        columns = [
            sql.SQL(", {} {}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in self.columns.items()
        ]
        key = "" if bare else " primary key"
        return sql.SQL(
            "create table {} (key text not null{}, state bytea not null, "
            "position bigint not null{}){}"
        ).format(
            sql.Identifier(SCHEMA, table),
            sql.SQL(key),
            sql.Composed(columns),
            ASIDE if bare else sql.SQL(""),
        )

    def functions(self) -> list[sql.Composed]:
        """The statements that make the functions by which the live table is read, or make them
        anew where it had another form before.
        """
        return []

    def indexes(self, table: str) -> list[sql.Composed]:
        """The statements that index the facets, each with the key for paging."""
        return [
            sql.SQL(
                f"create index on {{}} (left({{}}, {BEGINNING}), key)"
                if name in LONG
                else "create index on {} ({}, key)"
            ).format(sql.Identifier(SCHEMA, table), sql.Identifier(name))
            for name, kind in self.columns.items()
            if not kind.endswith("[]")
        ] + [
            inverted(sql.Identifier(SCHEMA, table), name)
            for name, kind in self.columns.items()
            if kind.endswith("[]")
        ]

    def upsert(self, table: str) -> sql.Composed:
        """The statement that writes one state; parameters: key, state, position, columns."""
        names = ["key", "state", "position", *self.columns]
        return sql.SQL("insert into {} ({}) values ({}) on conflict (key) do update set {}").format(
            sql.Identifier(SCHEMA, table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
            sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names[1:]
            ),
        )


class Index(Projection[Any]):
    """Words that lead to entries, of each entry alone; there is no state to fold."""

    state = msgspec.Struct
    events = ()

    def write(self, connection: psycopg.Connection[Any], table: str, entries: list[Entry]) -> None:
        """Adds the words of the entries."""
        raise NotImplementedError

    def words(self, entry: Entry) -> Iterable[bytes]:
        """The words of an entry, each once and as its row begins (``posting``)."""
        raise NotImplementedError

    def words_of(self, body: bytes) -> Iterable[bytes]:
        """The same of an entry as it is stored."""
        return self.words(decode(0, body))


def facet(value: Any) -> Any:
    """A value as a column holds it."""
    kind = value.__class__
    if kind in _KEPT:
        return value
    if isinstance(value, Name):
        return str(value)
    if value is None or kind is str or isinstance(value, int | date | Decimal):
        _KEPT.add(kind)
        return value
    if isinstance(value, tuple | list):
        return [str(each) for each in value]
    return str(getattr(value, "value", value))


# The classes of values that a column holds as they are; learned as they come.
_KEPT: set[type] = set()
_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=express)
