"""A sheet loaded from the command line: shown row by row, and taken in only where asked to."""

from __future__ import annotations

import asyncio
from datetime import date
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from api.choice import MappingFile, SavedMapping, mapping_in, write_mapping
from api.column import Columns, meant
from api.house import open_house
from api.load_print import print_commit, print_load, print_unfinished
from api.marked_load import marked_load
from api.report_file import require_free, write_new
from api.terminal import (
    DAY,
    NOT_RIGHT,
    Json,
    console,
    name_of,
    settings_of,
    stop,
    table,
    tell,
)
from ledger.command import Asker, Role
from ledger.event import Channel
from ledger.mapping import Form
from ledger.names import JurisdictionId, Name, ProviderId, SchoolId
from ledger.store.load import LoadHead, LoadOptions
from ledger.store.ticket import Upload
from schema.carrying import Commit
from schema.context import Context, House
from schema.load import dry_run, take_in
from schema.term_sheet import passed_over

ROLES = {
    JurisdictionId.kind: Role.BUREAU,
    SchoolId.kind: Role.SCHOOL,
    ProviderId.kind: Role.PROVIDER,
}
SHOWN_MAX = 50


class LoadForm(Enum):
    """What a row of a sheet that can be loaded says; the others are compared (``reconcile``)."""

    TEACHERS = "teachers"
    RESULTS = "results"
    SCHOOL_BASED = "school_based"
    BALANCES = "balances"
    TERM = "term"


FATE_ZH = {
    "NEW": "新增",
    "CHANGE": "变更",
    "UNCHANGED": "不变",
    "ANOMALY": "异常",
    "REFUSED": "拒绝",
}
HEADERS_ZH = ("行", "结果", "教师", "说明")


def _class(name: str | None) -> str | None:
    return None if name is None else str(name_of(name, "offering"))


Sheet = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="The sheet. 表格。")
]
Says = Annotated[LoadForm | None, typer.Option(case_sensitive=False, help="What a row says.")]
Whose = Annotated[
    str, typer.Option("--for", metavar="NAME", help="Whose sheet: 330381, school:…, provider:…")
]
Actor = Annotated[str, typer.Option(metavar="NAME", help="Who loads it, such as staff:0042.")]
Do = Annotated[bool, typer.Option("--commit", help="Take it in; else only show.")]
Leave = Annotated[
    bool, typer.Option("--leave-refused", help="Take in the rest where rows are refused.")
]
Resume = Annotated[
    str | None, typer.Option(metavar="TOKEN", help="Commit what was shown; no sheet is given.")
]
Full = Annotated[bool, typer.Option("--full", help="The list names everybody.")]
Since = Annotated[date | None, typer.Option(help="From when moves hold that state no day.", **DAY)]
Until = Annotated[date | None, typer.Option(help="Balances are as of this day.", **DAY)]
Origin = Annotated[str | None, typer.Option(help="The platform that balances come from.")]
Class = Annotated[
    str | None,
    typer.Option(metavar="NAME", callback=_class, help="The class that results are of."),
]
Source = Annotated[
    str | None, typer.Option(help="Report as facts of this other system, for the place.")
]
On = Annotated[date | None, typer.Option(help="The day when what is reported happened.", **DAY)]
Unfinished = Annotated[
    bool, typer.Option("--unfinished", help="List what began and has not ended; load nothing.")
]
Out = Annotated[
    Path | None, typer.Option("--marked", help="Write the sheet with its errors marked here.")
]


def load(
    context: typer.Context,
    party: Whose,
    file: Sheet = None,
    form: Says = None,
    actor: Actor = "staff:console",
    commit: Do = False,
    leave_refused: Leave = False,
    resume: Resume = None,
    full: Full = False,
    since: Since = None,
    until: Until = None,
    origin: Origin = None,
    offering: Class = None,
    source: Source = None,
    on: On = None,
    out: Out = None,
    column: Columns = None,
    mapping: MappingFile = None,
    save_mapping: SavedMapping = None,
    unfinished: Unfinished = False,
    as_json: Json = False,
) -> None:
    """Show what a sheet leads to, and take it in with --commit. 载入表格，先试运行。

    Ends with 0 where every row is right, 1 where rows are refused or the ledger moved, 2 where the
    file cannot be read. What broke off is unfinished until --resume. See docs/sheets.md.
    """
    whose = _party(party)
    if out is not None:
        require_free(out)
    asker = _asker(whose, actor, reports=source is not None)
    of: dict[str, Any] = {"origin": origin, "source": source, "offering": offering, "on": on}
    options = LoadOptions(party=str(whose), full=full, since=since, until=until, **of)
    with open_house(settings_of(context)) as house:
        asked = Context(house=house, asker=asker)
        if unfinished:
            print_unfinished(asked, as_json=as_json)
        elif resume is not None:
            _commit(asked, resume, leave_refused=leave_refused, as_json=as_json)
        else:
            head = _shown(asked, file, form and Form[form.name], options, mapping, column)
            _saved(save_mapping, head)
            _show(asked, head, out, as_json=as_json)
            _finish(asked, head, commit=commit, leave_refused=leave_refused, as_json=as_json)


def _asker(whose: Name, actor: str, *, reports: bool) -> Asker:
    role = Role.INTEGRATOR if reports else ROLES[whose.kind]
    return Asker(actor=str(name_of(actor)), role=role, scope=whose, channel=Channel.IMPORT)


