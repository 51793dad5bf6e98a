"""Digests and leaves: that a copy equals the ledger, and the bytes that it is proved with.

A digest is over the entries that its asker may see, so each integrator proves its own copy. The
bytes of an entry are shown to those who see entries whole.
"""

from __future__ import annotations

from typing import Any

import strawberry

from ledger.command import Asker, Role
from ledger.event import leaf_hash
from ledger.store.feed import Filter
from ledger.store.webhook import WantedChanges
from schema.context import Context
from schema.disclosure import denied
from schema.history import position_of
from schema.outputs import Slice, bounded, connection
from schema.scalars import Position
from schema.wish import ChangeFilter, entries_for, wish_of

Info = strawberry.Info[Context, None]


@strawberry.type(description="One hash over entries up to a position. 截至某位置的摘要。")
class Digest:
    """One hash over entries up to a position."""

    position: Position
    count: int
    root: str


@strawberry.type(description="An entry as the ledger keeps it. 条目原文及其哈希。")
class Leaf:
    """An entry as the ledger keeps it."""

    position: Position
    leaf_hash: str
    body: str


@strawberry.type
class DigestQuery:
    """Questions by which a copy is proved."""

    @strawberry.field(
        description="The digest of the entries that the asker may see, up to a position or the "
        "head: the Merkle tree hash of RFC 6962, section 2.1, over their leaf hashes in order. A "
        "leaf hash is SHA-256(0x00 || body), a node SHA-256(0x01 || left || right), and n leaves "
        "split at the largest power of two below n. 截至某位置、本人可见条目的摘要。"
    )
    async def digest(
        self, info: Info, at: Position | None = None, filter: ChangeFilter | None = None
    ) -> Digest:
        context = info.context
        if context.asker.role is Role.PUBLIC:
            raise denied(context.asker, zh="计算摘要", en="ask for a digest")
        head = await context.run(context.house.ledger.feed.head)
        position = head if at is None else await context.known(at, "at")
        wanted = await context.run(
            entries_for, context.house, context.asker, wish(filter), before=position + 1
        )
        digests, done = context.house.digests, False
        mark = await context.run(digests.nearest, wanted, position)
        while mark.position < position and not done:
            # One after another, so that long ones never take up the threads.
            async with context.house.turns:
                mark, done = await context.run(digests.further, wanted, mark, position)
        tree = mark.tree
        return Digest(position=Position(position), count=tree.count, root=tree.root.hex())

    @strawberry.field(
        graphql_type=connection(Leaf),
        description="The entries that the asker may see with their bytes and leaf hashes, in "
        "order; to those who see entries whole. 条目原文，供核对摘要。",
    )
    async def leaves(
        self,
        info: Info,
        filter: ChangeFilter | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Any:
        context, limit, cursor = info.context, bounded(first), position_of(after)
        whole(context)
        feed = context.house.ledger.feed
        head = await context.run(feed.head)
        wanted: Filter = await context.run(
            entries_for, context.house, context.asker, wish(filter), after=cursor or 0
        )
        found = await context.run(feed.raw, wanted, limit + 1)
        return Slice(
            rows=[(str(position), leaf(position, body)) for position, body in found[:limit]],
            more=len(found) > limit,
            position=head,
            begun=cursor is not None,
        )


def wish(given: ChangeFilter | None) -> WantedChanges:
    """What is asked for. Raises ``Fault``."""
    asked = given or ChangeFilter()
    return wish_of(asked.types, asked.tags, asked.place, "filter")


def leaf(position: int, body: bytes) -> Leaf:
    """An entry with its hash."""
    return Leaf(position=Position(position), leaf_hash=leaf_hash(body).hex(), body=body.decode())


def sees_whole(asker: Asker) -> bool:
    """Whether an asker sees entries as they are kept, and not only rows of their own."""
    return asker.role not in (Role.PUBLIC, Role.TEACHER)


def whole(context: Context) -> None:
    """Raises ``Denied`` unless the asker sees entries whole."""
    if not sees_whole(context.asker):
        raise denied(context.asker, zh="查看条目原文", en="see entries as they are kept")
