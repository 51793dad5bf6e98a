"""Funding: what a locality and a school spend on training in a year, and that they say so openly.

All figures are of one fiscal year, in yuan. Seven tenths go to the schools of what the locality
has to spend, not of what it spent (rulebook C-29). Later figures take the place of earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from ledger.amount import FUNDS_MAX, bounded, money
from ledger.day import happened, last_of
from ledger.event import Event
from ledger.fault import Fault
from ledger.names import JurisdictionId, SchoolId
from ledger.register import BureauStep, SchoolStep
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.requirement import UNKNOWN, Requirement, Result, not_over, weighed, while_running
from ledger.text import filled

YEAR_MAX = 2199


class Base(Enum):
    """Of what a share is taken: payroll, the required training fund, per-pupil public funds."""

    PAYROLL = "PAYROLL"
    TRAINING_FUND = "TRAINING_FUND"
    PUBLIC_FUNDS = "PUBLIC_FUNDS"


class LocalFundsStated(Event, name="funding.local-funds-stated"):
    """A locality stated its payroll, its training fund, and what of it the schools got."""

    place: JurisdictionId
    year: int
    payroll: Decimal
    fund: Decimal
    to_schools: Decimal


class SchoolFundsStated(Event, name="funding.school-funds-stated"):
    """A school stated its per-pupil public funds, and what of them it spent on training."""

    school: SchoolId
    place: JurisdictionId
    year: int
    public_funds: Decimal
    training: Decimal


class FundsPublished(Event, name="funding.published", effective="day"):
    """A locality, or a school, laid open what it spends on training."""

    place: JurisdictionId
    day: date
    where: str
    school: SchoolId | None = None


class BudgetShare(
    Parameters,
    kind="budget-share",
    many=True,
    zh="按财政年度计：经费占所列基数的比例，精确比较，达到即满足；基数为零时不适用。"
    "TRAINING_FUND 指按规定应提的培训经费，而不是实际列支的数额。",
    scope=(),
):
    """The least share of a base (a training fund: as due, not as spent) for training in a year."""

    share_min: Fraction
    base: Base


class FundsPublication(
    Parameters,
    kind="funds-publication",
    zh="按单位和自然年计：培训经费没有公布够次数的，年末记为违规。",
    scope=(),
    less=("publications_per_year",),
):
    """How often in a year a locality or school lays its training funds open at least."""

    publications_per_year: int


@dataclass(kw_only=True)
class StateLocalFunds(BureauStep):
    """State a locality's payroll and training fund of a fiscal year, by its bureau."""

    year: int
    payroll: Decimal
    fund: Decimal
    to_schools: Decimal

    def decide(self) -> Iterator[Event]:
        begun(self.year, self.ask.on)
        _part(self.to_schools, self.fund, "to_schools")
        yield LocalFundsStated(
            place=self.place,
            year=self.year,
            payroll=money(self.payroll, "payroll", FUNDS_MAX),
            fund=money(self.fund, "fund", FUNDS_MAX),
            to_schools=money(self.to_schools, "to_schools", FUNDS_MAX),
        )


@dataclass(kw_only=True)
class StateSchoolFunds(SchoolStep):
    """State a school's public funds of a fiscal year and its spending on training, by it."""

    year: int
    public_funds: Decimal
    training: Decimal

    def decide(self) -> Iterator[Event]:
        begun(self.year, self.ask.on)
        _part(self.training, self.public_funds, "training")
        yield SchoolFundsStated(
            school=self.school,
            place=self.known().place,
            year=self.year,
            public_funds=money(self.public_funds, "public_funds", FUNDS_MAX),
            training=money(self.training, "training", FUNDS_MAX),
        )


@dataclass(kw_only=True)
class PublishLocalFunds(BureauStep):
    """Record that a locality laid its training funds open, by its bureau."""

    day: date
    where: str

    def decide(self) -> Iterator[Event]:
        happened(self.day, self.ask.on, "day")
        yield FundsPublished(place=self.place, day=self.day, where=filled(self.where, "where"))


@dataclass(kw_only=True)
class PublishSchoolFunds(SchoolStep):
    """Record that a school laid its training funds open, by the school."""

    day: date
    where: str

    def decide(self) -> Iterator[Event]:
        happened(self.day, self.ask.on, "day")
        yield FundsPublished(
            place=self.known().place,
            day=self.day,
            where=filled(self.where, "where"),
            school=self.school,
        )


def begun(year: int, today: date) -> None:
    """Raises ``Fault`` for a year that has not begun (``DAY_AHEAD``) or is none."""
    happened(date(bounded(year, YEAR_MAX, "year"), 1, 1), today, "year")


