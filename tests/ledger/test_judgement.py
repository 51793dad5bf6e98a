"""Judgement: what a provider needs before it settles a trainee, and under which rule."""

from __future__ import annotations

import pytest

from ledger.completion import Reason
from ledger.finding import Outcome
from ledger.judgement import AssessmentMissing, Unseen
from tests import cast
from tests.given import given, on
from tests.ledger.test_completion import END, FIFTH, SETTLE, assessed, denied, granted, held, past


@pytest.mark.parametrize(("hours", "rule"), [("89.5", None), ("90", "ZJ14-15")])
def test_a_short_plan_that_asks_for_an_assessment_itself_cites_no_rule_for_it(hours, rule):
    story = past(hours, "0", assessment=True)
    cited = (rule,) if rule else ()

    given(story).when(SETTLE, on=END).refused(AssessmentMissing, rule, field="teacher")
    given(story, assessed(False)).when(SETTLE, on=END).then(
        denied(hours, "0", Reason.ASSESSMENT_FAILED, cited, FIFTH if rule else None)
    )


LATE = cast.date(2024, 6, 27)


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    ("things", "seen"),
    [
        pytest.param([], False, id="no-timetable"),
        pytest.param([cast.timetable(90)], False, id="no-attendance"),
        pytest.param([on(LATE, *held(90))], False, id="before-the-enrolment"),
        pytest.param(held(90), True, id="seen"),
    ],
)
def test_a_completion_of_whom_nobody_ever_looked_for_is_noted(things, seen, reported):
    story = given(cast.opened(cast.plan(90)), things, on(END, *cast.enrolled()))
    answer = story.when(SETTLE, on=END, reported=reported)
    if not seen:
        answer = answer.found("ZJ14-05", Outcome.INDETERMINATE, Unseen)

    answer.then(granted("90", "0", "90"))
