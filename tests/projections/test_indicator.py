"""Indicators: their parts add up, every teacher counts once, and the past stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.change import ChangeDecided
from ledger.enrollment import Match
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.names import CreditId, Name, OfferingId, ProjectId, SchoolId, TeacherId
from ledger.register import JurisdictionRegistered
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.teacher import TeacherTransferred
from projections import gathering, indicator_part
from projections.catalogue import VIEWS
from projections.fold import Fold
from projections.indicator import Indicator, indicators, ratio_of, rounded
from projections.indicator_part import IndicatorPart, ordered, parts
from projections.measure import IndicatorCode, Period, Question
from projections.obligation import Year
from projections.projection import Projection
from projections.reader import Reader, Where
from projections.runner import Runner
from projections.snapshot import Snapshot, _fits
from projections.subject import subject_of
from projections.verdict import Rules
from tests import cast
from tests.cast import (
    CHEN,
    COUNTY_SCHOOL,
    HANGZHOU,
    LIN,
    OFFERING,
    OTHER_SCHOOL,
    PROVINCE,
    RUIAN,
    SCHOOL,
    WENZHOU,
    WENZHOU_SCHOOL,
    ZHOU,
)
from tests.given import all_rules, entries
from tests.projections.test_obligation import inspected, published, trained
from tests.town import KEY, Hand, database, story, tell

TODAY = date(2025, 3, 1)
DAY = date(2024, 5, 6)
SUBJECTS: tuple[Name, ...] = (RUIAN, WENZHOU, PROVINCE, SCHOOL, COUNTY_SCHOOL)
PERIODS = (Period(Year(2024, TODAY)), Period(Year(2024, TODAY), "H1"))


class Cut:
    """The rows of a ledger that holds these entries and no others."""

    def __init__(self, held: list[Entry]) -> None:
        self.held = held
        self._states: dict[str, dict[str, Any]] = {}

    def states(self, view: Projection[Any]) -> dict[str, Any]:
        if view.name not in self._states:
            fold = Fold(view)
            for entry in self.held:
                if entry.event.NAME in view.types:
                    fold.learn(entry)
            self._states[view.name] = fold.states
        return self._states[view.name]

    def many(self, view: Projection[Any], keys: Iterable[str]) -> dict[str, Any]:
        states = self.states(view)
        return {key: states[key] for key in keys if key in states}

    def one(self, view: Projection[Any], key: str) -> Any:
        return self.states(view).get(key)

    @contextmanager
    def stream(
        self, view: Projection[Any], where: Where
    ) -> Iterator[tuple[int, Iterator[tuple[str, Any]]]]:
        rows = sorted(self.states(view).items())
        yield len(self.held), iter([row for row in rows if _fits(view, *row, where)])

    def entries(self, wanted: Filter, *, of_any_day: bool = False) -> Iterator[Entry]:
        return (each for each in self.held if wanted.admits(each))


Told = list[tuple[Indicator, list[IndicatorPart]]]


def told(rows: Any, rules: Rulebook, name: Name, period: Period = PERIODS[0]) -> Told:
    """The indicators of a subject, each with all its parts."""
    subject = subject_of(rows, name)
    found = indicators(Question(rows, rules, subject, period), 0)
    return [(each, parts(each, ordered(each))) for each in found]


def plain(found: Told) -> list[Any]:
    """What is told, without what it was made from."""
    skip = ("measure", "asked", "results")
    return [
        ({n: getattr(each, n) for n in each.__struct_fields__ if n not in skip}, held)
        for each, held in found
    ]


def adds_up(found: Told) -> None:
    """Whether every whole is the sum of its parts."""
    for each, held in found:
        assert sum((part.numerator for part in held), Decimal(0)) == each.numerator, each.code
        assert sum(part.denominator for part in held) == each.denominator, each.code
        assert sum(part.unsaid for part in held) == each.unsaid
        assert len({part.key for part in held}) == len(held)


@pytest.fixture(scope="module")
def town(postgres_url: str, founded_template: str) -> Iterator[tuple[Ledger, Reader, list[Entry]]]:
    """The story told, the views up with it, and its entries."""
    with database(postgres_url, founded_template) as url, Ledger(url, KEY, Hand()) as opened:
        tell(opened, story())
        Runner(opened.pool, opened.feed, VIEWS).catch_up()
        reader = Reader(opened.pool, opened.feed)
        yield opened, reader, list(opened.feed.entries(Filter()))


Town = tuple[Ledger, Reader, list[Entry]]


@pytest.mark.parametrize("name", SUBJECTS, ids=str)
def test_as_of_now_equals_live(town: Town, name: Name) -> None:
    opened, reader, held = town
    rules = Rules(reader).now()
    for period in PERIODS:
        live = told(reader, rules, name, period)
        now = told(Snapshot(opened.feed, len(held)), rules, name, period)
        assert plain(live) == plain(now)
        adds_up(live)


@pytest.mark.parametrize("name", SUBJECTS, ids=str)
def test_it_is_the_same_however_many_schools_are_read_at_once(
    town: Town, name: Name, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, reader, _ = town
    rules = Rules(reader).now()
    sources = [reader, cut(*STAFF, cast.registered(ZHOU, school=WENZHOU_SCHOOL, place=WENZHOU))]
    for rows, period in product(sources, PERIODS):
        found = []
        for size in (1, 2, 1_000):
            monkeypatch.setattr(gathering, "SCHOOLS_AT_ONCE", size)
            found.append(plain(told(rows, rules, name, period)))
        with monkeypatch.context() as patched:
            patched.setattr(gathering.Gathering, "_summed", lambda self, shares: shares)
            found.append(plain(told(rows, rules, name, period)))
        assert all(each == found[0] for each in found)


def test_a_part_of_many_schools_shows_the_first_entries_and_says_that_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (gathering, indicator_part):
        monkeypatch.setattr(module, "ENTRIES_SHOWN_MAX", 2)
    monkeypatch.setattr(gathering, "SCHOOLS_AT_ONCE", 1)
    rows = cut(*STAFF, *(earned(5, LIN, f"c{number}") for number in range(4)))
    _, held = by_code(told(rows, rulebook(), WENZHOU))["AVERAGE_CREDITS"]

    [of_place] = [each for key, each in held.items() if key == RUIAN]
    assert (len(of_place.positions), of_place.more) == (2, True)
    assert of_place.positions == tuple(sorted(of_place.positions))


def test_as_of_every_position_of_the_story_equals_a_ledger_that_ends_there(town: Town) -> None:
    opened, reader, held = town
    rules = Rules(reader)
    first = next(each.position for each in held if str(COUNTY_SCHOOL) in each.tags)
    for position in range(first, len(held) + 1):
        book = rules.at(position)
        # Each position once, and over the story each subject at every fifth.
        name = SUBJECTS[position % len(SUBJECTS)]
        period = PERIODS[position // len(SUBJECTS) % len(PERIODS)]
        then = told(Snapshot(opened.feed, position), book, name, period)
        assert plain(then) == plain(told(Cut(held[:position]), book, name, period))
        adds_up(then)


def test_a_day_leaves_out_what_became_true_later(town: Town) -> None:
    opened, reader, held = town
    rules = Rules(reader).now()
    for day in sorted({each.effective_on for each in held})[-6:]:
        true = [
            each
            for each in held
            if each.effective_on <= day or isinstance(each.event, JurisdictionRegistered)
        ]
        period = Period(Year(2024, day))
        then = told(Snapshot(opened.feed, len(held), day), rules, RUIAN, period)
        assert plain(then) == plain(told(Cut(true), rules, RUIAN, period))


@cache
def rulebook() -> Rulebook:
    """All rules."""
    return all_rules()


def cut(*events: Event) -> Cut:
    """A ledger of four places and three schools that holds the events."""
    places = [cast.jurisdiction(each) for each in (PROVINCE, WENZHOU, HANGZHOU, RUIAN)]
    schools = [
        cast.school(SCHOOL, RUIAN),
        cast.school(OTHER_SCHOOL, RUIAN),
        cast.school(WENZHOU_SCHOOL, WENZHOU),
        cast.accredited(COUNTY_SCHOOL, place=RUIAN),
    ]
    return Cut(entries([*places, *schools, *events], DAY))


def by_code(found: Told) -> dict[str, tuple[Indicator, dict[str, IndicatorPart]]]:
    """The indicators with their parts by key."""
    return {e.code.value: (e, {part.key: part for part in held}) for e, held in found}


def moved(teacher: TeacherId, since: date) -> TeacherTransferred:
    """A teacher goes from one school of the county to the other."""
    return TeacherTransferred(
        teacher=teacher, school_left=SCHOOL, school=OTHER_SCHOOL, place=RUIAN, since=since
    )


def earned(credits: int, teacher: TeacherId, name: str, **more: Any) -> Event:
    """A training of 2024 was credited."""
    completed = more.pop("completed", date(2024, 4, 1))
    credit = CreditId(f"credit:{name}")
    return cast.awarded(credits, credit=credit, teacher=teacher, completed=completed, **more)


STAFF = [cast.registered(LIN), cast.registered(CHEN)]


def test_72_credits_on_average_is_judged_for_the_school_and_told_for_the_county() -> None:
    rows = cut(*STAFF, earned(90, LIN, "a"), earned(54, CHEN, "b"))
    school, teachers = by_code(told(rows, rulebook(), SCHOOL))["AVERAGE_CREDITS"]
    county, schools = by_code(told(rows, rulebook(), RUIAN))["AVERAGE_CREDITS"]

    assert (school.value, school.needed, school.result) == ("72", "72", Result.MET)
    assert (school.rule, school.decimal) == ("RA19-02", Decimal("72.0000"))
    assert {key: str(part.numerator) for key, part in teachers.items()} == {LIN: "90", CHEN: "54"}
    assert teachers[LIN].positions == (len(rows.held) - 1,)
    assert (county.value, county.rule, county.result) == ("72", "RA19-02", None)
    assert {key: part.result for key, part in schools.items()} == {SCHOOL: Result.MET}
    assert "1 个达到" in county.zh


def test_just_below_72_is_not_met() -> None:
    rows = cut(*STAFF, earned(90, LIN, "a"), earned(53, CHEN, "b"))
    found, _ = by_code(told(rows, rulebook(), SCHOOL))["AVERAGE_CREDITS"]

    assert (found.value, found.decimal, found.result) == (
        "143/2",
        Decimal("71.5000"),
        Result.NOT_MET,
    )


def test_a_half_year_has_its_own_credits_and_no_result() -> None:
    later = earned(50, LIN, "b", completed=date(2024, 7, 1))
    rows = cut(*STAFF, earned(90, LIN, "a", completed=date(2024, 6, 30)), later)
    halves = [
        by_code(told(rows, rulebook(), SCHOOL, Period(Year(2024, TODAY), half)))["AVERAGE_CREDITS"]
        for half in ("H1", "H2")
    ]

    assert [str(each.numerator) for each, _ in halves] == ["90", "50"]
    assert [each.result for each, _ in halves] == [None, None]


def test_a_teacher_who_moves_within_the_year_counts_once_at_the_school_of_its_end() -> None:
    rows = cut(*STAFF, earned(90, LIN, "a"), moved(LIN, date(2024, 9, 1)))
    found, schools = by_code(told(rows, rulebook(), RUIAN))["AVERAGE_CREDITS"]

    assert (found.numerator, found.denominator) == (90, 2)
    assert {key: (part.numerator, part.denominator) for key, part in schools.items()} == {
        SCHOOL: (0, 1),
        OTHER_SCHOOL: (90, 1),
    }


def test_the_21_percent_are_judged_by_the_mean_and_add_up_by_the_year() -> None:
    long = earned(90, LIN, "a")
    kept = {each: getattr(long, each) for each in long.__struct_fields__}
    rows = cut(*STAFF, type(long)(**kept | {"restricted_elective": True}))
    school, _ = by_code(told(rows, rulebook(), SCHOOL))["COMPLETED_SHARE"]
    county, _ = by_code(told(rows, rulebook(), RUIAN))["COMPLETED_SHARE"]

    assert (school.value, school.judged, school.needed) == ("1/2", "1/2", "21/100")
    assert (school.result, school.rule, county.value) == (Result.MET, "RA19-04", "1/2")


def test_the_match_rate_counts_choices_and_says_of_how_many_nobody_can_tell() -> None:
    def choice(teacher: TeacherId, match: Match | None) -> list[Event]:
        chosen = cast.selected(teacher)
        kept = {each: getattr(chosen, each) for each in chosen.__struct_fields__}
        return [type(chosen)(**kept | {"match": match}), cast.passed(teacher)]

    both = Match(tier=True, category=True)
    rows = cut(*STAFF, cast.opened(cast.plan(90)), *choice(LIN, both), *choice(CHEN, None))
    found, teachers = by_code(told(rows, rulebook(), SCHOOL, PERIODS[1]))["MATCH_SHARE"]

    assert (found.value, found.unsaid, found.needed) == ("1/2", 1, "3/4")
    assert (found.rule, found.result) == ("RA19-05", Result.INDETERMINATE)
    assert len(teachers[LIN].positions) == 2
    county, _ = by_code(told(rows, rulebook(), RUIAN, PERIODS[1]))["MATCH_SHARE"]
    assert "另有 1 无法判断" in county.zh


def test_a_fifth_of_projects_is_judged_for_the_county_and_opens_to_the_inspections() -> None:
    projects = [published(each) for each in range(1, 4)]
    check = inspected(project=ProjectId("project:p1"))
    rows = cut(*projects, trained(1), trained(2), check)
    county, own = by_code(told(rows, rulebook(), RUIAN))["INSPECTION_SHARE"]
    city, counties = by_code(told(rows, rulebook(), WENZHOU))["INSPECTION_SHARE"]

    assert (county.value, county.needed, county.result) == ("1/5", "1/5", Result.MET)
    assert {key: (int(e.numerator), e.denominator) for key, e in own.items()} == {
        RUIAN: (1, 3),
        SCHOOL: (0, 2),
    }
    assert len(rows.held) in own[RUIAN].positions
    assert (city.result, counties[RUIAN].result) == (None, Result.MET)


def test_reviews_are_overdue_only_after_the_last_day_of_their_window() -> None:
    rows = cut(*STAFF, cast.term(), cast.opened(), cast.selected(LIN))
    days = {
        day: by_code(told(rows, rulebook(), SCHOOL, Period(Year(2024, day))))["OVERDUE_REVIEWS"]
        for day in (date(2024, 3, 26), date(2024, 3, 27), date(2024, 3, 28), date(2024, 4, 5))
    }
    late = [int(found.numerator) for found, _ in days.values()]

    assert late == sorted(late) and (late[0], late[-1]) == (0, 1)
    found, teachers = days[date(2024, 4, 5)]
    assert (found.value, found.result) == ("1", None)
    assert found.rule is not None and found.rule.startswith("ZJ24-")
    assert teachers[LIN].positions


def test_a_class_without_a_timetable_is_late_once_its_notice_has_passed() -> None:
    rows = cut(*STAFF, cast.opened(opens=date(2024, 6, 20)))
    found = {
        day: by_code(told(rows, rulebook(), COUNTY_SCHOOL, Period(Year(2024, day))))
        for day in (date(2024, 6, 15), date(2024, 6, 16))
    }
    before, after = (each["LATE_TIMETABLES"][0] for each in found.values())

    assert (before.denominator, after.denominator, after.numerator) == (0, 1, 1)
    assert (after.rule, after.result) == ("ZJ24-63", None)


def test_changes_that_were_refused_do_not_count() -> None:
    asked = [cast.opened(), cast.requested()]
    refused: ChangeDecided = cast.decided(approved=False)
    counts = [
        by_code(told(cut(*events), rulebook(), COUNTY_SCHOOL))["PLAN_CHANGES"][0].numerator
        for events in (asked, [*asked, refused])
    ]

    assert counts == [1, 0]


def test_completion_is_of_those_settled_and_of_those_admitted() -> None:
    admitted = [event for each in (LIN, CHEN, ZHOU) for event in cast.enrolled(each)]
    rows = cut(*STAFF, cast.opened(), *admitted, cast.completed())
    found = by_code(told(rows, rulebook(), COUNTY_SCHOOL))

    assert found["COMPLETION_SHARE"][0].value == "1"
    settled, classes = found["SETTLED_SHARE"]
    assert (settled.value, settled.decimal) == ("1/3", Decimal("0.3333"))
    assert set(classes) == {str(OFFERING)}


def test_the_worst_come_first_where_that_is_asked_for() -> None:
    rows = cut(*STAFF, cast.registered(ZHOU), earned(90, LIN, "a"), earned(5, ZHOU, "b"))
    [found] = [
        e for e, _ in told(rows, rulebook(), SCHOOL) if e.code is IndicatorCode.AVERAGE_CREDITS
    ]

    assert [key for key, _ in ordered(found, worst_first=True)] == [CHEN, ZHOU, LIN]


def test_too_many_teachers_are_refused() -> None:
    rows = cut(*STAFF)
    asked = Question(rows, rulebook(), subject_of(rows, RUIAN), PERIODS[0], most=1)
    with pytest.raises(Fault) as refused:
        indicators(asked, 0)

    assert refused.value.code == "TOO_WIDE"


@pytest.mark.parametrize(
    ("name", "code"),
    [(LIN, "BAD_SUBJECT"), (SchoolId("school:none"), "UNKNOWN_SCHOOL")],
)
def test_what_is_not_known_has_no_indicators(name: Name, code: str) -> None:
    with pytest.raises(Fault) as refused:
        subject_of(cut(), name)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("ratio", "text"),
    [("1/3", "0.3333"), ("2/3", "0.6667"), ("1/20000", "0.0001"), ("1/20001", "0.0000")],
)
def test_a_ratio_is_rounded_once_and_half_upwards(ratio: str, text: str) -> None:
    assert str(rounded(Fraction(ratio))) == text
    assert ratio_of(Decimal(1), 0) is None


PEOPLE = [TeacherId(f"teacher:t{number}") for number in range(5)]
HOMES = ((SCHOOL, RUIAN), (OTHER_SCHOOL, RUIAN), (WENZHOU_SCHOOL, WENZHOU))


@st.composite
def towns(draw: st.DrawFn) -> list[Event]:
    """Teachers at three schools of two places, who move, earn, choose and complete.

    A move may be told after a later one.
    """
    events: list[Event] = [cast.opened(cast.plan(90))]
    second = OfferingId("offering:second")
    events.append(cast.opened(offering=second, place=WENZHOU))
    for number, teacher in enumerate(PEOPLE):
        school, at = draw(st.sampled_from(HOMES))
        events.append(cast.registered(teacher, school=school, place=at))
        moves = draw(st.permutations(range(draw(st.integers(0, 2)))))
        stays = [(date.min, school, at)]
        for turn in moves:
            since = date(2024, 1 + 5 * turn + draw(st.integers(0, 4)), 1)
            left = max(each for each in stays if each[0] <= since)[1]
            went, to = draw(st.sampled_from([each for each in HOMES if each[0] != left]))
            events.append(
                TeacherTransferred(
                    teacher=teacher, school_left=left, school=went, place=to, since=since
                )
            )
            stays.append((since, went, to))
            _, school, at = max(stays)
        for count in range(draw(st.integers(0, 3))):
            events.append(
                earned(
                    draw(st.sampled_from([5, 24, 90])),
                    teacher,
                    f"c{number}-{count}",
                    completed=date(draw(st.integers(2023, 2024)), draw(st.integers(1, 12)), 1),
                    school=school,
                    place=at,
                )
            )
        if draw(st.booleans()):
            chosen = cast.selected(teacher, school=school, place=at)
            events += [chosen, cast.passed(teacher, school=school)]
            if draw(st.booleans()):
                events.append(cast.confirmed(teacher, school=school))
    return events


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(towns())
def test_parts_add_up_at_every_level_and_nobody_counts_twice(events: list[Event]) -> None:
    rows = cut(*events)
    for period in PERIODS:
        levels = {name: by_code(told(rows, rulebook(), name, period)) for name in SUBJECTS}
        for name in SUBJECTS:
            adds_up(told(rows, rulebook(), name, period))
        for code, (whole, cities) in levels[PROVINCE].items():
            below = levels[WENZHOU].get(code)
            assert below is None or not cities or cities[WENZHOU].numerator == below[0].numerator
            assert whole.denominator >= (below[0].denominator if below else 0)
            county = levels[RUIAN].get(code)
            if county is not None and below is not None and county[0].denominator:
                assert below[1][RUIAN].denominator == county[0].denominator
        average = levels[PROVINCE]["AVERAGE_CREDITS"][0]
        assert average.denominator == len(PEOPLE)