def _part(part: Decimal, whole: Decimal, field: str) -> None:
    if part > whole:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"{field} 为 {part}，多于其所出自的 {whole}",
            en=f"{field} is {part}, more than the {whole} that it comes from",
            field=field,
        )


def budget_share(
    rules: Rulebook, place: JurisdictionId, day: date, base: Base
) -> InForce[BudgetShare] | None:
    """The rule in force that takes a share of that base."""
    found = rules.find_all(BudgetShare, place, day)
    return next((each for each in found if each.value.base is base), None)


def local_funds(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    stated: tuple[Decimal, Decimal, Decimal] | None,
    *,
    events: tuple[str, ...] = (),
    today: date | None = None,
) -> list[Requirement]:
    """A locality's payroll, fund and what the schools got, against both shares."""
    whole = budget_share(rules, place, day, Base.PAYROLL)
    passed = budget_share(rules, place, day, Base.TRAINING_FUND)
    found: list[Requirement] = []
    if whole is None:
        return found
    payroll, fund, to_schools = stated or (None, None, None)
    found.append(_against("TRAINING_FUND", whole, payroll, fund, events))
    if passed is not None:
        required = None if payroll is None else whole.value.share_min * Fraction(payroll)
        found.append(_against("FUND_TO_SCHOOLS", passed, required, to_schools, events))
    return [while_running(each, last_of(day), today or date.max, _short(each)) for each in found]


def school_funds(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    stated: tuple[Decimal, Decimal] | None,
    *,
    events: tuple[str, ...] = (),
    today: date | None = None,
) -> list[Requirement]:
    """A school's public funds and its spending on training, against the share."""
    rule = budget_share(rules, place, day, Base.PUBLIC_FUNDS)
    funds, training = stated or (None, None)
    if rule is None:
        return []
    found = _against("SCHOOL_TRAINING_FUND", rule, funds, training, events)
    return [while_running(found, last_of(day), today or date.max, _short(found))]


def _short(asked: Requirement) -> object:
    """How many yuan are missing, where figures were stated."""
    return asked.had if asked.had == UNKNOWN else Fraction(asked.needed) - Fraction(asked.had)


_BASE_ZH = {
    Base.PAYROLL: "教职工工资总额",
    Base.TRAINING_FUND: "应提培训经费",
    Base.PUBLIC_FUNDS: "生均公用经费总额",
}
_BASE_EN = {
    Base.PAYROLL: "the payroll",
    Base.TRAINING_FUND: "the training fund that is due",
    Base.PUBLIC_FUNDS: "the per-pupil public funds",
}


def _against(
    code: str,
    rule: InForce[BudgetShare],
    base: Decimal | Fraction | None,
    had: Decimal | None,
    events: tuple[str, ...],
) -> Requirement:
    share, kind = rule.value.share_min, rule.value.base
    if base is None or had is None:
        return weighed(
            code,
            rule,
            Result.INDETERMINATE,
            needed=share,
            had=UNKNOWN,
            zh=f"本年度没有报送经费数据，无法与{_BASE_ZH[kind]}比较。",
            en=f"No figures of the year were stated; nothing to compare with {_BASE_EN[kind]}.",
        )
    least = share * Fraction(base)
    result = Result.MET if Fraction(had) >= least else Result.NOT_MET
    return weighed(
        code,
        rule,
        result if base else Result.NOT_APPLICABLE,
        needed=least,
        had=had,
        zh=f"{_BASE_ZH[kind]} {base} 元的 {share} 为 {least} 元，实有 {had} 元。",
        en=f"{share} of {_BASE_EN[kind]}, {base} yuan, is {least}; there were {had}.",
        events=events,
    )


def funds_published(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    times: int,
    *,
    over: bool,
    events: tuple[str, ...] = (),
) -> Requirement | None:
    """Whether training funds were laid open often enough; a running year is not judged."""
    rule = rules.find(FundsPublication, place, day)
    if rule is None:
        return None
    least = rule.value.publications_per_year
    lacking = Result.VIOLATION if over else Result.NOT_ASSESSED
    note = not_over(day, least - times) if lacking is Result.NOT_ASSESSED else ("", "")
    return weighed(
        "FUNDS_PUBLISHED",
        rule,
        Result.COMPLIANT if times >= least else lacking,
        needed=least,
        had=times,
        zh=f"本年公布培训经费 {times} 次，须 {least} 次{note[0]}。",
        en=f"How often training funds were laid open in the year: {times} of {least}{note[1]}.",
        events=events,
    )
