"""Applicants: who waits, and which of their categories and tiers count."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.applicant import Standings, Waiting
from ledger.category import CategoryAssigned, CategoryEnded
from ledger.draw import Applicant
from ledger.register import Category, Stage, Tier
from ledger.teacher import TeacherProfileUpdated
from tests import cast
from tests.cast import CHEN, LIN, RUIAN, SCHOOL
from tests.given import entries

DAY = date(2024, 3, 20)
HOMEROOM = Category.HOMEROOM_TEACHER
ASSIGNED = CategoryAssigned(
    teacher=LIN, school=SCHOOL, place=RUIAN, category=HOMEROOM, since=date(2019, 9, 1)
)
ENDED = CategoryEnded(
    teacher=LIN, school=SCHOOL, place=RUIAN, category=HOMEROOM, until=date(2024, 3, 19)
)


def graded(tier):
    return TeacherProfileUpdated(
        teacher=LIN, school=SCHOOL, place=RUIAN, stage=Stage.PRIMARY, subject="CHINESE", tier=tier
    )


def counted(*things, before=3):
    """What counts of one who was a backbone homeroom teacher when choosing."""
    known = Standings(before=before)
    for entry in entries(things, DAY):
        known.learn(entry)
    applicant = Applicant(
        teacher=LIN, arrived=1, passed_by="e", tier=Tier.BACKBONE, categories=(HOMEROOM,)
    )
    found = known.counted(applicant, DAY)
    return found.tier, found.categories


@pytest.mark.parametrize(
    ("things", "found"),
    [
        ((ASSIGNED, graded(Tier.BACKBONE)), (Tier.BACKBONE, (HOMEROOM,))),
        ((), (None, ())),
        ((graded(Tier.ORDINARY), ASSIGNED), (None, (HOMEROOM,))),
        # Over before the choice, and begun anew too late to count.
        ((ASSIGNED, ENDED), (None, ())),
        ((cast.registered(), cast.registered(), ASSIGNED), (None, ())),
        ((cast.registered(), cast.registered(), graded(Tier.BACKBONE)), (None, ())),
    ],
)
def test_what_counts_was_known_in_time_and_still_held(things, found):
    assert counted(*things) == found


def test_those_whom_their_schools_passed_wait_in_their_round():
    waiting = Waiting()
    past = [
        cast.selected(LIN),
        cast.selected(CHEN),
        cast.passed(LIN),
        cast.passed(CHEN),
        cast.confirmed(CHEN),
    ]
    for entry in entries(past, DAY):
        waiting.learn(entry)

    assert waiting.passed(1) == {LIN}
    assert waiting.passed(2) == set()
    assert (waiting.first, waiting.days) == (1, {LIN: DAY, CHEN: DAY})
