"""Register views: schools, providers and teachers as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct

from ledger.accreditation import (
    AccreditationRevoked,
    AccreditationUpdated,
    ProviderAccredited,
    ProviderKind,
    QuotaCategory,
    Reach,
)
from ledger.category import CATEGORY_EVENTS, Belonging, belongings_after
from ledger.event import Entry
from ledger.names import JurisdictionId, ProviderId, SchoolId, TeacherId
from ledger.register import SchoolRegistered, Stage, Tier, Title
from ledger.teacher import (
    TEACHER_EVENTS,
    ProfileSource,
    Stay,
    TeacherProfileUpdated,
    TeacherRegistered,
    stays_after,
)
from projections.projection import Projection


class School(Struct, kw_only=True):
    """A school."""

    school: SchoolId
    place: JurisdictionId | None = None
    title: str = ""
    stage: Stage | None = None


class Schools(Projection[School]):
    """Schools by place."""

    name = "schools"
    state = School
    events = (SchoolRegistered,)
    facets = {"place": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        assert isinstance(entry.event, SchoolRegistered)
        return (str(entry.event.school),)

    def blank(self, key: str) -> School:
        return School(school=SchoolId(key))

    def apply(self, state: School, entry: Entry) -> School:
        match entry.event:
            case SchoolRegistered() as event:
                state.place, state.title, state.stage = event.place, event.title, event.stage
            case _:
                pass
        return state


class Provider(Struct, kw_only=True):
    """A provider with its accreditation as it is now; ``revoked``: the day on which it ended."""

    provider: ProviderId
    place: JurisdictionId | None = None
    title: str = ""
    reach: Reach | None = None
    subjects: tuple[str, ...] = ()
    since: date | None = None
    quota_category: QuotaCategory | None = None
    distance: bool = False
    blended: bool = False
    kind: ProviderKind | None = None
    within: ProviderId | None = None
    updated: date | None = None
    revoked: date | None = None


class Providers(Projection[Provider]):
    """Providers by place and reach."""

    name = "providers"
    state = Provider
    version = 2
    events = (ProviderAccredited, AccreditationUpdated, AccreditationRevoked)
    facets = {"place": "text", "reach": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, ProviderAccredited | AccreditationUpdated | AccreditationRevoked)
        return (str(event.provider),)

    def blank(self, key: str) -> Provider:
        return Provider(provider=ProviderId(key))

    def apply(self, state: Provider, entry: Entry) -> Provider:
        match entry.event:
            case ProviderAccredited() as event:
                told = {name: getattr(event, name) for name in event.__struct_fields__}
                return Provider(**told)
            case AccreditationUpdated() as event:
                for name in event.__struct_fields__:
                    setattr(state, name, getattr(event, name))
                state.updated = entry.on
            case AccreditationRevoked():
                state.revoked = entry.on
            case _:
                pass
        return state


class Teacher(Struct, kw_only=True):
    """A teacher, without personal data.

    Title, tier and ``profile_source`` are empty until an update says them.
    """

    teacher: TeacherId
    school: SchoolId | None = None
    place: JurisdictionId | None = None
    stage: Stage | None = None
    subject: str = ""
    title: Title | None = None
    tier: Tier | None = None
    profile_source: ProfileSource | None = None
    categories: list[Belonging] = []
    entered: date | None = None
    updated: date | None = None
    stays: tuple[Stay, ...] = ()


class Teachers(Projection[Teacher]):
    """Teachers by school and place."""

    name = "teachers"
    version = 3
    state = Teacher
    events = (*TEACHER_EVENTS, *CATEGORY_EVENTS)
    facets = {"school": "text", "place": "text"}

    def keys(self, entry: Entry) -> Iterable[str]:
        teacher: Any = getattr(entry.event, "teacher", "")
        return (str(teacher),)

    def blank(self, key: str) -> Teacher:
        return Teacher(teacher=TeacherId(key))

    def apply(self, state: Teacher, entry: Entry) -> Teacher:
        state.categories = belongings_after(state.categories, entry)
        state.stays = stays_after(state.stays, entry)
        if state.stays:
            state.school, state.place = state.stays[-1].school, state.stays[-1].place
        match entry.event:
            case TeacherRegistered() as event:
                state.entered = event.entered
                state.stage, state.subject, state.updated = event.stage, event.subject, entry.on
            case TeacherProfileUpdated() as event:
                state.stage, state.subject, state.updated = event.stage, event.subject, entry.on
                state.profile_source = event.source
                state.title = event.title or state.title
                state.tier = event.tier or state.tier
            case _:
                pass
        return state
