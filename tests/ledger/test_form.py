"""The order form: what must stand on it, and how much."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.finding import Outcome
from ledger.form import Form, FormIncomplete, FormOverrun, OrderForm, OrderRouting
from tests import cast
from tests.adopting import rules_with
from tests.cast import H2_2019
from tests.given import given
from tests.ledger.test_order import OPEN_DAY, SUBMIT

FIELDS = (
    "theme",
    "trainees",
    "subject",
    "field_of_study",
    "trainee_level",
    "aims",
    "requirements",
)


def submitting(*, reported=False, rules=None, **changed):
    return given(cast.trained(), cast.term(), rules=rules).when(
        replace(SUBMIT, **changed), on=OPEN_DAY, reported=reported
    )


@pytest.mark.parametrize(
    ("field", "value"), [*[(field, " ") for field in FIELDS], ("contact", None)]
)
def test_every_field_of_the_form_is_filled(field, value):
    submitting(**{field: value}).refused(FormIncomplete, "ZJ24-40", field=field)
    submitting(**{field: value}, reported=True).found("ZJ24-40", Outcome.VIOLATION, FormIncomplete)


def test_all_empty_fields_are_told_together():
    answer = submitting(theme="", contact=None)

    fields = [each.field for each in answer.refused(FormIncomplete, "ZJ24-40").refusals]
    assert fields == ["theme", "contact"]


def test_spaces_around_a_text_count_for_nothing():
    answer = submitting(aims=" " + "学" * 200 + " ")

    assert answer.accepted().facts[0].aims == "学" * 200


@pytest.mark.parametrize("form", list(Form))
def test_the_form_names_one_of_three_ways_of_delivery(form):
    submitting(form=form).accepted()


def test_a_way_of_delivery_that_the_form_does_not_have_is_refused():
    rules = rules_with(
        'kind = "order-form"\nscope = { term = "2024H1" }\nparameters = { '
        'aims_characters_max = 200, requirements_characters_max = 200, forms = ["ONLINE"] }\n'
    )
    submitting(rules=rules).refused(FormOverrun, "OWN-01", field="form")


def test_the_form_belongs_to_the_first_half_of_2024():
    empty = replace(SUBMIT, term=H2_2019, theme="", contact=None)
    answer = given(cast.trained(), cast.term(H2_2019)).when(empty, on=date(2019, 6, 20))

    assert [each.rule for each in answer.findings] == [None]


def test_limits_out_of_range_are_named():
    fine = {"aims_characters_max": 1, "requirements_characters_max": 1, "forms": ("ONLINE",)}
    assert OrderForm(**fine).wrong() is None
    assert "aims" in str(OrderForm(**fine | {"aims_characters_max": 0}).wrong())
    assert "forms" in str(OrderForm(**fine | {"forms": ("RADIO",)}).wrong())
    assert "intended_max" in str(OrderRouting(intended_max=-1).wrong())


def test_longer_texts_and_more_intended_providers_ask_for_less():
    short = OrderForm(aims_characters_max=200, requirements_characters_max=200, forms=("ONLINE",))
    long = OrderForm(aims_characters_max=201, requirements_characters_max=200, forms=("ONLINE",))
    assert long.laxer(short)
    assert not short.laxer(long)
    assert OrderRouting(intended_max=4).laxer(OrderRouting(intended_max=3))
