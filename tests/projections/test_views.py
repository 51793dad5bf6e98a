"""The views: what each of them says after the story, and pure folds behind them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from msgspec.structs import replace

from ledger.accreditation import AccreditationRevoked, AccreditationUpdated, Reach
from ledger.change import ChangeClass, ChangeKind
from ledger.circular import CircularIssued
from ledger.closing import OfferingClosed
from ledger.completion import Reason, Recipient
from ledger.dates import NewDates, OfferingsRedated
from ledger.enrollment import SelectionReviewed, Status
from ledger.event import CATALOGUE, Entry
from ledger.finding import FindingMade
from ledger.offering import DatesChanged, ExpansionDecided, ExpansionRequested, OfferingCancelled
from ledger.register import Category, Stage, Tier, Title
from ledger.regulation import Rulebook
from ledger.review import ProjectCancelled, ProjectRemoved
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.teacher import ProfileSource, TeacherProfileUpdated
from projections.catalogue import TEACHERS, VIEWS
from projections.completion import CompletionStatus, grounds
from projections.declaration import ProjectStatus
from projections.projection import Projection
from projections.runner import Runner
from projections.screening import agrees
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, ORDER, PROJECT, RUIAN, SCHOOL, ZHOU
from tests.given import entries as made
from tests.judged import belongs
from tests.town import (
    CHANGE,
    CREDIT,
    HOME_CREDIT,
    KEY,
    Hand,
    Move,
    database,
    histories,
    rows,
    story,
    tell,
)

BY_NAME = {view.name: view for view in VIEWS}


@pytest.fixture(scope="module")
def entries(postgres_url: str, founded_template: str) -> Iterator[list[Entry]]:
    """The story as entries."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        yield list(opened.feed.entries(Filter()))


def folded(entries: list[Entry], name: str, key: str) -> Any:
    """The state of a key."""
    return BY_NAME[name].fold(key, entries)


def keys(view: Projection[Any], entries: list[Entry]) -> list[str]:
    """All keys that the entries touch."""
    touched = [view.keys(each) for each in entries if each.event.NAME in view.types]
    return sorted({key for each in touched for key in each})


def test_a_teacher_is_where_the_last_transfer_led(entries: list[Entry]) -> None:
    lin, chen = (folded(entries, "teachers", each) for each in (LIN, CHEN))

    assert (lin.school, lin.subject, lin.entered) == (
        cast.OTHER_SCHOOL,
        "SCIENCE",
        date(2020, 9, 1),
    )
    assert (chen.school, chen.subject) == (SCHOOL, "CHINESE")


def test_a_project_is_published_in_the_end(entries: list[Entry]) -> None:
    project = folded(entries, "projects", PROJECT)

    assert (project.status, project.provider) == (ProjectStatus.PUBLISHED, COUNTY_SCHOOL)
    assert (project.declared, project.reviewed, project.published) == (
        date(2024, 3, 8),
        date(2024, 3, 13),
        date(2024, 3, 18),
    )


def test_an_order_names_its_responses_and_the_one_that_won(entries: list[Entry]) -> None:
    order = folded(entries, "orders", ORDER)

    assert (order.responses, order.awarded) == ((cast.UNIVERSITY,), cast.UNIVERSITY)


def test_an_offering_counts_choices_and_trainees(entries: list[Entry]) -> None:
    offering = folded(entries, "offerings", OFFERING)

    assert (offering.seats, offering.seats_requested) == (3, None)
    assert (offering.selected, offering.passed, offering.confirmed) == (4, 3, 3)
    assert (offering.withdrawn, offering.declined, offering.not_passed) == (1, 0, 0)
    assert offering.days_logged == (date(2024, 4, 8), date(2024, 4, 9))
    assert sum(each.hours for each in offering.sessions) == Decimal(24)


def test_an_offering_says_when_it_was_closed(entries: list[Entry]) -> None:
    closed = OfferingClosed(
        offering=OFFERING,
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=RUIAN,
        trainees=3,
        unsettled=0,
    )
    end = date(2024, 7, 1)
    [told] = made([closed], end)

    assert folded([*entries, told], "offerings", OFFERING).closed == end
    assert folded(entries, "offerings", OFFERING).closed is None


