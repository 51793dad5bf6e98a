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
