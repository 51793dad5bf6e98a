"""Recognition: which hours of a completed training are recognised.

Where a rule recognises so many hours of a day at most, what a trainee attended beyond them on a day
does not count (rulebook C-16); the timetable says how long each day was.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledger.amount import ZERO
from ledger.attendance import Missed
from ledger.offering import ClassRoom
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.schedule import Timetable


class HoursPerDay(
    Parameters,
    kind="hours-per-day",
    zh="按课程表逐日核算，一天实际参训超过 hours_max 的学时不予认定。",
    scope=(),
    more=("hours_max",),
    positive=("hours_max",),
):
    """Recognises at most so many attended hours of a day, by the timetable."""

    hours_max: Decimal


class AssignedCounts(
    Parameters,
    kind="assigned-counts",
    zh="上级或学校指派的培训照常认定学分，并在认定中引用本条。",
    scope=(),
):
    """Assigned training is credited like any other, and the credit cites the rule."""

    assigned_by: tuple[str, ...] = ()


def beyond_days(rule: InForce[HoursPerDay] | None, table: Timetable, missed: Missed) -> Decimal:
    """The hours attended beyond what is recognised of each day, all days together."""
    if rule is None or not rule.certain:
        return ZERO
    attended: dict[date, Decimal] = {}
    for (day, half), session in (table.sessions or {}).items():
        there = session.hours - (missed.halves or {}).get((day, half), ZERO)
        attended[day] = attended.get(day, ZERO) + there
    return sum((max(each - rule.value.hours_max, ZERO) for each in attended.values()), ZERO)


def per_day(rules: Rulebook, room: ClassRoom) -> InForce[HoursPerDay] | None:
    """The rule for the hours of a day that is pinned when a class opens (C-33)."""
    assert room.opened is not None
    return rules.pinned(HoursPerDay, room.opened.place, room.opened_on)
