"""The grid: for each kind of rule, month, place and scope one rule answers, or the documents none.

What answers is worked out here a second time, from the rules as they were adopted.
"""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from ledger.completion import AbsenceLimit, HoursDeduction
from ledger.cycle import CycleTotal
from ledger.regulation import KINDS
from ledger.schedule import TimetableNotice
from ledger.statement import Carried
from ledger.structure import OnceIntensive, RatioSuspended, SchoolBasedCap
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.given import all_rules

MONTHS = [date(year, month, 1) for year in range(2012, 2027) for month in range(1, 13)]
PLACES = [PROVINCE, WENZHOU, RUIAN, HANGZHOU]
COMPUTED = sorted(
    (kind for kind in KINDS.values() if kind is not Carried), key=lambda kind: kind.KIND
)


def rules_of(kind):
    return [each for each in all_rules().rules.values() if each.kind == kind.KIND]


def scopes(kind):
    """Every scope that the documents name for a kind, and none at all."""
    found = {()}
    for rule in rules_of(kind):
        keys = sorted(rule.scope)
        found |= {
            tuple(zip(keys, words, strict=True))
            for words in itertools.product(*(rule.scope[key] for key in keys))
        }
    return [dict(each) for each in sorted(found)]


def _rank(rule, place):
    return -place.chain.index(rule.place), len(rule.scope), rule.since or date.min


def _answers(rule, place, day, scope):
    first, last = rule.uncertain_from or rule.since or date.min, rule.until or date.max
    return rule.place in place.chain and rule.applies(scope) and first <= day <= last


def expected(candidates, place, day, scope):
    """The rules of the first rank for a place on a day, worked out anew."""
    answering = [each for each in candidates if _answers(each, place, day, scope)]
    ranked = [(_rank(each, place), each.id) for each in answering]
    best = max(ranked, default=(None, None))[0]
    return [name for rank, name in ranked if rank == best]


@pytest.mark.parametrize(
    "kind", [kind for kind in COMPUTED if not kind.MANY], ids=lambda kind: kind.KIND
)
def test_in_each_month_and_place_one_rule_answers_or_none(kind):
    candidates = rules_of(kind)
    for scope in scopes(kind):
        for place in PLACES:
            for day in MONTHS:
                best = expected(candidates, place, day, scope)
                found = all_rules().find(kind, place, day, **scope)
                assert len(best) <= 1, (place, day, scope, best)
                assert (found.id if found else None) == (best[0] if best else None), (place, day)


MANY = [kind for kind in COMPUTED if kind.MANY]


@pytest.mark.parametrize("kind", MANY, ids=lambda kind: kind.KIND)
def test_where_several_rules_answer_by_design_all_do_and_in_the_order_of_their_right(kind):
    candidates = rules_of(kind)
    for scope, place, day in itertools.product(scopes(kind), PLACES, MONTHS):
        found = all_rules().find_all(kind, place, day, **scope)
        ranks = [_rank(each.rule, place) for each in found]
        expected = sorted(each.id for each in candidates if _answers(each, place, day, scope))

        assert sorted(each.id for each in found) == expected, (place, day, scope)
        assert ranks == sorted(ranks, reverse=True), (place, day, scope)


@pytest.mark.parametrize("kind", MANY, ids=lambda kind: kind.KIND)
def test_of_a_kind_that_says_so_several_rules_do_answer(kind):
    counts = [
        len(all_rules().find_all(kind, place, MONTHS[-1], **scope))
        for scope, place in itertools.product(scopes(kind), PLACES)
    ]

    assert max(counts) > 1


# The first month in which a kind has an answer: province, Wenzhou, Rui'an, Hangzhou.
FIRST = {
    CycleTotal: (None, date(2012, 5, 1), date(2012, 5, 1), None),
    OnceIntensive: (None, date(2012, 5, 1), date(2012, 5, 1), None),
    HoursDeduction: (date(2014, 1, 1),) * 4,
    TimetableNotice: (date(2014, 1, 1),) * 4,
    SchoolBasedCap: (date(2024, 4, 1),) * 4,
    RatioSuspended: (date(2020, 1, 1),) * 4,
}


@pytest.mark.parametrize("kind", FIRST, ids=lambda kind: kind.KIND)
def test_before_its_first_month_no_document_answers(kind):
    for place, first in zip(PLACES, FIRST[kind], strict=True):
        answering = [day for day in MONTHS if all_rules().find(kind, place, day)]
        assert (answering[0] if answering else None) == first


@pytest.mark.parametrize(
    ("kind", "document", "first_certain", "scope"),
    [
        (AbsenceLimit, "zj14", date(2015, 1, 1), {"mode": "INTENSIVE"}),
        (HoursDeduction, "zj14", date(2015, 1, 1), {}),
        (CycleTotal, "ra19", date(2019, 6, 17), {}),
        (RatioSuspended, "zj20", date(2020, 7, 17), {}),
    ],
)
def test_c_11_between_the_start_of_its_year_and_its_first_certain_day_a_document_is_in_doubt(
    kind, document, first_certain, scope
):
    def certain(day):
        answers = all_rules().find_all(kind, RUIAN, day, **scope)
        mine = [each.certain for each in answers if each.rule.document.value == document]
        return mine[0] if mine else None

    # The notice of 2014 is certain from the first day after its year.
    year = first_certain.year - (first_certain == date(first_certain.year, 1, 1))
    assert certain(first_certain) is True
    assert certain(first_certain - timedelta(days=1)) is False
    assert certain(date(year, 1, 1)) is False
    assert certain(date(year - 1, 12, 31)) is None
