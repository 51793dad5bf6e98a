"""Findings: beside a fact, with the rule, and undecided where the rule itself is."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.finding import FindingMade, Outcome
from ledger.names import JurisdictionId, Name
from tests.cast import LIN, OFFERING
from tests.given import entries, lasting


def finding(**details):
    values = {
        "code": "TIMETABLE_LATE",
        "outcome": Outcome.VIOLATION,
        "subjects": (OFFERING, LIN),
        "place": JurisdictionId("jurisdiction:330000"),
        "zh": "课程表公布晚了",
        "en": "the timetable came late",
    } | details
    return FindingMade(**values)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_finding_of_every_outcome_lasts(outcome):
    lasting(finding(outcome=outcome), date(2024, 4, 20))


def test_its_subjects_and_its_place_are_its_tags():
    assert finding().tags == ("offering:o1", "teacher:lin", "jurisdiction:330000")


def test_its_entry_is_found_by_the_name_under_which_it_is_decided():
    [made] = entries([finding()], date(2024, 4, 20))

    assert f"finding:{made.id}" in made.tags


def test_a_finding_need_not_cite():
    event = finding(subjects=(Name("order:r1"),))

    assert (event.rule, event.citation, event.evidence) == (None, None, ())
    lasting(event)
