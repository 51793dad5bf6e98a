"""Fees: the standard that a plan keeps to, and how it states what it charges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.fee import (
    AboveStandard,
    FeeItems,
    FeesIncomplete,
    FeeStandard,
    FeeUnit,
    StandardUnknown,
    price,
)
from ledger.finding import Outcome
from ledger.plan import Audience, Fee, FeeKind
from ledger.word import in_english
from tests import cast
from tests.adopting import rules_with
from tests.cast import H2_2020, HANGZHOU, PROVINCE
from tests.declaring import declaring

CAP = """
kind = "fee-standard"
scope = {{ audience = "LOCAL" }}
parameters = {{ standard = "瑞财〔2024〕1号", yuan_max = "{yuan}", per = "{per}" }}
"""


def fees(*items, total=None, **more):
    stated = tuple(Fee(item=kind.value, yuan=Decimal(yuan), kind=kind) for kind, yuan in items)
    whole = sum((each.yuan for each in stated), Decimal(0)) if total is None else Decimal(total)
    return cast.plan(fees=stated, fee_total=whole, **more)


def charging(yuan, **more):
    return fees((FeeKind.TRAINING, yuan), **more)


def standard(yuan, per="TRAINEE"):
    return rules_with(CAP.format(yuan=yuan, per=per))


@pytest.mark.parametrize(
    ("plan", "per", "yuan"),
    [
        pytest.param(charging(2000), "TRAINEE", 2000, id="W-237-bound"),
        pytest.param(charging(2000, days=5), "TRAINEE_DAY", 400, id="a-day"),
        pytest.param(charging(1200), "TRAINEE_HOUR", 50, id="an-hour"),
    ],
)
def test_a_local_plan_keeps_to_the_standard_that_the_county_adopted(plan, per, yuan):
    declaring(plan, rules=standard(yuan, per)).accepted()
    dear = declaring(plan, rules=standard(yuan - 1, per))
    dear.found("OWN-01", Outcome.VIOLATION, AboveStandard)


def test_w_237_without_a_loaded_amount_a_plan_that_charges_is_undecided():
    declaring(charging(2000)).found("ZJ24-80", Outcome.INDETERMINATE, StandardUnknown)
    host = cast.normal_university()
    wide = charging(2000, audience=Audience.PROVINCE)
    declaring(wide, host=host, place=PROVINCE).found(
        "ZJ24-81", Outcome.INDETERMINATE, StandardUnknown
    )


@pytest.mark.parametrize(
    ("before", "outcomes"),
    [
        pytest.param((cast.plan(),), [Outcome.INDETERMINATE], id="a-free-one-before"),
        pytest.param(
            (charging(9, audience=Audience.PROVINCE),),
            [Outcome.INDETERMINATE],
            id="another-standard",
        ),
        pytest.param((charging(9),), [], id="one-that-charged"),
    ],
)
def test_w_237_that_no_amount_is_known_is_said_once_for_a_provider_a_place_and_a_term(
    before, outcomes
):
    answer = declaring(charging(2000), before=before)
    found = [each for each in answer.findings if each.rule == "ZJ24-80"]

    assert [each.outcome for each in found] == outcomes
    assert all("the local standard" in each.en for each in found)
    assert declaring(charging(2000), before=before, rules=standard(1999)).findings != ()


def test_w_237_a_loaded_provincial_standard_judges_province_wide_plans():
    cap = CAP.format(yuan=1000, per="TRAINEE").replace("LOCAL", "PROVINCE")
    rules = rules_with(cap, place=PROVINCE, since=date(2024, 3, 7))
    for yuan, outcomes in ((1000, []), (1001, [Outcome.VIOLATION])):
        wide = charging(yuan, audience=Audience.PROVINCE)
        answer = declaring(wide, host=cast.normal_university(), place=PROVINCE, rules=rules)
        assert [f.outcome for f in answer.findings if f.rule == "OWN-01"] == outcomes


def test_a_free_plan_is_held_to_no_standard():
    declaring(cast.plan()).accepted()
    declaring(cast.plan(), rules=standard(1)).accepted()


def test_a_daily_standard_does_not_judge_a_plan_without_days():
    declaring(charging(2000), rules=standard(400, "TRAINEE_DAY")).found(
        "OWN-01", Outcome.INDETERMINATE, StandardUnknown
    )


def test_a_countys_standard_binds_no_other_county():
    host = cast.accredited(place=HANGZHOU)
    declaring(charging(9), host=host, place=HANGZHOU, rules=standard(1)).found(
        "ZJ24-80", Outcome.INDETERMINATE
    )


def test_fees_are_judged_from_6_march_2024():
    bare = cast.plan(fee_total=None, fees=(Fee(item="培训", yuan=Decimal(9)),))
    before = declaring(bare, day=date(2024, 3, 5), reported=True)
    assert not {"ZJ24-80", "ZJ24-82"} & {each.rule for each in before.findings}
    declaring(bare, term=H2_2020).accepted()
    after = declaring(bare, day=date(2024, 3, 6), reported=True)
    after.found("ZJ24-80", Outcome.INDETERMINATE).found("ZJ24-82", Outcome.VIOLATION)


T, A, M = FeeKind.TRAINING, FeeKind.ACCOMMODATION, FeeKind.MEALS


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        pytest.param(fees((T, 800), (A, 700), (M, 500), accommodation=True), None, id="W-210"),
        pytest.param(fees((T, 700), (A, 700), (M, 500), total=2000), "1900", id="W-213"),
        pytest.param(fees((T, 800), (A, 700), (M, 501), total=2000), "2001", id="W-213-more"),
        pytest.param(fees((T, 800), total=0), "800", id="total-of-zero"),
        pytest.param(cast.plan(fee_total=Decimal(2000)), "no items", id="no-items"),
        pytest.param(cast.plan(fee_total=None), "no items", id="nothing-stated"),
        pytest.param(
            cast.plan(fee_total=None, fees=(Fee(item="培训", yuan=Decimal(9)),)),
            "no total",
            id="no-total",
        ),
        pytest.param(fees((T, 800), (A, 700), accommodation=True), "MEALS", id="no-meals"),
        pytest.param(fees((T, 800), (M, 500), accommodation=True), "ACCOMMODATION", id="no-bed"),
        pytest.param(fees((T, 800), accommodation=False), None, id="nobody-lodged"),
        pytest.param(cast.plan(accommodation=True), None, id="lodged-free-of-charge"),
        pytest.param(
            fees((T, "0.05"), (A, "0.1"), (M, "0.15"), total="0.3", accommodation=True),
            None,
            id="exact-cents",
        ),
    ],
)
def test_a_plan_states_its_total_and_items_that_add_up(plan, complaint):
    answer = declaring(plan)
    found = [each for each in answer.findings if each.rule == "ZJ24-82"]

    assert [each.outcome for each in found] == [Outcome.VIOLATION] * bool(complaint)
    assert all(
        in_english(complaint) in each.en and each.code == "FEES_INCOMPLETE" for each in found
    )


def test_items_in_disagreement_are_noted_for_a_reported_plan_as_well():
    declaring(fees((T, 5), total=6), reported=True).found(
        "ZJ24-82", Outcome.VIOLATION, FeesIncomplete
    )


def test_the_price_is_the_larger_of_total_and_items():
    assert price(fees((T, 5), (M, 2), total=6)) == 7
    assert price(fees((T, 5), total=6)) == 6
    assert price(cast.plan(fee_total=None)) == 0


def test_parameters_out_of_range_are_named():
    assert "yuan_max" in str(FeeStandard(standard="甲", yuan_max=Decimal(0)).wrong())
    assert "items" in str(FeeItems(total=True, items=("WINE",)).wrong())
    assert FeeStandard(standard="甲").wrong() is None


def test_a_higher_amount_or_fewer_items_ask_for_less():
    low = FeeStandard(standard="甲", yuan_max=Decimal(100))
    high = FeeStandard(standard="乙", yuan_max=Decimal(200))
    daily = FeeStandard(standard="丙", yuan_max=Decimal(200), per=FeeUnit.TRAINEE_DAY)

    assert high.laxer(low)
    assert not low.laxer(high)
    # Amounts of different units do not compare, and a text whose amount is not known binds.
    assert daily.laxer(low)
    assert high.laxer(FeeStandard(standard="当地"))
    assert not high.laxer(FeeStandard(standard="乙"))
    assert FeeItems(total=False, items=()).laxer(FeeItems(total=True, items=()))
