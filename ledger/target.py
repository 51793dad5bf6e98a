"""Target: what a locality is to reach in a term or by a year, and what the province does not judge.

Until the end of epidemic control the province assesses no locality by quantity and asks for no
shares of the total; what it inspects and how hours are deducted was never suspended (C-12, C-13).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from ledger.command import PROVINCE
from ledger.names import JurisdictionId, TermId
from ledger.order import OrderMinimum
from ledger.regulation import Parameters, Rulebook
from ledger.requirement import Requirement, Result, weighed
from ledger.structure import RatioSuspended


class QuantitySuspended(
    Parameters,
    kind="quantity-suspended",
    zh="暂停期内，省对各地不做数量考核：结果一律为“不考核”；起止不明的日期为“无法判断”。",
    scope=(),
):
    """The interval in which the province does not assess localities by quantity."""


class TrainingTargets(
    Parameters,
    kind="training-targets",
    zh="期末与市的轮训、骨干、领军人数目标比较；没有数据时无法判断。",
    scope=(),
):
    """How many teachers a city means to have trained by the last day of the rule."""

    teachers_min: int
    backbone_teachers_min: int
    leading_teachers_min: int


def order_minimum(
    rules: Rulebook, place: JurisdictionId, day: date, term: TermId, orders: int
) -> Requirement | None:
    """How many classes a county ordered in a term, one an order; counties that ordered none too."""
    rule = rules.find(OrderMinimum, place, day, term=term.value)
    if rule is None or place.level != "COUNTY":
        return None
    least = rule.value.offerings_min
    return weighed(
        "ORDER_MINIMUM",
        rule,
        Result.COMPLIANT if orders >= least else Result.DEVIATION,
        needed=least,
        had=orders,
        zh=f"{term.value} 发布订单 {orders} 个，原则上不少于 {least} 个。",
        en=f"{orders} classes were ordered in {term.value}, of {least} as a rule.",
    )


def quantity_assessment(rules: Rulebook, place: JurisdictionId, day: date) -> Requirement | None:
    """Whether the province assesses a locality by quantity on a day; ``None``: nothing bars it."""
    rule = rules.find(QuantitySuspended, PROVINCE, day)
    if rule is None or place == PROVINCE:
        return None
    return weighed(
        "QUANTITY_ASSESSMENT",
        rule,
        Result.NOT_ASSESSED,
        needed="-",
        had="-",
        zh=f"{day} 处于暂停期内，省对 {place.value} 不做培训数量考核。",
        en=f"On {day} the province does not assess {place.value} by how much it trained.",
    )


def provincial_share(
    rules: Rulebook, place: JurisdictionId, day: date, had: Fraction
) -> Requirement | None:
    """How the province stands to a share of the total on a day; ``None``: nothing bars a check.

    Shares are those of school-based, distance and 90-credit training among the 360 credits.
    """
    rule = rules.find(RatioSuspended, PROVINCE, day)
    if rule is None:
        return None
    return weighed(
        "PROVINCIAL_SHARE",
        rule,
        Result.NOT_ASSESSED,
        needed="-",
        had=had,
        zh=f"{day} 处于暂停期内，{place.value} 的比例为 {had}，省级不做统一要求，由各地确定。",
        en=f"On {day} the province asks {place.value} for no share; it is {had}, and localities "
        "decide.",
    )


def training_targets(
    rules: Rulebook, place: JurisdictionId, day: date, trained: tuple[int, int, int] | None
) -> Requirement | None:
    """A city's teachers, backbone teachers and leading teachers trained, against its targets."""
    rule = rules.find(TrainingTargets, place, day)
    if rule is None or rule.rule.place != place:
        return None
    least = (
        rule.value.teachers_min,
        rule.value.backbone_teachers_min,
        rule.value.leading_teachers_min,
    )
    result = Result.INDETERMINATE
    if trained is not None:
        met = all(had >= asked for had, asked in zip(trained, least, strict=True))
        result = Result.MET if met else Result.NOT_MET
    had = "?" if trained is None else " / ".join(map(str, trained))
    asked = " / ".join(map(str, least))
    return weighed(
        "TRAINING_TARGETS",
        rule,
        result,
        needed=asked,
        had=had,
        zh=f"轮训、骨干、领军教师目标 {asked} 人，已有 {had}。",
        en=f"Teachers, backbone and leading teachers trained: {had}, of {asked}.",
    )
