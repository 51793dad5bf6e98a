"""Plan: what a training project promises, and the rules that look at the plan alone."""

from __future__ import annotations

from collections.abc import Sized
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Any

from msgspec import structs

from ledger.amount import bounded, exact, money
from ledger.event import Part
from ledger.fault import Fault
from ledger.names import JurisdictionId, StaffId
from ledger.register import Category, Stage, Tier, Title
from ledger.text import filled, trimmed

SEGMENTS_MAX = 100
DAYS_MAX = 366
LIST_MAX = 200
TEXT_MAX = 2_000


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
    """The plan with its amounts in their one spelling and its texts without spaces around them.

    Raises ``Fault`` for what makes no sense: ``EMPTY_PLAN``, ``BAD_AMOUNT``, ``BAD_COUNT``,
    ``BAD_PARTS``, ``DAYS_REVERSED``, ``EMPTY_TEXT``, ``LONG_TEXT``.
    """
    if not trimmed(plan.title) or plan.hours == 0:
        raise Fault(
            "EMPTY_PLAN",
            zh="培训方案须有名称，学时须大于 0",
            en="a plan needs a title and more than 0 hours",
            field="plan",
        )
    bounded(plan.segments, SEGMENTS_MAX, "segments")
    if plan.days is not None:
        bounded(plan.days, DAYS_MAX, "days")
    return structs.replace(plan, **_amounts(plan), **_texts(plan), **_lists(plan))


def _amounts(plan: Plan) -> dict[str, Any]:
    fields = ("hours", "base_credits", "online_credits", "practice_hours")
    amounts = {name: exact(getattr(plan, name), name) for name in fields}
    for part, whole in (("online_credits", "base_credits"), ("practice_hours", "hours")):
        if amounts[part] > amounts[whole]:
            raise Fault(
                "BAD_AMOUNT",
                zh=f"{part} 为 {amounts[part]}，多于 {whole} 的 {amounts[whole]}",
                en=f"{part} is {amounts[part]}, more than the {amounts[whole]} of {whole}",
                field=part,
            )
    total = None if plan.fee_total is None else money(plan.fee_total, "fee_total")
    return amounts | {"fee_total": total}


def _texts(plan: Plan) -> dict[str, Any]:
    needed, optional = ("title", "subject"), ("aims", "methods", "introduction")
    return {
        name: _text(getattr(plan, name), name, needed=name in needed)
        for name in (*needed, *optional)
    }


def _lists(plan: Plan) -> dict[str, Any]:
    for name in ("fees", "target_tiers", "target_categories", "courses", "trainers"):
        _few(getattr(plan, name), name)
    fees = (
        Fee(
            item=_text(each.item, "fees.item", needed=True),
            yuan=money(each.yuan, "fees.yuan"),
            kind=each.kind,
        )
        for each in plan.fees
    )
    courses = (
        Course(
            title=_text(each.title, "courses.title", needed=True),
            component=each.component,
            main=each.main,
            aims=_text(each.aims, "courses.aims"),
            requirements=_text(each.requirements, "courses.requirements"),
            homework=_text(each.homework, "courses.homework"),
        )
        for each in plan.courses
    )
    trainers = (
        PlannedTrainer(staff=each.staff, expertise=_text(each.expertise, "trainers.expertise"))
        for each in plan.trainers
    )
    return {
        "fees": tuple(fees),
        "courses": tuple(courses),
        "trainers": tuple(trainers),
        "parts": _parts(plan),
        "target_tiers": tuple(dict.fromkeys(plan.target_tiers)),
        "target_categories": tuple(dict.fromkeys(plan.target_categories)),
        "contents": _labels(plan.contents, "contents"),
        "themes": _labels(plan.themes, "themes"),
    }


def _labels(labels: tuple[str, ...], field: str) -> tuple[str, ...]:
    _few(labels, field)
    return tuple(dict.fromkeys(_text(each, field, needed=True) for each in labels))


def _parts(plan: Plan) -> tuple[Segment, ...]:
    _few(plan.parts, "parts")
    parts = tuple(
        Segment(
            component=each.component,
            first=each.first,
            last=each.last,
            hours=exact(each.hours, "parts.hours"),
        )
        for each in plan.parts
    )
    if not parts:
        return parts
    if any(each.last < each.first for each in parts):
        raise Fault(
            "DAYS_REVERSED",
            zh="有一段的结束日早于开始日",
            en="a segment ends before it begins",
            field="parts.last",
        )
    total = sum((each.hours for each in parts), Decimal(0))
    apart = all(one.last < two.first for one, two in pairwise(parts))
    if not apart or total != plan.hours or len(parts) != plan.segments:
        raise Fault(
            "BAD_PARTS",
            zh=f"方案分 {plan.segments} 段、共 {plan.hours} 学时；所列 {len(parts)} 段共 {total} "
            f"学时，段数、学时须相等，各段按日期先后且不重叠",
            en=f"the plan has {plan.segments} segment(s) and {plan.hours} hours; the {len(parts)} "
            f"listed have {total}: counts and hours must agree, and "
            "one segment must end before the next begins",
            field="parts",
        )
    return parts


def _text(text: str, field: str, *, needed: bool = False) -> str:
    if len(text := trimmed(text)) > TEXT_MAX:
        raise Fault(
            "LONG_TEXT",
            zh=f"{field} 有 {len(text)} 字，最多 {TEXT_MAX} 字",
            en=f"{field} has {len(text)} characters of at most {TEXT_MAX}",
            field=field,
        )
    return filled(text, field) if needed else trimmed(text)


def _few(items: Sized, field: str) -> None:
    if len(items) > LIST_MAX:
        raise Fault(
            "BAD_COUNT",
            zh=f"{field} 有 {len(items)} 项，最多 {LIST_MAX} 项",
            en=f"{field} has {len(items)} entries of at most {LIST_MAX}",
            field=field,
        )
