"""Duty: what a locality or school sets up, plans, appraises or makes known, once or every year.

They have no number to reach: the thing is there, or it is a violation when the year is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from ledger.accreditation import ProviderAccredited
from ledger.command import Refused, Selector, about, fact
from ledger.day import happened
from ledger.event import Entry, Event
from ledger.fault import Fault
from ledger.finding import Outcome
from ledger.funding import begun
from ledger.names import JurisdictionId, ProviderId, SchoolId, TermId
from ledger.register import BureauStep, Places, SchoolRegistered, WrongPlace, places_of, unknown
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.requirement import Requirement, Result, not_over, weighed
from ledger.term import TermOpened, known_term
from ledger.text import filled


class Addressee(Enum):
    """Whom a bureau tells of the dates of a term."""

    SCHOOL = "SCHOOL"
    TEACHER = "TEACHER"


class MonitoringBodyNamed(Event, name="duty.monitoring-body-named", effective="since"):
    """A locality named the office that watches over the quality of training."""

    place: JurisdictionId
    title: str
    since: date


class EducationOfficeSetUp(Event, name="duty.education-office-set-up", effective="since"):
    """A county set up its office for teacher education, with the provider that it shares with."""

    place: JurisdictionId
    since: date
    provider: ProviderId | None = None


class TrainingAppraised(Event, name="duty.training-appraised"):
    """A city appraised how a county, or a school directly under it, did in a year."""

    place: JurisdictionId
    year: int
    result: str
    county: JurisdictionId | None = None
    school: SchoolId | None = None


class CalendarMadeKnown(Event, name="duty.calendar-made-known"):
    """A bureau told schools or teachers of the dates of a term."""

    place: JurisdictionId
    term: TermId
    told: tuple[Addressee, ...]


class MonitoringBody(
    Parameters,
    kind="monitoring-body",
    zh="属地须已指定培训质量监控机构；年末仍没有的记为违规。",
    scope=(),
    less=("bodies_min",),
):
    """How many offices for training quality a locality has named at least."""

    bodies_min: int


class EducationOffice(
    Parameters,
    kind="education-office",
    zh="县（市、区）须设教师教育办公室；年末仍没有的记为违规，未与本地机构合署的另记一项。",
    scope=(),
    less=("offices_min",),
):
    """How many offices for teacher education a county has at least; shared with its provider."""

    offices_min: int


class AnnualAppraisal(
    Parameters,
    kind="annual-appraisal",
    zh="市局每年须对所辖每个县（市、区）和每所直属学校各作考核；年末仍有一个没有考核的，记为违规。",
    scope=(),
    less=("appraisals_per_year",),
):
    """How often a city appraises each of its counties and of its own schools in a year at least."""

    appraisals_per_year: int


class CalendarNotice(
    Parameters,
    kind="calendar-notice",
    zh="教育局须把学期日程通知到所列各方；年末仍有未通知的记为违规。",
    scope=("term",),
    less=("notified",),
):
    """Whom a bureau tells of the dates of the term."""

    notified: tuple[Addressee, ...]


class NotShared(Refused):
    """The office does not share its place with the provider of the county."""


@dataclass(kw_only=True)
class NameMonitoringBody(BureauStep):
    """Name the office that watches over the quality of training, by the bureau."""

    title: str
    since: date

    def decide(self) -> Iterator[Event]:
        happened(self.since, self.ask.on, "since")
        title = filled(self.title, "title")
        yield MonitoringBodyNamed(place=self.place, title=title, since=self.since)


@dataclass(kw_only=True)
class SetUpEducationOffice(BureauStep):
    """Set up the county's office for teacher education, by its bureau."""

    since: date
    provider: ProviderId | None = None

    host: ProviderAccredited | None = fact(default=None)

    def boundary(self) -> list[Selector]:
        hosts = [about(self.provider, of=[ProviderAccredited])] if self.provider else []
        return [*super().boundary(), *hosts]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        if isinstance(entry.event, ProviderAccredited):
            self.host = entry.event

    def decide(self) -> Iterator[Event]:
        happened(self.since, self.ask.on, "since")
        if self.provider is not None and self.host is None:
            raise unknown(self.provider, "provider")
        yield EducationOfficeSetUp(place=self.place, since=self.since, provider=self.provider)
        rule = self.ask.rules.find(EducationOffice, self.place, self.since)
        if rule is not None and (self.host is None or self.host.place != self.place):
            said = NotShared(
                zh=f"{self.place.value} 的教师教育办公室没有与当地培训机构合署办公",
                en=f"the office of {self.place.value} does not share its place with a provider of "
                "the county",
                rule=rule,
                field="provider",
            )
            yield self.finding(said, Outcome.VIOLATION, self.place)


