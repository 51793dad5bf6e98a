"""Candidates: which level a plan has, and when its half-year ends."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.candidate import Candidate, last_day
from ledger.names import TermId
from ledger.plan import Audience
from tests import cast
from tests.cast import H1_2024, PROVINCE, RUIAN, WENZHOU


@pytest.mark.parametrize(
    ("term", "day"),
    [
        ("2023H2", date(2023, 12, 31)),
        ("2024H1", date(2024, 6, 30)),
        ("spring-2024", None),
        ("2024H3", None),
    ],
)
def test_a_half_year_ends_with_june_or_december(term, day):
    assert last_day(TermId(f"term:{term}")) == day


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
