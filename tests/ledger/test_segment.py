"""Segments: how a long project may be divided, and when those of graduating classes are held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.finding import Outcome
from ledger.names import TermId
from ledger.offering import OpenOffering
from ledger.plan import Component, Mode, Segment
from ledger.register import Category, Stage
from ledger.segment import (
    OutsidePreferredMonths,
    PreferredMonths,
    Segments,
    SplitOtherwise,
    TooManySegments,
)
from tests import cast
from tests.cast import H1_2024, H2_2019, OFFERING, PROJECT
from tests.declaring import declaring
from tests.given import given

JULY = (date(2019, 7, 8), date(2019, 7, 19))
AUGUST = (date(2019, 8, 5), date(2019, 8, 31))
AUTUMN = (date(2019, 10, 8), date(2019, 10, 18))
STRADDLING = (date(2019, 8, 28), date(2019, 9, 1))


def part(component, days, hours=45):
    first, last = days
    return Segment(component=component, first=first, last=last, hours=Decimal(hours))


def long_plan(*parts, segments=None, hours=90, **more):
    count = len(parts) if segments is None else segments
    return cast.plan(hours, assessment=True, segments=count, parts=parts, **more)


@pytest.mark.parametrize(
    ("hours", "segments", "accepted"),
    [
        pytest.param(90, 3, False, id="W-033"),
        pytest.param(90, 2, True, id="W-034-count"),
        pytest.param(60, 3, True, id="W-036"),
        pytest.param("89.5", 3, True, id="just-below-90"),
        pytest.param(120, 3, False, id="more-hours"),
        pytest.param(90, 1, True, id="undivided"),
    ],
)
def test_before_2024_a_project_of_ninety_hours_has_two_segments_at_most(hours, segments, accepted):
    plan = cast.plan(hours, assessment=True, segments=segments)
    answer = declaring(plan, term=H2_2019)
    if accepted:
        answer.accepted()
        return
    answer.refused(TooManySegments, "ZJ14-29", field="segments")
    declaring(plan, term=H2_2019, reported=True).found(
        "ZJ14-29", Outcome.VIOLATION, TooManySegments
    )


@pytest.mark.parametrize(
    ("parts", "accepted"),
    [
        pytest.param(
            (part(Component.THEORY, JULY), part(Component.PRACTICE, AUTUMN)), True, id="W-034"
        ),
        pytest.param((part(Component.THEORY, AUGUST), part(Component.PRACTICE, AUTUMN)), True),
        pytest.param((part(Component.PRACTICE, JULY), part(Component.THEORY, AUTUMN)), False),
        pytest.param((part(Component.THEORY, JULY), part(Component.PRACTICE, AUGUST)), False),
        pytest.param((part(Component.THEORY, JULY), part(Component.THEORY, AUGUST)), False),
        pytest.param((part(Component.MIXED, JULY), part(Component.PRACTICE, AUTUMN)), False),
        pytest.param((part(Component.THEORY, STRADDLING), part(Component.PRACTICE, AUTUMN)), False),
    ],
)
def test_a_long_project_is_split_into_summer_theory_and_practice_in_term(parts, accepted):
    answer = declaring(long_plan(*parts), term=H2_2019)
    if accepted:
        answer.accepted()
        return
    answer.refused(SplitOtherwise, "ZJ14-29", field="parts")
    declaring(long_plan(*parts), term=H2_2019, reported=True).found(
        "ZJ14-29", Outcome.VIOLATION, SplitOtherwise
    )


def test_an_undivided_or_short_project_may_be_held_at_any_time():
    declaring(long_plan(part(Component.THEORY, AUTUMN, 90)), term=H2_2019).accepted()
    short = (part(Component.PRACTICE, JULY, 30), part(Component.THEORY, AUTUMN, 30))
    declaring(long_plan(*short, hours=60), term=H2_2019).accepted()


def test_w_037_from_2024_a_block_project_of_ninety_credits_is_split_without_limit():
    declaring(cast.plan(90, assessment=True, segments=3), term=H1_2024).accepted()
    declaring(cast.plan(90, assessment=True, segments=9), term=H1_2024).accepted()


def test_the_version_follows_the_term_of_declaration_and_not_the_day():
    plan = cast.plan(90, assessment=True, segments=3)
    late = declaring(plan, term=TermId("term:2023H2"), day=date(2024, 3, 10), reported=True)
    late.found("ZJ14-29", Outcome.VIOLATION, TooManySegments)
    early = declaring(plan, term=H1_2024, day=date(2024, 3, 5), reported=True)

    assert "ZJ14-29" not in [each.rule for each in early.findings]


@pytest.mark.parametrize("mode", [Mode.DISTANCE, Mode.BLENDED])
def test_every_long_project_is_split_into_two_at_most_before_2024_and_without_limit_after(mode):
    plan = cast.plan(90, assessment=True, segments=3, mode=mode)
    declaring(plan, term=H2_2019).refused(TooManySegments, "ZJ14-29", field="segments")
    later = declaring(plan, term=H1_2024, host=cast.accredited(blended=True))

    assert later.refusals == ()


def graduating(*days, stage=Stage.SENIOR_SECONDARY, category=Category.GRADUATING_CLASS_TEACHER):
    parts = tuple(part(Component.THEORY, each, 12) for each in days)
    return cast.plan(
        12 * len(days) or 24,
        segments=len(days) or 1,
        parts=parts,
        target_categories=(category,),
    )


MAY = (date(2024, 5, 6), date(2024, 5, 10))
SUMMER = (date(2024, 7, 1), date(2024, 8, 31))


def seniors(*days, stage=Stage.SENIOR_SECONDARY):
    plan = graduating(*days)
    values = {name: getattr(plan, name) for name in plan.__struct_fields__}
    return type(plan)(**values | {"stage": stage})


@pytest.mark.parametrize("stage", [Stage.JUNIOR_SECONDARY, Stage.SENIOR_SECONDARY])
def test_w_228_a_project_for_graduating_classes_outside_summer_earns_advice_only(stage):
    declaring(seniors(MAY, stage=stage)).found("ZJ14-28", Outcome.ADVISORY, OutsidePreferredMonths)
    declaring(seniors(SUMMER, stage=stage)).accepted()


def test_a_day_before_july_and_a_day_after_august_lie_outside_summer():
    for days in ((date(2024, 6, 30), date(2024, 7, 2)), (date(2024, 8, 30), date(2024, 9, 1))):
        declaring(seniors(days)).found("ZJ14-28", Outcome.ADVISORY)


def test_other_teachers_and_primary_schools_are_taught_at_any_time():
    declaring(graduating(MAY, category=Category.SUBJECT_TEACHER)).accepted()
    declaring(seniors(MAY, stage=Stage.PRIMARY)).accepted()


@pytest.mark.parametrize(
    ("days", "advised"), [((date(2024, 5, 6), date(2024, 5, 10)), True), (SUMMER, False)]
)
def test_a_plan_without_dates_is_advised_when_its_class_opens(days, advised):
    past = [cast.declared(plan=seniors()), cast.reviewed(), cast.published()]
    opening = OpenOffering(
        offering=OFFERING, project=PROJECT, seats=50, opens=days[0], closes=days[1],
        adviser=cast.ADVISER,
    )  # fmt: skip
    answer = given(past).when(opening, on=date(2024, 3, 18))
    if advised:
        answer.found("ZJ14-28", Outcome.ADVISORY, OutsidePreferredMonths)
    else:
        answer.accepted()


def test_parameters_out_of_range_are_named():
    odd = PreferredMonths(categories=("NEW_TEACHER",), stages=("PRIMARY",), months=(0,))

    assert "months" in str(odd.wrong())
    assert "segments_max" in str(Segments(segments_max=0).wrong())
    assert "theory_months" in str(Segments(theory_months=(13,)).wrong())
    assert "hours_min" in str(Segments(hours_min=Decimal(-1)).wrong())
    assert Segments(segments_max=2, theory_months=(7, 8)).wrong() is None


def test_more_segments_or_a_higher_threshold_ask_for_less():
    rule = Segments(hours_min=Decimal(90), segments_max=2)

    assert Segments(hours_min=Decimal(90), segments_max=3).laxer(rule)
    assert Segments(hours_min=Decimal(90)).laxer(rule)
    assert Segments(hours_min=Decimal(91), segments_max=2).laxer(rule)
    assert not Segments(hours_min=Decimal(60), segments_max=1).laxer(rule)
    assert not rule.laxer(Segments())


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        (Segments(), True),
        (Segments(hours_min=Decimal(90)), True),
        (Segments(hours_min=Decimal(91)), False),
        (Segments(credits_min=Decimal(80)), True),
        (Segments(credits_min=Decimal(81)), False),
    ],
)
def test_a_rule_on_segments_is_about_plans_of_so_many_hours_and_credits(rule, covered):
    assert rule.covers(cast.plan(90, credits=80)) is covered
