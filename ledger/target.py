"""Target: what a locality is to reach in a term, and what the province does not judge.

Until the end of epidemic control the province assesses no locality by quantity and asks for no
shares of the total; what it inspects and how hours are deducted was never suspended (C-12, C-13).
"""

from __future__ import annotations

from datetime import date

from ledger.command import PROVINCE
from ledger.names import JurisdictionId, TermId
from ledger.order import OrderMinimum
from ledger.regulation import Parameters, Rulebook
from ledger.requirement import Requirement, Result, weighed
from ledger.structure import RatioSuspended
from ledger.term import Calendar, Phase, window


class QuantitySuspended(
    Parameters,
    kind="quantity-suspended",
    zh="暂停期内，省对各地不做数量考核：结果一律为“不考核”；起止不明的日期为“无法判断”。",
    scope=(),
    provincial=True,
):
    """The interval in which the province does not assess localities by quantity."""


def order_minimum(
    rules: Rulebook, place: JurisdictionId, day: date, term: TermId, orders: int
) -> Requirement | None:
    """How many classes a county ordered in a term, one an order; counties that ordered none too.

    Too few are a departure only when the days for ordering are over.
    """
    rule = rules.find(OrderMinimum, place, day, term=term.value)
    if rule is None or place.level != "COUNTY":
        return None
    least = rule.value.offerings_min
    days = window(rules, place, term, Phase.ORDER_SUBMIT, Calendar.ORDER, day)
    last = days.value.last if days else None
    ordering = last is not None and day <= last
    lacking = Result.NOT_ASSESSED if ordering else Result.DEVIATION
    note = ("", "") if not ordering else (f"，可报至 {last}", f"; orders are taken to {last}")
    return weighed(
        "ORDER_MINIMUM",
        rule,
        Result.COMPLIANT if orders >= least else lacking,
        needed=least,
        had=orders,
        zh=f"{term.value} 发布订单 {orders} 个，原则上不少于 {least} 个{note[0]}。",
        en=f"{orders} classes were ordered in {term.value}, of {least} as a rule{note[1]}.",
    )


def quantity_assessment(rules: Rulebook, place: JurisdictionId, day: date) -> Requirement | None:
    """Whether the province assesses a locality by quantity on a day; ``None``: nothing bars it."""
    rule = rules.find(QuantitySuspended, PROVINCE, day)
    if rule is None or place == PROVINCE:
        return None
    zh = f"{day} 处于暂停期内，省对 {place.value} 不做培训数量考核。"
    en = f"On {day} the province does not assess {place.value} by how much it trained."
    if not rule.certain:
        zh = f"{day} 是否在暂停期内没有依据，省对 {place.value} 是否做培训数量考核无法判断。"
        en = f"Nobody can tell whether on {day} the province assesses {place.value} by how much "
        en += "it trained: no document says whether the suspension was on."
    return weighed(
        "QUANTITY_ASSESSMENT",
        rule,
        Result.NOT_ASSESSED,
        needed="-",
        had="-",
        zh=zh,
        en=en,
    )


def provincial_share(rules: Rulebook, place: JurisdictionId, day: date) -> Requirement | None:
    """Whether the province asks for shares of the total on a day; ``None``: nothing bars a check.

    Shares are those of school-based, distance and 90-credit training among the 360 credits.
    """
    rule = rules.find(RatioSuspended, PROVINCE, day)
    if rule is None or place == PROVINCE:
        return None
    zh = f"{day} 处于暂停期内，省对 {place.value} 的结构比例不做统一要求，由各地确定。"
    en = f"On {day} the province asks {place.value} for no share of the total; localities decide."
    if not rule.certain:
        zh = f"{day} 是否在暂停期内没有依据，省对 {place.value} 的结构比例是否有要求无法判断。"
        en = f"Nobody can tell whether on {day} the province asks {place.value} for a share of "
        en += "the total: no document says whether the suspension was on."
    return weighed(
        "PROVINCIAL_SHARE",
        rule,
        Result.NOT_ASSESSED,
        needed="-",
        had="-",
        zh=zh,
        en=en,
    )
