"""Structure: floor and cap of school-based training, and the long intensive one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.credit import CreditKind
from ledger.cycle import Unit
from ledger.names import DocumentId
from ledger.regulation import Rulebook, RulesSuspended
from ledger.requirement import Result
from ledger.structure import OnceIntensive, SchoolBasedCap, SchoolBasedFloor
from tests import cast
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.given import rules_with_preset
from tests.judged import credit, requirement, verdict

MET, NOT_MET, ADVISORY = Result.MET, Result.NOT_MET, Result.ADVISORY
HOURS_DAY, CREDITS_DAY = date(2016, 8, 31), date(2016, 9, 1)


def floored(hours, day, *, place=WENZHOU, entered=date(2012, 4, 17)):
    school = cast.recognised(hours, completed=date(2014, 6, 1))
    rest = [
        credit(90, date(2014, 7, 1)),
        credit(270, date(2015, 7, 1), kind=CreditKind.DISTANCE),
    ]
    judged = verdict(school, *rest, day=day, place=place, entered=entered)
    return judged, requirement(judged, "SCHOOL_BASED_FLOOR")


@pytest.mark.parametrize(
    ("hours", "day", "result", "cycle"),
    [
        pytest.param(119, HOURS_DAY, NOT_MET, NOT_MET, id="W-055"),
        pytest.param("119.5", HOURS_DAY, NOT_MET, NOT_MET, id="just-below"),
        pytest.param(120, HOURS_DAY, MET, MET, id="bound"),
        pytest.param(100, CREDITS_DAY, ADVISORY, MET, id="W-054"),
        pytest.param(120, CREDITS_DAY, MET, MET, id="bound-in-credits"),
    ],
)
@pytest.mark.parametrize("place", [WENZHOU, RUIAN])
def test_so_many_hours_come_from_the_school_and_later_that_is_advice(
    hours, day, result, cycle, place
):
    judged, found = floored(hours, day, place=place)

    assert ("WZ12-02", result, cycle) == (found.rule, found.result, judged.result)
    assert found.parameters["external"] == ("advisory_from",)


def test_elsewhere_and_before_the_opinions_no_floor_is_known():
    assert floored(10, HOURS_DAY, place=HANGZHOU)[1] is None
    assert floored(10, date(2012, 4, 16), entered=date(2010, 4, 17))[1] is None


def test_the_total_is_counted_in_hours_until_credits_take_their_place():
    line = credit(100, date(2014, 6, 1), hours=80)
    before, after = (
        verdict(line, day=day, place=WENZHOU, entered=date(2012, 4, 17))
        for day in (HOURS_DAY, CREDITS_DAY)
    )

    assert (before.unit, before.counted) == (Unit.HOURS, 80)
    assert (after.unit, after.counted) == (Unit.CREDITS, 100)


@pytest.mark.parametrize(
    ("day", "counted", "rule"),
    [
        pytest.param(date(2019, 12, 31), "120", "EXT16-06", id="preset"),
        pytest.param(date(2024, 3, 5), "120", "EXT16-06", id="C-03"),
        pytest.param(date(2024, 3, 6), "150", "ZJ24-70", id="W-088"),
    ],
)
def test_the_preset_caps_school_credits_before_the_notice_of_2024(day, counted, rule):
    school = cast.recognised(160, completed=date(2019, 10, 1))
    judged = verdict(school, day=day, rules=rules_with_preset())
    cap = requirement(judged, "SCHOOL_BASED_CAP")

    assert (Decimal(counted), rule) == (judged.counted, cap.rule)
    assert cap.external == (rule == "EXT16-06")


@pytest.mark.parametrize(
    ("day", "counted", "result"),
    [
        pytest.param(date(2019, 12, 31), "120", Result.MET, id="year-before"),
        pytest.param(date(2020, 7, 16), "120", Result.INDETERMINATE, id="day-before"),
        pytest.param(date(2020, 7, 17), "160", Result.NOT_ASSESSED, id="suspended"),
        pytest.param(date(2020, 12, 31), "160", Result.NOT_ASSESSED, id="last-certain-day"),
        pytest.param(date(2021, 1, 1), "120", Result.INDETERMINATE, id="perhaps-suspended"),
    ],
)
def test_a_provincial_cap_is_suspended_with_the_shares(day, counted, result):
    school = cast.recognised(160, completed=date(2019, 10, 1))
    judged = verdict(school, day=day, rules=rules_with_preset())

    assert (Decimal(counted), result) == (
        judged.counted,
        requirement(judged, "SCHOOL_BASED_CAP").result,
    )


def perhaps_suspended(day, school):
    """A cycle with so much from the school, where nobody knows whether the cap of 120 holds."""
    paused = RulesSuspended(
        document=DocumentId("document:ext16"),
        place=PROVINCE,
        rules=("EXT16-06",),
        since=date(2019, 1, 1),
        citation="x",
        certain_through=date(2019, 1, 31),
        until=date(2019, 6, 30),
    )
    lines = [
        cast.recognised(school, completed=date(2018, 6, 1)),
        credit(90, date(2018, 7, 1)),
        credit(110, date(2018, 8, 1), kind=CreditKind.DISTANCE),
    ]
    rules = Rulebook([*rules_with_preset().learned, paused])
    return verdict(*lines, day=day, place=WENZHOU, entered=date(2017, 9, 1), rules=rules)


@pytest.mark.parametrize(
    ("school", "result"),
    [
        pytest.param(160, Result.INDETERMINATE, id="enough-without-the-cap"),
        pytest.param("159.5", NOT_MET, id="too-little-either-way"),
    ],
)
def test_a_cap_of_which_nobody_knows_whether_it_holds_leaves_open_what_it_decides(school, result):
    judged = perhaps_suspended(date(2019, 2, 1), school)

    assert requirement(judged, "SCHOOL_BASED_CAP").result is Result.INDETERMINATE
    assert requirement(judged, "CYCLE_TOTAL").result is result
    certain = perhaps_suspended(date(2019, 7, 1), school)
    assert requirement(certain, "CYCLE_TOTAL").result is NOT_MET


def test_parameters_that_make_no_sense_are_named():
    assert "times_min" in OnceIntensive(times_min=0, hours_min=Decimal(90)).wrong()
    assert "base_credits_min" in OnceIntensive(times_min=1).wrong()
    assert "per" in SchoolBasedCap(credits_max=Decimal(150), per="YEAR").wrong()
    assert "credits_max" in SchoolBasedCap(credits_max=Decimal(-1)).wrong()
    assert "hours_min" in SchoolBasedFloor(hours_min=Decimal(0)).wrong()
    assert SchoolBasedCap(credits_max=Decimal(150)).wrong() is None


def test_asking_for_less_or_counting_more_is_laxer():
    once = OnceIntensive(times_min=1, hours_min=Decimal(90))

    assert OnceIntensive(times_min=1, hours_min=Decimal(89)).laxer(once)
    assert not OnceIntensive(times_min=2, base_credits_min=Decimal(90)).laxer(once)
    assert SchoolBasedCap(credits_max=Decimal(151)).laxer(SchoolBasedCap(credits_max=Decimal(150)))
    assert SchoolBasedFloor(hours_min=Decimal(119)).laxer(SchoolBasedFloor(hours_min=Decimal(120)))
