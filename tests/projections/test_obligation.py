"""Yearbooks as pure folds, and what the rules ask of a place and a school from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import structs

from ledger.duty import Addressee, CalendarMadeKnown, MonitoringBodyNamed
from ledger.enrollment import Match
from ledger.event import Entry, Event
from ledger.funding import FundsPublished, LocalFundsStated
from ledger.names import CreditId, DocumentId, JurisdictionId, OrderId, ProjectId, SchoolId, StaffId
from ledger.observation import LessonObserved, ObserverRole, ObserversNamed
from ledger.oversight import Body, CheckKind, ProjectInspected
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.rule import RuleAmended
from ledger.school_based import SchoolBasedRecorded
from ledger.school_plan import SchoolPlanAdopted
from ledger.teacher import TeacherTransferred
from projections.credit import Records
from projections.duty import Yearbook, Yearbooks
from projections.enrollment import Enrollments
from projections.obligation import Year, of_place
from projections.offering import Offerings
from projections.school_year import Chosen, of_school
from tests import cast
from tests.cast import CHEN, LIN, OFFERING, OTHER_SCHOOL, PROJECT, RUIAN, SCHOOL, WENZHOU
from tests.given import adoption, all_rules, entries

DAY = date(2024, 5, 6)
OVER = Year(2024, date(2025, 1, 1))
RUNNING = Year(2024, date(2024, 12, 31))
BOOKS = Yearbooks()


def books(*events: Event, day: date = DAY) -> dict[str, Yearbook]:
    """All yearbooks that the events touch."""
    history: list[Entry] = entries(events, day)
    keys = {key for each in history if each.event.NAME in BOOKS.types for key in BOOKS.keys(each)}
    for key in keys:
        assert all(
            set(BOOKS.tags(key)) <= set(each.tags)
            for each in history
            if each.event.NAME in BOOKS.types and key in BOOKS.keys(each)
        )
    return {key: BOOKS.decode(BOOKS.encode(BOOKS.fold(key, history))) for key in keys}


def place(*events: Event, year: Year = OVER, of: JurisdictionId = RUIAN) -> dict[str, Any]:
    """How a place stands, by the code of the requirement."""
    found = books(*events)
    schools = [each for each in found.values() if each.school and each.year == year.number]
    terms = [cast.H1_2024] if year.number == 2024 else []
    told = of_place(all_rules(), of, year, found, schools, terms, (RUIAN,))
    return {each.code: each for each in told}


def trained(number: int, school: Any = SCHOOL, completed: date = DAY) -> SchoolBasedRecorded:
    """One teacher's share in a school-based training of that number."""
    return SchoolBasedRecorded(
        credit=CreditId(f"credit:{school.value}-{number}"),
        teacher=LIN,
        school=school,
        place=RUIAN,
        title=f"校本研修{number}",
        hours=Decimal(8),
        credits=Decimal(8),
        completed=completed,
    )


def inspected(by: JurisdictionId = RUIAN, day: date = DAY, **values: Any) -> ProjectInspected:
    """A project was looked into."""
    told = {"project": PROJECT, "title": "x", "account": "x"} | values
    return ProjectInspected(
        place=by, owner=RUIAN, body=Body.BUREAU, kind=CheckKind.SPOT_CHECK, day=day, **told
    )


def published(number: int) -> Event:
    """A project of that number was published."""
    return cast.published(ProjectId(f"project:p{number}"))


def test_a_fifth_of_projects_and_school_based_trainings_together() -> None:
    projects = [*(published(each) for each in range(1, 4)), trained(1), trained(2)]
    found = place(*projects, inspected())["INSPECTION_SHARE"]

    assert (found.result, found.had, found.needed) == (Result.MET, "1", "1/5 × 5")
    assert len(found.events) == 1
    assert place(*projects)["INSPECTION_SHARE"].result is Result.NOT_MET
    assert place(*projects, trained(3), inspected())["INSPECTION_SHARE"].result is Result.NOT_MET


def test_a_school_based_training_is_one_whoever_took_part_and_can_be_inspected() -> None:
    told = [trained(1), trained(1), trained(1, OTHER_SCHOOL), trained(2)]
    check = inspected(project=None, school=SCHOOL, title="校本研修1")
    found = place(*told, check)["INSPECTION_SHARE"]

    assert (found.needed, found.had) == ("1/5 × 3", "1")


