"""Gates other than windows, both ways: refused when asked, a ``VIOLATION`` when reported.

Every rule whose ``use`` is ``gate`` has a story here or is a window of ``test_gates``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from ledger.accreditation import ProviderAccredited
from ledger.admission import ConfirmEnrollment
from ledger.command import Command
from ledger.completion import TrainingTerminated
from ledger.finding import Outcome
from ledger.names import JurisdictionId, TermId
from ledger.oversight import Body
from ledger.plan import Audience, Mode, Plan
from ledger.response import RespondToOrder
from ledger.selection import SelectOffering
from tests import cast
from tests.cast import (
    COUNTY_SCHOOL,
    DISTANCE,
    H1_2024,
    H2_2019,
    H2_2020,
    LIN,
    NORMAL_UNIVERSITY,
    OFFERING,
    ORDER,
    PROVINCE,
    RUIAN,
    SCHOOL,
)
from tests.given import Given, given, on
from tests.ledger import test_completion, test_credit, test_oversight, test_redating, test_removal
from tests.ledger.test_declaration import DECLARE
from tests.ledger.test_gates import GATES, NO_BARRIER, WINDOWS
from tests.ledger.test_order import SUBMIT

Story = tuple[Given, Command, date]
DAYS = {H2_2019: date(2019, 6, 20), H2_2020: date(2020, 7, 20), H1_2024: date(2024, 3, 8)}


def declares(
    plan: Plan | None = None,
    *,
    host: ProviderAccredited | None = None,
    term: TermId = H1_2024,
    place: JurisdictionId = RUIAN,
    offerings: int = 1,
    past: tuple[object, ...] = (),
) -> Story:
    """A declaration within its window."""
    host = host or cast.accredited()
    command = replace(
        DECLARE,
        provider=host.provider,
        place=place,
        term=term,
        plan=plan or cast.plan(),
        offerings=offerings,
    )
    story = given(cast.trained(), cast.term(term), host, *past)
    return story, command, DAYS[term]


def one_more(host: ProviderAccredited, count: int, term: TermId = H1_2024) -> Story:
    """One project for the province beyond so many."""
    plan = cast.plan(mode=Mode.DISTANCE, audience=Audience.PROVINCE)
    past = cast.projects(count, provider=host.provider, term=term)
    return declares(plan, host=host, place=PROVINCE, term=term, past=tuple(past))


def second_round(term: TermId, day: date, *first: object) -> Story:
    """A choice in round two."""
    past = given(cast.registered(), cast.opened(term=term), *first)
    return past, SelectOffering(teacher=LIN, offering=OFFERING), day


def skipping(term: TermId, chosen: date, day: date) -> Story:
    """A provider's review without the school's."""
    past = given(cast.opened(term=term), on(chosen, cast.selected(term=term)))
    return past, ConfirmEnrollment(teacher=LIN, offering=OFFERING, admitted=True), day


def refused_first() -> Story:
    chosen = cast.selected(term=H2_2019, offering=cast.OTHER_OFFERING)
    refused = cast.passed(term=H2_2019, offering=cast.OTHER_OFFERING, passed=False)
    return second_round(H2_2019, date(2019, 9, 15), on(date(2019, 9, 1), chosen, refused))


def credits_denied() -> Story:
    past = test_credit.past(cast.plan(90), test_credit.DENIED)
    return given(past), test_credit.AWARD, test_credit.DAY


def credits_ended() -> Story:
    ended = TrainingTerminated(
        teacher=LIN,
        offering=OFFERING,
        school=SCHOOL,
        provider=COUNTY_SCHOOL,
        day=cast.OPENS,
        rules=("ZJ14-10",),
    )
    return given(test_credit.past(cast.plan(), ended)), test_credit.AWARD, test_credit.DAY


def responds(host: ProviderAccredited, *intended: object) -> Story:
    order = cast.ordered(intended=intended)
    answer = RespondToOrder(order=ORDER, provider=host.provider, proposal="方案")
    return given(order, host), answer, date(2024, 3, 12)


def wide_offline() -> Story:
    plan = cast.plan(mode=Mode.INTENSIVE, audience=Audience.PROVINCE)
    return declares(plan, host=cast.distance_provider(), place=PROVINCE, term=H2_2020)


def removes() -> Story:
    past = given(cast.term(test_removal.H1_2020), test_removal.declared(mode=Mode.DISTANCE))
    command = replace(test_removal.REMOVE, projects=(cast.PROJECT,))
    return past, command, test_removal.DAY


def redates() -> Story:
    late = test_redating.redate(date(2020, 9, 1))
    return given(test_redating.opened(), test_redating.PASSED), late, test_redating.DAY


def inspects() -> Story:
    check = replace(test_oversight.CHECK, place=PROVINCE, body=Body.PROVINCIAL_CENTRE, account="")
    return given(cast.jurisdiction(PROVINCE), cast.declared()), check, test_oversight.DAY


def settles(missed: str, *, completed: bool) -> Story:
    """An outcome that is told against the hours that were missed."""
    command = replace(test_completion.SETTLE, completed=completed)
    return given(test_completion.past("90", missed)), command, test_completion.END


LONG = cast.plan(90, assessment=True, segments=3)
BLENDED = cast.plan(90, mode=Mode.BLENDED, online=28, assessment=True)
NEW = date(2023, 6, 1)
STORIES: dict[str, Callable[[], Story]] = {
    "RA19-24": refused_first,
    "RA19-25": lambda: skipping(H2_2019, date(2019, 9, 1), date(2019, 9, 13)),
    "ZJ14-09": credits_denied,
    "ZJ14-10": credits_ended,
    "ZJ14-29": lambda: declares(LONG, term=H2_2019),
    "ZJ20-04": wide_offline,
    "ZJ20-11": redates,
    "ZJ20-12": removes,
    "ZJ20-13": wide_offline,
    "ZJ20-14": lambda: one_more(cast.distance_provider(), 50, H2_2020),
    "ZJ20-22": lambda: second_round(H2_2020, date(2020, 9, 13)),
    "ZJ20-23": lambda: skipping(H2_2020, date(2020, 9, 1), date(2020, 9, 10)),
    "ZJ24-01": lambda: one_more(cast.normal_university(), 40),
    "ZJ24-02": lambda: one_more(cast.university(), 25),
    "ZJ24-03": lambda: one_more(cast.distance_provider(), 35),
    "ZJ24-05": lambda: one_more(cast.university(NEW), 5),
    "ZJ24-06": lambda: responds(cast.university(NEW)),
    "ZJ24-23": lambda: second_round(H1_2024, date(2024, 3, 31)),
    "ZJ24-24": lambda: skipping(H1_2024, date(2024, 3, 20), date(2024, 3, 30)),
    "ZJ24-38": lambda: responds(cast.accredited()),
    "ZJ24-39": lambda: responds(cast.university(), NORMAL_UNIVERSITY),
    "ZJ24-40": lambda: (
        given(cast.trained(), cast.term()),
        replace(SUBMIT, aims="学" * 201),
        date(2024, 3, 8),
    ),
    "ZJ24-50": lambda: declares(cast.plan(subject="MUSIC")),
    "ZJ24-54": lambda: declares(offerings=5),
    "ZJ24-55": lambda: declares(
        past=(cast.declared(cast.ProjectId("project:x"), provider=DISTANCE),)
    ),
    "ZJ24-72": lambda: declares(BLENDED, host=cast.accredited(blended=True)),
    "ZJ24-73": lambda: declares(cast.plan(mode=Mode.BLENDED)),
    "ZJ24-92": inspects,
}


# A gate may have more stories than one.
FURTHER: list[tuple[str, Callable[[], Story]]] = [
    ("ZJ14-09", lambda: settles("18.5", completed=True)),
    ("ZJ14-09", lambda: settles("18", completed=False)),
]


def test_every_gate_has_its_story():
    assert set(STORIES) | set(WINDOWS) | NO_BARRIER == set(GATES)


@pytest.mark.parametrize(("name", "story"), [*STORIES.items(), *FURTHER])
def test_a_gate_refuses_what_is_asked_and_finds_what_is_reported(name, story):
    past, command, day = story()
    asked = past.when(command, on=day)
    told = past.when(command, on=day, reported=True)

    assert asked.fault is None
    assert asked.events == ()
    assert name in [each.rule.id for each in asked.refusals if each.rule]
    told.found(name, Outcome.VIOLATION)
    assert told.refusals == ()
