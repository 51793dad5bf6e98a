"""Joining: tabs that are one list are read together, and each line keeps where it stands."""

from __future__ import annotations

import pytest

from ledger.fault import Fault
from ledger.heading import propose
from ledger.joining import join, joined, named, together
from ledger.mapping import Form
from ledger.reading import read
from ledger.sheet import Grid, Tab

TOTALS = ("姓名", "平台编号", "总学分")
CREDITS = ("姓名", "平台编号", "培训名称", "结业时间", "学分")


def tab(name, header=TOTALS, *rows, title=False, concealed=False):
    above = (("某市教师学分",),) if title else ()
    some = rows or (("王芳", "t1", "24"),)
    return Tab(name=name, rows=(*above, header, *some), concealed=concealed)


def workbook(*tabs):
    return Grid(format="xlsx", tabs=tabs)


def proposed(*tabs, form=Form.TOTALS):
    return joined(together(propose(workbook(*tabs), form)))


def test_tabs_of_the_same_columns_are_proposed_together_each_with_its_own_header():
    mapping = proposed(tab("一小"), tab("二小", ("平台编号", "教师姓名", "学分"), title=True))
    assert mapping.tabs == ("一小", "二小")
    assert [each.header_row for each in mapping.parts] == [1, 2]


def test_they_stand_in_the_order_of_the_workbook_whichever_is_the_likeliest():
    long = tab("二小", TOTALS, ("王芳", "t1", "24"), ("李敏", "t2", "12"))
    assert proposed(tab("一小"), long, tab("三小")).tabs == ("一小", "二小", "三小")


@pytest.mark.parametrize("name", ["汇总", "2023 (2)", "备份", "模板"])
def test_what_sums_up_or_repeats_another_tab_is_left_out(name):
    long = tab("一小", TOTALS, ("王芳", "t1", "24"), ("李敏", "t2", "12"))
    assert proposed(long, tab("二小"), tab(name)).tabs == ("一小", "二小")
    assert proposed(long, tab(name)).tabs == ()


def test_hidden_tabs_and_those_of_other_columns_are_left_to_people():
    other = tab("明细", CREDITS, ("王芳", "t1", "阅读", "2023-03-01", "24"))
    assert proposed(tab("一小"), tab("旧", concealed=True), other).tabs == ()
    found = propose(workbook(tab("一小"), tab("旧", concealed=True)), Form.TOTALS)
    assert joined(named(found, ["*"])).tabs == ("一小", "旧")
    assert joined(named(found, ["旧"])).tab == "旧"


def test_a_tab_of_no_such_name_is_refused_with_those_that_there_are():
    with pytest.raises(Fault) as refused:
        named(propose(workbook(tab("一小"), tab("二小")), Form.TOTALS), ["三小"])
    assert refused.value.code == "TAB_MISSING"
    assert "一小、二小" in refused.value.zh


def test_the_year_is_that_of_the_tab_where_no_column_says_it():
    mapping = proposed(tab("2022年"), tab("2023年度"))
    assert [each.year for each in mapping.parts] == [2022, 2023]
    rows = read(workbook(tab("2022年"), tab("2023年度")), mapping).rows
    assert [(each.tab, each.row, each.year) for each in rows] == [
        ("2022年", 2, 2022),
        ("2023年度", 2, 2023),
    ]


@pytest.mark.parametrize("names", [("2022学年", "2023学年"), ("2022a", "2022b"), ("一小", "2023")])
def test_a_name_that_is_not_just_a_year_of_its_own_says_no_year(names):
    mapping = proposed(*map(tab, names))
    assert {each.year for each in mapping.parts} == {None}


def test_a_column_of_the_year_or_the_day_is_right_and_not_the_name_of_the_tab():
    row = ("王芳", "t1", "阅读", "2024-03-01", "24")
    undated = ("李敏", "t2", "阅读", None, "24")
    tabs = [tab(name, CREDITS, row, undated) for name in ("2022", "2023")]
    mapping = proposed(*tabs, form=Form.CREDITS)
    assert mapping.tabs == ("2022", "2023")
    # A cell that is empty says nothing, so there the tab does.
    rows = read(workbook(*tabs), mapping).rows
    assert [each.year for each in rows] == [None, 2022, None, 2023]


def test_sheets_that_are_loaded_are_read_a_tab_at_a_time():
    rows = workbook(tab("一小"), tab("二小"))
    assert joined(together(propose(rows, Form.BALANCES))).tabs == ()
    found = propose(rows, Form.BALANCES)
    with pytest.raises(Fault) as refused:
        join([each.mapping for each in found])
    assert refused.value.code == "TABS_NOT_JOINED"


def test_no_tab_is_read_twice():
    [one] = propose(workbook(tab("一小")), Form.TOTALS)
    with pytest.raises(Fault) as refused:
        join([one.mapping, one.mapping])
    assert refused.value.code == "TAB_TWICE"


def test_a_mapping_of_one_tab_has_the_digest_that_it_always_had():
    [one] = propose(workbook(tab("一小")), Form.TOTALS)
    assert one.mapping.digest == "eef67a7a214480a69912587bf74a2c4edba199cc301c95df347a60d65a0ac468"
    assert proposed(tab("一小"), tab("二小")).digest != one.mapping.digest
    assert proposed(tab("一小"), tab("二小")).digest != proposed(tab("二小"), tab("一小")).digest


def test_faults_and_skipped_rows_say_in_which_tab():
    bad = tab("一小", TOTALS, ("王芳", "t1", "很多"), ("合计", None, "24"))
    rows = workbook(bad, tab("二小"))
    told = read(rows, joined(together(propose(rows, Form.TOTALS))))
    assert [(each.tab, each.row) for each in told.faults] == [("一小", 2)]
    assert [(each.tab, each.row) for each in told.skipped] == [("一小", 3)]
