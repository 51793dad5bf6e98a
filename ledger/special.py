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
from typing import Any, NamedTuple

from ledger.amount import ZERO, plain
from ledger.category import Belonging
from ledger.credit import CreditKind
from ledger.cycle import Cycle, Unit
from ledger.day import years_later
from ledger.kind import OutOfRange
from ledger.names import CreditId
from ledger.plan import Purpose
from ledger.record import Line, Record, stands_on
from ledger.register import Category
from ledger.regulation import InForce, Parameters, ParametersT, Rulebook
from ledger.requirement import Missing, MissingUnit, Part, Requirement, Result, lacking, weighed

OVER_THE_CYCLE = (Category.BACKBONE_TEACHER, Category.HOMEROOM_TEACHER, Category.PRINCIPAL)
OF_ITS_OWN = {
    Category.NEW_TEACHER: Purpose.NEW_TEACHER,
    Category.NEW_PRINCIPAL: Purpose.PRINCIPAL_QUALIFICATION,
}
CATEGORY_ZH = {
    Category.BACKBONE_TEACHER: "骨干教师",
    Category.HOMEROOM_TEACHER: "班主任",
    Category.PRINCIPAL: "校长",
    Category.NEW_TEACHER: "新任教师",
    Category.NEW_PRINCIPAL: "新任校长",
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


class Due(NamedTuple):
    """By when something is asked for, and the day on which that is judged."""

    by: date
    day: date

    def missing(self, amount: Decimal) -> Missing | None:
        """What is said of so many hours that are missing."""
        by = None if self.by == date.max else self.by
        return lacking(plain(amount), MissingUnit.HOURS, by, self.day)


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
        fit, due = _fit(rule.value, lines), Due(cycle.last_day, day)
        yield _judged(category, rule, rule.value.minima, fit, short, spans, due)


def of_its_own(record: Record, rules: Rulebook, day: date, cycle: Cycle) -> Iterator[Requirement]:
    """What new teachers need in probation, and new principals within their time."""
    for category, purpose in OF_ITS_OWN.items():
        for span in record.belonged(category, cycle.start, day):
            due = Due(_last(record, rules, span), day)
            last = min(due.by, day)
            lines = [each for each in record.lines if span.since <= each.completed <= last]
            if category is Category.NEW_TEACHER:
                rule = prevailing(rules, CategoryHours, record, span.since, category)
                if rule is not None:
                    fit, minima = _fit(rule.value, lines), rule.value.minima
                    yield _judged(category, rule, minima, fit, Result.NOT_MET, [span], due)
                continue
            post = prevailing(rules, NewPrincipal, record, span.since, category)
            if post is not None:
                fit = [each for each in lines if each.purpose is purpose]
                asked = (post.value.hours_min, None, post.value.intensive_hours_min, None)
                yield _judged(category, post, asked, fit, Result.NOT_MET, [span], due)


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


def _fit(value: CategoryHours, lines: list[Line]) -> list[Line]:
    return [
        each
        for each in lines
        if not each.revoked and (not value.purposes or each.purpose.value in value.purposes)
    ]


def _judged(
    category: Category,
    rule: InForce[Any],
    minima: tuple[Decimal | None, ...],
    lines: list[Line],
    short: Result,
    spans: list[Belonging],
    due: Due,
) -> Requirement:
    hours = sum((each.hours for each in lines), ZERO)
    practice = sum((min(each.practice_hours, each.hours) for each in lines), ZERO)
    block = sum((each.hours for each in lines if each.kind is CreditKind.INTENSIVE), ZERO)
    parts = [
        _part(*words, had, least, short, due)
        for words, had, least in zip(_PARTS, (hours, practice, block, hours), minima, strict=True)
        if least is not None
    ]
    result = Result.MET if all(each.result is Result.MET for each in parts) else short
    cited = stands_on(lines)
    cited["events"] += tuple(each for span in spans for each in span.events)
    positions = {each for span in spans for each in span.positions}
    cited["positions"] = tuple(sorted({*cited["positions"], *positions}))
    since = spans[0].since
    return weighed(
        f"{category.value}_HOURS",
        rule,
        result,
        needed=" / ".join(each.needed for each in parts),
        had=" / ".join(each.had for each in parts),
        zh=f"{CATEGORY_ZH[category]}（自 {since} 起）："
        + "，".join(each.zh for each in parts)
        + "。",
        en=f"{category.value} since {since}: " + ", ".join(each.en for each in parts) + ".",
        parts=tuple(parts),
        # Hours of one part count in the others too, so the longest way is the whole.
        missing=max(
            (each.missing for each in parts if each.missing),
            key=lambda each: each.amount,
            default=None,
        ),
        **cited,
    )


def _part(
    code: str, zh: str, en: str, had: Decimal, least: Decimal, short: Result, due: Due
) -> Part:
    return Part(
        code=code,
        result=Result.MET if had >= least else short,
        needed=str(least),
        had=str(plain(had)),
        zh=f"{zh} {plain(had)}/{least} 学时",
        en=f"{plain(had)} of {least} hours {en}",
        missing=due.missing(least - had),
    )


_PARTS = (
    ("IN_ALL", "合计", "in all"),
    ("PRACTICE", "实践", "of practice"),
    ("INTENSIVE", "集中", "in block form"),
    ("THEMATIC", "专题", "on its themes"),
)
