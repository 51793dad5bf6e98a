"""Drafts: what may be wrong with a regulation text, and what adopted rules have against it."""

from __future__ import annotations

import re
from datetime import date

import msgspec
import pytest

from ledger.adoption import AdoptRegulation
from ledger.command import UnknownReference
from ledger.document import DOCUMENT_CHARACTERS_MAX, DraftFormat, parse
from ledger.fault import Fault
from ledger.names import JurisdictionId
from ledger.register import JurisdictionRegistered, Level
from ledger.regulation import KINDS
from ledger.statement import Carried
from tests.cast import PROVINCE, RUIAN, WENZHOU
from tests.given import adoption, given
from tests.ledger.test_document import RUIAN_ENTERED

DAY = date(2025, 3, 2)
ENTERED = {
    RUIAN: RUIAN_ENTERED,
    WENZHOU: JurisdictionRegistered(jurisdiction=WENZHOU, title="温州市", level=Level.CITY),
    PROVINCE: JurisdictionRegistered(jurisdiction=PROVINCE, title="浙江省", level=Level.PROVINCE),
}
HEAD = {
    "id": "t1",
    "number": "测试〔2025〕1号",
    "title_zh": "测试",
    "title_en": "A test",
    "authority_zh": "教育局",
    "authority_en": "Bureau",
    "place": "330381",
    "year": 2025,
    "certain_from": "2025-03-01",
    "issued": "2025-03-01",
}


def row(kind, name="T1-01", *, use="gate", strength="hard", scope=None, **more):
    return {
        "id": name,
        "clause": "§一",
        "kind": kind,
        "use": use,
        "strength": strength,
        "scope": scope or {},
        "zh": "规定。",
        "en": "A rule.",
    } | more


def draft(*rows, **head):
    text = msgspec.json.encode({"document": HEAD | head, "rule": list(rows)}).decode()
    return parse(text, "t1.json", DraftFormat.JSON)


def adopted(*rows, rules=None, place=RUIAN, **head):
    document = draft(*rows, place=place.value, **head)
    return given(ENTERED[place], rules=rules).when(AdoptRegulation(document=document), on=DAY)


def fault(*rows, **head):
    with pytest.raises(Fault) as caught:
        draft(*rows, **head)
    assert caught.value.code == "BAD_DOCUMENT"
    assert "t1.json" in caught.value.zh
    assert any("一" <= each <= "鿿" for each in caught.value.zh.partition("有误")[2])
    return caught.value


ABSENCE = {"hours_min": "90", "share_max": "1/6"}


def absence(name="T1-01", scope=None, **parameters):
    scope = {"mode": ["INTENSIVE", "BLENDED"]} if scope is None else scope
    return row("absence-limit", name, scope=scope, parameters=ABSENCE | parameters)


def test_an_unknown_kind_names_the_nearest():
    said = fault(row("absense-limit"))

    assert said.field == "T1-01.kind"
    assert "absence-limit" in said.en
    assert "absence-limit" in said.zh


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"share_max": "6/5"}, "share_max"),
        ({"share_max": "-1/5"}, "share_max"),
        ({"share_max": "1/0"}, "parameters.share_max"),
        ({"share_max": True}, "parameters.share_max"),
        ({"share_max": 2}, "parameters.share_max"),
        ({"share_max": "a fifth"}, "share_max"),
        ({"share_max": 0.2}, "share_max"),
        ({"hours_min": "-90"}, "hours_min"),
        ({"hours_min": "NaN"}, "hours_min"),
        ({"hours_min": ["90"]}, "hours_min"),
        ({"hours_min": "９０"}, "parameters.hours_min"),
        ({"hours_min": "9_0"}, "parameters.hours_min"),
        ({"hours_min": " 90"}, "parameters.hours_min"),
        ({"hours_min": "9e1"}, "parameters.hours_min"),
        ({"share_max": "１/6"}, "parameters.share_max"),
        ({"share_max": "1/6 "}, "parameters.share_max"),
        ({"share_max": "1e-1"}, "parameters.share_max"),
        ({"hours": "90"}, "hours"),
    ],
)
def test_a_parameter_out_of_range_is_a_fault_that_names_it(parameters, field):
    said = fault(absence(**parameters))

    assert said.field.startswith("T1-01")
    assert said.field.endswith(field)


@pytest.mark.parametrize("share", ["0", "1", "1/6"])
def test_the_bounds_of_a_share_are_shares(share):
    assert draft(absence(share_max=share)).rules[0].parameters["share_max"] == share


