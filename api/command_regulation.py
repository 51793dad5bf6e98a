"""Regulations from the command line: documents and rules, clause by clause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from api.books import open_books
from api.places import founded_places
from api.simulate_calendar import known_rules
from api.terminal import (
    DAY,
    NOT_RIGHT,
    Json,
    console,
    name_of,
    print_json,
    settings_of,
    stop,
    tell,
    tell_nothing_found,
)
from ledger.command import Ask, Asker, Refusals, Refused, Role, settle
from ledger.document import AdoptRegulation, Document, DraftFormat, parse
from ledger.fault import Fault
from ledger.names import DocumentId, JurisdictionId, Name
from ledger.register import JurisdictionRegistered
from ledger.regulation import KINDS, RegulationAdopted, Rule, Rulebook
from ledger.store.feed import Filter
from ledger.store.founding import documents
from projections.regulation import page

Head = Document | RegulationAdopted
Shelf = list[tuple[str, Head, list[Rule]]]


class Layout(Enum):
    """How the regulations are laid out."""

    TEXT = "text"
    MARKDOWN = "markdown"


group = typer.Typer(help="The regulations, and drafts of them. 政策文件与草案。")


@group.callback(invoke_without_command=True)
def regulations(
    context: typer.Context,
    document: Annotated[
        str | None, typer.Option(metavar="ID", help="One document: document:zj24, or zj24.")
    ] = None,
    place: Annotated[
        str | None, typer.Option(metavar="CODE", help="Rules that reach this place: 330381.")
    ] = None,
    on: Annotated[date | None, typer.Option(help="Rules in force on this day.", **DAY)] = None,
    kind: Annotated[str | None, typer.Option(help="Rules of one kind: absence-limit.")] = None,
    files: Annotated[
        bool, typer.Option("--files", help="The files that come with the program; no ledger.")
    ] = False,
    as_json: Json = False,
    layout: Annotated[
        Layout,
        typer.Option("--format", help="markdown: whole documents, with what the system does."),
    ] = Layout.TEXT,
) -> None:
    """Show the regulations, clause by clause. 逐条查看政策文件。

    As adopted in the ledger, or with --files as they come with the program. A rule whose first
    day no document states is marked with a question mark on the days in doubt.
    """
    if context.invoked_subcommand is not None:
        return
    wanted = str(name_of(document, "document")) if document else None
    where = name_of(place, "jurisdiction") if place else None
    _check_kind(kind)
    shelf = _shelf(context, files, where, wanted)
    if layout is Layout.MARKDOWN:
        names = [name for name, _, _ in shelf if wanted in (None, name)]
        _print_pages(known_rules() if files else _adopted(context), names)
        return
    chosen = [
        (head, [rule for rule in rules if _fits(rule, where, on, kind)])
        for name, head, rules in shelf
        if wanted in (None, name)
    ]
    found = [(head, rules) for head, rules in chosen if rules]
    if as_json:
        print_json(msgspec.to_builtins(rule, enc_hook=str) for _, rules in found for rule in rules)
        return
    _show_all(found, on)


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise _unknown("KIND", f"没有条款种类 {kind}。", f"There is no kind of rule {kind}.")


def _shelf(context: typer.Context, files: bool, where: Name | None, wanted: str | None) -> Shelf:
    """The documents of the ledger or of the files, where place and document are known."""
    shelf, known_place = _from_files(where) if files else _from_ledger(context, where)
    if not known_place:
        raise _unknown("PLACE", f"没有属地 {where}。", f"There is no {where}; one is 330381.")
    if wanted is not None and wanted not in {name for name, _, _ in shelf}:
        known = " ".join(name for name, _, _ in shelf)
        zh, en = f"没有文件 {wanted}，现有：{known}。", f"There is no {wanted}; there are: {known}."
        raise _unknown("DOCUMENT", zh, en)
    return shelf


@group.command("check")
def check_draft(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The draft, .toml or .json. 草案文件。")],
    place: Annotated[
        str | None, typer.Option(metavar="CODE", help="The place that is to adopt it: 330381.")
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Against the ledger's rules, not the program's files.")
    ] = False,
) -> None:
    """Check a draft of a regulation; nothing is adopted. 检查草案，不予采纳。

    Ends with 0 where it could be adopted, 1 where it could not, 2 where it cannot be read.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise stop(
            "DRAFT_UNREADABLE", f"读不了 {file}：{error}", f"Cannot read {file}: {error}"
        ) from None
    form = DraftFormat.JSON if file.suffix == ".json" else DraftFormat.TOML
    try:
        draft = parse(text, file.name, form)
    except Fault as fault:
        raise stop(fault.code, fault.zh, f"{fault.en} ({fault.field})", NOT_RIGHT) from None
    where = name_of(place, "jurisdiction") if place else draft.place
    obstacles = _obstacles(draft, where, _adopted(context) if ledger else known_rules())
    for each in obstacles:
        tell(each.zh, f"{each.en} [{each.code}] ({each.field})")
    if obstacles:
        raise typer.Exit(NOT_RIGHT)
    typer.echo(f"{draft.id} {len(draft.rules)} 条 (rules), sha256 {draft.sha256}")


