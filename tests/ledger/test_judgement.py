"""Judgement: what a provider needs before it settles a trainee, and under which rule."""

from __future__ import annotations

import pytest

from ledger.completion import Reason
from ledger.judgement import AssessmentMissing
from tests.given import given
from tests.ledger.test_completion import END, FIFTH, SETTLE, assessed, denied, past


@pytest.mark.parametrize(("hours", "rule"), [("89.5", None), ("90", "ZJ14-15")])
def test_a_short_plan_that_asks_for_an_assessment_itself_cites_no_rule_for_it(hours, rule):
    story = past(hours, "0", assessment=True)
    cited = (rule,) if rule else ()

    given(story).when(SETTLE, on=END).refused(AssessmentMissing, rule, field="teacher")
    given(story, assessed(False)).when(SETTLE, on=END).then(
        denied(hours, "0", Reason.ASSESSMENT_FAILED, cited, FIFTH if rule else None)
    )
