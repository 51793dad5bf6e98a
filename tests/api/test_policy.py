"""Policy over the API: a county adopts at run time, and what was decided before stays."""

from __future__ import annotations

from typing import Any

from ledger.amendment import AmendRule
from ledger.command import Command, Role
from ledger.order import SubmitOrder
from ledger.policy import EndSuspension, RepealRules, SuspendRules
from ledger.term import OpenTerm
from tests.cast import RUIAN, WENZHOU
from tests.server import ANSWER, Party, Served, codes

DRAFT = """
[document]
id = "ra24"
number = "瑞教〔2024〕9号"
title_zh = "关于订单填报的通知"
title_en = "Notice on orders"
authority_zh = "瑞安市教育局"
authority_en = "Rui'an Education Bureau"
place = "330381"
year = 2024
issued = 2024-01-01
certain_from = 2024-01-01

[[rule]]
id = "RA24-01"
clause = "§一"
kind = "order-form"
use = "gate"
strength = "hard"
scope = { term = "2024H1" }
zh = "订单目标不超过一百字。"
en = "The aims of an order have a hundred characters at most."

[rule.parameters]
aims_characters_max = 100
requirements_characters_max = 200
forms = ["FACE_TO_FACE", "ONLINE", "BLENDED"]
"""
ADOPT = (
    "mutation($draft: String!, $request: String!, $format: DraftFormat!) { answer: "
    "adoptRegulation(draft: $draft, requestId: $request, format: $format) "
    f"{{ {ANSWER} }} }}"
)
REPORTED = {"source": "other/1", "on": "2024-03-08"}


def adopt(party: Party, draft: str, request: str = "a", format: str = "TOML") -> Any:
    return party.ask(ADOPT, draft=draft, request=request, format=format)["answer"]


def ordered(party: Party, name: str) -> list[str]:
    """The rules of the findings that a reported order of 150 characters leads to."""
    given = {
        "order": f"order:{name}",
        "place": str(RUIAN),
        "term": "term:2024H1",
        "title": "语文",
        "theme": "阅读",
        "trainees": "小学语文教师",
        "stage": "PRIMARY",
        "subject": "CHINESE",
        "seats": 40,
        "days": 5,
        "form": "FACE_TO_FACE",
        "aims": "目" * 150,
        "requirements": "无",
    }
    answer = party.mutate(SubmitOrder, given, name, reported=REPORTED)
    assert codes(answer) == []
    count = len(answer["events"])
    history = party.ask(
        "query($n: Int!) { history(latestFirst: true, first: $n) { edges { node { data } } } }",
        n=count,
    )
    found = (each["node"]["data"] for each in history["history"]["edges"])
    return [each["rule"] for each in found if each.get("code") == "FORM_OVERRUN"]


def test_a_county_adopts_a_stricter_rule_and_only_later_decisions_change(served: Served) -> None:
    served.operator.mutate(OpenTerm, {"term": "term:2024H1", "title": "上半年"}, "term")
    before = ordered(served.operator, "before")
    head = served.head
    answer = adopt(served.party(Role.BUREAU, str(RUIAN)), DRAFT)

    assert [each["type"] for each in answer["events"]] == [
        "regulation.adopted",
        "regulation.rule-adopted",
    ]
    assert served.head == head + 2
    assert before == []
    assert ordered(served.operator, "after") == ["RA24-01"]


def test_a_faulty_draft_is_refused_with_its_field_and_nothing_is_written(served: Served) -> None:
    bureau, head = served.party(Role.BUREAU, str(RUIAN)), served.head
    typo = DRAFT.replace("term =", "trem =")
    wrong = DRAFT.replace("= 100", "= -100")
    lax = DRAFT.replace("= 100", "= 201")
    answers = [adopt(bureau, each, f"r{n}") for n, each in enumerate((typo, wrong, lax))]

    assert [each["refusals"][0]["field"] for each in answers] == [
        "RA24-01.scope.trem",
        "RA24-01.parameters.aims_characters_max",
        "RA24-01.parameters",
    ]
    assert [codes(each) for each in answers] == [
        ["BAD_DOCUMENT"],
        ["BAD_DOCUMENT"],
        ["RULE_TOO_LAX"],
    ]
    assert answers[2]["refusals"][0]["rule"] == "ZJ24-40"
    assert served.head == head


def test_a_bureau_does_not_adopt_for_another_place(served: Served) -> None:
    head = served.head

    assert codes(adopt(served.party(Role.BUREAU, str(WENZHOU)), DRAFT)) == ["OUTSIDE_SCOPE"]
    assert served.head == head


