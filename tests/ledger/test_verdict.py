"""Verdicts: totals, the cap, the long intensive training, and what was suspended."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.credit import CreditKind, CreditRevoked
from ledger.cycle import CreditCycleOpened
from ledger.names import CreditId
from ledger.record import Record
from ledger.regulation import Rulebook
from ledger.requirement import Result
from ledger.teacher import TeacherTransferred
from ledger.verdict import judge
from tests import cast
from tests.cast import (
    CREDIT,
    HANGZHOU,
    LIN,
    OTHER_SCHOOL,
    RUIAN,
    SCHOOL,
    WENZHOU,
    WENZHOU_SCHOOL,
)
from tests.given import all_rules, entries, on

EVALUATED = date(2024, 3, 31)
MET, NOT_MET = Result.MET, Result.NOT_MET


def credit(amount, kind=CreditKind.INTENSIVE, *, base=None, missed=0, completed=None, name=None):
    """One credit inside the cycle of 2019 to 2024 unless told otherwise."""
    return cast.awarded(
        amount,
        credit=CreditId(f"credit:{name or f'{kind.value}-{amount}'}"),
        kind=kind,
        base=base,
        missed=missed,
        completed=completed or date(2022, 6, 1),
    )


def verdict(*events, day=EVALUATED, place=RUIAN, entered=date(2019, 9, 1), rules=None):
    record = Record(teacher=LIN)
    school = {RUIAN: SCHOOL, WENZHOU: WENZHOU_SCHOOL}.get(place, OTHER_SCHOOL)
    teacher = cast.registered(school=school, place=place, entered=entered)
    for entry in entries([teacher, *events], day):
        record.learn(entry)
    return judge(record, all_rules() if rules is None else rules, day)


def results(judged):
    return {each.code: each.result for each in judged.requirements}


LONG = credit(90, name="long")
DISTANCE = CreditKind.DISTANCE


@pytest.mark.parametrize(
    ("school_based", "other", "counted", "cut", "result"),
    [
        pytest.param("180", "200", "350", "30", NOT_MET, id="W-051"),
        pytest.param("150.5", "210", "360", "0.5", MET, id="W-052"),
        pytest.param("150", "210", "360", "0", MET, id="cap-bound"),
        pytest.param("0", "359.5", "359.5", "0", NOT_MET, id="W-057"),
        pytest.param("0", "360", "360", "0", MET, id="W-057-bound"),
    ],
)
def test_a_cycle_adds_up_to_360_with_at_most_150_from_the_school(
    school_based, other, counted, cut, result
):
    rest = Decimal(other) - 90
    events = [LONG, credit(rest, DISTANCE)]
    if school_based != "0":
        events.append(cast.recognised(school_based))
    judged = verdict(*events)

    assert (Decimal(counted), Decimal(cut), result) == (judged.counted, judged.cut, judged.result)
    assert result == results(judged)["CYCLE_TOTAL"]
    assert results(judged)["ONCE_INTENSIVE"] == MET


def test_w_054_a_wenzhou_teacher_with_little_from_the_school_is_not_failed():
    judged = verdict(
        LONG,
        credit(170, DISTANCE),
        cast.recognised(100, place=WENZHOU, school=WENZHOU_SCHOOL),
        place=WENZHOU,
        entered=date(2021, 1, 1),
        day=date(2024, 6, 1),
    )

    assert (MET, Decimal(360)) == (judged.result, judged.counted)
    assert judged.requirements[0].rule == "WZ12-01"


def test_w_055_in_2016_hours_of_wenzhou_add_up_to_360():
    judged = verdict(
        credit(90, completed=date(2014, 6, 1)),
        credit(160, DISTANCE, completed=date(2015, 6, 1)),
        cast.recognised(119, completed=date(2016, 6, 1), place=WENZHOU, school=WENZHOU_SCHOOL),
        place=WENZHOU,
        entered=date(2012, 4, 17),
        day=date(2016, 8, 31),
    )

    assert (MET, Decimal(369)) == (results(judged)["CYCLE_TOTAL"], judged.counted)


def test_w_055_the_cycle_of_the_city_may_be_opened_by_the_bureau():
    opened = CreditCycleOpened(
        teacher=LIN, school=SCHOOL, place=WENZHOU, start=date(2012, 4, 17), reason="十二五"
    )
    judged = verdict(
        opened,
        credit(90, completed=date(2012, 4, 16), name="before"),
        credit(90, completed=date(2012, 4, 17), name="after"),
        place=WENZHOU,
        entered=date(2010, 9, 1),
        day=date(2016, 8, 31),
    )

    assert (date(2012, 4, 17), date(2017, 4, 17)) == (judged.cycle_start, judged.cycle_end)
    assert judged.counted == 90


@pytest.mark.parametrize(
    ("events", "total", "once"),
    [
        pytest.param(
            [
                credit(45, name="a"),
                credit(45, name="b"),
                credit(310, DISTANCE),
            ],
            MET,
            NOT_MET,
            id="W-058",
        ),
        pytest.param([credit(360, DISTANCE)], MET, NOT_MET, id="W-060"),
        pytest.param([credit(88), credit(300, DISTANCE)], MET, NOT_MET, id="W-061"),
        pytest.param([credit("89.5"), credit(300, DISTANCE)], MET, NOT_MET, id="just-below"),
        pytest.param([credit(90), credit(300, DISTANCE)], MET, MET, id="bound"),
        pytest.param([credit(72, base=90, missed=18), credit(300, DISTANCE)], MET, MET, id="C-15"),
        pytest.param(
            [credit(90, CreditKind.BLENDED), credit(300, DISTANCE)], MET, NOT_MET, id="blended"
        ),
        pytest.param([credit(90)], NOT_MET, MET, id="total-short"),
    ],
)
def test_one_intensive_training_of_ninety_is_needed_in_a_cycle(events, total, once):
    judged = verdict(*events)

    assert (total, once) == (
        results(judged)["CYCLE_TOTAL"],
        results(judged)["ONCE_INTENSIVE"],
    )
    assert (MET if (total, once) == (MET, MET) else NOT_MET) == judged.result


def test_a_revoked_training_is_not_the_one_that_is_needed():
    gone = CreditRevoked(
        credit=CREDIT,
        teacher=LIN,
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(90),
        corrects="0193-0002",
        reason="x",
    )
    judged = verdict(cast.awarded(90), credit(360, DISTANCE), gone)

    assert (
        results(judged)["CYCLE_TOTAL"],
        results(judged)["ONCE_INTENSIVE"],
    ) == (MET, NOT_MET)


@pytest.mark.parametrize(
    ("place", "rule", "once"), [(WENZHOU, "WZ12-03", NOT_MET), (RUIAN, "RA19-03", MET)]
)
def test_wenzhou_counts_the_hours_of_the_training_and_ruian_its_credit(place, rule, once):
    judged = verdict(cast.awarded(90, hours=88), credit(270, DISTANCE), place=place)

    assert (rule, once) == (judged.requirements[1].rule, judged.requirements[1].result)


@pytest.mark.parametrize(
    ("day", "counted", "result", "rule"),
    [
        pytest.param(date(2024, 3, 5), "160", Result.NOT_ASSESSED, None, id="W-087"),
        pytest.param(date(2024, 3, 6), "150", MET, "ZJ24-70", id="W-088"),
    ],
)
def test_the_cap_is_known_from_the_day_of_the_notice_on(day, counted, result, rule):
    judged = verdict(
        cast.recognised(80, credit=CreditId("credit:s1"), completed=date(2021, 6, 1)),
        cast.recognised(80, credit=CreditId("credit:s2"), completed=date(2023, 6, 1)),
        day=day,
    )
    cap = judged.requirements[2]

    assert Decimal(counted) == judged.counted
    assert (cap.result, cap.rule) == (result, rule)
    assert cap.certain == (rule is not None)
    assert cap.code == ("SCHOOL_BASED_CAP" if rule else "CAP_UNKNOWN")


def test_a_cap_that_cuts_nothing_is_not_applicable():
    assert results(verdict(LONG))["SCHOOL_BASED_CAP"] == Result.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("completed", "day", "counted"),
    [
        pytest.param(date(2023, 12, 31), date(2023, 12, 31), "90", id="W-082"),
        pytest.param(date(2024, 1, 1), date(2024, 1, 1), "90", id="W-082-next"),
        pytest.param(date(2023, 12, 31), date(2024, 1, 1), "0", id="W-082-past"),
        pytest.param(date(2018, 12, 31), date(2023, 1, 1), "0", id="before-entry"),
        pytest.param(date(2023, 6, 2), date(2023, 6, 1), "0", id="not-yet"),
    ],
)
def test_a_credit_counts_in_the_cycle_of_its_completion(completed, day, counted):
    judged = verdict(credit(90, completed=completed), day=day, entered=date(2019, 1, 1))

    assert Decimal(counted) == judged.counted


def test_w_084_a_late_recognition_counts_in_the_cycle_of_the_completion():
    late = on(date(2024, 1, 10), credit(90, completed=date(2023, 12, 20)))
    judged = verdict(late, day=date(2023, 12, 31), entered=date(2019, 1, 1))

    assert Decimal(90) == judged.counted


def test_w_085_the_requirement_of_a_late_entrant_is_not_reduced():
    judged = verdict(LONG, entered=date(2021, 9, 1), day=date(2024, 6, 1))

    assert (date(2021, 9, 1), date(2026, 9, 1)) == (judged.cycle_start, judged.cycle_end)
    assert judged.requirements[0].needed == "360"


def test_w_073_five_years_at_forty_eight_hours_are_not_enough():
    years = [
        credit(48, DISTANCE, name=f"y{year}", completed=date(year, 6, 1))
        for year in range(2014, 2019)
    ]
    judged = verdict(*years, place=WENZHOU, entered=date(2014, 1, 1), day=date(2018, 12, 31))

    assert (NOT_MET, Decimal(240)) == (results(judged)["CYCLE_TOTAL"], judged.counted)


@pytest.mark.parametrize(
    ("place", "entered", "once"),
    [
        pytest.param(RUIAN, date(2016, 1, 1), Result.LOCAL_DISCRETION, id="W-097"),
        pytest.param(RUIAN, date(2015, 7, 18), Result.LOCAL_DISCRETION, id="first-certain-day"),
        pytest.param(RUIAN, date(2015, 7, 17), Result.INDETERMINATE, id="day-before"),
        pytest.param(RUIAN, date(2015, 1, 2), Result.INDETERMINATE, id="year-begins"),
        pytest.param(RUIAN, date(2015, 1, 1), NOT_MET, id="year-before"),
        pytest.param(RUIAN, date(2016, 1, 2), Result.INDETERMINATE, id="day-after"),
        pytest.param(RUIAN, date(2019, 3, 6), Result.INDETERMINATE, id="last-open-day"),
        pytest.param(RUIAN, date(2019, 3, 7), NOT_MET, id="certainly-over"),
    ],
)
def test_a_missing_long_training_is_left_to_the_locality_where_the_cycle_ends_in_the_epidemic(
    place, entered, once
):
    last = date(entered.year + 5, entered.month, entered.day) - date.resolution
    judged = verdict(credit(380, DISTANCE, completed=last), place=place, entered=entered, day=last)

    assert results(judged)["CYCLE_TOTAL"] == MET
    assert once == results(judged)["ONCE_INTENSIVE"]


def test_w_093_the_total_is_not_suspended():
    last = date(2020, 8, 31)
    judged = verdict(credit(300, DISTANCE, completed=last), entered=date(2015, 9, 1), day=last)

    assert results(judged)["CYCLE_TOTAL"] == NOT_MET


def test_a_long_training_counts_even_in_a_suspension():
    last = date(2020, 12, 31)
    judged = verdict(credit(360, completed=last), entered=date(2016, 1, 1), day=last)

    assert results(judged)["ONCE_INTENSIVE"] == MET


def test_where_no_document_states_a_total_the_verdict_is_undecided():
    judged = verdict(LONG, place=HANGZHOU)

    assert judged.result == Result.INDETERMINATE
    assert None is judged.requirements[0].rule


def test_without_any_rules_everything_is_undecided():
    judged = verdict(LONG, rules=Rulebook())

    assert judged.result == Result.INDETERMINATE


def test_who_never_entered_has_no_verdict():
    assert judge(Record(teacher=LIN), all_rules(), EVALUATED) is None


def test_a_requirement_cites_its_clause_and_the_events_that_it_stands_on():
    judged = verdict(LONG, credit(270, DISTANCE))
    total, once = judged.requirements[:2]

    assert (total.rule, once.rule) == ("RA19-01", "RA19-03")
    assert (total.positions, once.positions) == ((2, 3), (2,))
    assert once.events == ("0193-0002",)
    assert total.citation
    assert total.clause_zh
    assert total.clause_en
    assert total.certain


def test_before_its_first_certain_day_a_county_rule_is_shown_as_uncertain():
    judged = verdict(day=date(2019, 6, 16), entered=date(2019, 1, 1))

    assert (judged.requirements[0].rule, judged.requirements[0].certain) == ("RA19-01", False)
    judged = verdict(day=date(2019, 6, 17), entered=date(2019, 1, 1))
    assert judged.requirements[0].certain


def test_a_verdict_says_in_two_languages_what_is_short():
    judged = verdict(LONG)

    assert "270" in judged.zh
    assert "270" in judged.en


ENOUGH = [credit(90, completed=date(2019, 2, 1)), credit(270, DISTANCE, completed=date(2019, 2, 2))]


@pytest.mark.parametrize("events", [[], ENOUGH], ids=["nothing", "enough"])
def test_a_rule_of_which_nobody_knows_whether_it_holds_decides_no_cycle(events):
    before, after = (
        verdict(*events, day=day, entered=date(2019, 1, 1))
        for day in (date(2019, 6, 16), date(2019, 6, 17))
    )
    asked = results(before)

    assert {asked["CYCLE_TOTAL"], asked["ONCE_INTENSIVE"]} == {Result.INDETERMINATE}
    assert before.result == Result.INDETERMINATE
    assert after.result == (MET if events else NOT_MET)


def test_a_cycle_cut_short_is_met_or_undecided():
    opened = CreditCycleOpened(
        teacher=LIN, school=SCHOOL, place=RUIAN, start=date(2022, 9, 1), reason="x"
    )
    last = date(2022, 8, 31)
    short = verdict(opened, credit(90, completed=date(2021, 6, 1)), day=last)
    enough = verdict(opened, LONG, credit(270, DISTANCE), day=last)

    assert (short.cycle_end, enough.result) == (date(2022, 9, 1), MET)
    assert (results(short)["CYCLE_TOTAL"], results(enough)["CYCLE_TOTAL"]) == (
        Result.INDETERMINATE,
        MET,
    )
    assert short.result == Result.INDETERMINATE
    assert "2022-08-31" in short.requirements[0].en
    assert verdict(LONG, day=last).result == NOT_MET


def moved(place, school, since):
    return TeacherTransferred(
        teacher=LIN, school_left=SCHOOL, school=school, place=place, since=since
    )


TO_WENZHOU = moved(WENZHOU, WENZHOU_SCHOOL, date(2024, 1, 1))
TO_HANGZHOU = moved(HANGZHOU, OTHER_SCHOOL, date(2022, 1, 1))
SHORT = credit(100, DISTANCE)


def test_a_move_changes_no_verdict_of_a_day_before_it():
    then = verdict(SHORT, day=date(2023, 12, 31))

    assert verdict(SHORT, TO_WENZHOU, day=date(2023, 12, 31)) == then
    assert (then.result, then.requirements[0].rule) == (NOT_MET, "RA19-01")
    assert verdict(SHORT, TO_WENZHOU).requirements[0].rule == "WZ12-01"


def test_moves_count_by_their_days_and_not_by_when_they_were_told():
    for told in ((TO_WENZHOU, TO_HANGZHOU), (TO_HANGZHOU, TO_WENZHOU)):
        days = (date(2021, 6, 30), date(2023, 6, 30), EVALUATED)
        rules = [verdict(*told, SHORT, day=day).requirements[0].rule for day in days]

        assert rules == ["RA19-01", None, "WZ12-01"]


def test_the_sentence_of_a_verdict_ends_with_its_full_stop():
    for found in (verdict(SHORT), verdict(credit(90), credit(270, kind=CreditKind.DISTANCE))):
        assert found.en == found.en.strip() and found.en.endswith(".")
