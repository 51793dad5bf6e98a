"""Rounding: how a sheet may have rounded what is exact, each credit by itself or their sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from ledger.amount import HALF, ZERO, plain
from ledger.cause import Cause, Portion, portion

ONE = Decimal(1)
_WAYS = (
    (ROUND_HALF_UP, "四舍五入到", "rounded to the nearest"),
    (ROUND_FLOOR, "向下取到", "rounded down to a"),
    (ROUND_CEILING, "向上取到", "rounded up to a"),
)
_UNITS = ((HALF, "半学分", "half credit"), (ONE, "整学分", "whole credit"))


def rounding(exact: Decimal, sheet: Decimal) -> Portion | None:
    """That a sheet rounded an amount, and how; ``None`` where no rounding makes the one of it."""
    for unit, unit_zh, unit_en in _UNITS:
        if not exact % unit:
            continue
        for way, way_zh, way_en in _WAYS:
            if (exact / unit).to_integral_value(rounding=way) * unit == sheet:
                return portion(
                    Cause.ROUNDING,
                    exact - sheet,
                    f"名册把 {plain(exact)} {way_zh}{unit_zh}，写成 {plain(sheet)}。",
                    f"The sheet {way_en} {unit_en}: {plain(sheet)} for {plain(exact)}.",
                )
    return None


def rounded_each(amounts: Sequence[Decimal]) -> Iterator[Portion]:
    """That a sheet rounded every credit before it added them up."""
    exact = sum(amounts, ZERO)
    seen: set[Decimal] = set()
    for unit, unit_zh, unit_en in _UNITS:
        for way, way_zh, way_en in _WAYS:
            parts = ((each / unit).to_integral_value(rounding=way) * unit for each in amounts)
            made = sum(parts, ZERO)
            if made == exact or made in seen or abs(exact - made) < ONE:
                continue
            seen.add(made)
            yield portion(
                Cause.ROUNDING,
                exact - made,
                f"名册先把每一笔{way_zh}{unit_zh}再相加，得 {plain(made)}，应为 {plain(exact)}。",
                f"In the sheet every credit is {way_en} {unit_en} before they are added up: "
                f"{plain(made)} for {plain(exact)}.",
            )
