"""School plan: the training plan that a school adopts for one year or for several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ledger.amount import bounded
from ledger.command import Refused, Selector, about, fact
from ledger.duty import there
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.funding import YEAR_MAX
from ledger.names import JurisdictionId, SchoolId
from ledger.register import SchoolStep
from ledger.regulation import Parameters, Rulebook
from ledger.requirement import Requirement
from ledger.text import filled

SPAN_YEARS_MAX = 10


class SchoolPlanAdopted(Event, name="school-plan.adopted"):
    """A school adopted its training plan for the years from ``first`` to ``last``."""

    school: SchoolId
    place: JurisdictionId
    title: str
    first: int
    last: int


class AlreadyAdopted(Refused):
    """The school adopted this plan for these years."""


class SchoolPlans(
    Parameters,
    kind="school-plans",
    zh="学校每年须有覆盖当年的五年规划和当年的年度计划；年末缺少的记为违规。",
    scope=(),
    years=("years",),
    less=("five_year_plans_min", "annual_plans_min"),
    positive=("years",),
):
    """The plans that cover a school's year at least; a long one covers ``years`` years."""

    five_year_plans_min: int
    annual_plans_min: int
    years: int


@dataclass(kw_only=True)
class AdoptSchoolPlan(SchoolStep):
    """Adopt a school's training plan for one year or for several, by the school."""

    title: str
    first: int
    last: int

    adopted: str | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.school, of=[SchoolPlanAdopted])]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        match entry.event:
            case SchoolPlanAdopted(title=title, first=first, last=last):
                if (title, first, last) == (self.title.strip(), self.first, self.last):
                    self.adopted = entry.id
            case _:
                pass

    def decide(self) -> Iterator[Event]:
        bounded(self.first, YEAR_MAX, "first")
        bounded(self.last, YEAR_MAX, "last")
        if not 0 <= self.last - self.first < SPAN_YEARS_MAX:
            raise Fault(
                "YEARS_REVERSED",
                zh=f"规划年份 {self.first} 至 {self.last} 须先后有序，至多 {SPAN_YEARS_MAX} 年",
                en=f"a plan from {self.first} to {self.last} must run forward for "
                f"{SPAN_YEARS_MAX} years at most",
                field="last",
            )
        if self.adopted is not None:
            raise AlreadyAdopted(
                zh=f"{self.school} {self.first} 至 {self.last} 年的这份规划已经登记",
                en=f"this plan of {self.school} for {self.first} to {self.last} is recorded",
                field="title",
                evidence=(self.adopted,),
            )
        yield SchoolPlanAdopted(
            school=self.school,
            place=self.known().place,
            title=filled(self.title, "title"),
            first=self.first,
            last=self.last,
        )


def school_plans(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    plans: Iterable[tuple[int, int]],
    *,
    over: bool,
) -> list[Requirement]:
    """Whether a long plan and a yearly one cover the year of that day."""
    rule = rules.find(SchoolPlans, place, day)
    if rule is None:
        return []
    covering = {(first, last) for first, last in plans if first <= day.year <= last}
    spans = [last - first + 1 for first, last in covering]
    long = sum(span >= rule.value.years for span in spans)
    yearly = sum(span == 1 for span in spans)
    asked = rule.value.five_year_plans_min, rule.value.annual_plans_min
    words = ("五年规划", "long plans"), ("年度计划", "plans for the year")
    return [
        there("FIVE_YEAR_PLAN", rule, asked[0], long, over, day, words[0]),
        there("ANNUAL_PLAN", rule, asked[1], yearly, over, day, words[1]),
    ]
