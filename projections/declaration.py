"""Projects as they stand: declared, withdrawn, approved or rejected, published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum

from msgspec import Struct

from ledger.declaration import ProjectDeclared, ProjectWithdrawn
from ledger.event import Entry
from ledger.names import JurisdictionId, OrderId, ProjectId, ProviderId, TermId
from ledger.plan import Lead, Plan
from ledger.review import ProjectCancelled, ProjectPublished, ProjectRemoved, ProjectReviewed
from ledger.term import Calendar
from projections.projection import Projection


class ProjectStatus(Enum):
    """Where a project stands."""

    DECLARED = "DECLARED"
    WITHDRAWN = "WITHDRAWN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PUBLISHED = "PUBLISHED"
    REMOVED = "REMOVED"
    CANCELLED = "CANCELLED"


class Project(Struct, kw_only=True):
    """A project with its plan."""

    project: ProjectId
    status: ProjectStatus = ProjectStatus.DECLARED
    provider: ProviderId | None = None
    place: JurisdictionId | None = None
    term: TermId | None = None
    calendar: Calendar | None = None
    plan: Plan | None = None
    lead: Lead | None = None
    offerings: int = 0
    order: OrderId | None = None
    counts_for_quota: bool = False
    declared: date | None = None
    reviewed: date | None = None
    published: date | None = None
    reason: str = ""


class Projects(Projection[Project]):
    """Projects by provider, place, term and status."""

    name = "projects"
    state = Project
    version = 2
    events = (
        ProjectDeclared,
        ProjectWithdrawn,
        ProjectReviewed,
        ProjectPublished,
        ProjectRemoved,
        ProjectCancelled,
    )
    facets = {"provider": "text", "place": "text", "term": "text", "status": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        project: ProjectId = getattr(entry.event, "project", ProjectId("project:none"))
        return (str(project),)

    def blank(self, key: str) -> Project:
        return Project(project=ProjectId(key))

    def apply(self, state: Project, entry: Entry) -> Project:
        match entry.event:
            case ProjectDeclared() as event:
                for name in event.__struct_fields__:
                    if name != "rules":
                        setattr(state, name, getattr(event, name))
                state.declared = entry.on
            case ProjectWithdrawn():
                state.status = ProjectStatus.WITHDRAWN
            case ProjectReviewed() as event:
                passed = ProjectStatus.APPROVED if event.approved else ProjectStatus.REJECTED
                state.status, state.reason, state.reviewed = passed, event.reason, entry.on
            case ProjectPublished():
                state.status, state.published = ProjectStatus.PUBLISHED, entry.on
            case ProjectRemoved(reason=reason):
                state.status, state.reason = ProjectStatus.REMOVED, reason
            case ProjectCancelled(reason=reason):
                state.status, state.reason = ProjectStatus.CANCELLED, reason
            case _:
                pass
        return state
