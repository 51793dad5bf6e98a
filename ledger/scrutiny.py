"""Scrutiny: the rules that look at a declared plan, its lead and its provider alone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Self

from ledger.accreditation import ProviderAccredited
from ledger.command import Command, Refused
from ledger.event import Event
from ledger.finding import Outcome
from ledger.names import JurisdictionId, Name
from ledger.plan import Lead, Plan
from ledger.register import Title
from ledger.regulation import Parameters


class OnlineShare(
    Parameters,
    kind="online-share",
    zh="混合式项目的在线学分超过所定比例的，不予受理。",
    scope=("mode",),
):
    """Refuses a blended project of whose credits a larger share is earned online."""

    share_max: Fraction

    def laxer(self, than: Self) -> bool:
        return self.share_max > than.share_max


class BlendedHost(
    Parameters,
    kind="blended-host",
    zh="没有远程资质的机构申报混合式项目的，不予受理。",
    scope=("mode",),
):
    """Refuses a blended project of a host without the qualification for it."""


class SubjectScope(
    Parameters, kind="subject-scope", zh="申报学科不在机构资质范围内的，不予受理。", scope=("term",)
):
    """Refuses a project in a subject for which the provider is not accredited."""


class FinalAssessment(
    Parameters,
    kind="final-assessment",
    zh="学时达到所定数的项目没有结业考核的，记一项违规。",
    scope=(),
):
    """Notes a violation where a project of so many hours has no final assessment."""

    hours_min: Decimal

    def laxer(self, than: Self) -> bool:
        return self.hours_min > than.hours_min


class LeadStanding(
    Parameters,
    kind="lead-standing",
    zh="项目负责人不具备所列条件的，记一项偏离。",
    many=True,
    scope=("term",),
):
    """Notes a deviation where a project lead is not what is needed."""

    needs: str


class OnlineShareExceeded(Refused):
    """Too large a part of a blended project is online."""


class NotQualifiedForBlended(Refused):
    """The provider holds no qualification for blended projects."""


class OutsideSubjects(Refused):
    """The provider is not accredited for the subject."""


class NoFinalAssessment(Refused):
    """A long project has no final assessment in its plan."""


class LeadBelowStanding(Refused):
    """The lead is not what a lead should be in principle."""


def judge_plan(
    command: Command,
    plan: Plan,
    host: ProviderAccredited,
    lead: Lead,
    *subjects: Name,
    place: JurisdictionId,
    term: str,
) -> Iterator[Event]:
    """Gates and findings on the plan itself, by the version in force for the declaration."""
    for refusal in (
        _online_share(command, plan, place),
        _blended_host(command, plan, host, place),
        _subject(command, plan, host, place, term),
    ):
        yield from command.gate(refusal, *subjects)
    assessment = _assessment(command, plan, place)
    if assessment is not None:
        yield command.finding(assessment, Outcome.VIOLATION, *subjects)
    for said in _standing(command, lead, place, term):
        yield command.finding(said, Outcome.DEVIATION, *subjects)


def _online_share(command: Command, plan: Plan, place: JurisdictionId) -> Refused | None:
    rule = command.ask.rules.find(OnlineShare, place, command.ask.on, mode=plan.mode.value)
    if rule is None or not rule.certain:
        return None
    most = rule.value.share_max
    if Fraction(plan.online_credits) <= most * Fraction(plan.base_credits):
        return None
    return OnlineShareExceeded(
        zh=f"在线学分 {plan.online_credits} 超过项目总学分 {plan.base_credits} 的 {most}",
        en=f"{plan.online_credits} online credits are more than {most} of {plan.base_credits}",
        rule=rule,
        field="online_credits",
    )


def _blended_host(
    command: Command, plan: Plan, host: ProviderAccredited, place: JurisdictionId
) -> Refused | None:
    rule = command.ask.rules.find(BlendedHost, place, command.ask.on, mode=plan.mode.value)
    if rule is None or host.blended:
        return None
    return NotQualifiedForBlended(
        zh=f"{host.provider} 没有混合式培训的资质",
        en=f"{host.provider} is not qualified for blended training",
        rule=rule,
        field="mode",
    )


def _subject(
    command: Command, plan: Plan, host: ProviderAccredited, place: JurisdictionId, term: str
) -> Refused | None:
    rule = command.ask.rules.find(SubjectScope, place, command.ask.on, term=term)
    if rule is None or plan.subject in host.subjects:
        return None
    return OutsideSubjects(
        zh=f"{host.provider} 的资质学科为 {'、'.join(host.subjects)}，不含 {plan.subject}",
        en=f"{host.provider} is accredited for {', '.join(host.subjects)}, not {plan.subject}",
        rule=rule,
        field="subject",
    )


def _assessment(command: Command, plan: Plan, place: JurisdictionId) -> Refused | None:
    rule = command.ask.rules.find(FinalAssessment, place, command.ask.on)
    if rule is None or plan.hours < rule.value.hours_min or plan.final_assessment:
        return None
    return NoFinalAssessment(
        zh=f"{plan.hours} 学时的项目须设结业考核，方案中没有",
        en=f"a project of {plan.hours} hours needs a final assessment; the plan has none",
        rule=rule,
        field="final_assessment",
    )


def _standing(
    command: Command, lead: Lead, place: JurisdictionId, term: str
) -> Iterator[LeadBelowStanding]:
    titles = list(Title)
    meets = {
        "REGULAR_STAFF": lead.regular_staff,
        "EXPERTISE": lead.expertise,
        "ASSOCIATE_SENIOR": titles.index(lead.title) >= titles.index(Title.ASSOCIATE_SENIOR),
    }
    wants_zh = {
        "REGULAR_STAFF": "正式员工",
        "EXPERTISE": "相关学科专长",
        "ASSOCIATE_SENIOR": "副高以上职称",
    }
    for rule in command.ask.rules.find_all(LeadStanding, place, command.ask.on, term=term):
        need = rule.value.needs
        if not meets[need]:
            yield LeadBelowStanding(
                zh=f"项目负责人 {lead.staff} 不符合“{wants_zh[need]}”的原则要求",
                en=f"lead {lead.staff} does not have {need}, which is expected in principle",
                rule=rule,
                field="lead",
            )
