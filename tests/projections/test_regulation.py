"""The page of a regulation: every rule with its clause and what the system does about it."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.names import DocumentId, TermId
from ledger.regulation import Rulebook
from ledger.rule import RuleAmended, RulesEnded, RulesSuspended
from projections.regulation import latest, on_day, page
from tests.adopting import rules_with
from tests.cast import PROVINCE, RUIAN
from tests.given import adoption, all_rules

COUNTS = {"wz12": 32, "zj14": 31, "ra19": 26, "zj20": 27, "zj24": 65}
ZJ24 = DocumentId("document:zj24")


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_every_rule_of_a_document_is_on_its_page(name, count):
    shown = page(all_rules(), DocumentId(f"document:{name}"))
    mine = [each.id for each in all_rules().rules.values() if each.document.value == name]

    assert [each.rule for each in shown.clauses] == mine
    assert len(mine) == count
    for each in mine:
        assert f"\n## {each} " in shown.markdown


def test_the_pages_hold_all_181_rules():
    pages = [page(all_rules(), each) for each in all_rules().documents]

    assert sum(len(each.clauses) for each in pages) == sum(COUNTS.values()) == 181


def test_each_clause_says_what_it_asks_and_what_the_system_does():
    for document in all_rules().documents:
        for clause in page(all_rules(), document).clauses:
            assert all((clause.zh, clause.en, clause.does_zh, clause.does_en, clause.days))


def test_a_document_that_was_not_adopted_has_no_page():
    assert page(all_rules(), DocumentId("document:none")) is None


def test_days_in_doubt_are_shown():
    [relaxed] = [
        each
        for each in page(all_rules(), DocumentId("document:zj20")).clauses
        if each.rule == "ZJ20-02"
    ]

    assert relaxed.days == (
        "2020-07-17（2020-01-01 起不确定, uncertain from 2020-01-01） – 2024-03-05"
        "（2020-12-31 后不确定, uncertain after 2020-12-31）"
    )


def test_amendments_suspensions_and_delegations_are_shown():
    rules = Rulebook(
        [
            *adoption(),
            RuleAmended(
                document=ZJ24,
                place=PROVINCE,
                rule="ZJ24-63",
                since=date(2025, 1, 1),
                parameters={"days_min": 7},
                citation="新文件",
                zh="七天。",
                en="Seven days.",
            ),
            RulesSuspended(
                document=ZJ24,
                place=PROVINCE,
                rules=("ZJ24-63",),
                since=date(2025, 2, 1),
                citation="新文件",
                certain_through=date(2025, 2, 9),
            ),
        ]
    )
    shown = page(rules, ZJ24)
    clauses = {each.rule: each for each in shown.clauses}

    versions = [each for each in shown.clauses if each.rule == "ZJ24-63"]
    assert [each.parameters for each in versions] == ["days_min = 5", "days_min = 7"]
    assert [each.days for each in versions] == ["2024-03-06 – 2024-12-31", "2025-01-01 –"]
    assert versions[0].zh != versions[1].zh == "七天。"
    assert f"{COUNTS['zj24']} 条" in shown.markdown
    assert clauses["ZJ24-63"].amended == ("2025-01-01: days_min = 7 (新文件)",)
    assert clauses["ZJ24-63"].suspended == ("2025-02-01.. (certain..2025-02-09)",)
    assert clauses["ZJ24-80"].delegates == ("fee-standard",)


def test_a_rule_that_was_taken_back_whole_stays_on_the_page():
    ended = RulesEnded(
        document=ZJ24,
        place=PROVINCE,
        rules=("ZJ24-63",),
        last=date(2024, 3, 5),
        citation="新文件",
    )
    shown = page(Rulebook([*adoption(), ended]), ZJ24)

    assert [each.days for each in shown.clauses if each.rule == "ZJ24-63"] == [
        "2024-03-06 – 2024-03-05"
    ]


TERM = TermId("term:2024H1")


def listed(day, **chosen):
    return {each.id: each for each in on_day(all_rules(), day, RUIAN, **chosen)}


@pytest.mark.parametrize(
    ("day", "there"),
    [
        (date(2012, 5, 1), False),
        (date(2024, 3, 5), False),
        (date(2024, 3, 6), True),
        (date(2024, 6, 30), True),
        (date(2024, 7, 1), False),
    ],
)
def test_a_rule_of_a_term_is_listed_from_its_issue_to_the_end_of_the_term(day, there):
    assert ("ZJ24-13" in listed(day)) is there


def test_with_a_term_its_rules_are_listed_whenever_it_is():
    later = listed(date(2025, 3, 1), term=TERM)

    assert "ZJ24-13" in later
    assert not any("2020H2" in each.scope.get("term", ()) for each in later.values())
    assert {each.id for each in latest(all_rules(), RUIAN, TERM)} >= {"ZJ24-13", "WZ12-01"}


def test_of_several_rules_of_a_kind_the_one_that_answers_is_marked():
    found = listed(date(2024, 4, 1))

    assert (found["WZ12-01"].prevails, found["RA19-01"].prevails) == (False, True)
    assert (found["ZJ14-24"].prevails, found["ZJ24-63"].prevails) == (False, True)
    assert {each.prevails for each in on_day(all_rules(), date(2024, 4, 1))} == {None}


def test_a_county_rule_prevails_over_that_of_the_province():
    own = 'kind = "timetable-notice"\nparameters = { days_min = 9 }\n'
    found = {each.id: each for each in on_day(rules_with(own), date(2024, 4, 1), RUIAN)}

    assert (found["OWN-01"].prevails, found["ZJ24-63"].prevails) == (True, False)


def test_a_rule_in_doubt_says_so():
    assert listed(date(2014, 6, 1))["ZJ14-09"].certain is False
    assert listed(date(2015, 1, 1))["ZJ14-09"].certain is True
