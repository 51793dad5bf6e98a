"""Admissions: the provider after the school, within the seats, in the order that was recorded."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.admission import (
    AdmitApplicants,
    AdmitToParallel,
    ConfirmEnrollment,
    NotParallel,
)
from ledger.assignment import AlreadyEnrolled
from ledger.command import OutsideScope, UnknownReference
from ledger.enrollment import (
    EnrollmentDeclined,
    EnrollmentWithdrawn,
    NoSeatLeft,
    NotSelected,
    StepOutOfOrder,
)
from ledger.finding import Outcome
from ledger.names import TeacherId
from ledger.offering import ExpansionDecided, ExpansionRequested
from ledger.rank import AgainstTheOrder, NotScreened
from ledger.review import ReasonMissing
from ledger.screening import ApplicantPlaced
from ledger.term import WindowClosed
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    H1_2024,
    H2_2019,
    H2_2020,
    INSTITUTE,
    LIN,
    OFFERING,
    OTHER_OFFERING,
    RUIAN,
    SCHOOL,
    ZHOU,
)
from tests.given import asker_for, background, given, on

ADMIT = ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=True)
DECLINE = ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=False, reason="名额已满")
PROVIDER_DAY = date(2024, 3, 30)
SELECTED = [cast.opened(), cast.selected()]
PASSED = [*SELECTED, cast.passed()]
ADMIT_ALL = AdmitApplicants(offering=OFFERING)
BESIDE = AdmitToParallel(teacher=LIN, offering=OFFERING, parallel=OTHER_OFFERING)


def chosen(term, round=1):
    return [cast.opened(term=term), cast.selected(term=term, round=round)]


def test_the_provider_admits_a_teacher():
    given(PASSED).when(ADMIT, on=PROVIDER_DAY).then(cast.confirmed())


def test_the_provider_declines_a_teacher_with_a_reason():
    given(PASSED).when(DECLINE, on=PROVIDER_DAY).then(
        EnrollmentDeclined(
            teacher=LIN,
            offering=OFFERING,
            school=SCHOOL,
            provider=COUNTY_SCHOOL,
            term=H1_2024,
            round=1,
            reason="名额已满",
        )
    )
    given(PASSED).when(
        ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=False), on=PROVIDER_DAY
    ).refused(ReasonMissing)


@pytest.mark.parametrize(
    ("term", "rule"),
    [
        pytest.param(H1_2024, "ZJ24-24", id="W-136"),
        pytest.param(H2_2020, "ZJ20-23", id="W-156"),
        pytest.param(H2_2019, "RA19-25", id="2019"),
    ],
)
def test_the_provider_does_not_admit_before_the_school_reviewed(term, rule):
    day = {H1_2024: PROVIDER_DAY, H2_2020: date(2020, 9, 10), H2_2019: date(2019, 9, 13)}[term]
    given(chosen(term)).when(ADMIT, on=day).refused(StepOutOfOrder, rule, field="teacher")
    given(chosen(term)).when(ADMIT, on=day, reported=True).found(
        rule, Outcome.VIOLATION, StepOutOfOrder
    ).kept(cast.confirmed(term=term))


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize(
    "end", [cast.passed(passed=False, reason="x"), cast.confirmed()], ids=["refused", "admitted"]
)
def test_the_provider_does_not_admit_whom_the_school_refused_or_twice(end, reported):
    given(SELECTED, end).when(ADMIT, on=PROVIDER_DAY, reported=reported).refused(
        StepOutOfOrder, "ZJ24-24"
    )


@pytest.mark.parametrize(
    ("term", "round", "day", "rule"),
    [
        pytest.param(H2_2019, 1, date(2019, 9, 12), "RA19-19", id="W-150-early"),
        pytest.param(H2_2019, 1, date(2019, 9, 13), None, id="W-150"),
        pytest.param(H2_2019, 1, date(2019, 9, 14), "RA19-19", id="W-150-late"),
        pytest.param(H2_2019, 2, date(2019, 9, 18), "RA19-22", id="W-147-early"),
        pytest.param(H2_2019, 2, date(2019, 9, 19), None, id="W-147-first"),
        pytest.param(H2_2019, 2, date(2019, 9, 22), None, id="W-147-last"),
        pytest.param(H2_2019, 2, date(2019, 9, 23), "RA19-22", id="W-147-late"),
        pytest.param(H1_2024, 1, date(2024, 3, 29), "ZJ24-17", id="2024-early"),
        pytest.param(H1_2024, 2, date(2024, 4, 3), None, id="2024-two"),
        pytest.param(H1_2024, 2, date(2024, 4, 4), "ZJ24-20", id="2024-two-late"),
    ],
)
def test_the_provider_reviews_in_its_window(term, round, day, rule):
    past = [*chosen(term, round), cast.passed(term=term, round=round)]
    answer = given(past).when(ADMIT, on=day)
    if rule is None:
        answer.accepted()
        return
    answer.refused(WindowClosed, rule)
    given(past).when(ADMIT, on=day, reported=True).found(rule, Outcome.VIOLATION).then(
        cast.confirmed(term=term, round=round)
    )


def crowd(count):
    return [cast.confirmed(TeacherId(f"teacher:t{number}")) for number in range(count)]


EXPANDED = [
    ExpansionRequested(offering=OFFERING, provider=COUNTY_SCHOOL, seats=60),
    ExpansionDecided(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        seats=60,
        approved=True,
        reason="",
    ),
]


@pytest.mark.parametrize(
    ("expansion", "admitted", "accepted"),
    [
        pytest.param([], 49, True, id="last-seat"),
        pytest.param([], 50, False, id="full"),
        pytest.param(EXPANDED, 55, True, id="W-144"),
        pytest.param(EXPANDED, 59, True, id="W-144-last-seat"),
        pytest.param(EXPANDED, 60, False, id="W-144-full"),
        pytest.param(EXPANDED[:1], 50, False, id="W-145"),
    ],
)
def test_no_more_are_admitted_than_there_are_seats(expansion, admitted, accepted):
    past = [*PASSED, *expansion, *crowd(admitted)]
    answer = given(past).when(ADMIT, on=PROVIDER_DAY)
    if accepted:
        answer.accepted()
        return
    answer.refused(NoSeatLeft, field="offering")
    given(past).when(ADMIT, on=PROVIDER_DAY, reported=True).found(
        None, Outcome.VIOLATION, NoSeatLeft
    ).then(cast.confirmed())


def test_a_withdrawal_frees_a_seat():
    left = EnrollmentWithdrawn(
        teacher=TeacherId("teacher:t0"),
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=True,
        after_change=True,
        reason="",
    )
    given(PASSED, crowd(50), left).when(ADMIT, on=PROVIDER_DAY).accepted()


def test_a_full_class_still_declines():
    given(PASSED, crowd(50)).when(DECLINE, on=PROVIDER_DAY).accepted()


def test_nobody_is_admitted_without_a_choice():
    given(cast.opened(), background(cast.selected(CHEN))).when(ADMIT, on=PROVIDER_DAY).refused(
        NotSelected, field="teacher"
    )


def test_an_unknown_class_admits_nobody():
    given().when(ADMIT, on=PROVIDER_DAY).refused(UnknownReference, field="offering")


def test_another_provider_admits_nobody():
    given(PASSED).when(ADMIT, on=PROVIDER_DAY, by=asker_for(INSTITUTE)).refused(OutsideScope)


def test_c_09_an_admission_is_not_dated_before_the_review():
    past = [*SELECTED, on(date(2024, 3, 31), cast.passed())]
    given(past).when(ADMIT, on=PROVIDER_DAY).refused(StepOutOfOrder, "ZJ24-24")
    given(past).when(ADMIT, on=PROVIDER_DAY, reported=True).found(
        "ZJ24-24", Outcome.VIOLATION, StepOutOfOrder
    ).then(cast.confirmed())


def declined(teacher=LIN, reason="名额已满", round=1):
    return EnrollmentDeclined(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        term=H1_2024,
        round=round,
        reason=reason,
    )


def placed(teacher, rank, round=1):
    return ApplicantPlaced(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        round=round,
        rank=rank,
        arrived=rank,
        passed_by="0193-0001",
        prior=False,
        draw="0" * 64,
    )


def left_by(teacher):
    return EnrollmentWithdrawn(
        teacher=teacher,
        offering=OFFERING,
        school=SCHOOL,
        term=H1_2024,
        admitted=False,
        after_change=False,
        reason="",
    )


SECOND = [placed(CHEN, 1), placed(LIN, 2)]


def passed_applicants(*teachers):
    return [event for each in teachers for event in (cast.selected(each), cast.passed(each))]


def test_who_is_next_in_the_recorded_order_is_admitted():
    given(PASSED, placed(LIN, 1), placed(CHEN, 2)).when(ADMIT, on=PROVIDER_DAY).then(
        cast.confirmed()
    )


@pytest.mark.parametrize("end", [cast.confirmed(CHEN), declined(CHEN), left_by(CHEN)])
def test_who_was_ahead_and_is_decided_or_gone_holds_up_nobody(end):
    given(PASSED, SECOND, end).when(ADMIT, on=PROVIDER_DAY).then(cast.confirmed())


@pytest.mark.parametrize("reported", [False, True])
def test_an_admission_before_one_who_is_ahead_is_a_deviation(reported):
    given(PASSED, SECOND).when(ADMIT, on=PROVIDER_DAY, reported=reported).found(
        None, Outcome.DEVIATION, AgainstTheOrder
    ).then(cast.confirmed())


def test_an_admission_of_one_who_has_no_place_in_the_order_is_a_deviation():
    given(PASSED, placed(CHEN, 1), cast.confirmed(CHEN)).when(ADMIT, on=PROVIDER_DAY).found(
        None, Outcome.DEVIATION, AgainstTheOrder
    ).then(cast.confirmed())


def test_the_order_of_round_one_says_nothing_about_round_two():
    second = [cast.opened(), cast.selected(round=2), cast.passed(round=2)]
    given(second, placed(CHEN, 1)).when(ADMIT, on=date(2024, 4, 3)).then(cast.confirmed(round=2))


def test_who_waits_in_round_one_is_not_ahead_in_round_two():
    past = [cast.opened(), placed(CHEN, 1), cast.selected(round=2), cast.passed(round=2)]
    given(past, placed(ZHOU, 3, round=1), placed(LIN, 2, round=2)).when(
        ADMIT, on=date(2024, 4, 3)
    ).then(cast.confirmed(round=2))


def test_a_place_is_lost_with_the_choice_that_it_was_given_for():
    past = [*PASSED, placed(LIN, 1), placed(CHEN, 2), left_by(LIN), cast.selected(), cast.passed()]
    given(past).when(ADMIT, on=PROVIDER_DAY).found(None, Outcome.DEVIATION, AgainstTheOrder).then(
        cast.confirmed()
    )
    given(past, passed_applicants(CHEN)).when(ADMIT_ALL, on=PROVIDER_DAY).then(cast.confirmed(CHEN))


def test_a_deviation_names_the_place_that_the_order_gives():
    answer = given(PASSED, SECOND).when(ADMIT, on=PROVIDER_DAY)

    assert [each.evidence for each in answer.findings] == [("0193-0005",)]


def test_one_for_whom_a_seat_is_left_is_not_declined():
    given(PASSED, SECOND).when(DECLINE, on=PROVIDER_DAY).refused(AgainstTheOrder, field="teacher")
    given(PASSED, SECOND).when(DECLINE, on=PROVIDER_DAY, reported=True).found(
        None, Outcome.DEVIATION, AgainstTheOrder
    ).then(declined())


def few_seats(seats, *things):
    return [cast.opened(seats=seats), cast.selected(), cast.passed(), *things]


@pytest.mark.parametrize("mine", [[placed(LIN, 2)], []], ids=["second", "no-place"])
def test_the_seat_of_one_who_is_ahead_is_given_to_nobody_else(mine):
    past = few_seats(1, placed(CHEN, 1), *mine)
    given(past).when(ADMIT, on=PROVIDER_DAY).refused(AgainstTheOrder, field="teacher")
    given(past).when(ADMIT, on=PROVIDER_DAY, reported=True).found(
        None, Outcome.DEVIATION, AgainstTheOrder
    ).then(cast.confirmed())


@pytest.mark.parametrize("command", [ADMIT, DECLINE], ids=["admit", "decline"])
def test_where_more_wait_than_seats_are_left_nobody_is_decided_on_without_an_order(command):
    past = few_seats(2, passed_applicants(CHEN, ZHOU))
    given(past).when(command, on=PROVIDER_DAY).refused(NotScreened, field="offering")
    told = given(past).when(command, on=PROVIDER_DAY, reported=True)
    told.found(None, Outcome.DEVIATION, NotScreened)
    assert len(told.facts) == 1


@pytest.mark.parametrize(
    "past",
    [
        pytest.param(few_seats(2, cast.selected(CHEN), cast.passed(CHEN)), id="seats-for-all"),
        pytest.param(few_seats(1, cast.selected(CHEN)), id="not-passed"),
        pytest.param(
            few_seats(1, cast.selected(CHEN, round=2), cast.passed(CHEN, round=2)),
            id="another-round",
        ),
        pytest.param(
            few_seats(1, cast.selected(CHEN), cast.passed(CHEN), placed(LIN, 1), placed(CHEN, 2)),
            id="screened",
        ),
    ],
)
def test_where_the_seats_reach_all_or_an_order_is_recorded_one_is_admitted_alone(past):
    given(past).when(ADMIT, on=PROVIDER_DAY).then(cast.confirmed())


def test_a_class_without_a_seat_declines_everybody_without_an_order():
    full = few_seats(1, passed_applicants(CHEN), cast.confirmed(ZHOU))
    given(full).when(DECLINE, on=PROVIDER_DAY).then(declined())


def test_a_parallel_class_takes_nobody_without_an_order_where_more_wait_than_both_have_seats():
    past = [replace(PARALLEL[0], seats=1), *PARALLEL[1:], cast.selected(), cast.passed()]
    three = passed_applicants(CHEN, ZHOU)
    given(past, three).when(BESIDE, on=PROVIDER_DAY).then(*MOVED)
    four = [*three, *passed_applicants(TeacherId("teacher:t1"))]
    given(past, four).when(BESIDE, on=PROVIDER_DAY).refused(NotScreened, field="offering")
    given(past, four).when(BESIDE, on=PROVIDER_DAY, reported=True).found(
        None, Outcome.DEVIATION, NotScreened
    ).then(*MOVED)


def test_declining_one_whom_the_seats_do_not_reach_is_none():
    one = [cast.opened(seats=1), cast.selected(), cast.passed()]
    given(one, SECOND).when(DECLINE, on=PROVIDER_DAY).then(declined())


def test_all_are_admitted_in_their_order_and_those_left_over_are_declined():
    given(
        cast.opened(seats=2),
        passed_applicants(LIN, CHEN, ZHOU),
        placed(ZHOU, 1),
        placed(LIN, 2),
        placed(CHEN, 3),
    ).when(AdmitApplicants(offering=OFFERING, reason="名额已满"), on=PROVIDER_DAY).then(
        cast.confirmed(ZHOU), cast.confirmed(LIN), declined(CHEN)
    )


def test_those_left_over_are_told_their_place_where_no_reason_is_given():
    answer = given(
        cast.opened(seats=1), passed_applicants(LIN, CHEN), placed(CHEN, 1), placed(LIN, 2)
    ).when(ADMIT_ALL, on=PROVIDER_DAY)

    assert answer.accepted().facts[1] == declined(LIN, "筛选次序第 2 位，容量 1 已满")


def test_who_withdrew_gives_the_seat_to_the_next_in_order():
    given(
        cast.opened(seats=1),
        passed_applicants(LIN, CHEN),
        placed(CHEN, 1),
        placed(LIN, 2),
        left_by(CHEN),
    ).when(ADMIT_ALL, on=PROVIDER_DAY).then(cast.confirmed(LIN))


def test_seats_that_are_taken_are_not_given_again():
    given(
        cast.opened(seats=1),
        passed_applicants(LIN),
        placed(LIN, 1),
        cast.confirmed(CHEN),
    ).when(AdmitApplicants(offering=OFFERING, reason="名额已满"), on=PROVIDER_DAY).then(declined())


def test_who_has_no_place_in_the_order_is_left_to_a_decision_of_its_own():
    given(cast.opened(seats=9), passed_applicants(LIN, CHEN), placed(CHEN, 1)).when(
        ADMIT_ALL, on=PROVIDER_DAY
    ).then(cast.confirmed(CHEN))


@pytest.mark.parametrize("reported", [False, True])
def test_without_a_recorded_order_nobody_is_admitted_in_one_go(reported):
    given(cast.opened(), passed_applicants(LIN)).when(
        ADMIT_ALL, on=PROVIDER_DAY, reported=reported
    ).refused(NotScreened, field="offering")


def test_those_who_were_screened_are_admitted_whoever_was_passed_in_round_two():
    late = [cast.selected(ZHOU, round=2), cast.passed(ZHOU, round=2)]
    given(cast.opened(), passed_applicants(LIN), placed(LIN, 1), late).when(
        ADMIT_ALL, on=PROVIDER_DAY
    ).then(cast.confirmed())


LATER = date(2024, 3, 31)


@pytest.mark.parametrize(
    "past",
    [
        [cast.selected(), on(LATER, cast.passed()), placed(LIN, 1)],
        [passed_applicants(LIN), on(LATER, placed(LIN, 1))],
    ],
    ids=["before-the-school", "before-the-screening"],
)
def test_c_09_nobody_is_admitted_in_one_go_before_the_step_before(past):
    given(cast.opened(), past).when(ADMIT_ALL, on=PROVIDER_DAY).refused(
        StepOutOfOrder, "ZJ24-24", field="offering"
    )
    given(cast.opened(), past).when(ADMIT_ALL, on=PROVIDER_DAY, reported=True).found(
        "ZJ24-24", Outcome.VIOLATION, StepOutOfOrder
    ).then(cast.confirmed())


@pytest.mark.parametrize(
    ("day", "rule"),
    [(date(2024, 3, 29), "ZJ24-17"), (PROVIDER_DAY, None), (date(2024, 3, 31), "ZJ24-17")],
)
def test_admitting_in_one_go_has_the_window_of_the_re_review(day, rule):
    past = [cast.opened(), passed_applicants(LIN), placed(LIN, 1)]
    answer = given(past).when(ADMIT_ALL, on=day)
    if rule is None:
        answer.then(cast.confirmed())
        return
    answer.refused(WindowClosed, rule)
    given(past).when(ADMIT_ALL, on=day, reported=True).found(rule, Outcome.VIOLATION).then(
        cast.confirmed()
    )


def test_w_144_all_56_are_admitted_after_the_expansion_and_four_seats_are_left():
    people = [TeacherId(f"teacher:t{number:02}") for number in range(56)]
    past = [
        cast.opened(),
        passed_applicants(*people),
        *EXPANDED,
        [placed(each, rank) for rank, each in enumerate(people, 1)],
    ]
    admitted = given(past).when(ADMIT_ALL, on=PROVIDER_DAY).accepted().facts
    assert [each.teacher for each in admitted] == people
    assert {each.NAME for each in admitted} == {"enrollment.confirmed"}

    late = [cast.selected(round=2), cast.passed(round=2)]
    for taken, full in ((3, False), (4, True)):
        answer = given(cast.opened(), *EXPANDED, crowd(56 + taken), late).when(
            ADMIT, on=date(2024, 4, 3)
        )
        if full:
            answer.refused(NoSeatLeft)
        else:
            answer.then(cast.confirmed(round=2))


def test_w_145_an_expansion_that_waits_admits_50_and_declines_six():
    people = [TeacherId(f"teacher:t{number:02}") for number in range(56)]
    answer = given(
        cast.opened(),
        passed_applicants(*people),
        EXPANDED[:1],
        [placed(each, rank) for rank, each in enumerate(people, 1)],
    ).when(ADMIT_ALL, on=PROVIDER_DAY)

    names = [each.NAME for each in answer.accepted().facts]
    assert names.count("enrollment.confirmed") == 50
    assert names.count("enrollment.declined") == 6


PARALLEL = [
    cast.opened(),
    replace(EXPANDED[1], seats=2, parallel=OTHER_OFFERING),
    replace(cast.opened(offering=OTHER_OFFERING, seats=2), parallel=True),
]
MOVED = [
    cast.confirmed(offering=OTHER_OFFERING),
    declined(reason="转入平行班 offering:o2"),
]


def test_c_24_who_chose_a_full_class_is_admitted_to_the_parallel_one():
    past = [*PARALLEL, cast.selected(), cast.passed()]
    given(past).when(BESIDE, on=PROVIDER_DAY).then(*MOVED)


@pytest.mark.parametrize(("taken", "full"), [(1, False), (2, True)])
def test_c_24_the_seats_of_the_parallel_class_hold(taken, full):
    crowd = [
        cast.confirmed(TeacherId(f"teacher:t{number}"), offering=OTHER_OFFERING)
        for number in range(taken)
    ]
    past = [*PARALLEL, cast.selected(), cast.passed(), *crowd]
    answer = given(past).when(BESIDE, on=PROVIDER_DAY)
    if not full:
        answer.then(*MOVED)
        return
    answer.refused(NoSeatLeft, field="offering")
    given(past).when(BESIDE, on=PROVIDER_DAY, reported=True).found(
        None, Outcome.VIOLATION, NoSeatLeft
    ).then(*MOVED)


@pytest.mark.parametrize("reported", [False, True])
def test_a_class_that_no_expansion_opened_beside_it_is_no_parallel_one(reported):
    past = [cast.opened(), cast.selected(), cast.passed(), cast.opened(offering=OTHER_OFFERING)]
    given(past).when(BESIDE, on=PROVIDER_DAY, reported=reported).refused(
        NotParallel, field="parallel"
    )


@pytest.mark.parametrize("reported", [False, True])
def test_a_class_is_not_parallel_to_itself(reported):
    itself = AdmitToParallel(teacher=LIN, offering=OFFERING, parallel=OFFERING)
    given(PASSED).when(itself, on=PROVIDER_DAY, reported=reported).refused(NotParallel)


def test_the_parallel_class_is_filled_in_the_re_review_and_after_the_school():
    past = [*PARALLEL, cast.selected(), cast.passed()]
    given(past).when(BESIDE, on=date(2024, 3, 29)).refused(WindowClosed, "ZJ24-17")
    given(PARALLEL, cast.selected()).when(BESIDE, on=PROVIDER_DAY).refused(
        StepOutOfOrder, "ZJ24-24"
    )
    given(past, *MOVED).when(BESIDE, on=PROVIDER_DAY).refused(StepOutOfOrder, "ZJ24-24")


@pytest.mark.parametrize("reported", [False, True])
def test_nobody_is_admitted_to_the_parallel_class_twice(reported):
    past = [*PARALLEL, cast.selected(), cast.passed(), cast.confirmed(offering=OTHER_OFFERING)]
    given(past).when(BESIDE, on=PROVIDER_DAY, reported=reported).refused(
        AlreadyEnrolled, field="teacher"
    )


@pytest.mark.parametrize(
    ("rank", "deviates"),
    [
        pytest.param(3, False, id="seats-of-both-classes-reach"),
        pytest.param(4, True, id="one-further"),
        pytest.param(None, True, id="no-place"),
    ],
)
def test_the_recorded_order_holds_for_the_parallel_class_too(rank, deviates):
    past = [replace(PARALLEL[0], seats=1), *PARALLEL[1:], cast.selected(), cast.passed()]
    others = [placed(TeacherId(f"teacher:t{number}"), number) for number in range(1, rank or 2)]
    mine = [] if rank is None else [placed(LIN, rank)]
    if rank == 4:
        given(past, others, mine).when(BESIDE, on=PROVIDER_DAY).refused(AgainstTheOrder)
    answer = given(past, others, mine).when(BESIDE, on=PROVIDER_DAY, reported=rank == 4)
    if deviates:
        answer = answer.found(None, Outcome.DEVIATION, AgainstTheOrder)
    answer.then(*MOVED)
