"""The days of a simulated term, from the windows of the documents; unknown ones are set fairly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from ledger.adoption import AdoptRegulation
from ledger.command import Ask
from ledger.fault import Fault
from ledger.names import JurisdictionId, TermId
from ledger.regulation import Rulebook
from ledger.store.founding import FOUNDER, documents
from ledger.term import Calendar, Phase, window

NEEDED = (Phase.DECLARE, Phase.REVIEW, Phase.PUBLISH, Phase.SELECT_R1, Phase.SELECT_R2)
ORDERED = (
    Phase.ORDER_SUBMIT,
    Phase.ORDER_LIST_PUBLISH,
    Phase.ORDER_RESPOND,
    Phase.ORDER_AWARD,
    Phase.ORDER_DECLARE,
    Phase.ORDER_REVIEW,
)
BEFORE_DAYS = 2
# The documents that come with the program stand as written: their last version is the only one.
LATEST = date.max


def later(day: date, days: int) -> date:
    """So many days later."""
    return day + timedelta(days=days)


def between(rng: Random, first: date, last: date) -> date:
    """Any day from the first to the last."""
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def known_rules() -> Rulebook:
    """The rules of the documents that come with the program."""
    rules = Rulebook()
    for document in documents():
        command = AdoptRegulation(document=document)
        command.placed = True
        command.ask = Ask(on=LATEST, asker=FOUNDER, rules=rules)
        for event in list(command.decide()):
            rules.learn(event)
    return rules


@dataclass(frozen=True)
class TermDays:
    """When each step of a term is taken."""

    term: TermId
    start: date
    declare: tuple[date, date]
    review: date
    publish: date
    round_one: tuple[date, date]
    school_one: date
    expansion: tuple[date, date]
    provider_one: date
    round_two: tuple[date, date]
    school_two: date
    provider_two: date
    deliver: tuple[date, date]
    orders: dict[Phase, date]


def term_days(rules: Rulebook, place: JurisdictionId, term: TermId) -> TermDays:
    """The days of a term. Raises ``Fault`` (``TERM_WITHOUT_WINDOWS``) where it has no windows."""

    spans = _spans(rules, place, term, Calendar.REGULAR)
    if not spans.keys() >= {*NEEDED, Phase.DELIVER}:
        raise _unknown_term(rules, place, term)

    def last(phase: Phase, otherwise: date) -> date:
        return spans[phase][1] if phase in spans else otherwise

    def first(phase: Phase, otherwise: date) -> date:
        return spans[phase][0] if phase in spans else otherwise

    orders = _spans(rules, place, term, Calendar.ORDER)
    one, two = spans[Phase.SELECT_R1], spans[Phase.SELECT_R2]
    school_one = last(Phase.SCHOOL_REVIEW_R1, later(one[1], 1))
    asked = first(Phase.EXPANSION_REQUEST, later(school_one, 1))
    decided = last(Phase.EXPANSION_DECISION, later(asked, 1))
    school_two = last(Phase.SCHOOL_REVIEW_R2, later(two[1], 1))
    return TermDays(
        term=term,
        start=later(spans[Phase.DECLARE][0], -BEFORE_DAYS),
        declare=spans[Phase.DECLARE],
        review=spans[Phase.REVIEW][1],
        publish=spans[Phase.PUBLISH][0],
        round_one=one,
        school_one=school_one,
        expansion=(asked, decided),
        provider_one=first(Phase.PROVIDER_REVIEW_R1, later(decided, 1)),
        round_two=two,
        school_two=school_two,
        provider_two=first(Phase.PROVIDER_REVIEW_R2, later(school_two, 1)),
        deliver=spans[Phase.DELIVER],
        orders={phase: orders[phase][0] for phase in ORDERED if phase in orders},
    )


def _spans(
    rules: Rulebook, place: JurisdictionId, term: TermId, calendar: Calendar
) -> dict[Phase, tuple[date, date]]:
    """First and last day of each step whose window has both."""
    found = {}
    for phase in Phase:
        rule = window(rules, place, term, phase, calendar, LATEST)
        if rule is not None and rule.value.first and rule.value.last:
            found[phase] = (rule.value.first, rule.value.last)
    return found


def _unknown_term(rules: Rulebook, place: JurisdictionId, term: TermId) -> Fault:
    held = [
        each
        for each in sorted(rules.terms)
        if window(rules, place, TermId(f"term:{each}"), Phase.DECLARE, Calendar.REGULAR, LATEST)
    ]
    return Fault(
        "TERM_WITHOUT_WINDOWS",
        zh=f"现有文件没有 {place.value} 在 {term.value} 的完整时间安排，无法模拟；"
        f"可选学期：{'、'.join(held)}",
        en=f"no document gives the windows of {term.value} for {place.value}, so it cannot be "
        f"simulated; terms that have them: {', '.join(held)}",
    )


__all__ = ["TermDays", "between", "known_rules", "later", "term_days"]
