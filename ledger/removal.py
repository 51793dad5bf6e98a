"""Removal: the province takes projects off the platform, and with them their classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.amount import bounded
from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.dates import OfferingsRedated
from ledger.declaration import ProjectDeclared
from ledger.event import Entry, Event
from ledger.names import JurisdictionId, Name, OfferingId, ProjectId, TermId
from ledger.offering import ClassRoom, DatesChanged, OfferingCancelled, OfferingOpened
from ledger.plan import Choice
from ledger.regulation import InForce, Parameters
from ledger.reopening import offline
from ledger.review import PROJECT_EVENTS, Dossier, ProjectRemoved, reasoned
from ledger.term import TermOpened, known_term

PROJECTS_MAX = 500


class ProjectRemoval(
    Parameters,
    kind="project-removal",
    zh="省级所列形式的项目由省级统一移除，其班期随之取消，不能再选课和认定学分。",
    scope=("term",),
    provincial=True,
    # The province removes its own projects, and no others.
    words={"levels": ("PROVINCE",), "applies_to": ("OFFLINE",)},
):
    """Projects of this level and kind are removed; their classes end without choice or credit."""

    applies_to: tuple[str, ...]
    choice: Choice
    levels: tuple[str, ...]

    def meant(self, declared: ProjectDeclared) -> bool:
        """Whether a project is of the level and kind."""
        return (
            declared.place.level in self.levels
            and declared.plan.choice is self.choice
            and offline(declared.plan)
        )


class NotForRemoval(Refused):
    """The rule does not remove the project, or there is no such rule for the term."""


class NothingToRemove(Refused):
    """No project of the term is to be removed any more."""


@dataclass
class Classes:
    """The classes of projects, as the events say it."""

    rooms: dict[OfferingId, ClassRoom] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in openings, cancellations and new days; others change nothing."""
        match entry.event:
            case OfferingOpened(offering=offering):
                self.rooms.setdefault(offering, ClassRoom()).learn(entry)
            case OfferingCancelled(offering=offering) | DatesChanged(offering=offering):
                if offering in self.rooms:
                    self.rooms[offering].learn(entry)
            case OfferingsRedated():
                for room in self.rooms.values():
                    room.learn(entry)
            case _:
                pass

    def of(self, project: ProjectId) -> list[OfferingOpened]:
        """The classes of one project that were not cancelled."""
        standing = [each.opened for each in self.rooms.values() if each.cancelled is None]
        return [each for each in standing if each is not None and each.project == project]

    def dated(self) -> list[Selector]:
        """The changes of their days; such an event names the class and not its project."""
        return [about(each, of=[DatesChanged]) for each in self.rooms]


# Those that name the project.
CLASS_EVENTS: list[type[Event]] = [OfferingOpened, OfferingCancelled, OfferingsRedated]


def called_off(
    classes: list[OfferingOpened], reason: str, rules: tuple[str, ...]
) -> Iterator[OfferingCancelled]:
    """The cancellations of classes, for one reason."""
    for each in classes:
        yield OfferingCancelled(
            offering=each.offering,
            project=each.project,
            provider=each.provider,
            place=each.place,
            reason=reason,
            rules=rules,
        )


@dataclass(kw_only=True)
class RemoveProjects(Command):
    """Remove the projects of a term that its rule removes, or those named, by the province."""

    term: TermId
    reason: str
    projects: tuple[ProjectId, ...] = ()

    seen: dict[ProjectId, Dossier] = fact(default_factory=dict)
    classes: Classes = fact(default_factory=Classes)
    opened: bool = fact(default=False)

    def boundary(self) -> list[Selector]:
        term = about(self.term, of=[TermOpened], rare=True)
        if self.projects:
            named = dict.fromkeys(self.projects)
            return [term, *(about(each, of=[*PROJECT_EVENTS, *CLASS_EVENTS]) for each in named)]
        return [term, about(PROVINCE, self.term, of=[ProjectDeclared], rare=True)]

    def beyond(self) -> list[Selector]:
        if self.projects:
            return []
        events = [each for each in (*PROJECT_EVENTS, *CLASS_EVENTS) if each is not ProjectDeclared]
        return [about(each, of=events) for each in self.seen]

    def learn(self, entry: Entry) -> None:
        project: ProjectId | None = getattr(entry.event, "project", None)
        self.classes.learn(entry)
        self.opened = self.opened or isinstance(entry.event, TermOpened)
        if project is not None and type(entry.event) in PROJECT_EVENTS:
            self.seen.setdefault(project, Dossier()).learn(entry)

    def authority(self) -> Name:
        return PROVINCE

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        reasoned(self.reason, needed=True)
        rule = self.ask.rules.find(ProjectRemoval, PROVINCE, self.ask.on, term=self.term.value)
        removed = self._named() if self.projects else self._meant(rule)
        bounded(len(removed), PROJECTS_MAX, "projects")
        cited = (rule.id,) if rule else ()
        for declared in removed:
            if rule is None or not rule.value.meant(declared) or declared.term != self.term:
                yield from self.gate(
                    _not_for_removal(declared, self.term, rule), declared.project, declared.provider
                )
            yield ProjectRemoved(
                project=declared.project,
                provider=declared.provider,
                place=declared.place,
                term=declared.term,
                reason=self.reason,
                rules=cited,
            )
            yield from called_off(self.classes.of(declared.project), self.reason, cited)

    def _named(self) -> list[ProjectDeclared]:
        named = dict.fromkeys(self.projects)
        return [self.seen.get(each, Dossier()).known(each, "projects") for each in named]

    def _meant(self, rule: InForce[ProjectRemoval] | None) -> list[ProjectDeclared]:
        standing = [
            each.declared
            for each in self.seen.values()
            if each.declared is not None and not each.withdrawn and each.gone is None
        ]
        meant = [each for each in standing if rule is not None and rule.value.meant(each)]
        if not meant:
            raise NothingToRemove(
                zh=f"{self.term.value} 没有按规定须移除的项目",
                en=f"no project of {self.term.value} is to be removed",
                rule=rule,
                field="term",
            )
        return meant


def _not_for_removal(
    declared: ProjectDeclared, term: TermId, rule: InForce[ProjectRemoval] | None
) -> NotForRemoval:
    place: JurisdictionId = declared.place
    return NotForRemoval(
        zh=f"{declared.project}（{place}，{declared.term.value}，{declared.plan.mode.value}，"
        f"{declared.plan.choice.value}）不在 {term.value} 应移除的项目之列",
        en=f"{declared.project} ({place}, {declared.term.value}, {declared.plan.mode.value}, "
        f"{declared.plan.choice.value}) is none of those that {term.value} removes",
        rule=rule,
        field="projects",
    )
