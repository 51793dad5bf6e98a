"""The channel: an order's steps are taken on the platform, and one taken elsewhere is noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.channel import OffPlatform
from ledger.finding import Outcome
from ledger.response import AwardOrder, RespondToOrder
from tests import cast
from tests.cast import H2_2019, ORDER, UNIVERSITY
from tests.given import given
from tests.ledger.test_order import OPEN_DAY, SUBMIT

RESPOND = RespondToOrder(order=ORDER, provider=UNIVERSITY, proposal="方案")
AWARD = AwardOrder(order=ORDER, provider=UNIVERSITY, reason="最契合")
STEPS = [
    pytest.param([cast.trained(), cast.term()], SUBMIT, OPEN_DAY, id="submit"),
    pytest.param([cast.ordered(), cast.university()], RESPOND, date(2024, 3, 12), id="respond"),
    pytest.param(
        [cast.ordered(), cast.university(), cast.responded()], AWARD, date(2024, 3, 14), id="award"
    ),
]


@pytest.mark.parametrize(("past", "step", "day"), STEPS)
def test_a_reported_step_that_was_taken_off_the_platform_is_a_violation(past, step, day):
    answer = given(past).when(replace(step, off_platform=True), on=day, reported=True)

    assert answer.found("ZJ24-43", Outcome.VIOLATION, OffPlatform).facts[0].off_platform


@pytest.mark.parametrize(("past", "step", "day"), STEPS)
def test_a_step_on_the_platform_is_noted_by_nobody(past, step, day):
    given(past).when(step, on=day).accepted()
    given(past).when(step, on=day, reported=True).accepted()


@pytest.mark.parametrize(("past", "step", "day"), STEPS)
def test_a_step_that_is_asked_is_on_the_platform(past, step, day):
    given(past).when(replace(step, off_platform=True), on=day).faulted(
        "NOT_REPORTED", "off_platform"
    )


def test_in_2019_no_document_names_the_platform():
    step = replace(SUBMIT, term=H2_2019, off_platform=True)
    answer = given(cast.trained(), cast.term(H2_2019)).when(
        step, on=date(2019, 6, 20), reported=True
    )

    assert answer.facts[0].off_platform
    assert "OFF_PLATFORM" not in [each.code for each in answer.findings]
