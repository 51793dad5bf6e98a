"""Resumption: how offline training starts again under epidemic control.

A provider applies to the bureau and the epidemic authority, passes their joint acceptance, and
signs the safety commitment, in this order; what was done out of order does not count. When the
suspension ends stands in the rules (rulebook C-12).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.accreditation import ACCREDITATION_EVENTS, Accreditation
from ledger.command import Command, Refused, Selector, about, fact
from ledger.event import Entry, Event
from ledger.finding import Lack, Outcome
from ledger.names import JurisdictionId, Name, ProviderId
from ledger.regulation import InForce, Parameters
from ledger.review import reasoned

OFFLINE = "OFFLINE"
APPLICATION = "RESUMPTION_APPLICATION"
ACCEPTANCE = "JOINT_ACCEPTANCE"
COMMITMENT = "SAFETY_COMMITMENT"
STEPS = (APPLICATION, ACCEPTANCE, COMMITMENT)
STEP_ZH = {APPLICATION: "恢复申请", ACCEPTANCE: "联合验收", COMMITMENT: "安全承诺书"}


class ResumptionApplied(Event, name="resumption.applied"):
    """A provider asked the bureau, and the epidemic authority where it says so, to start again."""

    provider: ProviderId
    place: JurisdictionId
    epidemic_authority: bool


class AcceptanceDecided(Event, name="resumption.acceptance-decided"):
    """The bureau passed a provider or not, ``joint`` with the epidemic authority or alone."""

    provider: ProviderId
    place: JurisdictionId
    passed: bool
    joint: bool
    reason: str


class SafetyCommitted(Event, name="resumption.safety-committed"):
    """A provider signed the safety commitment."""

    provider: ProviderId
    place: JurisdictionId


RESUMPTION_EVENTS: list[type[Event]] = [
    ResumptionApplied,
    AcceptanceDecided,
    SafetyCommitted,
]


STEP_EVENTS = tuple(each.NAME for each in RESUMPTION_EVENTS)


class OfflineConditions(
    Parameters,
    kind="offline-conditions",
    zh="恢复期内开设线下班，缺申请、联合验收、安全承诺中任何一步或次序颠倒，记一项违规。",
    scope=(),
    less=("conditions", "applies_to"),
    words={"conditions": STEPS, "applies_to": (OFFLINE,)},
):
    """An offline class opened before all steps were taken in their order is a violation."""

    applies_to: tuple[str, ...]
    conditions: tuple[str, ...]


class LocalRestart(
    Parameters,
    kind="local-restart",
    zh="开线下班时，机构不在上报备案的名单上，或早于当地恢复日期，记一项违规。",
    scope=(),
    less=("conditions",),
):
    """An offline class of a provider on no filed list, or before the restart, is a violation."""

    conditions: tuple[str, ...]


class NotJoint(Refused):
    """The bureau inspected a provider without the epidemic authority."""


class StepsMissing(Refused):
    """A step on the way back to offline training was not taken in its order."""


@dataclass
class Resumption:
    """Where a provider stands on its way back, as the events say it."""

    done: dict[str, str] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in the steps of the provider and of its bureau; others change nothing."""
        match entry.event:
            case ResumptionApplied(epidemic_authority=True):
                self.done.setdefault(APPLICATION, entry.id)
            case AcceptanceDecided(passed=passed, joint=joint):
                self.done.pop(ACCEPTANCE, None)
                if passed and joint and APPLICATION in self.done:
                    self.done[ACCEPTANCE] = entry.id
            case SafetyCommitted() if ACCEPTANCE in self.done:
                self.done[COMMITMENT] = entry.id
            case _:
                pass

    @property
    def accepted(self) -> bool:
        """Whether the provider applied and passed the joint acceptance."""
        return ACCEPTANCE in self.done

    @property
    def evidence(self) -> tuple[str, ...]:
        """The steps that were taken."""
        return tuple(self.done.values())


