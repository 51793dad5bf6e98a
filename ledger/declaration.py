"""Declaration: a provider submits a training project with its plan.

Provider quotas count projects for the whole province, lead limits count offerings (rulebook
C-21). A declaration withdrawn while the window is open does not count; a rejected one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.accreditation import ACCREDITATION_EVENTS, Accreditation, ProviderAccredited
from ledger.amount import bounded
from ledger.candidate import Candidate
from ledger.cap import judge_cap
from ledger.command import PROVINCE, Command, Refused, Selector, about, fact
from ledger.event import Entry, Event, unchanged
from ledger.finding import Outcome
from ledger.mandate import judge_disguise
from ledger.names import JurisdictionId, Name, OrderId, ProjectId, ProviderId, StaffId, TermId
from ledger.order import OrderAwarded, OrderSubmitted
from ledger.plan import Audience, Choice, Lead, Plan, exact_plan
from ledger.quota import (
    Led,
    OrderStandard,
    Quota,
    QuotaExempt,
    QuotaUnknown,
    judge_lead,
    judge_one_class,
    judge_order_plan,
    judge_quota,
    quota_of,
)
from ledger.register import Places, places_of, taken, unknown
from ledger.response import judge_award
from ledger.scrutiny import judge_plan
from ledger.seniority import host_age
from ledger.term import Calendar, Phase, TermOpened, in_window, known_term
from ledger.text import trimmed
from ledger.trainer import Trainers, judge_trainers, trainers_of

OFFERINGS_MAX = 1_000


class ProjectDeclared(Event, name="declaration.project-declared", version=2):
    """A provider submitted a project; ``place`` is the authority that reviews it."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    calendar: Calendar
    plan: Plan
    lead: Lead
    offerings: int
    counts_for_quota: bool
    order: OrderId | None = None
    rules: tuple[str, ...] = ()


ProjectDeclared.upcast(from_version=1)(unchanged)


class ProjectWithdrawn(Event, name="declaration.project-withdrawn"):
    """A provider took a project back before it was reviewed."""

    project: ProjectId
    provider: ProviderId
    lead: StaffId
    term: TermId
    in_window: bool


class NotDeclared(Refused):
    """The project is not under declaration any more."""


