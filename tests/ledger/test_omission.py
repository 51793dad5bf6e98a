"""Omissions: each thing that a class ought to have had, at its bound, just short, and elsewhere."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

from ledger.assessment import AssessmentRecorded, Result
from ledger.change import ChangeCarriedOut, ChangeClass, ChangeKind, ChangeRequested
from ledger.closing import CloseOffering
from ledger.completion import (
    CompletionDenied,
    CompletionRevoked,
    DenialNotified,
    Reason,
    Recipient,
    TrainingTerminated,
)
from ledger.enrollment import EnrollmentWithdrawn
from ledger.evaluation import (
    EVALUATORS,
    EvaluationKind,
    EvaluationRecorded,
    Evaluator,
    ResultsReturned,
    Score,
    Side,
)
from ledger.finding import Outcome
from ledger.log import LogMissing
from ledger.names import ChangeId, StaffId
from ledger.notice import NoticeIncomplete
from ledger.omission import (
    AssessmentNotHeld,
    AttendanceUntaken,
    DocumentsNotKept,
    EvaluationIncomplete,
    EvaluationMissing,
    ResultsNotReturned,
    SafetyUntaught,
    SurveyMissing,
    TimetableMissing,
)
from ledger.plan import Course, PlannedTrainer
from ledger.safeguard import SafeguardKind, SafeguardRecorded
from ledger.schedule import DayLogged
from tests import cast
from tests.cast import COUNTY_SCHOOL, H1_2024, HANGZHOU, LIN, OFFERING, OPENS, RUIAN, SCHOOL
from tests.given import given, on

END = date(2024, 6, 28)
CLOSE = CloseOffering(offering=OFFERING)
DUE = {"ZJ14-06", "ZJ14-17", "ZJ14-19", "ZJ24-94", "WZ12-21", "WZ12-32"}
BEFORE_ALL = date(2012, 4, 16)
TRAINERS = tuple(StaffId(f"staff:trainer-{number}") for number in range(10))


def days(hours):
    return sorted({each.day for each in cast.sessions(hours)})


def held(hours=24):
    """Every training day was logged, and its attendance taken."""
    return [cast.timetable(hours), *(logged(day) for day in days(hours)), *attended(hours)]


def attended(hours=24):
    return [cast.attended(each.day, each.half) for each in cast.sessions(hours)]


def logged(day):
    return DayLogged(offering=OFFERING, provider=COUNTY_SCHOOL, day=day, note="正常")


def rated(kind, *scores, evaluator=Evaluator.TRAINEES):
    return EvaluationRecorded(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        kind=kind,
        evaluator=evaluator,
        day=OPENS,
        answers=1,
        scores=scores or (Score(score=Decimal(90)),),
    )


def returned(*sides):
    return ResultsReturned(
        offering=OFFERING, provider=COUNTY_SCHOOL, recipients=sides, manner="通报"
    )


def safeguarded(kind):
    return SafeguardRecorded(
        offering=OFFERING, provider=COUNTY_SCHOOL, kind=kind, day=OPENS, note="有"
    )


def dutiful(*, but=()):
    """All that is due beside the days: evaluations, feedback, safety education, documents."""
    done = [
        *(
            rated(kind, evaluator=each)
            for kind in EvaluationKind
            for each in EVALUATORS[kind]
            if not {kind, (kind, each)} & {*but}
        ),
        *(safeguarded(kind) for kind in SafeguardKind if kind not in but),
    ]
    return [*done, returned(*(each for each in Side if each not in but))]


def close(*story):
    return given(*story).when(CLOSE, on=END)


def rules_of(answer):
    return {each.rule for each in answer.findings}


def test_a_class_with_all_that_is_due_closes_without_a_finding():
    close(cast.opened(), held(), dutiful()).accepted()


@pytest.mark.parametrize(
    ("lacking", "rule", "said"),
    [
        (EvaluationKind.SATISFACTION, "ZJ14-06", SurveyMissing),
        pytest.param(
            EvaluationKind.PROVIDER_AND_TRAINER_ON_TRAINEE, "ZJ14-17", EvaluationMissing, id="W-219"
        ),
        (EvaluationKind.TRAINEE_ON_PROJECT_AND_TRAINER, "ZJ14-17", EvaluationMissing),
        (EvaluationKind.TRAINER_AND_PROVIDER_MUTUAL, "ZJ14-17", EvaluationMissing),
        (
            (EvaluationKind.TRAINER_AND_PROVIDER_MUTUAL, Evaluator.TRAINER),
            "ZJ14-17",
            EvaluationMissing,
        ),
        (
            (EvaluationKind.PROVIDER_AND_TRAINER_ON_TRAINEE, Evaluator.PROVIDER),
            "ZJ14-17",
            EvaluationMissing,
        ),
        (EvaluationKind.PERFORMANCE, "WZ12-21", EvaluationMissing),
        (Side.TEACHER, "ZJ14-19", ResultsNotReturned),
        (Side.AUTHORITY, "ZJ14-19", ResultsNotReturned),
        (SafeguardKind.SAFETY_EDUCATION, "ZJ24-94", SafetyUntaught),
        (SafeguardKind.DOCUMENTS_KEPT, "WZ12-32", DocumentsNotKept),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_each_thing_that_is_lacking_is_one_violation(lacking, rule, said, reported):
    story = [cast.opened(), held(), dutiful(but=(lacking,))]
    answer = given(story).when(CLOSE, on=END, reported=reported)

    assert len(answer.found(rule, Outcome.VIOLATION, said).findings) == 1


def test_every_kind_of_mutual_evaluation_that_is_lacking_is_a_violation_of_its_own():
    answer = close(cast.opened(), held())

    assert len([each for each in answer.findings if each.rule == "ZJ14-17"]) == 3


def test_results_that_went_back_in_two_steps_went_back():
    halves = [returned(Side.TEACHER, Side.SCHOOL), returned(Side.PROVIDER, Side.AUTHORITY)]
    close(cast.opened(), held(), dutiful(but=tuple(Side)), halves).accepted()


def test_w_217_eleven_logs_of_twelve_days_are_a_violation():
    story = [cast.opened(cast.plan(96)), cast.timetable(96), *attended(96)]
    examined = AssessmentRecorded(
        offering=OFFERING, provider=COUNTY_SCHOOL, results=(Result(teacher=LIN, passed=True),)
    )
    logs = [logged(day) for day in days(96)]
    assert len(logs) == 12

    [finding] = (
        close(story, logs[:11], examined, dutiful())
        .found("ZJ14-05", Outcome.VIOLATION, LogMissing)
        .findings
    )
    assert "12 个培训日中有 1 日没有班级日志：2024-04-19" in finding.zh
    close(story, logs, examined, dutiful()).accepted()


def test_attendance_that_was_never_taken_is_a_violation():
    logs = [logged(day) for day in days(24)]
    [finding] = (
        close(cast.opened(), cast.timetable(), logs, dutiful())
        .found("ZJ14-05", Outcome.VIOLATION, AttendanceUntaken)
        .findings
    )
    assert "6 of 6 half-days" in finding.en


def test_attendance_is_taken_for_each_half_of_a_day():
    story = [cast.opened(), cast.timetable(), [logged(day) for day in days(24)], dutiful()]
    [finding] = (
        close(story, attended()[:-1])
        .found("ZJ14-05", Outcome.VIOLATION, AttendanceUntaken)
        .findings
    )

    assert "6 个培训半天中有 1 个没有登记出勤：2024-04-10 下午" in finding.zh
    close(story, attended()).accepted()


def test_many_days_without_a_log_are_counted_and_some_are_shown():
    plan = cast.plan(96)
    answer = close(cast.opened(plan), cast.timetable(96), attended(96), dutiful())

    [finding] = [each for each in answer.findings if each.rule == "ZJ14-05"]
    assert "12 个培训日中有 12 日" in finding.zh
    assert finding.zh.endswith("…")


def test_a_class_without_a_timetable_never_gave_notice():
    answer = close(cast.opened(), dutiful())

    answer.found("ZJ24-63", Outcome.VIOLATION, TimetableMissing)
    assert {"ZJ24-63"} == rules_of(answer)


def test_a_class_of_2019_without_a_timetable_breaks_the_notice_of_2014():
    answer = close(on(date(2019, 9, 1), cast.opened()), dutiful())

    assert {"ZJ14-24"} == rules_of(answer)


@pytest.mark.parametrize(("hours", "asked"), [(90, True), (89, False)])
def test_ninety_hours_end_with_an_assessment(hours, asked):
    answer = close(cast.opened(cast.plan(hours)), held(hours), dutiful())
    if asked:
        answer.found("ZJ14-15", Outcome.VIOLATION, AssessmentNotHeld)
        assert {"ZJ14-15"} == rules_of(answer)
    else:
        answer.accepted()


def key(trainers=(), courses=(), *, large=False):
    return msgspec.structs.replace(
        cast.plan(),
        key_project=not large,
        large_project=large,
        trainers=tuple(PlannedTrainer(staff=each) for each in trainers),
        courses=tuple(Course(title=each) for each in courses),
    )


def of(trainers=(), courses=("阅读教学",)):
    return rated(
        EvaluationKind.TRAINEE_ON_PROJECT_AND_TRAINER,
        *(Score(score=Decimal(90), trainer=each) for each in trainers),
        *(Score(score=Decimal(90), course=each) for each in courses),
    )


@pytest.mark.parametrize(
    ("count", "complete"), [pytest.param(9, False, id="W-220"), pytest.param(10, True, id="all")]
)
def test_every_trainer_of_a_key_project_is_rated(count, complete):
    story = [cast.opened(key(TRAINERS)), held(), dutiful(), of(TRAINERS[:count])]
    answer = close(story)
    if complete:
        answer.accepted()
    else:
        [finding] = answer.found("ZJ14-18", Outcome.VIOLATION, EvaluationIncomplete).findings
        assert "9 of 10 trainers, not staff:trainer-9" in finding.en


@pytest.mark.parametrize(("courses", "complete"), [((), False), (("阅读教学",), True)])
def test_every_course_of_a_key_project_is_rated(courses, complete):
    story = [cast.opened(key(TRAINERS[:1])), held(), dutiful(), of(TRAINERS[:1], courses)]
    answer = close(story)
    if complete:
        answer.accepted()
    else:
        answer.found("ZJ14-18", Outcome.VIOLATION, EvaluationIncomplete)
        assert {"ZJ14-18"} == rules_of(answer)


@pytest.mark.parametrize("evaluator", [Evaluator.PROVIDER, Evaluator.TRAINER])
def test_what_provider_and_trainers_say_of_each_other_rates_no_trainer(evaluator):
    scores = [Score(score=Decimal(90), trainer=each) for each in TRAINERS]
    mutual = rated(EvaluationKind.TRAINER_AND_PROVIDER_MUTUAL, *scores, evaluator=evaluator)
    story = [cast.opened(key(TRAINERS)), held(), dutiful(), of()]
    close(story, mutual).found("ZJ14-18", Outcome.VIOLATION, EvaluationIncomplete)


def test_courses_of_the_plan_and_trainers_of_the_timetable_count_as_well():
    taught = [msgspec.structs.replace(each, trainer=TRAINERS[0]) for each in cast.sessions(24)]
    table = msgspec.structs.replace(cast.timetable(), sessions=tuple(taught))
    logs = [logged(day) for day in days(24)]
    story = [cast.opened(key((), ("写作教学",))), table, logs, attended(), dutiful()]

    assert len(close(story, of()).findings) == 2
    close(story, of(TRAINERS[:1], ("阅读教学", "写作教学"))).accepted()


@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("done", [False, True])
def test_a_trainer_whom_an_approved_change_replaced_is_not_there_to_be_rated(done, approved):
    change = ChangeId("change:x1")
    requested = ChangeRequested(
        change=change,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        kinds=(ChangeKind.TRAINER_REPLACED,),
        description="因病",
    )
    carried_out = ChangeCarriedOut(
        change=change, offering=OFFERING, provider=COUNTY_SCHOOL, change_class=ChangeClass.MAJOR
    )
    story = [cast.opened(key(TRAINERS[:1])), held(), dutiful(), of(), requested]
    steps = [*([cast.notified(), cast.decided()] if approved else []), *([carried_out] * done)]
    if done and approved:
        close(story, steps).accepted()
    else:
        close(story, steps).found("ZJ14-18", Outcome.VIOLATION)


@pytest.mark.parametrize("plan", [cast.plan(), key(TRAINERS, large=True)])
def test_other_projects_need_not_rate_every_trainer(plan):
    close(cast.opened(plan), held(), dutiful()).accepted()


def denied():
    return CompletionDenied(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        reason=Reason.ABSENCE,
        hours_planned=Decimal(90),
        hours_missed=Decimal(20),
    )


TERMINATED = TrainingTerminated(
    teacher=LIN, offering=OFFERING, school=SCHOOL, provider=COUNTY_SCHOOL, day=OPENS
)
REVOKED = CompletionRevoked(
    teacher=LIN,
    offering=OFFERING,
    school=SCHOOL,
    provider=COUNTY_SCHOOL,
    reason=Reason.MISCONDUCT,
    corrects="0193-0001",
)


def told(*recipients):
    return DenialNotified(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        recipients=recipients,
    )


@pytest.mark.parametrize("denial", [denied(), TERMINATED, REVOKED])
@pytest.mark.parametrize(
    "recipients", [(), (Recipient.SCHOOL,), (Recipient.BUREAU,), tuple(Recipient)]
)
def test_a_denial_of_which_nobody_was_told_is_a_violation(denial, recipients):
    """One that was told to one of two was found when the notice was given."""
    story = [cast.opened(), cast.enrolled(), held(), dutiful(), denial]
    answer = close(story, [told(*recipients)] if recipients else [])
    if recipients:
        answer.accepted()
    else:
        [finding] = answer.found("ZJ14-11", Outcome.VIOLATION, NoticeIncomplete).findings
        assert finding.subjects == (LIN, OFFERING, COUNTY_SCHOOL)


def test_a_notice_of_one_outcome_is_none_of_the_next():
    story = [cast.opened(), cast.enrolled(), held(), dutiful()]
    close(story, denied(), told(*Recipient), TERMINATED).found("ZJ14-11", Outcome.VIOLATION)
    close(story, denied(), told(*Recipient), denied()).accepted()


def test_c_41_who_withdrew_is_reported_to_nobody():
    withdrawn = EnrollmentWithdrawn(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )
    close(cast.opened(), cast.enrolled(), held(), dutiful(), withdrawn).accepted()


@pytest.mark.parametrize(
    ("opened_on", "certain", "uncertain"),
    [
        (BEFORE_ALL, set(), set()),
        (BEFORE_ALL + timedelta(days=1), {"WZ12-21", "WZ12-32"}, set()),
        (date(2013, 12, 31), {"WZ12-21", "WZ12-32"}, set()),
        (date(2014, 1, 1), {"WZ12-21", "WZ12-32"}, {"ZJ14-06", "ZJ14-17", "ZJ14-19"}),
        (date(2014, 12, 31), {"WZ12-21", "WZ12-32"}, {"ZJ14-06", "ZJ14-17", "ZJ14-19"}),
        (date(2015, 1, 1), DUE - {"ZJ24-94"}, set()),
        (date(2024, 3, 5), DUE - {"ZJ24-94"}, set()),
        (date(2024, 3, 6), DUE, set()),
    ],
)
def test_c_33_the_rules_are_those_of_the_day_when_the_class_was_opened(
    opened_on, certain, uncertain
):
    answer = close(on(opened_on, cast.opened()), held())
    by_outcome = {
        outcome: {each.rule for each in answer.findings if each.outcome is outcome}
        for outcome in Outcome
    }

    assert by_outcome[Outcome.VIOLATION] == certain
    assert by_outcome[Outcome.INDETERMINATE] == uncertain


@pytest.mark.parametrize("day", [date(2013, 12, 31), date(2014, 6, 1), date(2015, 1, 1)])
def test_c_11_days_assessments_and_notices_of_2014_cannot_be_judged(day):
    story = [on(day, cast.opened(cast.plan(90))), cast.enrolled(), cast.timetable(90), dutiful()]
    answer = close(story, denied())
    outcomes = {each.rule: each.outcome for each in answer.findings}
    expected = {2013: None, 2014: Outcome.INDETERMINATE, 2015: Outcome.VIOLATION}[day.year]

    for rule in ("ZJ14-05", "ZJ14-15", "ZJ14-11"):
        assert outcomes.get(rule) is expected


def test_what_wenzhou_asks_for_is_not_asked_in_hangzhou():
    answer = close(cast.opened(place=HANGZHOU), held())

    assert rules_of(answer) == DUE - {"WZ12-21", "WZ12-32"}


NEXT = OPENS + timedelta(days=1)
OTHER = StaffId("staff:trainer-he")


def taught(trainer, hours=24, since=OPENS):
    """The timetable, with a trainer named from a day on."""
    sessions = [
        msgspec.structs.replace(each, trainer=trainer if each.day >= since else cast.TRAINER)
        for each in cast.sessions(hours)
    ]
    return msgspec.structs.replace(cast.timetable(hours), sessions=tuple(sessions))


def replaced(*steps):
    """From the second day on another trainer teaches, by a change of which these are the steps."""
    days_done = [*(logged(day) for day in days(24)), *attended()]
    early = OPENS - timedelta(days=9)
    return [
        on(early, cast.opened(), taught(cast.TRAINER)),
        *steps,
        on(OPENS, taught(OTHER, since=NEXT)),
        *days_done,
        *dutiful(),
    ]


ASKED = on(OPENS - timedelta(days=2), cast.requested(), cast.decided())


@pytest.mark.parametrize(
    ("told_on", "rules"),
    [
        (None, {"ZJ14-13", "ZJ24-62"}),
        (OPENS, set()),
        (NEXT, {"ZJ14-13"}),
    ],
)
def test_w_207_a_change_in_use_that_nobody_carried_out_needs_its_conditions_all_the_same(
    told_on, rules
):
    steps = [ASKED, *([on(told_on, cast.notified())] if told_on else [])]
    answer = close(replaced(*steps))

    assert rules == rules_of(answer)
    assert {"CHANGE_CONDITION_MISSING"} >= {each.code for each in answer.findings}


def test_the_right_to_withdraw_was_open_before_a_change_in_use():
    late = on(NEXT, cast.requested(), cast.decided(), cast.notified())
    answer = close(replaced(ASKED, on(OPENS, cast.notified())))
    assert rules_of(answer) == set()
    answer = close(replaced(on(OPENS - timedelta(days=2), cast.requested()), late))
    assert rules_of(answer) == {"ZJ14-13", "ZJ24-62"}


def test_what_was_found_when_a_change_took_effect_is_not_found_again():
    close(replaced(ASKED, on(OPENS, cast.carried_out()))).accepted()


def test_a_change_that_no_timetable_used_or_that_is_minor_needs_nothing():
    unused = [on(OPENS - timedelta(days=9), cast.opened()), ASKED, *held(), *dutiful()]
    close(unused).accepted()
    minor = cast.decided(change_class=ChangeClass.MINOR)
    close(replaced(on(OPENS - timedelta(days=2), cast.requested(), minor))).accepted()


def test_new_days_in_use_that_nobody_carried_out_need_their_conditions():
    last = date(2024, 7, 1)
    sessions = list(cast.sessions(24))
    sessions[-1] = msgspec.structs.replace(sessions[-1], day=last)
    moved = msgspec.structs.replace(cast.timetable(), sessions=tuple(sessions))
    asked = cast.requested(ChangeKind.DATES_CHANGED, closes=last)
    story = [
        on(OPENS - timedelta(days=9), cast.opened(), cast.timetable()),
        on(OPENS, asked, cast.decided(), moved),
        *(logged(each) for each in sorted({each.day for each in sessions})),
        *(cast.attended(each.day, each.half) for each in sessions),
        *dutiful(),
    ]
    answer = given(story).when(CLOSE, on=last)

    assert rules_of(answer) == {"ZJ14-13", "ZJ24-62"}