def test_a_project_counts_once_in_its_year_and_only_by_its_own_authority() -> None:
    twice = place(published(1), published(2), inspected(), inspected())["INSPECTION_SHARE"]
    city = place(published(1), inspected(by=WENZHOU))["INSPECTION_SHARE"]
    other_year = place(published(1), inspected(day=date(2023, 12, 31)))["INSPECTION_SHARE"]

    assert (twice.had, city.had, other_year.had) == ("1", "0", "0")


def test_lessons_are_counted_by_observer_and_random_ones_only() -> None:
    def lesson(random: bool = True) -> LessonObserved:
        return LessonObserved(
            place=RUIAN,
            observer=StaffId("staff:a"),
            role=ObserverRole.MANAGER,
            offering=OFFERING,
            provider=cast.COUNTY_SCHOOL,
            day=DAY,
            random=random,
        )

    named = ObserversNamed(
        place=RUIAN, year=2024, role=ObserverRole.MANAGER, observers=(StaffId("staff:b"),)
    )
    found = books(*[lesson()] * 4, lesson(random=False), named)[f"{RUIAN}/2024"]

    assert found.heard(ObserverRole.MANAGER) == {"staff:a": 4, "staff:b": 0}
    assert found.heard(ObserverRole.DEPUTY_DIRECTOR) == {}


def test_later_funds_replace_earlier_ones() -> None:
    def funds(amount: int) -> LocalFundsStated:
        return LocalFundsStated(
            place=RUIAN,
            year=2024,
            payroll=Decimal(100),
            fund=Decimal(amount),
            to_schools=Decimal(amount),
        )

    assert place(funds(2), funds(3))["TRAINING_FUND"].result is Result.MET
    assert place(funds(3), funds(2))["TRAINING_FUND"].result is Result.NOT_MET
    assert place()["TRAINING_FUND"].result is Result.INDETERMINATE


def test_what_stands_counts_from_its_day_on_and_funds_in_their_year() -> None:
    named = MonitoringBodyNamed(place=RUIAN, title="x", since=date(2023, 3, 1))
    laid_open = FundsPublished(place=RUIAN, day=DAY, where="网站")

    assert place(named)["MONITORING_BODY"].result is Result.COMPLIANT
    before = Year(2022, date(2025, 1, 1))
    assert place(named, year=before)["MONITORING_BODY"].result is Result.VIOLATION
    assert place(laid_open)["FUNDS_PUBLISHED"].result is Result.COMPLIANT
    assert place(laid_open, year=before)["FUNDS_PUBLISHED"].result is Result.VIOLATION
    assert place(year=RUNNING)["FUNDS_PUBLISHED"].result is Result.NOT_ASSESSED


def test_what_may_still_turn_in_a_running_year_is_not_assessed_before_its_end() -> None:
    running, over = place(published(1), year=RUNNING), place(published(1))
    turning = ("INSPECTION_SHARE", "LESSONS_DEPUTY_DIRECTOR", "TRAINING_FUND")

    assert {running[each].result for each in turning} == {Result.NOT_ASSESSED}
    assert not {over[each].result for each in turning} & {Result.NOT_ASSESSED}
    for each in (*turning, "FUNDS_PUBLISHED", "MONITORING_BODY"):
        assert "2024-12-31" in running[each].zh and "2024-12-31" in running[each].en


def test_orders_and_notices_are_of_their_term() -> None:
    orders = [cast.ordered(OrderId(f"order:{each}")) for each in range(3)]
    told = [CalendarMadeKnown(place=RUIAN, term=cast.H1_2024, told=(each,)) for each in Addressee]
    found = place(*orders, *told)

    assert found["ORDER_MINIMUM"].result is Result.COMPLIANT
    assert found["CALENDAR_NOTICE"].result is Result.COMPLIANT
    assert place(*orders[:2])["ORDER_MINIMUM"].result is Result.DEVIATION
    assert place()["ORDER_MINIMUM"].result is Result.DEVIATION
    assert "ORDER_MINIMUM" not in place(*orders, year=Year(2023, date(2025, 1, 1)))


def school(*events: Event, year: Year = OVER, rules: Rulebook | None = None) -> dict[str, Any]:
    """How a school stands, by the code of the requirement."""
    found = books(*events)
    history = entries(events, DAY)
    records = {str(each): Records().fold(str(each), history) for each in (LIN, CHEN)}
    pairs = {key for each in history for key in _pairs(each)}
    chosen = [
        Chosen(Enrollments().fold(key, history), Offerings().fold(key.split("|")[1], history))
        for key in sorted(pairs)
    ]
    own = found.get(f"{SCHOOL}/{year.number}") or BOOKS.blank(f"{SCHOOL}/{year.number}")
    standing = found.get(f"{SCHOOL}/0") or BOOKS.blank(f"{SCHOOL}/0")
    told = of_school(rules or all_rules(), RUIAN, year, own, standing, records, chosen)
    return {each.code: each for each in told}


