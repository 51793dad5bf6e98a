"""Regulations: which rule is in force where and when."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from ledger.completion import AbsenceLimit
from ledger.cycle import CycleTotal
from ledger.names import DocumentId, JurisdictionId
from ledger.quota import ProjectQuota
from ledger.regulation import (
    KINDS,
    Parameters,
    RegulationAdopted,
    Rule,
    RuleAdopted,
    Rulebook,
    Strength,
    Use,
)
from ledger.round import RoundTwoAdmission
from ledger.rule import RuleAmended, RulesSuspended
from ledger.schedule import TimetableNotice
from ledger.structure import OnceIntensive, SchoolBasedCap
from ledger.term import Window
from tests.cast import HANGZHOU, PROVINCE, RUIAN, WENZHOU
from tests.given import adoption, all_rules, entries

DAY = date(2024, 4, 1)


def rule(name, place=PROVINCE, *, since=date(2020, 1, 1), days=5, kind="timetable-notice", **more):
    details = {"parameters": {"days_min": days}} | more
    return Rule(
        id=name,
        document=DocumentId("document:test"),
        number="测试〔2020〕1号",
        clause="§一",
        place=place,
        kind=kind,
        use=Use.FINDING,
        strength=Strength.HARD,
        zh="规则",
        en="a rule",
        since=since,
        **details,
    )


def book(*rules):
    return Rulebook(
        RuleAdopted(document=each.document, place=each.place, rule=each) for each in rules
    )


def found(rules, place=RUIAN, day=DAY, **scope):
    answer = rules.find(TimetableNotice, place, day, **scope)
    return answer.id if answer else None


def test_the_county_comes_before_the_city_and_the_city_before_the_province():
    rules = [rule("P", PROVINCE), rule("C", WENZHOU), rule("R", RUIAN)]

    assert found(book(*rules)) == "R"
    assert found(book(*rules[:2])) == "C"
    assert found(book(*rules[:1])) == "P"
    assert [each.id for each in book(*rules).find_all(TimetableNotice, RUIAN, DAY)] == [
        "R",
        "C",
        "P",
    ]


def test_a_county_rule_binds_neither_its_city_nor_its_neighbours():
    rules = book(rule("R", RUIAN))

    assert None is found(rules, WENZHOU)
    assert None is found(rules, HANGZHOU)


def test_the_nearer_comes_first_even_where_the_farther_is_later_or_special():
    rules = book(
        rule("R", RUIAN),
        rule("P", PROVINCE, since=date(2024, 1, 1), scope={"term": ("2024H1",)}),
    )

    assert found(rules, term="2024H1") == "R"


def test_the_special_comes_before_the_general():
    rules = book(rule("G", since=date(2023, 1, 1)), rule("S", scope={"mode": ("BLENDED",)}))

    assert found(rules, mode="BLENDED") == "S"
    assert found(rules, mode="DISTANCE") == "G"
    assert found(rules) == "G"


def test_the_later_comes_before_the_earlier():
    rules = book(rule("OLD", since=date(2014, 1, 1)), rule("NEW", since=date(2024, 1, 1)))

    assert found(rules) == "NEW"
    assert found(rules, day=date(2024, 1, 1)) == "NEW"
    assert found(rules, day=date(2023, 12, 31)) == "OLD"


@pytest.mark.parametrize(
    ("day", "certain"),
    [
        (date(2013, 12, 31), None),
        (date(2014, 1, 1), False),
        (date(2014, 12, 31), False),
        (date(2015, 1, 1), True),
        (date(2030, 1, 1), True),
    ],
)
def test_between_the_year_of_a_document_and_its_first_certain_day_nobody_can_tell(day, certain):
    answer = all_rules().find(AbsenceLimit, RUIAN, day, mode="INTENSIVE")

    assert certain == (answer.certain if answer else None)
    assert answer is None or answer.id == "ZJ14-09"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), "U"),
        (date(2024, 12, 31), "U"),
        (date(2025, 1, 1), None),
    ],
)
def test_a_rule_ends_with_its_last_day(day, expected):
    rules = book(rule("U", since=date(2024, 1, 1), until=date(2024, 12, 31)))

    assert expected == found(rules, day=day)


@pytest.mark.parametrize("day", [date(2012, 1, 1), date(2019, 9, 15), date(2030, 1, 1), date.max])
def test_a_rule_bound_to_a_term_is_chosen_by_the_term_alone(day):
    assert all_rules().find(RoundTwoAdmission, RUIAN, day, term="2019H2").id == "RA19-24"
    assert all_rules().find(RoundTwoAdmission, RUIAN, day, term="2020H2").id == "ZJ20-22"
    assert all_rules().find(RoundTwoAdmission, RUIAN, day, term="2025H1") is None
    assert all_rules().find(RoundTwoAdmission, RUIAN, day) is None


def test_every_condition_of_a_scope_must_be_met():
    quota = all_rules()

    assert (
        quota.find(ProjectQuota, PROVINCE, DAY, term="2024H1", category="DISTANCE").id == "ZJ24-03"
    )
    assert quota.find(ProjectQuota, PROVINCE, DAY, term="2024H1", category="OTHER") is None
    assert quota.find(ProjectQuota, PROVINCE, DAY, category="DISTANCE") is None


def test_a_rulebook_tells_the_versions_of_a_day():
    old = rule("R", RUIAN)
    amended = RuleAmended(
        document=old.document,
        place=RUIAN,
        rule="R",
        since=DAY,
        parameters={"days_min": 7},
        citation="测试〔2024〕2号",
        zh="七天。",
        en="Seven days.",
    )
    paused = RulesSuspended(
        document=old.document,
        place=RUIAN,
        rules=("R",),
        since=date(2024, 6, 1),
        until=date(2024, 6, 1),
        citation="测试〔2024〕3号",
    )
    rules = book(old)
    rules.learn(amended)
    rules.learn(paused)

    def days_min(day):
        return [each.parameters["days_min"] for each, _ in rules.on(day)]

    assert days_min(date(2019, 12, 31)) == []
    assert days_min(date(2024, 3, 31)) == [5]
    assert days_min(DAY) == [7]
    assert days_min(date(2024, 6, 1)) == []
    assert rules.at("R", date(2024, 3, 31)).amended is None
    assert rules.at("R", DAY).amended == rules.at("R", date.min).amended == amended.citation
    assert rules.at("NONE", DAY) is None
    assert rules.reach("R") == (date(2020, 1, 1), date.max)


def test_the_first_answer_is_found_without_reading_the_others():
    rules = book(rule("P", PROVINCE, days="seven"), rule("R", RUIAN))

    assert found(rules) == "R"
    with pytest.raises(msgspec.ValidationError):
        rules.find_all(TimetableNotice, RUIAN, DAY)


def test_parameters_are_typed():
    limit = all_rules().find(AbsenceLimit, RUIAN, DAY, mode="INTENSIVE")

    assert (str(limit.value.share_max), str(limit.value.hours_min)) == ("1/5", "90")


def test_adopting_in_any_order_finds_the_same():
    rules = [rule("P", PROVINCE), rule("C", WENZHOU), rule("N", WENZHOU, since=date(2023, 1, 1))]

    assert {"N"} == {found(book(*order)) for order in (rules, rules[::-1])}


def test_a_rulebook_knows_its_documents_and_terms():
    rules = all_rules()

    assert {"ra19", "wz12", "zj14", "zj20", "zj24"} == {each.value for each in rules.documents}
    assert {"2019H2", "2020H1", "2020H2", "2024H1"} == rules.terms


def test_events_of_other_kinds_change_nothing():
    rules = Rulebook(adoption())
    before = len(rules.rules)
    for entry in entries([each for each in adoption() if isinstance(each, RegulationAdopted)], DAY):
        rules.learn(entry.event)

    assert before == len(rules.rules) == 181


def test_two_kinds_of_rule_do_not_share_a_name():
    with pytest.raises(TypeError, match="absence-limit"):

        class Again(Parameters, kind="absence-limit"):
            """Taken."""


def test_unknown_parameters_of_a_computed_kind_are_not_read():
    with pytest.raises(msgspec.ValidationError, match="surprise"):
        msgspec.convert({"days_min": 5, "surprise": 1}, KINDS["timetable-notice"], strict=False)


def test_a_citation_is_document_number_and_clause():
    assert all_rules().rules["ZJ24-13"].citation == "浙教办函〔2024〕37号 §三(二)"


# Coverage in time. No value is asserted here, only that each month has exactly one answer, or
# that the documents state none. ``since`` lists cannot overlap; this proves it for each place.

MONTHS = [date(year, month, 1) for year in range(2012, 2027) for month in range(1, 13)]
PLACES = [PROVINCE, WENZHOU, RUIAN, HANGZHOU]

# From the first of these days on there is an answer; before it the documents are silent.
FROM = {
    (CycleTotal, PROVINCE): None,
    (CycleTotal, HANGZHOU): None,
    (CycleTotal, WENZHOU): date(2012, 4, 17),
    (CycleTotal, RUIAN): date(2012, 4, 17),
    (OnceIntensive, PROVINCE): None,
    (OnceIntensive, HANGZHOU): None,
    (OnceIntensive, WENZHOU): date(2012, 4, 17),
    (OnceIntensive, RUIAN): date(2012, 4, 17),
    (AbsenceLimit, PROVINCE): date(2014, 1, 1),
    (AbsenceLimit, HANGZHOU): date(2014, 1, 1),
    (AbsenceLimit, WENZHOU): date(2014, 1, 1),
    (AbsenceLimit, RUIAN): date(2014, 1, 1),
    (SchoolBasedCap, PROVINCE): date(2024, 3, 6),
    (SchoolBasedCap, HANGZHOU): date(2024, 3, 6),
    (SchoolBasedCap, WENZHOU): date(2024, 3, 6),
    (SchoolBasedCap, RUIAN): date(2024, 3, 6),
}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.value)
@pytest.mark.parametrize(
    "kind", [CycleTotal, OnceIntensive, AbsenceLimit, SchoolBasedCap], ids=lambda kind: kind.KIND
)
def test_each_month_has_one_answer_or_a_stated_none(kind, place):
    first = FROM[kind, place]
    for day in MONTHS:
        answers = all_rules().find_all(kind, place, day, mode="INTENSIVE")
        nearest = [each for each in answers if each.rule.place == answers[0].rule.place]
        best = [
            each
            for each in nearest
            if (len(each.rule.scope), each.rule.since)
            == (len(nearest[0].rule.scope), nearest[0].rule.since)
        ]
        expected = 1 if first is not None and day >= first.replace(day=1) and day >= first else 0
        assert expected == len(best), (kind.KIND, place, day, [each.id for each in answers])


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.value)
def test_each_step_of_each_term_has_at_most_one_window(place: JurisdictionId):
    steps = {
        (term, calendar, step)
        for each in all_rules().rules.values()
        if each.kind == "window"
        for term in each.scope["term"]
        for calendar in each.scope["calendar"]
        for step in each.scope["step"]
    }
    for term, calendar, step in steps:
        answers = all_rules().find_all(
            Window, place, date.max, term=term, calendar=calendar, step=step
        )
        ruian_only = term == "2019H2"
        expected = 0 if ruian_only and place != RUIAN else 1
        assert expected == len(answers), (term, calendar, step, place)