def test_an_enrollment_that_was_withdrawn_and_chosen_again_stands(entries: list[Entry]) -> None:
    zhou = folded(entries, "enrollments", f"{ZHOU}|{OFFERING}")

    assert zhou.status is Status.PROVIDER_CONFIRMED
    assert (zhou.selected, zhou.withdrawn) == (date(2024, 3, 22), None)
    assert len(zhou.positions) == 7


def test_an_enrollment_tells_what_suits_the_place_in_the_order_and_the_notice(
    entries: list[Entry],
) -> None:
    zhou = folded(entries, "enrollments", f"{ZHOU}|{OFFERING}")

    assert (zhou.rank, zhou.notified, zhou.base_credits) == (3, date(2024, 3, 31), Decimal(24))
    assert (zhou.match.subject, zhou.match.stage, zhou.match.tier) == (True, True, None)
    assert folded(entries, "offerings", OFFERING).notified == 3


def test_a_screening_holds_its_inputs_and_comes_out_the_same_again(entries: list[Entry]) -> None:
    screening = folded(entries, "screenings", OFFERING)
    (held,) = screening.rounds
    ids = {each.id: each.event for each in entries}

    assert [each.teacher for each in held.placements] == [LIN, CHEN, ZHOU]
    assert all(ids[each.passed_by].NAME == SelectionReviewed.NAME for each in held.placements)
    assert agrees(screening)
    first, *others = held.placements
    for forged in (
        replace(held, seed="0" * 64),
        replace(held, placements=(*others, first)),
        replace(held, placements=tuple(others)),
        replace(held, placements=(replace(first, arrived=9), *others)),
        replace(held, also_passed=("0193-0099",)),
    ):
        assert not agrees(replace(screening, rounds=(forged,)))


def test_a_parallel_class_and_an_assigned_trainee_stand_in_their_views() -> None:
    story = [
        cast.opened(),
        ExpansionRequested(
            offering=OFFERING, provider=COUNTY_SCHOOL, seats=20, parallel=cast.OTHER_OFFERING
        ),
        ExpansionDecided(
            offering=OFFERING,
            provider=COUNTY_SCHOOL,
            place=cast.RUIAN,
            seats=20,
            approved=True,
            reason="",
            parallel=cast.OTHER_OFFERING,
        ),
        replace(cast.opened(offering=cast.OTHER_OFFERING, seats=20), parallel=True),
        replace(cast.confirmed(round=0), place=cast.RUIAN, assigned_by=cast.RUIAN),
    ]
    told = made(story, date(2024, 3, 29))
    first, beside = (folded(told, "offerings", o) for o in (OFFERING, cast.OTHER_OFFERING))
    assigned = folded(told, "enrollments", f"{LIN}|{OFFERING}")

    assert (first.seats, first.seats_requested, first.parallels) == (
        50,
        None,
        (cast.OTHER_OFFERING,),
    )
    assert (beside.seats, beside.parallel, beside.parallel_to) == (20, True, OFFERING)
    assert (assigned.status, assigned.assigned_by) == (Status.PROVIDER_CONFIRMED, cast.RUIAN)
    assert (assigned.provider, assigned.place) == (COUNTY_SCHOOL, cast.RUIAN)


def test_a_completion_says_what_was_missed_and_why(entries: list[Entry]) -> None:
    lin, chen, zhou = (folded(entries, "completions", f"{t}|{OFFERING}") for t in (LIN, CHEN, ZHOU))

    assert (lin.status, lin.hours_missed, lin.hours) == (
        CompletionStatus.COMPLETED,
        Decimal(2),
        Decimal(22),
    )
    assert (chen.status, chen.reason, chen.hours_missed, chen.hours) == (
        CompletionStatus.NOT_COMPLETED,
        Reason.ASSESSMENT_FAILED,
        Decimal(16),
        Decimal(0),
    )
    assert chen.notified == (Recipient.SCHOOL,)
    # The plan asks for the assessment itself: no rule asks for one after so few hours.
    assert (chen.citation, chen.rules) == (None, ())
    assert "ZJ14-08" in lin.rules
    assert zhou.rules == ("ZJ14-10",)
    names = {entry.id: entry.event.NAME for entry in entries}
    assert names[lin.evidence[-1]] == "completion.granted"
    assert "attendance.recorded" in [names[each] for each in lin.evidence]
    opened = next(e for e in entries if e.event.NAME == "offering.opened" and OFFERING in e.tags)
    ground = grounds(zhou, Rulebook(entry.event for entry in entries), opened)[0]
    assert (ground.rule, ground.clause, ground.chosen_for) == ("ZJ14-10", "§三", cast.RUIAN)
    assert ground.chosen_on == opened.on
    assert (zhou.status, zhou.reason) == (CompletionStatus.TERMINATED, Reason.MISCONDUCT)


