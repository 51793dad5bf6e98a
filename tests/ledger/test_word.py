"""Words: what is said to people holds none of the values of the interface."""

from __future__ import annotations

from enum import Enum

import pytest

from ledger.consequence import RecordUse
from ledger.evaluation import EvaluationKind, Evaluator
from ledger.plan import Choice, Mode
from ledger.register import Category, Tier
from ledger.schedule import Half
from ledger.supervision import Measure
from ledger.term import Phase
from ledger.word import CHINESE, ENGLISH, in_chinese, in_english
from tests.given import in_words


def test_values_are_said_in_words():
    assert in_chinese("只受理 DISTANCE 项目，方案为 BLENDED") == "只受理 远程 项目，方案为 混合式"
    assert in_english("the SELECT_R1 window; OFFLINE_TO_ONLINE (7 < 8)") == (
        "the first selection window; offline to online (7 < 8)"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "ZJ24-22",
        "the subject SCIENCE",
        "offering:ONLINE",
        "term:DECLARE",
        "UN-ONLINE",
        "2024H1",
        "",
    ],
)
def test_names_rules_and_what_people_wrote_stay(sentence):
    assert in_chinese(sentence) == in_english(sentence) == sentence


@pytest.mark.parametrize(
    "kind",
    [
        Category,
        Choice,
        EvaluationKind,
        Evaluator,
        Half,
        Measure,
        Mode,
        Phase,
        RecordUse,
        Tier,
    ],
)
def test_every_value_of_these_has_its_word(kind: type[Enum]):
    assert {each.value for each in kind} <= CHINESE.keys()


def test_words_are_words():
    assert ENGLISH.keys() <= CHINESE.keys()
    assert all("一" <= each[0] <= "鿿" for each in CHINESE.values())


def test_a_sentence_with_a_value_of_the_interface_is_found():
    in_words("the subject SCIENCE under ZJ24-22", "学科 SCIENCE")
    for sentence in ("the mode is BLENDED", "方案缺少 SOME_NEW_WORD"):
        with pytest.raises(AssertionError):
            in_words(sentence)
