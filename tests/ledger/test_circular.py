"""Circulars: the province makes known how a provider altered its projects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.circular import (
    CHANGES_MAX,
    AlreadyCirculated,
    CircularIssued,
    ForeignChange,
    IssueCircular,
)
from ledger.command import OutsideScope, UnknownReference
from ledger.names import ChangeId
from tests import cast
from tests.cast import CHANGE, COUNTY_SCHOOL, H1_2024, H2_2019, PROVINCE, RUIAN, UNIVERSITY
from tests.given import asker_for, given

DAY = date(2024, 9, 2)
OTHER = ChangeId("change:x2")
ISSUE = IssueCircular(
    provider=COUNTY_SCHOOL, term=H1_2024, changes=(CHANGE,), text="一学期内更换专家一次。"
)
ISSUED = CircularIssued(
    provider=COUNTY_SCHOOL,
    term=H1_2024,
    place=PROVINCE,
    changes=(CHANGE,),
    text="一学期内更换专家一次。",
    rules=("ZJ24-64",),
)


@pytest.mark.parametrize("reported", [False, True])
def test_the_province_circulates_the_changes_of_a_provider(reported):
    given(cast.term(), cast.requested()).when(ISSUE, on=DAY, reported=reported).then(ISSUED)


@pytest.mark.parametrize(
    ("day", "rules"),
    [(date(2024, 3, 5), ()), (date(2024, 3, 6), ("ZJ24-64",))],
)
def test_a_circular_cites_the_rule_once_it_is_in_force(day, rules):
    given(cast.term(), cast.requested()).when(ISSUE, on=day).then(
        CircularIssued(
            provider=COUNTY_SCHOOL,
            term=H1_2024,
            place=PROVINCE,
            changes=(CHANGE,),
            text=ISSUE.text,
            rules=rules,
        )
    )


def test_a_change_that_does_not_exist_is_not_circulated():
    both = replace(ISSUE, changes=(CHANGE, OTHER))
    given(cast.term(), cast.requested()).when(both, on=DAY).refused(
        UnknownReference, field="changes"
    )


@pytest.mark.parametrize(
    "asked",
    [cast.requested(provider=UNIVERSITY), cast.requested(term=H2_2019)],
    ids=["provider", "term"],
)
def test_a_circular_is_about_one_provider_and_term(asked):
    given(cast.term(), asked).when(ISSUE, on=DAY).refused(ForeignChange, field="changes")


def test_an_old_request_that_names_no_term_may_be_circulated():
    given(cast.term(), cast.requested(term=None)).when(ISSUE, on=DAY).then(ISSUED)


def test_a_change_is_circulated_once():
    again = replace(ISSUE, changes=(OTHER, CHANGE))
    past = [cast.term(), cast.requested(), cast.requested(change=OTHER), ISSUED]
    given(past).when(again, on=DAY).refused(AlreadyCirculated, field="changes")


def test_a_circular_names_at_most_as_many_changes_as_it_may():
    many = tuple(ChangeId(f"change:n{number}") for number in range(CHANGES_MAX + 1))
    asked = [cast.requested(change=each) for each in many[:CHANGES_MAX]]

    given(cast.term(), asked).when(replace(ISSUE, changes=many[:CHANGES_MAX]), on=DAY).accepted()
    given(cast.term(), asked).when(replace(ISSUE, changes=many), on=DAY).faulted(
        "BAD_CHANGES", "changes"
    )


@pytest.mark.parametrize("changes", [(), (CHANGE, CHANGE)])
def test_a_circular_names_changes_each_once(changes):
    given(cast.term(), [cast.requested()] if changes else []).when(
        replace(ISSUE, changes=changes), on=DAY
    ).faulted("BAD_CHANGES", "changes")


def test_a_circular_says_something_about_a_term_that_was_opened():
    given(cast.term(), cast.requested()).when(replace(ISSUE, text=" "), on=DAY).faulted(
        "EMPTY_TEXT", "text"
    )
    given(cast.requested()).when(ISSUE, on=DAY).refused(UnknownReference, field="term")


def test_a_county_issues_no_circular_of_the_province():
    given(cast.term(), cast.requested()).when(ISSUE, on=DAY, by=asker_for(RUIAN)).refused(
        OutsideScope
    )
