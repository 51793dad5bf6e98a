"""Quota: how many projects a provider and how many offerings a lead may declare in a term."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from ledger.accreditation import ProviderAccredited, accredited_for
from ledger.command import Command, Refused
from ledger.names import JurisdictionId, ProviderId, StaffId, TermId
from ledger.regulation import InForce, Parameters


class ProjectQuota(
    Parameters,
    kind="project-quota",
    zh="机构一学期申报的项目超过所属类别限额的，不予受理。",
    scope=("term", "category"),
):
    """Refuses what a provider of the category declares beyond so many projects in a term."""

    projects_max: int

    def laxer(self, than: Self) -> bool:
        return self.projects_max > than.projects_max


class ProjectQuotaNew(
    Parameters,
    kind="project-quota-new",
    zh="认定资质不满所定年数的机构按较低的限额申报，超过的不予受理。",
    scope=("term",),
):
    """Refuses what a provider accredited for fewer years declares beyond the lower quota."""

    projects_max: int
    accredited_years_below: int

    def laxer(self, than: Self) -> bool:
        return (
            self.projects_max > than.projects_max
            or self.accredited_years_below < than.accredited_years_below
        )


class QuotaExempt(
    Parameters, kind="quota-exempt", zh="所列项目不占限额，申报时不计入。", scope=("term",)
):
    """Leaves these projects out when the quota is counted."""

    exempt: tuple[str, ...]

    def laxer(self, than: Self) -> bool:
        return not set(self.exempt) <= set(than.exempt)


class LeadOfferings(
    Parameters,
    kind="lead-offerings",
    zh="项目负责人一学期申报的班期超过所定数的，不予受理。",
    scope=("term",),
):
    """Refuses what one lead declares beyond so many offerings in a term."""

    offerings_max: int

    def laxer(self, than: Self) -> bool:
        return self.offerings_max > than.offerings_max


class LeadProviders(
    Parameters,
    kind="lead-providers",
    zh="项目负责人一学期在多于所定家数的机构申报的，不予受理。",
    scope=("term",),
):
    """Refuses a lead who declares with more providers in a term."""

    providers_max: int

    def laxer(self, than: Self) -> bool:
        return self.providers_max > than.providers_max


class QuotaExceeded(Refused):
    """The provider has used up its projects of the term."""


class QuotaUnknown(Refused):
    """The province assigned the provider no quota category."""


class LeadOverloaded(Refused):
    """The lead has too many offerings in the term."""


class LeadElsewhere(Refused):
    """The lead declares with another provider in the term."""


@dataclass
class Declared:
    """What a provider and a lead have declared in a term so far."""

    projects: dict[str, str] = field(default_factory=dict)
    offerings: int = 0
    providers: set[ProviderId] = field(default_factory=set)
    evidence: list[str] = field(default_factory=list)


def quota_of(
    command: Command, host: ProviderAccredited, place: JurisdictionId, term: TermId
) -> InForce[ProjectQuota] | InForce[ProjectQuotaNew] | None:
    """The quota rule that binds a provider; the one for new providers goes first."""
    rules, day, code = command.ask.rules, command.ask.on, term.value
    new = rules.find(ProjectQuotaNew, place, day, term=code)
    if new is not None and not accredited_for(host, new.value.accredited_years_below, day):
        return new
    category = host.quota_category
    if category is None:
        return None
    return rules.find(ProjectQuota, place, day, term=code, category=category.value)


def judge_quota(
    command: Command,
    host: ProviderAccredited,
    declared: Declared,
    *,
    place: JurisdictionId,
    term: TermId,
) -> Refused | None:
    """The gate on one more project of the provider."""
    rule = quota_of(command, host, place, term)
    if rule is None:
        return None
    used, most = len(declared.projects), rule.value.projects_max
    if used < most:
        return None
    return QuotaExceeded(
        zh=f"{host.provider} 在 {term.value} 已申报 {used} 项，限报 {most} 项",
        en=f"{host.provider} has declared {used} projects in {term.value} of at most {most}",
        rule=rule,
        field="project",
    )


def judge_lead(
    command: Command,
    lead: StaffId,
    provider: ProviderId,
    offerings: int,
    declared: Declared,
    *,
    place: JurisdictionId,
    term: TermId,
) -> list[Refused]:
    """The gates on one lead: offerings over all projects, and one provider only."""
    rules, day = command.ask.rules, command.ask.on
    refusals: list[Refused] = []
    most = rules.find(LeadOfferings, place, day, term=term.value)
    total = declared.offerings + offerings
    if most is not None and total > most.value.offerings_max:
        refusals.append(
            LeadOverloaded(
                zh=f"项目负责人 {lead} 在 {term.value} 将有 {total} 个班期，"
                f"每人至多 {most.value.offerings_max} 个",
                en=f"lead {lead} would have {total} offerings in {term.value}; "
                f"at most {most.value.offerings_max} are allowed",
                rule=most,
                field="lead",
            )
        )
    alone = rules.find(LeadProviders, place, day, term=term.value)
    others = declared.providers - {provider}
    if alone is not None and len({*others, provider}) > alone.value.providers_max:
        refusals.append(
            LeadElsewhere(
                zh=f"项目负责人 {lead} 已在 {'、'.join(sorted(others))} 申报，不得再在 "
                f"{provider} 申报",
                en=f"lead {lead} declares with {', '.join(sorted(others))}, so not with {provider}",
                rule=alone,
                field="lead",
            )
        )
    return refusals
