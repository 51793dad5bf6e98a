"""Commands: gates asked and reported, scope, and refusals told together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from ledger.command import (
    Ask,
    Asker,
    Command,
    OutsideScope,
    Refusals,
    Refused,
    Role,
    Selector,
    about,
    settle,
)
from ledger.event import Event
from ledger.finding import FindingMade, Outcome
from ledger.names import JurisdictionId, Name
from ledger.regulation import InForce
from ledger.statement import Carried
from ledger.term import TermOpened
from tests.cast import COUNTY_SCHOOL, H1_2024, HANGZHOU, LIN, PROVINCE, RUIAN, WENZHOU
from tests.given import all_rules, asker_for

DAY = date(2024, 3, 8)
FACT = TermOpened(term=H1_2024, title="x")


class TooLoud(Refused):
    """Only for these tests."""


@dataclass(kw_only=True)
class Sing(Command):
    """A command with one gate per rule, only for these tests."""

    rules: tuple[tuple[str, bool], ...] = ()
    stops: bool = False
    place: JurisdictionId | None = RUIAN

    def boundary(self) -> list[Selector]:
        return [about(H1_2024, of=[TermOpened])]

    def authority(self) -> Name | None:
        return self.place

    def decide(self) -> Iterator[Event]:
        for rule, certain in self.rules:
            found = all_rules().rules[rule]
            in_force = InForce(found, Carried(), certain=certain)
            yield from self.gate(TooLoud(zh="太响", en="too loud", rule=in_force), LIN)
        yield from self.gate(None)
        yield FACT
        if self.stops:
            raise TooLoud(zh="停", en="stop")


def ask(command, *, by=None, reported=False):
    asked = replace(command)
    source = "other-system/1" if reported else None
    asker = by or asker_for(RUIAN)
    asked.ask = Ask(on=DAY, asker=asker, rules=all_rules(), source=source)
    return settle(asked)


def test_a_gate_that_passes_says_nothing():
    assert ask(Sing()) == [FACT]


def test_gates_that_fail_are_told_together_with_what_stopped_the_command():
    with pytest.raises(Refusals) as caught:
        ask(Sing(rules=(("ZJ24-13", True), ("ZJ24-18", True)), stops=True))

    ids = [each.rule.id if each.rule else None for each in caught.value.refusals]
    assert ids == ["ZJ24-13", "ZJ24-18", None]


def test_a_reported_fact_is_kept_first_and_each_gate_becomes_a_violation():
    fact, one, two = ask(Sing(rules=(("ZJ24-13", True), ("ZJ14-09", True))), reported=True)

    assert fact == FACT
    assert [one.rule, two.rule] == ["ZJ24-13", "ZJ14-09"]
    assert {Outcome.VIOLATION} == {one.outcome, two.outcome}
    assert two.citation == "浙教办师〔2014〕14号 §三"


def test_what_makes_no_sense_is_refused_even_when_reported():
    with pytest.raises(Refusals):
        ask(Sing(stops=True), reported=True)


@pytest.mark.parametrize("reported", [False, True])
def test_a_rule_that_is_not_certainly_in_force_refuses_nothing_and_stays_undecided(reported):
    fact, finding = ask(Sing(rules=(("ZJ14-09", False),)), reported=reported)

    assert fact == FACT
    assert isinstance(finding, FindingMade)
    assert finding.outcome == Outcome.INDETERMINATE


def who(role, scope):
    return Asker(actor="staff:x", role=role, scope=scope)


@pytest.mark.parametrize(
    ("asker", "reported", "place", "accepted"),
    [
        (who(Role.BUREAU, RUIAN), False, RUIAN, True),
        (who(Role.BUREAU, WENZHOU), False, RUIAN, False),
        (who(Role.BUREAU, PROVINCE), False, RUIAN, False),
        (who(Role.OPERATOR, COUNTY_SCHOOL), False, RUIAN, True),
        (who(Role.OPERATOR, COUNTY_SCHOOL), False, None, True),
        (who(Role.BUREAU, PROVINCE), False, None, False),
        (who(Role.INTEGRATOR, RUIAN), True, RUIAN, True),
        (who(Role.INTEGRATOR, WENZHOU), True, RUIAN, True),
        (who(Role.INTEGRATOR, PROVINCE), True, RUIAN, True),
        (who(Role.INTEGRATOR, HANGZHOU), True, RUIAN, False),
        (who(Role.INTEGRATOR, RUIAN), True, WENZHOU, False),
        (who(Role.INTEGRATOR, PROVINCE), False, RUIAN, False),
        (who(Role.INTEGRATOR, PROVINCE), True, None, False),
        (who(Role.INTEGRATOR, COUNTY_SCHOOL), True, RUIAN, False),
        (who(Role.AUDITOR, PROVINCE), True, RUIAN, False),
    ],
)
def test_who_may_decide(asker, reported, place, accepted):
    command = Sing(place=place)
    if accepted:
        assert ask(command, by=asker, reported=reported) == [FACT]
        return
    with pytest.raises(Refusals) as caught:
        ask(command, by=asker, reported=reported)
    assert [OutsideScope] == [type(each) for each in caught.value.refusals]


def test_the_code_of_a_refusal_is_its_class_name():
    assert TooLoud(zh="", en="").code == "TOO_LOUD"
    assert OutsideScope(zh="", en="").code == "OUTSIDE_SCOPE"


def test_a_selector_wants_one_of_its_types_and_all_of_its_tags():
    selector = about(LIN, H1_2024, of=[TermOpened])

    assert selector.selects("term.opened", ("teacher:lin", "term:2024H1", "x:y"))
    assert not selector.selects("term.opened", ("teacher:lin",))
    assert not selector.selects("order.submitted", ("teacher:lin", "term:2024H1"))


def test_a_fresh_copy_of_a_command_has_learned_nothing():
    command = Sing(rules=(("ZJ24-13", True),))
    with pytest.raises(Refusals):
        ask(command)

    assert replace(command)._refusals == []
    assert command._refusals == []
