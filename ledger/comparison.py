"""Comparison: a bureau's own list of credits held against the ledger, every difference explained.

Attributed and unattributed add up to *ledger minus sheet* in each row, for each person and in all,
exactly. The order of the rows changes nothing; the same inputs make the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ledger.aggregate import Aggregate
from ledger.amount import ZERO, plain
from ledger.cause import Cause, unknown_portion
from ledger.claim import Claim, Grain, Terms
from ledger.coverage import YearAbsent, covered
from ledger.cycle import Unit
from ledger.event import express
from ledger.holding import Holding
from ledger.influence import Influences
from ledger.itemised import Itemised
from ledger.mark import content
from ledger.names import SchoolId, TeacherId
from ledger.regulation import Rulebook
from ledger.row import Row, Standing, only_there, order

NAMED_MAX = 3


class OfStanding(Struct, kw_only=True, frozen=True):
    """The rows of one standing: how many, and what both sides have in them."""

    standing: Standing
    rows: int
    ledger: Decimal
    sheet: Decimal


class OfCause(Struct, kw_only=True, frozen=True):
    """What one cause makes of the difference, and in how many rows."""

    cause: Cause
    rows: int
    amount: Decimal


class Sums(Struct, kw_only=True, frozen=True):
    """What rows come to; hours and credits are never added up together."""

    unit: Unit
    rows: int
    people: int
    ledger: Decimal
    sheet: Decimal
    difference: Decimal
    attributed: Decimal
    unattributed: Decimal
    by_standing: tuple[OfStanding, ...]
    by_cause: tuple[OfCause, ...]


class Comparison(Struct, kw_only=True, frozen=True):
    """A sheet held against the ledger: on what terms, row by row, and in all.

    ``absent``: years that are not in the sheet, where its tabs say which are; of these no row is.
    """

    terms: Terms
    rows: tuple[Row, ...]
    sums: tuple[Sums, ...]
    absent: tuple[YearAbsent, ...] | UnsetType = UNSET

    @property
    def unexplained(self) -> tuple[int, ...]:
        """The numbers of the lines of which something has no cause; lines count from 1."""
        return tuple(at for at, row in enumerate(self.rows, start=1) if row.unattributed)

    @property
    def unattributed_gross(self) -> Decimal:
        """What has no cause, each line by its size: what is too much does not hide what lacks."""
        return _total(abs(row.unattributed) for row in self.rows)


def compare(
    claims: Iterable[Claim],
    holdings: Mapping[TeacherId, Holding],
    rules: Rulebook,
    terms: Terms,
    schools: Mapping[SchoolId, str] | None = None,
    silent: Iterable[Claim] = (),
    tabs: Iterable[str] = (),
) -> Comparison:
    """Holds a sheet against what the ledger has of some teachers.

    ``silent``: rows of which no amount can be read; each is paired with what else has no row.

    ``tabs``: those that are one list, in order, where there are several.

    A teacher whom the sheet names and of whom nothing is handed in is unknown to the bureau.
    """
    people = {name: Influences(each, rules, terms) for name, each in holdings.items()}
    of: dict[TeacherId, list[Claim]] = {}
    rows: list[Row] = []
    claims = sorted(claims, key=content)
    for claim in claims:
        if claim.teacher is None or claim.teacher not in people:
            rows.append(_nobody(claim))
        else:
            of.setdefault(claim.teacher, []).append(claim)
    if terms.grain is Grain.CREDITS:
        mute: dict[TeacherId, list[Claim]] = {}
        for claim in sorted(silent, key=content):
            if claim.teacher is not None:
                mute.setdefault(claim.teacher, []).append(claim)
        rows += Itemised(people, schools or {}, silent=mute).rows(of)
    else:
        rows += Aggregate(people).rows(of)
    places = {tab: at for at, tab in enumerate(tabs)}
    absent: tuple[YearAbsent, ...] | UnsetType = UNSET
    if terms.years is not UNSET:
        rows, absent = covered(rows, claims, people, terms)
    told = tuple(sorted(rows, key=lambda row: order(row, places)))
    return Comparison(terms=terms, rows=told, sums=sums(told), absent=absent)


def sums(rows: Iterable[Row]) -> tuple[Sums, ...]:
    """What rows come to, by unit."""
    units: dict[Unit, list[Row]] = {}
    for row in rows:
        units.setdefault(row.unit, []).append(row)
    return tuple(_sums(unit, units[unit]) for unit in Unit if unit in units)


def canonical(found: Comparison) -> bytes:
    """A comparison in its one encoding."""
    return _ENCODER.encode(found)


def digest(found: Comparison) -> str:
    """The SHA-256 of a comparison, in hexadecimal."""
    return sha256(canonical(found)).hexdigest()


def _nobody(claim: Claim) -> Row:
    zh = "本地教师中没有找到这一行所说的人。"
    en = "No teacher of this bureau was found for this row."
    if claim.suggested:
        zh += f"疑为 {'、'.join(claim.suggested[:NAMED_MAX])}，仅供参考，见存疑清单。"
        some = ", ".join(claim.suggested[:NAMED_MAX])
        en += f" It may be {some}: a suggestion only; the list of doubts has more."
    portions = [unknown_portion(-claim.amount, zh, en)] if claim.amount else []
    return only_there(claim, portions, teacher=None)


def _sums(unit: Unit, rows: list[Row]) -> Sums:
    standings: dict[Standing, list[Row]] = {each: [] for each in Standing}
    for row in rows:
        standings[row.standing].append(row)
    causes: dict[Cause, list[Decimal]] = {}
    for row in rows:
        own: dict[Cause, Decimal] = {}
        for each in row.portions:
            own[each.cause] = own.get(each.cause, ZERO) + each.amount
        for cause, amount in own.items():
            causes.setdefault(cause, []).append(amount)
    lost = _total(row.unattributed for row in rows)
    difference = _total(row.difference for row in rows)
    return Sums(
        unit=unit,
        rows=len(rows),
        people=len({row.teacher for row in rows if row.teacher}),
        ledger=_total(row.ledger for row in rows),
        sheet=_total(row.sheet for row in rows),
        difference=difference,
        attributed=_total(row.attributed for row in rows),
        unattributed=lost,
        by_standing=tuple(
            OfStanding(
                standing=standing,
                rows=len(told),
                ledger=_total(row.ledger for row in told),
                sheet=_total(row.sheet for row in told),
            )
            for standing, told in standings.items()
            if told
        ),
        by_cause=tuple(
            OfCause(cause=cause, rows=len(causes[cause]), amount=_total(causes[cause]))
            for cause in Cause
            if cause in causes
        ),
    )


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return plain(sum(amounts, ZERO))


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=express)
