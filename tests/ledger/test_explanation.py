"""Explanations: a reason says its rule, its clause and on what it stands."""

from __future__ import annotations

import pytest

from ledger.command import PROVINCE, Refused
from ledger.explanation import HEADS, Upshot, explained, reason, reason_of
from ledger.term import Calendar, Phase, window
from tests.cast import DAY, H1_2024
from tests.given import all_rules

RULE = window(all_rules(), PROVINCE, H1_2024, Phase.SELECT_R1, Calendar.REGULAR, DAY)


def test_a_reason_names_rule_number_clause_and_parameters():
    told = reason("CODE", "中文", "english", RULE)

    assert (told.rule, told.number, told.clause) == ("ZJ24-13", "浙教办函〔2024〕37号", "§三(二)")
    assert str(told.parameters["first"]) == "2024-03-19"
    assert (told.chosen_for, told.certain) == (PROVINCE, True)


def test_a_refusal_becomes_a_reason_and_what_it_names_stands_in_the_way():
    told = reason_of(Refused(zh="中文", en="english", rule=RULE, evidence=("e1", "")))

    assert (told.code, told.rule, told.opposing) == ("REFUSED", "ZJ24-13", ("e1",))


def test_a_reason_may_do_without_a_rule():
    assert reason("CODE", "中文", "english").rule is None


@pytest.mark.parametrize("answer", Upshot)
def test_every_answer_is_told_in_both_languages(answer):
    told = explained(answer, [reason("CODE", "中文", "english")])

    assert told.zh == f"{HEADS[answer][0]}中文。"
    assert told.en == f"{HEADS[answer][1]} English."


def test_a_name_at_the_beginning_of_a_sentence_keeps_its_letters():
    told = explained(Upshot.REFUSED, [reason("CODE", "中文", "teacher:ra0300 chose nothing")])

    assert told.en == "It is refused. teacher:ra0300 chose nothing."


def test_an_event_is_named_once_in_a_reason():
    told = reason("CODE", "中文", "english", evidence=("e1", "e2", "e1"), opposing=("e3", "e3"))

    [once] = explained(Upshot.REFUSED, [told]).reasons
    assert (once.evidence, once.opposing) == (("e1", "e2"), ("e3",))
