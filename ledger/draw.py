"""Draw: the order of applicants as a pure function, so that anybody can make it again (抽签).

The seed of a draw is the SHA-256 of class, round and the ids of the events by which the schools
passed teachers in the round: for each teacher the first one, whatever became of the choice. The
ledger makes those ids, each with a random part, when it writes: no provider, school or teacher can
choose one or know it before, and once the schools are done the seed is fixed. Deciding on somebody,
withdrawing or being passed again draws no other seed, so nobody can go on until one suits.
(Who runs the ledger makes the ids; against that stands the signed log, not the draw.)
A draw number is the SHA-256 of seed and teacher.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from hashlib import sha256

from ledger.event import Part
from ledger.names import OfferingId, TeacherId
from ledger.register import Category, Tier


class ScreeningOrder(Enum):
    """How applicants are put in order."""

    FIRST_COME = "FIRST_COME"
    DRAW = "DRAW"
    PRIORITY_THEN_DRAW = "PRIORITY_THEN_DRAW"


class Applicant(Part):
    """One applicant as the order sees it."""

    teacher: TeacherId
    arrived: int
    passed_by: str
    tier: Tier | None = None
    categories: tuple[Category, ...] = ()


def seed_of(offering: OfferingId, round_number: int, passes: Iterable[str]) -> str:
    """The seed of a draw: SHA-256 over class, round and, sorted, the events of the schools."""
    lines = (str(offering), str(round_number), *sorted(passes))
    return sha256("\n".join(lines).encode()).hexdigest()


def draw_of(seed: str, teacher: TeacherId) -> str:
    """The draw number of a teacher: SHA-256 of seed and teacher; the smallest comes first."""
    return sha256(f"{seed}\n{teacher}".encode()).hexdigest()


def is_prior(
    applicant: Applicant, tiers: tuple[Tier, ...], categories: tuple[Category, ...]
) -> bool:
    """Whether an applicant is of a tier or a category that comes first."""
    return applicant.tier in tiers or any(each in categories for each in applicant.categories)


def ranked(
    applicants: Iterable[Applicant],
    by: ScreeningOrder,
    seed: str,
    tiers: tuple[Tier, ...] = (),
    categories: tuple[Category, ...] = (),
) -> list[Applicant]:
    """The applicants in the order of their admission; the same inputs give the same order."""
    if by is ScreeningOrder.FIRST_COME:
        return sorted(applicants, key=lambda each: each.arrived)
    drawn = sorted(applicants, key=lambda each: draw_of(seed, each.teacher))
    if by is ScreeningOrder.PRIORITY_THEN_DRAW:
        drawn.sort(key=lambda each: not is_prior(each, tiers, categories))
    return drawn
