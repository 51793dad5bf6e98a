"""The plainest server of the same rows: Strawberry as its documentation would have it.

The types of the peer's tables (``bench.graphql_given``), async resolvers with one statement each, a
``DataLoader`` for where each teacher has been, and ``strawberry.asgi.GraphQL`` as it ships: no
cache, no token, no reach, no ledger. Verdicts were worked out beforehand, as for PostGraphile.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import strawberry
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

PLACE = "jurisdiction:330381"
# What the measurement asks, in the words of these types.
DOCUMENTS = {
    "A": """query Record($teacher: ID!) {
  teacher(id: $teacher) { id school place stage subject entered
    record { cycleNumber cycleStart cycleEnd credits result counted unit zh en
      requirements { code result needed had zh en }
      lines(first: 20) { id kind title credits hoursPlanned completed choice }
    }
  }
}""",
    "B": """query Teachers($after: String) {
  teachers(first: 100, after: $after) {
    edges { cursor node {
      id school place stage subject title tier entered updated
      stays { school place since position event }
    } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "C": """query History($before: Int!) {
  history(first: 100, before: $before) {
    edges { cursor node { position id type at on actor channel place tags data } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "D": "{ __typename }",
}
DOCUMENTS["R"] = DOCUMENTS["A"]
Info = strawberry.Info[dict[str, Any], None]


async def _rows(info: Info, statement: str, *values: Any) -> list[dict[str, Any]]:
    async with info.context["pool"].connection() as connection:
        cursor = await connection.cursor(row_factory=dict_row).execute(statement, values)
        return cast(list[dict[str, Any]], await cursor.fetchall())


@strawberry.type
class Stay:
    """Where a teacher has been."""

    school: str
    place: str
    since: date
    position: int
    event: str


@strawberry.type
class Requirement:
    """One requirement of a verdict."""

    code: str
    result: str
    needed: str
    had: str
    zh: str
    en: str


@strawberry.type
class Credit:
    """One credit."""

    id: strawberry.ID
    kind: str
    title: str
    credits: Decimal
    hours_planned: Decimal
    completed: date
    choice: str | None


@strawberry.type
class Record:
    """A cycle with its verdict."""

    teacher: strawberry.Private[str]
    cycle_number: int
    cycle_start: date
    cycle_end: date
    credits: Decimal
    result: str
    counted: Decimal
    unit: str
    zh: str
    en: str

    @strawberry.field
    async def requirements(self, info: Info) -> list[Requirement]:
        """What the verdict is made of."""
        found = await _rows(
            info,
            "select code, result, needed, had, zh, en from peer.requirement where teacher = %s "
            "order by number",
            self.teacher,
        )
        return [Requirement(**each) for each in found]

    @strawberry.field
    async def lines(self, info: Info, first: int = 20) -> list[Credit]:
        """The credits."""
        found = await _rows(
            info,
            "select id, kind, title, credits, hours_planned, completed, choice from peer.credit "
            "where teacher = %s order by id limit %s",
            self.teacher,
            first,
        )
        return [Credit(**each) for each in found]


@strawberry.type
class Teacher:
    """A teacher."""

    id: strawberry.ID
    school: str
    place: str
    stage: str | None
    subject: str | None
    title: str | None
    tier: str | None
    entered: date | None
    updated: date | None

    @strawberry.field
    async def stays(self, info: Info) -> list[Stay]:
        """Where the teacher has been."""
        return cast(list[Stay], await info.context["stays"].load(self.id))

    @strawberry.field
    async def record(self, info: Info) -> Record | None:
        """The cycle."""
        found = await _rows(info, "select * from peer.record where teacher = %s", self.id)
        return Record(**found[0]) if found else None


@strawberry.type
class Entry:
    """An event."""

    position: int
    id: str
    type: str
    at: datetime
    on: date
    actor: str
    channel: str
    place: str | None
    tags: list[str]
    data: strawberry.scalars.JSON


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class TeacherEdge:
    """A teacher with a cursor."""

    cursor: str
    node: Teacher


@strawberry.type
class Teachers:
    """A page of teachers."""

    edges: list[TeacherEdge]
    page_info: PageInfo


@strawberry.type
class EntryEdge:
    """An event with a cursor."""

    cursor: str
    node: Entry


@strawberry.type
class Entries:
    """A page of events."""

    edges: list[EntryEdge]
    page_info: PageInfo


def _paged(rows: list[dict[str, Any]], first: int, key: str) -> tuple[list[str], PageInfo]:
    cursors = [b64encode(str(each[key]).encode()).decode() for each in rows[:first]]
    return cursors, PageInfo(
        has_next_page=len(rows) > first, end_cursor=cursors[-1] if cursors else None
    )


@strawberry.type
class Query:
    """What may be asked."""

    @strawberry.field
    async def teacher(self, info: Info, id: strawberry.ID) -> Teacher | None:
        """One teacher."""
        found = await _rows(info, "select * from peer.teacher where id = %s", id)
        return Teacher(**found[0]) if found else None

    @strawberry.field
    async def teachers(self, info: Info, first: int, after: str | None = None) -> Teachers:
        """A page of teachers."""
        found = await _rows(
            info,
            "select * from peer.teacher where place = %s and id > %s order by id limit %s",
            PLACE,
            b64decode(after).decode() if after else "",
            first + 1,
        )
        cursors, page = _paged(found, first, "id")
        rows = zip(cursors, found, strict=False)
        edges = [TeacherEdge(cursor=cursor, node=Teacher(**each)) for cursor, each in rows]
        return Teachers(edges=edges, page_info=page)

    @strawberry.field
    async def history(self, info: Info, first: int, before: int) -> Entries:
        """A page of events, the latest first."""
        found = await _rows(
            info,
            'select position, id::text, type, at, "on", actor, channel, place, tags, data '
            "from peer.event where place = %s and position < %s order by position desc limit %s",
            PLACE,
            before,
            first + 1,
        )
        cursors, page = _paged(found, first, "position")
        rows = zip(cursors, found, strict=False)
        edges = [EntryEdge(cursor=cursor, node=Entry(**each)) for cursor, each in rows]
        return Entries(edges=edges, page_info=page)


class View(GraphQL[dict[str, Any], None]):
    """Strawberry's view with a pool of connections and a loader for each request."""

    pool: AsyncConnectionPool[Any]

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """The pool, and a loader of this request."""

        async def stays(teachers: list[str]) -> list[list[Stay]]:
            async with self.pool.connection() as connection:
                cursor = await connection.cursor(row_factory=dict_row).execute(
                    "select teacher, school, place, since, position, event from peer.stay "
                    "where teacher = any(%s) order by teacher, position",
                    (list(teachers),),
                )
                found: dict[str, list[Stay]] = {}
                for row in await cursor.fetchall():
                    found.setdefault(row.pop("teacher"), []).append(Stay(**row))
            return [found.get(each, []) for each in teachers]

        return {"pool": self.pool, "stays": DataLoader(load_fn=stays)}


def application(url: str) -> Starlette:
    """The application over the peer's tables."""
    view = View(strawberry.Schema(query=Query), graphql_ide=None)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        async with AsyncConnectionPool(url, min_size=1, max_size=8, open=False) as pool:
            view.pool = pool
            yield

    async def graphql(request: Any) -> Any:
        return await view.run(request)

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])], lifespan=life)
