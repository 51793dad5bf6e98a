"""Exclusions: why a credit does not count, or not whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.credit import CreditCorrected, CreditRevoked
from ledger.cycle import CreditCycleOpened
from ledger.exclusion import credit_selectors, why_not_counted
from ledger.explanation import Condition, Upshot, explained, reason
from ledger.names import CreditId
from ledger.plan import Purpose
from ledger.record import Record
from ledger.register import Category
from ledger.school_based import SchoolBasedRecorded
from ledger.verdict import judge
from tests import cast
from tests.cast import LIN, OFFERING, RUIAN, SCHOOL
from tests.given import all_rules, entries, on
from tests.judged import belongs, credit

ENTERED, DAY = date(2019, 9, 1), date(2024, 3, 31)
CREDIT = CreditId("credit:a")
START = on(ENTERED, cast.registered(entered=ENTERED))
COMPLETED = explained(Upshot.DONE, [reason("COMPLETED", "结业", "done", evidence=("e9",))])
RUNNING = explained(
    Upshot.OPEN,
    [
        reason(
            "NOT_SETTLED", "未", "not", missing=(Condition(code="NOT_SETTLED", zh="未", en="no"),)
        )
    ],
)


def why(*things, day=DAY, name=CREDIT, offering=None, completion=None):
    told = entries([START, *things], DAY)
    return why_not_counted(LIN, name, offering, told, all_rules(), day, completion)


def codes(explanation):
    return [each.code for each in explanation.reasons]


def missing(explanation):
    return [each.code for reason in explanation.reasons for each in reason.missing]


def school_based(name, amount, completed=date(2022, 6, 1)):
    return cast.recognised(amount, credit=CreditId(f"credit:{name}"), completed=completed)


def recorded(name="a"):
    return SchoolBasedRecorded(
        credit=CreditId(f"credit:{name}"),
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        title="校本研修",
        hours=Decimal(10),
        credits=Decimal(10),
        completed=date(2022, 6, 1),
    )


def corrected(amount, missed=None):
    return CreditCorrected(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(90),
        credits=Decimal(amount),
        corrects="0193-0002",
        reason="误记",
        hours_missed=missed,
    )


REVOKED = CreditRevoked(
    credit=CREDIT,
    teacher=LIN,
    school=SCHOOL,
    place=RUIAN,
    credits_before=Decimal(90),
    corrects="0193-0002",
    reason="复核",
)


def test_a_credit_of_the_cycle_counts_whole():
    told = why(credit(90, name="a"))

    assert (told.answer, told.reasons) == (Upshot.COUNTED, ())


def test_the_credit_of_an_offering_is_found_by_it():
    told = why(credit(90, name="a"), name=None, offering=OFFERING, completion=COMPLETED)

    assert told.answer is Upshot.COUNTED


def test_a_revoked_credit_names_the_event_that_took_it():
    told = why(credit(90, name="a"), REVOKED)
    [reason] = told.reasons

    assert (told.answer, reason.code, reason.opposing) == (
        Upshot.NOT_COUNTED,
        "REVOKED",
        ("0193-0003",),
    )
    assert reason.facts == {"reason": "复核"}


def test_zj14_10_is_named_where_a_breach_took_the_credit_and_no_clause_where_the_bureau_did():
    [breach] = why(credit(90, name="a"), replace(REVOKED, rules=("ZJ14-10",))).reasons
    [bureau] = why(credit(90, name="a"), replace(REVOKED, decided=True)).reasons

    assert (breach.rule, breach.clause) == ("ZJ14-10", "§三")
    assert (bureau.rule, bureau.en) == (
        None,
        "the credit was revoked on 2024-03-31, by the bureau and no clause",
    )


def test_a_credit_that_the_bureau_put_to_nothing_names_the_correction():
    nothing = replace(corrected(0), decided=True)
    told = why(credit(90, name="a"), nothing)
    [reason] = told.reasons

    assert (told.answer, reason.code) == (Upshot.NOT_COUNTED, "REVOKED")
    assert reason.opposing == ("0193-0003",)
    assert "主管部门" in reason.zh


def test_a_revoked_credit_that_was_put_right_counts_again():
    assert why(credit(90, name="a"), REVOKED, corrected(90)).answer is Upshot.COUNTED


@pytest.mark.parametrize(
    ("completed", "day", "code"),
    [
        (date(2019, 8, 31), DAY, "OUTSIDE_CYCLE"),
        (date(2022, 6, 1), date(2024, 9, 1), "OUTSIDE_CYCLE"),
        (date(2024, 4, 1), DAY, "NOT_YET"),
    ],
)
def test_a_training_of_another_time_does_not_count(completed, day, code):
    told = why(credit(90, completed, name="a"), day=day)

    assert (told.answer, codes(told)) == (Upshot.NOT_COUNTED, [code])


@pytest.mark.parametrize("completed", [ENTERED, date(2024, 3, 31)])
def test_the_first_day_of_the_cycle_and_the_day_itself_count(completed):
    assert why(credit(90, completed, name="a")).answer is Upshot.COUNTED


def test_another_cycle_is_told_with_its_clause_and_where_it_begins():
    opened = CreditCycleOpened(
        teacher=LIN, school=SCHOOL, place=RUIAN, start=date(2023, 1, 1), reason="统一周期"
    )
    told = why(credit(90, name="a"), opened)
    [reason] = told.reasons

    assert (reason.code, reason.rule is not None) == ("OUTSIDE_CYCLE", True)
    assert {"0193-0001", "0193-0003"} <= {*reason.evidence}


def test_missed_hours_make_it_count_in_part():
    told = why(cast.awarded(72, credit=CREDIT, base=90, missed=18))
    [reason] = told.reasons

    assert (told.answer, reason.code) == (Upshot.PARTLY_COUNTED, "DEDUCTED")
    assert reason.facts == {"base": "90", "missed": "18", "beyond": "0", "credits": "72"}


def test_a_correction_is_named_as_what_took_it_off():
    told = why(credit(90, name="a"), corrected(80, Decimal(10)))

    assert told.reasons[0].opposing == ("0193-0003",)


def test_of_the_school_what_lies_beyond_the_cap_does_not_count():
    rest = [school_based("b", 130, date(2021, 6, 1)), school_based("a", 40, date(2022, 6, 1))]
    told = why(*rest)
    [reason] = told.reasons

    assert (told.answer, reason.code) == (Upshot.PARTLY_COUNTED, "BEYOND_CAP")
    assert reason.facts == {"counted": "20", "cut": "20"}
    assert (reason.rule is not None, reason.opposing) == (True, ("0193-0002",))


def test_what_fills_the_cap_exactly_counts_whole_and_the_next_not_at_all():
    first = [school_based("b", 130, date(2021, 6, 1)), school_based("a", 20)]

    assert why(*first).answer is Upshot.COUNTED
    assert why(school_based("b", 150, date(2021, 6, 1)), school_based("a", 20)).answer is (
        Upshot.NOT_COUNTED
    )


def test_the_training_of_a_probation_is_not_counted_with_its_clause():
    since = date(2021, 9, 1)
    probation = belongs(Category.NEW_TEACHER, since, date(2022, 8, 31))
    training = credit(60, date(2022, 3, 1), purpose=Purpose.NEW_TEACHER, name="a")
    told = why(probation, training)
    [reason] = told.reasons

    assert (told.answer, reason.code) == (Upshot.NOT_COUNTED, "SPECIAL_TRAINING")
    assert reason.rule is not None
    assert reason.facts == {"counted": "0", "rate": "0"}
    assert len(reason.evidence) == 2


def test_hours_and_credits_that_differ_are_told_where_the_total_is_in_hours():
    own = [on(date(2012, 9, 1), cast.registered(entered=date(2012, 9, 1)))]
    awarded = cast.awarded(45, credit=CREDIT, hours=90, completed=date(2013, 6, 1))
    day = date(2013, 12, 31)
    told = why_not_counted(LIN, CREDIT, None, entries([own, awarded], day), all_rules(), day)

    assert "OTHER_UNIT" in codes(told)


def test_what_waits_for_the_bureau_is_not_awarded_yet():
    told = why(recorded())

    assert (told.answer, codes(told), missing(told)) == (
        Upshot.NOT_COUNTED,
        ["NOT_AWARDED"],
        ["RECOGNITION"],
    )


def test_what_the_bureau_did_not_recognise_names_the_event():
    told = why(recorded(), cast.recognised(10, credit=CREDIT, approved=False))

    assert (codes(told), told.reasons[0].opposing) == (["NOT_RECOGNISED"], ("0193-0003",))


def test_a_completed_training_lacks_the_award():
    told = why(name=None, offering=OFFERING, completion=COMPLETED)

    assert (codes(told), missing(told)) == (["NOT_AWARDED"], ["AWARD"])
    assert told.reasons[0].evidence == ("e9",)


def test_a_training_that_is_not_completed_is_told_with_its_own_reasons():
    told = why(name=None, offering=OFFERING, completion=RUNNING)

    assert codes(told) == ["NOT_COMPLETED", "NOT_SETTLED"]


def test_a_credit_that_nobody_has_heard_of_is_unknown():
    assert codes(why()) == ["UNKNOWN_REFERENCE"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 160), st.dates(date(2019, 9, 1), DAY)), min_size=1, max_size=6
    )
)
def test_what_the_cap_cuts_of_each_adds_up_to_what_the_verdict_cuts(amounts):
    things = [school_based(f"s{n}", amount, day) for n, (amount, day) in enumerate(amounts)]
    told = entries([START, *things], DAY)
    record = Record(teacher=LIN)
    for each in told:
        record.learn(each)
    verdict = judge(record, all_rules(), DAY)
    cut = sum(
        Decimal(reason.facts["cut"])
        for number in range(len(things))
        for reason in why(*things, name=CreditId(f"credit:s{number}")).reasons
    )

    assert verdict is not None
    assert cut == verdict.cut


def test_all_that_is_needed_is_selected():
    [selector] = credit_selectors(LIN)
    for each in entries([START, credit(90), REVOKED, recorded(), school_based("b", 1)], DAY):
        assert selector.selects(each.event.NAME, each.tags)