@pytest.mark.parametrize(
    ("kind", "parameters", "field"),
    [
        ("class-adviser", {"advisers_min": -1}, "advisers_min"),
        ("round-two-admission", {"bars": ["NOBODY"]}, "bars"),
        ("round-two-admission", {"bars": []}, "bars"),
        ("selection-steps", {"steps": ["SELECT", "PRAY"]}, "steps"),
        ("major-change", {"conditions": ["BLESSED"]}, "conditions"),
        ("cycle-total", {"years": 0, "credits_min": "360"}, "years"),
        ("cycle-total", {"years": 5}, "credits_min"),
        ("cycle-total", {"years": 5, "credits_min": "1", "hours_min": "1"}, "credits_min"),
        ("once-intensive", {"times_min": 1}, "base_credits_min"),
        ("school-based-cap", {"credits_max": "150", "per": "YEAR"}, "per"),
        ("window", {}, "first"),
        ("window", {"unknown": True, "last": "2025-03-02"}, "first"),
        ("window", {"first": "2025-03-03", "last": "2025-03-02"}, "last"),
        ("order-form", {
            "aims_characters_max": 200, "requirements_characters_max": 200, "forms": ["CHAT"],
        }, "forms"),
        ("denial-notice", {"recipients": ["PRESS"]}, "recipients"),
        ("order-responder", {"reach": "EVERYBODY"}, "reach"),
    ],
)  # fmt: skip
def test_each_kind_knows_what_it_cannot_mean(kind, parameters, field):
    said = fault(row(kind, parameters=parameters))

    assert said.field.startswith(f"T1-01.parameters.{field}")


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({"mood": "INTENSIVE"}, "scope.mood"),
        ({"term": "2025H1"}, "scope.term"),
        ({"mode": "INTENSE"}, "scope.mode"),
        ({"mode": []}, "scope.mode"),
    ],
    ids=["typo", "never-asked", "unknown-word", "empty"],
)
def test_a_scope_by_which_the_rule_would_never_apply_is_a_fault(scope, field):
    assert fault(absence(scope=scope)).field == f"T1-01.{field}"


def test_a_category_is_one_of_the_register_or_of_the_quotas():
    def scoped(category):
        scope = {"category": category}
        parameters = {"thematic_hours_min": "30", "purposes": ["HOMEROOM"]}
        return row("category-hours", scope=scope, parameters=parameters)

    assert draft(scoped("HOMEROOM_TEACHER")).rules
    for other in ("HOMEROOM", "BACKBONE"):
        assert fault(scoped(other)).field == "T1-01.scope.category"


@pytest.mark.parametrize("term", ["2025", "2025H3", "25H1"])
def test_a_term_is_a_year_and_its_half(term):
    said = fault(row("lead-offerings", scope={"term": term}, parameters={"offerings_max": 4}))

    assert said.field == "T1-01.scope.term"


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"since": "2025-09-01", "until": "2025-08-31"}, "until"),
        ({"since": "2025-09-01", "certain_through": "2025-08-31"}, "certain_through"),
        ({"certain_through": "2025-09-01", "until": "2025-08-31"}, "until"),
    ],
)
def test_the_days_of_a_rule_follow_each_other(days, field):
    assert fault(absence() | days).field == f"T1-01.{field}"


@pytest.mark.parametrize(
    "head", [{"issued": "2025-03-02"}, {"year": 2026, "issued": None}], ids=["issued", "year"]
)
def test_a_document_is_not_certain_before_its_issue_or_year(head):
    assert fault(absence(), **head).field == "document.certain_from"


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ({"issued": None, "certain_from": "2026-01-02"}, "certain_from"),
        ({"issued": None, "certain_from": "2199-12-31"}, "certain_from"),
        ({"issued": None, "year": 1950, "number": "旧文", "certain_from": "2025-03-01"},
         "certain_from"),
        ({"issued": "2024-12-31", "certain_from": "2025-03-01"}, "issued"),
        ({"number": "测试〔2024〕1号"}, "year"),
        ({"number": "测试[2024]1号"}, "year"),
        ({"year": 1899, "issued": None}, "year"),
        ({"year": 2200, "issued": None}, "year"),
        ({"certain_from": "2200-01-01"}, "certain_from"),
        ({"issued": "1899-12-31"}, "issued"),
        ({"number": "长" * 201}, "number"),
        ({"number": " "}, "number"),
        ({"title_zh": "一\n二"}, "title_zh"),
        ({"title_en": "x" * 201}, "title_en"),
        ({"authority_en": "\u0000"}, "authority_en"),
        ({"title_zh": "11010519491231002X"}, "title_zh"),
    ],
)  # fmt: skip
def test_a_head_beyond_its_bounds_is_a_fault(head, field):
    assert fault(absence(), **head).field == f"document.{field}"


