"""A fold: the states of a view in memory, learned entry by entry.

The same steps fill a table, check it, and answer as of a moment: an entry changes the rows whose
keys it names, and the rows that exist already and follow one of its tags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from ledger.event import Entry
from ledger.store.array import words
from ledger.store.connection import unavailable
from projections.follower import followers
from projections.projection import SCHEMA, Index, Projection
from projections.stop import Stop, Stopped, stop_at

Connection = psycopg.Connection[Any]


class Fold:
    """States by key, and the position of the last entry that touched each in this fold.

    ``only``: which keys it holds; all where it is left out.
    """

    def __init__(self, view: Projection[Any], only: Callable[[str], bool] | None = None) -> None:
        self.view = view
        self._keys = view.keys if only is None else lambda entry: filter(only, view.keys(entry))
        self.states: dict[str, Any] = {}
        self.touched: dict[str, int] = {}
        # By tag, and by the types that they await: of many who follow a tag few await an event.
        self._followers: dict[str, dict[frozenset[str], set[str]]] = {}

    def recall(self, key: str, state: Any) -> None:
        """Takes in a state that was folded before."""
        self.states[key] = state
        if self.view.later:
            awaited = self.view.awaits(state)
            for tag in self.view.follows(state):
                self._followers.setdefault(tag, {}).setdefault(awaited, set()).add(key)

    def forget(self, key: str) -> None:
        """Leaves a state out."""
        state = self.states.pop(key)
        if self.view.later:
            self._unfollow(key, self.view.follows(state), self.view.awaits(state))

    def learn(self, entry: Entry) -> None:
        """Takes in the next entry; one that the view does not know changes nothing.

        Raises ``Stopped`` where the view cannot take it in.
        """
        try:
            self.take(entry)
        except MemoryError:
            raise
        except Exception as error:  # whatever a fold does over what it did not foresee
            raise Stopped([stop_at(self.view.name, entry, error)]) from error

    def take(self, entry: Entry) -> None:
        """The same, and raises what the view raises: a rebuild takes in millions of entries."""
        name, view, states = entry.event.NAME, self.view, self.states
        if name in view.own_types:
            for key in dict.fromkeys(self._keys(entry)):
                state = states.get(key)
                if state is None:
                    state = view.blank(key)
                if view.later:
                    self._follow(key, state, entry)
                else:
                    states[key] = view.apply(state, entry)
                    self.touched[key] = entry.position
        if name in view.later_types:
            for key in self._awaiting(entry):
                if view.heeds(states[key], entry):
                    self._follow(key, states[key], entry)

    def _awaiting(self, entry: Entry) -> list[str]:
        """The keys that follow one of its tags and await its type, in order."""
        followers = self._followers
        groups = [followers[tag] for tag in entry.tags if tag in followers]
        name = entry.event.NAME
        found = [keys for each in groups for types, keys in each.items() if name in types]
        return sorted(set().union(*found)) if found else []

    def _follow(self, key: str, state: Any, entry: Entry) -> None:
        tags, awaited = self.view.follows(state), self.view.awaits(state)
        state = self.view.apply(state, entry)
        self._unfollow(key, tags, awaited)
        self.recall(key, state)
        self.touched[key] = entry.position

    def _unfollow(self, key: str, tags: Sequence[str], awaited: frozenset[str]) -> None:
        for tag in tags:
            followers = self._followers.get(tag, {})
            if keys := followers.get(awaited):
                keys.discard(key)
                if not keys:
                    del followers[awaited]
                if not followers:
                    del self._followers[tag]


def fold_page(
    connection: Connection, view: Projection[Any], table: str, entries: list[Entry]
) -> None:
    """Folds the entries into the states that they touch, each state read and written once."""
    if isinstance(view, Index):
        view.write(connection, table, entries)
        return
    fold = Fold(view)
    asked = _stored(view, table, entries)
    for key, state in connection.execute(*asked).fetchall() if asked else ():
        fold.recall(key, view.decode(bytes(state)))
    for entry in entries:
        fold.learn(entry)
    write(connection, fold, table)


def fold_together(
    connection: Connection, views: Sequence[Projection[Any]], entries: list[Entry]
) -> None:
    """Folds the entries into the tables of several views, in few ways to the database and back.

    Each way there costs its time, and the interpreter as well, for which others wait meanwhile.
    Raises what a view raises, or the database over what a view writes; which one it was shows as
    each is tried alone.
    """
    with connection.pipeline():
        asking = []
        for view in views:
            if not isinstance(view, Index) and (asked := _stored(view, view.name, entries)):
                asking.append((Fold(view), connection.execute(*asked)))
        for view in views:
            if isinstance(view, Index):
                view.write(connection, view.name, entries)
        for fold, cursor in asking:
            for key, state in cursor.fetchall():
                fold.recall(key, fold.view.decode(bytes(state)))
            for entry in entries:
                fold.take(entry)
            write(connection, fold, fold.view.name)


def write(connection: Connection, fold: Fold, table: str) -> None:
    """Writes the states that were touched."""
    view = fold.view
    rows = []
    for key, position in fold.touched.items():
        state = fold.states[key]
        columns = view.column_values(state)
        rows.append((key, view.encode(state), position, *(columns[name] for name in view.columns)))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(view.upsert(table), rows)


def touched(view: Projection[Any], entries: Sequence[Entry]) -> tuple[set[str], set[str]]:
    """The keys whose rows the entries change, and the tags by which others follow them."""
    keys = {key for each in entries if each.event.NAME in view.own_types for key in view.keys(each)}
    tags = {tag for each in entries if each.event.NAME in view.later_types for tag in each.tags}
    return keys, tags


def fold_upto(
    connection: Connection, view: Projection[Any], table: str, entries: list[Entry]
) -> Stop | None:
    """Folds entries into a view's table as far as they go, within the caller's transaction.

    Gives the stop where one of them cannot be taken in; all before it are. Which one it is shows
    as the page is halved again and again, wherever in the fold or in the writing it raises. What
    the database raises and is none of the view's doing is raised.
    """
    waiting = [entries] if entries else []
    while waiting:
        part = waiting.pop()
        try:
            with connection.transaction():
                fold_page(connection, view, table, part)
        except MemoryError:
            raise
        except Exception as error:
            if connection.closed or unavailable(error):
                raise
            if len(part) == 1:
                cause = error.__cause__ if isinstance(error, Stopped) else error
                return stop_at(view.name, part[0], cause or error)
            half = len(part) // 2
            waiting += [part[half:], part[:half]]
    return None


def fold_whole(
    connection: Connection, view: Projection[Any], table: str, entries: list[Entry]
) -> None:
    """The same, all of them. Raises ``Stopped`` where one cannot be taken in."""
    stop = fold_upto(connection, view, table, entries)
    if stop is not None:
        raise Stopped([stop])


def _stored(
    view: Projection[Any], table: str, entries: list[Entry]
) -> tuple[sql.Composed, list[str]] | None:
    """The question for the rows that the entries may change: those of their keys, and followers."""
    keys, tags = touched(view, entries)
    if not keys and not tags:
        return None
    named = sql.Identifier(SCHEMA, table)
    found = sql.SQL("select key, state from {} where key = any(%t::text[])").format(named)
    values = [words(sorted(keys))]
    if tags:
        found += sql.SQL(" union ") + followers(named, "key", "state")
        values.append(words(sorted(tags)))
    return found, values
