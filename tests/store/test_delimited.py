"""Delimited text: a quote that nobody closed is said, and does not swallow what comes after it."""

from __future__ import annotations

import pytest

from ledger.fault import Fault
from ledger.store import delimited
from ledger.store.workbook import read_workbook

HEAD = "平台编号,培训名称,备注\n"


def refused(text: str) -> Fault:
    with pytest.raises(Fault) as found:
        list(delimited.rows(text))
    return found.value


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("left", ['"无', '"', '"无""', 'x,"无'])
def test_a_quote_that_is_not_closed_is_refused_with_its_line(left: str, end: str) -> None:
    text = f"{HEAD}ra0001,校本,无\nra0002,{left}\nra0003,校本,\nra0004,校本,{end}"
    fault = refused(text.replace("\n", end or "\n"))

    assert fault.code == "CSV_MALFORMED"
    assert "第 3 行" in fault.zh and "line 3" in fault.en


def test_a_quote_in_the_last_line_is_refused_too() -> None:
    assert refused(f'{HEAD}ra0001,校本,"无').code == "CSV_MALFORMED"


def test_two_open_quotes_make_no_row_of_the_lines_between() -> None:
    fault = refused(f'{HEAD}ra0001,校本,"无\nra0002,校本,\nra0003,校本,"无\nra0004,校本,\n')

    assert (fault.code, "第 2 行" in fault.zh) == ("CSV_MALFORMED", True)


def test_a_file_with_an_open_quote_is_refused_as_a_whole() -> None:
    with pytest.raises(Fault) as found:
        read_workbook(f'{HEAD}ra0001,校本,"无\nra0002,校本,\n'.encode(), "a.csv")
    assert found.value.code == "CSV_MALFORMED"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("a,b", [["a", "b"]]),
        ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        ("a,b\n\n1,2\n\n", [["a", "b"], [], ["1", "2"], []]),
        ('a,b\n"x\ny",2\n', [["a", "b"], ["x\ny", "2"]]),
        ('a,b\n1,"x ""y"" z"', [["a", "b"], ["1", 'x "y" z']]),
        ('a,b\n"x"y,2\n1,5"\n', [["a", "b"], ["xy", "2"], ["1", '5"']]),
        ("sep=;\na;b\n1;2", [["a", "b"], ["1", "2"]]),
    ],
)
def test_what_was_read_well_is_read_as_before(text: str, rows: list[list[str]]) -> None:
    assert [*delimited.rows(text)] == rows
