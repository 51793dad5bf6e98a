"""Amendments: from a day on a rule says something else; before it, it answers as it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from msgspec import structs

from ledger.adoption import AdoptRegulation
from ledger.amendment import AmendRule, Parameter, PolicyWithoutChange
from ledger.command import OutsideScope
from ledger.completion import AbsenceLimit
from ledger.conflict import RuleOutdone, RuleTooLax
from ledger.document import parse
from ledger.finding import Outcome
from ledger.names import DocumentId, TermId
from ledger.policy import PastChanged, RuleOver, UnknownRule
from ledger.regulation import RegulationAdopted, Rulebook
from ledger.rule import RuleAmended
from ledger.schedule import TimetableNotice
from ledger.selection import SelectOffering
from ledger.term import Calendar, Phase, window
from tests import cast
from tests.cast import PROVINCE, RUIAN, WENZHOU
from tests.given import adoption, asker_for, given
from tests.ledger.test_document import HEAD, RUIAN_ENTERED, RULE

ZJ24 = DocumentId("document:zj24")
DAY = date(2024, 4, 1)
ONE = timedelta(days=1)
CITATION = "浙教办函〔2024〕99号 §一"
HEADS = {each.document: each for each in adoption() if isinstance(each, RegulationAdopted)}


def amend(rule="ZJ24-63", since=DAY, document=ZJ24, **parameters):
    return AmendRule(
        document=document,
        rule=rule,
        since=since,
        parameters=tuple(
            Parameter(name=name, words=(words,) if isinstance(words, str) else words)
            for name, words in parameters.items()
        ),
        citation=CITATION,
        zh="课程表提前公布。",
        en="The timetable comes earlier.",
    )


def amended(days, since=DAY):
    return RuleAmended(
        document=ZJ24,
        place=PROVINCE,
        rule="ZJ24-63",
        since=since,
        parameters={"days_min": days},
        citation=CITATION,
        zh="课程表提前公布。",
        en="The timetable comes earlier.",
    )


def notice(rules, day, place=RUIAN):
    return rules.find(TimetableNotice, place, day)


def test_an_amended_rule_answers_anew_from_its_day_and_as_before_until_then():
    answered = given(HEADS[ZJ24]).when(amend(days_min="7"), on=DAY)

    answered.then(amended(7))
    rules = Rulebook([*adoption(), *answered.events])
    assert (notice(rules, DAY - ONE).value.days_min, notice(rules, DAY - ONE).certain) == (5, True)
    assert (notice(rules, DAY).value.days_min, notice(rules, DAY).certain) == (7, True)
    assert notice(rules, DAY).id == notice(rules, DAY - ONE).id == "ZJ24-63"
    assert notice(rules, date(2024, 3, 5)).id == "ZJ14-24"


def test_a_decision_cites_the_instrument_that_amended_the_rule():
    rules = Rulebook([*adoption(), amended(7)])

    assert CITATION in notice(rules, DAY).rule.citation
    assert CITATION not in notice(rules, DAY - ONE).rule.citation


def test_of_two_amendments_each_answers_from_its_own_day():
    rules = Rulebook([*adoption(), amended(7), amended(9, DAY + 3 * ONE)])

    found = [notice(rules, DAY + days * ONE).value.days_min for days in (-1, 0, 2, 3)]
    assert found == [5, 7, 7, 9]
    assert [each.amended for each in rules.versions("ZJ24-63")] == [None, CITATION, CITATION]


def test_an_earlier_amendment_that_comes_late_takes_the_place_of_the_later():
    rules = Rulebook([*adoption(), amended(9, DAY + 3 * ONE), amended(7)])

    assert [notice(rules, DAY + days * ONE).value.days_min for days in (-1, 0, 5)] == [5, 7, 7]


def test_an_amendment_may_begin_before_the_latest_and_starts_from_what_held_on_its_day():
    rules = Rulebook([*adoption(), amended(9, DAY + 30 * ONE)])
    head = HEADS[ZJ24]

    given(head, rules=rules).when(amend(since=DAY, days_min="7"), on=DAY).then(amended(7))
    given(head, rules=rules).when(amend(since=date(2024, 3, 5), days_min="7"), on=DAY).refused(
        RuleOver, "ZJ24-63", "since"
    )
    # What held on the day holds on: the later amendment is taken back.
    given(head, rules=rules).when(amend(since=DAY, days_min="5"), on=DAY).then(amended(5))


def test_a_relaxation_with_an_open_end_is_amended_after_its_certain_days():
    zj20 = DocumentId("document:zj20")
    rules = Rulebook(adoption())
    old = rules.rules["ZJ20-03"]
    first = RuleAmended(
        document=zj20,
        place=PROVINCE,
        rule=old.id,
        since=date(2021, 6, 1),
        parameters=old.parameters,
        citation=CITATION,
        zh="改。",
        en="Changed.",
    )
    rules.learn(first)

    assert rules.rules[old.id].certain_through is None
    # An earlier one that comes late still knows where the certain days end.
    earlier = rules.amended(structs.replace(first, since=date(2020, 9, 1)))
    assert (earlier.certain_through, earlier.until) == (old.certain_through, old.until)


def test_a_parameter_named_twice_is_a_fault():
    asked = amend(days_min="7")
    twice = replace(asked, parameters=asked.parameters * 2)

    given(HEADS[ZJ24]).when(twice, on=DAY).faulted("BAD_RULE", "parameters.days_min")


def test_the_window_of_a_term_is_amended_by_day():
    step = next(
        each
        for each in Rulebook(adoption()).rules.values()
        if each.scope.get("step") == ("SELECT_R2",) and each.scope.get("term") == ("2024H1",)
    )
    asked = amend(step.id, last="2024-04-05")
    answered = given(HEADS[ZJ24]).when(asked, on=DAY)
    rules = Rulebook([*adoption(), *answered.accepted().events])

    def last(day):
        term = TermId("term:2024H1")
        return window(rules, RUIAN, term, Phase.SELECT_R2, Calendar.REGULAR, day).value.last

    assert last(DAY) == date(2024, 4, 5)
    assert str(last(DAY - ONE)) == step.parameters["last"]


@pytest.mark.parametrize(("since", "round"), [(date(2024, 4, 1), 2), (date(2024, 3, 31), 1)])
def test_a_choice_falls_into_the_round_that_the_rules_of_its_day_say(since, round):
    moved = amend("ZJ24-18", since=since, first="2024-04-09", last="2024-04-10")
    changed = given(HEADS[ZJ24]).when(moved, on=date(2024, 3, 29)).events
    select = SelectOffering(teacher=cast.LIN, offering=cast.OFFERING)
    answer = given(
        cast.registered(),
        cast.opened(),
        cast.selected(offering=cast.OTHER_OFFERING),
        rules=Rulebook([*adoption(), *changed]),
    ).when(select, on=date(2024, 3, 31), reported=True)

    assert answer.facts[0].round == round


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"days_min": "-1"}, "parameters.days_min"),
        ({"days_min": "seven"}, "parameters.days_min"),
        ({"days_max": "7"}, "parameters.days_max"),
        ({"days_min": ()}, "parameters.days_min"),
    ],
)
def test_an_amendment_out_of_range_is_a_fault_that_names_the_field(parameters, field):
    given(HEADS[ZJ24]).when(amend(**parameters), on=DAY).faulted("BAD_RULE", field)


def test_an_amendment_that_changes_nothing_is_refused():
    given(HEADS[ZJ24]).when(amend(days_min="5"), on=DAY).refused(
        PolicyWithoutChange, "ZJ24-63", "parameters"
    )


@pytest.mark.parametrize(("since", "fits"), [(date(2024, 3, 5), False), (date(2024, 3, 6), True)])
def test_a_rule_is_amended_while_it_is_in_force(since, fits):
    answered = given(HEADS[ZJ24]).when(amend(since=since, days_min="7"), on=since)

    if fits:
        answered.accepted()
    else:
        answered.refused(RuleOver, "ZJ24-63", "since")


@pytest.mark.parametrize(
    ("rule", "document", "since", "parameters"),
    [
        ("ZJ24-63", "zj24", date(2024, 3, 31), {"days_min": "7"}),
        ("RA19-01", "ra19", date(2020, 1, 1), {"credits_min": "400"}),
        ("ZJ14-09", "zj14", date(2015, 1, 1), {"share_max": "1/2"}),
        ("ZJ14-09", "zj14", date(2014, 6, 1), {"share_max": "1/2"}),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_c_33_an_amendment_does_not_reach_back(rule, document, since, parameters, reported):
    name = DocumentId(f"document:{document}")
    asked = amend(rule, since, name, **parameters)

    given(HEADS[name]).when(asked, on=DAY, reported=reported).refused(PastChanged, rule, "since")


def test_an_amendment_settles_days_in_doubt():
    zj20 = DocumentId("document:zj20")
    asked = amend("ZJ20-10", date(2021, 1, 1), zj20, steps=("RECTIFICATION",))
    given(HEADS[zj20]).when(asked, on=DAY).accepted()


def test_only_a_rule_of_the_document_is_amended():
    given(HEADS[ZJ24]).when(amend("ZJ14-24", days_min="7"), on=DAY).refused(
        UnknownRule, field="rule"
    )


def test_the_authority_of_the_place_amends():
    given(HEADS[ZJ24]).when(amend(days_min="7"), on=DAY, by=asker_for(WENZHOU)).refused(
        OutsideScope
    )


def county_rules():
    """The five documents and a county's stricter rule of seven days."""
    read = parse(HEAD + RULE, "t1.toml")
    adopt = AdoptRegulation(document=read)
    adopted = given(RUIAN_ENTERED).when(adopt, on=date(2025, 3, 2)).accepted()
    return adopted.facts[0], Rulebook([*adoption(), *adopted.events])