@pytest.mark.parametrize(
    "head",
    [
        {"issued": None, "certain_from": "2026-01-01"},
        {"number": "测试（文中无文号）", "certain_from": "2030-01-01"},
        {"number": "长" * 200},
        {"title_zh": "长" * 200},
    ],
)
def test_a_head_at_its_bounds_is_sound(head):
    assert len(draft(absence(), **head).rules) == 1


@pytest.mark.parametrize("name", ["T" * 65, "T1 01", "条款", "T1-01\n", "", ".T1"])
def test_the_id_of_a_rule_is_letters_digits_dots_and_dashes(name):
    assert fault(absence(name)).field == "rule 1.id"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"clause": "§" * 201}, "clause"),
        ({"clause": "§一\n"}, "clause"),
        ({"zh": "长" * 4001}, "zh"),
        ({"en": "x" * 4001}, "en"),
        ({"since": "1899-12-31"}, "since"),
        ({"until": "2200-01-01"}, "until"),
        ({"certain_through": "2200-01-01"}, "certain_through"),
        ({"en": "\u0007"}, "en"),
    ],
)
def test_a_rule_beyond_its_bounds_is_a_fault(wrong, field):
    assert fault(absence() | wrong).field == f"T1-01.{field}"


@pytest.mark.parametrize(
    ("kind", "parameters", "field"),
    [
        ("window", {"first": "1899-12-31", "last": "2025-03-02"}, "first"),
        ("window", {"first": "2025-03-02", "last": "2200-01-01"}, "last"),
        ("statement", {"said": "x" * 4001}, "said"),
        ("statement", {"said": 2**53}, "said"),
    ],
)
def test_parameters_beyond_their_bounds_are_a_fault(kind, parameters, field):
    assert fault(row(kind, parameters=parameters)).field == f"T1-01.parameters.{field}"


@pytest.mark.parametrize("share", [0, 1, "0", "1/5"])
def test_a_share_is_a_fraction_or_a_whole_number(share):
    rule = draft(absence(share_max=share)).rules[0]

    assert rule.parameters["share_max"] == share


def test_a_share_that_none_can_read_is_told_to_a_reader():
    zero, word = fault(absence(share_max="1/0")), fault(absence(share_max="fifth"))

    assert "1/0 divides by zero" in zero.en
    assert "1/0 的分母为零" in zero.zh
    assert "'fifth' is no share such as 1/5" in word.en
    assert "不是 1/5 这样的分数" in word.zh


def test_the_bounds_of_a_rule_are_taken():
    one = draft(
        absence("T" * 64)
        | {"clause": "一" * 200, "zh": "长" * 4000, "since": "1900-01-01", "until": "2199-12-31"},
        number="测试〔1900〕1号",
        year=1900,
        issued="1900-01-01",
        certain_from="1900-01-01",
    ).rules[0]

    assert (one.since.year, one.until.year) == (1900, 2199)


LETTERS = re.compile("[A-Za-z]{3,}")
CHINESE = re.compile("[一-鿿]")
NAMES = re.compile(
    r"t1\.json|T1-01|parameters|share_max|hours_min|hours|strength|clause|draft|harsh|NaN"
)


@pytest.mark.parametrize(
    "wrong",
    [
        absence(share_max="a"),
        absence(share_max="1/0"),
        absence(share_max=0.2),
        absence(hours_min="NaN"),
        absence(hours_min="x"),
        absence(hours_min=["90"]),
        absence(hours="90"),
        absence() | {"strength": "harsh"},
        absence() | {"clause": 1},
        absence() | {"clause": None},
    ],
)
def test_a_flaw_is_told_in_each_language_by_itself(wrong):
    said = fault(wrong)

    assert LETTERS.search(NAMES.sub("", said.zh)) is None, said.zh
    assert CHINESE.search(said.en) is None, said.en


