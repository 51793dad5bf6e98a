"""Oversight: who looked into which training, and how many of a locality's that were in a year.

A locality's share is taken over its projects of the calendar year, school-based trainings among
them; a project that is looked into twice counts once. A county answers for the projects of which
it is the authority, a city for its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction

from ledger.command import Refused, Selector, about, fact, premature
from ledger.day import happened, last_of
from ledger.declaration import ProjectDeclared
from ledger.event import Entry, Event, unchanged
from ledger.fault import Fault
from ledger.names import (
    CreditId,
    JurisdictionId,
    Name,
    OfferingId,
    ProjectId,
    ProviderId,
    SampleId,
    SchoolId,
)
from ledger.offering import OfferingOpened
from ledger.population import POPULATION_EVENTS, school_training
from ledger.register import BureauStep, WrongPlace, unknown
from ledger.regulation import Parameters, Rulebook
from ledger.requirement import Requirement, Result, weighed, while_running
from ledger.sample import SampleDrawn, again
from ledger.school_based import SchoolBasedRecorded
from ledger.text import trimmed


class Body(Enum):
    """Who looks into a training: a bureau, or one of the two provincial centres."""

    BUREAU = "BUREAU"
    PROVINCIAL_CENTRE = "PROVINCIAL_CENTRE"
    MONITORING_CENTRE = "MONITORING_CENTRE"


class CheckKind(Enum):
    """A check at random, or the monitoring of quality."""

    SPOT_CHECK = "SPOT_CHECK"
    MONITORING = "MONITORING"


class ProjectInspected(Event, name="oversight.project-inspected", version=2, effective="day"):
    """A project, a class or a school-based training was looked into; ``place`` did so.

    ``sample``: the audit sample by which it was picked.
    """

    place: JurisdictionId
    owner: JurisdictionId
    body: Body
    kind: CheckKind
    day: date
    title: str
    account: str
    project: ProjectId | None = None
    offering: OfferingId | None = None
    provider: ProviderId | None = None
    credit: CreditId | None = None
    school: SchoolId | None = None
    sample: SampleId | None = None


ProjectInspected.upcast(from_version=1)(unchanged)


class InspectionShare(
    Parameters,
    kind="inspection-share",
    zh="按属地和自然年计：被抽查的项目数占本地项目（含校本研修）的比例，达到即满足。",
    scope=(),
    less=("share_min",),
):
    """The share of a locality's projects of a calendar year that are looked into at least."""

    share_min: Fraction


class InspectionAccount(
    Parameters,
    kind="inspection-account",
    zh="省级机构的抽查和监测须在平台写明情况；没有写明的不予登记，他系统报来的记一项违规。",
    scope=(),
    less=("recorders",),
    words={"recorded_on": ("MONITORING_PLATFORM",), "recorders": Body},
):
    """Provincial centres write down what they found; without it the check is not recorded."""

    recorded_on: str
    recorders: tuple[str, ...]


class AccountMissing(Refused):
    """A check was recorded without what it found."""


class NotOfThisPlace(Refused):
    """The training lies outside the place that looks into it."""


class NotInSample(Refused):
    """The training is not in the sample that is named."""


