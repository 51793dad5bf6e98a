"""Statements: rules that the ledger carries as data, with their clause, and does not compute.

Definitions, duties without a decidable input, and policy are cited and shown like all other rules.
Their parameters are free.
"""

from __future__ import annotations

from ledger.kind import Parameters


class Carried(
    Parameters,
    kind="statement",
    zh="作为数据原文载入并引用，系统不据此计算：它所需的事实不在账本之内，"
    "或者它是政策、定义，或无法凭记录判断的职责。",
    many=True,
    forbid_unknown_fields=False,
):
    """Carried as data, with its clause, and computed by nothing: its parameters are free.

    What it needs is not among the facts of the ledger, or it states a policy, a definition or a
    duty that nobody can decide from records.
    """
