"""Forfeiture: that a training was not completed, as the cause of a difference."""

from __future__ import annotations

from decimal import Decimal

from ledger.cause import Cause, Portion, portion
from ledger.completion import Reason
from ledger.holding import Denial

OF_DENIAL = {
    Reason.ABSENCE: Cause.ABSENCE_DENIAL,
    Reason.MISCONDUCT: Cause.MISCONDUCT,
    Reason.ASSESSMENT_FAILED: Cause.ASSESSMENT_FAILED,
}
DENIED = {
    Reason.ABSENCE: ("缺课超过规定比例，不予结业", "not completed: too much of it was missed"),
    Reason.MISCONDUCT: (
        "因严重违规违纪，不予结业",
        "not completed, or taken back, for a serious breach",
    ),
    Reason.ASSESSMENT_FAILED: ("结业考核未通过", "not completed: the assessment was failed"),
}


def denied(told: Denial, amount: Decimal) -> Portion:
    """That a sheet has a training that was not completed."""
    zh, en = DENIED[told.reason]
    title = told.training.title or told.offering
    return portion(
        OF_DENIAL[told.reason],
        -amount,
        f"“{title}”{zh}，没有学分。",
        f"{title} was {en}; it has no credit.",
        events=told.events,
        about=(told.offering,),
        rule=told.rule,
        whole=True,
    )
