"""Mapping: what each column of a sheet means, proposed from its header and confirmed by people.

A bureau's mapping is saved with the digest of the header, so that the next sheet with the same
header is recognised. Reading a sheet by a mapping gives rows, the faults of its cells, and the rows
that were passed over, each with the reason; nothing is dropped without a word.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from hashlib import sha256

import msgspec
from msgspec import Struct

from ledger.credit import CreditKind
from ledger.register import Stage
from ledger.sheet import CellFault, Skipped


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
    CREDITS_INTENSIVE = "CREDITS_INTENSIVE"
    CREDITS_BLENDED = "CREDITS_BLENDED"
    CREDITS_DISTANCE = "CREDITS_DISTANCE"
    CREDITS_SCHOOL_BASED = "CREDITS_SCHOOL_BASED"
    PASSED = "PASSED"
    STEP = "STEP"
    NOTE = "NOTE"


class Mapping(Struct, frozen=True, kw_only=True):
    """Which tab is read, where its header stands, and what each column means.

    ``header``: the texts of the header, one a column, those of two rows joined by a space.
    """

    form: Form
    tab: str
    header_row: int
    header_rows: int
    header: tuple[str, ...]
    columns: dict[int, Column]

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
        return sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class SheetRow(Struct, frozen=True, kw_only=True):
    """One record of a sheet. What its columns do not say is ``None``, and so is a faulty cell.

    ``sound``: no cell of it is at fault. ``by_kind``: credits in columns of their own.
    """

    tab: str
    row: int
    sound: bool = True
    hidden: bool = False
    id_number: str | None = None
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
    by_kind: dict[CreditKind, Decimal] = {}
    passed: bool | None = None
    step: str | None = None
    note: str | None = None


class Reading(Struct, frozen=True, kw_only=True):
    """A sheet as read by a mapping. ``hidden``: the hidden rows that were read all the same."""

    mapping: Mapping
    rows: tuple[SheetRow, ...]
    faults: tuple[CellFault, ...]
    skipped: tuple[Skipped, ...]
    hidden: tuple[int, ...]


def header_digest(header: tuple[str, ...]) -> str:
    """The digest of the texts of a header."""
    return sha256(msgspec.json.encode(header)).hexdigest()
