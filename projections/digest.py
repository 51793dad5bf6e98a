"""Digest: what a copy of the ledger must come to, in one hash over the entries that it holds.

The root of a Merkle tree (RFC 6962, section 2.1) whose leaves are the entries that somebody sees,
in the order of positions. The hash of a leaf is SHA-256 over a zero byte and the entry's stored
bytes; that of a node is SHA-256 over a one byte and its two children; a tree without leaves has the
SHA-256 of nothing. For those who see all, leaf ``n`` is the entry at position ``n + 1``.

A tree grows at its right edge: the hashes of its full halves are enough to go on, one for each bit
of its size. So a copy keeps its digest with every entry that comes, and the ledger goes on where it
stopped. What it remembers here is a cache of one process; without it the log is read once more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock

from ledger.event import leaf_hash
from ledger.store.feed import PAGE_MAX, Feed, Filter

TREES_MAX = 64
MARKS_MAX = 100
Key = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...] | None]


@dataclass(frozen=True)
class Tree:
    """A tree by its right edge: the roots of its full parts, the largest first."""

    count: int = 0
    edge: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The hash over all leaves."""
        if not self.edge:
            return sha256(b"").digest()
        found = self.edge[-1]
        for each in reversed(self.edge[:-1]):
            found = node_hash(each, found)
        return found

    def grown(self, leaves: Iterator[bytes]) -> Tree:
        """The tree with more leaves, given by their hashes, at its right."""
        count, edge = self.count, [*self.edge]
        for leaf in leaves:
            bits = count
            while bits & 1:
                leaf = node_hash(edge.pop(), leaf)
                bits >>= 1
            edge.append(leaf)
            count += 1
        return Tree(count, tuple(edge))


@dataclass(frozen=True)
class Mark:
    """The tree of all entries up to a position."""

    position: int = 0
    tree: Tree = Tree()


class Digests:
    """Digests over any filter, going on from where the last one stopped; for many threads."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._marks: OrderedDict[Key, list[Mark]] = OrderedDict()
        self._lock = Lock()

    def nearest(self, wanted: Filter, at: int) -> Mark:
        """The last known tree up to a position, or an empty one."""
        with self._lock:
            marks = self._marks.get(_key(wanted), [])
            return next((each for each in reversed(marks) if each.position <= at), Mark())

    def further(self, wanted: Filter, mark: Mark, at: int) -> tuple[Mark, bool]:
        """The tree some thousands of entries on, up to a position; whether it is reached."""
        found = self._feed.raw(replace(wanted, after=mark.position, before=at + 1), PAGE_MAX)
        done = len(found) < PAGE_MAX
        tree = mark.tree.grown(leaf_hash(body) for _, body in found)
        made = Mark(at if done else found[-1][0], tree)
        self._keep(_key(wanted), made)
        return made, done

    def _keep(self, key: Key, mark: Mark) -> None:
        with self._lock:
            marks = self._marks.setdefault(key, [])
            if all(each.position != mark.position for each in marks):
                marks.append(mark)
                marks.sort(key=lambda each: each.position)
            if len(marks) > MARKS_MAX:
                del marks[1::2]  # every other one, so that what is left spans all of it
            self._marks.move_to_end(key)
            while len(self._marks) > TREES_MAX:
                self._marks.popitem(last=False)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node of the tree: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def _key(wanted: Filter) -> Key:
    reach = None if wanted.any_tags is None else tuple(sorted(wanted.any_tags))
    return tuple(sorted(wanted.tags)), tuple(sorted(wanted.types)), reach
