"""Exports as files: asked for, written aside, logged, and only then handed out.

A file is answered to the very request that asks for it, under its bearer token, and not under a
signed address that is fetched later: an address with a signature is a password that stands in
histories, proxies and logs and works for whoever finds it, and it needs a key, a clock and a store
of what was promised. The file is written to a spool first, since its row count and SHA-256 go out
in front of it and into the access log, which is written before the first byte leaves. The spool has
no name and is gone with the answer.
"""

from __future__ import annotations

import re
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
from msgspec import Struct

from api.sheet import TYPES, sheet
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

ROWS_MAX = 200_000
CHUNK_BYTES = 64 * 1024
Place = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
TEACHER = re.compile(rb'"(teacher:[0-9A-Za-z._-]+)"')


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


@dataclass
class Taken:
    """A file that may go out: it stands in the log."""

    file: IO[bytes]
    logged: Logged

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
        }


def question(body: bytes) -> Question:
    """What is asked. Raises ``Fault`` (``BAD_EXPORT``) for anything else."""
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


async def take(context: Context, given: Question) -> Taken:
    """The file, once it stands in the access log. Raises ``Fault``."""
    if not may(context.asker.role, Action.EXPORT):
        raise denied(context.asker, zh="导出", en="export")
    export = _known(given)
    purpose = checked_purpose(given.purpose) if given.purpose else ""
    as_of = _moment(given.as_of or Moment())
    day = await as_of.day(context)
    filters = _filters(context, export, given, day)
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
        position=await as_of.known(context),
        effective=as_of.effective,
        day=day,
        clear=clear,
        places=await context.places(),
    )
    return await context.run(_taken, context, export, asked, given.format, purpose)


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


def _filters(context: Context, export: Export, given: Question, day: date) -> dict[str, str]:
    filters = {name: str(value) for name, value in given.filters.items()}
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


def _taken(context: Context, export: Export, asked: Asked, form: str, purpose: str) -> Taken:
    file: IO[bytes] = tempfile.TemporaryFile(prefix="xuefen-export-")  # noqa: SIM115
    try:
        with export.open(context, asked) as flow:
            found = _Found(flow)
            told = replace(asked, filters=export.told(asked.filters))
            _write(file, form, told, flow, found)
        access = access_by(
            context,
            asked.what,
            # Who takes a list that everybody may read looks into nobody's affairs.
            [] if export.public else found.places,
            purpose=purpose,
            clear=asked.clear,
            format=form,
            filters=told.filters,
            position=flow.position,
            effective=asked.effective,
            rows=found.rows,
            bytes=file.seek(0, 2),
            sha256=_digest(file),
        )
        logged = context.house.ledger.access_log.write(access, found.teachers)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Taken(file, logged)


class _Found:
    """What is remembered of rows that are forgotten: how many, of whom, and where."""

    def __init__(self, flow: Flow) -> None:
        self.rows = 0
        self.teachers: set[str] = {*flow.teachers}
        self.places: set[str] = {*flow.places}


def _write(file: IO[bytes], form: str, asked: Asked, flow: Flow, found: _Found) -> None:
    encode = msgspec.json.Encoder().encode
    with tempfile.TemporaryDirectory(prefix="xuefen-export-") as folder:
        made = sheet(form, file, flow.columns, Path(folder))
        try:
            for row, place in flow.rows:
                found.rows += 1
                if found.rows > ROWS_MAX:
                    raise _too_many()
                found.teachers.update(each.decode() for each in TEACHER.findall(encode(row)))
                if place is not None:
                    found.places.add(str(place))
                made.row(row)
        finally:
            made.close(_about(asked, flow, found))


def _about(asked: Asked, flow: Flow, found: _Found) -> dict[str, Any]:
    told: dict[str, Any] = {
        "内容 what": asked.what,
        "账本位置 position": str(flow.position),
        "事实截止日 effective": str(asked.effective or ""),
        "行数 rows": str(found.rows),
        "个人信息 personal data": "clear" if asked.clear else "masked",
    }
    return told | {f"条件 {name}": value for name, value in asked.filters.items()}


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    made = sha256()
    while chunk := file.read(CHUNK_BYTES):
        made.update(chunk)
    return made.hexdigest()


def _too_many() -> Fault:
    return Fault(
        "TOO_MANY_ROWS",
        zh=f"导出超过 {ROWS_MAX} 行，请按属地、学校、学期等条件分次导出",
        en=f"the export has more than {ROWS_MAX} rows; narrow it by place, school or term",
        field="filters",
    )
