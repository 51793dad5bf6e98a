"""Assessments: results come in for trainees of the class."""

from __future__ import annotations

import pytest

from ledger.assessment import AssessmentRecorded, RecordAssessment, Result
from ledger.attendance import NotEnrolled
from ledger.command import OutsideScope, UnknownReference
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, STRANGER
from tests.given import asker_for, given

DAY = cast.date(2024, 6, 28)
RESULTS = (Result(teacher=LIN, passed=True), Result(teacher=CHEN, passed=False))
RECORD = RecordAssessment(offering=OFFERING, results=RESULTS)
CLASS = [cast.opened(), *cast.enrolled(), *cast.enrolled(CHEN)]


def test_results_are_recorded_for_the_whole_class_at_once():
    given(CLASS).when(RECORD, on=DAY).then(
        AssessmentRecorded(offering=OFFERING, provider=COUNTY_SCHOOL, results=RESULTS)
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_stranger_has_no_result(reported):
    strange = RecordAssessment(offering=OFFERING, results=(Result(teacher=STRANGER, passed=True),))
    given(CLASS).when(strange, on=DAY, reported=reported).refused(NotEnrolled, field="teacher")


def test_an_unknown_class_has_no_results():
    given().when(RECORD, on=DAY).refused(UnknownReference, field="offering")


def test_another_provider_records_no_results():
    given(CLASS).when(RECORD, on=DAY, by=asker_for(cast.UNIVERSITY)).refused(OutsideScope)
