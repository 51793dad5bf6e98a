"""A sheet of single credits: each slip is found, with its events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.attendance import AbsenceKind, AttendanceCorrected, AttendanceRecorded
from ledger.cause import Cause
from ledger.claim import Measure
from ledger.credit import CreditKind
from ledger.mark import PairedBy
from ledger.names import OfferingId
from ledger.row import Standing
from ledger.schedule import Half
from tests import cast
from tests.cast import LIN
from tests.compared import (
    causes,
    claim,
    compared,
    corrected,
    denied,
    holding,
    item,
    of_class,
    only,
    revoked,
    terms,
    training,
)
from tests.given import on

DAY = date(2022, 6, 1)


def test_a_deduction_that_the_sheet_did_not_hear_of_is_one_with_its_rule():
    row = only(compared([item(2, "a", 24)], holding(training("a", 24, missed=2))))
    [told] = row.portions

    assert (row.standing, told.cause, told.amount) == (Standing.DIFFERS, Cause.DEDUCTION, -2)
    assert (told.rule, told.events) == ("ZJ14-08", ("lin-2",))


def test_the_cap_is_found_where_what_counts_is_compared():
    home = replace(training("a", 180), kind=CreditKind.SCHOOL_BASED)
    on_terms = terms(measure=Measure.EFFECTIVE)
    row = only(compared([item(2, "a", 180)], holding(home), on=on_terms))

    assert causes(row) == {Cause.CAP: -30}
    assert row.portions[0].rule == "ZJ24-70"


def test_a_sheet_that_has_the_cap_taken_off_differs_by_it_from_what_was_awarded():
    home = replace(training("a", 180), kind=CreditKind.SCHOOL_BASED)

    assert causes(only(compared([item(2, "a", 150)], holding(home)))) == {Cause.CAP: 30}


def test_a_revocation_is_a_part_of_what_a_row_says_beyond_it_too():
    row = only(compared([item(2, "a", 45)], holding(training("a", 40), revoked("a", 40))))

    assert causes(row) == {Cause.REVOCATION: -40, Cause.UNKNOWN: -5}


def test_a_rounded_amount_is_told_as_such():
    row = only(compared([item(2, "a", 18)], holding(training("a", "17.5"))))

    assert causes(row) == {Cause.ROUNDING: Decimal("-0.5")}
    assert "nearest whole credit" in row.portions[0].en


def test_rounding_and_a_deduction_of_the_same_amount_leave_it_open():
    row = only(compared([item(2, "a", 18)], holding(training("a", 18, missed="0.5"))))

    assert row.unattributed == Decimal("-0.5")
    assert set(row.alternatives) == {(Cause.DEDUCTION,), (Cause.ROUNDING,)}


def test_a_row_that_stands_twice_is_double():
    found = compared([item(2, "a", 24), item(3, "a", 24)], holding(training("a", 24)))

    assert [row.standing for row in found.rows] == [Standing.EQUAL, Standing.ONLY_THERE]
    assert causes(found.rows[1]) == {Cause.DUPLICATE_PERSON: -24}


def test_a_row_that_names_nothing_and_fits_nothing_is_unattributed():
    row = only(
        compared([claim(2, 16)], holding(training("a", 24)), on=terms(last=date(2020, 1, 1)))
    )

    assert (row.standing, row.unattributed) == (Standing.ONLY_THERE, -16)


def test_what_the_sheet_lacks_is_late_or_open():
    late = on(date(2024, 2, 1), training("a", 24))
    own = holding(late, on(DAY, training("b", 16)))
    first, second = compared([], own, on=terms(sheet_day=date(2024, 1, 1))).rows

    assert (first.standing, causes(first)) == (Standing.ONLY_HERE, {Cause.TIMING: 24})
    assert (second.standing, second.unattributed) == (Standing.ONLY_HERE, 16)
    assert second.portions[0].events == ("lin-3",)


def test_a_credit_of_another_period_is_not_one_of_this():
    own = holding(training("a", 24, date(2021, 6, 1)), training("b", 9, DAY))
    on_terms = terms(first=date(2022, 1, 1), last=date(2022, 12, 31))
    said = item(2, "a", 24, completed=date(2021, 6, 1))
    first, second = compared([said], own, on=on_terms).rows

    assert causes(first) == {Cause.OTHER_CYCLE: -24}
    assert (second.credit, second.standing) == ("credit:b", Standing.ONLY_HERE)


def test_a_row_that_may_mean_several_credits_is_open_and_names_them():
    first, second = training("a", 16, DAY), replace(training("b", 24, DAY), title="课程a")
    found = compared([item(2, "a", 9)], holding(first, second))

    assert [row.unattributed for row in found.rows] == [-9, 16, 24]
    assert found.rows[0].tied == ("credit:a", "credit:b")


def test_another_title_and_an_earlier_amount_mean_the_credit_of_the_day():
    own = holding(training("a", 90), corrected("a", 90, 85))
    row = only(compared([claim(2, 90, title="语文骨干培训", completed=DAY)], own))

    assert (row.paired_by, causes(row)) == (PairedBy.DAY_EARLIER, {Cause.CORRECTION: -5})


def test_two_rows_of_the_day_with_the_earlier_amount_leave_it_open_and_name_the_credit():
    own = holding(training("a", 90), corrected("a", 90, 85))
    said = [claim(n, 90, title=f"培训{n}", completed=DAY) for n in (2, 3)]
    found = compared(said, own)

    assert [row.tied for row in found.rows] == [("credit:a",)] * 3
    assert not any(each.certain for row in found.rows for each in row.portions)
    assert "row 2, 3" in found.rows[2].portions[0].en


def test_words_left_out_of_a_title_on_another_day_leave_it_uncertain_and_other_numbers_do_not():
    own = holding(replace(training("a", 90), title="语文骨干教师集中培训（第1期）"))
    for title, certain in (("语文骨干培训（第1期）", False), ("语文骨干培训（第2期）", True)):
        found = compared([claim(2, 80, title=title, completed=date(2022, 7, 1))], own)

        assert [row.standing for row in found.rows] == [Standing.ONLY_THERE, Standing.ONLY_HERE]
        assert {each.certain for row in found.rows for each in row.portions} == {certain}


def test_a_row_that_stands_twice_is_not_another_credit_of_the_day():
    own = holding(training("a", 90), training("b", 90), corrected("b", 90, 85))
    found = compared([item(2, "a", 90), item(3, "a", 90)], own)

    assert causes(found.rows[1]) == {Cause.DUPLICATE_PERSON: -90}


def missing(name: str, day: date, hours: str) -> AttendanceRecorded:
    told = cast.attended(day, Half.MORNING, 4, (LIN, Decimal(hours), AbsenceKind.UNEXCUSED))
    return replace(told, offering=OfferingId(f"offering:{name}"))


def test_a_deduction_names_the_attendance_from_which_it_follows():
    first, other = missing("a", date(2022, 5, 30), "1.5"), missing("b", date(2022, 5, 30), "3")
    none, second = missing("a", date(2022, 5, 31), "0"), missing("a", DAY, "0.5")
    own = holding(first, other, none, second, training("a", 24, missed=2), training("b", 9))
    found = compared([item(2, "a", 24), item(3, "b", 9)], own)

    assert found.rows[0].portions[0].events == ("lin-6", "lin-2", "lin-5")
    assert found.rows[1].standing is Standing.EQUAL


def test_attendance_that_was_put_right_is_named_with_the_correction_that_follows():
    wrong = missing("a", DAY, "2")
    right = AttendanceCorrected(
        teacher=LIN,
        offering=OfferingId("offering:a"),
        provider=cast.COUNTY_SCHOOL,
        day=DAY,
        half=Half.MORNING,
        hours_before=Decimal(2),
        hours=Decimal(1),
        corrects="lin-2",
        reason="误记",
    )
    follows = replace(corrected("a", 22, 23), hours_missed=Decimal(1), corrects="lin-3")
    own = holding(wrong, training("a", 24, missed=2), right, follows)
    row = only(compared([item(2, "a", 22)], own))
    whole = only(compared([item(2, "a", 24)], own))

    assert [(e.cause, e.events) for e in row.portions] == [
        (Cause.CORRECTION, ("lin-5", "lin-3", "lin-4"))
    ]
    assert whole.difference == -1


def test_a_denial_for_absence_names_the_attendance_too():
    own = holding(missing("a", DAY, "4"), denied("a"), trainings=of_class("a", DAY))

    assert only(compared([item(2, "a", 90)], own)).portions[0].events == ("lin-3", "lin-2")
