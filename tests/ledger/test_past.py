"""Past: what the ledger has just so, has otherwise, and has not."""

from __future__ import annotations

from datetime import date

from ledger.milestone import Milestone
from ledger.past import Past
from tests import cast
from tests.cast import HANGZHOU, LIN, OFFERING, RUIAN, WENZHOU
from tests.ledger.test_result_sheet import entry

ON, LATER = date(2024, 3, 1), date(2024, 3, 2)


def past() -> Past:
    made = Past()
    for at, event in enumerate([cast.opened(), *cast.enrolled(), cast.completed()], start=1):
        made.learn(entry(event, at))
        made.learn(entry(event, at))
    return made


def test_a_step_is_held_just_so_otherwise_or_not_at_all():
    key = (Milestone.COMPLETION, OFFERING, LIN)
    assert past().against(key, ON, (True,)) is True
    assert past().against(key, ON, (False,)) == ("2024-03-01 True", "2024-03-01 False")
    assert past().against(key, LATER, (True,)) == ("2024-03-01 True", "2024-03-02 True")
    assert past().against((Milestone.AWARD, OFFERING, LIN), ON, ()) is False


def test_of_the_classes_of_other_places_nothing_is_known():
    key = (Milestone.COMPLETION, OFFERING, LIN)
    assert past().within(RUIAN).against(key, ON, (True,)) is True
    assert past().within(WENZHOU).against(key, ON, (True,)) is True
    assert past().within(HANGZHOU).against(key, ON, (False,)) is False
    assert past().within(HANGZHOU).books == {}


def test_a_choice_may_be_told_anew():
    assert past().against((Milestone.SELECTION, OFFERING, LIN), LATER, ()) is False


def test_an_event_that_two_names_lead_to_is_taken_in_once():
    assert len(past().steps[Milestone.OPENING, OFFERING]) == 1