@dataclass(kw_only=True)
class AppraiseTraining(BureauStep):
    """Appraise how a county, or a school directly under the city, did in a year, by the city."""

    year: int
    result: str
    county: JurisdictionId | None = None
    school: SchoolId | None = None

    registered: SchoolRegistered | None = fact(default=None)
    places: Places = fact(default_factory=Places)

    def boundary(self) -> list[Selector]:
        schools = [about(self.school, of=[SchoolRegistered])] if self.school else []
        return [*super().boundary(), *places_of(self.county), *schools]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.places.learn(entry)
        if isinstance(entry.event, SchoolRegistered):
            self.registered = entry.event

    def decide(self) -> Iterator[Event]:
        begun(self.year, self.ask.on)
        if self.school is not None and self.registered is None:
            raise unknown(self.school, "school")
        self.places.check(self.county, "county")
        if not self._answers():
            zh = "考核对象须是本市的一个县（市、区），或本市的一所直属学校"
            en = "what is appraised is one county of the city, or one school directly under it"
            raise WrongPlace(zh=zh, en=en, field="county")
        yield TrainingAppraised(
            place=self.place,
            year=self.year,
            result=filled(self.result, "result"),
            county=self.county,
            school=self.school,
        )

    def _answers(self) -> bool:
        if self.place.level != "CITY" or (self.county is None) == (self.school is None):
            return False
        if self.county is not None:
            return self.county != self.place and self.place.covers(self.county)
        return self.registered is not None and self.registered.place == self.place


@dataclass(kw_only=True)
class MakeCalendarKnown(BureauStep):
    """Tell schools and teachers of the dates of a term, by the bureau."""

    term: TermId
    told: tuple[Addressee, ...]

    opened: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        return [*super().boundary(), about(self.term, of=[TermOpened], rare=True)]

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.opened = self.opened or isinstance(entry.event, TermOpened)

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        if not self.told:
            raise Fault("EMPTY_ROWS", zh="通知对象不能为空", en="tell somebody", field="told")
        told = tuple(dict.fromkeys(self.told))
        yield CalendarMadeKnown(place=self.place, term=self.term, told=told)


def place_duties(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    *,
    bodies: int,
    offices: int,
    appraised: Mapping[str, int],
    over: bool,
) -> list[Requirement]:
    """What a locality has set up and done by a day; ``appraised``: all a city has to, how often."""
    found: list[Requirement] = []
    body = rules.find(MonitoringBody, place, day)
    if body is not None and place.level != "PROVINCE":
        words = ("培训质量监控机构", "offices for training quality")
        found.append(
            there("MONITORING_BODY", body, body.value.bodies_min, bodies, over, day, words)
        )
    office = rules.find(EducationOffice, place, day)
    if office is not None and place.level == "COUNTY":
        words = ("教师教育办公室", "offices for teacher education")
        least = office.value.offices_min
        found.append(there("EDUCATION_OFFICE", office, least, offices, over, day, words))
    appraisal = rules.find(AnnualAppraisal, place, day)
    if appraisal is not None and place.level == "CITY":
        words = ("年度考核的县和直属学校", "counties and own schools appraised in the year")
        had = sum(each >= appraisal.value.appraisals_per_year for each in appraised.values())
        found.append(there("ANNUAL_APPRAISAL", appraisal, len(appraised), had, over, day, words))
    return found


def calendar_notice(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    term: TermId,
    told: Iterable[Addressee],
    *,
    over: bool,
) -> Requirement | None:
    """Whether a bureau told everybody concerned of the dates of a term."""
    rule = rules.find(CalendarNotice, place, day, term=term.value)
    if rule is None or place.level == "PROVINCE":
        return None
    count = len(set(told) & set(rule.value.notified))
    words = (f"{term.value} 日程通知的各方", f"parties told of the dates of {term.value}")
    return there("CALENDAR_NOTICE", rule, len(rule.value.notified), count, over, day, words)


def there(
    code: str,
    rule: InForce[Any],
    least: int,
    had: int,
    over: bool,
    day: date,
    words: tuple[str, str],
) -> Requirement:
    """Whether what a year asks for is there; a violation only once the year is over."""
    lacking = Result.VIOLATION if over else Result.NOT_ASSESSED
    note = ("", "") if over else not_over(day, least - had)
    return weighed(
        code,
        rule,
        Result.COMPLIANT if had >= least else lacking,
        needed=least,
        had=had,
        zh=f"{words[0]}：须 {least} 项，已有 {had} 项{note[0]}。",
        en=f"{words[1]}: {had} of {least}{note[1]}.",
    )
