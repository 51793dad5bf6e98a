"""Regulations from the command line: documents and rules, clause by clause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

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
from ledger.adoption import AdoptRegulation
from ledger.command import Ask, Asker, Refusals, Refused, Role, settle
from ledger.day import in_shanghai
from ledger.document import DOCUMENT_CHARACTERS_MAX, Document, DraftFormat, parse
from ledger.fault import Fault
from ledger.names import DocumentId, JurisdictionId, Name, TermId
from ledger.register import JurisdictionRegistered
from ledger.regulation import KINDS, RegulationAdopted, Rule, Rulebook
from ledger.store.feed import Filter
from projections.kind import rule_kinds
from projections.regulation import Listed, latest, on_day, page

# No character takes more than four bytes.
DRAFT_BYTES_MAX = 4 * DOCUMENT_CHARACTERS_MAX

Shelf = list[tuple[str, RegulationAdopted, list[Rule]]]


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
    term: Annotated[
        str | None, typer.Option(metavar="TERM", help="Rules of one term, or of none: 2024H1.")
    ] = None,
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

    As adopted in the ledger, or with --files as they come with the program; each rule as it is on
    the day, or its latest version. On days in doubt it is marked with a question mark.
    """
    if context.invoked_subcommand is not None:
        return
    wanted = str(name_of(document, "document")) if document else None
    where = name_of(place, "jurisdiction") if place else None
    _check_kind(kind)
    book = _book(context, files, where)
    shelf = _shelf(book, _rules(book, on, where, term), wanted)
    if layout is Layout.MARKDOWN:
        _print_pages(book, [name for name, _, _ in shelf])
        return
    chosen = [
        (head, [rule for rule in rules if kind in (None, rule.kind)]) for _, head, rules in shelf
    ]
    found = [(head, rules) for head, rules in chosen if rules]
    if as_json:
        print_json(msgspec.to_builtins(rule, enc_hook=str) for _, rules in found for rule in rules)
        return
    _show_all(found)


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise _unknown("KIND", f"没有条款种类 {kind}。", f"There is no kind of rule {kind}.")


def _book(context: typer.Context, files: bool, where: Name | None) -> Rulebook:
    """The rules of the files or of the ledger, where the place is known there."""
    if files:
        book, known = known_rules(), where is None or where in founded_places()
    else:
        with open_books(settings_of(context)) as books:
            book = books.rules.now()
            entered = Filter(types=(JurisdictionRegistered.NAME,), tags=(str(where),))
            known = where is None or bool(books.feed.page(entered, 1))
    if not known:
        raise _unknown("PLACE", f"没有属地 {where}。", f"There is no {where}; one is 330381.")
    return book


def _rules(book: Rulebook, on: date | None, where: Name | None, term: str | None) -> Sequence[Rule]:
    """The rules on a day or the latest of each, for a place along its chain and of a term."""
    bound = TermId(str(name_of(term, "term"))) if term else None
    if bound is not None and bound.value not in book.terms:
        raise _unknown("TERM", f"没有 {term} 的条款。", f"No rule is of the term {term}.")
    place = where if isinstance(where, JurisdictionId) else None
    return latest(book, place, bound) if on is None else on_day(book, on, place, bound)


def _shelf(book: Rulebook, rules: Sequence[Rule], wanted: str | None) -> Shelf:
    """The documents, or the one wanted, with their rules on the day or the latest of each."""
    if wanted is not None and wanted not in book.documents:
        known = " ".join(book.documents)
        zh, en = f"没有文件 {wanted}，现有：{known}。", f"There is no {wanted}; there are: {known}."
        raise _unknown("DOCUMENT", zh, en)
    return [
        (str(name), head, [rule for rule in rules if rule.document == name])
        for name, head in book.documents.items()
        if wanted in (None, name)
    ]


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
    draft = read_draft(file)
    where = name_of(place, "jurisdiction") if place else draft.place
    obstacles = _obstacles(draft, where, _adopted(context) if ledger else known_rules())
    for each in obstacles:
        tell(each.zh, f"{each.en} [{each.code}] ({each.field})")
    if obstacles:
        raise typer.Exit(NOT_RIGHT)
    typer.echo(f"{draft.id} {len(draft.rules)} 条 (rules), sha256 {draft.sha256}")


