from __future__ import annotations

import pytest

from ledger.sheet import Tab, letters


@pytest.mark.parametrize(
    ("column", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")]
)
def test_a_column_is_named_as_spreadsheets_name_it(column, name):
    assert letters(column) == name


def test_a_cell_beyond_the_last_one_is_empty():
    tab = Tab(name="Sheet1", rows=(("姓名",), ()))

    assert tab.cell(1, 1) == "姓名"
    assert [tab.cell(1, 2), tab.cell(2, 1), tab.cell(3, 1), tab.cell(0, 0)] == [None] * 4
