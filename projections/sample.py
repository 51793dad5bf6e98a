"""Samples: what was drawn from which population, and which of it was looked into since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from msgspec import Struct

from ledger.event import Entry
from ledger.names import JurisdictionId, SampleId
from ledger.oversight import Body, ProjectInspected
from ledger.population import POPULATION_EVENTS, school_name
from ledger.sample import SampleDrawn, again, list_hash
from ledger.store.feed import Feed, Filter
from projections.projection import Projection


class DrawnState(Enum):
    """Whether a training of a sample was looked into since."""

    OPEN = "OPEN"
    INSPECTED = "INSPECTED"


class SampleCheck(Struct, kw_only=True):
    """An inspection that names the sample."""

    event: str
    training: str
    day: date
    place: JurisdictionId
    body: Body
    account: str


class Sample(Struct, kw_only=True):
    """An audit sample: how it was drawn, and the inspections that name it."""

    sample: SampleId
    place: JurisdictionId | None = None
    owner: JurisdictionId | None = None
    first: date | None = None
    last: date | None = None
    by_kind: bool = False
    population: int = 0
    size: int = 0
    drawn: int = 0
    seed: str = ""
    sha256: str = ""
    earlier: int = 0
    share: str | None = None
    count: int | None = None
    event: str = ""
    position: int = 0
    on: date | None = None
    at: datetime | None = None
    actor: str = ""
    inspections: tuple[SampleCheck, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def as_drawn(self) -> SampleDrawn:
        """The event that it was drawn by."""
        return SampleDrawn(**{name: getattr(self, name) for name in SampleDrawn.__struct_fields__})


class Samples(Projection[Sample]):
    """Samples by the place that drew and the place that was sampled."""

    name = "samples"
    state = Sample
    events = (SampleDrawn, ProjectInspected)
    facets = {"place": "text", "owner": "text", "tags": "text[]"}

    def keys(self, entry: Entry) -> Iterable[str]:
        event = entry.event
        assert isinstance(event, SampleDrawn | ProjectInspected)
        return () if event.sample is None else (str(event.sample),)

    def blank(self, key: str) -> Sample:
        return Sample(sample=SampleId(key))

    def apply(self, state: Sample, entry: Entry) -> Sample:
        match entry.event:
            case SampleDrawn() as event:
                for name in event.__struct_fields__:
                    setattr(state, name, getattr(event, name))
                state.event, state.position = entry.id, entry.position
                state.on, state.at, state.actor = entry.on, entry.at, entry.actor
                state.tags = tuple(dict.fromkeys((str(event.place), str(event.owner))))
            case ProjectInspected() as event:
                school = event.school
                name = school_name(school, event.title) if school else str(event.project)
                check = SampleCheck(
                    event=entry.id,
                    training=name,
                    day=event.day,
                    place=event.place,
                    body=event.body,
                    account=event.account,
                )
                state.inspections = (*state.inspections, check)
            case _:
                pass
        return state


class Drawn(Struct, frozen=True, kw_only=True):
    """One training of a sample, and whether it was looked into since."""

    name: str
    kind: str
    title: str
    classes: tuple[str, ...]
    credits: tuple[str, ...]
    state: DrawnState
    inspections: tuple[SampleCheck, ...]


class Verified(Struct, frozen=True, kw_only=True):
    """A sample drawn again: whether size, number and list come out as recorded."""

    agrees: bool
    size: int
    drawn: int
    sha256: str
    items: tuple[Drawn, ...]


def verified(feed: Feed, sample: Sample) -> Verified:
    """Draws a sample again, from its event and the population as of the position in it."""
    event = sample.as_drawn
    wanted = Filter(
        tags=(str(event.owner),),
        types=tuple(sorted(each.NAME for each in POPULATION_EVENTS)),
        before=event.population + 1,
    )
    size, trainings = again(event, feed.entries(wanted))
    digest = list_hash(trainings)
    items = []
    for each in trainings:
        checks = tuple(one for one in sample.inspections if one.training == each.name)
        items.append(
            Drawn(
                name=each.name,
                kind=each.kind,
                title=each.title,
                classes=tuple(map(str, each.classes)),
                credits=tuple(map(str, each.credits)),
                state=DrawnState.INSPECTED if checks else DrawnState.OPEN,
                inspections=checks,
            )
        )
    return Verified(
        agrees=(size, len(items), digest) == (event.size, event.drawn, event.sha256),
        size=size,
        drawn=len(items),
        sha256=digest,
        items=tuple(items),
    )