def _pairs(entry: Entry) -> Iterator[str]:
    if entry.event.NAME in Enrollments().types:
        yield from Enrollments().keys(entry)


def long(teacher: Any, name: str, completed: date, **values: Any) -> Event:
    """A restricted-elective long training was credited."""
    event = cast.awarded(
        90, teacher=teacher, credit=CreditId(f"credit:{name}"), completed=completed, **values
    )
    kept = {each: getattr(event, each) for each in event.__struct_fields__}
    return type(event)(**kept | {"restricted_elective": True})


STAFF = [cast.registered(LIN), cast.registered(CHEN)]


def test_the_average_is_of_those_who_serve_at_the_end_of_the_year() -> None:
    earned = long(LIN, "a", date(2024, 6, 1))
    moved = TeacherTransferred(
        teacher=CHEN,
        school_left=SCHOOL,
        school=OTHER_SCHOOL,
        place=RUIAN,
        since=date(2024, 12, 31),
    )
    late = TeacherTransferred(
        teacher=CHEN,
        school_left=SCHOOL,
        school=OTHER_SCHOOL,
        place=RUIAN,
        since=date(2025, 1, 1),
    )

    assert school(*STAFF, earned)["SCHOOL_AVERAGE"].result is Result.NOT_MET
    assert school(*STAFF, moved, earned)["SCHOOL_AVERAGE"].result is Result.MET
    assert school(*STAFF, late, earned)["SCHOOL_AVERAGE"].result is Result.NOT_MET
    assert school()["SCHOOL_AVERAGE"].result is Result.NOT_APPLICABLE


def _moved(left: SchoolId, to: SchoolId, since: date) -> TeacherTransferred:
    return TeacherTransferred(teacher=LIN, school_left=left, school=to, place=RUIAN, since=since)


def test_a_move_told_after_a_later_one_leaves_a_teacher_in_one_school_at_a_time() -> None:
    first, second, third = SCHOOL, OTHER_SCHOOL, SchoolId("school:third")
    both = _moved(first, second, date(2021, 12, 31)), _moved(second, third, date(2024, 1, 1))
    late = _moved(first, third, date(2024, 1, 1)), _moved(first, second, date(2021, 12, 31))
    for moves in (both, late):
        history = entries([cast.registered(LIN), *moves], DAY)
        records, found = {str(LIN): Records().fold(str(LIN), history)}, books(*STAFF[:1], *moves)
        at = {
            day: [each for each in (first, second, third)
                  if LIN in found[f"{each}/0"].serving(records, day)]
            for day in (date(2021, 12, 30), date(2021, 12, 31), date(2023, 12, 31),
                        date(2024, 1, 1), date(2024, 12, 31))
        }  # fmt: skip

        assert list(at.values()) == [[first], [second], [second], [third], [third]]


def test_nobody_serves_before_the_day_of_entry() -> None:
    entered = date(2024, 12, 31)
    late, early = (cast.registered(LIN, entered=each) for each in (entered, date(2025, 1, 1)))

    assert school(late)["SCHOOL_AVERAGE"].result is Result.NOT_MET
    assert school(early)["SCHOOL_AVERAGE"].result is Result.NOT_APPLICABLE


def test_the_completed_share_is_the_mean_over_the_years_of_the_cycle() -> None:
    # 2024 begins a new cycle of the rule of 2019; 2023 is the fifth year of the first.
    done = [long(LIN, "a", date(2024, 6, 1)), long(LIN, "b", date(2019, 10, 1))]

    assert school(*STAFF, *done)["COMPLETED_SHARE"].had == "1/2"
    last = school(*STAFF, *done, year=Year(2023, date(2025, 1, 1)))["COMPLETED_SHARE"]
    assert last.had == "1/10"
    # On its last day a year has not elapsed.
    assert (
        school(*STAFF, *done, year=Year(2023, date(2023, 12, 31)))["COMPLETED_SHARE"].had == "1/8"
    )
    assert last.result is Result.INDETERMINATE


