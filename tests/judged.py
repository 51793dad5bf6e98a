"""A teacher's record made of a few lines, and what is said of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.category import CategoryAssigned, Rank
from ledger.credit import CreditAwarded, CreditCorrected, CreditKind, CreditRevoked
from ledger.names import CreditId, JurisdictionId
from ledger.plan import Purpose
from ledger.record import Record
from ledger.register import Category
from ledger.regulation import Rulebook
from ledger.requirement import Requirement
from ledger.verdict import Verdict, judge
from tests import cast
from tests.cast import LIN, RUIAN, SCHOOL
from tests.given import Thing, all_rules, entries

EVALUATED = date(2024, 3, 31)
ENTERED = date(2019, 9, 1)
COMPLETED = date(2022, 6, 1)


def credit(
    amount: str | int,
    completed: date = COMPLETED,
    *,
    kind: CreditKind = CreditKind.INTENSIVE,
    purpose: Purpose = Purpose.GENERAL,
    practice: str | int = 0,
    hours: str | int | None = None,
    name: str | None = None,
) -> CreditAwarded:
    """One credit with a purpose."""
    event = cast.awarded(
        amount,
        credit=CreditId(f"credit:{name or f'{kind.value}-{completed}-{amount}'}"),
        kind=kind,
        completed=completed,
        hours=hours,
    )
    return replace(event, purpose=purpose, practice_hours=Decimal(practice))


def belongs(
    category: Category, since: date = ENTERED, until: date | None = None, rank: Rank | None = None
) -> CategoryAssigned:
    """A teacher belongs to a category."""
    return CategoryAssigned(
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        category=category,
        since=since,
        until=until,
        rank=rank,
    )


def recorded(
    *things: Thing,
    day: date = EVALUATED,
    place: JurisdictionId = RUIAN,
    entered: date = ENTERED,
) -> Record:
    """The record of one teacher."""
    record = Record(teacher=LIN)
    for entry in entries([cast.registered(place=place, entered=entered), *things], day):
        record.learn(entry)
    return record


def verdict(
    *things: Thing,
    day: date = EVALUATED,
    place: JurisdictionId = RUIAN,
    entered: date = ENTERED,
    rules: Rulebook | None = None,
) -> Verdict:
    """The verdict on a record."""
    record = recorded(*things, day=day, place=place, entered=entered)
    found = judge(record, rules or all_rules(), day)
    assert found is not None
    return found


def requirement(found: Verdict, code: str) -> Requirement | None:
    """The one requirement of that code, if there is one."""
    hits = [each for each in found.requirements if each.code == code]
    assert len(hits) <= 1, f"{code} stands {len(hits)} times"
    return hits[0] if hits else None


def corrected(name: str, amount: int) -> CreditCorrected:
    """The credit of a name is worth so much."""
    return CreditCorrected(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(0),
        credits=Decimal(amount),
        corrects="e1",
        reason="录入有误",
    )


def revoked(name: str) -> CreditRevoked:
    """The credit of a name was taken back."""
    return CreditRevoked(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(0),
        corrects="e1",
        reason="误发",
    )
