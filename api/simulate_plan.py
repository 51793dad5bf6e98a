"""The plans of a simulated term: complete, free of charge, and of a form that the term takes."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from api.population import SUBJECTS, Population, Provider
from ledger.names import OrderId, TermId
from ledger.plan import Audience, Course, Mode, Plan, PlannedTrainer
from ledger.register import Category, Stage, Tier

ORDERS = 3
HOURS_LONG, HOURS_SHORT = 90, 24
LONG_SHARE = 0.16
REMOTE = (TermId("term:2020H2"),)
"""The terms for which the province takes distance projects only."""


def trainer(people: Population) -> PlannedTrainer:
    """The trainer whom every plan names."""
    return PlannedTrainer(staff=people.staff("trainer"), expertise="课程与教学")


def plan_of(
    people: Population,
    term: TermId,
    rng: Random,
    number: int,
    provider: Provider,
    order: OrderId | None,
) -> Plan:
    """The plan of a term's project of that number; an order's project is short and on site."""
    wide = provider.bureau is people.province and order is None
    remote = provider.distance or (wide and term in REMOTE)
    long = order is None and not remote
    long = long and (number == ORDERS or rng.random() < LONG_SHARE)
    hours = Decimal(HOURS_LONG if long else HOURS_SHORT)
    blended = provider.blended and not long and not remote and order is None
    blended = blended and rng.random() < 0.3
    mode = Mode.BLENDED if blended else Mode.INTENSIVE
    return Plan(
        title=f"{provider.title}项目{number + 1}",
        subject=SUBJECTS[number % len(SUBJECTS)],
        stage=Stage.PRIMARY,
        mode=Mode.DISTANCE if remote else mode,
        hours=hours,
        base_credits=hours,
        online_credits=Decimal(6) if blended else Decimal(0),
        audience=Audience.PROVINCE if wide else Audience.LOCAL,
        final_assessment=long,
        fee_total=Decimal(0),
        target_tiers=(Tier.ORDINARY,),
        target_categories=(Category.SUBJECT_TEACHER,),
        aims="改进课堂，落实新课标",
        methods="专题讲座与课例研讨",
        introduction="按单元设计、课堂实施、评价反馈展开",
        courses=(
            Course(title="课例研讨", aims="改进一课", requirements="全程参加", homework="教案"),
        ),
        trainers=(trainer(people),),
        contents=("CORE_SOCIALIST_VALUES",),
    )
