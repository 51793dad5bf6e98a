"""Indicators: exact numbers of a school, a provider, a locality or the province for a period.

An indicator is opened one level down, a province by cities, a city by counties, a county by schools
or providers, a school by teachers and a provider by classes; the parts add up to the whole. A rule
judges what it is addressed to, a school or a locality; what lies above is told without a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct

from ledger.names import JurisdictionId, Name, SchoolId, TermId
from ledger.requirement import UNSAID, Requirement, Result
from projections.catalogue import SCHOOLS
from projections.class_measure import class_measures, classes_of, completions_of_classes
from projections.gathering import OF_TRAINEES, Gathering, afford
from projections.inspection_measure import inspections
from projections.measure import ZERO, IndicatorCode, Measure, Question, Share, Subject, judged
from projections.obligation import all_rows
from projections.reader import Where
from projections.review_measure import provider_reviews, with_projects

DECIMAL_PLACES_MAX = 4
# Without a rule nobody says which training is long, so there is nothing to count.
DEFINED_BY_RULE = (
    IndicatorCode.COMPLETED_SHARE,
    IndicatorCode.SENT_SHARE,
    IndicatorCode.MATCH_SHARE,
)
OF_CLASSES = (IndicatorCode.LATE_TIMETABLES, IndicatorCode.PLAN_CHANGES)
SENTENCES: dict[IndicatorCode, tuple[str, str]] = {
    IndicatorCode.AVERAGE_CREDITS: (
        "在职教师 {d} 人，共得 {n} 学分，人均 {v}",
        "{d} teachers earned {n} credits, {v} each",
    ),
    IndicatorCode.COMPLETED_SHARE: (
        "在职教师 {d} 人，完成限定选修长期集中培训的 {n} 人，比例 {v}",
        "{n} of {d} teachers completed a long restricted-elective training, a share of {v}",
    ),
    IndicatorCode.SENT_SHARE: (
        "在职教师 {d} 人，派出参加长期集中培训的 {n} 人，比例 {v}",
        "{n} of {d} teachers were sent to a long block training, a share of {v}",
    ),
    IndicatorCode.MATCH_SHARE: (
        "学校通过的长期项目选课 {d} 人次，层次类别相符 {n} 人次，比例 {v}",
        "{n} of {d} choices of long projects suit the teacher, a share of {v}",
    ),
    IndicatorCode.INSPECTION_SHARE: (
        "项目 {d} 个（含校本研修），被抽查 {n} 个，比例 {v}",
        "{n} of {d} projects, school-based ones among them, were looked into, a share of {v}",
    ),
    IndicatorCode.OVERDUE_REVIEWS: (
        "应办审核 {d} 件，逾期 {n} 件，比例 {v}",
        "{n} of {d} reviews are overdue or came late, a share of {v}",
    ),
    IndicatorCode.LATE_TIMETABLES: (
        "应公布课程表的班期 {d} 个，未按时公布 {n} 个，比例 {v}",
        "{n} of {d} timetables came late or are lacking, a share of {v}",
    ),
    IndicatorCode.PLAN_CHANGES: (
        "班期 {d} 个，方案调整 {n} 次，平均每班 {v}",
        "changes of plans: {n} in {d} classes, {v} each",
    ),
    IndicatorCode.COMPLETION_SHARE: (
        "已判定 {d} 人次，结业 {n} 人次，比例 {v}",
        "{n} of {d} trainees with an outcome completed their training, a share of {v}",
    ),
    IndicatorCode.SETTLED_SHARE: (
        "录取 {d} 人次，已判定 {n} 人次，比例 {v}",
        "{n} of {d} admitted trainees have an outcome, a share of {v}",
    ),
}


class Indicator(Struct, kw_only=True):
    """One number with its rule, and how it stands; ``value`` is exact, ``decimal`` rounded.

    ``day``: on which it was asked. ``judged``: the number that the rule judges, where it is another
    one than the value. ``unsaid``: how many of the denominator nobody can tell.
    """

    code: IndicatorCode
    of: Name
    day: date
    year: int
    term: TermId | None
    numerator: Decimal
    denominator: int
    value: str | None
    decimal: Decimal | None
    decimal_places: int
    unsaid: int
    needed: str | None
    judged: str | None
    result: Result | None
    rule: str | None
    citation: str | None
    clause_zh: str | None
    clause_en: str | None
    certain: bool
    zh: str
    en: str
    position: int
    measure: Measure
    asked: Question
    results: dict[str, Requirement]


def gathering(asked: Question) -> Gathering | None:
    """The people of the subject, yet to be gathered; ``None`` for a provider."""
    if asked.subject.provider is not None:
        return None
    afford(asked)
    return Gathering(asked, _schools(asked))


def indicators(asked: Question, position: int, people: Gathering | None = None) -> list[Indicator]:
    """All that is measured of a subject for a period. Raises ``Fault`` (``TOO_WIDE``).

    ``people``: those of its schools, where they were gathered already.
    """
    gathered = people or gathering(asked)
    measures = _measures(asked, gathered.all().held if gathered else {})
    found = [_told(asked, each, position) for each in measures if asked.wants(each.code)]
    return [
        each
        for each in found
        if each.rule is not None or each.denominator or each.code not in DEFINED_BY_RULE
    ]


def _measures(asked: Question, people: dict[IndicatorCode, Measure]) -> Iterator[Measure]:
    subject, whole_year = asked.subject, asked.period.half is None
    if subject.provider is not None:
        classes = classes_of(asked)
        if whole_year:
            yield inspections(asked)
        yield provider_reviews(asked, classes)
        yield from class_measures(asked, classes)
        yield from completions_of_classes(asked, classes)
        return
    reviews = people.get(IndicatorCode.OVERDUE_REVIEWS)
    for code, measure in people.items():
        if code not in OF_TRAINEES and measure is not reviews:
            yield measure
    if reviews is not None:
        yield reviews if isinstance(subject.name, SchoolId) else with_projects(asked, reviews)
    if whole_year and asked.wants(IndicatorCode.INSPECTION_SHARE):
        yield inspections(asked)
    if asked.wants(*OF_CLASSES) and not isinstance(subject.name, SchoolId):
        yield from class_measures(asked, classes_of(asked))
    yield from (people[code] for code in OF_TRAINEES if code in people)


def _schools(asked: Question) -> dict[str, JurisdictionId]:
    subject = asked.subject
    if isinstance(subject.name, SchoolId):
        assert subject.place is not None
        return {str(subject.name): subject.place}
    found = all_rows(asked.rows, SCHOOLS, Where().and_among(place=subject.places))
    return {str(each.school): each.place for each in found if each.place is not None}


def _told(asked: Question, measure: Measure, position: int) -> Indicator:
    numerator, denominator, unsaid = summed(measure.shares)
    ratio = ratio_of(numerator, denominator)
    results = dict(judged(measure)) if measure.results is None else measure.results
    own = _of_subject(asked.subject, measure, results)
    rule = measure.cited
    standing = [each.result for each in results.values()]
    standing = [] if own and _apart(measure) else standing
    zh, en = _sentence(measure.code, (numerator, denominator, unsaid), ratio, standing)
    needed = None if rule is None else _least(rule.value)
    return Indicator(
        code=measure.code,
        of=asked.subject.name,
        day=asked.period.year.today,
        year=asked.period.year.number,
        term=TermId(asked.period.terms[0]) if asked.period.half else None,
        numerator=numerator,
        denominator=denominator,
        value=None if ratio is None else str(ratio),
        decimal=None if ratio is None else rounded(ratio),
        decimal_places=DECIMAL_PLACES_MAX,
        unsaid=unsaid,
        needed=needed,
        judged=own.had if own and _apart(measure) and own.had != UNSAID else None,
        result=own.result if own else None,
        rule=rule.id if rule else None,
        citation=rule.rule.citation if rule else None,
        clause_zh=rule.rule.zh if rule else None,
        clause_en=rule.rule.en if rule else None,
        certain=rule.certain if rule else True,
        zh=f"{zh[:-1]}；{own.zh}" if own and _apart(measure) else own.zh if own else zh,
        en=f"{en} {own.en}" if own and _apart(measure) else own.en if own else en,
        position=position,
        measure=measure,
        asked=asked,
        results=results,
    )


def _apart(measure: Measure) -> bool:
    """Whether the rule judges another number than the value; then both are told."""
    return measure.code is IndicatorCode.COMPLETED_SHARE


def _of_subject(
    subject: Subject, measure: Measure, results: dict[str, Requirement]
) -> Requirement | None:
    """How the subject itself stands, where it is what the rule is addressed to."""
    locality = isinstance(subject.name, JurisdictionId)
    if locality != measure.by_place or subject.place is None:
        return None
    if isinstance(subject.name, JurisdictionId) and subject.name.level != "COUNTY":
        return None
    found = results.get(str(subject.name))
    return found or measure.judge(str(subject.name), subject.place, [])


def _sentence(
    code: IndicatorCode,
    sums: tuple[Decimal, int, int],
    ratio: Fraction | None,
    standing: list[Result],
) -> tuple[str, str]:
    numerator, denominator, unsaid = sums
    value = "—" if ratio is None else str(rounded(ratio))
    zh, en = (each.format(n=numerator, d=denominator, v=value) for each in SENTENCES[code])
    if unsaid:
        zh, en = f"{zh}，另有 {unsaid} 无法判断", f"{en}, and of {unsaid} nobody can tell"
    if not standing:
        return f"{zh}。", f"{en}."
    results = Counter(standing)
    met, missed = results[Result.MET], results[Result.NOT_MET]
    others = results.total() - met - missed
    return (
        f"{zh}；所属单位中 {met} 个达到，{missed} 个未达到，{others} 个不作判断。",
        f"{en}; of those within, {met} reach what is asked for, {missed} do not, and {others} are "
        "not judged.",
    )


def _least(value: Any) -> str | None:
    found = getattr(value, "credits_min", None) or getattr(value, "share_min", None)
    return None if found is None else str(found)


def summed(shares: Iterable[Share]) -> tuple[Decimal, int, int]:
    """Numerator, denominator, and how much of it nobody can tell."""
    numerator, denominator, unsaid = ZERO, 0, 0
    for each in shares:
        numerator += each.numerator
        denominator += each.denominator
        unsaid += each.unsaid
    return numerator, denominator, unsaid


def ratio_of(numerator: Decimal, denominator: int) -> Fraction | None:
    """The exact ratio; ``None`` over nothing."""
    return Fraction(numerator) / denominator if denominator else None


def rounded(ratio: Fraction) -> Decimal:
    """A ratio to four places, half of the last one upwards."""
    scaled = (ratio * 10**DECIMAL_PLACES_MAX * 2 + 1) // 2
    return Decimal(int(scaled)).scaleb(-DECIMAL_PLACES_MAX)
