"""Personal data shown in full for a purpose, and the log of who was shown what.

``person`` is masked wherever it stands. Whoever needs a name, an id number or a telephone asks for
it by ``reveal``, a mutation: it writes. The log comes before the data, so what cannot be logged is
not shown. Auditors, bureaus and teachers ask the log who looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import strawberry

from ledger.command import Asker
from ledger.names import JurisdictionId, Name, TeacherId
from ledger.store.access_log import Access, AccessKind, Logged, Wanted, checked_purpose
from ledger.store.feed import Filter
from ledger.teacher import Stay, TeacherRegistered, TeacherTransferred, stays_after
from projections.catalogue import TEACHERS
from projections.register import Teacher
from schema.context import Context
from schema.disclosure import access_reach, may_reveal
from schema.once import once
from schema.outputs import Slice, bad_cursor, bounded, connection, key_of, output
from schema.person import Person, shown
from schema.scalars import Text, enum_type, name_in

Info = strawberry.Info[Context, None]
NUMBER_DIGITS_MAX = 18
PERSON = "person"
STAYS = (TeacherRegistered.NAME, TeacherTransferred.NAME)


class Seen(Logged, kw_only=True, frozen=True):
    """An access as its reader may see it; null: it is not told."""

    filters: dict[str, str] | None = None  # type: ignore[assignment]  # hidden from some
    rows: int | None = None  # type: ignore[assignment]  # as above
    subjects: int | None = None  # type: ignore[assignment]  # as above


LoggedType = output(Seen, name="Access", skip=("subjects_digest", "places"))
KindType = enum_type(AccessKind)
# What others asked for, and how much, is nothing to a teacher who asks who looked.
UNTOLD = dict.fromkeys(("filters", "rows", "bytes", "subjects", "sha256"))


@strawberry.type
class AccessLogQuery:
    """Questions about who read what."""

    @strawberry.field(
        graphql_type=connection(LoggedType),
        description="Who read personal data or took an export, for auditors and the operator, a "
        "bureau for its place, and teachers for themselves. 查阅与导出记录。",
    )
    async def access_log(
        self,
        info: Info,
        actor: strawberry.ID | None = None,
        kind: AccessKind | None = None,
        what: Text | None = None,
        subject: strawberry.ID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        first: int | None = None,
        after: str | None = None,
        latest_first: bool = True,
    ) -> Any:
        context, limit, number = info.context, bounded(first), _number(after)
        asked = Wanted(
            actor=_named(actor, "actor"),
            kind=kind,
            what=what,
            subject=_named(subject, "subject"),
            since=since,
            until=until,
        )
        wanted = await _within(context, asked)
        head = await context.run(context.house.ledger.feed.head)
        if wanted is None:
            return Slice(rows=[], more=False, position=head, total=_nothing)
        log = context.house.ledger.access_log
        found = await context.run(
            log.page, wanted, limit + 1, after=number, latest_first=latest_first
        )
        return Slice(
            rows=[(str(each.number), told(context.asker, each)) for each in found[:limit]],
            more=len(found) > limit,
            position=head,
            total=lambda: context.run(log.count, wanted),
            begun=number is not None,
        )


async def _reveal(
    info: Info, teacher: strawberry.ID, purpose: Text, request_id: str | None = None
) -> Person | None:
    context = info.context
    may_reveal(context.asker)
    said = checked_purpose(purpose)

    async def seen() -> Teacher | None:
        return await context.one(TEACHERS, str(teacher), argument="teacher")

    async def show() -> Person | None:
        found = await seen()
        if found is None:
            return None
        return shown(await read_person(context, AccessKind.REVEAL, found, purpose=said))

    async def again(_: str) -> Person | None:
        found = await seen()  # who may not be seen any more is not shown again either
        return None if found is None else shown(await context.people.load(str(found.teacher)))

    asked = ("reveal", teacher, said)
    return await once(context, request_id, asked, show, lambda each: str(each is not None), again)


REVEAL = strawberry.mutation(
    resolver=_reveal,
    name="reveal",
    description="A teacher's name, id number and telephone in full, for a purpose that is logged "
    "before anything is shown; the same requestId is one reading for a day. "
    "查看完整个人信息，须写明用途，先记录后显示。",
)


async def read_person(
    context: Context, kind: AccessKind, row: Teacher, *, purpose: str
) -> dict[str, str]:
    """A person's values, once their reading by this request's asker stands in the log."""
    await context.run(_write, context, kind, row, purpose)
    return await context.people.load(str(row.teacher))


def _write(context: Context, kind: AccessKind, row: Teacher, purpose: str) -> None:
    ledger = context.house.ledger
    access = access_by(
        context,
        PERSON,
        [str(row.place)] if row.place else [],
        kind=kind,
        purpose=purpose,
        clear=True,
        rows=1,
        position=ledger.feed.head(),
    )
    ledger.access_log.write(access, [str(row.teacher)])


def access_by(
    context: Context,
    what: str,
    places: Iterable[str] = (),
    *,
    kind: AccessKind = AccessKind.EXPORT,
    **about: Any,
) -> Access:
    """A reading by this request's asker, now, not yet in the log; ``about``: what else is known.

    It concerns the places of what was read, ``places``, and the reader's own.
    """
    asker = context.asker
    own = [str(asker.scope)] if isinstance(asker.scope, JurisdictionId) else []
    return Access(
        at=context.house.ledger.now(),
        kind=kind,
        actor=asker.actor,
        role=asker.role.value,
        scope=str(asker.scope),
        channel=asker.channel.value,
        what=what,
        trace=context.trace,
        places=tuple(sorted({*places, *own})),
        **about,
    )


def told(asker: Asker, each: Logged) -> Seen:
    """The row as its reader may see it: a teacher is told the extent of their own readings only."""
    values: dict[str, Any] = {name: getattr(each, name) for name in each.__struct_fields__}
    own = (each.role, each.scope) == (asker.role.value, str(asker.scope))
    return Seen(**values | (UNTOLD if isinstance(asker.scope, TeacherId) and not own else {}))


async def _within(context: Context, wanted: Wanted) -> Wanted | None:
    reach = access_reach(context.asker, await context.places())
    if reach is None:
        return None
    places, subject = reach
    if subject is not None and wanted.subject not in (None, subject):
        return None
    found = replace(wanted, reach=places, subject=subject or wanted.subject)
    if places is None or found.subject is None:
        return found
    spans = await context.run(_spans, context, found.subject, places)
    return None if spans == () else replace(found, spans=spans)


def _spans(
    context: Context, subject: str, places: tuple[str, ...]
) -> tuple[tuple[int, int], ...] | None:
    """Over which positions a teacher was of some places; ``None``: is now, which opens them all.

    A reading may touch several places, one's own among them. Whether somebody elsewhere was in it
    would tell that there is such a teacher.
    """
    found: list[tuple[int, int]] = []
    since: int | None = None
    stays: tuple[Stay, ...] = ()
    for entry in context.house.ledger.feed.entries(Filter(types=STAYS, tags=(subject,))):
        stays = stays_after(stays, entry)
        here = bool(stays) and stays[-1].place in places
        if here and since is None:
            since = entry.position
        elif not here and since is not None:
            found.append((since, entry.position))
            since = None
    return None if since is not None else tuple(found)


def _named(given: str | None, argument: str) -> str | None:
    return None if given is None else str(name_in(Name, given, argument))


def _number(after: str | None) -> int | None:
    key = key_of(after)
    if key is None:
        return None
    if not key.isascii() or not key.isdigit() or len(key) > NUMBER_DIGITS_MAX:
        raise bad_cursor()
    return int(key)


async def _nothing() -> int:
    return 0
