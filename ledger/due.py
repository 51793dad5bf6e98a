"""Due (应认定学分): what a trainee earns by the ledger's own rules, whatever a sheet says.

It is what was awarded, once it is; before, what the award will come to by the hours missed and the
result: nothing where the training is not completed.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ledger.amount import plain
from ledger.class_book import ClassBook, Key
from ledger.completion import HoursDeduction, Reason, barred
from ledger.names import TeacherId
from ledger.offering import ClassRoom
from ledger.recognition import beyond_days, per_day
from ledger.regulation import InForce, Rulebook
from ledger.worth import credited

DENIED = {
    Reason.ABSENCE: ("缺课超限，不予结业", "too many hours were missed to complete it"),
    Reason.ASSESSMENT_FAILED: ("考核不合格，不予结业", "the assessment was failed"),
}
CREDITS_SAID = {
    "CREDITS_OTHERWISE": (
        "表中学分 {0}，账本按规则为 {1}（{2}）；学分由账本认定，不取表中之数，请核对或删去这一格",
        "the sheet has {0} credits and by its rules the ledger has {1} ({3}); what the ledger "
        "awards is its own, so check the cell or leave it out",
    ),
    "CREDITS_UNSETTLED": (
        "表中学分 {0}，但没有考核结果，尚不能核对；请补上结果或删去这一格",
        "the sheet has {0} credits, and without a result of the assessment they cannot be held "
        "against anything; give the result or leave the cell out",
    ),
}
UNCOMPLETED = ("没有结业", "the training is not completed")


class Due(Struct, frozen=True, kw_only=True):
    """So many credits, how they come about, and the rule that makes them so."""

    credits: Decimal
    zh: str
    en: str
    rule: InForce[Any] | None = None


def due(
    book: ClassBook,
    rules: Rulebook,
    teacher: TeacherId,
    more: Mapping[Key, Decimal],
    *,
    passed: bool | None,
) -> Due | None:
    """What a trainee earns; ``None`` where the outcome cannot be told yet.

    ``more``: hours missed by half-day that are taken now. ``passed``: the result that is.
    """
    awarded = book.awarded.get(teacher)
    if awarded is not None:
        had = plain(awarded[1])
        return Due(credits=had, zh=f"已认定 {had}", en=f"{had} are awarded")
    opened, standing = book.opened, copy(book.trainees[teacher])
    assert opened is not None
    standing.missed = copy(standing.missed)
    standing.missed.halves = {**(standing.missed.halves or {}), **more}
    standing.passed = passed
    bar = barred(rules, ClassRoom(opened=opened, opened_on=book.room.opened_on), standing)
    if standing.outcome not in (None, "COMPLETED"):
        return Due(credits=Decimal(0), zh=UNCOMPLETED[0], en=UNCOMPLETED[1])
    if bar is not None:
        zh, en = DENIED.get(bar[0], UNCOMPLETED)
        return Due(credits=Decimal(0), zh=zh, en=en, rule=bar[1])
    if standing.outcome is None and passed is None and opened.plan.final_assessment:
        return None
    missed, base = standing.missed.total, opened.plan.base_credits
    beyond = beyond_days(per_day(rules, book.room), book.table, standing.missed)
    deduction = rules.pinned(HoursDeduction, opened.place, book.room.opened_on)
    zh, en = f"项目 {base}，缺课 {missed} 学时", f"{base} of the project less {missed} hours missed"
    if beyond:
        zh, en = f"{zh}，每日超出认定上限 {beyond} 学时", f"{en} and {beyond} beyond those of a day"
    credits = plain(credited(base, missed, beyond))
    return Due(credits=credits, zh=zh, en=en, rule=deduction if missed else None)
