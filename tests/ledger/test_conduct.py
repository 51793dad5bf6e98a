"""Conduct: what the events of a class say about how it was run."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.change import ChangeCarriedOut, ChangeClass, ChangeKind, ChangeRequested
from ledger.conduct import CONDUCT_EVENTS, Conduct
from ledger.names import ChangeId
from ledger.safeguard import SafeguardKind, SafeguardRecorded
from ledger.schedule import Half
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, OPENS, RUIAN
from tests.given import entries

CHANGE = ChangeId("change:x1")
REQUESTED = ChangeRequested(
    change=CHANGE,
    offering=OFFERING,
    provider=COUNTY_SCHOOL,
    place=RUIAN,
    kinds=(ChangeKind.TRAINER_REPLACED,),
    description="因病",
)
DONE = ChangeCarriedOut(
    change=CHANGE, offering=OFFERING, provider=COUNTY_SCHOOL, change_class=ChangeClass.MAJOR
)


def conduct(*events):
    folded = Conduct()
    for entry in entries(events, date(2024, 6, 28)):
        assert type(entry.event) in CONDUCT_EVENTS
        folded.learn(entry)
    return folded


def test_trainees_are_those_who_were_admitted():
    folded = conduct(*cast.enrolled(LIN), cast.selected(CHEN), cast.passed(CHEN))

    assert [each.teacher for each in folded.trainees] == [LIN]


def test_the_days_of_attendance_and_what_was_safeguarded_are_known():
    taught = SafeguardRecorded(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        kind=SafeguardKind.SAFETY_EDUCATION,
        day=OPENS,
        note="防火",
    )
    folded = conduct(cast.timetable(), cast.attended(OPENS), taught)

    assert {(OPENS, Half.MORNING)} == folded.attended
    assert {SafeguardKind.SAFETY_EDUCATION} == folded.safeguards
    assert not folded.assessed


@pytest.mark.parametrize(
    ("events", "took_effect"),
    [
        ((REQUESTED,), False),
        ((REQUESTED, DONE), False),
        ((REQUESTED, cast.decided()), False),
        ((REQUESTED, cast.decided(False, reason="x"), DONE), False),
        ((REQUESTED, cast.decided(), DONE), True),
        ((REQUESTED, DONE, cast.decided()), True),
    ],
)
def test_a_change_counts_once_it_is_approved_and_took_effect(events, took_effect):
    folded = conduct(*events)

    assert folded.changed(ChangeKind.TRAINER_REPLACED) is took_effect
    assert not folded.changed(ChangeKind.COURSE_REMOVED)
