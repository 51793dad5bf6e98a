"""Mapping: what each column of a sheet means, proposed from its header and confirmed by people.

A bureau's mapping is saved with the digest of the header, so that the next sheet with the same
header is recognised. Reading a sheet by a mapping gives rows, the faults of its cells, and the rows
that were passed over, each with the reason; nothing is dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from hashlib import sha256

import msgspec
from msgspec import Struct

from ledger.command import Command, Refused, Selector, about, fact
from ledger.credit import CreditKind
from ledger.event import Entry, Event, Part
from ledger.names import JurisdictionId, Name
from ledger.register import JurisdictionRegistered, Stage, Title, unknown
from ledger.schedule import Half
from ledger.sheet import CellFault, Skipped
from ledger.spot import Spot

COLUMNS_MAX = 256
DIGEST = re.compile(r"[0-9a-f]{64}")


class Form(Enum):
    """What one row of a sheet says."""

    CREDITS = "CREDITS"
    TOTALS = "TOTALS"
    TEACHERS = "TEACHERS"
    RESULTS = "RESULTS"
    SCHOOL_BASED = "SCHOOL_BASED"
    BALANCES = "BALANCES"
    TERM = "TERM"


class Column(Enum):
    """What a column of a sheet can mean. ``NUMBER``: that of a teacher on the platform."""

    ID_NUMBER = "ID_NUMBER"
    NUMBER = "NUMBER"
    NAME = "NAME"
    SCHOOL = "SCHOOL"
    PLACE = "PLACE"
    PHONE = "PHONE"
    STAGE = "STAGE"
    SUBJECT = "SUBJECT"
    ENTERED = "ENTERED"
    YEAR = "YEAR"
    CYCLE = "CYCLE"
    KIND = "KIND"
    TITLE = "TITLE"
    PROVIDER = "PROVIDER"
    PROJECT = "PROJECT"
    OFFERING = "OFFERING"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    BASE = "BASE"
    CREDITS = "CREDITS"
    HOURS = "HOURS"
    HOURS_MISSED = "HOURS_MISSED"
    HALF = "HALF"
    CREDITS_INTENSIVE = "CREDITS_INTENSIVE"
    CREDITS_BLENDED = "CREDITS_BLENDED"
    CREDITS_DISTANCE = "CREDITS_DISTANCE"
    CREDITS_SCHOOL_BASED = "CREDITS_SCHOOL_BASED"
    PASSED = "PASSED"
    CERTAIN = "CERTAIN"
    STEP = "STEP"
    NOTE = "NOTE"
    TERM = "TERM"
    LEAD = "LEAD"
    LEAD_TITLE = "LEAD_TITLE"
    LEAD_REGULAR = "LEAD_REGULAR"
    LEAD_EXPERT = "LEAD_EXPERT"
    SEATS = "SEATS"
    DECLARED_ON = "DECLARED_ON"
    REVIEWED_ON = "REVIEWED_ON"
    PUBLISHED_ON = "PUBLISHED_ON"
    OPENED_ON = "OPENED_ON"
    SELECTED_ON = "SELECTED_ON"
    SCHOOL_REVIEWED_ON = "SCHOOL_REVIEWED_ON"
    ADMITTED_ON = "ADMITTED_ON"
    TAUGHT_ON = "TAUGHT_ON"
    ASSESSED_ON = "ASSESSED_ON"
    SETTLED_ON = "SETTLED_ON"
    AWARDED_ON = "AWARDED_ON"
    CLOSED_ON = "CLOSED_ON"


class Mapping(Struct, frozen=True, kw_only=True):
    """Which tab is read, where its header stands, and what each column means.

    ``header``: the texts of the header, one a column, those of two rows joined by a space.
    ``year``: that of all its rows, where no column says it. ``more``: further tabs that are one
    list with it, each read in its own way.
    """

    form: Form
    tab: str
    header_row: int
    header_rows: int
    header: tuple[str, ...]
    columns: dict[int, Column]
    year: int | None = None
    more: tuple[Mapping, ...] = ()

    @property
    def parts(self) -> tuple[Mapping, ...]:
        """How each of its tabs is read."""
        return (self, *self.more)

    @property
    def tabs(self) -> tuple[str, ...]:
        """The tabs that are read; none where it is one, so that its name says nothing."""
        return tuple(each.tab for each in self.parts) if self.more else ()

    @property
    def first_row(self) -> int:
        """The first row below the header."""
        return self.header_row + self.header_rows

    @property
    def header_digest(self) -> str:
        """By which a sheet with the same header is recognised."""
        return header_digest(self.header)

    @property
    def digest(self) -> str:
        """By which a reading says how it was read."""
        columns = sorted((at, column.value) for at, column in self.columns.items())
        place = (self.form.value, self.tab, self.header_row, self.header_rows)
        told: tuple[object, ...] = (place, self.header, columns)
        if self.year is not None or self.more:
            told = (*told, self.year, [each.digest for each in self.more])
        return sha256(msgspec.json.encode(told)).hexdigest()


class SheetRow(Struct, frozen=True, kw_only=True):
    """One record of a sheet. What its columns do not say is ``None``, and so is a faulty cell.

    ``sound``: no cell of it is at fault. ``by_kind``: credits in columns of their own.
    ``id_misread``: what stands where an id number should, and is none. ``cycle``: its number, or
    when it begins and ends, as ``2019-09/2024-08``.
    """

    tab: str
    row: int
    sound: bool = True
    hidden: bool = False
    id_number: str | None = None
    id_misread: str | None = None
    number: str | None = None
    name: str | None = None
    school: str | None = None
    place: str | None = None
    phone: str | None = None
    stage: Stage | None = None
    subject: str | None = None
    entered: date | None = None
    year: int | None = None
    cycle: str | None = None
    kind: CreditKind | None = None
    title: str | None = None
    provider: str | None = None
    project: str | None = None
    offering: str | None = None
    started: date | None = None
    completed: date | None = None
    base: Decimal | None = None
    credits: Decimal | None = None
    hours: Decimal | None = None
    hours_missed: Decimal | None = None
    half: Half | None = None
    by_kind: dict[CreditKind, Decimal] = {}
    passed: bool | None = None
    certain: bool | None = None
    step: str | None = None
    note: str | None = None
    term: str | None = None
    lead: str | None = None
    lead_title: Title | None = None
    lead_regular: bool | None = None
    lead_expert: bool | None = None
    seats: Decimal | None = None
    declared_on: date | None = None
    reviewed_on: date | None = None
    published_on: date | None = None
    opened_on: date | None = None
    selected_on: date | None = None
    school_reviewed_on: date | None = None
    admitted_on: date | None = None
    taught_on: date | None = None
    assessed_on: date | None = None
    settled_on: date | None = None
    awarded_on: date | None = None
    closed_on: date | None = None


class Reading(Struct, frozen=True, kw_only=True):
    """A sheet as read by a mapping. ``hidden``: the hidden rows that were read all the same.

    Of several tabs those of the first are in ``hidden``; each row says of itself.
    """

    mapping: Mapping
    rows: tuple[SheetRow, ...]
    faults: tuple[CellFault, ...]
    skipped: tuple[Skipped, ...]
    hidden: tuple[int, ...]

    def spot(self, row: SheetRow) -> Spot:
        """Where a row stands."""
        return Spot(row.tab if self.mapping.more else "", row.row)


class MappedColumn(Part):
    """What one column means; ``at`` counts from 1."""

    at: int
    column: Column


class MappingSaved(Event, name="mapping.saved"):
    """A bureau said what the columns below a header mean; the next such sheet is recognised.

    The header itself is not kept, only its digest: somebody may have written a name into it.
    """

    place: JurisdictionId
    form: Form
    header_digest: str
    columns: tuple[MappedColumn, ...]


class AlreadySaved(Refused):
    """The columns of this header are known to mean just that."""


class MappingUnfit(Refused):
    """What is said of the columns cannot be right of any sheet."""


@dataclass(kw_only=True)
class SaveMapping(Command):
    """Say for good what the columns below a header mean, by the bureau."""

    place: JurisdictionId
    form: Form
    header_digest: str
    columns: tuple[MappedColumn, ...]

    place_known: bool = fact(default=False)
    saved: MappingSaved | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [about(self.place, of=[JurisdictionRegistered, MappingSaved])]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case JurisdictionRegistered():
                self.place_known = True
            case MappingSaved(form=form, header_digest=digest) as saved:
                if (form, digest) == (self.form, self.header_digest):
                    self.saved = saved
            case _:
                raise AssertionError(entry.event)

    def authority(self) -> Name | None:
        return self.place

    def decide(self) -> Iterator[Event]:
        if not self.place_known:
            raise unknown(self.place, "place")
        self._check()
        columns = tuple(sorted(self.columns, key=lambda each: each.at))
        if self.saved is not None and self.saved.columns == columns:
            raise AlreadySaved(
                zh="这个表头的列对应已经保存过，内容相同",
                en="the meaning of the columns below this header is saved already, just so",
            )
        yield MappingSaved(
            place=self.place, form=self.form, header_digest=self.header_digest, columns=columns
        )

    def _check(self) -> None:
        """Raises ``MappingUnfit``."""
        if not DIGEST.fullmatch(self.header_digest):
            raise MappingUnfit(
                zh="header_digest 须为表头的 SHA-256，64 位小写十六进制",
                en="the digest of a header is its SHA-256 in 64 small hexadecimal digits",
                field="header_digest",
            )
        places = [each.at for each in self.columns]
        meanings = [each.column for each in self.columns]
        once = len({*places}) == len(places) and len({*meanings}) == len(meanings)
        if not once or not places or not all(0 < at <= COLUMNS_MAX for at in places):
            raise MappingUnfit(
                zh=f"每列至多一个含义，每个含义至多一列，列号在 1 至 {COLUMNS_MAX} 之间，至少一列",
                en="each column has one meaning and each meaning one column, between 1 and "
                f"{COLUMNS_MAX}, and there is at least one",
                field="columns",
            )


def header_digest(header: tuple[str, ...]) -> str:
    """The digest of the texts of a header."""
    return sha256(msgspec.json.encode(header)).hexdigest()