@group.command("kinds")
def list_kinds(
    kind: Annotated[str | None, typer.Argument(help="One of them: absence-limit.")] = None,
    as_json: Json = False,
) -> None:
    """The kinds of rules that a draft may hold, with scopes and parameters. 草案可用的条款种类。"""
    _check_kind(kind)
    found = [each for each in rule_kinds() if kind in (None, each.kind)]
    if as_json:
        print_json(msgspec.to_builtins(each) for each in found)
        return
    out = console()
    for each in found:
        marks = ", province only" * each.provincial + ", several side by side" * each.many
        out.print(Text(f"{each.kind}{marks}", style="bold"))
        out.print(f"  {each.zh}\n  {each.en}")
        out.print(f"  scope: {', '.join(each.scope) or '-'}")
        for one in each.parameters:
            need = "" if one.required else ", optional"
            words = f": {' '.join(one.words)}" if one.words else ""
            out.print(Text(f"  {one.name} = {one.written}{need}; laxer: {one.laxer}{words}"))


def read_draft(file: Path) -> Document:
    """The draft in a file. Ends with 2 where it cannot be read, with 1 where it has a fault."""
    try:
        # The line ends stay as they are: what is checked is what would be adopted.
        with file.open("rb") as opened:
            read = opened.read(DRAFT_BYTES_MAX + 1)
        if len(read) > DRAFT_BYTES_MAX:
            en = f"{file} is longer than a draft can be ({DRAFT_BYTES_MAX} bytes)"
            raise stop("DRAFT_UNREADABLE", f"{file} 超过 {DRAFT_BYTES_MAX} 字节", en)
        text = read.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise stop(
            "DRAFT_UNREADABLE", f"读不了 {file}：{error}", f"Cannot read {file}: {error}"
        ) from None
    form = DraftFormat.JSON if file.suffix == ".json" else DraftFormat.TOML
    try:
        return parse(text, file.name, form)
    except Fault as fault:
        raise stop(fault.code, fault.zh, f"{fault.en} ({fault.field})", NOT_RIGHT) from None


def _obstacles(draft: Document, where: Name, rules: Rulebook) -> list[Refused]:
    command = AdoptRegulation(document=draft)
    command.known = draft.id in rules.documents
    command.placed = draft.place in founded_places()
    asker = Asker(actor="staff:draft", role=Role.BUREAU, scope=where)
    command.ask = Ask(on=in_shanghai(datetime.now(UTC)), asker=asker, rules=rules)
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


def _show_all(found: list[tuple[RegulationAdopted, list[Rule]]]) -> None:
    if not found:
        tell_nothing_found()
    out = console()
    for head, rules in found:
        _show(out, head, rules)


def _unknown(what: str, zh: str, en: str) -> typer.Exit:
    return stop(f"UNKNOWN_{what}", zh, en, NOT_RIGHT)


def _show(out: Console, head: RegulationAdopted, rules: Iterable[Rule]) -> None:
    issued = head.issued or f"{head.year}"
    out.print(Text(f"{head.number} {head.title_zh} / {head.title_en}", style="bold"))
    out.print(f"{head.authority_zh} / {head.authority_en}, {head.place}, {issued}")
    for rule in rules:
        doubt = "?" if isinstance(rule, Listed) and not rule.certain else ""
        until = f"–{rule.until}" if rule.until else ""
        days = f"{rule.since}{until}{doubt}" if rule.since else f"term{doubt}"
        mark = ", external" if rule.external else ""
        if isinstance(rule, Listed) and rule.prevails is False:
            mark += "; 另有条款优先 (another one prevails)"
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