@dataclass(kw_only=True)
class DeclareProject(Command):
    """Submit a project for review, by a provider."""

    project: ProjectId
    provider: ProviderId
    place: JurisdictionId
    term: TermId
    plan: Plan
    lead: Lead
    offerings: int = 1
    order: OrderId | None = None

    known: bool = fact(default=False)
    opened: bool = fact(default=False)
    ordered_by: str | None = fact(default=None)
    places: Places = fact(default_factory=Places)
    held: Accreditation = fact(default_factory=Accreditation)
    known_trainers: Trainers = fact(default_factory=Trainers)
    awarded: Entry | None = fact(default=None)
    projects: dict[ProjectId, str] = fact(default_factory=dict)
    led: dict[ProjectId, Led] = fact(default_factory=dict)
    mandated: dict[ProjectId, str] = fact(default_factory=dict)
    taken_back: str | None = fact(default=None)
    local: dict[ProjectId, str] = fact(default_factory=dict)
    earlier: list[Plan] = fact(default_factory=list)
    ordered: dict[ProjectId, tuple[ProjectDeclared, str]] = fact(default_factory=dict)

    def boundary(self) -> list[Selector]:
        declared: list[type[Event]] = [ProjectDeclared, ProjectWithdrawn]
        selectors = [
            about(self.project, of=[ProjectDeclared]),
            about(self.provider, of=ACCREDITATION_EVENTS),
            about(self.provider, self.term, of=declared, rare=True),
            about(self.lead.staff, self.term, of=declared, rare=True),
            about(self.term, of=[TermOpened], rare=True),
            *trainers_of(self.plan),
            *places_of(self.place, self.plan.assigned_by),
        ]
        if self.place != PROVINCE:
            selectors.append(about(self.place, self.term, of=declared, rare=True))
        if self.order is not None:
            selectors.append(about(self.order, of=[OrderSubmitted, OrderAwarded, ProjectDeclared]))
        return selectors

    def beyond(self) -> list[Selector]:
        # That another provider took its plan back names the project and not the order.
        others = (event for event, _ in self.ordered.values() if event.order == self.order)
        return [about(each.project, of=[ProjectWithdrawn]) for each in others]

    def learn(self, entry: Entry) -> None:
        match entry.event:
            case TermOpened():
                self.opened = True
            case OrderSubmitted():
                self.ordered_by = entry.id
            case OrderAwarded():
                self.awarded = entry
            case ProjectDeclared() as event:
                self.known = self.known or event.project == self.project
                if event.provider == self.provider and event.counts_for_quota:
                    self.projects[event.project] = entry.id
                if self._same_training(event) and event.plan.choice is Choice.MANDATED:
                    self.mandated[event.project] = entry.id
                if event.lead.staff == self.lead.staff:
                    self.led[event.project] = Led(event.provider, event.offerings, entry.id)
                if (event.place, event.term) == (self.place, self.term):
                    self.local[event.project] = entry.id
                    if event.provider == self.provider:
                        self.earlier.append(event.plan)
                if event.order is not None:
                    self.ordered[event.project] = (event, entry.id)
            case ProjectWithdrawn(in_window=in_window, project=project):
                self.ordered.pop(project, None)
                self.taken_back = self.mandated.get(project, self.taken_back)
                if in_window:
                    self.projects.pop(project, None)
                    self.led.pop(project, None)
                    self.local.pop(project, None)
            case _:
                self.held.learn(entry, self.provider)
                self.known_trainers.learn(entry)
                self.places.learn(entry)

    def _same_training(self, event: ProjectDeclared) -> bool:
        known = (event.provider, event.term, trimmed(event.plan.title))
        return known == (self.provider, self.term, trimmed(self.plan.title))

    def authority(self) -> Name:
        return self.provider

    def answerable(self) -> JurisdictionId:
        return self.held.known(self.provider).place

    def territory(self) -> JurisdictionId:
        return self.place

    def decide(self) -> Iterator[Event]:
        known_term(self.opened, self.term)
        host = self.held.known(self.provider)
        if self.known:
            raise taken(self.project, "project")
        self.places.check(self.place, "place")
        self.places.check(self.plan.assigned_by, "plan.assigned_by")
        if self.order is not None and self.ordered_by is None and self.awarded is None:
            raise unknown(self.order, "order")
        plan = exact_plan(self.plan)
        bounded(self.offerings, OFFERINGS_MAX, "offerings")
        ordered = self.order is not None
        calendar = Calendar.ORDER if ordered else Calendar.REGULAR
        about_this = (self.project, self.provider)
        yield from in_window(
            self,
            Phase.ORDER_DECLARE if ordered else Phase.DECLARE,
            *about_this,
            place=self.place,
            term=self.term,
            calendar=calendar,
        )
        yield from self.gate(self.held.lost(self), *about_this)
        if ordered:
            yield from self._ordered(host, plan)
        rule = quota_of(self, host, PROVINCE, self.term) if self._counts() else None
        yield from self._quota(host, rule)
        if self.place != PROVINCE:
            yield from self.gate(judge_cap(self, self.local, self.place, self.term), *about_this)
        yield from self._lead()
        yield from self._plan(plan, host)
        yield ProjectDeclared(
            project=self.project,
            provider=self.provider,
            place=self.place,
            term=self.term,
            calendar=calendar,
            plan=plan,
            lead=self.lead,
            offerings=self.offerings,
            counts_for_quota=self._counts(),
            order=self.order,
            rules=(rule.id,) if rule else (),
        )

    def _plan(self, plan: Plan, host: ProviderAccredited) -> Iterator[Event]:
        about_this = (self.project, self.provider)
        yield from judge_trainers(
            self, plan, self.known_trainers, *about_this, place=self.place, term=self.term
        )
        disguised = judge_disguise(self, plan, self.place, self.project, self.taken_back)
        if disguised is not None:
            yield self.finding(disguised, Outcome.VIOLATION, *about_this)
        candidate = Candidate(
            command=self,
            plan=plan,
            host=host,
            lead=self.lead,
            place=self.place,
            term=self.term,
            earlier=tuple(self.earlier),
        )
        yield from judge_plan(candidate, *about_this)

    def _counts(self) -> bool:
        """Whether the project uses the provincial quota: for the province, regular, not exempt."""
        exempt = self.ask.rules.find(QuotaExempt, self.place, self.ask.on, term=self.term.value)
        b_free = exempt is not None and "B_CERTIFICATE" in exempt.value.exempt
        return (
            (self.plan.audience is Audience.PROVINCE or self.place == PROVINCE)
            and self.order is None
            and not (self.plan.b_certificate and b_free)
        )

    def _ordered(self, host: ProviderAccredited, plan: Plan) -> Iterator[Event]:
        assert self.order is not None
        where = (self.place, self.term)
        for refusal in (
            judge_award(self, self.order, self.awarded, self.provider, *where),
            judge_one_class(self, self.order, self.offerings, *where),
            host_age(self, *where, host),
        ):
            yield from self.gate(refusal, self.project, self.provider)
        others = self.ordered.values()
        same = {e.project: i for e, i in others if e.order == self.order}
        shared = {e.project: i for e, i in others if e.order != self.order and e.plan == plan}
        for said in judge_order_plan(self, self.order, same, shared, *where):
            yield self.finding(said, Outcome.VIOLATION, self.project, self.provider)

    def _quota(self, host: ProviderAccredited, rule: Quota | None) -> Iterator[Event]:
        if not self._counts():
            return
        if rule is not None:
            exceeded = judge_quota(rule, host, self.projects, self.term)
            yield from self.gate(exceeded, self.project, self.provider)
            return
        zh, en = "现有文件没有规定其限报数", "no document sets its quota of projects"
        if host.quota_category is None and not host.distance:
            zh, en = "没有指标类别", "it has no quota category"
        said = QuotaUnknown(
            zh=f"{self.provider} {zh}，{self.term.value} 的限报数无法判断",
            en=f"the quota of {self.provider} for {self.term.value} is undecided: {en}",
            field="provider",
        )
        yield self.finding(said, Outcome.INDETERMINATE, self.project, self.provider)

    def _lead(self) -> Iterator[Event]:
        refusals = judge_lead(
            self,
            self.lead.staff,
            self.provider,
            self.offerings,
            self.led.values(),
            place=self.place,
            term=self.term,
        )
        for refusal in refusals:
            if self.order is not None:
                yield from self._in_principle(refusal)
            else:
                yield from self.gate(refusal, self.project, self.lead.staff)

    def _in_principle(self, refusal: Refused) -> Iterator[Event]:
        """Notes that an order-based project departs from the demands on province-wide ones."""
        rule = self.ask.rules.find(OrderStandard, self.place, self.ask.on, term=self.term.value)
        if rule is not None:
            said = type(refusal)(
                zh=refusal.zh,
                en=refusal.en,
                rule=rule,
                field=refusal.field,
                evidence=refusal.evidence,
            )
            yield self.finding(said, Outcome.DEVIATION, self.project, self.lead.staff)


def known_project(
    declared: ProjectDeclared | None, project: ProjectId, field: str = "project"
) -> ProjectDeclared:
    """The declaration. Raises ``UnknownReference`` where there is none."""
    if declared is None:
        raise unknown(project, field)
    return declared
