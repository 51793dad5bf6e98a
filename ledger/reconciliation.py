"""Reconciliation (对账): a bureau holds its own list of credits against the ledger.

The sheet and the comparison of each of its lines lie beside the ledger; the events say what was
compared with what, so that both can be made again and shown to be the same: the SHA-256 of the
file, the digest of how it was read, the position and the day, and the digest of the result. A line
of the result is named by its number in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct

from ledger.command import Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.mapping import Form
from ledger.names import JurisdictionId, ReconciliationId
from ledger.register import BureauStep, unknown

LINES_MAX = 5_000


class Treatment(Enum):
    """How a difference is settled: the ledger is right, it is to be corrected, or it is noted."""

    LEDGER_ACCEPTED = "LEDGER_ACCEPTED"
    CORRECTION_REQUESTED = "CORRECTION_REQUESTED"
    NOTED = "NOTED"


class CauseTotal(Struct, frozen=True, kw_only=True):
    """What one cause adds up to: over so many lines, ledger less sheet."""

    cause: str
    lines: int
    amount: Decimal


class Compared(Struct, frozen=True, kw_only=True):
    """What was compared, with what, and what came of it; ``digest`` is that of the whole result.

    ``difference`` is ledger less sheet: ``attributed`` to causes, and ``unattributed``.
    """

    sha256: str
    bytes: int
    mapping: str
    form: Form
    position: int
    day: date
    digest: str
    rows: int
    faults: int
    equal: int
    differing: int
    only_ledger: int
    only_sheet: int
    credits_sheet: Decimal
    credits_ledger: Decimal
    difference: Decimal
    attributed: Decimal
    unattributed: Decimal
    sheet_day: date | None = None
    causes: tuple[CauseTotal, ...] = ()


class SheetReceived(Event, name="reconciliation.sheet-received"):
    """A bureau's sheet was taken in, to be held against the ledger."""

    reconciliation: ReconciliationId
    place: JurisdictionId
    form: Form
    sha256: str
    bytes: int
    mapping: str
    rows: int
    faults: int
    again: str | None = None


class SheetCompared(Event, name="reconciliation.sheet-compared"):
    """The sheet was compared with the ledger as of a position and a day.

    ``trial``: the SHA-256 of the token of the trial that had shown it.
    """

    reconciliation: ReconciliationId
    place: JurisdictionId
    comparison: Compared
    trial: str


class DifferencesFound(Event, name="reconciliation.differences-found"):
    """The lines of the result at which ledger and sheet are not equal."""

    reconciliation: ReconciliationId
    place: JurisdictionId
    digest: str
    lines: tuple[int, ...]


class DifferencesSettled(Event, name="reconciliation.differences-settled"):
    """Somebody settled differences, and says why."""

    reconciliation: ReconciliationId
    place: JurisdictionId
    digest: str
    lines: tuple[int, ...]
    how: Treatment
    reason: str


class ReconciliationSigned(Event, name="reconciliation.signed"):
    """The bureau signs that each difference of the result is settled."""

    reconciliation: ReconciliationId
    place: JurisdictionId
    digest: str
    settled: int
    unattributed: Decimal
    note: str = ""


class ReconciliationReopened(Event, name="reconciliation.reopened"):
    """A signed reconciliation was opened again; ``corrects`` is the event that had signed it."""

    reconciliation: ReconciliationId
    place: JurisdictionId
    corrects: str
    reason: str


RESULT_EVENTS: list[type[Event]] = [SheetReceived, SheetCompared, DifferencesFound]
SIGNING_EVENTS: list[type[Event]] = [ReconciliationSigned, ReconciliationReopened]
RECONCILIATION_EVENTS: list[type[Event]] = [*RESULT_EVENTS, DifferencesSettled, *SIGNING_EVENTS]


class Signed(Refused):
    """The reconciliation is signed; reopen it first."""


class Desk(Struct, kw_only=True):
    """What became of a reconciliation so far; ``result``: the event of its last comparison."""

    place: JurisdictionId | None = None
    received: SheetReceived | None = None
    result: SheetCompared | None = None
    compared: Compared | None = None
    open: set[int] = set()
    settled: dict[int, Treatment] = {}
    signed: str | None = None
    events: tuple[str, ...] = ()

    def learn(self, entry: Entry) -> None:
        """Takes in one event of the reconciliation; others change nothing."""
        match entry.event:
            case SheetReceived() as event:
                self.received, self.place = event, event.place
            case SheetCompared(comparison=comparison) as event:
                self.result = event
                # What was settled about another result says nothing about this one.
                self.compared, self.open, self.settled = comparison, set(), {}
            case DifferencesFound(lines=lines):
                self.open = self.open | {*lines}
            case DifferencesSettled(lines=lines, how=how):
                self.settled = self.settled | dict.fromkeys(lines, how)
            case ReconciliationSigned():
                self.signed = entry.id
            case ReconciliationReopened():
                self.signed = None
            case _:
                return
        self.events = (*self.events, entry.id)

    @property
    def left(self) -> list[int]:
        """The lines with a difference that nobody has settled."""
        return sorted(self.open - self.settled.keys())


@dataclass(kw_only=True)
class ReconciliationStep(BureauStep):
    """What a bureau does about one reconciliation of its own; subclasses say what."""

    reconciliation: ReconciliationId

    desk: Desk = fact(default_factory=Desk)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.reconciliation, of=RECONCILIATION_EVENTS)]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if str(self.reconciliation) in entry.tags:
            self.desk.learn(entry)

    def known(self) -> Compared:
        """The last comparison. Raises ``UnknownReference`` for one that is not the bureau's."""
        if self.desk.place != self.place or self.desk.compared is None:
            raise unknown(self.reconciliation, "reconciliation")
        return self.desk.compared

    def unsigned(self) -> Compared:
        """The last comparison. Raises ``Signed`` where it is signed."""
        compared = self.known()
        if self.desk.signed:
            raise Signed(
                zh=f"{self.reconciliation} 已签核；要改，请先重新打开",
                en=f"{self.reconciliation} is signed; reopen it first",
                field="reconciliation",
                evidence=(self.desk.signed,),
            )
        return compared

    def result(self, compared: Compared, lines: Iterable[int], trial: str) -> Iterator[Event]:
        """The events of a comparison, the lines with a difference in as many as they need."""
        own: dict[str, Any] = {"reconciliation": self.reconciliation, "place": self.place}
        yield SheetCompared(**own, comparison=compared, trial=trial)
        differing = sorted({*lines})
        for start in range(0, len(differing), LINES_MAX):
            some = tuple(differing[start : start + LINES_MAX])
            yield DifferencesFound(**own, digest=compared.digest, lines=some)
