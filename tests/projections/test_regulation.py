"""The page of a regulation: every rule with its clause and what the system does about it."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.names import DocumentId
from ledger.regulation import Rulebook
from ledger.rule import RuleAmended, RulesEnded, RulesSuspended
from projections.regulation import page
from tests.cast import PROVINCE
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
