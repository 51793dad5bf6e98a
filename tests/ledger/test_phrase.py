"""Phrases: what people write for a kind, a stage, a result or a certainty, and what is none."""

from __future__ import annotations

import pytest

from ledger import phrase
from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.register import Stage, Title


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


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("正高级教师", Title.SENIOR), ("正高级教师（三级）", Title.SENIOR),
        ("教授级高级工程师", Title.SENIOR), ("教授", Title.SENIOR), ("正高級讲师", Title.SENIOR),
        ("一级教授", Title.SENIOR), ("二级教授", Title.SENIOR), ("三级教授", Title.SENIOR),
        ("SENIOR", Title.SENIOR), ("ASSOCIATE_SENIOR", Title.ASSOCIATE_SENIOR),
        ("副教授", Title.ASSOCIATE_SENIOR), ("副高级", Title.ASSOCIATE_SENIOR),
        ("高级讲师", Title.ASSOCIATE_SENIOR), ("中学高级教师", Title.ASSOCIATE_SENIOR),
        ("中小学高级教师", Title.ASSOCIATE_SENIOR), ("中小学正高级教师", Title.SENIOR),
        ("中小学一级教师", Title.INTERMEDIATE), ("讲师", Title.INTERMEDIATE),
        ("助理讲师", Title.JUNIOR), ("助教", Title.JUNIOR), ("二级教师", Title.JUNIOR),
        ("三级教师", Title.JUNIOR), ("未定级", Title.NONE),
    ],
)  # fmt: skip
def test_a_title_is_read_by_the_whole_of_its_wording(given, value):
    assert phrase.title(given) is value


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("线上线下结合", CreditKind.BLENDED), ("线上+线下", CreditKind.BLENDED),
        ("混合式（集中+远程）", CreditKind.BLENDED), ("线上线下混合", CreditKind.BLENDED),
        ("线上线下混合式培训", CreditKind.BLENDED), ("90学时集中培训", CreditKind.INTENSIVE),
        ("90学时", CreditKind.INTENSIVE), ("90学时混合培训", CreditKind.BLENDED),
        ("网络校本研修", CreditKind.SCHOOL_BASED), ("校本培训（集中）", CreditKind.SCHOOL_BASED),
        ("集中面授", CreditKind.INTENSIVE), ("DISTANCE", CreditKind.DISTANCE),
    ],
)  # fmt: skip
def test_a_kind_is_read_by_the_whole_of_its_wording(given, value):
    assert phrase.kind(given) is value


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("职业高中", Stage.VOCATIONAL), ("职高", Stage.VOCATIONAL), ("中职", Stage.VOCATIONAL),
        ("普通高中", Stage.SENIOR_SECONDARY), ("小学段", Stage.PRIMARY),
        ("小学职工", Stage.PRIMARY), ("SENIOR_SECONDARY", Stage.SENIOR_SECONDARY),
    ],
)  # fmt: skip
def test_a_stage_is_read_by_the_whole_of_its_wording(given, value):
    assert phrase.stage(given) is value


@pytest.mark.parametrize(
    ("read", "given"),
    [
        *((phrase.kind, each) for each in (
            "集中+远程", "集中与校本相结合", "远程（含校本）", "非集中培训", "集中培训、混合培训",
        )),
        *((phrase.stage, each) for each in (
            "中小学", "小学、幼儿园", "九年一贯制（小学、初中）", "完中（初中、高中）",
            "职初", "非小学",
        )),
        *((phrase.title, each) for each in (
            "五级教授", "小学高级教师", "未评高级", "一级或二级", "高级/一级", "非高级",
        )),
        *((phrase.half, each) for each in ("上午、下午", "下午到晚上")),
    ],
)  # fmt: skip
def test_what_fits_two_values_or_says_what_it_is_not_is_asked_back(read, given):
    with pytest.raises(Fault) as caught:
        read(given)
    assert caught.value.code in {"BAD_KIND", "BAD_STAGE", "BAD_TITLE", "BAD_HALF"}


@pytest.mark.parametrize("read", [phrase.kind, phrase.stage, phrase.title, phrase.half])
def test_a_failed_formula_is_no_wording(read):
    with pytest.raises(Fault) as caught:
        read("#N/A")
    assert caught.value.code == "CELL_ERROR"