def _obstacles(draft: Document, where: Name, rules: Rulebook) -> list[Refused]:
    command = AdoptRegulation(document=draft)
    command.known = draft.id in rules.documents
    command.placed = draft.place in founded_places()
    asker = Asker(actor="staff:draft", role=Role.BUREAU, scope=where)
    command.ask = Ask(on=draft.certain_from, asker=asker, rules=rules)
    try:
        settle(command)
    except Refusals as refusals:
        return refusals.refusals
    return []


def _print_pages(book: Rulebook, names: list[str]) -> None:
    for name in names:
        shown = page(book, DocumentId(name))
        typer.echo(shown.markdown if shown else "")


def _adopted(context: typer.Context) -> Rulebook:
    with open_books(settings_of(context)) as books:
        return books.rules.now()


def _show_all(found: list[tuple[Head, list[Rule]]], on: date | None) -> None:
    if not found:
        tell_nothing_found()
    out = console()
    for head, rules in found:
        _show(out, head, rules, on)


def _unknown(what: str, zh: str, en: str) -> typer.Exit:
    return stop(f"UNKNOWN_{what}", zh, en, NOT_RIGHT)


def _from_ledger(context: typer.Context, where: Name | None) -> tuple[Shelf, bool]:
    """The documents adopted, and whether the place takes part."""
    with open_books(settings_of(context)) as books:
        book = books.rules.now()
        entered = Filter(types=(JurisdictionRegistered.NAME,), tags=(str(where),))
        known = where is None or bool(books.feed.page(entered, 1))
    shelf: Shelf = [
        (str(name), head, [rule for rule in book.rules.values() if rule.document == name])
        for name, head in book.documents.items()
    ]
    return shelf, known


def _from_files(where: Name | None) -> tuple[Shelf, bool]:
    shelf: Shelf = [(str(each.id), each, list(each.rules)) for each in documents()]
    return shelf, where is None or where in founded_places()


def _fits(rule: Rule, where: Any, on: date | None, kind: str | None) -> bool:
    reaches = not isinstance(where, JurisdictionId) or rule.place in where.chain
    return reaches and kind in (None, rule.kind) and (on is None or _in_force(rule, on))


def _in_force(rule: Rule, day: date) -> bool:
    """Certainly or perhaps; a rule bound to a term holds on any day."""
    first = rule.uncertain_from or rule.since
    return (first is None or first <= day) and (rule.until is None or day <= rule.until)


def _show(out: Console, head: Head, rules: Iterable[Rule], on: date | None) -> None:
    issued = head.issued or f"{head.year}"
    out.print(Text(f"{head.number} {head.title_zh} / {head.title_en}", style="bold"))
    out.print(f"{head.authority_zh} / {head.authority_en}, {head.place}, {issued}")
    for rule in rules:
        doubt = "?" if on is not None and rule.since is not None and on < rule.since else ""
        until = f"–{rule.until}" if rule.until else ""
        days = f"{rule.since}{until}{doubt}" if rule.since else "term"
        mark = ", external" if rule.external else ""
        out.print(
            Text(f"  {rule.id} {rule.clause}", style="bold"),
            f" {rule.kind}, {rule.use.value}, {rule.strength.value}, {days}{mark}",
        )
        out.print(f"    {rule.zh}")
        out.print(f"    {rule.en}")
        for label, values in (("scope", rule.scope), ("parameters", rule.parameters)):
            if values:
                said = ", ".join(f"{key} {_value(value)}" for key, value in values.items())
                out.print(f"    {label}: {said}")


def _value(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
