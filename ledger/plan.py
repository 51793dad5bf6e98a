"""Plan: what a training project promises, and the rules that look at the plan alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.amount import bounded, exact, money
from ledger.event import Part
from ledger.fault import Fault
from ledger.names import JurisdictionId, StaffId
from ledger.register import Category, Stage, Tier, Title
from ledger.text import filled

SEGMENTS_MAX = 100


class Mode(Enum):
    """How a training is delivered. ``INTENSIVE`` is off the job unless the plan says otherwise."""

    INTENSIVE = "INTENSIVE"
    BLENDED = "BLENDED"
    DISTANCE = "DISTANCE"


class Choice(Enum):
    """Whether teachers choose a training themselves or an authority assigns it."""

    SELF_SELECTED = "SELF_SELECTED"
    MANDATED = "MANDATED"


class Audience(Enum):
    """Whom a project is for."""

    PROVINCE = "PROVINCE"
    LOCAL = "LOCAL"


class Purpose(Enum):
    """What a training is for, where a rule asks."""

    GENERAL = "GENERAL"
    NEW_TEACHER = "NEW_TEACHER"
    PRINCIPAL_QUALIFICATION = "PRINCIPAL_QUALIFICATION"
    SCHOOL_MANAGEMENT = "SCHOOL_MANAGEMENT"
    HOMEROOM = "HOMEROOM"


class Component(Enum):
    """Whether a course or a segment is theory or practice."""

    THEORY = "THEORY"
    PRACTICE = "PRACTICE"
    MIXED = "MIXED"


class FeeKind(Enum):
    """What an item of the fee pays for."""

    TRAINING = "TRAINING"
    ACCOMMODATION = "ACCOMMODATION"
    MEALS = "MEALS"
    MATERIALS = "MATERIALS"
    TRANSPORT = "TRANSPORT"
    OTHER = "OTHER"


class Lead(Part):
    """The person responsible for a project."""

    staff: StaffId
    title: Title
    regular_staff: bool
    expertise: bool
    full_time: bool = False


class Fee(Part):
    """One item of the fee, in yuan."""

    item: str
    yuan: Decimal
    kind: FeeKind = FeeKind.OTHER


class Course(Part):
    """One course or practical part of a plan."""

    title: str
    component: Component = Component.THEORY
    main: bool = True
    aims: str = ""
    requirements: str = ""
    homework: str = ""


class PlannedTrainer(Part):
    """Somebody who is to teach, and what that person is good at."""

    staff: StaffId
    expertise: str = ""


class Segment(Part):
    """One part of a training that is held in several."""

    component: Component
    first: date
    last: date
    hours: Decimal


class Plan(Part):
    """The plan of a project. Credits are the nominal ones, before any deduction."""

    title: str
    subject: str
    stage: Stage
    mode: Mode
    hours: Decimal
    base_credits: Decimal
    online_credits: Decimal = Decimal(0)
    choice: Choice = Choice.SELF_SELECTED
    audience: Audience = Audience.LOCAL
    segments: int = 1
    cross_term: bool = False
    final_assessment: bool = False
    restricted_elective: bool = False
    b_certificate: bool = False
    fees: tuple[Fee, ...] = ()
    fee_total: Decimal | None = None
    accommodation: bool = False
    days: int | None = None
    off_job: bool = True
    purpose: Purpose = Purpose.GENERAL
    practice_hours: Decimal = Decimal(0)
    parts: tuple[Segment, ...] = ()
    target_tiers: tuple[Tier, ...] = ()
    target_categories: tuple[Category, ...] = ()
    aims: str = ""
    methods: str = ""
    introduction: str = ""
    courses: tuple[Course, ...] = ()
    trainers: tuple[PlannedTrainer, ...] = ()
    contents: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    key_project: bool = False
    large_project: bool = False
    assigned_by: JurisdictionId | None = None


def exact_plan(plan: Plan) -> Plan:
    """The plan with its amounts in their one spelling. Raises ``Fault`` (``BAD_AMOUNT``)."""
    if not plan.title.strip() or plan.hours == 0:
        raise Fault(
            "EMPTY_PLAN",
            zh="培训方案须有名称，学时须大于 0",
            en="a plan needs a title and more than 0 hours",
            field="plan",
        )
    bounded(plan.segments, SEGMENTS_MAX, "segments")
    amounts = {
        "hours": exact(plan.hours, "hours"),
        "base_credits": exact(plan.base_credits, "base_credits"),
        "online_credits": exact(plan.online_credits, "online_credits"),
    }
    if amounts["online_credits"] > amounts["base_credits"]:
        raise Fault(
            "BAD_AMOUNT",
            zh=f"在线学分 {plan.online_credits} 多于项目总学分 {plan.base_credits}",
            en=f"{plan.online_credits} online credits are more than all {plan.base_credits}",
            field="online_credits",
        )
    fees = tuple(
        Fee(item=filled(each.item, "fees.item"), yuan=money(each.yuan, "fees.yuan"))
        for each in plan.fees
    )
    values = {name: getattr(plan, name) for name in plan.__struct_fields__} | amounts
    return Plan(**values | {"fees": fees, "subject": filled(plan.subject, "subject")})
