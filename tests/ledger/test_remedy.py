"""Remedies: each lack of a finding is made good by the event that says so, and by no other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.assessment import AssessmentRecorded, Result
from ledger.attendance import AttendanceCorrected, LeaveGranted
from ledger.charge import FeesCharged, FeesReturned
from ledger.completion import DenialNotified, Recipient, TrainingTerminated
from ledger.credit import CreditRevoked
from ledger.cycle import revocation
from ledger.enrollment import EnrollmentWithdrawn
from ledger.evaluation import (
    EvaluationKind,
    EvaluationRecorded,
    Evaluator,
    ResultsReturned,
    Score,
    Side,
)
from ledger.event import CATALOGUE
from ledger.feedback import TraineeReported
from ledger.finding import DENIAL_NOTIFIED, GRANTED, FindingMade, Lack
from ledger.redress import Redress
from ledger.remedy import REMEDY_EVENTS, left
from ledger.resumption import (
    ACCEPTANCE,
    COMMITMENT,
    STEP_EVENTS,
    AcceptanceDecided,
    SafetyCommitted,
)
from ledger.safeguard import SafeguardKind, SafeguardRecorded
from ledger.schedule import DayLogged, Half
from ledger.supervision import Measure, MeasuresInspected
from ledger.trainer import TrainerRegistered
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, CREDIT, LIN, OFFERING, OTHER_OFFERING, RUIAN, SCHOOL
from tests.given import entries, on

DAY = date(2024, 7, 1)
FIRST, SECOND = date(2024, 4, 8), date(2024, 4, 9)
CLASS = {"offering": OFFERING, "provider": COUNTY_SCHOOL}
HERS = {**CLASS, "teacher": LIN, "school": SCHOOL}
FEES = (FeesCharged.NAME, FeesReturned.NAME)


def lack(event, value="", about=(OFFERING,), **more):
    return Lack(events=(event.NAME,), about=about, value=value, **more)


def logged(day, offering=OFFERING):
    return DayLogged(offering=offering, provider=COUNTY_SCHOOL, day=day, note="正常")


def rated(kind=EvaluationKind.SATISFACTION, *scores):
    return EvaluationRecorded(
        **CLASS, kind=kind, evaluator=Evaluator.TRAINEES, day=DAY, answers=9, scores=scores
    )


def told(*recipients, teacher=LIN):
    return DenialNotified(**{**HERS, "teacher": teacher}, recipients=recipients)


def corrected(hours):
    return AttendanceCorrected(
        **CLASS,
        teacher=LIN,
        day=FIRST,
        half=Half.MORNING,
        hours_before=Decimal(4),
        hours=Decimal(hours),
        corrects="0193-0001",
        reason="误记",
    )


def revoked(credit=CREDIT):
    return CreditRevoked(
        credit=credit,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(24),
        corrects="0193-0001",
        reason="x",
    )


def accepted(passed=True, joint=True):
    return AcceptanceDecided(
        provider=COUNTY_SCHOOL, place=RUIAN, passed=passed, joint=joint, reason="x"
    )


def inspected(*lacking):
    return MeasuresInspected(provider=COUNTY_SCHOOL, place=RUIAN, lacking=lacking, note="")


WITHDREW = EnrollmentWithdrawn(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    term=cast.H1_2024,
    admitted=True,
    after_change=False,
    reason="",
)
SIGNED = SafetyCommitted(provider=COUNTY_SCHOOL, place=RUIAN)
AWAY = Lack(
    events=(LeaveGranted.NAME, AttendanceCorrected.NAME),
    about=(LIN, OFFERING),
    value="2024-04-08 MORNING",
)
MADE_GOOD = [
    (lack(DayLogged, "2024-04-08"), logged(FIRST)),
    (lack(type(cast.attended(FIRST)), "2024-04-08"), cast.attended(FIRST)),
    (lack(type(cast.timetable(24))), cast.timetable(24)),
    (
        lack(AssessmentRecorded),
        AssessmentRecorded(**CLASS, results=(Result(teacher=LIN, passed=True),)),
    ),
    (lack(EvaluationRecorded, "SATISFACTION"), rated()),
    (
        lack(EvaluationRecorded, "trainers trainer-xu"),
        rated(EvaluationKind.SATISFACTION, Score(score=Decimal(90), trainer=cast.TRAINER)),
    ),
    (
        lack(EvaluationRecorded, "courses 阅读"),
        rated(EvaluationKind.SATISFACTION, Score(score=Decimal(90), course="阅读")),
    ),
    (
        lack(ResultsReturned, "SCHOOL"),
        ResultsReturned(**CLASS, recipients=(Side.SCHOOL,), manner="书面"),
    ),
    (
        lack(SafeguardRecorded, "DOCUMENTS_KEPT"),
        SafeguardRecorded(**CLASS, kind=SafeguardKind.DOCUMENTS_KEPT, day=DAY, note="归档"),
    ),
    (lack(type(cast.completed()), "lin"), cast.completed()),
    (lack(TrainingTerminated, "lin"), TrainingTerminated(**HERS, day=DAY)),
    (lack(EnrollmentWithdrawn, "lin"), WITHDREW),
    (lack(DenialNotified, "BUREAU", (LIN, OFFERING)), told(Recipient.BUREAU)),
    (
        lack(TraineeReported, "SCHOOL", (LIN, OFFERING)),
        TraineeReported(**HERS, recipients=(Recipient.SCHOOL,), description="x"),
    ),
    (AWAY, LeaveGranted(**CLASS, teacher=LIN, day=FIRST, reason="病假")),
    (AWAY, corrected(0)),
    (lack(CreditRevoked, "", (CREDIT,)), revoked()),
    (
        lack(TrainerRegistered, "", (cast.TRAINER,)),
        TrainerRegistered(trainer=cast.TRAINER, place=RUIAN, expertise="语文"),
    ),
    (lack(MeasuresInspected, "CLASS_SIZE", (COUNTY_SCHOOL,)), inspected(Measure.OUTSIDE_TRAINERS)),
]
OF_NO_USE = [
    (lack(DayLogged, "2024-04-08"), logged(SECOND)),
    (lack(DayLogged, "2024-04-08"), logged(FIRST, OTHER_OFFERING)),
    (lack(DayLogged, "2024-04-08", by=date(2024, 6, 30)), logged(FIRST)),
    (lack(EvaluationRecorded, "SATISFACTION"), rated(EvaluationKind.PERFORMANCE)),
    (lack(DenialNotified, "BUREAU", (LIN, OFFERING)), told(Recipient.SCHOOL)),
    (lack(DenialNotified, "BUREAU", (LIN, OFFERING)), told(Recipient.BUREAU, teacher=CHEN)),
    (AWAY, corrected(2)),
    (lack(CreditRevoked, "", (CREDIT,)), revoked(cast.SCHOOL_BASED)),
    (lack(MeasuresInspected, "CLASS_SIZE", (COUNTY_SCHOOL,)), inspected(Measure.CLASS_SIZE)),
]


def entry(event, day=DAY):
    [made] = entries([event], day)
    return made


def after(lacking, *things):
    """What is left once these have happened."""
    for each in entries(things, DAY):
        found = left(lacking, each)
        lacking = lacking if found is None else found
    return lacking


@pytest.mark.parametrize(("missing", "event"), MADE_GOOD)
def test_the_event_that_was_lacking_makes_it_good(missing, event):
    assert left((missing,), entry(event)) == ()


@pytest.mark.parametrize(("missing", "event"), OF_NO_USE)
def test_another_day_class_person_kind_or_a_late_one_changes_nothing(missing, event):
    assert left((missing,), entry(event)) is None


def test_every_remedy_is_an_event_of_the_ledger_and_named_once():
    names = [each.NAME for each in REMEDY_EVENTS]

    assert len(set(names)) == len(names)
    assert set(names) <= set(CATALOGUE)


def test_days_are_logged_in_any_order_and_each_counts_for_itself():
    days = (lack(DayLogged, "2024-04-08"), lack(DayLogged, "2024-04-09"))

    assert after(days, logged(SECOND)) == days[:1]
    assert after(days, logged(SECOND), logged(FIRST)) == ()


def test_two_surveys_are_not_made_good_by_one():
    twice = (lack(EvaluationRecorded, "SATISFACTION"),) * 2

    assert after(twice, rated()) == twice[:1]
    assert after(twice, rated(), rated()) == ()


def test_what_was_overcharged_goes_back_whole_and_a_further_charge_adds_to_it():
    owed = (Lack(events=FEES, about=(LIN, OFFERING), yuan=Decimal(100)),)

    def back(yuan):
        return FeesReturned(**HERS, yuan=Decimal(yuan), reason="退费")

    more = FeesCharged(**HERS, items=(), yuan=Decimal(50))
    assert [each.yuan for each in after(owed, back(60))] == [40]
    assert [each.yuan for each in after(owed, back(60), more)] == [90]
    assert after(owed, back(60), more, back(90)) == ()


def test_steps_count_in_their_order_and_a_failed_acceptance_begins_them_anew():
    steps = tuple(
        Lack(events=STEP_EVENTS, about=(COUNTY_SCHOOL,), value=value, turn=turn)
        for turn, value in enumerate((ACCEPTANCE, COMMITMENT))
    )

    assert after(steps, SIGNED) == steps
    assert after(steps, accepted(joint=False), SIGNED) == steps
    assert after(steps, accepted(), SIGNED) == ()
    again = after(steps, accepted(), accepted(passed=False))
    assert [each.value for each in again] == [ACCEPTANCE, COMMITMENT]
    assert after(again, SIGNED) == again
    assert after(again, accepted(), SIGNED) == ()


def test_a_commitment_signed_before_the_first_day_makes_the_class_good_and_a_later_one_does_not():
    signing = (
        Lack(events=STEP_EVENTS, about=(COUNTY_SCHOOL,), value=COMMITMENT, by=date(2020, 10, 1)),
    )

    assert after(signing, on(date(2020, 10, 1), SIGNED)) == ()
    assert after(signing, on(date(2020, 10, 2), SIGNED)) == signing


def test_a_notice_of_a_denial_is_not_lacking_once_the_completion_is_granted():
    notices = tuple(
        lack(DenialNotified, each, (LIN, OFFERING), gone=(GRANTED,), gone_about=(LIN, OFFERING))
        for each in ("BUREAU", "SCHOOL")
    )

    assert after(notices, cast.completed()) == ()
    assert after(notices, told(Recipient.BUREAU), cast.completed()) == ()
    for other in ({"teacher": CHEN}, {"offering": OTHER_OFFERING}):
        assert after(notices, replace(cast.completed(), **other)) == notices


def test_of_two_credits_of_one_training_either_goes():
    beside = revocation(CREDIT, CreditRevoked.NAME, cast.SCHOOL_BASED)

    assert after(beside, revoked()) == ()
    assert after(beside, revoked(cast.SCHOOL_BASED)) == ()


def test_an_older_finding_of_a_notice_goes_with_its_denial_as_well():
    body = {
        "lacking": [
            {"events": [DENIAL_NOTIFIED], "about": ["teacher:lin", "offering:o1"]},
            {"events": ["schedule.day-logged"], "about": ["offering:o1"]},
        ]
    }
    notice, other = FindingMade.STEPS[4](body)["lacking"]
    assert (notice["gone"], notice["gone_about"]) == ([GRANTED], ["teacher:lin", "offering:o1"])
    assert "gone" not in other


def test_a_finding_that_names_no_lack_follows_only_what_is_decided_about_it():
    assert Redress().follows == ()
    assert left((), entry(logged(FIRST))) is None