def test_a_rule_is_amended_and_suspended_over_the_api(served: Served) -> None:
    bureau = served.party(Role.BUREAU, str(RUIAN))
    served.operator.mutate(OpenTerm, {"term": "term:2024H1", "title": "上半年"}, "term")
    adopt(bureau, DRAFT)

    def changed(command: type[Command], given: dict[str, Any], request: str) -> list[str]:
        # Another system reports them, each with its day: a change does not reach back.
        on = given.get("since") or given["day"]
        reported = {"source": f"other/{request}", "on": on}
        return codes(served.operator.mutate(command, given, request, reported=reported))

    step = {"document": "document:ra24", "citation": "瑞教〔2024〕10号"}
    looser = step | {
        "rule": "RA24-01",
        "since": "2024-03-01",
        "parameters": [{"name": "aims_characters_max", "words": ["160"]}],
        "zh": "放宽到一百六十字。",
        "en": "A hundred and sixty.",
    }
    assert changed(AmendRule, looser, "m") == []
    assert ordered(served.operator, "amended") == []
    stricter = looser | {
        "since": "2024-03-02",
        "zh": "九十字。",
        "parameters": [{"name": "aims_characters_max", "words": ["90"]}],
    }
    assert changed(AmendRule, stricter, "m2") == []
    assert ordered(served.operator, "stricter") == ["RA24-01"]
    pause = step | {"rules": ["RA24-01"], "since": "2024-03-05"}
    assert changed(SuspendRules, pause, "s") == []
    assert ordered(served.operator, "suspended") == []
    resume = step | {"rules": ["RA24-01"], "day": "2024-03-08"}
    assert changed(EndSuspension, resume, "e") == []
    assert ordered(served.operator, "resumed") == ["RA24-01"]
    page = bureau.ask(
        '{ regulationPage(document: "document:ra24") '
        "{ markdown clauses { rule parameters amended suspended doesZh } } }"
    )["regulationPage"]
    assert [each["rule"] for each in page["clauses"]] == ["RA24-01"] * 3
    assert [each["parameters"].partition(",")[0] for each in page["clauses"]] == [
        f"aims_characters_max = {most}" for most in (100, 160, 90)
    ]
    on = '{ rules(on: "%s", kind: "order-form", place: "jurisdiction:330381") { id zh } }'
    asked = [bureau.ask(on % f"2024-03-0{day}")["rules"] for day in (1, 2, 5)]
    assert [[each["zh"] for each in rules if each["id"] == "RA24-01"] for rules in asked] == [
        [looser["zh"]],
        [stricter["zh"]],
        [],
    ]
    assert page["clauses"][0]["suspended"] == ["2024-03-05..2024-03-07"]
    assert len(page["clauses"][0]["amended"]) == 2
    assert "RA24-01" in page["markdown"]


def test_c_33_a_change_that_reaches_back_names_the_field(served: Served) -> None:
    bureau = served.party(Role.BUREAU, str(RUIAN))
    adopt(bureau, DRAFT)
    step = {"document": "document:ra24", "citation": "瑞教〔2024〕10号", "rules": ["RA24-01"]}
    unissued = DRAFT.replace("issued = 2024-01-01\n", "").replace("ra24", "rb24")
    answers = [
        bureau.mutate(RepealRules, step | {"last": "2024-03-01"}, "r"),
        bureau.mutate(SuspendRules, step | {"since": "2024-03-01"}, "s"),
        adopt(bureau, unissued, "u"),
    ]

    assert [(each["refusals"][0]["code"], each["refusals"][0]["field"]) for each in answers] == [
        ("PAST_CHANGED", "last"),
        ("PAST_CHANGED", "since"),
        ("BAD_DOCUMENT", "document.issued"),
    ]


def test_a_draft_that_cannot_be_read_names_the_field(served: Served) -> None:
    answers = [adopt(served.operator, each, f"u{n}") for n, each in enumerate(("x", "a\x00"))]

    assert [each["refusals"][0]["field"] for each in answers] == ["draft", "draft"]


def test_a_draft_is_given_once(served: Served) -> None:
    both = (
        'mutation { answer: adoptRegulation(draft: "a", toml: "a", requestId: "x") '
        f"{{ {ANSWER} }} }}"
    )
    none = f'mutation {{ answer: adoptRegulation(requestId: "x") {{ {ANSWER} }} }}'

    for document in (both, none):
        assert codes(served.operator.ask(document)["answer"]) == ["BAD_DOCUMENT"]


def test_what_the_rules_are_asked_by_exists(served: Served) -> None:
    def said(asked: str) -> str:
        return str(served.operator.errors(f"{{ {asked} }}")[0]["code"])

    assert said('rules(kind: "nothing") { id }') == "UNKNOWN_KIND"
    assert said('ruleKinds(kind: "nothing") { kind }') == "UNKNOWN_KIND"
    assert said('rules(place: "jurisdiction:999999") { id }') == "UNKNOWN_PLACE"
    assert said('terms(place: "jurisdiction:999999") { id }') == "UNKNOWN_PLACE"
    assert said('rules(term: "term:2031H1") { id }') == "UNKNOWN_TERM"


def test_the_rules_of_a_day_and_the_kinds_are_told(served: Served) -> None:
    asked = '{ rules(on: "%s", place: "jurisdiction:330381") { id certain prevails } }'
    rules = {each["id"]: each for each in served.operator.ask(asked % "2024-04-01")["rules"]}
    old = {each["id"] for each in served.operator.ask(asked % "2013-01-01")["rules"]}
    [kind] = served.operator.ask(
        '{ ruleKinds(kind: "absence-limit") { kind scope parameters { name written laxer } } }'
    )["ruleKinds"]

    assert rules["RA19-01"] == {"id": "RA19-01", "certain": True, "prevails": True}
    assert rules["WZ12-01"]["prevails"] is False
    assert "ZJ24-13" not in old
    assert [each["name"] for each in kind["parameters"]] == ["hours_min", "share_max"]
