"""Reconciling from the command line: a sheet held against the ledger, and put on record if asked.

The exit code says how it ended: 0 all lines are equal, 1 some differ and each has its causes, 4
something has no cause, could not be read or was wrongly added up, 2 nothing was compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from api.choice import MappingFile, SavedMapping, mapping_in, write_mapping
from api.column import Columns, meant
from api.command_export import reading_house
from api.reconcile_print import misadded, print_result
from api.report_file import require_form, write_report
from api.terminal import (
    DAY,
    NOT_RIGHT,
    Json,
    name_of,
    settings_of,
    stop,
)
from ledger.claim import Measure, Terms, require_terms
from ledger.claimed import GRAINS
from ledger.command import Asker, Role
from ledger.cycle import Unit
from ledger.event import Channel
from ledger.heading import propose
from ledger.intake import Reconcile
from ledger.joining import joined, named, together, years_of
from ledger.mapping import Form, Mapping, MappingSaved
from ledger.names import JurisdictionId, LedgerId, ReconciliationId
from ledger.reading import read
from ledger.sheet import Grid
from ledger.store.container import BYTES_MAX
from ledger.store.result import spent_as
from ledger.store.workbook import read_workbook
from projections.desk import Held, encoded, held, inside
from projections.hindsight import with_hindsight
from projections.moment import day_judged
from schema.context import Context, House, place_titles
from schema.desk import about, log_trial
from schema.sheet import SheetMappingInput, chosen, mappings_of

UNEXPLAINED = 4


class SheetForm(Enum):
    """What a row of the sheet says."""

    CREDITS = "credits"
    TOTALS = "totals"


File = Annotated[Path, typer.Argument(help="The sheet: .xlsx, .xls, .ods or .csv.")]
Bureau = Annotated[str, typer.Option(metavar="NAME", help="Whose list it is: 330381.")]
RowsOf = Annotated[SheetForm, typer.Option(help="A row a credit, or a row a person.")]
AsOf = Annotated[int | None, typer.Option(min=1, help="As the ledger knew it at this position.")]
Seen = Annotated[
    int | None, typer.Option(min=1, help="Look up to this position for what came only later.")
]
Effective = Annotated[date | None, typer.Option(help="Only what was true by this day.", **DAY)]
SheetDay = Annotated[date | None, typer.Option(help="The day of the sheet.", **DAY)]
Tabs = Annotated[
    list[str] | None,
    typer.Option("--tab", metavar="NAME", help="Read this tab; may be repeated; '*' is all."),
]
First = Annotated[date | None, typer.Option(help="Trainings completed from this day on.", **DAY)]
Last = Annotated[date | None, typer.Option(help="Trainings completed by this day.", **DAY)]
Counted = Annotated[bool, typer.Option("--counted", help="Compare what counts after caps.")]
Hours = Annotated[bool, typer.Option("--hours", help="Compare hours, not credits.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report.")]
Commit = Annotated[str | None, typer.Option(metavar="NAME", help="Record it under this name.")]
Again = Annotated[str, typer.Option(help="Why the same file comes once more.")]
Actor = Annotated[str, typer.Option(metavar="NAME", help="Who does it.")]


@dataclass(frozen=True)
class _Way:
    """How a sheet is to be read: what is said of its tabs and columns, or a file that says all."""

    tabs: list[str]
    columns: list[str] | None
    given: SheetMappingInput | None
    saved_to: Path | None

    def mapping(self, grid: Grid, form: Form, saved: list[MappingSaved]) -> Mapping:
        """As the file says, or by the tabs that are named, or as proposed."""
        if self.given is not None and self.tabs:
            zh, en = (
                "--mapping 已写明工作表，不能再用 --tab。",
                "--mapping names the tabs; no --tab.",
            )
            raise stop("MAPPING_UNFIT", zh, en)
        if self.given is not None:
            whole = chosen(grid, form, saved, self.given)
        else:
            found = propose(grid, form, saved)
            tabs = named(found, self.tabs) if self.tabs else together(found)
            whole = joined(tabs, found)
        mapping = meant(whole, self.columns)
        if self.saved_to is not None:
            # Before it is read: it is needed most where nothing can be compared.
            write_mapping(self.saved_to, mapping)
        return mapping


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """On what terms a sheet is compared, before the ledger is open."""

    place: JurisdictionId
    form: Form
    as_of: int
    seen: int | None
    effective: date | None
    measure: Measure
    unit: Unit
    sheet_day: date | None
    way: _Way
    first: date | None
    last: date | None

    def terms(self, house: House, mapping: Mapping) -> Terms:
        """The same of a sheet, as of a ledger. Stops for a position that it has not reached."""
        feed = house.ledger.feed
        head, most = feed.head(), max(self.as_of, self.seen or 0)
        if most > head:
            raise stop(
                "BEYOND_HEAD",
                f"位置 {most} 超出账本末尾 {head}。",
                f"Position {most} lies beyond the head, {head}.",
            )
        position, today = self.as_of or None, house.ledger.today()
        terms = Terms(
            grain=GRAINS[self.form],
            place=self.place,
            position=self.as_of,
            day=day_judged(feed, today, effective=self.effective, position=position),
            effective=self.effective,
            seen=self.seen,
            measure=self.measure,
            unit=self.unit,
            sheet_day=self.sheet_day,
            first=self.first,
            last=self.last,
            years=years_of(mapping),
        )
        require_terms(terms, head)
        return terms


def reconcile(
    context: typer.Context,
    file: File,
    bureau: Bureau,
    form: RowsOf = SheetForm.CREDITS,
    as_of: AsOf = None,
    seen: Seen = None,
    effective: Effective = None,
    sheet_day: SheetDay = None,
    tab: Tabs = None,
    column: Columns = None,
    mapping: MappingFile = None,
    save_mapping: SavedMapping = None,
    first: First = None,
    last: Last = None,
    counted: Counted = False,
    hours: Hours = False,
    report: Report = None,
    commit: Commit = None,
    again: Again = "",
    actor: Actor = "staff:operator",
    as_json: Json = False,
) -> None:
    """Hold a bureau's list of credits against the ledger. 用本地名册对账。

    Exit code 0: all equal; 1: each difference has its causes; 4: some have none; 2: not compared.
    """
    require_form(report)
    asked = _Asked(
        place=JurisdictionId(str(name_of(bureau, "jurisdiction"))),
        form=Form(form.name),
        as_of=as_of or 0,
        seen=seen,
        effective=effective,
        measure=Measure.EFFECTIVE if counted else Measure.RECOGNISED,
        unit=Unit.HOURS if hours else Unit.CREDITS,
        sheet_day=sheet_day,
        way=_Way(tab or [], column, mapping_in(mapping), save_mapping),
        first=first,
        last=last,
    )
    with reading_house(settings_of(context)) as house:
        told = Context(house=house, asker=_asker(actor))
        found = _done(told, file, asked, commit, again, report)
    raise typer.Exit(_ended(found, as_json))


def _done(
    told: Context,
    file: Path,
    asked: _Asked,
    commit: str | None,
    again: str,
    report: Path | None,
) -> Held:
    data = _data(file)
    found = _held(told.house, data, file.name, asked)
    log_trial(told, found, f"file {found.sha256}")
    if commit is not None:
        _commit(told, found, data, file.name, asked.form, commit, again)
    if report is not None:
        write_report(told, report, found)
    return found


def _held(house: House, data: bytes, name: str, asked: _Asked) -> Held:
    places = place_titles(house)
    if str(asked.place) not in places:
        raise stop("UNKNOWN_REFERENCE", f"没有属地 {asked.place}。", f"There is no {asked.place}.")
    grid = read_workbook(data, name)
    mapping = asked.way.mapping(grid, asked.form, mappings_of(house, asked.place))
    reading = read(grid, mapping)
    return with_hindsight(
        house.ledger.feed,
        asked.terms(house, mapping),
        lambda terms: held(
            house.reader,
            house.rules,
            house.ledger.vault,
            reading,
            terms,
            inside(asked.place, places),
            sha256=sha256(data).hexdigest(),
            bytes=len(data),
            **about(grid, mapping),
        ),
    )


def _data(file: Path) -> bytes:
    try:
        if file.stat().st_size > BYTES_MAX:
            raise stop("FILE_TOO_LARGE", f"文件超过 {BYTES_MAX} 字节。", f"Over {BYTES_MAX} bytes.")
        return file.read_bytes()
    except OSError as error:
        zh, en = f"无法读取 {file}。", f"{file} cannot be read: {error.strerror}."
        raise stop("FILE_CLOSED", zh, en) from None


def _asker(actor: str) -> Asker:
    name = str(name_of(actor))
    scope = LedgerId("ledger:xuefen")
    return Asker(actor=name, role=Role.OPERATOR, scope=scope, channel=Channel.CONSOLE)


def _commit(
    told: Context, found: Held, data: bytes, name: str, form: Form, commit: str, again: str
) -> None:
    ledger, asker = told.house.ledger, told.asker
    ticket = ledger.uploads.open(asker, name=name, bytes_=len(data), form=form)
    upload = ledger.uploads.claim(asker, ticket.secret)
    assert upload is not None
    taken = ledger.uploads.receive(asker, upload, data)
    compared, place = found.compared, found.comparison.terms.place
    token = ledger.results.put(asker, taken.id, place, compared.digest, encoded(found))
    ledger.results.keep(token)
    command = Reconcile(
        reconciliation=ReconciliationId(str(name_of(commit, "reconciliation"))),
        place=place,
        compared=compared,
        lines=found.differing,
        trial=spent_as(token),
        again=again,
    )
    [outcome] = ledger.ask([command], asker).outcomes
    if not outcome.accepted:
        said = outcome.refusals[0]
        raise stop(said.code, said.zh, said.en)


def _ended(found: Held, as_json: bool) -> int:
    print_result(found, as_json)
    compared = found.compared
    if found.comparison.unexplained or compared.faults or found.doubtful or misadded(found):
        return UNEXPLAINED
    return NOT_RIGHT if found.differing else 0
