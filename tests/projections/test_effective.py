"""The day on which each event takes effect, and what is seen by it on both axes of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from msgspec.structs import replace

from ledger.category import AssignCategory, EndCategory
from ledger.cycle import OpenCycle
from ledger.duty import MonitoringBodyNamed, SetUpEducationOffice
from ledger.event import CATALOGUE, Entry, Event
from ledger.names import CreditId
from ledger.register import Category
from ledger.school_based import RecogniseSchoolBased, RecordSchoolBased
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.transfer import TransferTeacher
from projections.catalogue import TEACHERS, VIEWS
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.snapshot import Snapshot
from tests.cast import CHEN, COUNTY_SCHOOL, OTHER_SCHOOL, RUIAN
from tests.ledger.test_recorded import recorded
from tests.projections.test_snapshot import Told, cut, fitting, wanted
from tests.town import KEY, OPERATOR, Hand, Move, Put, database, story, tell

ENTERED = date(2024, 6, 30)
"""The day on which everything here was told."""
DAY = date(2024, 6, 15)

OWN: dict[str, str] = {
    "accreditation.provider-accredited": "since",
    "attendance.recorded": "day",
    "attendance.corrected": "day",
    "attendance.leave-granted": "day",
    "category.assigned": "since",
    "completion.denied": "since",
    "completion.granted": "since",
    "completion.revoked": "since",
    "completion.training-terminated": "day",
    "credit.awarded": "completed",
    "balance.opened": "completed",
    "credit.corrected": "since",
    "credit.revoked": "since",
    "cycle.opened": "start",
    "duty.monitoring-body-named": "since",
    "duty.education-office-set-up": "since",
    "evaluation.recorded": "day",
    "funding.published": "day",
    "misconduct.recorded": "day",
    "observation.lesson-observed": "day",
    "oversight.project-inspected": "day",
    "register.teacher-registered": "entered",
    "register.teacher-transferred": "since",
    "regulation.adopted": "certain_from",
    "regulation.rule-amended": "since",
    "regulation.rules-suspended": "since",
    "regulation.suspension-ended": "day",
    "restart.fixed": "first",
    "safeguard.recorded": "day",
    "school-based.recorded": "completed",
    "school-based.recognised": "completed",
}
"""By type, the field that tells the day."""
LAST = {"category.ended": "until", "regulation.rules-ended": "last"}
"""By type, the field that tells the last day before it takes effect."""
BY_ENTRY = {
    "change.requested": "days that are asked for; they come with offering.dates-changed",
    "finding.made": "the day that chose the rule; it is found on the day of its entry",
    "offering.opened": "the days of teaching; the class can be chosen from its entry on",
    "offering.dates-changed": "the days of teaching; they are others from its entry on",
    "redating.requested": "days that are asked for; they come with dates.offerings-redated",
    "schedule.day-logged": "the day that the log is about; it is written on that of its entry",
    "sample.drawn": "the period that was drawn from",
    "service-token.issued": "the last day on which it is taken",
    "register.transfer-announced": "a day that is told; the move comes as teacher-transferred",
    "register.transfer-confirmed": "the day of the move, which comes as teacher-transferred",
    "warning.yellow-card-issued": "the day by which to mend; the card holds from its entry on",
}
"""By type, what the days in it are: on none of them does it take effect."""


def field_of(kind: type[Event]) -> str | None:
    """The field of a day that an event has, the day of a rule within it aside."""
    days = (date, date | None)
    return next((name for name, hint in get_type_hints(kind).items() if hint in days), None)


def dated(name: str, day: date) -> Event:
    """An event of a type that takes effect on a day."""
    event = recorded(CATALOGUE[name]).event
    if name == "regulation.rule-adopted":
        rule: Any = getattr(event, "rule")  # noqa: B009  # of this type alone
        return replace(event, rule=replace(rule, uncertain_from=None, since=day))
    if name in LAST:
        return replace(event, **{LAST[name]: day - timedelta(days=1)})
    return replace(event, **{OWN[name]: day})


KINDS = [*OWN, *LAST, "regulation.rule-adopted"]
# Rules are learned with every event of theirs, and these are of no rule that there is.
PUT = [each for each in KINDS if not each.startswith("regulation.")]


def test_of_every_day_in_an_event_it_is_said_whether_it_takes_effect_then() -> None:
    with_days = {name for name, kind in CATALOGUE.items() if field_of(kind)}

    assert with_days == {*OWN, *LAST, *BY_ENTRY}
    assert {name for name, kind in CATALOGUE.items() if kind.EFFECTIVE} == {*OWN}


@pytest.fixture(scope="module")
def put(postgres_url: str, founded_template: str) -> Iterator[Ledger]:
    """A ledger that was told all kinds with a day of their own, on a later and an earlier one."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        for on in (ENTERED, DAY - timedelta(days=5)):
            events = tuple(dated(name, DAY) for name in PUT)
            opened.submit([Put(events=events)], OPERATOR, on=on).result()
        yield opened


