"""Documents: every fault names file, rule and field; adopting puts the whole into the ledger."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pytest

from ledger.document import parse
from ledger.fault import Fault
from ledger.register import JurisdictionRegistered, Level
from ledger.regulation import RegulationAdopted, RuleAdopted
from tests.cast import RUIAN
from tests.given import REGULATIONS, adoption

HEAD = """
[document]
id = "t1"
number = "测试〔2025〕1号"
title_zh = "测试"
title_en = "A test"
authority_zh = "瑞安市教育局"
authority_en = "Rui'an Education Bureau"
place = "330381"
year = 2025
issued = 2025-03-01
certain_from = 2025-03-01
"""
RULE = """
[[rule]]
id = "T1-01"
clause = "§一"
kind = "timetable-notice"
use = "finding"
strength = "hard"
parameters = { days_min = 7 }
zh = "课程表提前七天公布。"
en = "The timetable comes seven days ahead."
"""
WINDOW = """
[[rule]]
id = "T1-02"
clause = "§二"
kind = "window"
use = "gate"
strength = "hard"
scope = { term = "2025H1", calendar = "REGULAR", step = "DECLARE" }
parameters = { first = 2025-03-07, last = 2025-03-11 }
zh = "申报时间。"
en = "The days for declaring."
"""
TEXT = HEAD + RULE + WINDOW
RUIAN_ENTERED = JurisdictionRegistered(jurisdiction=RUIAN, title="瑞安市", level=Level.COUNTY)


def with_(old, new, text=TEXT):
    assert old in text
    return text.replace(old, new, 1)


def test_a_document_is_read():
    document = parse(TEXT, "t1.toml")

    assert (document.id, document.place, len(document.rules)) == ("document:t1", RUIAN, 2)
    assert sha256(TEXT.encode()).hexdigest() == document.sha256


def test_a_rule_without_its_own_day_counts_from_the_first_certain_one():
    timetable, window = parse(with_("issued = 2025-03-01\n", ""), "t1.toml").rules

    assert (date(2025, 3, 1), date(2025, 1, 1)) == (timetable.since, timetable.uncertain_from)
    assert (window.since, window.uncertain_from) == (None, None)


def test_a_document_with_a_day_of_issue_is_certain_from_the_start():
    [rule, _] = parse(TEXT, "t1.toml").rules

    assert (date(2025, 3, 1), None) == (rule.since, rule.uncertain_from)


def test_a_rule_may_have_a_day_of_its_own():
    own = with_('zh = "课程表', 'since = 2025-09-01\nuntil = 2026-01-31\nzh = "课程表')
    rule = parse(own, "t1.toml").rules[0]

    assert (date(2025, 9, 1), date(2026, 1, 31), None) == (
        rule.since,
        rule.until,
        rule.uncertain_from,
    )


TWICE = TEXT + with_("T1-01", "T1-02", RULE)


@pytest.mark.parametrize(
    ("text", "rule", "field"),
    [
        pytest.param("id = = 1", None, "1", id="bad-toml"),
        pytest.param("", "document", "id", id="empty"),
        pytest.param(HEAD, None, "[[rule]]", id="no-rule"),
        pytest.param("rule = 3\n" + HEAD, None, "rule", id="rule-is-a-number"),
        pytest.param('rule = ["x"]\n' + HEAD, None, "rule", id="rule-is-a-list-of-text"),
        pytest.param("document = 3", None, "document", id="document-is-a-number"),
        pytest.param(TEXT + "[[rules]]\nid = 'x'\n", None, "rules", id="unknown-table"),
        pytest.param(with_("year = 2025", "jahr = 2025"), "document", "jahr", id="unknown-head"),
        pytest.param(
            with_("year = 2025", 'year = "2025"'), "document", "year", id="head-wrong-type"
        ),
        pytest.param(with_('id = "t1"', 'id = "t 1"'), "document", "document:", id="bad-id"),
        pytest.param(
            with_("timetable-notice", "timetable-notise"), "T1-01", "kind", id="unknown-kind"
        ),
        pytest.param(with_("clause =", "klause ="), "T1-01", "klause", id="unknown-key"),
        pytest.param(with_('"hard"', '"harsh"'), "T1-01", "strength", id="unknown-strength"),
        pytest.param(with_('"finding"', '"hint"'), "T1-01", "use", id="unknown-use"),
        pytest.param(with_('"§一"', "1"), "T1-01", "clause", id="wrong-type"),
        pytest.param(
            with_("days_min = 7", 'days_min = "seven"'), "T1-01", "days_min", id="parameter-type"
        ),
        pytest.param(with_("days_min = 7", "days_min = 7.0"), "T1-01", "days_min", id="float"),
        pytest.param(
            with_("days_min = 7", "days_min = 7, days_max = 9"),
            "T1-01",
            "days_max",
            id="unknown-parameter",
        ),
        pytest.param(with_("{ days_min = 7 }", "{}"), "T1-01", "days_min", id="missing-parameter"),
        pytest.param(
            with_("days_min = 7", "days_min = { a = 1 }"), "T1-01", "days_min", id="nested"
        ),
        pytest.param(
            with_("days_min = 7", '"最少" = 7'), "T1-01", "最少", id="parameter-not-ascii"
        ),
        pytest.param(
            with_('zh = "课程表', 'since = 2025-09-01\nuntil = 2025-08-31\nzh = "课程表'),
            "T1-01",
            "until",
            id="days-reversed",
        ),
        pytest.param(
            with_("last = 2025-03-11", "last = 2025-03-06"), "T1-02", "last", id="window-reversed"
        ),
        pytest.param(
            with_("first = 2025-03-07", "first = 2025-03-07T00:00:00"),
            "T1-02",
            "first",
            id="window-with-a-time",
        ),
        pytest.param(TWICE, "T1-02", "id", id="duplicated-id"),
        pytest.param(
            with_('en = "The timetable comes seven days ahead."\n', ""),
            "T1-01",
            "en",
            id="missing-sentence",
        ),
        pytest.param(
            with_('zh = "课程表提前七天公布。"', 'zh = " "'), "T1-01", "zh", id="blank-sentence"
        ),
        pytest.param(with_('id = "T1-01"\n', ""), "rule 1", "id", id="rule-without-id"),
        pytest.param(with_("scope = {", "scope = { level = 3,"), "T1-02", "scope", id="scope-type"),
    ],
)
def test_a_fault_names_file_rule_and_field(text, rule, field):
    with pytest.raises(Fault) as caught:
        parse(text, "t1.toml")

    fault = caught.value
    assert fault.code == "BAD_DOCUMENT"
    assert rule is None or f"{fault.field}.".startswith(f"{rule}.")
    for said in (fault.zh, fault.en):
        assert "t1.toml" in said
        assert rule is None or rule in said
        assert field in said


def test_the_five_documents_hold_181_rules_with_distinct_ids():
    rules = [each.rule for each in adoption() if isinstance(each, RuleAdopted)]

    assert 181 == len(rules) == len({each.id for each in rules})
    assert len([each for each in adoption() if isinstance(each, RegulationAdopted)]) == 5


@pytest.mark.parametrize("file", sorted(REGULATIONS.glob("*.toml")), ids=lambda file: file.stem)
def test_each_document_is_read_and_its_rules_bear_its_name(file):
    document = parse(file.read_text(encoding="utf-8"), file.name)

    assert file.stem == document.id.value
    assert {file.stem.upper()} == {each.id.partition("-")[0] for each in document.rules}


@pytest.mark.parametrize("year", [0, -5, 99_999])
def test_a_year_that_no_calendar_has_is_a_fault(year):
    with pytest.raises(Fault) as caught:
        parse(BARE.format(year=year, number="x"), "d.toml")

    assert caught.value.code == "BAD_DOCUMENT"


def test_a_document_without_a_number_is_a_fault():
    with pytest.raises(Fault) as caught:
        parse(BARE.format(year=2024, number=" "), "d.toml")

    assert "number" in caught.value.en


def test_a_key_of_very_many_parts_is_refused_before_it_is_read():
    with pytest.raises(Fault):
        parse("a." * 99_990 + "a=1", "d.toml")


BARE = """
[document]
id = "d24"
number = "{number}"
title_zh = "通知"
title_en = "Notice"
authority_zh = "局"
authority_en = "Bureau"
place = "330381"
year = {year}
certain_from = 2024-03-06
"""
