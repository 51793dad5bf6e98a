"""Checks of the bureau's desk: sign-offs, reconciliations and loads, each proved from the ledger.

What was signed is summed up again at its position. A result is made again from its sealed file and
its mapping at its position. The rows of a load are held against its events. The last two need the
key of the vault; without it nothing that lies sealed is looked at. What an erasure destroyed is
noted as such, where an event says so, and as far as something is left that is still proved.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from ledger.command import Command
from ledger.comparison import digest
from ledger.erasure import FilesErased
from ledger.event import Entry
from ledger.fault import Fault
from ledger.load import Fate, LoadBegun, Loaded, LoadEnded
from ledger.names import Name
from ledger.reading import read
from ledger.reconciliation import DifferencesFound, SheetCompared
from ledger.sign_off import PeriodSignedOff
from ledger.store.answer import Answer
from ledger.store.feed import Filter
from ledger.store.kept import Kept, KeptLoad
from ledger.store.load_row import StoredRow, commands_of
from ledger.store.trouble import Trouble
from ledger.store.workbook import read_workbook
from ledger.summary import period_of
from projections.desk import Held, decoded
from projections.drift import statement
from projections.inspection import Books, Problem, WholeCheck
from projections.level import Scope
from projections.proof import places_in, repeated
from projections.reader import Reader
from projections.snapshot import Snapshot
from projections.verdict import Rules

BROKEN = (Trouble, Fault, zlib.error, msgspec.MsgspecError, ValueError, LookupError)
COUNTS = {
    "new": Fate.NEW,
    "changed": Fate.CHANGE,
    "unchanged": Fate.UNCHANGED,
    "anomalies": Fate.ANOMALY,
    "left": Fate.REFUSED,
}


def _entries(books: Books, *types: str) -> list[Entry]:
    return list(books.feed.entries(Filter(types=types, before=books.upto + 1)))


def _erased(books: Books) -> set[str]:
    """The SHA-256 of the files, and the loads, that an erasure reached by what an event says."""
    found: set[str] = set()
    for entry in _entries(books, FilesErased.NAME):
        assert isinstance(entry.event, FilesErased)
        found |= {each.sha256 for each in entry.event.files} | {*map(str, entry.event.loads)}
    return found


def _rules(books: Books) -> Rules:
    return Rules(Reader(books.pool, books.feed))


class SignedOff(WholeCheck):
    """What was signed comes out again from the events up to its position."""

    name = "sign-offs"
    codes = ("SIGN_OFF_DIFFERS",)
    zh = "结账的合计与摘要可按当时的事件重算"
    en = "what was signed off comes out again from the events up to its position"

    def run(self, books: Books) -> Iterator[Problem]:
        entries, rules = _entries(books, PeriodSignedOff.NAME), _rules(books)
        for number, entry in enumerate(entries, start=1):
            event = entry.event
            assert isinstance(event, PeriodSignedOff)
            then: Any = Snapshot(books.feed, event.position, unbounded=True)
            scope = Scope(of=event.place, places=places_in(books.feed, event.place))
            period = period_of(event.year, event.kind)
            made, _ = statement(then, rules, scope, period, event.position)
            signed = (event.totals, event.sha256, event.root, event.findings_open)
            if signed != (made.totals, made.sha256, made.root, made.findings_open):
                yield self.problem(
                    "SIGN_OFF_DIFFERS",
                    f"{event.sign_off} 按位置 {event.position} 重算为 {made.sha256}，"
                    f"结账时为 {event.sha256}",
                    f"{event.sign_off} comes to {made.sha256} at position {event.position} and was "
                    f"signed as {event.sha256}",
                    entry.position,
                    str(event.sign_off),
                )
            books.told("sign-offs", number, len(entries))


class Reconciled(WholeCheck):
    """What was compared is the file that lies there, and comes out again."""

    name = "reconciliations"
    codes = ("SHEET_MISSING", "SHEET_ALTERED", "RESULT_DIFFERS", "RESULT_NOT_REPEATED")
    zh = "对账结果与封存的表格相符，并可按原位置重算"
    en = "what was reconciled fits its sealed sheet and comes out again at its position"

    def run(self, books: Books) -> Iterator[Problem]:
        if books.kept is None:
            return
        lines: dict[tuple[str, str], set[int]] = {}
        compared: list[Entry] = []
        for entry in _entries(books, SheetCompared.NAME, DifferencesFound.NAME):
            if isinstance(entry.event, DifferencesFound):
                own = (str(entry.event.reconciliation), entry.event.digest)
                lines.setdefault(own, set()).update(entry.event.lines)
            else:
                compared.append(entry)
        rules, erased = _rules(books), _erased(books)
        for number, entry in enumerate(compared, start=1):
            event = entry.event
            assert isinstance(event, SheetCompared)
            found = lines.get((str(event.reconciliation), event.comparison.digest), set())
            gone = event.comparison.sha256 in erased
            wrong = _wrong_result(books, rules, event, found, gone=gone)
            if wrong is not None:
                code, zh, en = wrong
                name = event.reconciliation
                yield self.problem(code, f"{name} {zh}", f"{name}: {en}", entry.position, str(name))
            books.told("reconciliations", number, len(compared))


def _wrong_result(
    books: Books, rules: Rules, event: SheetCompared, lines: set[int], *, gone: bool
) -> tuple[str, str, str] | None:
    """What is wrong with a result: code and sentences; ``None`` where nothing is.

    ``gone``: an event says that an erasure destroyed its file.
    """
    said, kept = event.comparison, books.kept
    assert kept is not None
    try:
        stored = kept.result(event)
        if stored is None:
            return "SHEET_MISSING", "的表格或结果已不在", "its sheet or its result is gone"
        held = decoded(stored.body)
    except BROKEN as error:
        return "SHEET_ALTERED", f"的表格或结果打不开：{error}", f"it cannot be opened: {error}"
    if stored.data is None and not gone:
        return "SHEET_MISSING", "的表格已不在", "its sheet is gone"
    if stored.data is not None and sha256(stored.data).hexdigest() != said.sha256:
        return "SHEET_ALTERED", "的表格不是当时的文件", "its sheet is not the file compared"
    cut = stored.data is None and stored.erased
    if not cut and (held.compared != said or {*held.differing} != lines):
        return "RESULT_DIFFERS", "的结果与事件所述不符", "its result is not what the events say"
    if stored.data is None:
        books.noted(
            f"{event.reconciliation} 的表格已随一次个人信息删除而销毁，不再重算。",
            f"{event.reconciliation}: its file was destroyed by an erasure and is not held against "
            "the ledger again.",
        )
        return None
    return _not_repeated(books, kept, rules, stored.data, stored.name, held)


def _not_repeated(
    books: Books, kept: Kept, rules: Rules, data: bytes, name: str, held: Held
) -> tuple[str, str, str] | None:
    try:
        reading = read(read_workbook(data, name), held.mapping)
    except BROKEN as error:
        return "SHEET_ALTERED", f"的表格读不出：{error}", f"its sheet cannot be read: {error}"
    made = digest(repeated(books.feed, rules, kept.vault, held, reading))
    said = held.compared.digest
    if len(reading.rows) == held.rows and made == said:
        return None
    zh, en = f"重算为 {made}，原为 {said}", f"made again it is {made}, and was {said}"
    return "RESULT_NOT_REPEATED", zh, en


class TakenIn(WholeCheck):
    """The rows of a load are those that were shown, and its events are what they led to."""

    name = "loads"
    codes = ("LOAD_ALTERED", "LOAD_NOT_AS_SHOWN")
    zh = "载入的行即试运行所示，事件与各行相符"
    en = "the rows of a load are those that were shown, and its events are what they led to"

    def run(self, books: Books) -> Iterator[Problem]:
        if books.kept is None:
            return
        entries = _entries(books, LoadBegun.NAME, LoadEnded.NAME)
        whole = {e.event.load for e in entries if isinstance(e.event, LoadEnded) and e.event.whole}
        begun = [entry for entry in entries if isinstance(entry.event, LoadBegun)]
        erased = _erased(books)
        for number, entry in enumerate(begun, start=1):
            event = entry.event
            assert isinstance(event, LoadBegun)
            try:
                load = books.kept.load(event.load)
                gone = str(event.load) in erased
                altered = load is not None and not _as_shown(books, load, event.what, gone=gone)
            except BROKEN:
                load, altered = None, True
            if altered:
                yield self.problem(
                    "LOAD_ALTERED",
                    f"{event.load} 留存的行不是事件所述的行",
                    f"the rows kept of {event.load} are not those that the event tells of",
                    entry.position,
                    str(event.load),
                )
            elif load is not None:
                yield from self._events(books, entry, load, whole=event.load in whole)
            books.told("loads", number, len(begun))

    def _events(
        self, books: Books, begun: Entry, load: KeptLoad, *, whole: bool
    ) -> Iterator[Problem]:
        name = load.head.load
        for batch, rows in enumerate(load.rows):
            asked = books.read(
                "select answer from ledger.requests where actor = %s and request = %s",
                (begun.actor, f"{name}:{batch}"),
            )
            if not asked and not whole:
                return
            wrong = _unlike(books, asked[0][0] if asked else None, rows, first=batch == 0)
            if wrong is not None:
                row, position = wrong
                yield self.problem(
                    "LOAD_NOT_AS_SHOWN",
                    f"{name} 第 {row} 行的事件与试运行所示不符",
                    f"the events of row {row} of {name} are not what was shown",
                    position,
                    str(name),
                )


def _as_shown(books: Books, load: KeptLoad, what: Loaded, *, gone: bool) -> bool:
    """Whether the rows are those of the event; ``gone``: it says that an erasure reached them."""
    assert books.kept is not None
    rows = [row for rows in load.rows for row in rows]
    counts = {name: sum(row.fate is fate for row in rows) for name, fate in COUNTS.items()}
    made = list(books.kept.keys(load))
    told = {name: getattr(what, name) for name in COUNTS}
    if load.head.what != what or (len(rows), counts) != (what.rows, told):
        return False
    if len(made) == len(rows):
        return sha256(b"".join(made)).hexdigest() == what.digest
    books.noted(
        f"{load.head.load} 中有行已随一次个人信息删除而销毁，只核对其余各行。",
        f"{load.head.load}: rows of it were destroyed by an erasure; the others were checked.",
    )
    return gone and [each.hex() for each in made] == [each.key for each in rows if not each.erased]


def _unlike(
    books: Books, answer: bytes | None, rows: list[StoredRow], *, first: bool
) -> tuple[int, int | None] | None:
    """The first row whose events are not what its commands ask, and where; ``None``: none is."""
    pairs = [(row.row, command) for row in rows for command in commands_of(row)]
    if answer is None:
        return (pairs[0][0] if pairs else 0), None
    outcomes = msgspec.json.decode(answer, type=Answer).outcomes
    if any(each.refusals for each in outcomes):
        return None  # it was refused as a whole, and may have been asked for again
    own = outcomes[1:] if first else outcomes
    wanted = [outcome.written[0].position for outcome in own[: len(pairs)] if outcome.written]
    found = {row.position: row for row in books.rows_at(wanted)}
    if len(wanted) < len(pairs):
        return pairs[len(wanted)][0], None
    for (row, command), position in zip(pairs, wanted, strict=True):
        entry = found[position].entry if position in found else None
        if entry is None or not _agrees(command, entry):
            return row, position
    return None


def _agrees(command: Command, entry: Entry) -> bool:
    """Whether an event holds what the command asked, as far as both have a field for it.

    An amount may be less where hours were missed: what comes off it is a matter of the rules.
    """
    event = entry.event
    asked = {each.name: getattr(command, each.name) for each in fields(command) if each.init}
    exact = {name: each for name, each in asked.items() if isinstance(each, Name | Decimal | date)}
    if asked.get("hours_missed"):
        exact.pop("credits", None)
    both = exact.keys() & {*event.__struct_fields__}
    return all(getattr(event, name) == exact[name] for name in both)
