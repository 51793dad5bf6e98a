"""Worked cases of a school's shares (4.3) over HTTP: W-075 to W-081, and what lies around them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ledger.command import Role
from tests import cast
from tests.api.teller import Story, Teller, telling
from tests.api.transcript import CITED
from tests.cast import RUIAN, WENZHOU
from tests.server import spoken

TODAY, ENTERED = date(2026, 1, 15), date(2019, 9, 1)
INDICATORS = """
query($of: ID!, $year: Int, $term: ID, $code: [IndicatorCode!], $asOf: AsOf, $at: Position) {
  indicators(of: $of, year: $year, term: $term, code: $code, asOf: $asOf, atLeast: $at) {
    code numerator denominator value needed judged result rule citation certain unsaid zh en
    parts(first: 200) { totalCount edges { node { key numerator denominator positions } } }
  }
}
"""
OBLIGATIONS = """
query($year: Int!, $school: ID, $place: ID, $asOf: AsOf, $at: Position) {
  obligations(year: $year, school: $school, place: $place, asOf: $asOf, atLeast: $at) {
    code result needed had rule citation certain term zh en
  }
}
"""


@pytest.fixture(scope="module")
def teller(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Teller]:
    folder = tmp_path_factory.mktemp("schools")
    with telling(postgres_url, founded_template, folder, TODAY) as told:
        yield told


def measured(story: Story, code: str, **period: Any) -> tuple[Any, ...]:
    """An indicator of the school, whose parts add up to it and open down to entries."""
    [found] = story.teller.ask(INDICATORS, of=story.school, code=[code], **period)["indicators"]
    spoken({"code": code, "zh": found["zh"], "en": found["en"]})
    assert found["certain"] and found["citation"] == CITED[found["rule"]]
    nodes = [edge["node"] for edge in found["parts"]["edges"]]
    assert found["parts"]["totalCount"] == len(nodes)
    assert sum(int(each["numerator"]) for each in nodes) == int(found["numerator"])
    assert sum(each["denominator"] for each in nodes) == found["denominator"]
    assert all(each["positions"] for each in nodes if each["numerator"] != "0")
    share = (int(found["numerator"]), found["denominator"])
    if share[1]:
        assert Fraction(found["value"]) == Fraction(*share)
    return (*share, found["judged"], found["needed"], found["result"], found["rule"])


def obliged(story: Story, code: str, year: int, term: str | None = None) -> tuple[Any, ...]:
    """What is asked of the school for a year."""
    held = story.teller.ask(OBLIGATIONS, year=year, school=story.school)["obligations"]
    [found] = [each for each in held if each["code"] == code and each["term"] == term]
    spoken({"code": code, "zh": found["zh"], "en": found["en"]})
    assert found["certain"] and found["citation"] == CITED[found["rule"]]
    return tuple(found[name] for name in ("result", "had", "needed", "rule"))


def complete(story: Story, teachers: list[str], closes: date) -> None:
    """So many complete a restricted elective of 90 credits."""
    plan = cast.plan(90, restricted_elective=True)
    offering = story.opened(plan, closes, seats=len(teachers))
    story.admits(teachers, offering, closes.replace(day=1, month=closes.month - 1))
    story.settles(teachers, offering, closes)


@pytest.mark.parametrize(("done", "result"), [(21, "MET"), (20, "NOT_MET")])
def test_w_075_twenty_one_in_a_hundred_complete(teller: Teller, done: int, result: str) -> None:
    story = teller.story(f"W-075-{done}")
    complete(story, story.teachers(100, ENTERED)[:done], date(2024, 6, 1))
    rate = str(Fraction(done, 100))

    told = measured(story, "COMPLETED_SHARE", year=2024)
    assert told == (done, 100, rate, "21/100", result, "RA19-04")
    assert obliged(story, "COMPLETED_SHARE", 2024) == (result, rate, "21/100", "RA19-04")


@pytest.mark.parametrize(("sent", "result"), [(20, "MET"), (19, "NOT_MET")])
def test_w_076_a_fifth_is_sent(teller: Teller, sent: int, result: str) -> None:
    story = teller.story(f"W-076-{sent}", WENZHOU)
    teachers = story.teachers(100, ENTERED)
    offering = story.opened(cast.plan(90), date(2024, 6, 1), seats=sent)
    story.admits(teachers[:sent], offering, date(2024, 4, 10))

    told = measured(story, "SENT_SHARE", year=2024)
    assert told == (sent, 100, None, "1/5", result, "WZ12-04")
    assert obliged(story, "SENT_SHARE", 2024) == (result, str(sent), "1/5 × 100", "WZ12-04")


def test_w_078_three_of_fourteen_are_enough(teller: Teller) -> None:
    story = teller.story("W-078")
    complete(story, story.teachers(14, ENTERED)[:3], date(2024, 6, 1))

    told = measured(story, "COMPLETED_SHARE", year=2024)
    assert told == (3, 14, "3/14", "21/100", "MET", "RA19-04")
    assert obliged(story, "COMPLETED_SHARE", 2024) == ("MET", "3/14", "21/100", "RA19-04")


def test_w_079_the_rates_of_two_years_are_averaged(teller: Teller) -> None:
    story = teller.story("W-079")
    teachers = story.teachers(100, ENTERED)
    complete(story, teachers[:25], date(2024, 6, 1))
    complete(story, teachers[25:42], date(2025, 6, 1))

    first, second = (measured(story, "COMPLETED_SHARE", year=each) for each in (2024, 2025))
    assert first == (25, 100, "1/4", "21/100", "MET", "RA19-04")
    assert second == (17, 100, "21/100", "21/100", "MET", "RA19-04")
    assert obliged(story, "COMPLETED_SHARE", 2025) == ("MET", "21/100", "21/100", "RA19-04")


def test_w_081_without_long_choices_nothing_is_matched(teller: Teller) -> None:
    story = teller.story("W-081")
    [lin, _] = story.teachers(2, ENTERED)
    story.reads(lin, 89, date(2024, 6, 1))

    told = measured(story, "MATCH_SHARE", term="term:2024H1")
    assert told == (0, 0, None, "3/4", "NOT_APPLICABLE", "RA19-05")
    asked = obliged(story, "MATCH_SHARE", 2024, "term:2024H1")
    assert asked == ("NOT_APPLICABLE", "0", "3/4 × 0", "RA19-05")


def test_a_neighbour_is_told_none_of_it(teller: Teller) -> None:
    story = teller.story("W-075-seen")
    asked = {"of": story.school, "year": 2024, "at": teller.served.head}

    def seen(role: Role, scope: str) -> bool:
        return bool(teller.party(role, scope).ask(INDICATORS, **asked)["indicators"])

    assert seen(Role.SCHOOL, story.school) and seen(Role.BUREAU, RUIAN)
    assert not seen(Role.SCHOOL, "school:w-078")
    assert not seen(Role.BUREAU, "jurisdiction:330382")
    assert not seen(Role.PROVIDER, story.provider)


def test_all_that_was_told_is_told_again_rebuilt_and_as_of_its_moment(teller: Teller) -> None:
    teller.tells_again()
