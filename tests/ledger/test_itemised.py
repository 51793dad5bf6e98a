"""A sheet of single credits: each slip is found, with its events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.cause import Cause
from ledger.claim import Measure
from ledger.completion import Reason
from ledger.credit import CreditKind
from ledger.names import OfferingId
from ledger.pairing import PairedBy
from ledger.row import Standing
from tests import cast
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
    told_by_school,
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


def test_a_denied_training_is_found_by_its_class_or_its_title():
    own = holding(denied("a"), trainings=of_class("a", DAY))
    by_class = claim(3, 90, offering=OfferingId("offering:a"))
    found = compared([item(2, "a", 90), by_class], own)

    assert [causes(row) for row in found.rows] == [{Cause.ABSENCE_DENIAL: -90}] * 2
    told = found.rows[0].portions[0]
    assert (told.rule, told.citation, told.events) == (
        "ZJ14-09",
        "浙教办师〔2014〕14号 §三",
        ("lin-2",),
    )


def test_a_failed_assessment_is_a_training_that_was_not_recognised():
    own = holding(denied("a", Reason.ASSESSMENT_FAILED), trainings=of_class("a", DAY))

    assert causes(only(compared([item(2, "a", 90)], own))) == {Cause.UNRECOGNISED: -90}


def test_what_the_school_told_and_the_bureau_refused_names_both_events():
    told = told_by_school("s", 8, DAY)
    no = replace(cast.recognised(8, approved=False), credit=told.credit, title=told.title)
    said = claim(2, 8, title="校本 s", completed=DAY)
    row = only(compared([said], holding(told, no)))

    assert causes(row) == {Cause.UNRECOGNISED: -8}
    assert row.portions[0].events == ("lin-2", "lin-3")


def test_a_class_that_nobody_knows_is_not_recognised():
    row = only(compared([item(2, "none", 16)], holding()))

    assert (row.standing, causes(row)) == (Standing.ONLY_THERE, {Cause.UNRECOGNISED: -16})


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
    own = holding(training("a", 16), training("b", 16))
    found = compared([claim(2, 16)], own)

    assert found.rows[0].unattributed == -16
    assert len(found.rows[0].tied) == 2


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


def test_a_denied_training_of_the_day_is_not_taken_for_a_credit_of_before_its_correction():
    own = holding(
        training("a", 90), corrected("a", 90, 85), denied("d"), trainings=of_class("d", DAY)
    )
    there, here = compared([item(2, "d", 90)], own).rows

    assert (causes(there), here.credit) == ({Cause.ABSENCE_DENIAL: -90}, "credit:a")


def test_a_row_that_stands_twice_is_not_another_credit_of_the_day():
    own = holding(training("a", 90), training("b", 90), corrected("b", 90, 85))
    found = compared([item(2, "a", 90), item(3, "a", 90)], own)

    assert causes(found.rows[1]) == {Cause.DUPLICATE_PERSON: -90}
