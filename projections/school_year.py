"""School years: all that the rules ask of a school for one year, from the views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.credit import CreditKind
from ledger.cycle import YEARS_DEFAULT, CycleTotal
from ledger.enrollment import Status
from ledger.funding import school_funds
from ledger.indicator import (
    CompletedShare,
    MatchShare,
    SentShare,
    completed_share,
    match_share,
    school_average,
    sent_share,
)
from ledger.names import JurisdictionId, SchoolId, TeacherId, TermId
from ledger.plan import Mode
from ledger.record import Line, Record
from ledger.regulation import Rulebook
from ledger.requirement import Requirement
from ledger.school_plan import school_plans
from projections.credit import Records
from projections.duty import STANDING, Yearbook, Yearbooks
from projections.enrollment import Enrollment, Enrollments
from projections.obligation import Rows, Year, all_rows, book_of, published_in
from projections.offering import Offering, Offerings
from projections.reader import Where

HALVES = ("H1", "H2")
PASSED = (Status.SCHOOL_PASSED, Status.PROVIDER_CONFIRMED, Status.PROVIDER_DECLINED)


@dataclass(frozen=True)
class Chosen:
    """A teacher's choice with the class that was chosen."""

    choice: Enrollment
    offering: Offering


def school_obligations(
    rows: Rows,
    rules: Rulebook,
    views: tuple[Yearbooks, Records, Enrollments, Offerings],
    school: SchoolId,
    place: JurisdictionId,
    year: Year,
) -> list[Requirement]:
    """What the rules ask of a school for a year."""
    books, records, enrollments, offerings = views
    found = rows.many(books, [f"{school}/{year.number}", f"{school}/{STANDING}"])
    standing = book_of(found, school, STANDING)
    teachers = sorted(map(str, standing.staff))
    choices = list(all_rows(rows, enrollments, passed_in(school, year)))
    classes = rows.many(offerings, sorted({str(each.offering) for each in choices}))
    chosen = [
        Chosen(each, classes[str(each.offering)])
        for each in choices
        if str(each.offering) in classes
    ]
    told = rows.many(records, teachers)
    return of_school(
        rules, place, year, book_of(found, school, year.number), standing, told, chosen
    )


def passed_in(school: SchoolId, year: Year) -> Where:
    """The choices that can matter in a year: passed ones of its terms and of those before.

    A training in parts, chosen in one year, may end in the next.
    """
    terms = tuple(
        f"term:{each}{half}" for each in (year.number - 1, year.number) for half in HALVES
    )
    passed = tuple(each.value for each in PASSED)
    return Where(among=(("term", terms), ("status", passed))).and_equal(school=school)


def of_school(
    rules: Rulebook,
    place: JurisdictionId,
    year: Year,
    own: Yearbook,
    standing: Yearbook,
    records: dict[str, Record],
    chosen: Iterable[Chosen],
) -> list[Requirement]:
    """The requirements of a school from its books, its teachers' records and their choices."""
    day, chosen = year.day, list(chosen)
    teachers = standing.serving(records, day)
    told: list[Requirement | None] = [
        school_average(
            rules,
            place,
            day,
            credits=sum(
                (line.credits for _, line in _lines(records, teachers, year.number)), Decimal(0)
            ),
            teachers=len(teachers),
            today=year.today,
        ),
        completed_share(rules, place, day, rates_of(rules, place, year, standing, records)),
        _sent(rules, place, year, teachers, chosen),
    ]
    for half in HALVES:
        span = half_of(year.number, half)
        if span[0] <= year.today:
            told.append(_matched(rules, place, span, year, half, chosen))
    funds = own.school_funds
    told += school_funds(
        rules,
        place,
        day,
        None if funds is None else (funds.public_funds, funds.training),
        events=own.events.get("funds", ()),
        today=year.today,
    )
    told.append(published_in(rules, place, year, own))
    told += school_plans(rules, place, day, own.plans, over=year.over)
    return [each for each in told if each is not None]


def half_of(year: int, half: str) -> tuple[date, date]:
    """The first and the last day of a half-year."""
    if half == HALVES[0]:
        return date(year, 1, 1), date(year, 6, 30)
    return date(year, 7, 1), date(year, 12, 31)