def _shown(
    context: Context,
    file: Path | None,
    form: Form | None,
    options: LoadOptions,
    mapping: Path | None,
    columns: list[str] | None,
) -> LoadHead:
    if file is None or form is None:
        raise stop(
            "SHEET_MISSING",
            "须给出表格和 --form，或用 --resume 给出试运行凭据。",
            "Give a sheet and --form, or the token of a dry run with --resume.",
        )
    given = mapping_in(mapping)
    upload = _given_up(context.house, context.asker, file, form)
    mended = partial(meant, given=columns)
    return asyncio.run(dry_run(context, upload, options, given, mended))


def _saved(file: Path | None, head: LoadHead) -> None:
    if file is not None:
        write_mapping(file, head.mapping)


def _finish(
    context: Context, head: LoadHead, *, commit: bool, leave_refused: bool, as_json: bool
) -> None:
    if commit and (leave_refused or not head.what.left):
        _commit(context, str(head.load), leave_refused=leave_refused, as_json=as_json)
    elif head.what.left:
        _stay_out(head, commit=commit, as_json=as_json)


def _stay_out(head: LoadHead, *, commit: bool, as_json: bool) -> None:
    """Ends where rows are refused: nothing was written."""
    if commit and as_json:
        print_commit(Commit(position=head.what.position, complete=False, batches=head.batches,
                           committed=0))  # fmt: skip
    elif commit:
        tell("有行被拒绝，没有写入任何内容。", "Rows are refused; nothing was written.")
    raise typer.Exit(NOT_RIGHT)


def _commit(context: Context, token: str, *, leave_refused: bool, as_json: bool) -> None:
    head, done = asyncio.run(take_in(context, token, leave_refused=leave_refused))
    if not as_json:
        _tell_done(head, done)
    else:
        print_commit(done)
    if not done.complete:
        raise typer.Exit(NOT_RIGHT)


def _party(text: str) -> Name:
    found = name_of(text, None if ":" in text else "jurisdiction")
    if found.kind not in ROLES:
        raise stop(
            "BAD_PARTY",
            f"{found} 不是教育局、学校或培训机构。",
            f"{found} is no bureau, school or provider.",
        )
    return found


def _given_up(house: House, asker: Asker, file: Path, form: Form) -> Upload:
    data = file.read_bytes()
    uploads = house.ledger.uploads
    ticket = uploads.open(asker, name=file.name, bytes_=len(data), form=form)
    upload = uploads.claim(asker, ticket.secret)
    assert upload is not None
    return uploads.receive(asker, upload, data)


def _show(context: Context, head: LoadHead, out: Path | None, *, as_json: bool) -> None:
    if out is not None:
        made = marked_load(context, head)
        assert made is not None  # what was given up just now is there
        write_new(out, made)
    what, loads = head.what, context.house.ledger.loads
    if as_json:
        print_load(context, head)
        return
    rows, _ = loads.page(context.asker, head.load, SHOWN_MAX, 0, None)
    tell(
        f"共 {what.rows} 行：新增 {what.new}，变更 {what.changed}，不变 {what.unchanged}，"
        f"异常 {what.anomalies}，拒绝 {what.left}（位置 {what.position}）。",
        f"{what.rows} rows: {what.new} new, {what.changed} changed, {what.unchanged} unchanged, "
        f"{what.anomalies} anomalies, {what.left} refused (position {what.position}).",
    )
    skipped = passed_over(context, head) or []
    if skipped:
        some = "、".join(each.spot.zh for each in skipped[:SHOWN_MAX])
        tell(
            f"另有 {len(skipped)} 行视为合计、说明或重复的表头，未读入：{some}",
            f"{len(skipped)} more rows are taken for totals, remarks or repeated headers and are "
            f"not read: {', '.join(each.spot.en for each in skipped[:SHOWN_MAX])}",
        )
    tell(f"试运行凭据：{head.load}", f"The token of this dry run: {head.load}")
    shown = table(*HEADERS_ZH)
    for row in rows:
        said = "；".join(each.zh for each in row.said)
        shown.add_row(
            f"{row.tab} {row.row}".strip(), FATE_ZH[row.fate.value], row.teacher or "", said
        )
    console().print(shown)


def _tell_done(head: LoadHead, done: Commit) -> None:
    if done.complete:
        tell(f"已全部载入，位置 {done.position}。", f"All is in, at position {done.position}.")
        return
    if done.moved:
        some = ", ".join(map(str, done.moved[:SHOWN_MAX]))
        tell(
            f"账本已变动，没有写入；请重新试运行。有变化的行：{some}",
            f"The ledger moved and nothing was written; make a new dry run. Rows: {some}",
        )
    if done.refused and done.committed:
        tell(
            f"载入未完成：{done.batches} 批中已写入 {done.committed} 批。用 --resume {head.load} "
            "继续，或停止它（endLoad）。",
            f"The load is unfinished: {done.committed} of {done.batches} batches are in. Go on "
            f"with --resume {head.load}, or stop it (endLoad).",
        )
    for row, each in done.refused[:SHOWN_MAX]:
        tell(f"第 {row} 行：{each.zh}", f"Row {row}: {each.en} [{each.code}]")
