"""Candidates: which level a plan has, and as what it is held."""

from __future__ import annotations

import pytest

from ledger.candidate import Candidate
from ledger.plan import Audience, Mode
from tests import cast
from tests.cast import H1_2024, PROVINCE, RUIAN, WENZHOU


@pytest.mark.parametrize(
    ("place", "audience", "level"),
    [
        (RUIAN, Audience.LOCAL, "COUNTY"),
        (WENZHOU, Audience.LOCAL, "CITY"),
        (PROVINCE, Audience.LOCAL, "PROVINCE"),
        (RUIAN, Audience.PROVINCE, "PROVINCE"),
    ],
)
def test_a_project_for_the_province_is_of_its_level_wherever_it_is_reviewed(place, audience, level):
    candidate = Candidate(
        command=None,  # type: ignore[arg-type]  # the level asks nothing of it
        plan=cast.plan(audience=audience),
        host=cast.accredited(),
        lead=cast.lead(),
        place=place,
        term=H1_2024,
    )

    assert candidate.level == level
    assert (candidate.audience is Audience.PROVINCE) == (level == "PROVINCE")


@pytest.mark.parametrize(
    ("mode", "online", "held_as"),
    [
        (Mode.INTENSIVE, 0, Mode.INTENSIVE),
        (Mode.INTENSIVE, 1, Mode.BLENDED),
        (Mode.INTENSIVE, 24, Mode.BLENDED),
        (Mode.DISTANCE, 0, Mode.DISTANCE),
        (Mode.DISTANCE, 1, Mode.BLENDED),
        (Mode.DISTANCE, 24, Mode.DISTANCE),
        (Mode.BLENDED, 0, Mode.BLENDED),
    ],
)
def test_a_plan_is_held_as_what_its_credits_say(mode, online, held_as):
    candidate = Candidate(
        command=None,  # type: ignore[arg-type]  # the mode asks nothing of it
        plan=cast.plan(24, mode=mode, online=online),
        host=cast.accredited(),
        lead=cast.lead(),
        place=RUIAN,
        term=H1_2024,
    )

    assert candidate.held_as is held_as
