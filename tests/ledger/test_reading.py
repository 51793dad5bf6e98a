from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import ROWS_MAX, problems, read
from ledger.register import Stage
from ledger.sheet import Grid, Span, Tab

GOOD = "11010519491231002X"
HEADER = ("姓名", "身份证号", "学校", "培训项目", "类别", "结业时间", "学分")


def taken(*rows, form=Form.CREDITS, header=HEADER, **more):
    grid = Grid(format="xlsx", tabs=(Tab(name="表", rows=(header, *rows), **more),))
    return read(grid, propose(grid, form)[0].mapping)


def line(name="王芳", number=GOOD, credits="24", day="2024.3.7", kind="集中培训"):
    return (name, number, "一中", "语文教学", kind, day, credits)


def test_a_row_is_read_with_its_types():
    [row] = taken(line()).rows

    assert (row.name, row.id_number, row.school, row.title) == ("王芳", GOOD, "一中", "语文教学")
    assert (row.kind, row.completed, row.credits) == (
        CreditKind.INTENSIVE,
        date(2024, 3, 7),
        Decimal(24),
    )
    assert (row.tab, row.row, row.sound) == ("表", 2, True)


def test_a_repeated_header_a_total_and_a_remark_are_passed_over_and_listed():
    reading = taken(
        line(),
        ("小  计", None, None, None, None, None, Decimal(24)),
        HEADER,
        (None,) * 7,
        line("李四"),
        (None, None, "合计：2人", None, None, None, "48"),
        ("制表人：赵六", None, None, None, None, "2024.7.1", None),
        (None,) * 7,
    )

    assert [row.row for row in reading.rows] == [2, 6]
    assert [(each.row, each.why) for each in reading.skipped] == [
        (3, "TOTALS"),
        (4, "REPEATED_HEADER"),
        (5, "EMPTY"),
        (7, "TOTALS"),
        (8, "NOTE"),
    ]
    assert reading.faults == ()


def test_a_person_whose_name_sounds_like_a_total_is_still_a_person():
    reading = taken(line("何合计"), line("小计"))

    assert [row.name for row in reading.rows] == ["何合计", "小计"]


def test_hidden_rows_are_read_and_listed():
    reading = taken(line(), line("李四"), hidden=(3,))

    assert [row.hidden for row in reading.rows] == [False, True]
    assert reading.hidden == (3,)


def test_each_faulty_cell_is_listed_with_its_place_and_the_row_is_unsound():
    reading = taken(line(number=Decimal("110105194912310020"), day="2024.2.30"), line())

    assert [(each.row, each.column, each.code) for each in reading.faults] == [
        (2, 2, "STORED_AS_NUMBER"),
        (2, 6, "BAD_DAY"),
    ]
    assert [row.sound for row in reading.rows] == [False, True]
    assert reading.rows[0].id_number is None
    assert [(row, len(found)) for row, found in problems(reading)] == [(2, 2)]


def test_credits_without_a_person_are_a_fault():
    reading = taken(line(name=None, number=None))

    assert [(each.column, each.code) for each in reading.faults] == [(0, "NO_PERSON")]


def test_a_name_merged_over_several_trainings_counts_for_each_and_an_amount_once():
    rows = (line(), (None, None, None, "数学教学", "校本", "2024.4.1", None))
    spans = (Span(2, 1, 3, 1), Span(2, 2, 3, 2), Span(2, 7, 3, 7))
    reading = taken(*rows, merged=spans)

    assert [(row.name, row.id_number) for row in reading.rows] == [("王芳", GOOD)] * 2
    assert [row.credits for row in reading.rows] == [Decimal(24), None]


def test_credits_in_columns_by_kind_are_read_by_kind():
    header = ("姓名", "集中培训学分", "校本学分", "总学分")
    [row] = taken(("王芳", "90", Decimal(12), "102"), form=Form.TOTALS, header=header).rows

    assert row.by_kind == {
        CreditKind.INTENSIVE: Decimal(90),
        CreditKind.SCHOOL_BASED: Decimal(12),
    }
    assert row.credits == Decimal(102)


@pytest.mark.parametrize(
    ("words", "kind"),
    [("网络研修", "DISTANCE"), ("线上线下混合", "BLENDED"), ("校本研修", "SCHOOL_BASED"),
     ("90学时集中培训", "INTENSIVE")],
)  # fmt: skip
def test_a_kind_is_known_by_its_wordings(words, kind):
    assert taken(line(kind=words)).rows[0].kind is CreditKind[kind]


def test_an_unknown_kind_is_a_fault():
    assert [each.code for each in taken(line(kind="其他")).faults] == ["BAD_KIND"]


def test_results_and_stages_are_read_by_their_wordings():
    header = ("姓名", "学段", "考核结果")
    reading = taken(
        ("王芳", "初中", "合格"), ("李四", "幼儿园", "不合格"), ("张三", "小学", "待定"),
        form=Form.RESULTS, header=header,
    )  # fmt: skip

    assert [(row.stage, row.passed) for row in reading.rows] == [
        (Stage.JUNIOR_SECONDARY, True),
        (Stage.KINDERGARTEN, False),
        (Stage.PRIMARY, None),
    ]
    assert [each.code for each in reading.faults] == ["BAD_RESULT"]


def test_a_tab_that_is_not_there_is_refused():
    reading = taken(line())
    with pytest.raises(Fault) as found:
        read(Grid(format="xlsx", tabs=()), reading.mapping)

    assert found.value.code == "TAB_MISSING"


def test_a_hundred_thousand_rows_are_read_and_one_more_is_refused_with_the_limit():
    assert len(taken(*[line()] * ROWS_MAX).rows) == ROWS_MAX
    with pytest.raises(Fault) as found:
        taken(*[line()] * (ROWS_MAX + 1))

    assert found.value.code == "TOO_MANY_ROWS"
    assert str(ROWS_MAX) in found.value.zh


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.text(max_size=12),
                st.sampled_from([*HEADER, GOOD, "合计", "24", "2024.3.7"]),
                st.decimals(allow_nan=False, allow_infinity=False),
                st.booleans(),
                st.dates(),
            ),
            max_size=9,
        ),
        max_size=12,
    )
)
def test_every_row_with_something_in_it_is_a_record_or_is_passed_over_with_a_reason(rows):
    cells = [tuple(row) for row in rows]
    reading = taken(*cells)
    told = sorted([row.row for row in reading.rows] + [each.row for each in reading.skipped])
    filled = [
        number
        for number, row in enumerate(cells, start=2)
        if any(each is not None and each != "" for each in row)
    ]

    assert set(filled) <= set(told)
    assert len(told) == len(set(told))
    faulty = {each.row for each in reading.faults}
    assert faulty == {row.row for row in reading.rows if not row.sound}


@pytest.mark.parametrize("form", [Form.CREDITS, Form.TOTALS])
def test_an_amount_that_goes_by_less_than_halves_is_read_with_a_doubt_about_its_cell(form):
    reading = taken(line(credits="60.25"), line(credits="60.5"), form=form)

    assert [row.credits for row in reading.rows] == [Decimal("60.25"), Decimal("60.5")]
    assert [(each.row, each.column, each.code) for each in reading.faults] == [
        (2, 7, "BAD_AMOUNT_STEP")
    ]
