"""Consequence: what a cycle means for promotion, registration, appraisal, awards and costs.

The facts are one thing and what follows from them another (rulebook C-13): the link between
training and a teacher's career was suspended for some uses, while the verdict stands. The version
is that of the day of the consequence (C-33); the cycle is the last one that ended before it.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum
from typing import Any

from msgspec import Struct

from ledger.cycle import YEARS_DEFAULT, CycleTotal
from ledger.names import JurisdictionId
from ledger.record import Record
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.requirement import Result
from ledger.verdict import judge
from ledger.word import in_english


class RecordUse(Enum):
    """For what somebody looks at a teacher's training."""

    TITLE_PROMOTION = "TITLE_PROMOTION"
    POSITION_PROMOTION = "POSITION_PROMOTION"
    REGISTRATION = "REGISTRATION"
    ANNUAL_APPRAISAL = "ANNUAL_APPRAISAL"
    AWARDS = "AWARDS"
    REIMBURSEMENT = "REIMBURSEMENT"


class Link(Enum):
    """Whether training bears on a use on a day."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    INDETERMINATE = "INDETERMINATE"


class Shortfall(Enum):
    """Whether what is missing in the last cycle counts against the teacher in that use."""

    NONE = "NONE"
    COUNTS = "COUNTS"
    SET_ASIDE = "SET_ASIDE"
    INDETERMINATE = "INDETERMINATE"


class ConsequenceLink(
    Parameters,
    kind="consequence-link",
    zh="说明教师参训情况与哪些事项挂钩；查询某一事项时据此给出“挂钩有效”。",
    scope=(),
    less=("links",),
    words={"links": RecordUse},
):
    """Says to which uses training is linked; of another use the ledger says it cannot tell."""

    links: tuple[str, ...] = ()


class ConsequenceSuspended(
    Parameters,
    kind="consequence-suspended",
    zh="暂停期内对所列事项给出“挂钩暂停”，周期结论不变；是否仍在暂停期不能确定时给出“无法判断”。",
    scope=(),
    more=("links", "links_open"),
    words={"links": RecordUse, "links_open": RecordUse},
):
    """Suspends the link for some uses; of ``links_open`` its words do not decide."""

    links: tuple[str, ...] = ()
    links_open: tuple[str, ...] = ()


class Consequence(Struct, kw_only=True, frozen=True):
    """How training bears on a use on a day, beside the verdict on the last cycle that ended."""

    use: RecordUse
    day: date
    link: Link
    shortfall: Shortfall
    cycle_end: date | None
    cycle_result: Result | None
    zh: str
    en: str
    rule: str | None = None
    citation: str | None = None
    certain: bool = True


def consequence(record: Record, rules: Rulebook, use: RecordUse, day: date) -> Consequence | None:
    """What follows for a use on a day; ``None`` for one who never entered."""
    place = record.at(day).place
    total = rules.find(CycleTotal, place, day) if place else None
    cycle = record.cycle(day, total.value.years if total else YEARS_DEFAULT)
    if cycle is None or place is None:
        return None
    state, rule = _link(rules, place, use, day)
    last = cycle.start - timedelta(days=1) if cycle.number > 1 else None
    ended = judge(record, rules, last) if last else None
    shortfall = Shortfall.NONE
    if ended is not None and ended.result is not Result.MET:
        shortfall = _shortfall(rules, place, use, state, ended.day)
        if ended.result is Result.INDETERMINATE and shortfall is Shortfall.COUNTS:
            shortfall = Shortfall.INDETERMINATE
    return Consequence(
        use=use,
        day=day,
        link=state,
        shortfall=shortfall,
        cycle_end=cycle.start if last else None,
        cycle_result=ended.result if ended else None,
        zh=f"{day} {_USE_ZH[use]}：{_LINK_ZH[state]}；{_SHORT_ZH[shortfall]}。",
        en=in_english(f"{use.value} on {day}: {_LINK_EN[state]}; {_SHORT_EN[shortfall]}."),
        rule=rule.id if rule else None,
        citation=rule.rule.citation if rule else None,
        certain=rule.certain if rule else False,
    )


def _link(
    rules: Rulebook, place: JurisdictionId, use: RecordUse, day: date
) -> tuple[Link, InForce[Any] | None]:
    suspended = rules.find(ConsequenceSuspended, place, day)
    if suspended is not None and use.value in suspended.value.links:
        return Link.SUSPENDED if suspended.certain else Link.INDETERMINATE, suspended
    if suspended is not None and use.value in suspended.value.links_open:
        return Link.INDETERMINATE, suspended
    rule = rules.find(ConsequenceLink, place, day)
    if rule is None or use.value not in rule.value.links:
        return Link.INDETERMINATE, None
    return Link.ACTIVE if rule.certain else Link.INDETERMINATE, rule


def _shortfall(
    rules: Rulebook, place: JurisdictionId, use: RecordUse, state: Link, last: date
) -> Shortfall:
    if state is Link.SUSPENDED:
        return Shortfall.SET_ASIDE
    if state is Link.INDETERMINATE:
        return Shortfall.INDETERMINATE
    # Whether a cycle that ended in the suspension may be held against anybody afterwards is not
    # said (C-13); somebody has to decide.
    then = rules.find(ConsequenceSuspended, place, last)
    touched = then is not None and use.value in (*then.value.links, *then.value.links_open)
    return Shortfall.INDETERMINATE if touched else Shortfall.COUNTS


_USE_ZH = {
    RecordUse.TITLE_PROMOTION: "职称晋升",
    RecordUse.POSITION_PROMOTION: "职务晋升",
    RecordUse.REGISTRATION: "资格注册",
    RecordUse.ANNUAL_APPRAISAL: "年度考核",
    RecordUse.AWARDS: "评奖评优",
    RecordUse.REIMBURSEMENT: "培训经费报销",
}
_LINK_ZH = {
    Link.ACTIVE: "与培训挂钩",
    Link.SUSPENDED: "暂停与培训挂钩",
    Link.INDETERMINATE: "是否与培训挂钩，文件没有写明",
}
_LINK_EN = {
    Link.ACTIVE: "training is linked to it",
    Link.SUSPENDED: "the link to training is suspended",
    Link.INDETERMINATE: "the documents do not say whether training is linked to it",
}
_SHORT_ZH = {
    Shortfall.NONE: "没有可计较的不足",
    Shortfall.COUNTS: "上一周期的不足应予考虑",
    Shortfall.SET_ASIDE: "上一周期的不足不予考虑",
    Shortfall.INDETERMINATE: "上一周期的不足可否计较，须人工决定",
}
_SHORT_EN = {
    Shortfall.NONE: "there is nothing to hold against the teacher",
    Shortfall.COUNTS: "what the last cycle lacks is taken into account",
    Shortfall.SET_ASIDE: "what the last cycle lacks is set aside",
    Shortfall.INDETERMINATE: "whether what the last cycle lacks counts is for somebody to decide",
}
