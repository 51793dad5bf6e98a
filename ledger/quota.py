"""Quota: how many projects a provider and how many offerings a lead may declare in a term."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ledger.accreditation import ProviderAccredited
from ledger.command import Command, Refused
from ledger.names import JurisdictionId, OrderId, ProjectId, ProviderId, StaffId, TermId
from ledger.regulation import InForce, Parameters
from ledger.seniority import accredited_for

DISTANCE = "DISTANCE"  # the qualification, which is not the quota category of the same name


class ProjectQuota(
    Parameters,
    kind="project-quota",
    zh="机构一学期面向全省申报的项目超过限报数的，拒绝申报。",
    scope=("term", "category", "qualification"),
    provincial=True,
    more=("projects_max",),
):
    """Refuses one project more than a provider of the category may declare in a term."""

    projects_max: int


class ProjectQuotaNew(
    Parameters,
    kind="project-quota-new",
    zh="取得资质不满规定年数的机构，改用这一较低的限报数，超过的拒绝申报。",
    scope=("term",),
    provincial=True,
    years=("accredited_years_below",),
    more=("projects_max",),
    less=("accredited_years_below",),
):
    """Refuses by a lower quota where the provider has been accredited for less than so long."""

    projects_max: int
    accredited_years_below: int


class QuotaExempt(
    Parameters,
    kind="quota-exempt",
    zh="所列种类的项目不占机构限报数。",
    scope=("term",),
    more=("exempt",),
):
    """Leaves projects of these sorts out of the provider's count."""

    exempt: tuple[str, ...]


class LeadOfferings(
    Parameters,
    kind="lead-offerings",
    zh="负责人一学期名下班期（含订单）超过上限的，拒绝申报；本次为订单项目的，记为偏离。",
    scope=("term",),
    more=("offerings_max",),
):
    """Refuses a project that gives its lead more offerings in a term than this."""

    offerings_max: int


class LeadProviders(
    Parameters,
    kind="lead-providers",
    zh="负责人一学期通过超过上限的机构申报的，拒绝；本次为订单项目的，记为偏离。",
    scope=("term",),
    more=("providers_max",),
):
    """Refuses a project whose lead declares with more providers in the term than this."""

    providers_max: int


class OrderStandard(
    Parameters,
    kind="order-standard",
    zh="订单项目的负责人不符合面向全省项目的要求时，不拒绝，记为偏离。",
    scope=("term",),
):
    """Holds order-based projects to the demands on province-wide ones, as departures only."""

    follows: str


class OrderPlan(
    Parameters,
    kind="order-plan",
    zh="同一订单有超过规定数的方案，或一份方案用于两个订单的，记一项违规。",
    scope=("term",),
    more=("plans_per_order",),
    positive=("plans_per_order",),
):
    """Notes more plans for one order than this, and a plan that two orders share."""

    plans_per_order: int


class PlanPerOrder(Refused):
    """An order has a plan already, or the plan serves another order."""


class OneClassOnly(Refused):
    """An order asks for one class, and the project has more."""


class QuotaExceeded(Refused):
    """The provider has used up its projects of the term."""


class QuotaUnknown(Refused):
    """The province assigned the provider no quota category."""


class LeadOverloaded(Refused):
    """The lead has too many offerings in the term."""


class LeadElsewhere(Refused):
    """The lead declares with another provider in the term."""


Quota = InForce[ProjectQuota] | InForce[ProjectQuotaNew]


class Led(NamedTuple):
    """A declared project as it counts for its lead; ``evidence`` is the event that says so."""

    provider: ProviderId
    offerings: int
    evidence: str


def quota_of(
    command: Command, host: ProviderAccredited, place: JurisdictionId, term: TermId
) -> Quota | None:
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
    rule: Quota,
    host: ProviderAccredited,
    declared: dict[ProjectId, str],
    term: TermId,
) -> Refused | None:
    """The gate on one more project: ``declared`` are those that count, with their events."""
    used, most = len(declared), rule.value.projects_max
    if used < most:
        return None
    return QuotaExceeded(
        zh=f"{host.provider} 在 {term.value} 已申报 {used} 项，限报 {most} 项",
        en=f"{host.provider} has declared {used} projects in {term.value} of at most {most}",
        rule=rule,
        field="project",
        evidence=tuple(declared.values()),
    )


def judge_lead(
    command: Command,
    lead: StaffId,
    provider: ProviderId,
    offerings: int,
    led: Collection[Led],
    *,
    place: JurisdictionId,
    term: TermId,
) -> list[Refused]:
    """The gates on one lead: offerings over all projects, and one provider only."""
    rules, day = command.ask.rules, command.ask.on
    refusals: list[Refused] = []
    most = rules.find(LeadOfferings, place, day, term=term.value)
    total = sum(each.offerings for each in led) + offerings
    if most is not None and total > most.value.offerings_max:
        refusals.append(
            LeadOverloaded(
                zh=f"项目负责人 {lead} 在 {term.value} 将有 {total} 个班期，"
                f"每人至多 {most.value.offerings_max} 个",
                en=f"lead {lead} would have {total} offerings in {term.value}; "
                f"at most {most.value.offerings_max} are allowed",
                rule=most,
                field="lead",
                evidence=tuple(each.evidence for each in led),
            )
        )
    alone = rules.find(LeadProviders, place, day, term=term.value)
    others = {each.provider for each in led} - {provider}
    if alone is not None and len(others) + 1 > alone.value.providers_max:
        refusals.append(
            LeadElsewhere(
                zh=f"项目负责人 {lead} 已在 {'、'.join(sorted(others))} 申报，不得再在 "
                f"{provider} 申报",
                en=f"lead {lead} declares with {', '.join(sorted(others))}, so not with {provider}",
                rule=alone,
                field="lead",
                evidence=tuple(each.evidence for each in led if each.provider in others),
            )
        )
    return refusals


def judge_one_class(
    command: Command, order: OrderId, offerings: int, place: JurisdictionId, term: TermId
) -> Refused | None:
    """The gate on a project with more classes than the one that an order asks for."""
    if offerings == 1:
        return None
    return OneClassOnly(
        zh=f"{order} 是一个班期的订单，方案却申报 {offerings} 个班期",
        en=f"{order} asks for one class, and the project has {offerings}",
        rule=command.ask.rules.find(OrderPlan, place, command.ask.on, term=term.value),
        field="offerings",
    )


def judge_order_plan(
    command: Command,
    order: OrderId,
    same: dict[ProjectId, str],
    shared: dict[ProjectId, str],
    place: JurisdictionId,
    term: TermId,
) -> Iterator[Refused]:
    """What is wrong with one more plan: ``same`` order, or ``shared`` with another order.

    Both hold the projects that are declared already, with the id of the event that says so.
    """
    rule = command.ask.rules.find(OrderPlan, place, command.ask.on, term=term.value)
    if rule is None:
        return
    if len(same) >= rule.value.plans_per_order:
        yield PlanPerOrder(
            zh=f"{order} 已有方案 {'、'.join(same)}，一单一方案",
            en=f"{order} has the plan of {', '.join(same)} already; one plan per order",
            rule=rule,
            field="order",
            evidence=tuple(same.values()),
        )
    if shared:
        yield PlanPerOrder(
            zh=f"方案与另一订单的 {'、'.join(shared)} 相同，方案不得共用",
            en=f"the plan is that of {', '.join(shared)} for another order, not to be shared",
            rule=rule,
            field="plan",
            evidence=tuple(shared.values()),
        )
