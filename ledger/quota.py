"""Quota: how many projects a provider and how many offerings a lead may declare in a term."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from ledger.accreditation import ProviderAccredited, accredited_for
from ledger.command import Command, Refused
from ledger.names import JurisdictionId, ProjectId, ProviderId, StaffId, TermId
from ledger.regulation import InForce, Parameters

DISTANCE = "DISTANCE"  # the qualification, which is not the quota category of the same name


def _negative(number: int, name: str) -> str | None:
    return f"{name}: {number} is negative" if number < 0 else None


class ProjectQuota(
    Parameters,
    kind="project-quota",
    zh="机构一学期面向全省申报的项目超过限报数的，拒绝申报。",
):
    """Refuses one project more than a provider of the category may declare in a term."""

    projects_max: int

    def wrong(self) -> str | None:
        return _negative(self.projects_max, "projects_max")

    def laxer(self, than: Self) -> bool:
        return self.projects_max > than.projects_max


class ProjectQuotaNew(
    Parameters,
    kind="project-quota-new",
    zh="取得资质不满规定年数的机构，改用这一较低的限报数，超过的拒绝申报。",
):
    """Refuses by a lower quota where the provider has been accredited for less than so long."""

    projects_max: int
    accredited_years_below: int

    def wrong(self) -> str | None:
        return _negative(self.projects_max, "projects_max") or _negative(
            self.accredited_years_below, "accredited_years_below"
        )

    def laxer(self, than: Self) -> bool:
        return (
            self.projects_max > than.projects_max
            or self.accredited_years_below < than.accredited_years_below
        )


class LocalProjectCap(
    Parameters,
    kind="local-project-cap",
    zh="本地一学期申报的项目（含订单项目，窗口内撤回的除外）达到上限后，再申报的拒绝；"
    "没有制定上限的地方不限。",
):
    """Refuses one project more than the place takes in a term; a locality adopts its own cap.

    Order-based projects count; those taken back within the window do not (rulebook C-21).
    """

    projects_max: int

    def wrong(self) -> str | None:
        return _negative(self.projects_max, "projects_max")


class QuotaExempt(
    Parameters,
    kind="quota-exempt",
    zh="所列种类的项目不占机构限报数。",
):
    """Leaves projects of these sorts out of the provider's count."""

    exempt: tuple[str, ...]


class LeadOfferings(
    Parameters,
    kind="lead-offerings",
    zh="负责人一学期名下班期（含订单）超过上限的，拒绝申报；本次为订单项目的，记为偏离。",
):
    """Refuses a project that gives its lead more offerings in a term than this."""

    offerings_max: int

    def wrong(self) -> str | None:
        return _negative(self.offerings_max, "offerings_max")

    def laxer(self, than: Self) -> bool:
        return self.offerings_max > than.offerings_max


class LeadProviders(
    Parameters,
    kind="lead-providers",
    zh="负责人一学期通过超过上限的机构申报的，拒绝；本次为订单项目的，记为偏离。",
):
    """Refuses a project whose lead declares with more providers in the term than this."""

    providers_max: int

    def wrong(self) -> str | None:
        return _negative(self.providers_max, "providers_max")

    def laxer(self, than: Self) -> bool:
        return self.providers_max > than.providers_max


class OrderStandard(
    Parameters,
    kind="order-standard",
    zh="订单项目的负责人不符合面向全省项目的要求时，不拒绝，记为偏离。",
):
    """Holds order-based projects to the demands on province-wide ones, as departures only."""

    follows: str


class CapReached(Refused):
    """The place takes no more projects in the term."""


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
    scope = {"term": code}
    if host.quota_category is not None:
        scope["category"] = host.quota_category.value
    if host.distance:
        scope["qualification"] = DISTANCE
    return rules.find(ProjectQuota, place, day, **scope)


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


def judge_cap(
    command: Command, declared: dict[ProjectId, str], place: JurisdictionId, term: TermId
) -> Refused | None:
    """The gate on one more project of the place, by a cap of the place's own."""
    caps = command.ask.rules.find_all(LocalProjectCap, place, command.ask.on, term=term.value)
    cap = next((each for each in caps if each.rule.place == place), None)
    if cap is None or len(declared) < cap.value.projects_max:
        return None
    return CapReached(
        zh=f"{place.value} 在 {term.value} 已申报 {len(declared)} 项，当地上限 "
        f"{cap.value.projects_max} 项",
        en=f"{place.value} has {len(declared)} projects in {term.value} of at most "
        f"{cap.value.projects_max}",
        rule=cap,
        field="project",
    )