@pytest.mark.parametrize("name", KINDS)
def test_it_is_wanted_from_the_day_on_which_it_takes_effect(name: str) -> None:
    entry = replace(recorded(CATALOGUE[name]), event=dated(name, DAY), on=ENTERED)
    days = (DAY - timedelta(days=1), DAY, ENTERED)

    assert [Filter(true_by=day).admits(entry) for day in days] == [False, True, True]


@pytest.mark.parametrize("name", PUT)
def test_it_is_seen_from_the_day_on_which_it_takes_effect(put: Ledger, name: str) -> None:
    def seen(day: date) -> int:
        return len(put.feed.page(Filter(types=(name,), true_by=day, after=start), 10))

    start = put.feed.head() - 2 * len(PUT)
    assert [seen(DAY - timedelta(days=1)), seen(DAY), seen(ENTERED)] == [0, 2, 2]


@pytest.mark.parametrize("name", sorted(BY_ENTRY))
def test_it_is_seen_from_the_day_of_its_entry_on(name: str) -> None:
    entry = recorded(CATALOGUE[name])

    assert entry.effective_on == entry.on


def test_an_event_that_leaves_its_day_out_takes_effect_with_its_entry() -> None:
    entry = recorded(CATALOGUE["regulation.rule-adopted"])
    rule: Any = getattr(entry.event, "rule")  # noqa: B009  # as above
    bound = replace(entry.event, rule=replace(rule, since=None, uncertain_from=None))

    assert replace(entry, event=bound).effective_on == entry.on


@pytest.mark.parametrize("latest_first", [False, True])
def test_a_page_is_full_although_what_lies_between_took_effect_later(
    put: Ledger, latest_first: bool
) -> None:
    wanted = Filter(true_by=DAY - timedelta(days=1))
    whole = [each.position for each in put.feed.entries(wanted)]
    every = list(put.feed.entries(Filter()))
    held: list[int] = []
    while True:
        bound = {"before": held[-1]} if latest_first and held else {}
        bound |= {"after": held[-1]} if held and not latest_first else {}
        asked = Filter(true_by=wanted.true_by, **bound)
        page = put.feed.page(asked, 7, latest_first=latest_first)
        held += [each.position for each in page]
        if len(page) < 7:
            break

    assert held == sorted(whole, reverse=latest_first)
    assert whole == [e.position for e in every if e.effective_on <= DAY - timedelta(days=1)]


