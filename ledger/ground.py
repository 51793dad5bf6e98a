"""Ground: the tree of requirements under a verdict, each with what it stands on.

The cycle stands above its total, the total above the kinds of which it is made and the cap; the
years stand under one branch, the parts of a special training under it. A rule that was suspended
by an event stands in the tree as ``SUSPENDED``, with that event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ledger.amount import ZERO
from ledger.balance import Certainty
from ledger.breakdown import Share, TrainingKind
from ledger.cycle import CycleTotal
from ledger.names import JurisdictionId
from ledger.regulation import Rule, Rulebook
from ledger.requirement import Aside, Missing, Part, Requirement, Result
from ledger.rule import in_force, outside
from ledger.structure import OnceIntensive, SchoolBasedCap, SchoolBasedFloor
from ledger.verdict import Verdict
from ledger.yearly import YearlyHours, YearlySchoolBased

ASKED = {
    CycleTotal.KIND: "CYCLE_TOTAL",
    OnceIntensive.KIND: "ONCE_INTENSIVE",
    SchoolBasedCap.KIND: "SCHOOL_BASED_CAP",
    SchoolBasedFloor.KIND: "SCHOOL_BASED_FLOOR",
    YearlyHours.KIND: "YEARLY_HOURS",
    YearlySchoolBased.KIND: "YEARLY_SCHOOL_BASED",
}
_WORST = (
    Result.NOT_MET,
    Result.DEVIATION,
    Result.INDETERMINATE,
    Result.NOT_ASSESSED,
    Result.COMPLIANT,
)
# From the id of a rule to the ids of the events that adopted, amended, suspended or ended it.
Made = Callable[[str], tuple[str, ...]]


class Ground(Struct, kw_only=True, frozen=True):
    """One node. ``outcome`` is empty where it only adds to what stands above it.

    ``made``: the events that made its rule what it is; ``aside_made``: those of the rule that
    suspended it or left it to the locality. ``decides``: the result of the cycle hangs on it.
    """

    code: str
    outcome: Result | None
    needed: str | None
    had: str
    zh: str
    en: str
    decides: bool = False
    rule: str | None = None
    citation: str | None = None
    clause_zh: str | None = None
    clause_en: str | None = None
    certain: bool = True
    external: bool = False
    year: int | None = None
    missing: Missing | None = None
    aside: Aside | None = None
    positions: tuple[int, ...] = ()
    events: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    aside_made: tuple[str, ...] = ()
    children: tuple[Ground, ...] = ()


def ground(
    verdict: Verdict,
    shares: Sequence[Share],
    rules: Rulebook,
    place: JurisdictionId,
    made: Made,
) -> Ground:
    """The tree of a verdict; ``shares``: the credits of the record with what counts of each."""
    under: list[Ground] = []
    years: list[Ground] = []
    branches: list[Ground] = []
    for each in verdict.requirements:
        if each.code in ("SCHOOL_BASED_CAP", "CAP_UNKNOWN") or each.code.endswith("_NOT_COUNTED"):
            under.append(_node(each, made))
        elif each.year is not None:
            years.append(_node(each, made))
        elif each.code != "CYCLE_TOTAL":
            branches.append(_node(each, made, (_part(part, each, made) for part in each.parts)))
    [total] = [each for each in verdict.requirements if each.code == "CYCLE_TOTAL"]
    children = [
        _node(total, made, (*_kinds(verdict, shares), *under)),
        *branches,
        *_years(years),
        *_suspended(rules, place, verdict.day, made),
    ]
    deciding = [each for each in verdict.requirements if each.decides]
    return Ground(
        code="CYCLE",
        outcome=verdict.result,
        needed=None,
        had=str(verdict.counted),
        zh=verdict.zh,
        en=verdict.en,
        decides=True,
        certain=all(each.certain for each in deciding),
        positions=tuple(sorted({at for each in deciding for at in each.positions})),
        events=tuple(dict.fromkeys(event for each in deciding for event in each.events)),
        children=tuple(children),
    )


def _node(asked: Requirement, made: Made, children: Iterable[Ground] = ()) -> Ground:
    return Ground(
        code=asked.code,
        outcome=asked.result,
        needed=asked.needed,
        had=asked.had,
        zh=asked.zh,
        en=asked.en,
        decides=asked.decides,
        certain=asked.certain,
        external=asked.external,
        year=asked.year,
        missing=asked.missing if asked.result not in (Result.MET, Result.COMPLIANT) else None,
        aside=asked.aside,
        positions=asked.positions,
        events=asked.events,
        made=made(asked.rule) if asked.rule else (),
        aside_made=made(asked.aside.rule) if asked.aside else (),
        children=tuple(children),
        **_cited(asked),
    )


def _part(part: Part, whole: Requirement, made: Made) -> Ground:
    return Ground(
        code=part.code,
        outcome=part.result if whole.certain else Result.INDETERMINATE,
        needed=part.needed,
        had=part.had,
        zh=f"{part.zh}。",
        en=f"{part.en}.",
        decides=whole.decides,
        certain=whole.certain,
        external=whole.external,
        missing=part.missing,
        positions=whole.positions,
        events=whole.events,
        made=made(whole.rule) if whole.rule else (),
        **_cited(whole),
    )


def _cited(asked: Requirement) -> dict[str, Any]:
    names = ("rule", "citation", "clause_zh", "clause_en")
    return {name: getattr(asked, name) for name in names}


def _kinds(verdict: Verdict, shares: Sequence[Share]) -> Iterator[Ground]:
    """What each kind of training adds to the total."""
    for kind in TrainingKind:
        own = [each for each in shares if each.shown is kind and each.effective]
        counted: Decimal = sum((each.effective for each in own), ZERO)
        if own:
            unit = "学时" if verdict.unit.value == "HOURS" else "学分"
            yield Ground(
                code=kind.value,
                outcome=None,
                needed=None,
                had=str(counted),
                zh=f"{_KIND_ZH[kind]}计入 {counted} {unit}。",
                en=f"{counted} {verdict.unit.value.lower()} of {kind.value} count.",
                certain=all(each.balance is not Certainty.UNCERTAIN for each in own),
                positions=tuple(sorted({at for each in own for at in each.positions})),
                events=tuple(event for each in own for event in each.events),
            )


def _years(years: list[Ground]) -> Iterator[Ground]:
    """The branch of the single years, as bad as the worst of them."""
    if not years:
        return
    outcomes = [each.outcome for each in years]
    met = sum(each in (Result.MET, Result.COMPLIANT) for each in outcomes)
    short = sum(each in (Result.NOT_MET, Result.DEVIATION) for each in outcomes)
    doubt, later = outcomes.count(Result.INDETERMINATE), outcomes.count(Result.NOT_ASSESSED)
    open_zh = f"，无法判断 {doubt} 项" if doubt else ""
    open_zh += f"，年度未结束、尚未评估 {later} 项" if later else ""
    open_en = f", undecided: {doubt}" if doubt else ""
    open_en += f", not assessed before the year is over: {later}" if later else ""
    yield Ground(
        code="YEARLY",
        outcome=next((each for each in _WORST if each in outcomes), Result.MET),
        needed=None,
        had=str(met),
        zh=f"逐年要求 {len(years)} 项：达到 {met} 项，未达到 {short} 项{open_zh}；不影响周期结论。",
        en=f"Yearly norms: {len(years)}; reached: {met}, not reached: {short}{open_en}. "
        "No cycle hangs on them.",
        certain=all(each.certain for each in years),
        children=tuple(years),
    )


def _suspended(rules: Rulebook, place: JurisdictionId, day: date, made: Made) -> Iterator[Ground]:
    """The rules that would ask for something, and do not while they are suspended."""
    for name in sorted(rules.rules):
        if rules.rules[name].kind not in ASKED or not rules.suspensions(name):
            continue
        for rule in rules.versions(name):
            if rule.place in place.chain and _paused(rules, rule, day):
                yield Ground(
                    code=ASKED[rule.kind],
                    outcome=Result.SUSPENDED,
                    needed=None,
                    had="",
                    zh=f"{rule.citation} 在 {day} 暂停执行，不作判断。",
                    en=f"{rule.citation} is suspended on {day} and not judged.",
                    rule=rule.id,
                    citation=rule.citation,
                    clause_zh=rule.zh,
                    clause_en=rule.en,
                    made=made(rule.id),
                    aside_made=made(rule.id),
                )


def _paused(rules: Rulebook, rule: Rule, day: date) -> bool:
    certain = in_force(rule, day)
    return certain is not None and outside(list(rules.suspensions(rule.id)), day, certain) is None


_KIND_ZH = {
    TrainingKind.INTENSIVE: "集中培训",
    TrainingKind.SCHOOL_BASED: "校本培训",
    TrainingKind.DISTANCE: "远程培训",
    TrainingKind.BLENDED: "混合式培训",
    TrainingKind.MANDATED: "指令性培训",
    TrainingKind.OTHER: "其他培训",
}
