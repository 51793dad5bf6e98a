"""Heading: a header that stands once more hides no record, wherever it stands and however high."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import read
from ledger.sheet import Grid, Span, Tab

TITLE = ("瑞安市2024年教师培训学分一览表",)
UPPER = ("序号", "教师信息", "培训信息", None, None)
LOWER = (None, "平台编号", "培训名称", "结业时间", "学分")
PRESSED = ("序号", *LOWER[1:])


def line(number: int) -> tuple[object, ...]:
    return (Decimal(number), f"ra{number:04}", "语文教学", "2024.3.7", Decimal(8))


def taken(rows, merged=()):
    grid = Grid(format="xlsx", tabs=(Tab(name="表", rows=tuple(rows), merged=tuple(merged)),))
    return read(grid, propose(grid, Form.CREDITS)[0].mapping)


def merged_at(top: int, *, down: bool) -> list[Span]:
    """The blocks of a header of two rows: group cells, and 序号 over both of its rows."""
    groups = [Span(top=top, left=3, bottom=top, right=5)]
    return groups + ([Span(top=top, left=1, bottom=top + 1, right=1)] if down else [])


def sheet(records: int, after: int, *, down: bool, repeat):
    """A title, a header of two rows, and records with the header once more among them."""
    numbers = range(1, records + 1)
    lines = [line(each) for each in numbers]
    rows = [TITLE, UPPER, LOWER, *lines[:after], *repeat, *lines[after:]]
    return rows, [Span(top=1, left=1, bottom=1, right=5), *merged_at(2, down=down)]


@pytest.mark.parametrize("after", [1, 20, 25, 29])
@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("repeat", [(PRESSED,), (UPPER, LOWER), (LOWER,)])
def test_the_records_above_a_repeated_header_are_read(after, down, repeat):
    rows, merged = sheet(30, after, down=down, repeat=repeat)
    reading = taken(rows, merged)

    assert [row.number for row in reading.rows] == [f"ra{each:04}" for each in range(1, 31)]
    assert reading.faults == ()
    assert [each.why for each in reading.skipped if each.row > 3 + after][: len(repeat)] in (
        ["REPEATED_HEADER"] * len(repeat),
        ["NOTE", "REPEATED_HEADER"],
    )


def test_a_record_above_the_header_is_said_and_not_passed_over():
    unknown = ("工作牌", "课", "日", "数")
    reading = taken([unknown, line(1)[1:], LOWER[1:], line(2)[1:]])

    assert [row.number for row in reading.rows] == ["ra0002"]
    assert [(each.row, each.code) for each in reading.faults] == [(2, "ABOVE_HEADER")]
    assert "表头（第 3 行）之上" in reading.faults[0].zh


def test_a_header_that_says_more_below_records_is_not_taken_for_the_header():
    fuller = ("平台编号", "培训名称", "结业时间", "学分", "备注", "学校")
    reading = taken([LOWER[1:], line(1)[1:], fuller, line(2)[1:]])

    assert [row.number for row in reading.rows] == ["ra0001", "ra0002"]
    assert [each.why for each in reading.skipped] == ["REPEATED_HEADER"]


TOTALS = ("合计", None, None, None, Decimal(80))
BLANK = (None, None, None, None, None)
INSERTED = st.sampled_from(["pressed", "lower", "both", "totals", "blank"])


@given(
    titles=st.integers(0, 2),
    height=st.sampled_from(["one", "down", "flat"]),
    records=st.integers(1, 32),
    inserted=st.lists(st.tuples(st.integers(0, 32), INSERTED), max_size=6),
)
def test_exactly_the_records_come_out_of_a_sheet_with_all_that_people_put_into_it(
    titles, height, records, inserted
):
    header = [PRESSED] if height == "one" else [UPPER, LOWER]
    made = {
        "pressed": [PRESSED],
        "lower": [header[-1]],
        "both": header,
        "totals": [TOTALS],
        "blank": [BLANK],
    }
    rows = [TITLE] * titles + header
    merged = merged_at(titles + 1, down=height == "down") if height != "one" else []
    for at in range(1, records + 1):
        rows.append(line(at))
        for place, what in inserted:
            if place == at:
                if what == "both" and height != "one":
                    merged += merged_at(len(rows) + 1, down=height == "down")
                rows += made[what]
    reading = taken(rows, merged)

    assert [row.number for row in reading.rows] == [f"ra{at:04}" for at in range(1, records + 1)]
    assert reading.faults == ()
    told = {each.row for each in (*reading.rows, *reading.skipped)}
    last = max(at for at, each in enumerate(rows, start=1) if each != BLANK)
    assert told >= {*range(reading.mapping.first_row, last + 1)}