def belated() -> list[Move]:
    """What happened earlier than it was told, and what was told before it holds."""
    early, ahead = date(2024, 5, 2), date(2024, 9, 1)
    credit = CreditId("credit:chen-school")
    told: list[tuple[date, Any]] = [
        (ENTERED, TransferTeacher(teacher=CHEN, school=OTHER_SCHOOL, since=DAY)),
        (ENTERED, AssignCategory(teacher=CHEN, category=Category.HOMEROOM_TEACHER, since=early)),
        (ENTERED, EndCategory(teacher=CHEN, category=Category.HOMEROOM_TEACHER, until=DAY)),
        (ENTERED, OpenCycle(teacher=CHEN, start=early, reason="调入")),
        (ENTERED, Put(events=(MonitoringBodyNamed(place=RUIAN, title="监控中心", since=ahead),))),
        (ENTERED, SetUpEducationOffice(place=RUIAN, provider=COUNTY_SCHOOL, since=early)),
        (
            ENTERED,
            RecordSchoolBased(
                credit=credit,
                teacher=CHEN,
                title="校本研修",
                hours=Decimal(6),
                credits=Decimal(6),
                completed=early,
            ),
        ),
        (ENTERED, RecogniseSchoolBased(credit=credit, teacher=CHEN, approved=True)),
    ]
    return [Move(day, command) for day, command in told]


@pytest.fixture(scope="module")
def town(postgres_url: str, founded_template: str) -> Iterator[Told]:
    """The story with what was told late, the views up with it, and its entries."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        answers = tell(opened, [*story(), *belated()])
        assert not [each for answer in answers[-8:] for each in answer.outcomes if each.refusals]
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        yield opened, Reader(opened.pool, opened.feed), list(opened.feed.entries(Filter()))


def day_of(entry: Entry, view: Projection[Any]) -> date:
    """The day of an entry by the tables above, whatever the event says of itself.

    What was missing is there once it is entered, whatever day it is about.
    """
    name = entry.event.NAME
    if name in view.later_types:
        return entry.on
    if name in LAST:
        return getattr(entry.event, LAST[name]) + timedelta(days=1)
    own: date | None = getattr(entry.event, OWN[name]) if name in OWN else None
    return own or entry.on


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_rows_at_any_position_and_day_are_those_of_a_ledger_cut_there(
    town: Told, view: Projection[Any]
) -> None:
    opened, _, entries = town
    own = [each for each in entries if each.event.NAME in view.types]
    days = {each.position: day_of(each, view) for each in own}
    for day in {*days.values(), DAY, ENTERED}:
        kept = [each for each in own if days[each.position] <= day]
        for position in {own[0].position - 1, *days, len(entries)}:
            states = cut(view, [each for each in kept if each.position <= position])
            page = Snapshot(opened.feed, position, day).page(view, Where(), first=1_000)
            assert dict(page.rows) == states, (position, day)
        for where in wanted(view, whole := cut(view, kept)):
            page = Snapshot(opened.feed, len(entries), day).page(view, where, first=1_000)
            assert dict(page.rows) == fitting(view, whole, where)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_as_of_now_and_of_a_day_after_all_days_equals_the_live_rows(
    town: Told, view: Projection[Any]
) -> None:
    opened, reader, entries = town
    last = max(each.effective_on for each in entries)
    for where in wanted(view, cut(view, entries)):
        live = reader.page(view, where, first=1_000).rows
        assert Snapshot(opened.feed, opened.feed.head()).page(view, where, first=1_000).rows == live
        assert (
            Snapshot(opened.feed, opened.feed.head(), last).page(view, where, first=1_000).rows
            == live
        )


def test_a_move_told_late_is_seen_from_the_day_since_when_it_holds(town: Told) -> None:
    opened, _, entries = town

    def school(day: date, known: int = len(entries)) -> str:
        return str(Snapshot(opened.feed, known, day).one(TEACHERS, str(CHEN)).school)

    told = next(e.position for e in entries if e.on == ENTERED)
    assert school(DAY) == school(DAY + timedelta(days=5)) == str(OTHER_SCHOOL)
    assert school(DAY - timedelta(days=1)) != str(OTHER_SCHOOL)
    assert school(DAY, known=told - 1) != str(OTHER_SCHOOL)