@pytest.mark.parametrize(
    ("text", "form", "field"),
    [
        ("{", DraftFormat.JSON, "draft"),
        ('{"rule": 3}', DraftFormat.JSON, "rule"),
        ("[]", DraftFormat.JSON, "draft"),
        ("x", DraftFormat.TOML, "draft"),
        ("x = " + "[" * 5000, DraftFormat.TOML, "draft"),
        ("a\x00", DraftFormat.TOML, "draft"),
        ("# " + "x" * DOCUMENT_CHARACTERS_MAX, DraftFormat.TOML, "draft"),
    ],
)
def test_a_draft_that_cannot_be_read_is_a_fault_with_a_field(text, form, field):
    with pytest.raises(Fault) as caught:
        parse(text, "d", form)

    assert caught.value.code == "BAD_DOCUMENT"
    assert caught.value.field == field
    assert LETTERS.search(caught.value.zh.replace("rule", "").replace("TOML", "")) is None


def test_a_draft_is_read_in_its_normal_form():
    composed = msgspec.json.encode({"document": HEAD, "rule": [absence() | {"en": "caf\u00e9"}]})
    text = composed.decode()
    plain = parse(text, "t1.json", DraftFormat.JSON)
    other = parse(text.replace("\u00e9", "e\u0301"), "t1.json", DraftFormat.JSON)
    escaped = parse(text.replace("\u00e9", "e\\u0301"), "t1.json", DraftFormat.JSON)

    lines = parse(text.replace(",", ",\r\n"), "t1.json", DraftFormat.JSON)
    assert plain == other
    assert plain.rules == lines.rules
    assert plain.rules == escaped.rules
    assert plain.rules[0].en == "caf\u00e9"


def test_a_document_is_not_adopted_before_its_issue():
    document = draft(absence())
    early = date(2025, 2, 28)

    given(RUIAN_ENTERED).when(AdoptRegulation(document=document), on=early).faulted(
        "DAY_AHEAD", "document.issued"
    )
    given(RUIAN_ENTERED).when(AdoptRegulation(document=document), on=date(2025, 3, 1)).accepted()


def test_a_rule_that_lasts_one_day_is_sound():
    one = draft(absence() | {"since": "2025-09-01", "until": "2025-09-01"}).rules[0]

    assert one.since == one.until == date(2025, 9, 1)


def test_two_rules_of_a_draft_with_the_same_right_contradict_each_other():
    said = fault(absence(), absence("T1-02", {"mode": "BLENDED"}, share_max="1/7"))

    assert said.field == "T1-02.scope"
    assert "T1-01" in said.zh


@pytest.mark.parametrize(
    "second",
    [
        absence("T1-02", {"mode": "DISTANCE"}),
        absence("T1-02") | {"since": "2026-01-01"},
        row("class-adviser", "T1-02", parameters={"advisers_min": 1}),
    ],
    ids=["other-scope", "later-prevails", "other-kind"],
)
def test_rules_that_answer_other_questions_do_not(second):
    assert len(draft(absence(), second).rules) == 2


def test_kinds_of_which_several_answer_stand_side_by_side():
    one = row("major-change", parameters={"conditions": ["APPROVED"]})
    other = row("major-change", "T1-02", parameters={"conditions": ["EXPLAINED"]})

    assert len(draft(one, other).rules) == 2


def test_a_place_that_is_not_in_the_ledger_does_not_adopt():
    document = draft(absence(), place="330399")
    given().when(AdoptRegulation(document=document), on=DAY).refused(
        UnknownReference, field="document.place"
    )
    assert JurisdictionId("jurisdiction:330399") == document.place


def test_an_external_preset_is_marked_in_each_of_its_rules():
    document = draft(absence(), external=True)

    assert document.external
    assert all(each.external for each in document.rules)
    assert not any(each.rule.external for each in adoption() if hasattr(each, "rule"))


def test_json_and_toml_say_the_same():
    toml = """
[document]
id = "t1"
number = "测试〔2025〕1号"
title_zh = "测试"
title_en = "A test"
authority_zh = "教育局"
authority_en = "Bureau"
place = "330381"
year = 2025
certain_from = 2025-03-01
issued = 2025-03-01

[[rule]]
id = "T1-01"
clause = "§一"
kind = "absence-limit"
use = "gate"
strength = "hard"
scope = { mode = ["INTENSIVE", "BLENDED"] }
parameters = { hours_min = "90", share_max = "1/6" }
zh = "规定。"
en = "A rule."
"""
    assert parse(toml, "t1.toml").rules == draft(absence()).rules


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_in_both_languages_what_is_done_with_it(kind):
    cls = KINDS[kind]

    assert (cls.__doc__ or "").strip().endswith(".")
    assert cls.ZH.endswith("。"), f"{kind} needs zh="


def test_a_carried_rule_contradicts_nothing():
    assert Carried.MANY
