"""Requirements: what they say of the rule that they stand on."""

from __future__ import annotations

from datetime import date

from ledger.cycle import CycleTotal
from ledger.requirement import cited
from ledger.structure import SchoolBasedCap
from tests.cast import RUIAN
from tests.given import all_rules, rules_with_preset


def test_a_requirement_names_its_rule_and_what_chose_it():
    rule = all_rules().find(CycleTotal, RUIAN, date(2024, 3, 6))
    said = cited(rule)

    assert ("RA19-01", RUIAN, date(2024, 3, 6)) == (
        said["rule"],
        said["chosen_for"],
        said["chosen_on"],
    )
    assert (said["certain"], said["external"]) == (True, False)


def test_a_rule_from_outside_the_documents_is_marked():
    rule = rules_with_preset().find(SchoolBasedCap, RUIAN, date(2024, 3, 5))

    assert cited(rule)["external"]
