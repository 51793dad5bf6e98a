"""Review: the competent authority decides on a declared project and publishes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.command import Command, Refused, Selector, about, fact, premature
from ledger.declaration import NotDeclared, ProjectDeclared, ProjectWithdrawn, known_project
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, ProjectId, ProviderId, TermId
from ledger.order import AlreadyPublished
from ledger.term import Calendar, Phase, in_window, note_window
from ledger.text import trimmed


class ProjectReviewed(Event, name="review.project-reviewed"):
    """The authority approved or rejected a project."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    approved: bool
    reason: str


class ProjectPublished(Event, name="review.project-published"):
    """The authority published an approved project; its plan is pinned from here on."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId


class ProjectRemoved(Event, name="review.project-removed"):
    """The province took a project off the platform; nobody can choose it any more."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    reason: str
    rules: tuple[str, ...] = ()


class ProjectCancelled(Event, name="review.project-cancelled"):
    """The authority cancelled a project over serious problems; no class of it goes on."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    reason: str
    rules: tuple[str, ...] = ()


class ProjectGone(Refused):
    """The project was removed or cancelled."""


class AlreadyReviewed(Refused):
    """The decision has been taken."""


class NotApproved(Refused):
    """The project was not approved."""


class ReasonMissing(Refused):
    """A decision against somebody needs a reason."""


@dataclass
class Dossier:
    """A project's way through declaration, review and publication."""

    declared: ProjectDeclared | None = None
    withdrawn: bool = False
    approved: bool | None = None
    published: bool = False
    gone: str | None = None
    last: tuple[date, str] = (date.min, "")

    def learn(self, entry: Entry) -> None:
        """Takes in the project's events; others change nothing."""
        match entry.event:
            case ProjectDeclared() as event:
                self.declared, self.last = event, (entry.on, entry.id)
            case ProjectWithdrawn():
                self.withdrawn = True
            case ProjectReviewed(approved=approved):
                self.approved, self.last = approved, (entry.on, entry.id)
            case ProjectPublished():
                self.published, self.last = True, (entry.on, entry.id)
            case ProjectRemoved() | ProjectCancelled():
                self.gone = entry.id
            case _:
                pass

    def known(self, project: ProjectId, field: str = "project") -> ProjectDeclared:
        """The declaration. Raises ``UnknownReference``, ``NotDeclared`` or ``ProjectGone``."""
        declared = known_project(self.declared, project, field)
        if self.withdrawn:
            raise NotDeclared(
                zh=f"{project} 已由申报单位撤回",
                en=f"{project} was withdrawn by its provider",
                field="project",
            )
        if self.gone is not None:
            raise ProjectGone(
                zh=f"{project} 已被移除或取消",
                en=f"{project} was removed or cancelled",
                field="project",
                evidence=(self.gone,),
            )
        return declared

    def follows(self, command: Command, zh: str, en: str) -> Refused | None:
        """What is wrong with the next step where it is dated before the last one."""
        assert self.declared is not None
        day, evidence = self.last
        name = self.declared.project
        return premature(command.ask.on, day, f"{name} 已{zh}", f"{name} {en}", evidence)


PROJECT_EVENTS: list[type[Event]] = [
    ProjectDeclared,
    ProjectWithdrawn,
    ProjectReviewed,
    ProjectPublished,
    ProjectRemoved,
    ProjectCancelled,
]


def reasoned(reason: str, needed: bool, field: str = "reason") -> None:
    """Raises ``ReasonMissing`` where a reason is needed and none is given."""
    if needed and not trimmed(reason):
        raise ReasonMissing(
            zh=f"此处须写明理由或说明（{field}）",
            en=f"{field} must say why",
            field=field,
        )


@dataclass(kw_only=True)
class ReviewProject(Command):
    """Approve or reject a project, by the competent bureau."""

    project: ProjectId
    approved: bool
    reason: str = ""

    seen: Dossier = fact(default_factory=Dossier)

    def boundary(self) -> list[Selector]:
        return [about(self.project, of=PROJECT_EVENTS)]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)

    def authority(self) -> Name:
        return known_project(self.seen.declared, self.project).place

    def decide(self) -> Iterator[Event]:
        declared = self.seen.known(self.project)
        if self.seen.approved is not None:
            raise AlreadyReviewed(
                zh=f"{self.project} 已经审核",
                en=f"{self.project} has been reviewed",
                field="project",
            )
        reasoned(self.reason, not self.approved)
        subjects = (self.project, declared.provider)
        yield from self.gate(self.seen.follows(self, "申报", "was declared"), *subjects)
        place, term = declared.place, declared.term
        if declared.calendar is Calendar.ORDER:
            # The order calendar gives one day for review and publication, as a finding (ZJ24-35).
            yield from note_window(
                self,
                Phase.ORDER_REVIEW,
                *subjects,
                place=place,
                term=term,
                calendar=Calendar.ORDER,
            )
        else:
            yield from in_window(self, Phase.REVIEW, *subjects, place=place, term=term)
        yield ProjectReviewed(
            project=self.project,
            provider=declared.provider,
            place=declared.place,
            term=declared.term,
            approved=self.approved,
            reason=self.reason,
        )


@dataclass(kw_only=True)
class PublishProject(Command):
    """Publish an approved project, by the competent bureau."""

    project: ProjectId

    seen: Dossier = fact(default_factory=Dossier)

    def boundary(self) -> list[Selector]:
        return [about(self.project, of=PROJECT_EVENTS)]

    def learn(self, entry: Entry) -> None:
        self.seen.learn(entry)

    def authority(self) -> Name:
        return known_project(self.seen.declared, self.project).place

    def decide(self) -> Iterator[Event]:
        declared = self.seen.known(self.project)
        if not self.seen.approved:
            raise NotApproved(
                zh=f"{self.project} 未经审核通过，不能发布",
                en=f"{self.project} was not approved and cannot be published",
                field="project",
            )
        if self.seen.published:
            raise AlreadyPublished(
                zh=f"{self.project} 已经发布", en=f"{self.project} is published", field="project"
            )
        ordered = declared.calendar is Calendar.ORDER
        early = self.seen.follows(self, "审核", "was reviewed")
        yield from self.gate(early, self.project, declared.provider)
        yield ProjectPublished(
            project=self.project,
            provider=declared.provider,
            place=declared.place,
            term=declared.term,
        )
        yield from note_window(
            self,
            Phase.ORDER_REVIEW if ordered else Phase.PUBLISH,
            self.project,
            declared.provider,
            place=declared.place,
            term=declared.term,
            calendar=declared.calendar,
        )
