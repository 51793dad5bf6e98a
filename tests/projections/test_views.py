"""The views: what each of them says after the story, and pure folds behind them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ledger.accreditation import AccreditationRevoked, AccreditationUpdated, Reach
from ledger.change import ChangeClass
from ledger.completion import Reason, Recipient
from ledger.dates import NewDates, OfferingsRedated
from ledger.enrollment import Status
from ledger.event import CATALOGUE, Entry
from ledger.finding import FindingMade
from ledger.offering import OfferingCancelled
from ledger.review import ProjectCancelled, ProjectRemoved
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from projections.catalogue import VIEWS
from projections.completion import CompletionStatus
from projections.declaration import ProjectStatus
from projections.projection import Projection
from projections.runner import Runner
from tests import cast
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING, ORDER, PROJECT, SCHOOL, ZHOU
from tests.given import entries as dated
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


def test_an_enrollment_that_was_withdrawn_and_chosen_again_stands(entries: list[Entry]) -> None:
    zhou = folded(entries, "enrollments", f"{ZHOU}|{OFFERING}")

    assert zhou.status is Status.PROVIDER_CONFIRMED
    assert (zhou.selected, zhou.withdrawn) == (date(2024, 3, 22), None)
    assert len(zhou.positions) == 5


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
    assert chen.citation is not None
    assert (zhou.status, zhou.reason) == (CompletionStatus.TERMINATED, Reason.MISCONDUCT)


def test_a_change_has_all_of_its_steps(entries: list[Entry]) -> None:
    change = folded(entries, "changes", CHANGE)

    assert (change.approved, change.change_class) == (True, ChangeClass.MAJOR)
    assert (change.requested, change.notified, change.carried_out) == (
        date(2024, 4, 2),
        date(2024, 4, 4),
        date(2024, 4, 5),
    )


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
        folded(dated(things, cast.DAY), "providers", COUNTY_SCHOOL)
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
    project = folded(dated([cast.declared(), gone], cast.DAY), "projects", PROJECT)

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
    offering = folded(dated([cast.opened(), moved, end], cast.DAY), "offerings", OFFERING)

    assert (offering.opens, offering.closes) == days
    assert offering.cancelled == cast.DAY
