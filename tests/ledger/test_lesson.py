"""Lessons: sums of missed hours are laid over what is known of their half-days."""

from __future__ import annotations

from decimal import Decimal

from ledger.attendance import Absence
from ledger.intention import Intention
from ledger.lesson import Lessons
from ledger.load import Fate
from tests import cast
from tests.cast import LIN

SESSIONS = list(cast.sessions(8))
FIRST, LAST = ((each.day, each.half) for each in SESSIONS)


def spread(hours: int, known: int) -> tuple[Intention, dict[object, list[Absence]]]:
    made = Intention(row=2, fate=Fate.NEW)
    absences = {FIRST: [Absence(teacher=LIN, hours=Decimal(known))]} if known else {}
    Lessons(sums={LIN: (Decimal(hours), made)}).spread(SESSIONS, absences)
    return made, {**absences}


def test_a_sum_is_laid_on_half_days_of_which_nothing_is_known():
    made, found = spread(3, 1)
    assert made.fate is Fate.NEW
    assert [(each.hours, each.placed) for each in found[FIRST]] == [(1, False)]
    assert [(each.hours, each.placed) for each in found[LAST]] == [(2, True)]


def test_a_sum_below_what_is_known_and_one_beyond_all_lessons_are_refused():
    for hours, known in ((1, 2), (7, 2), (9, 0)):
        made, _ = spread(hours, known)
        assert (made.fate, [each.code for each in made.said]) == (Fate.REFUSED, ["NO_TIMETABLE"])
