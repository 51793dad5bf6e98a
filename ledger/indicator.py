"""Indicator: what the teachers of a school come to together, by year or by term.

All ratios are exact. What the epidemic notice suspended is shown with its value and not judged:
at provincial level ``NOT_ASSESSED``, under rules of a city or county ``LOCAL_DISCRETION``; between
its last certain day and its end nobody can tell (rulebook C-12, C-13).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ledger.day import last_of
from ledger.names import JurisdictionId, TermId
from ledger.regulation import InForce, Parameters, Rulebook
from ledger.requirement import UNSAID, Requirement, Result, weighed, while_running
from ledger.structure import set_aside


class SchoolAverage(
    Parameters,
    kind="school-average",
    zh="全校教师当年学分合计不少于人均下限乘以在职教师数，即满足；没有教师时不适用。",
    scope=(),
    less=("credits_min",),
):
    """The credits that a school's teachers earn in a year on average at least."""

    credits_min: Decimal


class CompletedShare(
    Parameters,
    kind="completed-share",
    zh="周期内已过各年的完成率（当年完成限定选修长期集中培训的教师÷年末在职教师）取平均，"
    "达到即满足，不取整。",
    scope=(),
    less=("share_min", "base_credits_min"),
):
    """The mean of the yearly shares of teachers who completed a restricted-elective training."""

    share_min: Fraction
    base_credits_min: Decimal


class SentShare(
    Parameters,
    kind="sent-share",
    zh="当年派出参加长期集中培训的教师占年末在职教师的比例，达到即满足；"
    "当地另有完成率要求的，以完成率为准。",
    scope=(),
    less=("share_min", "hours_min"),
):
    """The share of a school's teachers sent to a long block training in a year at least."""

    share_min: Fraction
    hours_min: Decimal


class MatchShare(
    Parameters,
    kind="match-share",
    zh="按学校和学期计：学校通过的、达到规定学分的项目选课中，层次、类别与教师相符的比例，达到即满足；"
    "没有这类选课时不适用。",
    scope=(),
    less=("share_min",),
):
    """The share of a term's choices of long projects that suit the teacher at least."""

    share_min: Fraction
    base_credits_min: Decimal


def school_average(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    *,
    credits: Decimal,
    teachers: int,
    today: date | None = None,
) -> Requirement | None:
    """A school's credits of a year over its teachers: ``credits >= minimum * teachers``.

    ``today``: where the year of the day may still run.
    """
    rule = rules.find(SchoolAverage, place, day)
    if rule is None:
        return None
    least = rule.value.credits_min * teachers
    found = weighed(
        "SCHOOL_AVERAGE",
        rule,
        _judged(rules, rule, place, day, credits >= least, bool(teachers)),
        needed=f"{rule.value.credits_min} × {teachers}",
        had=credits,
        zh=f"在职教师 {teachers} 人，全年共 {credits} 学分，须 {least} 学分"
        f"（人均 {rule.value.credits_min}）。",
        en=f"{teachers} teachers earned {credits} credits in the year, of {least} "
        f"({rule.value.credits_min} each).",
    )
    return while_running(found, last_of(day), today or date.max, least - credits)


def completed_share(
    rules: Rulebook, place: JurisdictionId, day: date, years: Iterable[tuple[int, int]]
) -> Requirement | None:
    """The mean of the yearly rates, each of so many who completed among so many teachers.

    Years without teachers have no rate and do not count.
    """
    rule = rules.find(CompletedShare, place, day)
    if rule is None:
        return None
    rates = [Fraction(done, teachers) for done, teachers in years if teachers > 0]
    mean = sum(rates, Fraction(0)) / len(rates) if rates else Fraction(0)
    least = rule.value.share_min
    zh = f"周期内已结束的 {len(rates)} 个年度，完成率平均为 {mean}，须 {least}。"
    en = f"The mean of the completion rates of the years that are over, {len(rates)}, is {mean}; "
    en += f"{least} is asked for."
    if not rates:
        zh = f"条款评价周期内已结束各年的平均完成率，须 {least}；还没有这样的年度，不适用。"
        en = f"The rule judges the mean rate of the years of the cycle that are over, of {least}; "
        en += "there is none yet, and it does not apply."
    return weighed(
        "COMPLETED_SHARE",
        rule,
        _judged(rules, rule, place, day, mean >= least, bool(rates)),
        needed=least,
        had=mean if rates else UNSAID,
        zh=zh,
        en=en,
    )


