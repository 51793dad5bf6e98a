"""Exports as files: asked for, written aside, logged, and only then handed out.

A file is answered to the very request that asks for it, under its bearer token, and not under a
signed address that is fetched later: an address with a signature is a password that stands in
histories, proxies and logs and works for whoever finds it, and it needs a key, a clock and a store
of what was promised. The file is written to a spool first, since its row count and SHA-256 go out
in front of it and into the access log, which is written before the first byte leaves. The spool has
no name and is gone with the answer.

With ``first`` a file is taken in pieces (``api.piece``); the header ``x-xuefen-next`` is where the
next begins.
"""

from __future__ import annotations

import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import IO, Annotated, Any

import msgspec
from msgspec import Struct

from api.edge.asked import repeated_in
from api.piece import Mark, divisible, mark_of, question_of
from api.sheet import TYPES
from api.spool import CHUNK_BYTES, ROWS_MAX, Found, digest_of, written
from ledger.command import Role
from ledger.day import day_of
from ledger.draft import flaw_of
from ledger.event import INTEGER_MAX
from ledger.fault import Fault
from ledger.store.access_log import Logged, checked_purpose
from projections.catalogue import VIEWS
from schema.access_log import access_by
from schema.context import Context
from schema.disclosure import denied
from schema.export import TEXT_CHARACTERS_MAX, Asked, Export, Flow
from schema.export_document import EXPORTS
from schema.moment import AsOf
from schema.power import Action, may
from schema.scalars import Position, instant_of

Place = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class Moment(Struct, rename="camel", forbid_unknown_fields=True):
    """A moment as an export's question has it; as ``AsOf``."""

    position: Place | None = None
    instant: str | None = None
    effective: str | None = None
    on: str | None = None


class Question(Struct, rename="camel", forbid_unknown_fields=True):
    """What an export is asked with."""

    what: str
    format: str = "csv"
    filters: dict[str, str | int] = {}
    as_of: Moment | None = None
    at_least: Place | None = None
    purpose: str = ""
    first: Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX)] | None = None
    after: str | None = None


@dataclass
class Taken:
    """A file that may go out: it stands in the log."""

    file: IO[bytes]
    logged: Logged
    next: str | None = None

    @property
    def name(self) -> str:
        """What to call it; nothing of what a client said is in it."""
        return f"xuefen-{self.logged.what}-{self.logged.position}.{self.logged.format}"

    def chunks(self) -> Iterator[bytes]:
        """Its bytes; afterwards it is gone."""
        with self.file:
            while chunk := self.file.read(CHUNK_BYTES):
                yield chunk

    def headers(self) -> dict[str, str]:
        """What is told in front of it."""
        told = self.logged
        assert told.sha256 is not None and told.format is not None
        return {
            "content-type": TYPES[told.format],
            "content-length": str(told.bytes),
            "content-disposition": f'attachment; filename="{self.name}"',
            "content-digest": f"sha-256=:{b64encode(bytes.fromhex(told.sha256)).decode()}:",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-xuefen-position": str(told.position),
            "x-xuefen-rows": str(told.rows),
            "x-xuefen-sha256": told.sha256,
            "x-xuefen-access": str(told.number),
        } | ({} if self.next is None else {"x-xuefen-next": self.next})


def question(body: bytes) -> Question:
    """What is asked. Raises ``Fault`` (``BAD_EXPORT``) for anything else."""
    if (where := repeated_in(body)) is not None:
        raise Fault(
            "BAD_EXPORT",
            zh=f"导出请求中 {where} 出现不止一次",
            en=f"this holds {where} more than once",
            field=where,
        )
    try:
        return msgspec.json.decode(body, type=Question)
    except (msgspec.MsgspecError, RecursionError) as error:
        flaw = flaw_of(error)
        raise Fault(
            "BAD_EXPORT",
            zh=f"导出请求格式不正确（{flaw.zh}）",
            en=f"this asks for no export: {error}",
            field=flaw.field,
        ) from None


async def take(
    context: Context, given: Question, still: Callable[[], None] = lambda: None
) -> Taken:
    """The file, once it stands in the access log. Raises ``Fault``.

    ``still`` raises where the asker may not go on; it is called on a thread, at each row.
    """
    if not may(context.asker.role, Action.EXPORT):
        raise denied(context.asker, zh="导出", en="export")
    export = _known(given)
    purpose = checked_purpose(given.purpose) if given.purpose else ""
    if given.first is not None or given.after is not None:
        divisible(export, purpose=purpose)
    mark = mark_of(given.after, question_of(given.what, given.filters, given.as_of))
    as_of = _moment(given.as_of or Moment())
    day = await as_of.day(context) if mark is None else mark.day
    filters = _filters(context, export, given, day, mark.settled if mark else {})
    if given.at_least is not None:
        await context.at_least(await context.known(given.at_least, "atLeast"), *VIEWS)
    # Who has left a place is known of its past, and no longer shown in full there.
    past = given.as_of is not None and context.asker.role is not Role.OPERATOR
    clear = (
        export.personal and bool(purpose) and may(context.asker.role, Action.REVEAL) and not past
    )
    asked = Asked(
        what=given.what,
        filters=filters,
        position=await _position(context, export, as_of, mark),
        effective=as_of.effective,
        day=day,
        clear=clear,
        places=await context.places(),
        after=mark.after if mark else None,
        resumed=mark is not None,
    )
    return await context.run(_taken, context, export, asked, given, mark, still)


