"""Any sheet whatever: no column and no cell of it is an exception, each row is said something."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.balance_sheet import BalanceSheet, Footing
from ledger.class_book import ClassBook
from ledger.fault import Fault
from ledger.heading import propose
from ledger.intention import Desk, Intention
from ledger.load import Fate
from ledger.mapping import Form
from ledger.names import LoadId
from ledger.past import Past
from ledger.reading import read
from ledger.regulation import Rulebook
from ledger.result_sheet import ResultSheet
from ledger.roll import OnRoll, Roll
from ledger.roster import Roster
from ledger.school_sheet import SchoolSheet
from ledger.sheet import Grid, Tab
from ledger.term_sheet import TermSheet
from tests.cast import LIN, OFFERING, RUIAN

DAY = date(2024, 1, 31)
# Each column of any form with what fits it, so that garbage is rare enough to get past the cells.
GOOD: dict[str, tuple[Any, ...]] = {
    "平台编号": ("lin", "chen"), "姓名": ("林芳", "张三"), "学校": ("一中",), "学段": ("小学",),
    "学科": ("语文",), "参加工作时间": ("2010-09-01",), "年度": ("2022", "2024", "2031"),
    "培训类别": ("集中培训", "校本研修"), "项目编号": ("p1",), "班级编号": ("c1",),
    "培训名称": ("阅读",), "培训机构": ("x",), "开始日期": ("2023-03-01", "2025-01-01"),
    "结束日期": ("2023-06-01", "2024-06-01"), "学分": ("8", "0"), "学时": ("24",),
    "缺课学时": ("0", "3"), "半天": ("上午", "下午"), "校本学分": ("5",),
    "结果": ("合格", "不合格"),
    "是否确定": ("是", "否"), "环节": ("选课", "课程表", "缺课", "申报", "学分认定", "别的"),
    "备注": ("更正",), "学期": ("2023年上半年", "2023H1", "去年"), "负责人编号": ("wang",),
    "负责人职称": ("高级教师",), "负责人是否在编": ("是", "否"), "负责人是否专业对口": ("是",),
    "名额": ("40", "0.5"), "申报日期": ("2023-03-01",), "审核日期": ("2023-03-02",),
    "发布日期": ("2023-03-03",), "开设日期": ("2023-03-04",), "选课日期": ("2023-03-05",),
    "学校审核日期": ("2023-03-06",), "录取日期": ("2023-03-07",), "上课日期": ("2023-03-08",),
    "考核日期": ("2023-03-09",), "结业日期": ("2023-03-10",), "认定日期": ("2023-03-11",),
    "结班日期": ("2023-03-12",),
}  # fmt: skip
GARBAGE = st.one_of(st.text(max_size=12), st.decimals(-9, 10**20, places=2), st.none())
FORMS = [each for each in Form if each not in (Form.CREDITS, Form.TOTALS)]


@st.composite
def tabs(draw: st.DrawFn, name: str) -> Tab:
    """A tab with some of the columns, and cells that are right, empty or garbage."""
    header = draw(st.lists(st.sampled_from([*GOOD]), min_size=2, max_size=24, unique=True))
    cells = [st.one_of(st.sampled_from(GOOD[each]), GARBAGE) if draw(st.integers(0, 9)) == 0
             else st.one_of(st.sampled_from(GOOD[each]), st.none()) for each in header]  # fmt: skip
    rows = draw(st.lists(st.tuples(*cells), min_size=1, max_size=4))
    return Tab(name=name, rows=(tuple(header), *rows))


@st.composite
def projects(draw: st.DrawFn) -> Tab:
    """A tab of projects that lacks a few of the columns which their declaration needs."""
    needed = [*projects_whole(), "名额", "开始日期", "结束日期", "班级编号", "开设日期"]
    lost = draw(st.sets(st.sampled_from(needed), max_size=3))
    header = tuple(each for each in needed if each not in lost)
    return Tab(name="项目", rows=(header, tuple(GOOD[each][0] for each in header)))


def planned(form: Form, grid: Grid) -> list[Intention]:
    roll = Roll(teachers={LIN: OnRoll(teacher=LIN)}, fingerprints={}, schools={})
    try:
        found = [read(grid, each.mapping) for each in propose(grid, form)]
    except Fault as fault:
        assert fault.zh
        return []
    desks = [Desk(load=LoadId("load:l1"), place=RUIAN, reading=each) for each in found]
    desk = desks[0]
    match form:
        case Form.TEACHERS:
            return list(Roster(desk=desk, roll=roll, full=True, since=DAY).plan())
        case Form.SCHOOL_BASED:
            both = {"records": True, "recognises": True}
            return list(SchoolSheet(desk=desk, roll=roll, on_file={}, **both).plan())
        case Form.BALANCES:
            return list(
                BalanceSheet(desk=desk, roll=roll, footing=Footing(), day=DAY, source="旧").plan()
            )
        case Form.RESULTS:
            sheet = ResultSheet(desk=desk, roll=roll, offering=OFFERING, book=ClassBook(),
                                rules=Rulebook(), day=DAY)  # fmt: skip
            return list(sheet.plan())
        case _:
            told = [(each, roll) for each in desks]
            return list(TermSheet(desks=told, place=RUIAN, past=Past()).plan())


def said(found: list[Intention]) -> None:
    """What is refused says why in a sentence; what is not leads to something or to nothing."""
    for each in found:
        assert each.fate is not Fate.REFUSED or each.said
        assert all(one.zh and one.en for one in each.said)


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_no_sheet_is_an_exception(form: Form, data: st.DataObject):
    made = data.draw(st.tuples(tabs("表一"), tabs("表二")))
    said(planned(form, Grid(format="xlsx", tabs=made)))


@given(made=projects())
def test_a_project_without_a_column_is_refused_for_it(made: Tab):
    said(planned(Form.TERM, Grid(format="xlsx", tabs=(made,))))


def test_a_project_without_a_stage_is_refused_for_its_stage():
    header = tuple(each for each in projects_whole() if each != "学段")
    made = Tab(name="项目", rows=(header, tuple(GOOD[each][0] for each in header)))
    [found] = planned(Form.TERM, Grid(format="xlsx", tabs=(made,)))
    assert [each.zh for each in found.said] == ["缺少学段"]


def projects_whole() -> tuple[str, ...]:
    """The columns of a declared, reviewed and published project."""
    return (
        "项目编号", "培训名称", "培训机构", "学科", "学段", "培训类别", "学时", "学期",
        "负责人编号", "负责人职称", "负责人是否在编", "负责人是否专业对口", "申报日期",
        "审核日期", "发布日期",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tab", "header", "cells", "said"),
    [
        ("课程", "班级编号 上课日期 半天 学时", "c1 2023-03-08 上午 4", ["缺少发布日期"]),
        ("课程", "班级编号 发布日期 半天 学时", "c1 2023-03-08 上午 4", ["缺少上课日期"]),
        ("班级", "班级编号 项目编号 名额 开设日期 开始日期 结业日期",
         "c1 p1 40 2023-03-01 2023-03-02 2023-04-01", []),
        ("班级", "班级编号 项目编号 名额 开始日期 结束日期", "c1 p1 40 2023-03-02 2023-04-01",
         ["缺少开设日期"]),
        ("项目", "项目编号 培训名称 学段 学时", "p1 阅读 小学 24", ["缺少申报日期"]),
    ],
)  # fmt: skip
def test_what_a_row_lacks_is_said_of_its_kind(tab: str, header: str, cells: str, said: list[str]):
    made = Tab(name=tab, rows=(tuple(header.split()), tuple(cells.split())))
    [found] = planned(Form.TERM, Grid(format="xlsx", tabs=(made,)))
    reasons = [each.zh for each in found.said]
    if tab == "项目":
        reasons = [each for each in reasons if "日期" in each]
    assert reasons == said
