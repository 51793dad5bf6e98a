from __future__ import annotations

import pytest

from ledger.heading import meaning, propose
from ledger.mapping import Column, Form
from ledger.sheet import Grid, Tab
from ledger.wording import PATTERNS, TERM_WORDS, WORDS


def test_every_meaning_has_a_wording():
    assert {column for column, _ in (*WORDS, *TERM_WORDS)} == set(Column)


def test_every_meaning_is_known_by_its_own_name_or_not_at_all():
    for column in Column:
        own = column.value.lower().replace("_", "")
        found = next((c for c, pattern in PATTERNS if pattern.fullmatch(own)), column)
        assert found is column


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("分值", Column.CREDITS),
        ("学时学分", Column.CREDITS),
        ("ＩＤ号", Column.NUMBER),
        ("终止时间", Column.COMPLETED),
        ("培训结束日", Column.COMPLETED),
        ("结束", Column.COMPLETED),
        ("研修项目", Column.TITLE),
        ("應得分值", Column.BASE),
        ("身份證號", Column.ID_NUMBER),
        ("培訓名稱", Column.TITLE),
        ("學分", Column.CREDITS),
        ("結業時間", Column.COMPLETED),
        ("開始", Column.STARTED),
        ("培訓類別", Column.KIND),
        ("結業", Column.PASSED),
    ],
)
def test_other_names_and_traditional_characters_are_understood(header, column):
    found = meaning(header)

    assert found is not None and found[0] is column


def sheet(*rows):
    return Grid(format="xlsx", tabs=(Tab(name="表", rows=rows),))


@pytest.mark.parametrize(
    ("header", "cell", "column"),
    [
        (("姓名", "培训班", "学分"), "语文骨干教师研修", Column.TITLE),
        (("姓名", "培训班", "学分"), "2024-001", Column.OFFERING),
        (("姓名", "培训班", "学分", "培训名称"), "语文骨干教师研修", Column.OFFERING),
    ],
)
def test_a_class_is_the_title_where_no_column_is_and_it_is_no_code(header, cell, column):
    row = ("王芳", cell, "8", "语文教学")[: len(header)]
    found = propose(sheet(header, row), Form.CREDITS)[0]

    assert found.mapping.columns[2] is column


def test_a_column_called_id_holds_what_stands_in_it():
    header, row = ("ID号", "学分"), ("11010519491231002X", "8")

    assert propose(sheet(header, row), Form.CREDITS)[0].mapping.columns[1] is Column.ID_NUMBER
    row = ("ra0001", "8")
    assert propose(sheet(header, row), Form.CREDITS)[0].mapping.columns[1] is Column.NUMBER
