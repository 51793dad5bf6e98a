"""Modes: what the epidemic notice of 2020 closed, and what it left to the localities."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.finding import Outcome
from ledger.mode import (
    AccommodationAvoided,
    DeclarationMode,
    LodgingAvoided,
    ModeNotAccepted,
    ModeSuspended,
    NotAssigned,
    OfflineSuspended,
)
from ledger.names import TermId
from ledger.plan import Audience, Choice, Mode
from tests import cast
from tests.cast import H1_2024, H2_2019, H2_2020, HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.declaring import declaring

WIDE = cast.distance_provider()
LATER = TermId("term:2021H1")


def wide(mode=Mode.INTENSIVE, choice=Choice.SELF_SELECTED, **more):
    return cast.plan(mode=mode, audience=Audience.PROVINCE, choice=choice, **more)


def at_province(plan, **more):
    return declaring(plan, **{"host": WIDE, "place": PROVINCE, "term": H2_2020} | more)


@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
def test_in_the_suspension_the_province_holds_self_selected_projects_at_a_distance_only(mode):
    at_province(wide(mode)).refused(ModeSuspended, "ZJ20-04", field="mode")
    at_province(wide(mode), reported=True).found("ZJ20-04", Outcome.VIOLATION, ModeSuspended)
    at_province(wide(Mode.DISTANCE)).accepted()


def test_a_project_for_the_whole_province_is_provincial_wherever_it_is_put_forward():
    declaring(wide(), host=WIDE, place=RUIAN, term=H2_2020).refused(ModeSuspended, "ZJ20-04")


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2019, 12, 31), None),
        (date(2020, 7, 16), Outcome.INDETERMINATE),
        (date(2020, 7, 17), Outcome.VIOLATION),
        (date(2020, 12, 31), Outcome.VIOLATION),
        (date(2021, 1, 1), Outcome.INDETERMINATE),
        (date(2024, 3, 5), Outcome.INDETERMINATE),
        (date(2024, 3, 6), None),
    ],
)
def test_the_suspension_is_certain_in_2020_and_over_on_6_march_2024(day, outcome):
    answer = at_province(wide(), term=LATER, day=day, reported=True)
    found = [each.outcome for each in answer.findings if each.rule == "ZJ20-04"]

    assert found == [outcome] * bool(outcome)


def test_where_nobody_can_tell_an_asked_project_is_noted_and_not_refused():
    at_province(wide(), term=LATER, day=date(2021, 3, 1)).found(
        "ZJ20-04", Outcome.INDETERMINATE, ModeSuspended
    )


def test_mandated_and_local_projects_are_outside_the_suspension():
    mandated = wide(choice=Choice.MANDATED, assigned_by=PROVINCE)
    answer = at_province(mandated, reported=True)
    assert "ZJ20-04" not in [each.rule for each in answer.findings]
    declaring(cast.plan(), term=H2_2020).accepted()


@pytest.mark.parametrize("choice", list(Choice))
@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
def test_for_late_2020_the_province_takes_distance_projects_only(mode, choice):
    plan = wide(mode, choice, assigned_by=PROVINCE)
    at_province(plan).refused(ModeNotAccepted, "ZJ20-13", field="mode")
    at_province(plan, reported=True).found("ZJ20-13", Outcome.VIOLATION, ModeNotAccepted)


def test_other_terms_and_localities_take_other_projects():
    at_province(wide(), host=cast.university(), term=H1_2024).accepted()
    host = replace_place(WENZHOU)
    declaring(cast.plan(), term=H2_2020, host=host, place=WENZHOU).accepted()


def replace_place(place):
    return cast.accredited(place=place)


def test_w_046_in_2020_a_county_takes_a_blended_project_half_of_it_online():
    declaring(cast.plan(40, mode=Mode.BLENDED, online=20), term=H2_2020).accepted()


@pytest.mark.parametrize("mode", [Mode.INTENSIVE, Mode.BLENDED])
def test_w_102_in_the_suspension_a_project_that_lodges_its_trainees_is_a_departure(mode):
    declaring(cast.plan(mode=mode, accommodation=True), term=H2_2020).found(
        "ZJ20-06", Outcome.DEVIATION, LodgingAvoided
    )


def test_w_102_a_mandated_project_may_lodge_its_trainees():
    plan = cast.plan(accommodation=True, choice=Choice.MANDATED, assigned_by=RUIAN)
    declaring(plan, term=H2_2020).accepted()


@pytest.mark.parametrize(
    ("term", "day", "outcome"),
    [
        pytest.param(H1_2024, None, None, id="W-231"),
        (H2_2019, None, None),
        (LATER, date(2021, 3, 1), Outcome.INDETERMINATE),
    ],
)
def test_lodging_is_judged_in_the_suspension_only(term, day, outcome):
    answer = declaring(cast.plan(accommodation=True), term=term, day=day, reported=True)

    found = [each.outcome for each in answer.findings if each.rule == "ZJ20-06"]
    assert found == [outcome] * bool(outcome)


def test_a_distance_project_lodges_nobody_offline():
    declaring(cast.plan(accommodation=True, mode=Mode.DISTANCE), term=H2_2020).accepted()


@pytest.mark.parametrize(
    ("by", "approved"),
    [(RUIAN, True), (WENZHOU, True), (PROVINCE, True), (None, False), (HANGZHOU, False)],
)
def test_in_the_suspension_an_authority_over_the_place_approves_a_mandated_project(by, approved):
    plan = cast.plan(choice=Choice.MANDATED, assigned_by=by)
    answer = declaring(plan, term=H2_2020)
    if approved:
        answer.accepted()
    else:
        answer.found("ZJ20-08", Outcome.VIOLATION, NotAssigned)


def test_who_approves_is_not_asked_of_projects_of_choice_nor_in_2024():
    declaring(cast.plan(assigned_by=None), term=H2_2020).accepted()
    declaring(cast.plan(choice=Choice.MANDATED, assigned_by=None), term=H1_2024).accepted()


def test_parameters_that_nobody_knows_are_named():
    assert "modes" in str(DeclarationMode(modes=("TELEPATHY",)).wrong())
    assert "modes" in str(OfflineSuspended(choice=Choice.MANDATED, modes=("A",)).wrong())
    assert "exempt" in str(AccommodationAvoided(exempt=("A",)).wrong())
    assert DeclarationMode(modes=("DISTANCE",)).wrong() is None


def test_to_take_more_is_to_ask_for_less():
    one, two = DeclarationMode(modes=("DISTANCE",)), DeclarationMode(modes=("DISTANCE", "BLENDED"))
    assert two.laxer(one)
    assert not one.laxer(two)
    assert AccommodationAvoided(exempt=("MANDATED",)).laxer(AccommodationAvoided(exempt=()))
    suspended = OfflineSuspended(choice=Choice.SELF_SELECTED, modes=())
    assert not suspended.laxer(suspended)
