"""Plans: what makes no sense is a fault; what is kept is kept in one spelling."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.fault import Fault
from ledger.names import StaffId
from ledger.plan import Component, Course, Fee, FeeKind, PlannedTrainer, Segment, exact_plan
from ledger.register import Tier
from tests import cast
from tests.declaring import declaring


def part(first, last, hours=12, component=Component.THEORY):
    return Segment(component=component, first=first, last=last, hours=Decimal(hours))


JULY = part(date(2024, 7, 1), date(2024, 7, 3))
AUGUST = part(date(2024, 8, 1), date(2024, 8, 3))


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (cast.plan(0), "EMPTY_PLAN"),
        (cast.plan(segments=0), "BAD_COUNT"),
        (cast.plan(segments=101), "BAD_COUNT"),
        (cast.plan("24", online="24.5"), "BAD_AMOUNT"),
        (cast.plan("24.3"), "BAD_AMOUNT"),
        (cast.plan("24", credits="-1"), "BAD_AMOUNT"),
        (cast.plan("24", online="0.25"), "BAD_AMOUNT"),
        (cast.plan("24", practice_hours=Decimal("24.5")), "BAD_AMOUNT"),
        (cast.plan("24", practice_hours=Decimal(-1)), "BAD_AMOUNT"),
        (cast.plan(fee_total=Decimal(-1)), "BAD_AMOUNT"),
        (cast.plan(fee_total=Decimal("0.001")), "BAD_AMOUNT"),
        (cast.plan(days=0), "BAD_COUNT"),
        (cast.plan(days=367), "BAD_COUNT"),
        (cast.plan(contents=tuple(str(n) for n in range(201))), "BAD_COUNT"),
        (cast.plan(aims="学" * 2001), "LONG_TEXT"),
        (cast.plan(subject=" "), "EMPTY_TEXT"),
        (cast.plan(themes=(" ",)), "EMPTY_TEXT"),
        (cast.plan(courses=(Course(title=""),)), "EMPTY_TEXT"),
        (cast.plan(segments=2, parts=(AUGUST, JULY)), "BAD_PARTS"),
        (cast.plan(segments=2, parts=(JULY, JULY)), "BAD_PARTS"),
        (cast.plan(segments=1, parts=(JULY, AUGUST)), "BAD_PARTS"),
        (cast.plan(25, segments=2, parts=(JULY, AUGUST)), "BAD_PARTS"),
        (cast.plan(12, parts=(part(date(2024, 7, 3), date(2024, 7, 1)),)), "DAYS_REVERSED"),
    ],
)
@pytest.mark.parametrize("reported", [False, True])
def test_a_senseless_plan_is_a_fault_even_when_reported(plan, code, reported):
    declaring(plan, reported=reported).faulted(code)


def test_amounts_are_stored_in_their_one_spelling():
    event = declaring(cast.plan("24.0")).accepted().facts[0]

    assert str(event.plan.hours) == "24"


def test_a_plan_at_its_bounds_is_kept():
    plan = cast.plan(
        24,
        segments=2,
        parts=(JULY, AUGUST),
        practice_hours=Decimal(24),
        days=366,
        aims="学" * 2000,
        contents=tuple(f"C{n}" for n in range(200)),
    )

    assert exact_plan(plan) == plan


def test_texts_are_trimmed_lists_hold_each_entry_once_and_items_keep_their_kind():
    trainer = PlannedTrainer(staff=StaffId("staff:xu"), expertise=" 阅读 ")
    plan = exact_plan(
        cast.plan(
            aims=" 会教 ",
            trainers=(trainer,),
            target_tiers=(Tier.NEW, Tier.NEW),
            contents=("A", " A "),
            fees=(Fee(item=" 住宿 ", yuan=Decimal("700.00"), kind=FeeKind.ACCOMMODATION),),
            fee_total=Decimal("700.0"),
            practice_hours=Decimal("8.0"),
        )
    )

    assert plan.aims == "会教"
    assert plan.trainers[0].expertise == "阅读"
    assert (plan.target_tiers, plan.contents) == ((Tier.NEW,), ("A",))
    assert plan.fees == (Fee(item="住宿", yuan=Decimal(700), kind=FeeKind.ACCOMMODATION),)
    assert (str(plan.fee_total), str(plan.practice_hours)) == ("700", "8")


def test_a_plan_whose_title_cannot_be_seen_has_none():
    unseen = structs.replace(cast.plan(), title="\u200b")
    with pytest.raises(Fault) as caught:
        exact_plan(unseen)

    assert (caught.value.code, caught.value.field) == ("EMPTY_PLAN", "plan")


def test_what_cannot_be_seen_does_not_lengthen_a_text():
    most = cast.plan(aims="\u200b" + "学" * 2_000 + "  \ufeff")

    assert exact_plan(most).aims == "学" * 2_000
