"""Every gate both ways: asked, it refuses; reported, the fact stands beside a ``VIOLATION``.

The rules are those whose ``use`` is ``gate`` in the documents; a gate without a story fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.admission import ConfirmEnrollment
from ledger.command import Command
from ledger.enrollment import ReviewSelection
from ledger.expansion import DecideExpansion, RequestExpansion
from ledger.finding import Outcome
from ledger.names import TermId
from ledger.offering import ExpansionRequested
from ledger.regulation import Rule
from ledger.response import AwardOrder, RespondToOrder
from ledger.review import ReviewProject
from ledger.selection import SelectOffering
from ledger.term import Calendar, Phase, WindowClosed, window
from tests import cast
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, ORDER, PROJECT, RUIAN, UNIVERSITY
from tests.given import Given, all_rules, given, on
from tests.ledger.test_declaration import DECLARE, ORDERED
from tests.ledger.test_order import SUBMIT

GATES = {rule.id: rule for rule in all_rules().rules.values() if rule.use.value == "gate"}

# The days of order-based enrolment keep the rounds of self-selection (C-23), so the span stops
# nobody by itself; the windows of 2020H2 that no document states stop nobody either (C-10). In the
# days of browsing it is the other way round: inside them nobody may choose.
NO_BARRIER = {"ZJ24-36", "ZJ20-24", "RA19-14"}
WINDOWS = sorted(
    rule.id for rule in GATES.values() if rule.kind == "window" and rule.id not in NO_BARRIER
)
ONE_DAY = timedelta(days=1)

Scene = tuple[Given, Command]


def term_of(rule: Rule) -> TermId:
    return TermId(f"term:{rule.scope['term'][0]}")


def first_round(term: TermId) -> date:
    """A day of the term's first round."""
    found = window(all_rules(), RUIAN, term, Phase.SELECT_R1, Calendar.REGULAR, cast.DAY)
    assert found is not None
    assert found.value.first is not None
    return found.value.first


def declare(term: TermId) -> Scene:
    return given(cast.trained(), cast.term(term), cast.accredited()), replace(DECLARE, term=term)


def review(term: TermId) -> Scene:
    return given(cast.declared(term=term)), ReviewProject(project=PROJECT, approved=True)


def select(term: TermId) -> Scene:
    past = given(cast.registered(), cast.opened(term=term))
    return past, SelectOffering(teacher=LIN, offering=OFFERING)


def select_again(term: TermId) -> Scene:
    chosen = cast.selected(term=term, offering=cast.OTHER_OFFERING)
    passed = cast.passed(term=term, offering=cast.OTHER_OFFERING)
    past = given(cast.registered(), cast.opened(term=term), on(first_round(term), chosen, passed))
    return past, SelectOffering(teacher=LIN, offering=OFFERING)


def school_review(round: int) -> Callable[[TermId], Scene]:
    def scene(term: TermId) -> Scene:
        past = given(cast.opened(term=term), cast.selected(term=term, round=round))
        return past, ReviewSelection(teacher=LIN, offering=OFFERING, passed=True)

    return scene


def provider_review(round: int) -> Callable[[TermId], Scene]:
    def scene(term: TermId) -> Scene:
        chosen = cast.selected(term=term, round=round)
        past = given(cast.opened(term=term), chosen, cast.passed(term=term, round=round))
        return past, ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=True)

    return scene


def request_expansion(term: TermId) -> Scene:
    return given(cast.opened(term=term)), RequestExpansion(offering=OFFERING, seats=60)


def decide_expansion(term: TermId) -> Scene:
    asked = ExpansionRequested(offering=OFFERING, provider=COUNTY_SCHOOL, seats=60)
    return given(cast.opened(term=term), asked), DecideExpansion(offering=OFFERING, approved=True)


def order(term: TermId) -> Scene:
    return given(cast.trained(), cast.term(term)), replace(SUBMIT, term=term)


def respond(term: TermId) -> Scene:
    answer = RespondToOrder(order=ORDER, provider=UNIVERSITY, proposal="方案")
    return given(cast.ordered(term=term), cast.university()), answer


def award(term: TermId) -> Scene:
    past = given(cast.ordered(term=term), cast.responded(), cast.university())
    return past, AwardOrder(order=ORDER, provider=UNIVERSITY, reason="方案最契合")


def declare_order(term: TermId) -> Scene:
    past = given(cast.trained(), cast.term(term), cast.university(), cast.order_awarded())
    return past, replace(ORDERED, term=term)


STEPS: dict[Phase, Callable[[TermId], Scene]] = {
    Phase.DECLARE: declare,
    Phase.REVIEW: review,
    Phase.SELECT_R1: select,
    Phase.SCHOOL_REVIEW_R1: school_review(1),
    Phase.EXPANSION_REQUEST: request_expansion,
    Phase.EXPANSION_DECISION: decide_expansion,
    Phase.PROVIDER_REVIEW_R1: provider_review(1),
    Phase.SELECT_R2: select_again,
    Phase.SCHOOL_REVIEW_R2: school_review(2),
    Phase.PROVIDER_REVIEW_R2: provider_review(2),
    Phase.ORDER_SUBMIT: order,
    Phase.ORDER_RESPOND: respond,
    Phase.ORDER_AWARD: award,
    Phase.ORDER_DECLARE: declare_order,
}


def window_of(rule: Rule) -> tuple[Scene, date, date]:
    """The story of a window's step, and its first and last day."""
    scene = STEPS[Phase(rule.scope["step"][0])](term_of(rule))
    first, last = (date.fromisoformat(str(rule.parameters[each])) for each in ("first", "last"))
    return scene, first, last


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("end", ["first", "last"])
def test_a_step_on_the_first_and_last_day_of_its_window_breaks_no_window(name, end):
    (past, command), first, last = window_of(GATES[name])
    answer = past.when(command, on=first if end == "first" else last)

    assert answer.refusals == ()
    assert [each for each in answer.findings if each.code == "WINDOW_CLOSED"] == []


@pytest.mark.parametrize("name", WINDOWS)
def test_a_step_after_its_window_is_refused_when_asked_and_found_when_reported(name):
    (past, command), _, last = window_of(GATES[name])

    past.when(command, on=last + ONE_DAY).refused(WindowClosed, name, field="on")
    past.when(command, on=last + ONE_DAY, reported=True).found(
        name, Outcome.VIOLATION, WindowClosed
    )


@pytest.mark.parametrize("name", WINDOWS)
def test_a_step_before_its_window_is_refused_when_asked_and_found_when_reported(name):
    rule = GATES[name]
    (past, command), first, _ = window_of(rule)
    if rule.scope["step"][0] == "SELECT_R2":
        # Before round two it is still round one, whose own window is over.
        name = next(
            each
            for each in WINDOWS
            if GATES[each].scope["step"][0] == "SELECT_R1" and term_of(GATES[each]) == term_of(rule)
        )

    past.when(command, on=first - ONE_DAY).refused(WindowClosed, name, field="on")
    past.when(command, on=first - ONE_DAY, reported=True).found(
        name, Outcome.VIOLATION, WindowClosed
    )
