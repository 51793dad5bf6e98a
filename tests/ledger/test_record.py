"""Records: a teacher's credits, folded from the teacher's own events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.credit import CreditCorrected, CreditKind, CreditRevoked
from ledger.cycle import CreditCycleOpened, Unit, cycle_on
from ledger.names import CreditId
from ledger.record import RECORD_EVENTS, Record, total
from ledger.register import Category
from ledger.teacher import TeacherTransferred
from tests import cast
from tests.cast import CREDIT, LIN, OTHER_SCHOOL, RUIAN, SCHOOL, WENZHOU, WENZHOU_SCHOOL
from tests.given import entries, on
from tests.judged import belongs

DAY = date(2024, 3, 10)


def folded(*things):
    record = Record(teacher=LIN)
    for entry in entries(things, DAY):
        record.learn(entry)
    return record


def corrected(after, decided=False):
    return CreditCorrected(
        decided=decided,
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(90),
        credits=Decimal(after),
        corrects="0193-0002",
        reason="x",
    )


REVOKED = CreditRevoked(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    credits_before=Decimal(90),
    corrects="0193-0002",
    reason="x",
)


def test_a_record_starts_with_the_entry_on_the_platform():
    record = folded(cast.registered())

    assert (SCHOOL, RUIAN, date(2019, 9, 1)) == (record.school, record.place, record.entered)
    assert record.lines == []


def test_a_credit_is_a_line_with_what_it_stands_on():
    award = on(date(2024, 7, 1), cast.awarded(72, base=90, missed=18))
    [line] = folded(cast.registered(), award).lines

    assert (Decimal(90), Decimal(18), Decimal(72)) == (
        line.base_credits,
        line.hours_missed,
        line.credits,
    )
    assert (date(2023, 6, 1), date(2024, 7, 1)) == (line.completed, line.recognised)
    assert (line.positions, line.events) == ([2], ["0193-0002"])


def test_a_correction_changes_the_line_and_joins_its_evidence():
    [line] = folded(cast.registered(), cast.awarded(90), corrected(80)).lines

    assert Decimal(80) == line.credits
    assert Decimal(90) == line.base_credits
    assert line.positions == [2, 3]


def test_a_revoked_credit_stays_as_a_line_worth_nothing():
    [line] = folded(cast.registered(), cast.awarded(90), REVOKED).lines

    assert line.revoked
    assert Decimal(0) == line.credits


def test_a_credit_corrected_after_its_revocation_counts_again():
    [line] = folded(cast.registered(), cast.awarded(90), REVOKED, corrected(80)).lines

    assert not line.revoked
    assert Decimal(80) == line.credits


@pytest.mark.parametrize(
    ("after", "decided", "gone"),
    [(0, True, True), ("0.5", True, False), (0, False, False)],
    ids=["by-the-bureau", "just-above", "by-missed-hours"],
)
def test_ra19_03_a_correction_to_nothing_by_the_bureau_leaves_no_training(after, decided, gone):
    award = cast.awarded(40, base=40, hours=48)
    [line] = folded(cast.registered(), award, corrected(after, decided)).lines

    assert (line.revoked, line.reason) == (gone, "x" if gone else "")
    assert line.hours == (0 if gone else 48)
    assert line.awarded == (40 if gone else Decimal(after))


def test_school_based_training_counts_once_it_is_approved():
    approved = folded(cast.registered(), cast.recognised(12))
    refused = folded(cast.registered(), cast.recognised(12, approved=False))

    assert Decimal(12) == total(approved.lines, CreditKind.SCHOOL_BASED)
    assert refused.lines == []


def test_a_move_changes_the_place_and_keeps_the_lines():
    moved = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=WENZHOU_SCHOOL, place=WENZHOU, since=DAY
    )
    record = folded(cast.registered(), cast.awarded(90), moved)

    assert record.place == WENZHOU
    assert record.lines[0].place == RUIAN


def test_w_084_the_day_of_completion_decides_the_cycle_not_that_of_recognition():
    late = cast.awarded(90, completed=date(2023, 12, 20))
    record = folded(cast.registered(entered=date(2019, 1, 1)), on(date(2024, 1, 10), late))
    first = cycle_on(date(2019, 1, 1), date(2023, 12, 31), 5)
    second = cycle_on(date(2019, 1, 1), date(2024, 1, 1), 5)

    assert (len(record.within(first)), len(record.within(second))) == (1, 0)


def test_lines_add_up_all_of_them_or_of_one_kind():
    lines = folded(
        cast.registered(),
        cast.awarded(90),
        cast.awarded("24.5", credit=CreditId("credit:b"), kind=CreditKind.DISTANCE),
        cast.recognised(12),
    ).lines

    assert Decimal("126.5") == total(lines)
    assert Decimal("24.5") == total(lines, CreditKind.DISTANCE)
    assert Decimal(0) == total(lines, CreditKind.BLENDED)


def test_the_position_is_that_of_the_last_event():
    assert folded(cast.registered(), cast.awarded(90), corrected(80)).position == 3


def test_every_event_of_a_record_names_the_teacher():
    for event in RECORD_EVENTS:
        assert "teacher" in event.__struct_fields__, event.NAME


@pytest.mark.parametrize(
    ("hours", "base", "missed", "credits", "stands"),
    [
        pytest.param(90, 90, 18, 72, 72, id="an-hour-is-a-credit"),
        pytest.param(40, 50, 4, 46, 36, id="its-own-base-credit"),
        pytest.param(4, 50, 10, 40, 0, id="never-below-zero"),
    ],
)
def test_hours_and_credits_are_kept_apart(hours, base, missed, credits, stands):
    award = cast.awarded(credits, base=base, hours=hours, missed=missed)
    [line] = folded(cast.registered(), award).lines

    assert (line.worth(Unit.CREDITS), line.worth(Unit.HOURS)) == (credits, stands)


def test_a_revoked_credit_is_worth_no_hours_either():
    award = cast.awarded(50, hours=40)
    [line] = folded(cast.registered(), award, REVOKED).lines

    assert (line.worth(Unit.CREDITS), line.worth(Unit.HOURS)) == (0, 0)


def test_w_019_missed_hours_of_a_school_based_training_stand_in_the_line():
    event = replace(
        cast.recognised(66), hours=Decimal(96), hours_missed=Decimal(30), base_credits=Decimal(96)
    )
    [line] = folded(cast.registered(), event).lines

    assert (line.base_credits, line.hours_planned, line.hours_missed) == (96, 96, 30)
    assert (line.credits, line.hours) == (66, 66)


def test_a_cycle_that_the_bureau_opened_counts_in_the_record():
    opened = CreditCycleOpened(
        teacher=LIN, school=SCHOOL, place=RUIAN, start=date(2021, 1, 1), reason="更正"
    )
    record = folded(cast.registered(), opened)

    assert record.cycle(date(2020, 12, 31), 5).end == date(2021, 1, 1)
    assert record.cycle(date(2021, 1, 1), 5).end == date(2026, 1, 1)
    assert Record(teacher=LIN).cycle(DAY, 5) is None


def test_a_record_knows_the_categories_of_its_teacher():
    record = folded(cast.registered(), belongs(Category.PRINCIPAL, date(2021, 1, 1), DAY))

    assert len(record.belonged(Category.PRINCIPAL, DAY, DAY)) == 1
    assert record.belonged(Category.PRINCIPAL, date(2020, 1, 1), date(2020, 12, 31)) == []
    assert record.belonged(Category.HOMEROOM_TEACHER, DAY, DAY) == []


def test_moves_between_schools_and_counties_are_kept_with_their_days():
    near = TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=OTHER_SCHOOL, place=RUIAN, since=date(2020, 9, 1)
    )
    far = TeacherTransferred(
        teacher=LIN,
        school_left=OTHER_SCHOOL,
        school=WENZHOU_SCHOOL,
        place=WENZHOU,
        since=date(2022, 9, 1),
    )
    one, two = folded(cast.registered(), near, far).transfers

    assert (one.school_left, one.school, one.far, one.since) == (
        SCHOOL,
        OTHER_SCHOOL,
        False,
        date(2020, 9, 1),
    )
    assert (two.place_left, two.place, two.far, two.position) == (RUIAN, WENZHOU, True, 3)
    assert two.event == "0193-0003"


def test_a_revoked_line_keeps_what_it_was_worth_and_why_it_went():
    [line] = folded(cast.registered(), cast.awarded(50), REVOKED).lines

    assert (line.credits, line.awarded, line.reason) == (0, 50, REVOKED.reason)
