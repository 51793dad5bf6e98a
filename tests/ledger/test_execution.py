"""Execution: a timetable keeps what was published, unless an approved change covers it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.change import ChangeClass, ChangeKind
from ledger.execution import ArbitraryChange, PlanExecution
from ledger.finding import Outcome
from ledger.names import ChangeId, StaffId
from ledger.offering import DatesChanged
from ledger.plan import Course, Mode, PlannedTrainer
from ledger.schedule import (
    Half,
    PublishTimetable,
    Session,
    TimetablePublished,
    TimetableUneven,
)
from ledger.trainer import TrainerRegistered
from ledger.word import in_english
from tests import cast
from tests.cast import CHANGE, COUNTY_SCHOOL, OFFERING, OPENS, RUIAN, TRAINER, decided, requested
from tests.given import background, given, on, rules_without

DAY = OPENS - timedelta(days=9)
OTHER = StaffId("staff:trainer-he")
NEXT = OPENS + timedelta(days=1)


def lesson(day=OPENS, half=Half.MORNING, hours=4, course="阅读", trainer=None, online=False):
    return Session(
        day=day,
        half=half,
        hours=Decimal(hours),
        course=course,
        trainer=trainer,
        online=online,
    )


READING = lesson(trainer=TRAINER)
WRITING = lesson(NEXT, course="写作", trainer=TRAINER)


def unbound(hours=8, **more):
    """A plan that names neither courses nor trainers, so that timetables alone are compared."""
    return cast.plan(hours, courses=(), trainers=(), **more)


REGISTERED = [
    TrainerRegistered(trainer=each, place=RUIAN, expertise="阅读教学") for each in (TRAINER, OTHER)
]
ROOM = [cast.opened(unbound()), *background(REGISTERED)]


def published(*sessions):
    return TimetablePublished(
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        sessions=sessions,
        hours=sum(each.hours for each in sessions),
    )


def publish(*sessions):
    return PublishTimetable(offering=OFFERING, sessions=sessions)


BEFORE = published(READING, WRITING)
# One departure each from a timetable of reading and writing.
DEPARTURES = {
    ChangeKind.COURSE_REMOVED: (READING, lesson(NEXT, trainer=TRAINER)),
    ChangeKind.TRAINER_REPLACED: (READING, replace(WRITING, trainer=OTHER)),
    ChangeKind.OFFLINE_TO_ONLINE: (READING, replace(WRITING, online=True)),
    ChangeKind.HOURS_REDUCED: (
        replace(READING, hours=Decimal(5)),
        replace(WRITING, hours=Decimal(3)),
    ),
    ChangeKind.DATES_CHANGED: (READING, replace(WRITING, day=date(2024, 6, 29))),
}
# A second departure of each kind from there.
FURTHER = {
    ChangeKind.COURSE_REMOVED: (
        lesson(course="朗诵", trainer=TRAINER),
        lesson(NEXT, course="朗诵", trainer=TRAINER),
    ),
    ChangeKind.TRAINER_REPLACED: (READING, WRITING),
    ChangeKind.OFFLINE_TO_ONLINE: (
        replace(READING, online=True),
        replace(WRITING, online=True),
    ),
    ChangeKind.HOURS_REDUCED: (
        replace(READING, hours=Decimal(6)),
        replace(WRITING, hours=Decimal(2)),
    ),
    ChangeKind.DATES_CHANGED: (READING, replace(WRITING, day=date(2024, 7, 1))),
}
EACH = pytest.mark.parametrize("kind", list(DEPARTURES))


def rules_of(answer):
    assert {"ARBITRARY_CHANGE"} >= {each.code for each in answer.findings}
    return {(each.rule, each.outcome) for each in answer.findings}


def expected(kind, *, since_2024=True):
    rules = {("ZJ14-12", Outcome.VIOLATION)}
    if since_2024:
        rules.add(("ZJ24-60", Outcome.DEVIATION))
    if since_2024 and kind is ChangeKind.OFFLINE_TO_ONLINE:
        rules.add(("ZJ24-61", Outcome.VIOLATION))
    return rules


@EACH
@pytest.mark.parametrize("reported", [False, True])
def test_a_departure_without_an_approved_change_is_arbitrary(kind, reported):
    answer = given(ROOM, BEFORE).when(publish(*DEPARTURES[kind]), on=DAY, reported=reported)

    assert expected(kind) == rules_of(answer)
    assert answer.facts == (published(*DEPARTURES[kind]),)
    assert all(in_english(kind.value) in each.en for each in answer.findings)


@EACH
@pytest.mark.parametrize(
    ("opened_on", "outcome"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 1, 1), Outcome.INDETERMINATE),
        (date(2014, 12, 31), Outcome.INDETERMINATE),
        (date(2015, 1, 1), Outcome.VIOLATION),
        (date(2024, 3, 5), Outcome.VIOLATION),
    ],
)
def test_c_33_before_2024_only_the_quality_notice_speaks_of_it(kind, opened_on, outcome):
    answer = given(on(opened_on, ROOM[0]), ROOM[1:], BEFORE).when(
        publish(*DEPARTURES[kind]), on=DAY
    )

    assert ({("ZJ14-12", outcome)} if outcome else set()) == rules_of(answer)


@EACH
def test_w_204_an_approved_change_covers_the_kind_that_it_names(kind):
    given(ROOM, BEFORE, requested(kind), decided()).when(
        publish(*DEPARTURES[kind]), on=DAY
    ).accepted()


@EACH
@pytest.mark.parametrize(
    "steps",
    [
        [],
        [decided(False, reason="x")],
        [cast.notified()],
        [cast.carried_out()],
    ],
    ids=["undecided", "refused", "told", "carried-out"],
)
def test_w_205_a_change_that_was_not_approved_covers_nothing(kind, steps):
    answer = given(ROOM, BEFORE, requested(kind), steps).when(publish(*DEPARTURES[kind]), on=DAY)

    assert expected(kind) == rules_of(answer)


@EACH
def test_an_approved_change_covers_no_other_kind(kind):
    others = [each for each in ChangeKind if each is not kind]
    past = [ROOM, BEFORE, requested(*others), decided(change_class=ChangeClass.MINOR)]

    assert expected(kind) == rules_of(given(past).when(publish(*DEPARTURES[kind]), on=DAY))


@EACH
def test_an_approval_serves_for_one_timetable(kind):
    """The second departure of the kind needs another approval."""
    further = FURTHER[kind]
    past = [ROOM, BEFORE, requested(kind), decided(), published(*DEPARTURES[kind])]
    second = ChangeId("change:x2")

    assert expected(kind) == rules_of(given(past).when(publish(*further), on=DAY))
    given(past, requested(kind, change=second), decided(change=second)).when(
        publish(*further), on=DAY
    ).accepted()


@EACH
def test_of_two_approvals_a_timetable_uses_one(kind):
    second = ChangeId("change:x2")
    both = [requested(kind), decided(), requested(kind, change=second), decided(change=second)]
    past = [ROOM, BEFORE, *both, published(*DEPARTURES[kind])]
    given(past).when(publish(*FURTHER[kind]), on=DAY).accepted()


def test_an_approval_that_names_another_kind_is_not_used_up():
    """A trainer is replaced without approval; the approved course goes later."""
    kind = ChangeKind.COURSE_REMOVED
    replaced = published(*DEPARTURES[ChangeKind.TRAINER_REPLACED])
    past = [ROOM, BEFORE, requested(kind), decided(), replaced, BEFORE]
    given(past).when(publish(*DEPARTURES[kind]), on=DAY).accepted()


@EACH
def test_an_approval_waits_for_the_timetable_that_makes_use_of_it(kind):
    past = [ROOM, BEFORE, requested(kind), decided(), BEFORE]
    given(past).when(publish(*DEPARTURES[kind]), on=DAY).accepted()


def test_what_was_noted_before_is_not_noted_again():
    for sessions in DEPARTURES.values():
        given(ROOM, BEFORE, published(*sessions)).when(publish(*sessions), on=DAY).accepted()


@pytest.mark.parametrize("reported", [False, True])
def test_w_232_moving_a_lesson_within_its_day_is_minor_and_complies(reported):
    moved = (READING, replace(WRITING, half=Half.AFTERNOON))
    six_days = OPENS - timedelta(days=6)
    given(ROOM).when(publish(READING, WRITING), on=six_days, reported=reported).accepted()
    given(on(six_days, ROOM[0]), ROOM[1:], on(six_days, BEFORE)).when(
        publish(*moved), on=OPENS, reported=reported
    ).then(published(*moved))


@pytest.mark.parametrize(
    "sessions",
    [
        (READING, replace(WRITING, day=OPENS, half=Half.AFTERNOON)),
        (
            replace(READING, hours=Decimal(2)),
            WRITING,
            lesson(NEXT, Half.EVENING, 2, trainer=TRAINER),
        ),
        (READING, WRITING),
    ],
    ids=["another-day-of-the-class", "an-hour-at-another-time", "the-same"],
)
def test_what_keeps_courses_trainers_mode_hours_and_days_complies(sessions):
    given(ROOM, BEFORE).when(publish(*sessions), on=DAY).accepted()


def test_a_further_trainer_replaces_nobody():
    beside = lesson(NEXT, Half.EVENING, 2, "写作", OTHER)
    given(ROOM, BEFORE).when(
        publish(READING, replace(WRITING, hours=Decimal(2)), beside), on=DAY
    ).accepted()


def test_naming_a_trainer_for_the_first_time_replaces_nobody():
    unnamed = published(replace(READING, trainer=None), replace(WRITING, trainer=None))
    given(ROOM, unnamed).when(publish(READING, WRITING), on=DAY).accepted()


def test_an_unnamed_trainer_in_place_of_a_named_one_is_a_replacement():
    answer = given(ROOM, BEFORE).when(publish(READING, replace(WRITING, trainer=None)), on=DAY)

    assert expected(ChangeKind.TRAINER_REPLACED) == rules_of(answer)


PLANNED = replace(
    cast.plan(8),
    courses=(Course(title="阅读"), Course(title="写作")),
    trainers=(PlannedTrainer(staff=TRAINER),),
)


def test_a_first_timetable_that_holds_the_plan_complies():
    given(cast.opened(PLANNED), background(REGISTERED)).when(
        publish(READING, WRITING), on=DAY
    ).accepted()


@pytest.mark.parametrize(
    ("kind", "plan"),
    [
        (ChangeKind.COURSE_REMOVED, PLANNED),
        (ChangeKind.TRAINER_REPLACED, PLANNED),
        (ChangeKind.OFFLINE_TO_ONLINE, unbound()),
        (ChangeKind.DATES_CHANGED, unbound()),
    ],
)
def test_a_first_timetable_is_compared_with_the_plan(kind, plan):
    answer = given(cast.opened(plan), background(REGISTERED)).when(
        publish(*DEPARTURES[kind]), on=DAY
    )

    assert expected(kind) == rules_of(answer)


def test_a_plan_that_names_neither_courses_nor_trainers_binds_neither():
    given(ROOM).when(publish(*DEPARTURES[ChangeKind.TRAINER_REPLACED]), on=DAY).accepted()
    given(ROOM).when(publish(*DEPARTURES[ChangeKind.COURSE_REMOVED]), on=DAY).accepted()


def test_going_back_to_the_plan_is_no_departure():
    room = cast.opened(PLANNED)
    wrong = published(lesson(trainer=OTHER), lesson(NEXT, course="朗诵", trainer=OTHER))
    given(room, wrong).when(publish(READING, WRITING), on=DAY).accepted()


@pytest.mark.parametrize(("online", "within"), [("2.5", True), ("3", False)])
def test_a_blended_class_has_no_more_online_hours_than_its_share(online, within):
    plan = unbound(10, mode=Mode.BLENDED, online="2.5")
    taught = (lesson(hours=Decimal(10) - Decimal(online)), lesson(NEXT, hours=online, online=True))
    answer = given(cast.opened(plan), background(REGISTERED)).when(publish(*taught), on=DAY)

    assert rules_of(answer) == (set() if within else expected(ChangeKind.OFFLINE_TO_ONLINE))


def test_lessons_of_one_course_go_online_even_where_another_comes_back():
    swapped = (replace(READING, online=True), WRITING)
    room = cast.opened(unbound(mode=Mode.BLENDED, online=4))
    answer = given(
        room, background(REGISTERED), published(READING, replace(WRITING, online=True))
    ).when(publish(*swapped), on=DAY)

    assert expected(ChangeKind.OFFLINE_TO_ONLINE) == rules_of(answer)


def test_lessons_may_come_back_from_online():
    online = published(READING, replace(WRITING, online=True))
    given(ROOM, online).when(publish(READING, WRITING), on=DAY).accepted()


def test_distance_training_is_online_anyway():
    room = cast.opened(unbound(mode=Mode.DISTANCE))
    online = (replace(READING, online=True), replace(WRITING, online=True))
    given(room, background(REGISTERED)).when(publish(*online), on=DAY).accepted()
    given(room, background(REGISTERED), BEFORE).when(publish(*online), on=DAY).accepted()


CLOSES = date(2024, 6, 28)


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        (OPENS - timedelta(days=1), False),
        (OPENS, True),
        (CLOSES, True),
        (CLOSES + timedelta(days=1), False),
    ],
)
def test_the_days_of_a_class_are_kept_both_ends_included(day, kept):
    other = NEXT if day == OPENS else OPENS
    answer = given(ROOM).when(
        publish(lesson(day), lesson(other, Half.AFTERNOON)), on=OPENS - timedelta(days=9)
    )

    assert rules_of(answer) == (set() if kept else expected(ChangeKind.DATES_CHANGED))


LAST = date(2024, 7, 12)
DATED = requested(ChangeKind.DATES_CHANGED, closes=LAST)


@pytest.mark.parametrize(("day", "kept"), [(LAST, True), (LAST + timedelta(days=1), False)])
@pytest.mark.parametrize("effective", [False, True])
def test_a_change_that_names_new_days_covers_those_and_no_others(day, kept, effective):
    new_days = DatesChanged(
        change=CHANGE, offering=OFFERING, provider=COUNTY_SCHOOL, place=RUIAN, closes=LAST
    )
    past = [ROOM, BEFORE, DATED, decided(), *([cast.carried_out(), new_days] if effective else [])]
    answer = given(past).when(publish(READING, replace(WRITING, day=day)), on=DAY)

    assert rules_of(answer) == (set() if kept else expected(ChangeKind.DATES_CHANGED))


SHORT = (READING, replace(WRITING, hours=Decimal(3)))


def test_a_timetable_of_fewer_hours_needs_an_approved_change():
    given(ROOM, BEFORE).when(publish(*SHORT), on=DAY).refused(
        TimetableUneven, "ZJ24-60", field="sessions"
    )
    cut = [requested(ChangeKind.HOURS_REDUCED), decided()]
    given(ROOM, BEFORE, cut).when(publish(*SHORT), on=DAY).accepted()
    given(ROOM, cut).when(publish(*SHORT), on=DAY).accepted()


def test_once_cut_the_hours_stay_and_are_not_cut_further():
    cut = [ROOM, BEFORE, requested(ChangeKind.HOURS_REDUCED), decided(), published(*SHORT)]
    shorter = (READING, replace(WRITING, hours=Decimal(2)))
    given(cut).when(publish(*SHORT), on=DAY).accepted()
    given(cut).when(publish(*shorter), on=DAY).refused(TimetableUneven, "ZJ24-60")


@pytest.mark.parametrize("past", [[ROOM], [ROOM, BEFORE]])
def test_fewer_hours_that_are_reported_stand_and_are_arbitrary(past):
    answer = given(past).when(publish(*SHORT), on=DAY, reported=True)

    assert expected(ChangeKind.HOURS_REDUCED) == rules_of(answer)
    assert answer.facts == (published(*SHORT),)


def test_a_finding_names_the_timetable_that_was_left():
    answer = given(ROOM, BEFORE).when(publish(*DEPARTURES[ChangeKind.COURSE_REMOVED]), on=DAY)

    assert {("0193-0004",)} == {each.evidence for each in answer.findings}
    assert all("写作" in each.zh for each in answer.findings)


def test_a_rule_says_which_departures_it_means():
    rules = rules_without("ZJ14-12", "ZJ24-60")
    online, swapped = (
        DEPARTURES[ChangeKind.OFFLINE_TO_ONLINE],
        DEPARTURES[ChangeKind.TRAINER_REPLACED],
    )
    given(ROOM, BEFORE, rules=rules).when(publish(*swapped), on=DAY).accepted()
    given(ROOM, BEFORE, rules=rules).when(publish(*online), on=DAY).found(
        "ZJ24-61", Outcome.VIOLATION, ArbitraryChange
    ).then(published(*online))


def test_the_kinds_of_a_rule_are_known_and_leaving_one_out_is_laxer():
    strict = PlanExecution(kinds=("COURSE_REMOVED", "DATES_CHANGED"))

    assert strict.wrong() is None
    assert PlanExecution(kinds=("LUNCH",)).wrong() is not None
    assert PlanExecution(kinds=("COURSE_REMOVED",)).laxer(strict)
    assert not strict.laxer(strict)
