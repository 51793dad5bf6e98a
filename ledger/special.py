"""Special training: what some teachers are asked for besides, and what does not count in a cycle.

Backbone teachers, homeroom teachers and principals are judged over the cycle; a new teacher over
the probation, a new principal over the year from taking up the post. The version is that of the
day on which that began (C-25, C-26); a preset from outside the documents prevails once adopted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ledger.amount import ZERO, plain
from ledger.category import Belonging
from ledger.cycle import Cycle, Unit
from ledger.day import years_later
from ledger.kind import OutOfRange
from ledger.minimum import CATEGORY_ZH, Due, fitting, side_by_side
from ledger.names import CreditId
from ledger.plan import Purpose
from ledger.record import Line, Record, stands_on
from ledger.register import Category
from ledger.regulation import InForce, Parameters, ParametersT, Rulebook
from ledger.requirement import Requirement, Result, weighed

OVER_THE_CYCLE = (Category.BACKBONE_TEACHER, Category.HOMEROOM_TEACHER, Category.PRINCIPAL)
OF_ITS_OWN = {
    Category.NEW_TEACHER: Purpose.NEW_TEACHER,
    Category.NEW_PRINCIPAL: Purpose.PRINCIPAL_QUALIFICATION,
}


class CategoryHours(
    Parameters,
    kind="category-hours",
    zh="对属于某一类别的教师，核算其周期内（新任教师为试用期内）相应培训的学时是否达到各项下限。",
    scope=("category",),
    less=("hours_min", "practice_hours_min", "intensive_hours_min", "thematic_hours_min"),
    words={"purposes": Purpose},
):
    """Judges the hours of teachers of one category, over the cycle or over the probation.

    ``purposes``: only trainings for these count; none: all trainings.
    """

    hours_min: Decimal | None = None
    practice_hours_min: Decimal | None = None
    intensive_hours_min: Decimal | None = None
    thematic_hours_min: Decimal | None = None
    purposes: tuple[str, ...] = ()

    @property
    def minima(self) -> tuple[Decimal | None, ...]:
        """All that may be asked for, in one order."""
        return (
            self.hours_min,
            self.practice_hours_min,
            self.intensive_hours_min,
            self.thematic_hours_min,
        )

    def unfit(self) -> OutOfRange | None:
        if any(self.minima):
            return None
        zh, en = "各项下限至少一项大于 0", "one of the minima must be above 0"
        return OutOfRange("hours_min", zh, en)


class NewPrincipal(
    Parameters,
    kind="new-principal",
    zh="核算新任校长自到岗之日起规定年限内（含届满对应日）的任职资格培训学时及其中的集中培训学时。",
    scope=("category",),
    years=("within_years",),
    less=("hours_min", "intensive_hours_min"),
    more=("within_years",),
    positive=("within_years",),
):
    """Judges the qualification hours within some years of the post, the corresponding day too."""

    hours_min: Decimal
    intensive_hours_min: Decimal
    within_years: int


class NotCounted(
    Parameters,
    kind="not-counted",
    zh="试用期培训、任职资格培训按 count_rate 计入周期，未写明时不计入。",
    scope=("category",),
    more=("count_rate",),
):
    """Counts trainings of a probation or qualification in the cycle at this rate, by default 0."""

    count_rate: Fraction = Fraction(0)


class Apart(NamedTuple):
    """A line that the cycle counts at a rate of its own."""

    line: Line
    category: Category
    rule: InForce[NotCounted]

    def worth(self, unit: Unit) -> Decimal:
        """What is left of it in the cycle."""
        rate = self.rule.value.count_rate
        return self.line.worth(unit) * rate.numerator / rate.denominator


def prevailing(
    rules: Rulebook, kind: type[ParametersT], record: Record, day: date, category: Category
) -> InForce[ParametersT] | None:
    """The rule for a category: a preset from outside where one was adopted, else the nearest."""
    place = record.at(day).place
    assert place is not None
    found = rules.find_all(kind, place, day, category=category.value)
    outside = [each for each in found if each.rule.external]
    return next(iter([*outside, *found]), None)


def apart(record: Record, rules: Rulebook, lines: list[Line]) -> dict[CreditId, Apart]:
    """The lines that do not count in the cycle like the others."""
    found: dict[CreditId, Apart] = {}
    for span in record.belongings:
        purpose = OF_ITS_OWN.get(span.category)
        if purpose is None:
            continue
        rule = prevailing(rules, NotCounted, record, span.since, span.category)
        if rule is None or not rule.certain:
            continue
        # A probation has its time; a qualification is one even when it is late.
        own = span.until if span.category is Category.NEW_TEACHER else None
        for line in lines:
            if line.purpose is purpose and span.since <= line.completed <= (own or date.max):
                found[line.credit] = Apart(line, span.category, rule)
    return found


def _last(record: Record, rules: Rulebook, span: Belonging) -> date:
    """The last day of a probation, or of the time that a new principal has."""
    if span.category is Category.NEW_PRINCIPAL:
        rule = prevailing(rules, NewPrincipal, record, span.since, span.category)
        if rule is not None:
            return years_later(span.since, rule.value.within_years)
    return span.until or date.max


def over_the_cycle(
    record: Record, rules: Rulebook, day: date, cycle: Cycle, lines: list[Line]
) -> Iterator[Requirement]:
    """What backbone teachers, homeroom teachers and principals need in the cycle."""
    for category in OVER_THE_CYCLE:
        spans = record.belonged(category, cycle.start, day)
        rule = prevailing(rules, CategoryHours, record, day, category) if spans else None
        if rule is None:
            continue
        # Nobody says what is asked of one who is it no longer.
        short = Result.NOT_MET
        if not any(span.holds(day) for span in spans):
            short = Result.INDETERMINATE
        hours, due = fitting(lines, rule.value.purposes), Due(cycle.last_day, day)
        yield side_by_side(category, rule, rule.value.minima, hours, short, spans, due)


def of_its_own(record: Record, rules: Rulebook, day: date, cycle: Cycle) -> Iterator[Requirement]:
    """What new teachers need in probation, and new principals within their time."""
    for category, purpose in OF_ITS_OWN.items():
        for span in record.belonged(category, cycle.start, day):
            due = Due(_last(record, rules, span), day)
            last = min(due.by, day)
            lines = [each for each in record.lines if span.since <= each.completed <= last]
            beside = [each for each in record.lines if _reaches(each, span.since, last, day)]
            if category is Category.NEW_TEACHER:
                rule = prevailing(rules, CategoryHours, record, span.since, category)
                if rule is not None:
                    hours = fitting(lines, rule.value.purposes, beside)
                    minima = rule.value.minima
                    yield side_by_side(category, rule, minima, hours, Result.NOT_MET, [span], due)
                continue
            post = prevailing(rules, NewPrincipal, record, span.since, category)
            if post is not None:
                hours = fitting(lines, (purpose.value,), beside)
                asked = (post.value.hours_min, None, post.value.intensive_hours_min, None)
                yield side_by_side(category, post, asked, hours, Result.NOT_MET, [span], due)


def counted_apart(found: Iterable[Apart], unit: Unit) -> Iterator[Requirement]:
    """What became of the trainings that the cycle counts at a rate of their own."""
    groups: dict[tuple[Category, str], list[Apart]] = {}
    for each in found:
        groups.setdefault((each.category, each.rule.id), []).append(each)
    for (category, _), group in groups.items():
        rule = group[0].rule
        hours = sum((each.line.worth(unit) for each in group), ZERO)
        counted = plain(sum((each.worth(unit) for each in group), ZERO))
        yield weighed(
            f"{category.value}_NOT_COUNTED",
            rule,
            Result.COMPLIANT,
            needed=f"{hours} × {rule.value.count_rate}",
            had=counted,
            zh=f"{CATEGORY_ZH[category]}专项培训 {hours}，计入周期 {counted}。",
            en=f"{hours} of {category.value} training; {counted} of it count in the cycle.",
            **stands_on([each.line for each in group]),
        )


def _reaches(line: Line, first: date, last: date, day: date) -> bool:
    """Whether a balance known on a day covers some of a span."""
    begins = line.since or line.completed
    return line.balance is not None and begins <= last and first <= line.completed <= day
