"""Statements: rules that the ledger carries as data, with their clause, and does not compute.

Definitions, duties without a decidable input, and policy are cited and shown like all other rules.
Their parameters are free.
"""

from __future__ import annotations

from ledger.regulation import KINDS, Parameters

CARRIED = (
    "statement",
    "budget-share",
    "category-hours",
    "completed-share",
    "consequence-link",
    "consequence-suspended",
    "daily-log",
    "fee-extra",
    "hours-per-day",
    "inspection-share",
    "lessons-observed",
    "match-share",
    "mode-change",
    "new-principal",
    "not-counted",
    "plan-execution",
    "quantity-suspended",
    "recognition-window",
    "sanction-ladder",
    "school-average",
    "school-based-floor",
    "sent-share",
    "trainee-feedback",
    "trainer-consent",
    "trainer-registered",
    "yearly-hours",
    "yearly-school-based",
)


class Carried(Parameters, forbid_unknown_fields=False):
    """Parameters of any shape."""


for _kind in CARRIED:
    if _kind in KINDS:
        raise TypeError(f"{_kind} is computed elsewhere; take it out of CARRIED")
    KINDS[_kind] = Carried
