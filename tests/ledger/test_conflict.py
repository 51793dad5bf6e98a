"""Conflicts: which rules contradict each other, and which are laxer than one above them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.conflict import RuleContradicts, RuleOutdone, RuleTooLax
from ledger.finding import Outcome
from ledger.names import DocumentId
from ledger.policy import EndSuspension, RepealRules, SuspendRules
from ledger.regulation import Rulebook
from ledger.rule import RuleAmended, RulesSuspended
from tests.cast import PROVINCE, RUIAN, WENZHOU
from tests.given import adoption, all_rules, given
from tests.ledger.test_draft import ABSENCE, DAY, absence, adopted, draft, fault, row

CITATION = "浙教办函〔2025〕9号"


def after(*answers, events=()):
    """The rulebook of the five documents with what these answers and events brought."""
    brought = [event for answer in answers for event in answer.accepted().events]
    return Rulebook([*adoption(), *brought, *events])


def head(document, rules):
    return rules.documents[DocumentId(document)]


def test_a_second_answer_with_the_same_right_is_refused():
    first = adopted(absence()).accepted()
    rules = Rulebook([*adoption(), *first.events])

    adopted(absence("T2-01", share_max="1/7"), rules=rules, id="t2").refused(
        RuleContradicts, "T1-01", "T2-01.scope"
    )
    later = absence("T2-01", share_max="1/7") | {"since": "2025-03-02"}
    adopted(later, rules=rules, id="t2").accepted()


TERM = {"term": "2024H1"}
ROUND_TWO = {"term": "2024H1", "calendar": "REGULAR", "step": "SELECT_R2"}
KEY = ["KEY_PROJECT", "LARGE_PROJECT"]
ACCOUNT = {"recorded_on": "MONITORING_PLATFORM"}
CENTRES = ["PROVINCIAL_CENTRE", "MONITORING_CENTRE"]
LOCAL = ["CITY", "COUNTY"]
DISTANCE = ["DISTANCE"]
REDATING = {
    "applies_to": ["OFFLINE"],
    "conditions": ["ACCEPTANCE", "PROVIDER_APPLICATION", "BUREAU_ADJUSTMENT"],
    "last_day": "2020-08-31",
}
LAX = [
    ("absence-limit", {"mode": "INTENSIVE"}, ABSENCE, "1/6", "1/4", "share_max"),
    ("timetable-notice", {}, {}, 5, 4, "days_min"),
    ("class-adviser", {}, {}, 1, 0, "advisers_min"),
    ("online-share", {"mode": "BLENDED"}, {}, "3/10", "31/100", "share_max"),
    ("final-assessment", {}, {}, "90", "91", "hours_min"),
    ("lead-offerings", TERM, {}, 4, 5, "offerings_max"),
    ("lead-providers", TERM, {}, 1, 2, "providers_max"),
    ("order-routing", TERM, {}, 3, 4, "intended_max"),
    ("order-host-age", TERM, {}, 1, 0, "accredited_years_min"),
    ("round-two-admission", TERM, {}, ["NO_SELECTION"], ["SCHOOL_REFUSED"], "bars"),
    ("school-based-cap", {}, {}, "150", "150.5", "credits_max"),
    ("order-responder", TERM, {}, "PROVINCE_WIDE", "LOCAL", "reach"),
    ("quota-exempt", TERM, {}, ["B_CERTIFICATE"], ["B_CERTIFICATE", "ORDER"], "exempt"),
    ("denial-notice", {}, {}, ["BUREAU", "SCHOOL"], ["SCHOOL"], "recipients"),
    ("monitoring-body", {}, {}, 1, 0, "bodies_min"),
    ("key-evaluation", {}, {"coverage_min": "1/1"}, KEY, ["LARGE_PROJECT"], "applies_to"),
    ("university-led", {}, {}, ["SUB_COLLEGE"], ["UNIVERSITY"], "barred"),
    ("order-plan", TERM, {}, 1, 99, "plans_per_order"),
    ("order-channel", TERM, {}, "PLATFORM", "ANY", "through"),
    ("inspection-account", {}, ACCOUNT, CENTRES, CENTRES[:1], "recorders"),
    ("redating", {"term": "2020H1"}, REDATING, LOCAL, [*LOCAL, "PROVINCE"], "levels"),
]


@pytest.mark.parametrize(
    ("kind", "scope", "others", "bound", "lax", "name"), LAX, ids=[each[0] for each in LAX]
)
def test_c_32_a_local_rule_is_never_laxer_than_a_hard_rule_above_it(
    kind, scope, others, bound, lax, name
):
    def asked(value, strength="hard"):
        parameters = others | {name: value}
        return adopted(row(kind, scope=scope, parameters=parameters, strength=strength))

    asked(bound).accepted()
    refused = asked(lax)
    assert {type(each) for each in refused.refusals} == {RuleTooLax}
    assert {each.field for each in refused.refusals} == {"T1-01.parameters"}
    weak = asked(bound, "advisory")
    assert {each.field for each in weak.refusals} == {"T1-01.strength"}


BACKBONE = {"category": "BACKBONE_TEACHER"}
HOMEROOM = {"category": "HOMEROOM_TEACHER"}
ALSO = ["HOMEROOM", "SCHOOL_MANAGEMENT"]
FROM = "credits_from"
CITY = [
    ("annual-appraisal", {}, {}, 1, 0, "appraisals_per_year"),
    ("education-office", {}, {}, 1, 0, "offices_min"),
    ("category-hours", BACKBONE, {"intensive_hours_min": "120"}, [], ["HOMEROOM"], "purposes"),
    ("category-hours", HOMEROOM, {"thematic_hours_min": "30"}, ["HOMEROOM"], ALSO, "purposes"),
    ("cycle-total", {}, {"hours_min": "360", "credits_from": "2016-09-01"}, 5, 6, "years"),
    ("cycle-total", {}, {"hours_min": "360", "years": 5}, "2016-09-01", "2000-01-01", FROM),
    ("school-plans", {}, {"five_year_plans_min": 1, "years": 5}, 1, 0, "annual_plans_min"),
    ("school-plans", {}, {"five_year_plans_min": 1, "annual_plans_min": 1}, 5, 50, "years"),
    ("school-based-floor", {}, {"hours_min": "120"}, "2016-09-01", "2010-01-01", "advisory_from"),
]


@pytest.mark.parametrize(("kind", "scope", "others", "bound", "lax", "name"), CITY)
def test_c_32_nor_than_one_of_its_city(kind, scope, others, bound, lax, name):
    def asked(value):
        given = {} if value == [] else {name: value}
        return adopted(row(kind, scope=scope, parameters=others | given))

    asked(bound).accepted()
    assert {each.field for each in asked(lax).refusals} == {"T1-01.parameters"}


@pytest.mark.parametrize(
    ("first", "last", "lax"),
    [
        ("2024-03-31", "2024-04-01", False),
        ("2024-03-31", "2024-03-31", False),
        ("2024-03-30", "2024-04-01", True),
        ("2024-03-31", "2024-04-02", True),
        (None, "2024-04-01", True),
        ("2024-03-31", None, True),
    ],
)
def test_a_county_narrows_the_window_of_the_province_and_does_not_widen_it(first, last, lax):
    days = {key: day for key, day in (("first", first), ("last", last)) if day}
    answered = adopted(row("window", scope=ROUND_TWO, parameters=days))

    if lax:
        answered.refused(RuleTooLax, "ZJ24-18", "T1-01.parameters")
    else:
        answered.accepted()


FEE = row(
    "fee-standard",
    use="finding",
    scope={"audience": "LOCAL"},
    parameters={"standard": "瑞教〔2025〕2号", "yuan_max": "999"},
)


@pytest.mark.parametrize(
    ("kind", "scope", "parameters"),
    [
        ("mandate-disguised", {}, {"from_choice": "SELF_SELECTED", "to_choice": "MANDATED"}),
        ("offline-suspended", {"level": "PROVINCE"}, {"choice": "MANDATED", "modes": DISTANCE}),
    ],
)
def test_c_32_a_rule_about_something_else_does_not_set_the_one_above_aside(kind, scope, parameters):
    old = {"number": "测试〔2020〕1号", "year": 2020, "issued": "2020-08-01"}
    own = row(kind, scope=scope, parameters=parameters)
    refused = adopted(own, **old, certain_from="2020-08-01")

    assert {each.field for each in refused.refusals} == {"T1-01.parameters"}


def test_what_the_province_leaves_to_localities_they_decide_freely():
    # ZJ24-80: what local trainings charge.
    adopted(FEE).accepted()
    provincial = FEE | {"scope": {"audience": "PROVINCE"}}
    adopted(provincial).refused(RuleTooLax, "ZJ24-81", "T1-01.parameters")


def test_zj24_07_leaves_the_caps_of_local_projects_to_localities():
    assert all_rules().rules["ZJ24-07"].delegates == ("local-project-cap",)
    cap = row("local-project-cap", scope=TERM, parameters={"projects_max": 99})
    adopted(cap).accepted()


@pytest.mark.parametrize(
    ("kind", "scope", "parameters"),
    [
        ("project-quota", TERM, {"projects_max": 9}),
        ("project-quota-new", TERM, {"projects_max": 1, "accredited_years_below": 1}),
        ("quantity-suspended", {}, {}),
    ],
)
def test_what_is_asked_of_the_province_only_is_not_adopted_below_it(kind, scope, parameters):
    said = fault(row(kind, scope=scope, parameters=parameters))
    assert said.field == "T1-01.kind"
    draft(row(kind, scope=scope, parameters=parameters), place="330000")


def test_what_was_left_to_localities_at_one_time_is_not_at_another():
    rules = after(adopted(leaving() | {"until": "2025-06-30"}, id="t2", place=PROVINCE))
    within = absence(share_max="1/4") | {"until": "2025-06-30"}

    adopted(within, rules=rules).accepted()
    adopted(within | {"until": "2025-07-01"}, rules=rules).refused(
        RuleTooLax, "ZJ14-09", "T1-01.parameters"
    )


def test_a_neighbour_and_a_higher_place_are_not_measured_by_a_county():
    first = adopted(absence(share_max="1/9")).accepted()
    rules = Rulebook([*adoption(), *first.events])

    adopted(absence("T2-01"), rules=rules, id="t2", place=WENZHOU).accepted()


def test_a_local_rule_that_a_new_hard_rule_overtakes_is_found():
    first = adopted(absence()).accepted()
    rules = Rulebook([*adoption(), *first.events])
    stricter = absence("T2-01", share_max="1/8")

    adopted(stricter, rules=rules, id="t2", place=WENZHOU).found(
        "T1-01", Outcome.DEVIATION, RuleOutdone
    )
    equal = absence("T2-01")
    adopted(equal, rules=rules, id="t2", place=WENZHOU).accepted()


LEAVES = {"strength": "information", "use": "definition", "delegates": ["absence-limit"]}


def leaving(name="T2-01", **more):
    """A carried rule that leaves the absence limit to lower places."""
    return row("statement", name, **(LEAVES | more))


def test_a_city_does_not_give_away_what_the_province_asks():
    rules = after(adopted(leaving(), id="t2", place=WENZHOU))

    adopted(absence(share_max="1/4"), rules=rules).refused(
        RuleTooLax, "ZJ14-09", "T1-01.parameters"
    )


def test_a_city_may_give_away_what_it_asks_itself():
    stricter = absence("T2-02", share_max="1/8")
    bound = after(adopted(stricter, id="t2", place=WENZHOU))
    free = after(adopted(leaving(), stricter, id="t2", place=WENZHOU))

    adopted(absence(share_max="1/6"), rules=bound).refused(RuleTooLax, "T2-02", "T1-01.parameters")
    adopted(absence(share_max="1/6"), rules=free).accepted()


def test_a_delegation_of_the_same_draft_counts():
    rules = after(adopted(absence()))
    stricter = absence("T2-02", share_max="1/8")

    adopted(stricter, rules=rules, id="t2", place=PROVINCE).found(
        "T1-01", Outcome.DEVIATION, RuleOutdone
    )
    adopted(leaving(), stricter, rules=rules, id="t2", place=PROVINCE).accepted()


def suspended_delegation(since, certain_through=None, until=None):
    delegated = after(adopted(leaving(), id="t2", place=PROVINCE))
    return Rulebook(
        [
            *delegated.learned,
            RulesSuspended(
                document=DocumentId("document:t2"),
                place=PROVINCE,
                rules=("T2-01",),
                since=since,
                certain_through=certain_through,
                until=until,
                citation=CITATION,
            ),
        ]
    )


@pytest.mark.parametrize(
    ("since", "until", "free"),
    [
        (date(2025, 9, 2), None, True),
        (date(2025, 9, 1), None, False),
        (date(2025, 8, 1), date(2025, 8, 31), True),
        (date(2025, 8, 1), date(2025, 9, 1), False),
        (date(2025, 8, 15), date(2025, 8, 20), False),
    ],
)
def test_a_delegation_that_is_suspended_leaves_nothing_on_those_days(since, until, free):
    rules = suspended_delegation(since, until=until)
    days = {"since": "2025-08-10" if since.day == 15 else "2025-09-01", "until": "2025-09-01"}
    answered = adopted(absence(share_max="1/4") | days, rules=rules, id="t1", place=RUIAN)

    if free:
        answered.accepted()
    else:
        answered.refused(RuleTooLax, "ZJ14-09", "T1-01.parameters")


def amended(name, since, document, place, **parameters):
    return RuleAmended(
        document=DocumentId(document),
        place=place,
        rule=name,
        since=since,
        parameters=parameters,
        citation=CITATION,
        zh="改。",
        en="Changed.",
    )


@pytest.mark.parametrize(("until", "lax"), [("2025-08-31", True), ("2025-05-31", False)])
def test_a_rule_is_measured_by_each_version_above_it_that_it_meets(until, lax):
    # The province asks for five days, from June for nine, from September for three.
    strict = amended("ZJ24-63", date(2025, 6, 1), "document:zj24", PROVINCE, days_min=9)
    loose = amended("ZJ24-63", date(2025, 9, 1), "document:zj24", PROVINCE, days_min=3)
    rules = after(events=[strict, loose])
    own = row("timetable-notice", use="finding", parameters={"days_min": 5}) | {"until": until}
    answered = adopted(own, rules=rules)

    if lax:
        answered.refused(RuleTooLax, "ZJ24-63", "T1-01.parameters")
    else:
        answered.accepted()


def test_an_earlier_version_of_a_local_rule_is_outdone_as_well():
    lower = row("timetable-notice", use="finding", parameters={"days_min": 5})
    rules = after(
        adopted(lower),
        events=[amended("T1-01", date(2026, 1, 1), "document:t1", RUIAN, days_min=9)],
    )
    new = row("timetable-notice", "T2-01", use="finding", parameters={"days_min": 7})

    adopted(new | {"until": "2025-12-01"}, rules=rules, id="t2", place=PROVINCE).found(
        "T1-01", Outcome.DEVIATION, RuleOutdone
    )
    adopted(new | {"since": "2026-01-01"}, rules=rules, id="t2", place=PROVINCE).accepted()


def test_a_second_answer_contradicts_an_amended_rule_before_its_amendment():
    rules = after(
        adopted(absence()),
        events=[
            amended(
                "T1-01", date(2026, 1, 1), "document:t1", RUIAN, hours_min="90", share_max="1/9"
            )
        ],
    )

    adopted(absence("T2-01", share_max="1/7"), rules=rules, id="t2").refused(
        RuleContradicts, "T1-01", "T2-01.scope"
    )


@pytest.mark.parametrize("until", [None, "2199-12-31", "2025-03-03"])
def test_a_local_rule_in_doubt_does_not_hide_a_hard_rule_above_it(until):
    days = {"certain_through": "2025-03-02"} | ({"until": until} if until else {})

    adopted(absence() | days).refused(RuleTooLax, "ZJ14-09", "T1-01.certain_through")


def test_doubt_hides_nothing_where_the_matter_is_left_or_nothing_is_above():
    adopted(FEE | {"certain_through": "2025-03-02"}).accepted()
    adopted(absence() | {"certain_through": "2025-03-02"}, place=PROVINCE).accepted()
    adopted(absence() | {"certain_through": "2025-03-02", "until": "2025-03-02"}).accepted()


@pytest.mark.parametrize("until", [None, date(2025, 4, 2)])
def test_a_suspension_in_doubt_does_not_hide_a_hard_rule_above(until):
    rules = after(adopted(absence()))
    asked = SuspendRules(
        document=DocumentId("document:t1"),
        rules=("T1-01",),
        since=date(2025, 4, 1),
        certain_through=date(2025, 4, 1),
        until=until,
        citation=CITATION,
    )
    certain = replace(asked, certain_through=None)

    given(head("document:t1", rules), rules=rules).when(asked, on=DAY).refused(
        RuleTooLax, "ZJ14-09", "certain_through"
    )
    given(head("document:t1", rules), rules=rules).when(certain, on=DAY).accepted()


def test_the_province_may_suspend_without_knowing_the_end():
    asked = SuspendRules(
        document=DocumentId("document:zj24"),
        rules=("ZJ24-63",),
        since=date(2025, 4, 1),
        certain_through=date(2025, 4, 1),
        citation=CITATION,
    )

    given(head("document:zj24", all_rules())).when(asked, on=DAY).accepted()


GONE = {"document": DocumentId("document:t2"), "rules": ("T2-01",), "citation": CITATION}


@pytest.mark.parametrize(
    "change",
    [
        RepealRules(last=date(2025, 4, 1), **GONE),
        SuspendRules(since=date(2025, 4, 1), **GONE),
    ],
    ids=["repeal", "suspend"],
)
def test_rules_that_rest_on_a_delegation_are_found_when_it_goes(change):
    free = after(adopted(leaving(), id="t2", place=PROVINCE))
    own = adopted(absence(share_max="1/4"), rules=free).accepted()
    rules = Rulebook([*free.learned, *own.events])
    answered = given(head("document:t2", rules), rules=rules).when(change, on=DAY)

    assert [each.code for each in answered.findings] == ["RULE_OUTDONE"]
    answered.found("T1-01", Outcome.DEVIATION, RuleOutdone)
    assert "ZJ14-09" in answered.findings[0].en


def test_a_delegation_on_which_nothing_rests_goes_without_a_finding():
    change = RepealRules(
        document=DocumentId("document:zj24"),
        rules=("ZJ24-07",),
        last=date(2025, 4, 1),
        citation=CITATION,
    )

    given(head("document:zj24", all_rules())).when(change, on=DAY).accepted()


def test_the_end_of_the_epidemic_takes_its_delegations_along():
    above = row("school-based-cap", "T2-01", use="requirement", parameters={"credits_max": "100"})
    days = {"since": "2022-01-01", "until": "2023-12-31"}
    old = {"number": "测试〔2022〕1号", "year": 2022, "issued": "2022-01-01"}
    old["certain_from"] = "2022-01-01"
    rules = after(adopted(above | days, id="t2", place=PROVINCE, **old))
    own = row("school-based-cap", use="requirement", parameters={"credits_max": "120"}) | days
    rules = Rulebook([*rules.learned, *adopted(own, rules=rules, **old).accepted().events])
    ended = EndSuspension(
        document=DocumentId("document:zj20"), day=date(2022, 3, 1), citation=CITATION
    )

    given(head("document:zj20", rules), rules=rules).when(ended, on=DAY).found(
        "T1-01", Outcome.DEVIATION, RuleOutdone
    )