def test_an_amendment_of_the_share_begins_no_new_cycle_of_years() -> None:
    share = {"share_min": "21/100", "base_credits_min": "90"}
    done = [long(LIN, "a", date(2024, 6, 1)), long(CHEN, "b", date(2025, 6, 1))]
    founded = _share_of_2026(done)

    # The years since 2024 stay those that have elapsed: two of six, and of 2026 alone none.
    assert (founded.had, founded.result) == ("1/3", Result.MET)
    for since in (date(2025, 1, 1), date(2026, 1, 1)):
        amended = _share_of_2026(done, _amended(since, share))
        assert (amended.had, amended.result) == (founded.had, founded.result)
    # What it asks for is still that of the version of the day.
    stricter = _share_of_2026(done, _amended(date(2026, 1, 1), share | {"share_min": "34/100"}))
    assert (stricter.had, stricter.result) == ("1/3", Result.NOT_MET)


def _amended(since: date, parameters: dict[str, Any]) -> RuleAmended:
    return RuleAmended(
        document=DocumentId("document:ra19"),
        place=RUIAN,
        rule="RA19-04",
        since=since,
        parameters=parameters,
        citation="瑞教〔2026〕1号",
        zh="年平均完成率。",
        en="The yearly average of completions.",
    )


def _share_of_2026(done: list[Event], *policy: Event) -> Any:
    year, rules = Year(2026, date(2027, 1, 1)), Rulebook([*adoption(), *policy])
    return school(*STAFF, *done, year=year, rules=rules)["COMPLETED_SHARE"]


def test_who_is_sent_is_counted_where_no_completions_are_asked_for() -> None:
    found = school(*STAFF)["SENT_SHARE"]

    assert (found.rule, found.result) == ("WZ12-04", Result.NOT_APPLICABLE)
    year = Year(2018, date(2025, 1, 1))
    long_plan = cast.plan(90)
    opened = cast.opened(long_plan, opens=date(2018, 5, 1), closes=date(2018, 6, 1))
    early = [cast.registered(LIN, entered=date(2017, 9, 1))]
    admitted = school(*early, opened, *cast.enrolled(), year=year)["SENT_SHARE"]
    assert (admitted.had, admitted.result) == ("1", Result.MET)
    short = cast.opened(cast.plan(89), opens=date(2018, 5, 1), closes=date(2018, 6, 1))
    assert school(*early, short, *cast.enrolled(), year=year)["SENT_SHARE"].had == "0"


def matched(*, fits: Match | None) -> list[Any]:
    """How the one long choice of a school's year is judged, by term."""
    choice = structs.replace(cast.selected(), match=fits)
    history = entries([cast.opened(cast.plan(90)), choice, cast.passed()], DAY)
    one = Chosen(
        Enrollments().fold(f"{LIN}|{OFFERING}", history),
        Offerings().fold(str(OFFERING), history),
    )
    own, standing = BOOKS.blank(f"{SCHOOL}/2024"), BOOKS.blank(f"{SCHOOL}/0")
    told = of_school(all_rules(), RUIAN, OVER, own, standing, {}, [one])
    return [each for each in told if each.code == "MATCH_SHARE"]


def test_choices_that_the_school_passed_are_counted_by_term() -> None:
    not_passed = school(*STAFF, cast.opened(cast.plan(90)), cast.selected())

    assert not_passed["MATCH_SHARE"].needed == "3/4 × 0"
    assert [each.needed for each in matched(fits=None)] == ["3/4 × 1", "3/4 × 0"]


def test_a_choice_suits_in_tier_and_category_together() -> None:
    both, one = Match(tier=True, category=True), Match(tier=True, category=False, subject=True)

    assert matched(fits=both)[0].result is Result.MET
    assert (matched(fits=both)[0].had, matched(fits=one)[0].had) == ("1", "0")
    assert matched(fits=one)[0].result is Result.NOT_MET
    assert matched(fits=Match(tier=True))[0].result is Result.INDETERMINATE
    assert matched(fits=None)[0].result is Result.INDETERMINATE


def test_a_plan_stands_in_every_year_that_it_covers() -> None:
    adopted = SchoolPlanAdopted(school=SCHOOL, place=RUIAN, title="x", first=2021, last=2025)

    assert set(books(adopted)) == {f"{SCHOOL}/{year}" for year in range(2021, 2026)}
    assert school(adopted)["FIVE_YEAR_PLAN"].result is Result.COMPLIANT
    assert school(adopted)["ANNUAL_PLAN"].result is Result.VIOLATION


def test_a_yearbook_survives_its_bytes() -> None:
    event = LocalFundsStated(
        place=RUIAN, year=2024, payroll=Decimal("0.5"), fund=Decimal(1), to_schools=Decimal(1)
    )
    assert books(event)[f"{RUIAN}/2024"].local_funds == event
