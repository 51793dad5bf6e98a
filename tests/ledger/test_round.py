"""Rounds: what stood at the close of round one, and what the rule on round two may say."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.enrollment import EnrollmentDeclined, EnrollmentWithdrawn
from ledger.round import RoundTwoAdmission, TermChoices
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, LIN, OFFERING, OTHER_OFFERING, SCHOOL
from tests.given import entries, on

CLOSE, LATE = date(2024, 3, 26), date(2024, 4, 1)
WITHDRAWN = EnrollmentWithdrawn(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    term=H1_2024,
    admitted=False,
    after_change=False,
    reason="",
)
DECLINED = EnrollmentDeclined(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    provider=COUNTY_SCHOOL,
    term=H1_2024,
    round=1,
    reason="x",
)
REFUSED = cast.passed(passed=False, reason="x")


def choices(*things):
    folded = TermChoices(first_closes=CLOSE)
    for entry in entries(things, date(2024, 3, 20)):
        folded.learn(entry)
    return folded


@pytest.mark.parametrize(
    ("past", "selected", "all_refused"),
    [
        pytest.param([], False, False, id="nothing"),
        pytest.param([cast.selected()], True, False, id="not reviewed"),
        pytest.param([cast.selected(), cast.passed()], True, False, id="passed"),
        pytest.param([cast.selected(), REFUSED], True, True, id="refused"),
        pytest.param([cast.selected(), REFUSED, cast.selected()], True, False, id="again"),
        pytest.param([cast.selected(), cast.passed(), DECLINED], True, False, id="declined"),
        pytest.param([cast.selected(), on(CLOSE, WITHDRAWN)], False, False, id="withdrawn"),
        pytest.param(
            [cast.selected(), on(date(2024, 3, 27), WITHDRAWN)], True, False, id="withdrawn late"
        ),
        pytest.param(
            [cast.selected(), on(CLOSE, WITHDRAWN), cast.selected()],
            True,
            False,
            id="withdrawn and chosen again",
        ),
        pytest.param(
            [cast.selected(), on(CLOSE, WITHDRAWN), cast.selected(round=2), on(LATE, WITHDRAWN)],
            False,
            False,
            id="withdrawn once in time and once late",
        ),
        pytest.param(
            [cast.selected(), REFUSED, cast.selected(offering=OTHER_OFFERING)],
            True,
            False,
            id="one refused, one open",
        ),
        pytest.param([cast.confirmed(round=0)], False, False, id="assigned"),
    ],
)
def test_c_08_what_stands_at_the_close_of_round_one(past, selected, all_refused):
    mine = choices(past)

    assert (mine.selected_first, mine.all_refused_first) == (selected, all_refused)


@pytest.mark.parametrize("bars", [("NO_SELECTION",), ("NO_SELECTION", "SCHOOL_REFUSED")])
def test_what_a_rule_bars_is_known_to_the_program(bars):
    assert RoundTwoAdmission(bars=bars).wrong() is None
    assert RoundTwoAdmission(bars=()).wrong() is not None
    assert "PROVIDER_DECLINED" in str(RoundTwoAdmission(bars=(*bars, "PROVIDER_DECLINED")).wrong())


def test_c_32_a_county_may_bar_more_but_not_less():
    province = RoundTwoAdmission(bars=("NO_SELECTION",))
    county = RoundTwoAdmission(bars=("NO_SELECTION", "SCHOOL_REFUSED"))

    assert province.laxer(county)
    assert not county.laxer(province)
    assert not province.laxer(province)
