"""Sentences: every type of event has one in each language, which says it in words."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from ledger.event import CATALOGUE, Entry
from ledger.names import TeacherId
from schema.sentence import Speaker, parsed, templates
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, RUIAN
from tests.ledger.test_recorded import recorded

TITLES = {str(OFFERING): "作文教学", str(RUIAN): "瑞安市", str(COUNTY_SCHOOL): "教师进修学校"}


def said(event: Any, **titles: str) -> tuple[str, str]:
    """What an event says."""
    entry: Entry = structs.replace(recorded(CATALOGUE["term.opened"]), event=event)
    return Speaker(TITLES | titles).sentences(entry)


def test_every_type_of_event_has_its_sentence():
    lacking = sorted(CATALOGUE.keys() - templates().keys())

    assert lacking == [], "write what such an event says into schema/sentences/, in both languages"
    assert sorted(templates().keys() - CATALOGUE.keys()) == []


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_sentence_is_whole_and_in_its_language(name):
    zh, en = Speaker({}).sentences(recorded(CATALOGUE[name]))

    assert zh.endswith(("。", "…")) and en.endswith((".", "。", "…"))
    assert re.search("[一-鿿]", zh) and re.search("[a-z]{3}", en)
    for text in (zh, en):
        assert not re.search(r"[{}$|]|None|Decimal|datetime|<", text), text
    # No codes: neither names of enums nor those of event types.
    assert not re.search(r"\b[A-Z]+_[A-Z_]+\b", zh + en), zh + en


def test_titles_days_amounts_and_choices_are_said_in_words():
    zh, en = said(cast.selected(LIN))

    assert zh == "教师 lin选报班期“作文教学”（第 1 轮）。"
    assert en == "Teacher lin chose the class “作文教学” in round 1."


def test_what_a_field_does_not_say_is_left_out():
    plain, reasoned = said(cast.passed(LIN)), said(structs.replace(cast.passed(LIN), reason="好"))

    assert "理由" not in plain[0]
    assert reasoned[0].endswith("，理由：好。") and reasoned[1].endswith(": 好.")
    assert len(parsed("a{reason?: $|!}")) == 2


def test_a_list_is_cut_and_counted():
    words = Speaker({}).words(tuple(TeacherId(f"teacher:{n}") for n in range(7)), 1)

    assert words.endswith("teacher 4 and 2 more")
    assert Speaker({}).words(Decimal("17.50"), 0) == "17.50"
    assert Speaker({}).words(date(2024, 3, 9), 0) == "2024年3月9日"


def test_a_template_that_does_not_end_is_refused():
    with pytest.raises(TypeError):
        parsed("{a?b")
