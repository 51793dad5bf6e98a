from __future__ import annotations

from ledger.mapping import Column, Form, Mapping


def test_the_rows_of_a_sheet_begin_below_its_header():
    mapping = Mapping(
        form=Form.CREDITS,
        tab="Sheet1",
        header_row=2,
        header_rows=2,
        header=("姓名", "学分"),
        columns={1: Column.NAME, 2: Column.CREDITS},
    )

    assert mapping.first_row == 4