def _lines(
    records: dict[str, Record], teachers: Iterable[TeacherId], year: int
) -> Iterator[tuple[TeacherId, Line]]:
    for teacher in teachers:
        record = records.get(str(teacher))
        for line in record.lines if record else ():
            if line.completed.year == year and not line.revoked:
                yield teacher, line


def rates_of(
    rules: Rulebook,
    place: JurisdictionId,
    year: Year,
    standing: Yearbook,
    records: dict[str, Record],
) -> Iterator[tuple[int, int]]:
    """For each year of the cycle that has elapsed, who completed a long training among whom.

    A school has no cycle of its own; its years are counted from the first day on which the rule
    holds for certain in any version: an amendment begins no new cycle (RA19-04 §二, C-06).
    """
    rule = rules.find(CompletedShare, place, year.day)
    if rule is None:
        return
    certain = [each.since for each in rules.versions(rule.id) if each.since is not None]
    if not certain:
        return
    total = rules.find(CycleTotal, place, year.day)
    years = total.value.years if total else YEARS_DEFAULT
    begun = min(certain).year
    elapsed = (year.number - begun) % years if year.number >= begun else 0
    # A running year has not elapsed.
    last = year.number if year.over else year.number - 1
    for number in range(year.number - elapsed, last + 1):
        teachers = standing.serving(records, year.last(number))
        done = {
            teacher
            for teacher, line in _lines(records, teachers, number)
            if is_long(rule.value, line)
        }
        yield len(done), len(teachers)


def is_long(rule: CompletedShare, line: Line) -> bool:
    """Whether a credit is of a restricted-elective block training that is long enough."""
    return (
        line.kind is CreditKind.INTENSIVE
        and line.restricted_elective
        and line.base_credits >= rule.base_credits_min
    )


def _sent(
    rules: Rulebook,
    place: JurisdictionId,
    year: Year,
    teachers: list[TeacherId],
    chosen: list[Chosen],
) -> Requirement | None:
    rule = rules.find(SentShare, place, year.day)
    if rule is None:
        return None
    sent = {
        each.choice.teacher
        for each in chosen
        if each.choice.status is Status.PROVIDER_CONFIRMED
        and sent_in(each.offering, rule.value.hours_min) == year.number
    }
    return sent_share(
        rules,
        place,
        year.day,
        sent=len(sent & {*teachers}),
        teachers=len(teachers),
        today=year.today,
    )


def sent_in(offering: Offering, hours_min: Decimal) -> int | None:
    """The year to which a long block training counts; one held in parts counts at its end."""
    plan, opens, closes = offering.plan, offering.opens, offering.closes
    if plan is None or opens is None or closes is None:
        return None
    if plan.mode is not Mode.INTENSIVE or plan.hours < hours_min:
        return None
    return closes.year if plan.segments > 1 else opens.year


def _matched(
    rules: Rulebook,
    place: JurisdictionId,
    span: tuple[date, date],
    year: Year,
    half: str,
    chosen: list[Chosen],
) -> Requirement | None:
    rule, term = rules.find(MatchShare, place, span[0]), f"{year.number}{half}"
    if rule is None:
        return None
    fits = [
        suits(each.choice)
        for each in chosen
        if each.choice.term is not None
        and each.choice.term.value == term
        and is_long_choice(rule.value, each)
    ]
    return match_share(
        rules,
        place,
        *span,
        matched=fits.count(True),
        unsaid=fits.count(None),
        chosen=len(fits),
        term=TermId(f"term:{term}"),
        today=year.today,
    )


def is_long_choice(rule: MatchShare, each: Chosen) -> bool:
    """Whether a choice that the school passed is of a project that is long enough."""
    plan = each.offering.plan
    return (
        each.choice.status in PASSED
        and plan is not None
        and plan.base_credits >= rule.base_credits_min
    )


def suits(choice: Enrollment) -> bool | None:
    """Whether a choice suits the teacher; ``None`` where that cannot be told."""
    return choice.match.suits if choice.match else None
