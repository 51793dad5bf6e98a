"""Warning: the yellow card for a provider, or one of its projects, with serious problems.

It is the first step of a ladder: a yellow card with a deadline, a re-inspection when the deadline
has come, and only where that shows no clear improvement what sanction.py holds. A re-inspection
before the deadline may close the case, but cannot fail the provider, who still has time. A step out
of order stands, with a violation beside it where the ladder is in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ledger.accreditation import (
    ACCREDITATION_EVENTS,
    Accreditation,
    AccreditationRevoked,
    accrediting,
)
from ledger.command import Command, Refused, Selector, about, fact
from ledger.declaration import ProjectDeclared, known_project
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name, ProjectId, ProviderId
from ledger.register import unknown
from ledger.regulation import InForce, Parameters
from ledger.review import PROJECT_EVENTS, Dossier, reasoned


class Rung(Enum):
    """A step of the ladder, lowest first."""

    YELLOW_CARD = "YELLOW_CARD"
    RECTIFICATION = "RECTIFICATION"
    REINSPECTION = "REINSPECTION"
    CANCELLATION = "CANCELLATION"


RUNG_ZH = {
    Rung.YELLOW_CARD: "黄牌警告",
    Rung.RECTIFICATION: "限期整改",
    Rung.REINSPECTION: "到期后的再检查",
    Rung.CANCELLATION: "取消",
}


class YellowCardIssued(Event, name="warning.yellow-card-issued"):
    """A provider, or a project of it, was warned and told to put things right by a day."""

    provider: ProviderId
    place: JurisdictionId
    reason: str
    deadline: date | None = None
    project: ProjectId | None = None


class Reinspected(Event, name="warning.reinspected"):
    """A provider or project with a yellow card was inspected again."""

    provider: ProviderId
    place: JurisdictionId
    improved: bool
    report: str
    project: ProjectId | None = None


SANCTION_EVENTS: list[type[Event]] = [YellowCardIssued, Reinspected]


class SanctionLadder(
    Parameters,
    kind="sanction-ladder",
    zh="黄牌警告、限期整改、到期再检查、取消依次进行；前面的步骤没有走完就走后面的，或改进后仍取消的，记一项违规。",
    scope=(),
    less=("steps",),
    words={"steps": Rung},
):
    """A step taken before those below it, or after the case was closed, is a violation."""

    steps: tuple[str, ...]


class StepOutOfOrder(Refused):
    """A step of the ladder was taken before those below it, or after the case was closed."""


class NotOfProvider(Refused):
    """The project belongs to another provider."""


@dataclass
class Case:
    """How far the case against a provider or project has gone, as the events say it."""

    project: ProjectId | None = None
    card: str | None = None
    deadline: date | None = None
    failed: str | None = None
    closed: str | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in the case's own events; others change nothing."""
        match entry.event:
            case YellowCardIssued(project=project, deadline=deadline) if project == self.project:
                self.card, self.deadline = entry.id, deadline
                self.failed = self.closed = None
            case Reinspected(project=project, improved=improved) if project == self.project:
                if improved and self.card is not None:
                    self.card, self.deadline, self.failed = None, None, None
                    self.closed = entry.id
                elif self.due(entry.on):
                    self.failed = entry.id
            case AccreditationRevoked() if self.project is None:
                # The ladder has come to its end; who is accredited anew begins without a case.
                self.card = self.deadline = self.failed = self.closed = None
            case _:
                pass

    def due(self, day: date) -> bool:
        """Whether there is a deadline and it has come by that day."""
        return self.deadline is not None and self.deadline <= day

    def lacking(self, rung: Rung) -> list[Rung]:
        """The steps below a step that were not taken."""
        taken = {
            Rung.YELLOW_CARD: self.card is not None,
            Rung.RECTIFICATION: self.deadline is not None,
            Rung.REINSPECTION: self.failed is not None,
        }
        below = list(Rung)[: list(Rung).index(rung)]
        return [each for each in below if not taken[each]]

    @property
    def evidence(self) -> tuple[str, ...]:
        """The steps that were taken, or the one that closed the case."""
        return tuple(each for each in (self.card, self.failed, self.closed) if each is not None)


