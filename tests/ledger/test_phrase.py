"""Phrases: what people write for a kind, a stage, a result or a certainty, and what is none."""

from __future__ import annotations

import pytest

from ledger import phrase
from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.register import Stage


@pytest.mark.parametrize(
    ("read", "given", "value"),
    [
        (phrase.kind, "校本研修", CreditKind.SCHOOL_BASED),
        (phrase.kind, "混合式", CreditKind.BLENDED),
        (phrase.kind, "网络研修", CreditKind.DISTANCE),
        (phrase.kind, "集中培训", CreditKind.INTENSIVE),
        (phrase.stage, "幼儿园", Stage.KINDERGARTEN),
        (phrase.stage, "特殊教育", Stage.SPECIAL),
        (phrase.stage, "初中", Stage.JUNIOR_SECONDARY),
        (phrase.stage, "小学", Stage.PRIMARY),
        (phrase.passed, "合格", True),
        (phrase.passed, "未 通过", False),
        (phrase.passed, True, True),
        (phrase.certain, "已核实", True),
        (phrase.certain, "估算", False),
    ],
)
def test_a_wording_stands_for_its_value(read, given, value):
    assert read(given) == value


@pytest.mark.parametrize("read", [phrase.kind, phrase.stage, phrase.passed, phrase.certain])
@pytest.mark.parametrize("given", ["", "—", "无", None])
def test_nothing_is_no_value(read, given):
    assert read(given) is None


@pytest.mark.parametrize(
    ("read", "code"),
    [
        (phrase.kind, "BAD_KIND"),
        (phrase.stage, "BAD_STAGE"),
        (phrase.passed, "BAD_RESULT"),
        (phrase.certain, "BAD_CERTAINTY"),
    ],
)
def test_any_other_wording_is_a_fault_that_shows_its_beginning(read, code):
    with pytest.raises(Fault) as caught:
        read("说不清" * 100)
    assert caught.value.code == code
    assert "说不清" in caught.value.zh
    assert len(caught.value.zh) < 100
