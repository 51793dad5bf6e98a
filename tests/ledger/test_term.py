"""The term and its windows: every window at its first and last day and just past them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.command import Ask, OutsideScope
from ledger.finding import Outcome
from ledger.names import TermId
from ledger.register import AlreadyRegistered
from ledger.regulation import Rulebook
from ledger.segment import TooManySegments
from ledger.selection import SelectOffering
from ledger.term import (
    Calendar,
    OpenTerm,
    Phase,
    TermOpened,
    TermWithoutCalendar,
    Window,
    WindowClosed,
    WindowUnknown,
    in_window,
    judge_window,
    note_window,
    window,
)
from tests import cast
from tests.cast import H1_2024, H2_2019, H2_2020, HANGZHOU, PROVINCE, RUIAN
from tests.declaring import declaring
from tests.given import all_rules, asker_for, given

REGULAR, ORDER = Calendar.REGULAR, Calendar.ORDER
ONE_DAY = timedelta(days=1)

# Written down once more from the annexes, so that a slip in a TOML file is seen.
WINDOWS = [
    (H2_2019, REGULAR, "PROFILE_UPDATE", "2019-06-17", "2019-09-05", "RA19-10"),
    (H2_2019, REGULAR, "DECLARE", "2019-06-17", "2019-06-28", "RA19-11"),
    (H2_2019, REGULAR, "REVIEW", "2019-07-01", "2019-07-11", "RA19-12"),
    (H2_2019, REGULAR, "PUBLISH", "2019-07-12", "2019-07-12", "RA19-13"),
    (H2_2019, REGULAR, "BROWSE", "2019-07-15", "2019-08-25", "RA19-14"),
    (H2_2019, REGULAR, "SELECT_R1", "2019-08-26", "2019-09-05", "RA19-15"),
    (H2_2019, REGULAR, "SCHOOL_REVIEW_R1", "2019-09-01", "2019-09-09", "RA19-16"),
    (H2_2019, REGULAR, "EXPANSION_REQUEST", "2019-09-10", "2019-09-11", "RA19-17"),
    (H2_2019, REGULAR, "EXPANSION_DECISION", "2019-09-11", "2019-09-12", "RA19-18"),
    (H2_2019, REGULAR, "PROVIDER_REVIEW_R1", "2019-09-13", "2019-09-13", "RA19-19"),
    (H2_2019, REGULAR, "SELECT_R2", "2019-09-14", "2019-09-17", "RA19-20"),
    (H2_2019, REGULAR, "SCHOOL_REVIEW_R2", "2019-09-15", "2019-09-18", "RA19-21"),
    (H2_2019, REGULAR, "PROVIDER_REVIEW_R2", "2019-09-19", "2019-09-22", "RA19-22"),
    (H2_2019, REGULAR, "DELIVER", "2019-09-23", "2019-12-31", "RA19-23"),
    (H2_2020, REGULAR, "DECLARE", "2020-07-17", "2020-07-30", "ZJ20-16"),
    (H2_2020, REGULAR, "REVIEW", "2020-08-01", "2020-08-11", "ZJ20-17"),
    (H2_2020, REGULAR, "PUBLISH", "2020-08-12", "2020-08-12", "ZJ20-18"),
    (H2_2020, REGULAR, "SELECT_R1", "2020-08-26", "2020-09-05", "ZJ20-20"),
    (H2_2020, REGULAR, "SELECT_R2", "2020-09-13", "2020-09-17", "ZJ20-21"),
    (H2_2020, REGULAR, "DELIVER", "2020-09-21", "2020-12-31", "ZJ20-19"),
    (H1_2024, REGULAR, "PROFILE_UPDATE", None, "2024-03-18", "ZJ24-22"),
    (H1_2024, REGULAR, "DECLARE", "2024-03-07", "2024-03-11", "ZJ24-10"),
    (H1_2024, REGULAR, "REVIEW", "2024-03-12", "2024-03-17", "ZJ24-11"),
    (H1_2024, REGULAR, "PUBLISH", "2024-03-18", "2024-03-18", "ZJ24-12"),
    (H1_2024, REGULAR, "SELECT_R1", "2024-03-19", "2024-03-26", "ZJ24-13"),
    (H1_2024, REGULAR, "SCHOOL_REVIEW_R1", "2024-03-26", "2024-03-27", "ZJ24-14"),
    (H1_2024, REGULAR, "EXPANSION_REQUEST", "2024-03-28", "2024-03-28", "ZJ24-15"),
    (H1_2024, REGULAR, "EXPANSION_DECISION", "2024-03-29", "2024-03-29", "ZJ24-16"),
    (H1_2024, REGULAR, "PROVIDER_REVIEW_R1", "2024-03-30", "2024-03-30", "ZJ24-17"),
    (H1_2024, REGULAR, "SELECT_R2", "2024-03-31", "2024-04-01", "ZJ24-18"),
    (H1_2024, REGULAR, "SCHOOL_REVIEW_R2", "2024-04-01", "2024-04-02", "ZJ24-19"),
    (H1_2024, REGULAR, "PROVIDER_REVIEW_R2", "2024-04-03", "2024-04-03", "ZJ24-20"),
    (H1_2024, REGULAR, "DELIVER", "2024-04-07", "2024-08-31", "ZJ24-21"),
    (H1_2024, ORDER, "ORDER_SUBMIT", "2024-03-07", "2024-03-09", "ZJ24-30"),
    (H1_2024, ORDER, "ORDER_LIST_PUBLISH", "2024-03-10", "2024-03-10", "ZJ24-31"),
    (H1_2024, ORDER, "ORDER_RESPOND", "2024-03-11", "2024-03-14", "ZJ24-32"),
    (H1_2024, ORDER, "ORDER_AWARD", "2024-03-12", "2024-03-15", "ZJ24-33"),
    (H1_2024, ORDER, "ORDER_DECLARE", "2024-03-16", "2024-03-17", "ZJ24-34"),
    (H1_2024, ORDER, "ORDER_REVIEW", "2024-03-18", "2024-03-18", "ZJ24-35"),
    (H1_2024, ORDER, "ENROL", "2024-03-19", "2024-04-03", "ZJ24-36"),
    (H1_2024, ORDER, "DELIVER", "2024-04-07", "2024-08-31", "ZJ24-37"),
]
UNKNOWN = [
    "PROFILE_UPDATE",
    "SCHOOL_REVIEW_R1",
    "EXPANSION_REQUEST",
    "EXPANSION_DECISION",
    "PROVIDER_REVIEW_R1",
    "SCHOOL_REVIEW_R2",
    "PROVIDER_REVIEW_R2",
]
IDS = [f"{term.value}-{calendar.value}-{step}" for term, calendar, step, *_ in WINDOWS]


def asked(day, *, reported=False, place=RUIAN):
    command = OpenTerm(term=H1_2024, title="任意")
    source = "other-system/1" if reported else None
    command.ask = Ask(on=day, asker=asker_for(place), rules=all_rules(), source=source)
    return command


def judged(term, calendar, step, day, place=RUIAN):
    return judge_window(asked(day), Phase(step), place=place, term=term, calendar=calendar)


@pytest.mark.parametrize(("term", "calendar", "step", "first", "last", "rule"), WINDOWS, ids=IDS)
def test_a_window_includes_its_first_and_its_last_day_and_no_other(
    term, calendar, step, first, last, rule
):
    last_day = date.fromisoformat(last)
    inside, outside = [last_day], [last_day + ONE_DAY]
    if first is None:
        inside.append(date(2012, 1, 1))
    else:
        inside.append(date.fromisoformat(first))
        outside.append(date.fromisoformat(first) - ONE_DAY)

    for day in inside:
        assert judged(term, calendar, step, day) is None, day
    for day in outside:
        said, outcome = judged(term, calendar, step, day)
        assert (WindowClosed, Outcome.VIOLATION) == (type(said), outcome), day
        assert rule == said.rule.id


@pytest.mark.parametrize(("term", "calendar", "step", "first", "last", "rule"), WINDOWS, ids=IDS)
def test_a_gate_refuses_what_is_asked_and_notes_what_is_reported_after_the_last_day(
    term, calendar, step, first, last, rule
):
    late = date.fromisoformat(last) + ONE_DAY
    where = {"place": RUIAN, "term": term, "calendar": calendar}

    refusing = asked(late)
    assert list(in_window(refusing, Phase(step), RUIAN, **where)) == []
    assert [rule] == [each.rule.id for each in refusing._refusals]

    noting = asked(late, reported=True)
    [finding] = in_window(noting, Phase(step), RUIAN, **where)
    assert (rule, Outcome.VIOLATION, "WINDOW_CLOSED") == (
        finding.rule,
        finding.outcome,
        finding.code,
    )
    assert noting._refusals == []

    [finding] = note_window(asked(late), Phase(step), RUIAN, **where)
    assert (rule, Outcome.VIOLATION) == (finding.rule, finding.outcome)


def test_every_window_of_the_documents_stands_in_the_table():
    of_the_documents = {rule.id for rule in all_rules().rules.values() if rule.kind == "window"}

    assert {rule for *_, rule in WINDOWS} | {"ZJ20-24"} == of_the_documents


@pytest.mark.parametrize("step", UNKNOWN)
@pytest.mark.parametrize("reported", [False, True])
def test_a_window_in_the_missing_annex_of_2020_is_unknown_and_refuses_nothing(step, reported):
    command = asked(date(2020, 9, 8), reported=reported)

    [finding] = in_window(command, Phase(step), RUIAN, place=RUIAN, term=H2_2020)
    assert (
        finding.rule,
        finding.outcome,
        finding.code,
    ) == ("ZJ20-24", Outcome.INDETERMINATE, "WINDOW_UNKNOWN")
    assert command._refusals == []


def test_where_no_document_speaks_of_a_step_it_is_unknown_too():
    said, outcome = judged(H2_2019, REGULAR, "SELECT_R1", date(2019, 8, 1), place=HANGZHOU)

    assert (WindowUnknown, Outcome.INDETERMINATE) == (type(said), outcome)
    assert said.rule is None


def test_the_calendar_of_a_county_does_not_bind_its_neighbours():
    assert window(all_rules(), RUIAN, H2_2019, Phase.SELECT_R1, REGULAR, cast.DAY).id == "RA19-15"
    assert window(all_rules(), PROVINCE, H2_2019, Phase.SELECT_R1, REGULAR, cast.DAY) is None


def test_the_calendar_of_the_province_binds_every_place():
    for place in (PROVINCE, HANGZHOU, RUIAN):
        found = window(all_rules(), place, H1_2024, Phase.SELECT_R1, REGULAR, cast.DAY)
        assert found.id == "ZJ24-13"


def test_order_and_regular_projects_run_on_separate_calendars():
    assert window(all_rules(), RUIAN, H1_2024, Phase.DECLARE, ORDER, cast.DAY) is None
    assert window(all_rules(), RUIAN, H1_2024, Phase.ORDER_DECLARE, REGULAR, cast.DAY) is None


def test_a_window_spells_its_span():
    day = date(2024, 3, 18)
    assert Window(first=day, last=day).span == "2024-03-18"
    assert Window(last=day).span == "..2024-03-18"
    assert Window(first=day).span == "2024-03-18.."


def test_the_province_opens_a_term():
    given().when(OpenTerm(term=H1_2024, title="2024H1 培训"), on=date(2024, 3, 6)).then(
        TermOpened(term=H1_2024, title="2024H1 培训")
    )


def test_a_term_is_opened_once():
    given(cast.term()).when(OpenTerm(term=H1_2024, title="x"), on=date(2024, 3, 6)).refused(
        AlreadyRegistered, field="term"
    )


@pytest.mark.parametrize(
    "half", ["2012H1", "2012H2", "2015H1", "2019H1", "2021H1", "2023H2", "2024H2", "2026H2"]
)
def test_a_term_of_which_no_document_states_a_window_is_opened(half):
    opened = TermId(f"term:{half}")
    given().when(OpenTerm(term=opened, title="培训"), on=date(2026, 7, 1)).then(
        TermOpened(term=opened, title="培训")
    )


@pytest.mark.parametrize(
    ("half", "day", "accepted"),
    [
        pytest.param("2011H2", date(2026, 7, 1), False, id="before-all-documents"),
        pytest.param("2031H1", date(2026, 7, 1), False, id="far-ahead"),
        pytest.param("2031H1", date(2029, 12, 30), False, id="a-day-too-early"),
        pytest.param("2031H1", date(2029, 12, 31), True, id="a-year-ahead"),
        pytest.param("spring", date(2026, 7, 1), False, id="no-half-year"),
        pytest.param("0000H1", date(2026, 7, 1), False, id="no-year"),
    ],
)
def test_a_term_out_of_reach_of_the_documents_is_not_opened(half, day, accepted):
    command = OpenTerm(term=TermId(f"term:{half}"), title="x")
    if accepted:
        given().when(command, on=day).accepted()
        return
    for reported in (False, True):
        given().when(command, on=day, reported=reported).refused(TermWithoutCalendar, field="term")


def test_nothing_is_opened_where_no_document_is_adopted():
    given(rules=Rulebook()).when(OpenTerm(term=H1_2024, title="x"), on=cast.DAY).refused(
        TermWithoutCalendar, field="term"
    )


@pytest.mark.parametrize("reported", [False, True])
def test_in_a_term_without_a_calendar_a_step_is_recorded_and_its_window_is_unknown(reported):
    spring = TermId("term:2015H1")
    past = given(cast.registered(), cast.opened(term=spring))
    answer = past.when(
        SelectOffering(teacher=cast.LIN, offering=cast.OFFERING),
        on=date(2015, 4, 1),
        reported=reported,
    )

    answer.found(None, Outcome.INDETERMINATE, WindowUnknown)
    assert [each.round for each in answer.facts] == [1]


@pytest.mark.parametrize(
    ("half", "segments", "accepted"),
    [
        ("2015H1", 2, True),
        ("2015H1", 3, False),
        ("2023H2", 2, True),
        ("2023H2", 3, False),
        ("2024H2", 3, True),
    ],
)
def test_c_04_the_term_of_a_declaration_tells_how_many_segments_there_may_be(
    half, segments, accepted
):
    autumn = TermId(f"term:{half}")
    answer = declaring(
        cast.plan(90, assessment=True, segments=segments), term=autumn, day=date(2026, 7, 1)
    )
    if accepted:
        assert {each.code for each in answer.findings} == {"WINDOW_UNKNOWN"}
    else:
        answer.refused(TooManySegments, "ZJ14-29", field="segments")


def test_a_county_does_not_open_a_term():
    given().when(
        OpenTerm(term=H1_2024, title="x"), on=date(2024, 3, 6), by=asker_for(RUIAN)
    ).refused(OutsideScope)
