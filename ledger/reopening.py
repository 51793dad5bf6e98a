"""Reopening: what a class lacks that a provider opens under epidemic control.

It is judged by the rules of the day on which the class is opened for selection; none of it stops
the class, all of it is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.command import Command, Refused
from ledger.declaration import ProjectDeclared
from ledger.event import Entry, Event
from ledger.finding import Outcome
from ledger.mode import MandatedTraining
from ledger.names import JurisdictionId, OfferingId
from ledger.plan import Choice, Mode, Plan
from ledger.restart import AcceptedListFiled, RestartFixed
from ledger.resumption import (
    RESUMPTION_EVENTS,
    LocalRestart,
    OfflineConditions,
    Resumption,
    steps_missing,
)
from ledger.supervision import SUPERVISION_EVENTS, OfflineSupervision, Supervision


class NotAccepted(Refused):
    """The provider did not pass the joint acceptance."""


class OfflineStopped(Refused):
    """The provider's offline training is suspended."""


class RestartMissing(Refused):
    """The provider stands on no filed list, or training has not started again here."""


OPENING_EVENTS: list[type[Event]] = [*RESUMPTION_EVENTS, *SUPERVISION_EVENTS, AcceptedListFiled]


@dataclass
class Standing:
    """How a provider and its place stand to offline training, as the events say it."""

    resumed: Resumption = field(default_factory=Resumption)
    seen: Supervision = field(default_factory=Supervision)
    listed: str | None = None
    restarts: dict[JurisdictionId, tuple[date, str]] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Takes in the steps of the provider and its bureaus; others change nothing."""
        match entry.event:
            case AcceptedListFiled():
                self.listed = entry.id
            case RestartFixed(place=place, first=first):
                self.restarts[place] = (first, entry.id)
            case _:
                self.resumed.learn(entry)
                self.seen.learn(entry)

    def restart(self, place: JurisdictionId) -> tuple[date, str] | None:
        """The restart of the place, or of the nearest place around it that has one."""
        return next((self.restarts[each] for each in place.chain if each in self.restarts), None)


def offline(plan: Plan) -> bool:
    """Whether trainees come together in one place, for all of a training or a part of it."""
    return plan.mode is not Mode.DISTANCE


def judge_opening(
    command: Command,
    standing: Standing,
    declared: ProjectDeclared,
    offering: OfferingId,
    opens: date,
) -> Iterator[Event]:
    """Findings on a class opened under epidemic control, by the version of the day of opening."""
    found: list[Refused | None] = []
    if offline(declared.plan):
        found += [
            _steps(command, standing, declared, opens),
            _restart(command, standing, declared, opens),
            _stopped(command, standing, declared),
        ]
    if declared.plan.choice is Choice.MANDATED:
        found.append(_mandated(command, standing, declared))
    for said in found:
        if said is not None:
            yield command.finding(said, Outcome.VIOLATION, offering, declared.provider)


def _steps(
    command: Command, standing: Standing, declared: ProjectDeclared, opens: date
) -> Refused | None:
    rule = command.ask.rules.find(OfflineConditions, declared.place, command.ask.on)
    if rule is None:
        return None
    missing = [each for each in rule.value.conditions if each not in standing.resumed.done]
    if not missing:
        return None
    evidence = standing.resumed.evidence
    return steps_missing(declared.provider, missing, rule, evidence, before=opens)


def _mandated(command: Command, standing: Standing, declared: ProjectDeclared) -> Refused | None:
    rule = command.ask.rules.find(MandatedTraining, declared.place, command.ask.on)
    if rule is None or "ACCEPTANCE" not in rule.value.conditions or standing.resumed.accepted:
        return None
    return NotAccepted(
        zh=f"{declared.provider} 未经验收合格，不能承办指令性培训",
        en=f"{declared.provider} did not pass the acceptance that mandated training needs",
        rule=rule,
        field="project",
        evidence=standing.resumed.evidence,
    )


def _restart(
    command: Command, standing: Standing, declared: ProjectDeclared, opens: date
) -> Refused | None:
    rule = command.ask.rules.find(LocalRestart, declared.place, command.ask.on)
    if rule is None:
        return None
    fixed, zh, en = standing.restart(declared.place), [], []
    if "LIST_FILED" in rule.value.conditions and standing.listed is None:
        zh.append("机构不在上报备案的合格名单上")
        en.append("the provider stands on no filed list")
    if "RESTART_DATE_FIXED" in rule.value.conditions and (fixed is None or opens < fixed[0]):
        zh.append(f"当地恢复日期为 {fixed[0]}" if fixed else "当地恢复日期尚未确定")
        en.append(f"training restarts here on {fixed[0]}" if fixed else "no restart is fixed here")
    if not zh:
        return None
    return RestartMissing(
        zh=f"{declared.provider} 拟于 {opens} 线下开班：{'；'.join(zh)}",
        en=f"{declared.provider} opens offline on {opens}: {'; '.join(en)}",
        rule=rule,
        field="opens",
        evidence=tuple(each for each in (standing.listed, fixed and fixed[1]) if each),
    )


def _stopped(command: Command, standing: Standing, declared: ProjectDeclared) -> Refused | None:
    rule = command.ask.rules.find(OfflineSupervision, declared.place, command.ask.on)
    if rule is None or standing.seen.suspended is None:
        return None
    return OfflineStopped(
        zh=f"{declared.provider} 的线下培训已被暂停，不能开线下班",
        en=f"the offline training of {declared.provider} is suspended",
        rule=rule,
        field="project",
        evidence=(standing.seen.suspended,),
    )
