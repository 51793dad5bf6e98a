"""Statements: rules that the ledger carries as data, with their clause, and does not compute.

Definitions, duties without a decidable input, and policy are cited and shown like all other rules.
Their parameters are free.
"""

from __future__ import annotations

from ledger.regulation import KINDS, Parameters

CARRIED = (
    "statement",
    "accredited-only",
    "budget-share",
    "completed-share",
    "daily-log",
    "declaration-mode",
    "fee-extra",
    "fee-items",
    "fee-standard",
    "inspection-share",
    "key-lead",
    "lessons-observed",
    "match-share",
    "mode-change",
    "order-plan",
    "plan-execution",
    "quantity-suspended",
    "sanction-ladder",
    "school-average",
    "segments",
    "sent-share",
    "trainee-feedback",
    "trainer-consent",
    "trainer-registered",
)


class Carried(Parameters, forbid_unknown_fields=False):
    """Parameters of any shape."""


for _kind in CARRIED:
    if _kind in KINDS:
        raise TypeError(f"{_kind} is computed elsewhere; take it out of CARRIED")
    KINDS[_kind] = Carried