@dataclass(kw_only=True)
class InspectProject(BureauStep):
    """Record that a project, a class or a school-based training was looked into, by a bureau."""

    day: date
    account: str = ""
    body: Body = Body.BUREAU
    kind: CheckKind = CheckKind.SPOT_CHECK
    project: ProjectId | None = None
    offering: OfferingId | None = None
    credit: CreditId | None = None
    sample: SampleId | None = None

    seen: ProjectDeclared | OfferingOpened | SchoolBasedRecorded | None = fact(default=None)
    drawn: SampleDrawn | None = fact(default=None)
    drawn_by: Entry | None = fact(default=None)
    entries: list[Entry] = fact(default_factory=list)

    def boundary(self) -> list[Selector]:
        events: tuple[tuple[Name | None, type[Event]], ...] = (
            (self.project, ProjectDeclared),
            (self.offering, OfferingOpened),
            (self.credit, SchoolBasedRecorded),
            (self.sample, SampleDrawn),
        )
        subjects = [about(name, of=[event]) for name, event in events if name is not None]
        return [*super().boundary(), *subjects]

    def beyond(self) -> list[Selector]:
        return [about(self.drawn.owner, of=POPULATION_EVENTS)] if self.drawn else []

    def learn(self, entry: Entry) -> None:
        super().learn(entry)
        self.entries.append(entry)
        match entry.event:
            case SampleDrawn(sample=sample) as event if sample == self.sample:
                self.drawn, self.drawn_by = event, entry
            case ProjectDeclared(project=project) as event if project == self.project:
                self.seen = event
            case OfferingOpened(offering=offering) as event if offering == self.offering:
                self.seen = event
            case SchoolBasedRecorded(credit=credit) as event if credit == self.credit:
                self.seen = event
            case _:
                pass

    def territory(self) -> JurisdictionId:
        return self.seen.place if self.seen is not None else self.place

    def decide(self) -> Iterator[Event]:
        subject = self._subject()
        seen = self.seen
        if seen is None or self.ask.foreign(seen.place):
            raise unknown(subject, subject.partition(":")[0])
        happened(self.day, self.ask.on, "day")
        self._within(seen.place)
        yield from self._account(subject)
        yield from self._sampled(subject, seen)
        yield ProjectInspected(
            place=self.place,
            owner=seen.place,
            body=self.body,
            kind=self.kind,
            day=self.day,
            title=seen.title if isinstance(seen, SchoolBasedRecorded) else seen.plan.title,
            account=trimmed(self.account),
            project=None if isinstance(seen, SchoolBasedRecorded) else seen.project,
            offering=self.offering,
            provider=None if isinstance(seen, SchoolBasedRecorded) else seen.provider,
            credit=self.credit,
            school=seen.school if isinstance(seen, SchoolBasedRecorded) else None,
            sample=self.sample,
        )

    def _sampled(
        self, subject: Name, seen: ProjectDeclared | OfferingOpened | SchoolBasedRecorded
    ) -> Iterator[Event]:
        if self.sample is None:
            return
        drawn = self.drawn
        if drawn is None or all(map(self.ask.foreign, (drawn.place, drawn.owner))):
            raise unknown(self.sample, "sample")
        name = school_training(seen) if isinstance(seen, SchoolBasedRecorded) else str(seen.project)
        _, trainings = again(drawn, self.entries)
        if name not in [each.name for each in trainings]:
            refusal = NotInSample(
                zh=f"{subject} 不在样本 {self.sample} 中，请去掉 sample 再登记",
                en=f"{subject} is not in {self.sample}; record the check without it",
                field="sample",
            )
            yield from self.gate(refusal, subject, self.sample)
        assert self.drawn_by is not None
        early = premature(
            self.day,
            self.drawn_by.on,
            f"{self.sample} 抽出",
            f"{self.sample} was drawn",
            self.drawn_by.id,
        )
        yield from self.gate(early, subject, self.sample)

    def _subject(self) -> Name:
        given = [each for each in (self.project, self.offering, self.credit) if each is not None]
        if len(given) != 1:
            raise Fault(
                "ONE_SUBJECT",
                zh="project、offering、credit 三者须填且只填一个",
                en="give one of project, offering and credit, and no more than one",
                field="project",
            )
        return given[0]

    def _within(self, owner: JurisdictionId) -> None:
        if not (self.place.covers(owner) or owner.covers(self.place)):
            raise NotOfThisPlace(
                zh=f"{owner.value} 的培训不归 {self.place.value} 抽查",
                en=f"a training of {owner.value} is not for {self.place.value} to look into",
                field="place",
            )
        if self.body is not Body.BUREAU and self.place.level != "PROVINCE":
            raise WrongPlace(
                zh=f"{self.body.value} 是省级机构，place 须为省",
                en=f"{self.body.value} is a body of the province, not of {self.place.value}",
                field="body",
            )

    def _account(self, subject: Name) -> Iterator[Event]:
        rule = self.ask.rules.find(InspectionAccount, self.place, self.day)
        if rule is None or self.body.value not in rule.value.recorders or trimmed(self.account):
            return
        yield from self.gate(
            AccountMissing(
                zh=f"{self.body.value} 于 {self.day} 检查 {subject}，没有写明情况",
                en=f"{self.body.value} looked into {subject} on {self.day} and does not say what "
                "it found",
                rule=rule,
                field="account",
            ),
            subject,
        )


def inspection_share(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    *,
    projects: int,
    inspected: int,
    events: tuple[str, ...] = (),
    today: date | None = None,
) -> Requirement | None:
    """Whether enough of a locality's projects of a year were looked into.

    ``today``: where the year of the day may still run.
    """
    rule = rules.find(InspectionShare, place, day)
    if rule is None:
        return None
    least = rule.value.share_min * projects
    result = Result.MET if inspected >= least else Result.NOT_MET
    found = weighed(
        "INSPECTION_SHARE",
        rule,
        result if projects else Result.NOT_APPLICABLE,
        needed=f"{rule.value.share_min} × {projects}",
        had=inspected,
        zh=f"全年 {projects} 个项目（含校本研修），抽查 {inspected} 个，"
        f"须达到 {rule.value.share_min}。",
        en=f"{inspected} of {projects} projects of the year, school-based ones among them, were "
        f"looked into; {rule.value.share_min} are asked for.",
        events=events,
    )
    return while_running(found, last_of(day), today or date.max, -(-least // 1) - inspected)
