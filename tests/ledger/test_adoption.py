"""Adoption: the whole document comes into the ledger, and what is past stays as it was."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.adoption import AdoptRegulation, AlreadyAdopted
from ledger.command import OutsideScope
from ledger.completion import AbsenceLimit, CompletionDenied
from ledger.document import parse
from ledger.fault import Fault
from ledger.regulation import RegulationAdopted, RuleAdopted, Rulebook
from ledger.store.founding import FOUNDER
from tests.cast import OPENS, PROVINCE, RUIAN
from tests.given import adoption, asker_for, given, on
from tests.ledger import test_completion as completing
from tests.ledger import test_correction as correcting
from tests.ledger.test_document import RUIAN_ENTERED, TEXT, with_
from tests.ledger.test_draft import ENTERED, absence, adopted, draft, fault, row


def test_adopting_puts_the_document_and_each_of_its_rules_into_the_ledger():
    document = parse(TEXT, "t1.toml")
    answer = given(RUIAN_ENTERED, rules=Rulebook()).when(
        AdoptRegulation(document=document), on=date(2025, 3, 2)
    )

    adopted, *rules = answer.accepted().facts
    assert isinstance(adopted, RegulationAdopted)
    assert adopted.rules == 2
    assert [RuleAdopted] * 2 == [type(each) for each in rules]
    assert document.rules == tuple(each.rule for each in rules)
    assert document.sha256 == adopted.sha256


def test_a_document_is_adopted_once():
    document = parse(TEXT, "t1.toml")
    adopted = given(RUIAN_ENTERED, rules=Rulebook()).when(
        AdoptRegulation(document=document), on=date(2025, 3, 2)
    )
    given(RUIAN_ENTERED, adopted.facts[0]).when(
        AdoptRegulation(document=document), on=date(2025, 3, 3)
    ).refused(AlreadyAdopted, field="document")


def test_a_rule_id_is_used_once_over_all_documents():
    clash = parse(with_('id = "T1-01"', 'id = "ZJ24-13"'), "t1.toml")
    given(RUIAN_ENTERED).when(AdoptRegulation(document=clash), on=date(2025, 3, 2)).refused(
        AlreadyAdopted, field="ZJ24-13"
    )


def test_the_authority_of_the_place_adopts():
    document = parse(TEXT, "t1.toml")
    given().when(
        AdoptRegulation(document=document), on=date(2025, 3, 2), by=asker_for(PROVINCE)
    ).refused(OutsideScope)


WINDOW = row(
    "window",
    scope={"term": "2024H1", "calendar": "REGULAR", "step": "SELECT_R1"},
    parameters={"first": "2024-03-19", "last": "2024-03-26"},
)
OLD = {"number": "测试〔2024〕1号", "year": 2024, "issued": None}


@pytest.mark.parametrize(
    "rule",
    [
        WINDOW | {"since": "2025-01-01"},
        absence() | {"since": "2025-01-01"},
        row("lead-offerings", scope={"term": "2024H1"}, parameters={"offerings_max": 4}),
    ],
    ids=["window", "absence-limit", "lead-offerings"],
)
def test_without_its_day_of_issue_nothing_is_adopted_that_would_put_a_year_in_doubt(rule):
    document = draft(rule, certain_from="2025-01-01", **OLD)
    adopt = AdoptRegulation(document=document)

    given(RUIAN_ENTERED).when(adopt, on=date(2026, 11, 22)).faulted(
        "BAD_DOCUMENT", "document.issued"
    )
    # Of the documents with which a ledger is founded only the year may be known (C-11).
    given(RUIAN_ENTERED).when(adopt, on=date(2026, 11, 22), by=FOUNDER).accepted()


def test_no_rule_that_is_adopted_is_in_doubt_before_its_issue():
    rules = adopted(absence(), absence("T1-02") | {"since": "2026-01-01"}).accepted().facts[1:]

    assert [each.rule.uncertain_from for each in rules] == [None, None]


@pytest.mark.parametrize(
    ("issued", "since", "fits"),
    [
        ("2025-03-01", "2012-01-01", False),
        ("2025-03-01", "2025-02-28", False),
        ("2025-03-01", "2025-03-01", True),
        (None, "2024-12-31", False),
        (None, "2025-01-01", True),
    ],
)
def test_c_33_a_rule_binds_from_the_issue_or_the_year_of_its_document_on(issued, since, fits):
    rule = absence() | {"since": since}

    if fits:
        assert str(draft(rule, issued=issued).rules[0].since) == since
    else:
        assert fault(rule, issued=issued).field == "T1-01.since"


def test_figures_from_outside_the_documents_may_be_older_than_their_source_at_the_province_only():
    old = absence() | {"since": "2012-01-01"}

    assert draft(old, external=True, place="330000").rules[0].since == date(2012, 1, 1)
    assert fault(old, external=True).field == "T1-01.since"
    with pytest.raises(Fault):
        draft(old, place="330000")


LATE = {
    "number": "测试〔2024〕1号",
    "year": 2024,
    "issued": "2024-01-05",
    "certain_from": "2024-02-01",
}
ENTERED_LATE = date(2024, 7, 22)


def late_rules(*earlier):
    """The five documents and the county's tenth, issued in January and entered in July."""
    adopt = AdoptRegulation(document=draft(absence(share_max="1/10"), **LATE))
    answer = given(ENTERED[RUIAN]).when(adopt, on=ENTERED_LATE)
    return Rulebook([*adoption(), *answer.accepted().events])


def test_c_33_what_was_adopted_after_a_class_was_opened_does_not_bind_it():
    rules = late_rules()
    asked = (AbsenceLimit, RUIAN)

    # The fixture class opened on 12 March.
    assert rules.pinned(*asked, date(2024, 3, 12), mode="INTENSIVE").id == "ZJ14-09"
    assert rules.find(*asked, date(2024, 3, 12), mode="INTENSIVE").id == "T1-01"
    assert rules.pinned(*asked, date(2024, 7, 21), mode="INTENSIVE").id == "ZJ14-09"
    assert rules.pinned(*asked, ENTERED_LATE, mode="INTENSIVE").id == "T1-01"
    assert [each.id for each in rules.pinned_all(*asked, OPENS, mode="INTENSIVE")] == ["ZJ14-09"]


def test_c_33_a_class_keeps_its_fifth_when_it_is_settled_and_when_a_correction_settles_it_anew():
    opened, *rest = completing.past("90", "12")
    opened = on(date(2024, 3, 12), opened)
    settled = given(opened, *rest, rules=late_rules()).when(completing.SETTLE, on=ENTERED_LATE)
    settled.then(completing.granted("90", "12", "78"))

    person, same, *more = correcting.past("12", correcting.granted("12"))
    story = (person, on(date(2024, 3, 12), same), *more)
    anew = given(*story, rules=late_rules()).when(correcting.correct("3.5"), on=ENTERED_LATE)
    assert not any(isinstance(each, CompletionDenied) for each in anew.accepted().facts)


def test_a_class_that_is_opened_after_the_adoption_is_bound_by_it():
    opened, *rest = completing.past("90", "12")
    late = given(on(ENTERED_LATE, opened), *rest, rules=late_rules())

    denied = late.when(completing.SETTLE, on=ENTERED_LATE).facts
    assert [each.rules for each in denied] == [("T1-01",)]
