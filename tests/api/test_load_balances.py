"""Opening balances: what would stand twice is refused before anything of the sheet is taken in."""

from __future__ import annotations

from typing import Any

from schema import planning
from tests.api.test_load import (
    BALANCES,
    bureau,
    committed,
    fates,
    id_number,
    loaded,
    planned,
    sheet,
    teacher,
)

__all__ = ["bureau"]
OF: dict[str, Any] = {"origin": "旧平台", "until": "2024-01-31"}


def test_who_is_listed_again_far_below_is_refused_before_anything_is_taken_in(
    served, bureau, monkeypatch
):
    monkeypatch.setattr(planning, "SLICE_ROWS", 2)
    loaded(bureau, sheet(*(teacher(at) for at in range(1, 5))))
    rows = [("", id_number(at), "", "40", "20", "确定") for at in (1, 2, 3, 4, 1)]
    made = planned(bureau, sheet(*rows, header=BALANCES), "BALANCES", **OF)

    assert fates(made)[-1] == (6, "REFUSED", ["LISTED_TWICE"])
    assert (made["new"], made["refused"]) == (4, 1)
    done = committed(bureau, made["token"], l=True)
    assert (done["complete"], done["refused"]) == (True, [])


def test_a_period_within_the_cycle_of_a_row_far_above_is_listed_twice(served, bureau, monkeypatch):
    monkeypatch.setattr(planning, "SLICE_ROWS", 1)
    loaded(bureau, sheet(teacher(1, number="T-1")))
    header = ("平台编号", "类别", "学分", "年度", "结束日期")
    rows = (
        ("T-1", "远程", "8", "", "2023-06-30"),
        ("T-1", "校本", "8", "", "2023-06-30"),
        ("T-1", "远程", "8", "2023", ""),
        ("T-1", "远程", "8", "", "2018-06-30"),
    )
    made = planned(bureau, sheet(*rows, header=header), "BALANCES", **OF)

    assert fates(made) == [
        (2, "NEW", []), (3, "NEW", []), (4, "REFUSED", ["LISTED_TWICE"]), (5, "NEW", []),
    ]  # fmt: skip
    assert committed(bureau, made["token"], l=True)["complete"]


def test_an_id_number_of_nobody_is_not_that_of_whoever_has_the_platform_number(served, bureau):
    loaded(bureau, sheet(*(teacher(at, number=f"T-{at}") for at in (1, 2))))
    header = ("平台编号", "身份证号", "类别", "学分")
    rows = (
        ("T-1", id_number(77), "远程", "8"),
        ("T-2", id_number(2), "远程", "8"),
        ("T-1", id_number(2), "校本", "8"),
    )
    made = planned(bureau, sheet(*rows, header=header), "BALANCES", **OF)

    assert fates(made) == [
        (2, "REFUSED", ["NUMBERS_CONTRADICT"]), (3, "NEW", []),
        (4, "REFUSED", ["NUMBERS_CONTRADICT"]),
    ]  # fmt: skip