def steps_missing(
    provider: ProviderId,
    missing: list[str],
    rule: InForce[OfflineConditions],
    evidence: tuple[str, ...],
    *,
    before: date | None = None,
) -> StepsMissing:
    """What is said of a provider that lacks steps; up to a day it may still make them good."""
    named = "、".join(STEP_ZH[each] for each in missing)
    return StepsMissing(
        zh=f"{provider} 缺少{named}（须依次完成），不具备线下开班条件",
        en=f"{provider} lacks {', '.join(missing)}, which come before an offline class in this "
        "order",
        rule=rule,
        field="project",
        evidence=evidence,
        lacking=tuple(
            Lack(events=STEP_EVENTS, about=(provider,), value=each, turn=turn, by=before)
            for turn, each in enumerate(missing)
            if before is not None
        ),
    )


def missing_steps(
    command: Command, resumed: Resumption, provider: ProviderId, place: JurisdictionId, before: str
) -> StepsMissing | None:
    """What a provider lacks of the steps that come before one of them, by the rule of the day."""
    rule = command.ask.rules.find(OfflineConditions, place, command.ask.on)
    if rule is None or before not in rule.value.conditions:
        return None
    ahead = rule.value.conditions[: rule.value.conditions.index(before)]
    missing = [each for each in ahead if each not in resumed.done]
    return steps_missing(provider, missing, rule, resumed.evidence) if missing else None


@dataclass(kw_only=True)
class ProviderStep(Command):
    """What concerns one provider on its way back; subclasses say what."""

    provider: ProviderId

    held: Accreditation = fact(default_factory=Accreditation)
    resumed: Resumption = fact(default_factory=Resumption)

    def boundary(self) -> list[Selector]:
        return [about(self.provider, of=[*ACCREDITATION_EVENTS, *RESUMPTION_EVENTS])]

    def learn(self, entry: Entry) -> None:
        self.held.learn(entry, self.provider)
        self.resumed.learn(entry)

    def authority(self) -> Name:
        return self.provider

    def territory(self) -> JurisdictionId:
        return self.held.known(self.provider).place


@dataclass(kw_only=True)
class ApplyForResumption(ProviderStep):
    """Ask the bureau and the epidemic authority to start offline training again, by a provider."""

    epidemic_authority: bool = True

    def decide(self) -> Iterator[Event]:
        place = self.territory()
        yield ResumptionApplied(
            provider=self.provider, place=place, epidemic_authority=self.epidemic_authority
        )
        rule = self.ask.rules.find(OfflineConditions, place, self.ask.on)
        if rule is not None and not self.epidemic_authority:
            said = steps_missing(self.provider, [APPLICATION], rule, ())
            yield self.finding(said, Outcome.VIOLATION, self.provider)


@dataclass(kw_only=True)
class DecideAcceptance(ProviderStep):
    """Pass a provider for offline training or not, by the bureau with the epidemic authority."""

    passed: bool
    joint: bool = True
    reason: str = ""

    def authority(self) -> Name:
        return self.territory()

    def decide(self) -> Iterator[Event]:
        place = self.territory()
        reasoned(self.reason, not self.passed)
        yield AcceptanceDecided(
            provider=self.provider,
            place=place,
            passed=self.passed,
            joint=self.joint,
            reason=self.reason,
        )
        lacking = missing_steps(self, self.resumed, self.provider, place, ACCEPTANCE)
        if lacking is not None:
            yield self.finding(lacking, Outcome.VIOLATION, self.provider)
        rule = self.ask.rules.find(LocalRestart, place, self.ask.on)
        if rule is not None and not self.joint and "JOINT_INSPECTION" in rule.value.conditions:
            said = NotJoint(
                zh=f"{self.provider} 的验收没有会同疫情防控部门进行，不算联合验收",
                en=f"{self.provider} was inspected without the epidemic authority, not jointly",
                rule=rule,
                field="joint",
            )
            yield self.finding(said, Outcome.VIOLATION, self.provider)


@dataclass(kw_only=True)
class CommitToSafety(ProviderStep):
    """Sign the safety commitment, by a provider."""

    def decide(self) -> Iterator[Event]:
        place = self.territory()
        yield SafetyCommitted(provider=self.provider, place=place)
        lacking = missing_steps(self, self.resumed, self.provider, place, COMMITMENT)
        if lacking is not None:
            yield self.finding(lacking, Outcome.VIOLATION, self.provider)