async def _position(context: Context, export: Export, as_of: AsOf, mark: Mark | None) -> int | None:
    """The position at which the rows stand; ``None`` for the present."""
    if mark is None:
        return await as_of.known(context)
    await context.known(mark.position, "after")
    return None if export.timeless else mark.position


def _known(given: Question) -> Export:
    if given.what not in EXPORTS or given.format not in TYPES:
        raise Fault(
            "BAD_EXPORT",
            zh=f"what 须为 {'、'.join(EXPORTS)} 之一，format 须为 {'、'.join(TYPES)} 之一",
            en=f"what is one of {', '.join(EXPORTS)}, and format one of {', '.join(TYPES)}",
            field="what" if given.what not in EXPORTS else "format",
        )
    return EXPORTS[given.what]


def _moment(given: Moment) -> AsOf:
    """The moment, with the sentences that a query has for what is none."""
    return AsOf(
        position=None if given.position is None else Position(given.position),
        instant=_said("asOf.instant", instant_of, given.instant),
        effective=_said("asOf.effective", day_of, given.effective),
        on=_said("asOf.on", day_of, given.on),
    )


def _said(field: str, read: Callable[[object], Any], given: str | None) -> Any:
    try:
        return None if given is None else read(given)
    except Fault as fault:
        zh, en = f"{field}：{fault.zh}", f"{field}: {fault.en}"
        raise Fault(fault.code, zh=zh, en=en, field=field) from None


def _filters(
    context: Context, export: Export, given: Question, day: date, settled: dict[str, str]
) -> dict[str, str]:
    filters = settled | {name: str(value) for name, value in given.filters.items()}
    unknown = sorted(filters.keys() - {*export.filters()})
    most = {name: export.long.get(name, TEXT_CHARACTERS_MAX) for name in filters}
    long = [name for name, value in filters.items() if len(value) > most[name]]
    # A text of its own says by itself what may stand in it.
    broken = [n for n, value in filters.items() if n not in export.long and not value.isprintable()]
    if unknown or long or broken:
        raise Fault(
            "BAD_FILTER",
            zh=f"{given.what} 可用的条件为 {'、'.join(export.filters())}，"
            f"每个至多 {TEXT_CHARACTERS_MAX} 个可见字符",
            en=f"{given.what} is narrowed by {', '.join(export.filters())}, each of "
            f"{TEXT_CHARACTERS_MAX} printable characters at most",
            field="filters",
        )
    export.settle(filters, day, context.house.ledger.now())
    export.check(filters)
    return dict(sorted(filters.items()))


def _taken(
    context: Context,
    export: Export,
    asked: Asked,
    given: Question,
    mark: Mark | None,
    still: Callable[[], None],
) -> Taken:
    form = given.format
    file: IO[bytes] = tempfile.TemporaryFile(prefix="xuefen-export-")  # noqa: SIM115
    try:
        with export.open(context, asked) as flow:
            found = Found(flow, given.first, 0 if export.positioned or not mark else mark.rows)
            told = replace(asked, filters=export.told(asked.filters))
            written(file, form, told, replace(flow, rows=_allowed(flow, still)), found)
        access = access_by(
            context,
            asked.what,
            # Who takes a list that everybody may read looks into nobody's affairs.
            [] if export.public else found.places,
            purpose=checked_purpose(given.purpose) if given.purpose else "",
            clear=asked.clear,
            format=form,
            filters=told.filters,
            position=flow.position,
            effective=asked.effective,
            rows=found.rows,
            bytes=file.seek(0, 2),
            sha256=digest_of(file),
        )
        logged = context.house.ledger.access_log.write(access, found.teachers)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Taken(file, logged, _next(export, asked, given, found, mark))


def _allowed(flow: Flow, still: Callable[[], None]) -> Iterator[tuple[dict[str, Any], str | None]]:
    for each in flow.rows:
        still()
        yield each


def _next(
    export: Export, asked: Asked, given: Question, found: Found, mark: Mark | None
) -> str | None:
    """Where the next piece begins, where there is one."""
    if not found.more:
        return None
    made = Mark(
        question=question_of(given.what, given.filters, given.as_of),
        settled={n: value for n, value in asked.filters.items() if n not in given.filters},
        position=found.position,
        day=asked.day,
        rows=found.rows + (mark.rows if mark else 0),
        after=found.last["position"] if export.positioned else None,
    )
    return made.cursor()
