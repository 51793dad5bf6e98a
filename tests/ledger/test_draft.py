"""Drafts: what may be wrong with a regulation text, and what adopted rules have against it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from ledger.command import UnknownReference
from ledger.document import AdoptRegulation, DraftFormat, parse
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
        ({"share_max": "1/0"}, "parameters"),
        ({"share_max": "a fifth"}, "share_max"),
        ({"share_max": 0.2}, "share_max"),
        ({"hours_min": "-90"}, "hours_min"),
        ({"hours_min": "NaN"}, "hours_min"),
        ({"hours_min": ["90"]}, "hours_min"),
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
