from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.fault import Fault
from ledger.heading import header_of, lacking, meaning, propose
from ledger.mapping import Column, Form, MappedColumn, MappingSaved, header_digest
from ledger.sheet import Grid, Span, Tab
from tests import cast

GOOD = "11010519491231002X"
PLAIN = (
    ("瑞安市2024年上半年教师培训学分一览表", None, None, None, None),
    ("单位：瑞安市教育局", None, None, "2024.7.1", None),
    ("序号", "姓　名", "身份证号码", "培训项目", "学分"),
    (Decimal(1), "王芳", GOOD, "语文教学", Decimal(24)),
)


def grid(*rows, merged=(), **more):
    return Grid(format="xlsx", tabs=(Tab(name="Sheet1", rows=rows, merged=merged, **more),))


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("身份证号", Column.ID_NUMBER), ("*身份证件号码", Column.ID_NUMBER),
        ("姓　名", Column.NAME),
        ("参训教师", Column.NAME), ("学校（单位）名称", Column.SCHOOL), ("工作单位", Column.SCHOOL),
        ("学分（分）", Column.CREDITS), ("认定学分", Column.CREDITS), ("学\n分", Column.CREDITS),
        ("培训学时", Column.HOURS), ("缺课学时", Column.HOURS_MISSED), ("应得学分", Column.BASE),
        ("师训平台编号", Column.NUMBER), ("培训类别", Column.KIND), ("结业时间", Column.COMPLETED),
        ("校本培训学分", Column.CREDITS_SCHOOL_BASED), ("90学时集中培训", Column.CREDITS_INTENSIVE),
        ("年度", Column.YEAR), ("周期", Column.CYCLE), ("是否合格", Column.PASSED),
        *((each, Column.CREDITS) for each in
          ("所获学分", "折算学分", "获得学分", "学分数", "合计数", "实得学分")),
        *((each, Column.NUMBER) for each in ("教师编号", "教师编码", "工号", "教师号", "教职工号")),
        *((each, Column.TITLE) for each in ("培训项目", "项目名称", "课程名称", "培训班名称")),
        *((each, Column.COMPLETED) for each in ("起止时间", "培训起止日期", "结束时间")),
        ("ID Number", Column.ID_NUMBER), ("备注", Column.NOTE),
    ],
)  # fmt: skip
def test_a_column_is_known_by_many_wordings(header, column):
    found = meaning(header)
    assert found is not None and found[0] is column


@pytest.mark.parametrize("header", ["序号", "性别", "", "瑞安市教师培训学分一览表"])
def test_what_means_nothing_to_us_is_left_alone(header):
    assert meaning(header) is None


def test_the_header_is_found_below_title_and_remarks():
    [found] = propose(grid(*PLAIN, merged=(Span(1, 1, 1, 5),)), Form.CREDITS)

    assert (found.mapping.header_row, found.mapping.header_rows) == (3, 1)
    assert found.mapping.columns == {
        2: Column.NAME,
        3: Column.ID_NUMBER,
        4: Column.TITLE,
        5: Column.CREDITS,
    }
    assert found.rows == 1
    assert lacking(found.mapping) == ()


def test_a_header_of_two_rows_is_read_as_one():
    rows = (
        ("学分汇总表", None, None, None, None),
        ("姓名", "身份证号", "学分", None, None),
        (None, None, "集中", "校本", "合计"),
        ("王芳", GOOD, Decimal(24), Decimal(12), Decimal(36)),
    )
    merged = (Span(1, 1, 1, 5), Span(2, 1, 3, 1), Span(2, 2, 3, 2), Span(2, 3, 2, 5))
    [found] = propose(grid(*rows, merged=merged), Form.TOTALS)

    assert (found.mapping.header_row, found.mapping.header_rows) == (2, 2)
    assert found.mapping.header == ("姓名", "身份证号", "学分 集中", "学分 校本", "学分 合计")
    assert found.mapping.columns == {
        1: Column.NAME,
        2: Column.ID_NUMBER,
        3: Column.CREDITS_INTENSIVE,
        4: Column.CREDITS_SCHOOL_BASED,
        5: Column.CREDITS,
    }


def test_one_day_of_a_training_is_taken_for_that_of_its_end_unless_it_is_called_the_first():
    [ended] = propose(grid(("姓名", "学分", "培训时间"), ("王芳", "24", "2024.3.7")), Form.CREDITS)
    [began] = propose(grid(("姓名", "学分", "开班时间"), ("王芳", "24", "2024.3.7")), Form.CREDITS)

    assert ended.mapping.columns[3] is Column.COMPLETED
    assert began.mapping.columns[3] is Column.STARTED


def test_id_numbers_are_known_by_what_stands_in_the_column():
    [found] = propose(grid(("姓名", "号码2", "学分"), ("王芳", GOOD, "24")), Form.CREDITS)

    assert found.mapping.columns[2] is Column.ID_NUMBER


def test_a_saved_mapping_is_taken_for_the_same_header_even_where_the_wording_is_unknown():
    sheet = grid(("名", "分", "代号"), ("王芳", "24", "T1"))
    with pytest.raises(Fault):
        propose(sheet, Form.CREDITS)
    meant = (Column.NAME, Column.CREDITS, Column.NUMBER)
    saved = MappingSaved(
        place=cast.RUIAN,
        form=Form.CREDITS,
        header_digest=header_digest(header_of(sheet.tabs[0], 1, 1)),
        columns=tuple(MappedColumn(at=at, column=each) for at, each in enumerate(meant, start=1)),
    )
    [found] = propose(sheet, Form.CREDITS, [saved])

    assert found.known
    assert found.mapping.columns == {1: Column.NAME, 2: Column.CREDITS, 3: Column.NUMBER}


def test_the_tab_with_the_better_header_comes_first_and_a_concealed_one_last():
    good = Tab(name="明细", rows=PLAIN)
    poor = Tab(name="汇总", rows=(("姓名", "学分"), ("王芳", Decimal(24))))
    old = Tab(name="旧", rows=PLAIN, concealed=True)
    found = propose(Grid(format="xlsx", tabs=(old, poor, good)), Form.CREDITS)

    assert [each.mapping.tab for each in found] == ["明细", "汇总", "旧"]


def test_a_sheet_without_a_header_is_refused_with_a_sentence():
    with pytest.raises(Fault) as found:
        propose(grid(("王芳", GOOD, Decimal(24)), ("李四", GOOD, Decimal(8))), Form.CREDITS)

    assert found.value.code == "HEADER_MISSING"


def test_what_a_form_needs_and_the_sheet_has_not_is_said():
    [found] = propose(grid(("姓名", "学校")), Form.CREDITS)

    assert [Column.CREDITS in group for group in lacking(found.mapping)] == [True]


def test_the_time_of_a_training_is_its_completion_unless_a_column_of_its_own_says_that():
    header = ("姓名", "培训时间", "学分")
    [alone] = propose(grid(header, ("王芳", "2024.7.20-7.23", "24")), Form.CREDITS)
    [beside] = propose(grid((*header, "结业时间"), ("王芳", None, "24")), Form.CREDITS)

    assert alone.mapping.columns[2] is Column.COMPLETED
    assert (beside.mapping.columns[2], beside.mapping.columns[4]) == (
        Column.STARTED,
        Column.COMPLETED,
    )
