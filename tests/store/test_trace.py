"""Traces: whatever way a number or a name is written into a cell, it leaves the same trace."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sheet import Grid, Tab
from ledger.store.trace import parts, texts_of, told

ID = "33038119900307001X"


@pytest.mark.parametrize(
    "written",
    [
        ID,
        ID.lower(),
        "330381 19900307 001X",
        "330381-19900307-001x",
        "３３０３８１１９９００３０７００１Ｘ",
        f"号码：{ID}。",
        f"13800138000 {ID}",
        f"{ID}13800138000",
        "330381\u200b19900307001X",
    ],
)
def test_an_id_number_is_found_however_it_is_written(written: str) -> None:
    assert ID in parts([written])[1]


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("王小明", "王小明"),
        ("王 小 明", "王小明"),
        ("填表人：王小明", "王小明"),
        ("王小明、李华", "李华"),
        ("阿卜杜拉·买买提", "阿卜杜拉买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉买买提"),
        ("Ann Smith", "ANNSMITH"),
        ("138-0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("王\ufeff小明", "王小明"),
    ],
)
def test_a_name_and_a_telephone_number_are_found_however_they_are_written(
    written: str, word: str
) -> None:
    assert word in parts([written])[0]


@given(st.lists(st.text(max_size=20), max_size=5), st.integers(0, 5))
def test_what_stands_beside_it_never_hides_it(others: list[str], at: int) -> None:
    texts = [*others[:at], "王小明", ID, *others[at:]]
    words, numbers = parts(texts)

    assert "王小明" in words
    assert ID in numbers


def test_all_cells_and_the_tabs_are_looked_at() -> None:
    tabs = (
        Tab(name="王小明", rows=(("a", Decimal("13800138000"), None, True),)),
        Tab(name="表", rows=((), ("b",)), concealed=True),
    )

    assert texts_of(Grid(format="xlsx", tabs=tabs)) == {"王小明", "表", "a", "b", "13800138000"}
    assert list(told([None, True])) == []