@dataclass(kw_only=True)
class SanctionStep(Command):
    """A step about a provider, or about one of its projects where one is named."""

    provider: ProviderId

    held: Accreditation = fact(default_factory=Accreditation)
    case: Case = fact(default_factory=Case)
    seen: Dossier = fact(default_factory=Dossier)

    def about_project(self) -> ProjectId | None:
        """The project that it is about; ``None``: about the provider as a whole."""
        return getattr(self, "project", None)

    def __post_init__(self) -> None:
        self.case = Case(project=self.about_project())

    def boundary(self) -> list[Selector]:
        project = self.about_project()
        about_it = [] if project is None else [about(project, of=PROJECT_EVENTS)]
        return [about(self.provider, of=[*ACCREDITATION_EVENTS, *SANCTION_EVENTS]), *about_it]

    def learn(self, entry: Entry) -> None:
        self.held.learn(entry, self.provider)
        self.case.learn(entry)
        self.seen.learn(entry)

    def authority(self) -> Name:
        host = self.held.known(self.provider)
        project = self.about_project()
        return accrediting(host) if project is None else self._place(project)

    def territory(self) -> JurisdictionId:
        host = self.held.known(self.provider)
        project = self.about_project()
        return host.place if project is None else self._place(project)

    def _place(self, project: ProjectId) -> JurisdictionId:
        return known_project(self.seen.declared, project).place

    def known(self, project: ProjectId) -> ProjectDeclared:
        """The project. Raises ``UnknownReference``, ``ProjectGone`` or ``NotOfProvider``."""
        if self.seen.declared is None:
            raise unknown(project, "project")
        declared = self.seen.known(project)
        if declared.provider != self.provider:
            raise NotOfProvider(
                zh=f"{project} 由 {declared.provider} 申报，不是 {self.provider} 的项目",
                en=f"{project} is a project of {declared.provider}, not of {self.provider}",
                field="project",
            )
        return declared

    def checked(self) -> JurisdictionId:
        """The place that it concerns, where there is still something to decide."""
        project = self.about_project()
        lost = self.held.lost(self)
        if lost is not None and project is None:
            raise lost
        if project is not None:
            self.known(project)
        return self.territory()

    def ladder(self) -> InForce[SanctionLadder] | None:
        """The ladder in force at the place."""
        return self.ask.rules.find(SanctionLadder, self.territory(), self.ask.on)

    def out_of_order(self, rung: Rung) -> Iterator[Event]:
        """Finding: steps below this one were not taken."""
        rule = self.ladder()
        if rule is None or rung.value not in rule.value.steps:
            return
        lacking = [each for each in self.case.lacking(rung) if each.value in rule.value.steps]
        if not lacking:
            return
        whom = self.about_project() or self.provider
        closed = self.case.closed is not None
        why_zh = "；此前的再检查显示已明显改进，已结案" if closed else ""
        why_en = "; the last re-inspection showed improvement and closed the case" if closed else ""
        said = StepOutOfOrder(
            zh=f"对 {whom} 的{RUNG_ZH[rung]}之前缺少"
            f"{'、'.join(RUNG_ZH[each] for each in lacking)}{why_zh}",
            en=f"{rung.value} of {whom} lacks {', '.join(each.value for each in lacking)} before "
            f"it{why_en}",
            rule=rule,
            field="project" if self.about_project() else "provider",
            evidence=self.case.evidence,
        )
        names = (self.provider, self.about_project())
        yield self.finding(said, Outcome.VIOLATION, *(each for each in names if each is not None))


@dataclass(kw_only=True)
class IssueYellowCard(SanctionStep):
    """Warn a provider or a project of it and set a day to put things right, by the bureau."""

    reason: str
    deadline: date | None = None
    project: ProjectId | None = None

    def decide(self) -> Iterator[Event]:
        place = self.checked()
        reasoned(self.reason, needed=True)
        yield YellowCardIssued(
            provider=self.provider,
            place=place,
            reason=self.reason,
            deadline=self.deadline,
            project=self.project,
        )
        rule = self.ladder()
        short = self.deadline is None or self.deadline <= self.ask.on
        if rule is not None and short and Rung.RECTIFICATION.value in rule.value.steps:
            said = StepOutOfOrder(
                zh=f"黄牌警告没有给出整改期限（限期：{self.deadline or '无'}）",
                en="the yellow card leaves no time to put things right: "
                f"{f'it is due on {self.deadline}' if self.deadline else 'it names no day'}",
                rule=rule,
                field="deadline",
            )
            yield self.finding(said, Outcome.VIOLATION, self.provider)


@dataclass(kw_only=True)
class Reinspect(SanctionStep):
    """Enter what the inspection after a yellow card found, by the bureau."""

    improved: bool
    report: str
    project: ProjectId | None = None

    def decide(self) -> Iterator[Event]:
        place = self.checked()
        reasoned(self.report, needed=True, field="report")
        yield Reinspected(
            provider=self.provider,
            place=place,
            improved=self.improved,
            report=self.report,
            project=self.project,
        )
        yield from self.out_of_order(Rung.REINSPECTION)
        rule, deadline = self.ladder(), self.case.deadline
        if rule is None or self.improved or deadline is None or self.case.due(self.ask.on):
            return
        said = StepOutOfOrder(
            zh=f"整改期限 {deadline} 未到即认定没有改进，不能作为取消的依据",
            en=f"the deadline {deadline} has not come; no lack of improvement counts before it",
            rule=rule,
            field="improved",
            evidence=self.case.evidence,
        )
        yield self.finding(said, Outcome.VIOLATION, self.provider)
