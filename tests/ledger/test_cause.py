"""Causes: portions of one cause are told together, and their amounts are kept."""

from __future__ import annotations

from decimal import Decimal

from ledger.cause import Cause, merged, portion


def one(cause: Cause, amount: str, event: str) -> object:
    return portion(cause, Decimal(amount), f"{event}。", f"{event}.", events=(event, event))


def test_portions_of_one_cause_become_one_with_all_events_and_both_sentences():
    parts = [one(Cause.CAP, "-2.0", "b"), one(Cause.TIMING, "4", "c"), one(Cause.CAP, "-1", "a")]
    timing, cap = merged(parts)  # type: ignore[arg-type]

    assert (timing.cause, timing.amount) == (Cause.TIMING, 4)
    assert (cap.amount, set(cap.events), cap.en) == (-3, {"a", "b"}, "b. a.")
    assert str(cap.amount) == "-3"


def test_of_many_portions_a_few_are_told_and_all_events_listed():
    [cap] = merged(one(Cause.CAP, "-1", f"e{number}") for number in range(9))  # type: ignore[misc]

    assert (cap.amount, len(cap.events)) == (-9, 9)
    assert cap.en == "e0. e1. e2. And 6 more."
    assert cap.zh.endswith("另有 6 项。")
