"""Scrutiny: the rules that look at a declared plan, its lead and its provider alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ledger.candidate import Candidate
from ledger.command import Refused
from ledger.content import judge_contents, judge_courses, judge_required
from ledger.event import Event
from ledger.fee import judge_items, judge_standard
from ledger.finding import Outcome
from ledger.host import judge_accredited, judge_division, judge_university
from ledger.mode import judge_assigned, judge_lodging, judge_mode, judge_suspended
from ledger.names import JurisdictionId, Name
from ledger.register import Title
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.segment import advise_months, judge_segments

STAFF, EXPERTISE, SENIORITY = "REGULAR_STAFF", "EXPERTISE", "ASSOCIATE_SENIOR"


class OnlineShare(
    Parameters,
    kind="online-share",
    zh="在线学分占项目总学分的比例超过上限的混合式项目，拒绝申报；有一部分学分在线取得的，"
    "不论称为何种形式，都按混合式判断；规定是否有效无法确定时不作判断。",
    scope=("mode",),
    more=("share_max",),
):
    """Refuses a project of which a larger share of the credits than this is earned online.

    A plan that is partly online is judged as blended, whatever it is called.
    """

    share_max: Fraction


class BlendedHost(
    Parameters,
    kind="blended-host",
    zh="机构没有混合式培训资质的，其混合式项目拒绝申报；有一部分学分在线取得的，都算混合式。",
    scope=("mode",),
):
    """Refuses a blended project whose host does not hold the qualification for it.

    A plan that is partly online is blended, whatever it is called.
    """


class SubjectScope(
    Parameters,
    kind="subject-scope",
    zh="项目学科不在机构资质学科之内的，拒绝申报。",
    scope=("term",),
):
    """Refuses a project outside the subjects for which the provider is accredited."""


class FinalAssessment(
    Parameters,
    kind="final-assessment",
    zh="达到规定学时的项目，方案没有结业考核的，记一项违规。",
    scope=(),
    more=("hours_min",),
):
    """Notes a project of so many hours whose plan has no final assessment."""

    hours_min: Decimal


def assessment_rule(
    rules: Rulebook, place: JurisdictionId, hours: Decimal, day: date
) -> InForce[FinalAssessment] | None:
    """The rule that asks for a final assessment after so many hours; shorter plans ask alone."""
    rule = rules.pinned(FinalAssessment, place, day)
    return rule if rule is not None and hours >= rule.value.hours_min else None


class KeyLead(
    Parameters,
    kind="key-lead",
    zh="重点项目或规模较大的项目，专职负责人少于规定人数的，记一项违规。",
    scope=(),
    less=("leads_min",),
):
    """Notes a key or large project with fewer full-time leads than this."""

    leads_min: int


class LeadStanding(
    Parameters,
    kind="lead-standing",
    zh="项目负责人不具备所列条件（正式员工、学科专长、副高以上职称）的，记为偏离。",
    scope=("term",),
    many=True,
    words={"needs": (STAFF, EXPERTISE, SENIORITY)},
):
    """Notes, as a departure, a lead who is not what a lead should be in principle."""

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


class NoFullTimeLead(Refused):
    """A key or large project has no lead who does nothing else."""


def _online_share(candidate: Candidate) -> Iterator[Refused]:
    plan, rule = candidate.plan, candidate.find(OnlineShare, mode=candidate.held_as)
    if rule is None or not rule.certain:
        return
    most = rule.value.share_max
    if Fraction(plan.online_credits) > most * Fraction(plan.base_credits):
        yield OnlineShareExceeded(
            zh=f"在线学分 {plan.online_credits} 超过项目总学分 {plan.base_credits} 的 {most}",
            en=f"{plan.online_credits} online credits are more than {most} of {plan.base_credits}",
            rule=rule,
            field="online_credits",
        )


def _blended_host(candidate: Candidate) -> Iterator[Refused]:
    host, rule = candidate.host, candidate.find(BlendedHost, mode=candidate.held_as)
    if rule is not None and not host.blended:
        yield NotQualifiedForBlended(
            zh=f"{host.provider} 没有混合式培训的资质",
            en=f"{host.provider} is not qualified for blended training",
            rule=rule,
            field="mode",
        )


def _subject(candidate: Candidate) -> Iterator[Refused]:
    plan, host, rule = candidate.plan, candidate.host, candidate.find(SubjectScope)
    if rule is not None and plan.subject not in host.subjects:
        yield OutsideSubjects(
            zh=f"{host.provider} 的资质学科为 {'、'.join(host.subjects)}，不含 {plan.subject}",
            en=f"{host.provider} is accredited for {', '.join(host.subjects)}, not {plan.subject}",
            rule=rule,
            field="subject",
        )


def _assessment(candidate: Candidate) -> Iterator[Refused]:
    plan, rule = candidate.plan, candidate.find(FinalAssessment)
    if rule is None or plan.hours < rule.value.hours_min or plan.final_assessment:
        return
    yield NoFinalAssessment(
        zh=f"{plan.hours} 学时的项目须设结业考核，方案中没有",
        en=f"a project of {plan.hours} hours needs a final assessment; the plan has none",
        rule=rule,
        field="final_assessment",
    )


def _key_lead(candidate: Candidate) -> Iterator[Refused]:
    plan, lead, rule = candidate.plan, candidate.lead, candidate.find(KeyLead)
    if rule is None or not (plan.key_project or plan.large_project):
        return
    if int(lead.full_time) < rule.value.leads_min:
        yield NoFullTimeLead(
            zh=f"重点项目或规模较大的项目须有专职负责人，{lead.staff} 不是专职",
            en=f"a key or large project needs a full-time lead; {lead.staff} is none",
            rule=rule,
            field="lead.full_time",
        )


def _standing(candidate: Candidate) -> Iterator[Refused]:
    titles, lead = list(Title), candidate.lead
    meets = {
        STAFF: lead.regular_staff,
        EXPERTISE: lead.expertise,
        SENIORITY: titles.index(lead.title) >= titles.index(Title.ASSOCIATE_SENIOR),
    }
    wants_zh = {STAFF: "正式员工", EXPERTISE: "相关学科专长", SENIORITY: "副高以上职称"}
    for rule in candidate.find_all(LeadStanding):
        need = rule.value.needs
        if not meets[need]:
            yield LeadBelowStanding(
                zh=f"项目负责人 {lead.staff} 不符合“{wants_zh[need]}”的原则要求",
                en=f"lead {lead.staff} does not have {need}, which is expected in principle",
                rule=rule,
                field="lead",
            )


Judge = Callable[[Candidate], Iterator[Refused]]

GATES: tuple[Judge, ...] = (
    _online_share,
    _blended_host,
    _subject,
    judge_segments,
    judge_suspended,
    judge_mode,
)
FINDINGS: tuple[tuple[Judge, Outcome], ...] = (
    (_assessment, Outcome.VIOLATION),
    (_key_lead, Outcome.VIOLATION),
    (judge_contents, Outcome.VIOLATION),
    (judge_courses, Outcome.VIOLATION),
    (judge_required, Outcome.VIOLATION),
    (judge_items, Outcome.VIOLATION),
    (judge_assigned, Outcome.VIOLATION),
    (judge_accredited, Outcome.VIOLATION),
    (judge_university, Outcome.VIOLATION),
    (judge_lodging, Outcome.DEVIATION),
    (_standing, Outcome.DEVIATION),
    (judge_division, Outcome.ADVISORY),
    (advise_months, Outcome.ADVISORY),
)


def judge_plan(candidate: Candidate, *subjects: Name) -> Iterator[Event]:
    """Gates and findings on the plan itself, by the version in force for the declaration."""
    command = candidate.command
    for gate in GATES:
        for refusal in gate(candidate):
            yield from command.gate(refusal, *subjects)
    for judge, outcome in FINDINGS:
        for said in judge(candidate):
            yield command.finding(said, outcome, *subjects)
    for said, outcome in judge_standard(candidate):
        yield command.finding(said, outcome, *subjects)
