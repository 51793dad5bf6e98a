"""Coverage: of which years a sheet is a list, and what the ledger has in others.

Where each tab is called after a year, the sheet is about those years and no other. What the ledger
has in another year, and no row may mean, is no difference: it is left out of the lines and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from ledger.amount import ZERO, plain
from ledger.cause import Cause
from ledger.claim import Claim, Grain, Terms
from ledger.influence import Influences
from ledger.names import TeacherId
from ledger.row import Row, Standing


class YearAbsent(Struct, kw_only=True, frozen=True):
    """A year of which the sheet has nothing: so many credits of the ledger were left out for it."""

    year: int
    lines: int
    amount: Decimal


def covered(
    rows: list[Row],
    claims: Iterable[Claim],
    people: Mapping[TeacherId, Influences],
    terms: Terms,
) -> tuple[list[Row], tuple[YearAbsent, ...]]:
    """The rows of the years that the sheet is about, and what was left out in others.

    Totals are told by year already. One of a cycle, or of the period of the terms, is about more
    than its tab is called after: then nothing is left out.
    """
    years: set[int | None] = {*(terms.years or ())}
    if terms.grain is Grain.TOTALS:
        told = {each.year for each in claims}
        return rows, () if None in told else _absent(_untold(people, terms, years | told))
    completed = {
        line.credit: line.completed.year for each in people.values() for line in each.lines
    }
    kept: list[Row] = []
    left: list[tuple[int, Decimal]] = []
    for row in rows:
        year = completed[row.credit] if row.credit and _unmeant(row) else None
        if year is None or year in years:
            kept.append(row)
        else:
            left.append((year, row.ledger))
    return kept, _absent(left)


def _unmeant(row: Row) -> bool:
    """Whether a line is of the ledger alone, and no row of the sheet may mean it."""
    double = any(each.cause is Cause.DUPLICATE_PERSON for each in row.portions)
    return row.standing is Standing.ONLY_HERE and not row.tied and not double


def _untold(
    people: Mapping[TeacherId, Influences], terms: Terms, told: set[int | None]
) -> Iterator[tuple[int, Decimal]]:
    """The year and amount of each credit of a year that no total tells."""
    for person in people.values():
        for line in person.lines:
            if terms.holds(line.completed) and line.completed.year not in told:
                yield line.completed.year, person.amount(line, terms.unit)


def _absent(left: Iterable[tuple[int, Decimal]]) -> tuple[YearAbsent, ...]:
    years: dict[int, list[Decimal]] = {}
    for year, amount in left:
        if amount:
            years.setdefault(year, []).append(amount)
    return tuple(
        YearAbsent(year=year, lines=len(years[year]), amount=plain(sum(years[year], ZERO)))
        for year in sorted(years)
    )