def test_a_change_has_all_of_its_steps(entries: list[Entry]) -> None:
    change = folded(entries, "changes", CHANGE)

    assert (change.approved, change.change_class) == (True, ChangeClass.MAJOR)
    assert (change.requested, change.notified, change.carried_out) == (
        date(2024, 4, 2),
        date(2024, 4, 4),
        date(2024, 4, 5),
    )


def test_a_change_names_its_term_its_new_days_and_its_circular() -> None:
    asked = cast.requested(ChangeKind.DATES_CHANGED, closes=date(2024, 7, 12))
    circular = CircularIssued(
        provider=COUNTY_SCHOOL,
        term=cast.H1_2024,
        place=cast.PROVINCE,
        changes=(cast.CHANGE,),
        text="延期一次。",
    )
    told = made([asked, cast.notified(), circular], date(2024, 6, 3))
    change = folded(told, "changes", cast.CHANGE)

    assert (change.term, change.opens, change.closes) == (
        cast.H1_2024,
        None,
        date(2024, 7, 12),
    )
    assert (change.understood, change.circulated) == (True, date(2024, 6, 3))


def test_an_offering_shows_the_days_that_a_change_gave_it() -> None:
    moved = DatesChanged(
        change=cast.CHANGE,
        offering=OFFERING,
        provider=COUNTY_SCHOOL,
        place=cast.RUIAN,
        closes=date(2024, 7, 12),
    )
    offering = folded(made([cast.opened(), moved], date(2024, 6, 3)), "offerings", OFFERING)

    assert (offering.opens, offering.closes) == (cast.OPENS, date(2024, 7, 12))


def test_a_record_has_a_line_for_each_credit_with_what_became_of_it(entries: list[Entry]) -> None:
    record = folded(entries, "records", LIN)
    course, home = record.lines

    assert (course.credit, course.base_credits, course.credits, course.revoked) == (
        CREDIT,
        Decimal(24),
        Decimal(0),
        True,
    )
    assert (home.credit, home.credits, home.revoked) == (HOME_CREDIT, Decimal(10), False)
    assert len(course.positions) == len(course.events) == 4
    assert folded(entries, "school_based", HOME_CREDIT).approved is True


def test_a_finding_names_the_event_that_led_to_it(entries: list[Entry]) -> None:
    found = [each for each in entries if isinstance(each.event, FindingMade)]
    ids = {each.id: each for each in entries}
    for each in found:
        state = folded(entries, "findings", f"{each.position:020d}")
        assert state.evidence[0] == each.cause
        assert ids[state.evidence[0]].position < each.position
        assert (state.position, state.on, state.at) == (each.position, each.on, each.at)
    assert found


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_state_stays_the_same_through_its_bytes(
    view: Projection[Any], entries: list[Entry]
) -> None:
    for key in keys(view, entries):
        state = view.fold(key, entries)
        again = view.decode(view.encode(state))
        assert again == state
        assert view.facet_values(again) == view.facet_values(state)
    assert view.decode(view.encode(view.blank(keys(view, entries)[0])))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_fold_changes_no_event_and_gives_the_same_again(
    view: Projection[Any], entries: list[Entry]
) -> None:
    before = deepcopy(entries)
    for key in keys(view, entries):
        assert view.fold(key, entries) == view.fold(key, entries)

    assert entries == before


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_all_events_of_a_key_carry_the_tags_by_which_they_are_looked_up(
    view: Projection[Any], entries: list[Entry]
) -> None:
    """Otherwise an answer as of a moment would leave them out."""
    for entry in entries:
        if entry.event.NAME in view.types:
            for key in view.keys(entry):
                first, last = view.span(key)
                assert set(view.tags(key)) <= set(entry.tags)
                assert first <= entry.position <= last


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_lists_events_that_exist_and_facets_that_its_state_gives(
    view: Projection[Any], entries: list[Entry]
) -> None:
    state = view.fold(keys(view, entries)[0], entries)

    assert view.types <= set(CATALOGUE)
    assert set(view.facet_values(state)) == set(view.facets)
    assert view.name == view.name.lower()


