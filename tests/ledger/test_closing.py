"""Closing: a class is over, once, and what it lacks stands beside the fact."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.closing import AlreadyClosed, CloseLeftOpen, CloseOffering, OfferingClosed, OutcomesOpen
from ledger.command import OutsideScope, UnknownReference
from ledger.completion import NotEnded
from ledger.enrollment import EnrollmentWithdrawn
from ledger.finding import Outcome
from ledger.offering import OfferingCancelled, OfferingGone
from ledger.regulation import Rulebook
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    HANGZHOU,
    LIN,
    OFFERING,
    PROJECT,
    RUIAN,
    SCHOOL,
    WENZHOU,
)
from tests.given import asker_for, given

END = date(2024, 6, 28)
CLOSE = CloseOffering(offering=OFFERING)
LEFT_OPEN = CloseLeftOpen(offering=OFFERING)
# Without a rule nothing is lacking, so these stories are of closing alone.
NO_RULES = Rulebook()


def closed(trainees=0, unsettled=0, by_bureau=False):
    return OfferingClosed(
        offering=OFFERING,
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        trainees=trainees,
        unsettled=unsettled,
        by_bureau=by_bureau,
    )


def withdrawn(teacher):
    return EnrollmentWithdrawn(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_provider_closes_its_class(reported):
    story = [cast.opened(), cast.enrolled(), cast.completed()]
    given(story, rules=NO_RULES).when(CLOSE, on=END, reported=reported).then(closed(1))


def test_the_bureau_closes_a_class_that_was_left_open():
    given(cast.opened(), rules=NO_RULES).when(LEFT_OPEN, on=END).then(closed(by_bureau=True))


@pytest.mark.parametrize("command", [CLOSE, LEFT_OPEN])
def test_what_a_class_lacks_is_found_whoever_closes_it(command):
    answer = given(cast.opened()).when(command, on=END)

    assert {each.rule for each in answer.findings} == {
        "ZJ24-63",
        "ZJ14-06",
        "ZJ14-17",
        "ZJ14-19",
        "ZJ24-94",
        "WZ12-21",
        "WZ12-32",
    }
    for each in answer.findings:
        assert each.outcome is Outcome.VIOLATION
        assert each.subjects == (OFFERING, COUNTY_SCHOOL)


@pytest.mark.parametrize(("day", "over"), [(date(2024, 6, 27), False), (END, True)])
@pytest.mark.parametrize("command", [CLOSE, LEFT_OPEN])
def test_a_class_is_closed_from_its_last_day_on(command, day, over):
    answer = given(cast.opened(), rules=NO_RULES).when(command, on=day)
    if over:
        answer.accepted()
    else:
        answer.refused(NotEnded, field="offering")


@pytest.mark.parametrize("command", [CLOSE, LEFT_OPEN])
def test_a_class_is_closed_once(command):
    given(cast.opened(), closed()).when(command, on=END).refused(AlreadyClosed, field="offering")


def test_a_cancelled_class_is_not_closed():
    cancelled = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=RUIAN, reason="人数不足"
    )
    given(cast.opened(), cancelled).when(CLOSE, on=END).refused(OfferingGone, field="offering")


@pytest.mark.parametrize("reported", [False, True])
def test_trainees_without_an_outcome_are_counted_and_noted(reported):
    story = [cast.opened(), cast.enrolled(), cast.enrolled(CHEN), cast.completed()]
    answer = given(story, rules=NO_RULES).when(CLOSE, on=END, reported=reported)

    [finding] = answer.found(None, Outcome.INDETERMINATE, OutcomesOpen).findings
    answer.kept(closed(2, 1))
    assert "1 of 2" in finding.en


def test_c_41_who_withdrew_needs_no_outcome():
    story = [cast.opened(), cast.enrolled(LIN), cast.completed(), cast.enrolled(CHEN)]
    given(story, withdrawn(CHEN), rules=NO_RULES).when(CLOSE, on=END).then(closed(1))


def test_who_was_not_admitted_needs_no_outcome():
    story = [cast.opened(), cast.selected(), cast.passed()]
    given(story, rules=NO_RULES).when(CLOSE, on=END).then(closed())


def test_each_party_closes_in_its_own_way():
    given(cast.opened()).when(CLOSE, on=END, by=asker_for(RUIAN)).refused(OutsideScope)
    given(cast.opened()).when(LEFT_OPEN, on=END, by=asker_for(COUNTY_SCHOOL)).refused(OutsideScope)
    given(cast.opened()).when(LEFT_OPEN, on=END, by=asker_for(WENZHOU)).refused(OutsideScope)
    given(cast.opened()).when(LEFT_OPEN, on=END, by=asker_for(HANGZHOU)).refused(OutsideScope)


@pytest.mark.parametrize("command", [CLOSE, LEFT_OPEN])
def test_an_unknown_class_is_not_closed(command):
    given().when(command, on=END).refused(UnknownReference, field="offering")
