"""Redress: findings closed by decision, and what a decision may build upon."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_lack

from ledger.closing import CloseOffering
from ledger.command import OutsideScope, UnknownReference
from ledger.event import decode, encode
from ledger.finding import GRANTED, FindingMade, Lack, Outcome
from ledger.names import FindingId
from ledger.redress import (
    EVIDENCE_MAX,
    AlreadyResolved,
    FindingReopened,
    FindingResolved,
    FindingState,
    NotResolved,
    Redress,
    ReopenFinding,
    Resolution,
    ResolveFinding,
)
from ledger.review import ReasonMissing
from ledger.schedule import DayLogged
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, HANGZHOU, LIN, OFFERING, PROVINCE, RUIAN, WENZHOU
from tests.given import asker_for, background, entries, given

DAY = date(2024, 7, 1)
ID = FindingId("finding:0193-0001")
EVENT = "01931c5e-0000-7000-8000-000000000001"
SUBJECTS = (OFFERING, COUNTY_SCHOOL)


def found(*, subjects=SUBJECTS, place=RUIAN, lacking=()):
    return FindingMade(
        code="LOG_MISSING",
        outcome=Outcome.VIOLATION,
        subjects=subjects,
        place=place,
        zh="缺班级日志",
        en="no log",
        lacking=lacking,
    )


def lack(day):
    return Lack(events=(DayLogged.NAME,), about=(OFFERING,), value=day)


def resolved(how=Resolution.ACCEPTED, *, subjects=SUBJECTS, place=RUIAN, evidence=()):
    return FindingResolved(
        finding=ID, subjects=subjects, place=place, how=how, reason="属实", evidence=evidence
    )


LOGGED = DayLogged(offering=OFFERING, provider=COUNTY_SCHOOL, day=date(2024, 4, 8), note="补记")
RESOLVE = ResolveFinding(id=ID, subject=OFFERING, how=Resolution.ACCEPTED, reason="属实")
REOPEN = ReopenFinding(id=ID, subject=OFFERING, reason="材料不实")
REOPENED = FindingReopened(
    finding=ID, subjects=SUBJECTS, place=RUIAN, corrects="0193-0002", reason="材料不实"
)


@pytest.mark.parametrize("how", Resolution)
@pytest.mark.parametrize("reported", [False, True])
def test_the_bureau_of_its_place_closes_a_finding_and_says_how(how, reported):
    command = replace(RESOLVE, how=how, evidence=(EVENT, EVENT.upper()))
    given(found()).when(command, on=DAY, reported=reported).then(resolved(how, evidence=(EVENT,)))


def test_a_closed_finding_is_not_closed_again_but_reopened_first():
    given(found(), resolved()).when(RESOLVE, on=DAY).refused(AlreadyResolved, field="id")
    given(found(), resolved()).when(REOPEN, on=DAY).then(REOPENED)
    given(found(), resolved(), REOPENED).when(RESOLVE, on=DAY).then(resolved())


def test_an_open_finding_is_not_reopened():
    given(found()).when(REOPEN, on=DAY).refused(NotResolved, field="id")


def test_what_later_events_put_right_is_closed_and_may_be_reopened():
    story = [found(lacking=(lack("2024-04-08"),)), LOGGED]
    given(story).when(RESOLVE, on=DAY).refused(AlreadyResolved, field="id")
    given(story).when(REOPEN, on=DAY).then(REOPENED)


def test_what_was_put_right_only_in_part_is_open():
    both = found(lacking=(lack("2024-04-08"), lack("2024-04-09")))
    given(both, LOGGED).when(RESOLVE, on=DAY).then(resolved())


def test_once_a_person_decided_later_events_close_nothing():
    [made, *later] = entries(
        [found(lacking=(lack("2024-04-08"),)), resolved(), REOPENED, LOGGED], DAY
    )
    redress = Redress()
    redress.begin(made)
    heeded = [each for each in later if redress.heeds(each) and not redress.follow(each)]

    assert [each.event for each in heeded] == [resolved(), REOPENED]
    assert (redress.state, redress.resolved_by) == (FindingState.OPEN, None)
    assert [each.state.value for each in redress.steps] == ["ACCEPTED", "OPEN"]


def test_a_step_says_whether_it_follows_from_events_and_from_which():
    made, first, second = entries(
        [
            found(lacking=(lack("2024-04-08"), lack("2024-04-09"))),
            LOGGED,
            DayLogged(**{**_fields(LOGGED), "day": date(2024, 4, 9)}),
        ],
        DAY,
    )
    redress = Redress()
    redress.begin(made)
    assert redress.follows == (ID, OFFERING)
    redress.follow(first)
    assert (redress.state, redress.lacking) == (FindingState.OPEN, (lack("2024-04-09"),))
    redress.follow(second)

    by = redress.resolved_by
    assert by is not None
    assert (by.state, by.derived, by.event) == (FindingState.RECTIFIED, True, second.id)
    assert by.evidence == (first.id, second.id)
    assert redress.follows == (ID,)


@pytest.mark.parametrize(
    "lacking",
    [
        (),
        (lack("2024-04-08"),),
        (replace_lack(lack("2024-04-08"), gone=(GRANTED,), gone_about=(LIN, OFFERING)),),
        (lack("2024-04-09"), replace_lack(lack("2024-04-08"), events=("x", DayLogged.NAME))),
    ],
)
def test_no_event_is_heeded_of_a_type_that_is_not_awaited(lacking):
    story = [LOGGED, cast.completed(), resolved(), LOGGED, cast.completed(), REOPENED, LOGGED]
    made, *later = entries([found(lacking=lacking), *story], DAY)
    redress = Redress()
    redress.begin(made)
    asked = {name for each in lacking for name in (*each.events, *each.gone)}
    decisions = {FindingResolved.NAME, FindingReopened.NAME}
    assert redress.awaits == decisions | asked
    for each in later:
        assert not redress.heeds(each) or each.event.NAME in redress.awaits
        if redress.heeds(each):
            redress.follow(each)

    assert redress.awaits == decisions


def _fields(event):
    return {each: getattr(event, each) for each in event.__struct_fields__}


def test_a_decision_needs_its_reason():
    given(found()).when(replace(RESOLVE, reason=" "), on=DAY).refused(ReasonMissing)
    given(found(), resolved()).when(replace(REOPEN, reason=""), on=DAY).refused(ReasonMissing)


@pytest.mark.parametrize("evidence", [("x",), (EVENT[:-1],), (f"{EVENT} 1",)])
def test_evidence_names_events(evidence):
    command = replace(RESOLVE, evidence=evidence)
    given(found()).when(command, on=DAY).faulted("BAD_EVIDENCE", field="evidence")


def test_evidence_has_a_limit():
    many = tuple(f"01931c5e-0000-7000-8000-{number:012}" for number in range(EVIDENCE_MAX + 1))
    given(found()).when(replace(RESOLVE, evidence=many[1:]), on=DAY).accepted()
    given(found()).when(replace(RESOLVE, evidence=many), on=DAY).faulted("BAD_EVIDENCE")


@pytest.mark.parametrize("place", [HANGZHOU, WENZHOU, PROVINCE])
def test_no_other_bureau_decides(place):
    given(found()).when(RESOLVE, on=DAY, by=asker_for(place)).refused(OutsideScope)


def test_a_finding_about_the_bureau_itself_is_for_the_one_above_it():
    about_itself = found(subjects=(RUIAN,))
    command = replace(RESOLVE, subject=RUIAN)
    given(about_itself).when(command, on=DAY, by=asker_for(RUIAN)).refused(OutsideScope)
    given(about_itself).when(command, on=DAY, by=asker_for(WENZHOU)).then(
        resolved(subjects=(RUIAN,))
    )


def test_above_the_province_there_is_nobody():
    command = replace(RESOLVE, subject=PROVINCE)
    about_it = found(subjects=(PROVINCE,), place=PROVINCE)
    given(about_it).when(command, on=DAY, by=asker_for(PROVINCE)).then(
        resolved(subjects=(PROVINCE,), place=PROVINCE)
    )


@pytest.mark.parametrize("command", [RESOLVE, REOPEN])
def test_an_unknown_finding_or_one_about_somebody_else_is_not_decided(command):
    given().when(command, on=DAY).refused(UnknownReference, field="id")
    strangers = replace(command, subject=LIN)
    given(background(found())).when(strangers, on=DAY).refused(UnknownReference, field="id")
    given(found(subjects=(LIN, CHEN))).when(
        replace(command, id=FindingId("finding:other"), subject=LIN), on=DAY
    ).refused(UnknownReference)


def test_a_class_that_closes_names_what_would_put_each_lack_right():
    answer = given(cast.opened(), cast.timetable(24)).when(
        CloseOffering(offering=OFFERING), on=date(2024, 6, 28)
    )
    named = {each.code: [(a.events, a.value) for a in each.lacking] for each in answer.findings}

    assert named["SAFETY_UNTAUGHT"] == [(("safeguard.recorded",), "SAFETY_EDUCATION")]
    assert named["LOG_MISSING"] == [
        (("schedule.day-logged",), f"2024-04-{day:02}") for day in (8, 9, 10)
    ]
    assert all(each.lacking for each in answer.findings)


def test_an_older_finding_whose_code_says_what_it_lacks_is_put_right_as_well():
    [old] = entries([found()], DAY)
    body = encode(old).replace(b'"v":5', b'"v":2').replace(b'"lacking":[],', b"")
    for code, value in (("SAFETY_UNTAUGHT", "SAFETY_EDUCATION"), ("LOG_MISSING", None)):
        again = decode(1, body.replace(b"LOG_MISSING", code.encode())).event
        assert [each.value for each in again.lacking] == ([value] if value else [])
        assert [each.about for each in again.lacking] == ([(OFFERING,)] if value else [])