def test_views_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(VIEWS)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(told=histories())
def test_the_rows_on_the_database_are_the_folds_in_memory(
    postgres_url: str, founded_template: str, told: list[Move]
) -> None:
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, told)
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        found = list(opened.feed.entries(Filter()))
        for view in VIEWS:
            stored = dict(rows(url, f"select key, state from projection.{view.name}"))
            in_memory = {key: view.encode(view.fold(key, found)) for key in keys(view, found)}
            assert stored == in_memory


def test_a_teacher_is_shown_with_title_tier_and_categories():
    changed = TeacherProfileUpdated(
        teacher=cast.LIN,
        school=cast.SCHOOL,
        place=cast.RUIAN,
        stage=Stage.PRIMARY,
        subject="SCIENCE",
        title=Title.INTERMEDIATE,
        tier=Tier.BACKBONE,
        source=ProfileSource.NATIONAL_IMPORT,
    )
    unsaid = replace(changed, title=None, tier=None, source=ProfileSource.PLATFORM_ENTRY)
    held = belongs(Category.HOMEROOM_TEACHER, cast.DAY)
    state = TEACHERS.blank("teacher:lin")
    for entry in made([cast.registered(), changed, unsaid, held], cast.DAY):
        state = TEACHERS.apply(state, entry)

    assert (state.title, state.tier) == (Title.INTERMEDIATE, Tier.BACKBONE)
    assert state.profile_source is ProfileSource.PLATFORM_ENTRY
    assert [(each.category, each.since) for each in state.categories] == [
        (Category.HOMEROOM_TEACHER, cast.DAY)
    ]


def test_a_provider_is_shown_as_it_is_now() -> None:
    update = AccreditationUpdated(
        provider=COUNTY_SCHOOL,
        place=cast.RUIAN,
        title="教师发展学院",
        reach=Reach.LOCAL,
        subjects=("CHINESE",),
        distance=True,
    )
    end = AccreditationRevoked(provider=COUNTY_SCHOOL, place=cast.RUIAN, reason="x")
    past = [(date(2019, 9, 1), cast.accredited()), (date(2024, 3, 1), update)]
    now, gone, again = (
        folded(made(things, cast.DAY), "providers", COUNTY_SCHOOL)
        for things in (past, [*past, end], [*past, end, cast.accredited()])
    )

    assert (now.title, now.distance, now.updated) == ("教师发展学院", True, date(2024, 3, 1))
    assert now.since == date(2012, 9, 1)
    assert (now.revoked, gone.revoked, again.revoked) == (None, cast.DAY, None)


@pytest.mark.parametrize(
    ("event", "status"),
    [(ProjectRemoved, ProjectStatus.REMOVED), (ProjectCancelled, ProjectStatus.CANCELLED)],
)
def test_a_project_that_is_gone_says_why(event: Any, status: ProjectStatus) -> None:
    gone = event(
        project=PROJECT,
        provider=COUNTY_SCHOOL,
        place=cast.RUIAN,
        term=cast.H1_2024,
        reason="整改不力",
    )
    project = folded(made([cast.declared(), gone], cast.DAY), "projects", PROJECT)

    assert (project.status, project.reason) == (status, "整改不力")


def test_an_offering_shows_its_new_dates_and_that_it_was_cancelled() -> None:
    days = (date(2024, 6, 3), date(2024, 6, 7))
    move = NewDates(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, opens=days[0], closes=days[1]
    )
    moved = OfferingsRedated(place=cast.RUIAN, term=cast.H1_2024, moves=(move,), reason="x")
    end = OfferingCancelled(
        offering=OFFERING, project=PROJECT, provider=COUNTY_SCHOOL, place=cast.RUIAN, reason="x"
    )
    offering = folded(made([cast.opened(), moved, end], cast.DAY), "offerings", OFFERING)

    assert (offering.opens, offering.closes) == days
    assert offering.cancelled == cast.DAY
