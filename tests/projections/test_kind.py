"""The list of rule kinds: what whoever writes a draft has to know."""

from __future__ import annotations

from ledger.kind import KINDS
from projections.kind import rule_kinds


def test_every_kind_is_listed_with_what_it_does():
    found = rule_kinds()

    assert [each.kind for each in found] == sorted(KINDS)
    assert all(each.zh and each.en for each in found)


def test_a_parameter_says_how_it_is_written_and_which_end_is_laxer():
    kinds = {each.kind: each for each in rule_kinds()}
    [hours, share] = kinds["absence-limit"].parameters
    [exempt] = kinds["accommodation-avoided"].parameters

    assert (hours.written, hours.required, hours.laxer) == ('"17.5"', True, "MORE")
    assert (share.written, share.laxer) == ('"1/5"', "MORE")
    assert kinds["absence-limit"].scope == ("mode",)
    assert exempt.words == ("SELF_SELECTED", "MANDATED")
    assert kinds["mandate-disguised"].parameters[0].words == ("SELF_SELECTED", "MANDATED")
    assert kinds["project-quota"].provincial
    assert {each.laxer for each in kinds["major-change"].parameters} == {"BESIDE"}
    assert {each.laxer for each in kinds["order-channel"].parameters} == {"OTHER"}
