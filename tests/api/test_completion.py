"""An outcome over the API: the rules it stands on are those that were known when it was settled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ledger.amendment import AmendRule
from projections.completion import Completion
from schema.enrollment import told_grounds
from tests.cast import LIN, OFFERING
from tests.exported import told
from tests.server import Served, codes
from tests.told import told_template
from tests.town import founded_template

__all__ = ["founded_template", "told", "told_template"]

RULE, SINCE = "ZJ14-09", "2024-01-31"


def share_max(told: Served, position: int) -> Any:
    """The share of hours that an outcome of a position was measured by, as it is told now."""
    row = Completion(teacher=LIN, offering=OFFERING, rules=(RULE,), positions=(1, position))
    context: Any = SimpleNamespace(house=told.house)
    (ground,) = told_grounds(context, {}, row)
    assert str(ground.chosen_on) > SINCE
    return ground.parameters["share_max"]


def test_what_is_amended_later_explains_no_outcome_of_before(told: Served) -> None:
    settled = told.head
    before = share_max(told, settled)
    amendment = {
        "document": "document:zj14",
        "citation": "浙教〔2024〕1号",
        "rule": RULE,
        "since": SINCE,
        "parameters": [{"name": "share_max", "words": ["1/6"]}],
        "zh": "缺席不得超过六分之一。",
        "en": "A sixth may be missed.",
    }
    reported = {"source": "other/amendment", "on": SINCE}
    assert codes(told.operator.mutate(AmendRule, amendment, "late", reported=reported)) == []

    assert (before, share_max(told, settled)) == ("1/5", "1/5")
    assert share_max(told, told.head) == "1/6"
