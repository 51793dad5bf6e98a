"""Supervision: what the bureau does about providers that resumed and neglect their measures.

Measures not in place are ordered to be put right; over a serious lapse the bureau stops the
provider's offline training, until it lets it go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ledger.accreditation import ACCREDITATION_EVENTS, Accreditation
from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.finding import Lack, Outcome
from ledger.names import JurisdictionId, Name, ProviderId
from ledger.regulation import Parameters
from ledger.review import reasoned

SUPERVISION = ("RECTIFICATION", "OFFLINE_SUSPENSION")


class Measure(Enum):
    """A protective arrangement of offline classes that the province advises."""

    STAGGERED_CLASSES = "STAGGERED_CLASSES"
    CLASS_SIZE = "CLASS_SIZE"
    OUTSIDE_TRAINERS = "OUTSIDE_TRAINERS"
    SCHOOL_ACTIVITIES = "SCHOOL_ACTIVITIES"


MEASURE_ZH = {
    Measure.STAGGERED_CLASSES: "错时错峰安排班期",
    Measure.CLASS_SIZE: "控制班额",
    Measure.OUTSIDE_TRAINERS: "谨慎安排外地专家",
    Measure.SCHOOL_ACTIVITIES: "减少进校园活动",
}


class MeasuresInspected(Event, name="supervision.measures-inspected"):
    """The bureau looked at the protective measures of a provider and says which are lacking."""

    provider: ProviderId
    place: JurisdictionId
    lacking: tuple[Measure, ...]
    note: str


class RectificationOrdered(Event, name="supervision.rectification-ordered"):
    """The bureau ordered a provider to put its protective measures right."""

    provider: ProviderId
    place: JurisdictionId
    reason: str


class OfflineSuspended(Event, name="supervision.offline-suspended"):
    """The bureau stopped the offline training of a provider over a serious lapse."""

    provider: ProviderId
    place: JurisdictionId
    reason: str


class OfflineReleased(Event, name="supervision.offline-released"):
    """The bureau let the offline training of a provider go on."""

    provider: ProviderId
    place: JurisdictionId
    reason: str


SUPERVISION_EVENTS: list[type[Event]] = [
    MeasuresInspected,
    RectificationOrdered,
    OfflineSuspended,
    OfflineReleased,
]


class OfflineMeasures(
    Parameters,
    kind="offline-measures",
    zh="检查中发现的防疫安排缺项逐项记为建议，不作处罚。",
    scope=(),
    less=("applies_to", "measures"),
    words={"measures": Measure},
):
    """Measures that an inspection found lacking are noted as advice."""

    applies_to: tuple[str, ...]
    measures: tuple[str, ...]


class OfflineSupervision(
    Parameters,
    kind="offline-supervision",
    zh="防疫不到位先责令整改，严重的暂停线下培训；暂停期间开线下班记一项违规。",
    scope=(),
    less=("steps",),
    words={"steps": SUPERVISION},
):
    """An offline class opened while the provider's offline training is stopped is a violation."""

    steps: tuple[str, ...]


class MeasureLacking(Refused):
    """An arrangement that the province advises was not made."""


class NoRectificationBefore(Refused):
    """Offline training was stopped without an order to put things right before."""


class NothingSuspended(Refused):
    """The offline training of the provider is not suspended, or is already."""


@dataclass
class Supervision:
    """What the bureau ordered of a provider, as the events say it."""

    ordered: str | None = None
    suspended: str | None = None

    def learn(self, entry: Entry) -> None:
        """Takes in the bureau's steps; others change nothing."""
        match entry.event:
            case RectificationOrdered():
                self.ordered = entry.id
            case OfflineSuspended():
                self.suspended = entry.id
            case OfflineReleased():
                self.ordered = self.suspended = None
            case _:
                pass


