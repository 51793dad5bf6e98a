"""Ground: the tree of requirements, what decides, what is missing and by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.breakdown import breakdown
from ledger.credit import CreditKind
from ledger.footing import footing
from ledger.ground import Ground, ground
from ledger.names import DocumentId, JurisdictionId
from ledger.plan import Purpose
from ledger.register import Category
from ledger.regulation import Rulebook
from ledger.requirement import MissingUnit, Result
from ledger.rule import RulesSuspended
from ledger.verdict import judge
from tests import cast
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.given import Thing, all_rules
from tests.judged import ENTERED, EVALUATED, belongs, credit, recorded

MET, NOT_MET = Result.MET, Result.NOT_MET
DISTANCE = CreditKind.DISTANCE


def tree(
    *things: Thing,
    day: date = EVALUATED,
    place: JurisdictionId = RUIAN,
    entered: date = ENTERED,
    rules: Rulebook | None = None,
) -> Ground:
    book = rules or all_rules()
    record = recorded(*things, day=day, place=place, entered=entered)
    base, found = footing(record, book, day), judge(record, book, day)
    assert base is not None and found is not None
    shares = breakdown(record, book, base)
    return ground(found, shares, book, place, lambda rule: (f"made-{rule}",))


def every(node: Ground) -> Iterator[Ground]:
    yield node
    for each in node.children:
        yield from every(each)


def branch(node: Ground, *path: str) -> Ground:
    for code in path:
        [node] = [each for each in node.children if each.code == code]
    return node


def test_the_total_stands_under_the_cycle_and_the_kinds_and_the_cap_under_the_total():
    root = tree(credit(90), credit(20, kind=DISTANCE), cast.recognised(180))
    total = branch(root, "CYCLE_TOTAL")

    assert (root.code, root.outcome, root.decides) == ("CYCLE", NOT_MET, True)
    assert [(each.code, each.had) for each in total.children] == [
        ("INTENSIVE", "90"),
        ("SCHOOL_BASED", "150"),
        ("DISTANCE", "20"),
        ("SCHOOL_BASED_CAP", "180"),
    ]
    assert sum(Decimal(each.had) for each in total.children[:3]) == Decimal(total.had) == 260
    assert branch(total, "SCHOOL_BASED").events == ("0193-0004",)
    assert total.made == ("made-RA19-01",)


def test_each_node_says_whether_the_result_hangs_on_it():
    root = tree(credit(90), belongs(Category.HOMEROOM_TEACHER))
    deciding = {each.code for each in root.children if each.decides}

    assert deciding == {"CYCLE_TOTAL", "ONCE_INTENSIVE", "HOMEROOM_TEACHER_HOURS"}
    assert not branch(root, "CYCLE_TOTAL", "SCHOOL_BASED_CAP").decides
    assert not branch(root, "SCHOOL_BASED_FLOOR").decides
    assert not any(each.decides for each in every(branch(root, "YEARLY")))


def test_the_floor_decides_as_long_as_it_is_no_advice():
    root = tree(day=date(2016, 8, 31), entered=date(2012, 9, 1))

    assert branch(root, "SCHOOL_BASED_FLOOR").decides
    assert branch(root, "SCHOOL_BASED_FLOOR").missing.amount == 120


def test_what_is_missing_is_said_with_its_last_day():
    root = tree(credit("89.5"), cast.recognised(10))
    total, once = branch(root, "CYCLE_TOTAL"), branch(root, "ONCE_INTENSIVE")

    assert (total.missing.amount, total.missing.unit, total.missing.by, total.missing.late) == (
        Decimal("260.5"),
        MissingUnit.CREDITS,
        date(2024, 8, 31),
        False,
    )
    assert (once.missing.amount, once.missing.unit) == (1, MissingUnit.TRAININGS)
    assert "260.5" in total.missing.zh and "2024-08-31" in total.missing.zh
    assert "260.5" in total.missing.en and "2024-08-31" in total.missing.en


def test_at_its_bound_nothing_is_missing():
    root = tree(credit(90), credit(270, kind=DISTANCE))

    assert branch(root, "CYCLE_TOTAL").missing is None
    assert branch(root, "ONCE_INTENSIVE").missing is None


def test_a_year_that_is_over_can_not_be_made_up_and_one_that_runs_can():
    root = tree(credit(40, date(2023, 5, 1)), place=WENZHOU)
    years = {
        each.year: each.missing
        for each in branch(root, "YEARLY").children
        if each.code == "YEARLY_HOURS" and each.rule == "WZ12-07"
    }

    assert (years[2023].amount, years[2023].late, years[2023].by) == (8, True, date(2023, 12, 31))
    assert (years[2024].amount, years[2024].late) == (48, False)
    assert branch(root, "YEARLY").outcome is Result.DEVIATION


def test_the_branch_of_the_years_counts_what_is_reached_and_names_what_is_open():
    years = branch(tree(credit(40, date(2023, 5, 1)), place=WENZHOU), "YEARLY")
    by = Counter(each.outcome for each in years.children)
    met = by[Result.MET] + by[Result.COMPLIANT]

    assert by[Result.INDETERMINATE] and by[Result.NOT_ASSESSED] and met < len(years.children)
    assert years.had == str(met)
    assert f"无法判断 {by[Result.INDETERMINATE]} 项" in years.zh
    assert f"尚未评估 {by[Result.NOT_ASSESSED]} 项" in years.zh
    assert f"undecided: {by[Result.INDETERMINATE]}" in years.en


def test_w_063_the_parts_of_a_special_training_stand_under_it():
    span = belongs(Category.NEW_TEACHER, ENTERED, date(2020, 8, 31))
    line = credit(180, date(2020, 6, 1), purpose=Purpose.NEW_TEACHER, practice="59.5")
    node = branch(tree(span, line), "NEW_TEACHER_HOURS")

    assert [(each.code, each.outcome, each.needed, each.had) for each in node.children] == [
        ("IN_ALL", MET, "180", "180"),
        ("PRACTICE", NOT_MET, "60", "59.5"),
    ]
    assert node.missing == node.children[1].missing
    assert (node.missing.amount, node.missing.by, node.missing.late) == (
        Decimal("0.5"),
        date(2020, 8, 31),
        True,
    )


def test_w_097_what_was_left_to_the_locality_names_the_rule_and_its_event():
    last = date(2020, 12, 31)
    root = tree(credit(380, last, kind=DISTANCE), entered=date(2016, 1, 1), day=last)
    once = branch(root, "ONCE_INTENSIVE")

    assert (once.outcome, once.aside.rule) == (Result.LOCAL_DISCRETION, "ZJ20-02")
    assert once.aside.clause_zh and once.aside.clause_en and once.aside.citation
    assert once.aside_made == ("made-ZJ20-02",)


def test_a_rule_suspended_by_an_event_stands_in_the_tree():
    rules = Rulebook(
        [
            *all_rules().learned,
            RulesSuspended(
                document=DocumentId("document:stop"),
                rules=("RA19-01",),
                place=PROVINCE,
                citation="测试",
                since=date(2024, 3, 1),
                certain_through=None,
                until=date(2024, 3, 31),
            ),
        ]
    )
    during = [each for each in tree(rules=rules).children if each.outcome is Result.SUSPENDED]
    after = tree(rules=rules, day=date(2024, 4, 1))

    assert [(each.code, each.rule, each.decides) for each in during] == [
        ("CYCLE_TOTAL", "RA19-01", False)
    ]
    assert during[0].aside_made == ("made-RA19-01",)
    assert Result.SUSPENDED not in {each.outcome for each in every(after)}


@pytest.mark.parametrize("place", [RUIAN, HANGZHOU])
def test_every_node_speaks_two_languages_and_an_empty_record_has_a_tree(place):
    for node in every(tree(place=place)):
        assert node.zh.strip() and node.en.strip()
        if node.missing is not None:
            assert node.missing.zh and node.missing.en


@settings(max_examples=100, deadline=timedelta(seconds=5))
@given(
    st.lists(
        st.builds(
            lambda name, halves, day, kind: credit(
                str(Decimal(halves) / 2), day, kind=kind, name=name
            ),
            st.uuids(),
            st.integers(1, 300),
            st.dates(date(2018, 1, 1), date(2025, 1, 1)),
            st.sampled_from([*CreditKind]),
        ),
        max_size=8,
    ),
    st.dates(date(2019, 9, 1), date(2026, 1, 1)),
)
def test_the_kinds_add_up_to_the_total_and_the_lack_to_what_is_needed(things, day):
    root = tree(*things, day=day)
    total = branch(root, "CYCLE_TOTAL")
    kinds = [each for each in total.children if each.outcome is None]

    assert sum(Decimal(each.had) for each in kinds) == Decimal(total.had)
    lack = total.missing.amount if total.missing else 0
    assert max(Decimal(total.needed) - Decimal(total.had), 0) == lack
    deciding = {each.outcome for each in root.children if each.decides}
    assert root.outcome is (NOT_MET if NOT_MET in deciding else root.outcome)