@pytest.mark.parametrize(("days", "lax"), [("4", True), ("5", False), ("6", False)])
def test_a_county_does_not_amend_its_rule_below_the_hard_rule_of_the_province(days, lax):
    head, rules = county_rules()
    asked = amend("T1-01", date(2025, 4, 1), DocumentId("document:t1"), days_min=days)
    answered = given(head, rules=rules).when(asked, on=date(2025, 4, 1))

    if lax:
        answered.refused(RuleTooLax, "ZJ24-63", "T1-01.parameters")
    else:
        answered.accepted()


def test_a_county_rule_that_the_province_overtakes_is_found():
    _, rules = county_rules()
    answered = given(HEADS[ZJ24], rules=rules).when(
        amend(since=date(2025, 5, 1), days_min="8"), on=date(2025, 5, 1)
    )

    answered.found("T1-01", Outcome.DEVIATION, RuleOutdone)


def test_a_share_is_amended_as_it_was_written():
    zj14 = DocumentId("document:zj14")
    answered = given(HEADS[zj14]).when(amend("ZJ14-09", document=zj14, share_max="1/6"), on=DAY)

    rules = Rulebook([*adoption(), *answered.accepted().events])
    found = rules.find(AbsenceLimit, RUIAN, DAY, mode="INTENSIVE")
    assert (str(found.value.share_max), str(found.value.hours_min)) == ("1/6", "90")


def test_a_laxer_amendment_that_another_system_reports_is_kept_with_a_violation():
    head, rules = county_rules()
    asked = amend("T1-01", date(2025, 4, 1), DocumentId("document:t1"), days_min="4")

    given(head, rules=rules).when(asked, on=date(2025, 4, 1), reported=True).found(
        "ZJ24-63", Outcome.VIOLATION, RuleTooLax
    )
