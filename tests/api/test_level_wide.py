"""A place too wide for one list over HTTP: opened level by level, each request doing its share."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ledger.names import JurisdictionId
from projections.level_tree import Trees
from tests.api.test_level import town
from tests.cast import PROVINCE, RUIAN, WENZHOU
from tests.closing import HOME, NAME, YUEQING, bureau
from tests.server import Served

__all__ = ["town"]
SUMS = (
    "query($of: ID!, $asOf: AsOf) { levels(of: $of, year: 2023, asOf: $asOf) { position sha256 "
    "level { of digest totals { teachers credits } parts { of digest totals { teachers credits } "
    "parts { of digest parts { of } } } } } }"
)
LISTED = "query($of: ID!) { levels(of: $of, year: 2023) { teachers { totalCount } } }"
COMPARE = (
    "query($of: ID!, $one: LevelSide!) { compareLevels(of: $of, year: 2023, one: $one) { agrees "
    "way { of } teachers { edges { node { teacher } } } } }"
)


@pytest.fixture
def wide(town: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The same province, where one list holds two teachers and a request sums up some counties."""
    monkeypatch.setattr("schema.level.TEACHERS_MAX", 2)
    trees = Trees(town.house.reader, town.house.rules)
    monkeypatch.setattr(trees, "at", partial(trees.at, share=40))
    monkeypatch.setattr(town.house, "trees", trees)
    monkeypatch.setattr(
        town.house, "levels", type(town.house.levels)(town.house.reader, town.house.rules)
    )
    return town


def opened(served: Served, of: str, position: int) -> tuple[Any, list[str]]:
    """The levels of a place, asked for until all of it is summed up; and what was said before."""
    said: list[str] = []
    party = bureau(served, PROVINCE)
    while True:
        response = party.post(SUMS, of=of, asOf={"position": position}).json()
        if not response.get("errors"):
            return response["data"]["levels"], said
        [error] = response["errors"]
        assert error["extensions"]["code"] == "STILL_SUMMING", error
        assert str(position) in error["message"]
        said.append(error["message"])
        assert len(said) == len({*said}) < 50, "every request does its share"


def test_a_wide_place_is_summed_up_step_by_step_to_the_very_same_sums_and_hashes(
    town: Served, request: pytest.FixtureRequest
) -> None:
    position = town.head
    narrow = bureau(town, PROVINCE).ask(SUMS, of=PROVINCE, asOf={"position": position})["levels"]
    wide: Served = request.getfixturevalue("wide")
    found, said = opened(wide, PROVINCE, position)

    assert len(said) >= 1
    assert (found["sha256"], narrow["sha256"] is None) == (None, False)
    for name in ("of", "digest", "totals"):
        assert found["level"][name] == narrow["level"][name]
    assert found["level"]["parts"][0]["parts"] == [
        {**part, "parts": []} for part in narrow["level"]["parts"][0]["parts"]
    ]
    again, nothing = opened(wide, PROVINCE, position)
    assert (again, nothing) == (found, [])


def test_it_is_opened_from_province_to_city_to_county_to_school(wide: Served) -> None:
    position = wide.head
    of, seen = str(PROVINCE), []
    while not of.startswith("school:"):
        level = opened(wide, of, position)[0]["level"]
        seen.append((of, level["totals"]["teachers"]))
        parts = {each["of"]: each for each in level["parts"]}
        below = next(each for each in (WENZHOU, RUIAN, YUEQING, HOME) if each in parts)
        inner = opened(wide, below, position)[0]["level"]
        assert (inner["digest"], inner["totals"]) == (
            parts[below]["digest"],
            parts[below]["totals"],
        )
        of = str(below)

    assert [name for name, _ in seen] == [PROVINCE, WENZHOU, RUIAN]
    assert seen[0][1] == seen[1][1] == 4


def test_the_teachers_of_a_wide_place_are_listed_by_its_parts_only(wide: Served) -> None:
    opened(wide, PROVINCE, wide.head)
    [said] = bureau(wide, PROVINCE).errors(LISTED, of=PROVINCE)

    assert said["code"] == "TOO_WIDE"
    assert bureau(wide).ask(LISTED, of=HOME)["levels"]["teachers"]["totalCount"] == 2


def test_two_sides_of_a_wide_place_are_compared_as_deep_as_they_are_told(wide: Served) -> None:
    query = "query($id: ID!) { signOff(id: $id) { signedPosition } }"
    before = bureau(wide).ask(query, id=NAME)["signOff"]["signedPosition"]
    for position in (before, wide.head):
        opened(wide, PROVINCE, position)
    party, one = bureau(wide, PROVINCE), {"asOf": {"position": before}}
    found = party.ask(COMPARE, of=PROVINCE, one=one)["compareLevels"]

    assert found["agrees"] is False
    assert [each["of"] for each in found["way"]] == [PROVINCE, WENZHOU, RUIAN]
    assert found["teachers"]["edges"] == []
    school = party.ask(COMPARE, of=HOME, one=one)["compareLevels"]
    assert len(school["teachers"]["edges"]) == 2


def test_what_is_kept_of_wide_places_is_bounded(
    wide: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.level_tree.KEPT_SCHOOLS_MAX", 1)
    trees = wide.house.trees
    for position in (wide.head - 1, wide.head):
        opened(wide, PROVINCE, position)
    kept = {position for _, _, position in trees._held}

    assert kept == {wide.head}
    assert all(isinstance(place, JurisdictionId) for place, _, _ in trees._held)