@dataclass(kw_only=True)
class BureauStep(Command):
    """What the bureau of a provider does about its measures; subclasses say what."""

    provider: ProviderId

    held: Accreditation = fact(default_factory=Accreditation)
    seen: Supervision = fact(default_factory=Supervision)

    def boundary(self) -> list[Selector]:
        return [about(self.provider, of=[*ACCREDITATION_EVENTS, *SUPERVISION_EVENTS])]

    def learn(self, entry: Entry) -> None:
        self.held.learn(entry, self.provider)
        self.seen.learn(entry)

    def authority(self) -> Name:
        return self.place

    def territory(self) -> JurisdictionId:
        return self.place

    @property
    def place(self) -> JurisdictionId:
        """The bureau that the provider answers to."""
        return self.held.known(self.provider).place


@dataclass(kw_only=True)
class InspectMeasures(BureauStep):
    """Enter what an inspection of a provider's protective measures found, by the bureau."""

    lacking: tuple[Measure, ...] = ()
    note: str = ""

    def decide(self) -> Iterator[Event]:
        place, lacking = self.place, tuple(dict.fromkeys(self.lacking))
        yield MeasuresInspected(
            provider=self.provider, place=place, lacking=lacking, note=self.note
        )
        rule = self.ask.rules.find(OfflineMeasures, place, self.ask.on)
        for each in lacking:
            if rule is not None and each.value in rule.value.measures:
                said = MeasureLacking(
                    zh=f"{self.provider} 没有做到{MEASURE_ZH[each]}",
                    en=f"{self.provider} did not see to {each.value}",
                    rule=rule,
                    field="lacking",
                    lacking=(
                        Lack(
                            events=(MeasuresInspected.NAME,),
                            about=(self.provider,),
                            value=each.value,
                        ),
                    ),
                )
                yield self.finding(said, Outcome.ADVISORY, self.provider)


@dataclass(kw_only=True)
class OrderRectification(BureauStep):
    """Order a provider to put its protective measures right, by the bureau."""

    reason: str

    def decide(self) -> Iterator[Event]:
        reasoned(self.reason, needed=True)
        yield RectificationOrdered(provider=self.provider, place=self.place, reason=self.reason)


@dataclass(kw_only=True)
class SuspendOffline(BureauStep):
    """Stop the offline training of a provider over a serious lapse, by the bureau."""

    reason: str

    def decide(self) -> Iterator[Event]:
        reasoned(self.reason, needed=True)
        if self.seen.suspended is not None:
            raise _as_it_is(self.provider, self.seen.suspended, stopped=True)
        yield OfflineSuspended(provider=self.provider, place=self.place, reason=self.reason)
        rule = self.ask.rules.find(OfflineSupervision, self.place, self.ask.on)
        if rule is None or "RECTIFICATION" not in rule.value.steps or self.seen.ordered:
            return
        # Whether a serious lapse may be met with a stop at once, the notice does not say.
        said = NoRectificationBefore(
            zh=f"{self.provider} 未经责令整改即被暂停线下培训；情节严重能否直接暂停，文件没有写明",
            en=f"{self.provider} was stopped without an order to rectify; the notice does not say "
            "whether a serious lapse allows that",
            rule=rule,
            field="provider",
        )
        yield self.finding(said, Outcome.INDETERMINATE, self.provider)


@dataclass(kw_only=True)
class ReleaseOffline(BureauStep):
    """Let the offline training of a provider go on, by the bureau."""

    reason: str

    def decide(self) -> Iterator[Event]:
        reasoned(self.reason, needed=True)
        if self.seen.suspended is None:
            raise _as_it_is(self.provider, None, stopped=False)
        yield OfflineReleased(provider=self.provider, place=self.place, reason=self.reason)


def _as_it_is(provider: ProviderId, evidence: str | None, *, stopped: bool) -> NothingSuspended:
    return NothingSuspended(
        zh=f"{provider} 的线下培训{'已经' if stopped else '没有'}暂停",
        en=f"the offline training of {provider} is {'already' if stopped else 'not'} suspended",
        field="provider",
        evidence=(evidence,) if evidence else (),
    )