def sent_share(
    rules: Rulebook,
    place: JurisdictionId,
    day: date,
    *,
    sent: int,
    teachers: int,
    today: date | None = None,
) -> Requirement | None:
    """A school's teachers sent to long block training in a year: ``sent >= share * teachers``.

    Where a county asks for completions instead, this is not asked (C-06).
    """
    rule = rules.find(SentShare, place, day)
    if rule is None:
        return None
    instead = rules.find(CompletedShare, place, day)
    result = _judged(
        rules, rule, place, day, sent >= rule.value.share_min * teachers, bool(teachers)
    )
    if instead is not None:
        result = Result.NOT_APPLICABLE if instead.certain else Result.INDETERMINATE
    note = ("", "") if instead is None else (f"以 {instead.id} 为准。", f" {instead.id} prevails.")
    found = weighed(
        "SENT_SHARE",
        rule,
        result,
        needed=f"{rule.value.share_min} × {teachers}",
        had=sent,
        zh=f"在职教师 {teachers} 人，当年派出 {sent} 人参加 {rule.value.hours_min} 学时及以上集中"
        f"培训，须达到 {rule.value.share_min}。{note[0]}",
        en=f"{sent} of {teachers} teachers were sent to a block training of "
        f"{rule.value.hours_min} hours; {rule.value.share_min} are asked for.{note[1]}",
    )
    short = -(-rule.value.share_min * teachers // 1) - sent
    return while_running(found, last_of(day), today or date.max, short)


def match_share(
    rules: Rulebook,
    place: JurisdictionId,
    first: date,
    last: date,
    *,
    matched: int,
    chosen: int,
    unsaid: int = 0,
    term: TermId | None = None,
    today: date | None = None,
) -> Requirement | None:
    """A school's choices of long projects in the term from ``first`` to ``last`` that suit.

    The rule is that of the term's first day; a suspension on its last day holds for the term.
    ``unsaid``: choices that do not say whether they suit. They leave it open, unless the share is
    reached without them, or missed even with them.
    """
    rule = rules.find(MatchShare, place, first)
    if rule is None:
        return None
    least = rule.value.share_min * chosen
    result = _judged(rules, rule, place, last, matched >= least, bool(chosen))
    if result is Result.NOT_MET and matched + unsaid >= least:
        result = Result.INDETERMINATE
    open_zh = f"（另有 {unsaid} 人次无法判断）" if unsaid else ""
    open_en = f" (of {unsaid} nobody can tell)" if unsaid else ""
    found = weighed(
        "MATCH_SHARE",
        rule,
        result,
        needed=f"{rule.value.share_min} × {chosen}",
        had=matched,
        zh=f"学校通过的 {rule.value.base_credits_min} 学分及以上选课 {chosen} 人次，"
        f"层次类别相符 {matched} 人次{open_zh}，须达到 {rule.value.share_min}。",
        en=f"{matched} of {chosen} choices of projects of {rule.value.base_credits_min} credits "
        f"suit the teacher{open_en}; {rule.value.share_min} are asked for.",
        term=term,
    )
    return while_running(found, last, today or date.max, -(-least // 1) - matched)


def _judged(
    rules: Rulebook,
    rule: InForce[Any],
    place: JurisdictionId,
    day: date,
    enough: bool,
    any_at_all: bool,
) -> Result:
    if not any_at_all:
        return Result.NOT_APPLICABLE
    judged = Result.MET if enough else Result.NOT_MET
    return set_aside(rules, rule, place, day) or judged
