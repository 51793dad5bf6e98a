"""Skip: what adds up, repeats or signs is no record, whichever column it stands in."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import read
from ledger.sheet import Grid, Span, Tab

HEADER = ("平台编号", "培训名称", "结业时间", "学分")
NAMED = ("平台编号", "姓名", "培训名称", "学分")


def taken(*rows, form=Form.CREDITS, **more):
    grid = Grid(format="xlsx", tabs=(Tab(name="表", rows=rows, **more),))
    return read(grid, propose(grid, form)[0].mapping)


def skipped(reading):
    return [(each.row, each.why) for each in reading.skipped]


LINE = ("ra0023", "语文教学", "2024.3.7", Decimal(24))


@pytest.mark.parametrize(
    "label",
    [
        "合计",
        "小计",
        "总计",
        "本页小计",
        "共计",
        "累计",
        "合 计",
        "合计：",
        "Total",
        "共2人",
        "平均",
        "人均学分",
        "總計",
    ],
)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_label_of_totals_in_any_column_makes_a_totals_row(label, column):
    cells = [None, None, None, Decimal(180)]
    cells[column] = label
    reading = taken(HEADER, LINE, tuple(cells))

    assert [row.number for row in reading.rows] == ["ra0023"]
    assert skipped(reading) == [(3, "TOTALS")]
    assert reading.faults == ()


@pytest.mark.parametrize("foot", ["制表：王", "审核：李 填表：王", "负责人：赵", "单位（盖章）："])
def test_a_foot_line_that_carries_a_number_is_no_record(foot):
    reading = taken(HEADER, LINE, (foot, None, None, Decimal(2)))

    assert skipped(reading) == [(3, "NOTE")]


def test_an_identified_person_is_a_record_whatever_the_title_says():
    reading = taken(HEADER, LINE, ("ra0024", "合计", None, "8"), ("sum01", "小计", None, "8"))

    assert [row.number for row in reading.rows] == ["ra0023", "ra0024", "sum01"]


def test_a_named_person_with_a_label_for_a_number_is_a_record_with_a_fault():
    reading = taken(NAMED, ("合计", "王芳", "语文教学", "24"), ("王-1", "李四", "数学", "8"))

    assert [(each.row, each.column, each.code) for each in reading.faults] == [
        (2, 1, "BAD_NUMBER"),
        (3, 1, "BAD_NUMBER"),
    ]
    assert [row.name for row in reading.rows] == ["王芳", "李四"]


def test_the_subtotal_of_a_named_person_is_no_record_and_a_plan_for_all_is_one():
    header = ("姓名", "培训名称", "学分")
    reading = taken(header, ("王芳", "教学总计划", "8"), ("王芳", "小计", "8"))

    assert [row.title for row in reading.rows] == ["教学总计划"]
    assert skipped(reading) == [(3, "TOTALS")]


def test_an_id_number_that_is_wrong_is_a_fault_and_no_remark():
    header = ("身份证号", "培训名称", "学分")
    reading = taken(
        header, ("3303811990", "语文", "24"), ("不详", "语文", "8"), ("合计", None, "32")
    )

    assert [each.code for each in reading.faults] == ["BAD_ID_NUMBER", "BAD_ID_NUMBER"]
    assert skipped(reading) == [(4, "TOTALS")]


def test_a_dash_for_a_number_is_no_number():
    [row] = taken(NAMED, ("/", "王芳", "语文教学", "24")).rows

    assert (row.number, row.name, row.sound) == (None, "王芳", True)


def test_a_header_of_two_rows_and_the_title_are_passed_over_where_a_page_repeats_them():
    title = ("瑞安市学分一览表", None, None, None)
    upper, lower = ("平台编号", "姓名", "学分", None), (None, None, "集中培训", "校本培训")
    rows = (
        title, upper, lower, ("ra0023", "王芳", "24", "8"),
        title, upper, lower, ("ra0024", "李四", "24", "8"),
        upper, lower, ("ra0025", "张三", "24", "8"),
    )  # fmt: skip
    spans = (
        Span(1, 1, 1, 4), Span(2, 1, 3, 1), Span(2, 2, 3, 2), Span(2, 3, 2, 4),
        Span(5, 1, 5, 4), Span(6, 1, 7, 1), Span(6, 2, 7, 2), Span(6, 3, 6, 4),
    )  # fmt: skip
    reading = taken(*rows, form=Form.TOTALS, merged=spans)

    assert [row.number for row in reading.rows] == ["ra0023", "ra0024", "ra0025"]
    again = [(row, "REPEATED_HEADER") for row in (6, 7, 9, 10)]
    assert skipped(reading) == [(5, "NOTE"), *again]
    assert reading.faults == ()


def test_an_average_in_the_column_of_names_is_nobody():
    reading = taken(NAMED, ("ra0023", "王芳", "语文教学", "24"), (None, "平均", None, "24"))

    assert [row.name for row in reading.rows] == ["王芳"]
    assert skipped(reading) == [(3, "TOTALS")]


LESSONS = ("班级编号", "发布日期", "上课日期", "半天", "学时", "课程")
PROJECTS = ("项目编号", "项目名称", "学时")


def lesson(title, number="c9"):
    return (number, "2024-04-07", "2024-04-08", "上午", "4", title)


@pytest.mark.parametrize(
    "title", ["数据的收集与汇总", "学分累计制度", "Summary", "sum 函数", "汇总", "总计划", "合计"]
)
def test_a_lesson_or_project_of_a_number_is_a_record_whatever_its_title_says(title):
    reading = taken(LESSONS, lesson("阅读"), lesson(title), form=Form.TERM)
    projects = taken(PROJECTS, ("p8", "阅读", "90"), ("p9", title, "90"), form=Form.TERM)

    assert [row.title for row in reading.rows] == ["阅读", " ".join(title.split())]
    assert [row.project for row in projects.rows] == ["p8", "p9"]
    assert skipped(reading) == skipped(projects) == []


def test_a_lesson_is_a_record_where_one_cell_says_the_class_of_several():
    rows = (LESSONS, lesson("阅读"), lesson("汇总", None), lesson("累计", None))
    reading = taken(*rows, form=Form.TERM, merged=(Span(2, 1, 4, 1),))

    assert [(row.offering, row.title) for row in reading.rows] == [
        ("c9", "阅读"), ("c9", "汇总"), ("c9", "累计"),
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["合计", "全校合计：", "总计", "本页小计", "平均"])
@pytest.mark.parametrize("column", [0, 5])
def test_a_total_of_lessons_is_no_record(label, column):
    cells = [None, None, None, None, "90", None]
    cells[column] = label
    reading = taken(LESSONS, lesson("阅读"), tuple(cells), form=Form.TERM)

    assert [row.title for row in reading.rows] == ["阅读"]
    assert skipped(reading) == [(3, "TOTALS")]
