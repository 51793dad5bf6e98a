"""Worked cases of cycle totals, caps and shares (4.3) over HTTP, told in commands from the start.

One server on a day after all of them; each case has a school, a provider and teachers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ledger
from ledger.command import Role
from ledger.plan import Mode, Purpose
from ledger.register import Category
from tests import cast
from tests.api.teller import Teller, telling
from tests.api.transcript import Node, transcript
from tests.cast import PROVINCE, WENZHOU

TODAY = date(2026, 1, 15)
ENTERED, JUDGED, CLOSES = date(2019, 9, 1), date(2024, 3, 31), date(2022, 6, 1)
FIRST_DAY = date(2012, 4, 17)
TOTAL, ONCE, CAP, CYCLE = "CYCLE_TOTAL", "ONCE_INTENSIVE", "SCHOOL_BASED_CAP", "CYCLE"
WHY = """query($teacher: ID!, $offering: ID!, $asOf: AsOf, $at: Position) {
  whyNotCompleted(teacher: $teacher, offering: $offering, asOf: $asOf, atLeast: $at) {
    answer reasons { rule certain zh en evidence } } }"""
PRESET = Path(ledger.__file__).parent / "regulations" / "presets" / "ext16.toml"
ADOPT = """mutation($toml: String!) { adoptRegulation(toml: $toml, requestId: "preset") {
  __typename } }"""


@pytest.fixture(scope="module")
def teller(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Teller]:
    folder = tmp_path_factory.mktemp("cycles")
    with telling(postgres_url, founded_template, folder, TODAY) as told:
        yield told


def test_w_051_thirty_of_a_hundred_and_eighty_from_the_school_do_not_count(teller: Teller) -> None:
    story = teller.story("W-051")
    lin = story.teacher(ENTERED)
    story.home(lin, 180, CLOSES)
    story.reads(lin, 200, CLOSES)
    told = transcript(story, lin, JUDGED)

    assert told.counted == ("NOT_MET", "350", "30")
    assert told.lines == [("2022-06-01", "200", "200"), ("2022-06-01", "180", "150")]
    assert told.node(TOTAL) == Node("NOT_MET", "350", "360", "RA19-01")
    assert told.node(CAP) == Node("MET", "180", "<= 150", "ZJ24-70")
    assert told.uncounted == [("CUT_BY_CAP", "30", "ZJ24-70")]
    assert told.missing(TOTAL) == ("10", "CREDITS", "2024-08-31")


def test_w_052_half_a_credit_above_the_cap_is_cut(teller: Teller) -> None:
    story = teller.story("W-052")
    lin = story.teacher(ENTERED)
    story.home(lin, "150.5", CLOSES)
    told = transcript(story, lin, JUDGED)

    assert told.counted == ("NOT_MET", "150", "0.5")
    assert told.node(CAP) == Node("MET", "150.5", "<= 150", "ZJ24-70")
    assert told.uncounted == [("CUT_BY_CAP", "0.5", "ZJ24-70")]


def test_w_054_under_credits_the_floor_of_the_school_is_advice(teller: Teller) -> None:
    story = teller.story("W-054", WENZHOU)
    lin = story.teacher(date(2021, 1, 1))
    story.home(lin, 100, CLOSES)
    story.trains(lin, 90, CLOSES)
    story.reads(lin, 170, CLOSES)
    told = transcript(story, lin, date(2025, 12, 31))

    assert told.counted == ("MET", "360", "0")
    assert told.node(TOTAL)[:3] == ("MET", "360", "360")
    assert told.node("SCHOOL_BASED_FLOOR") == Node("ADVISORY", "100", "120", "WZ12-02")
    assert [each["decides"] for each in told.nodes("SCHOOL_BASED_FLOOR")] == [False]
    assert told.uncounted == []


def test_w_055_in_hours_the_floor_decides(teller: Teller) -> None:
    story = teller.story("W-055", WENZHOU)
    lin = story.teacher(FIRST_DAY)
    story.trains(lin, 90, date(2014, 6, 1))
    story.reads(lin, 160, date(2015, 6, 1))
    story.home(lin, 119, date(2016, 6, 1))
    told = transcript(story, lin, date(2016, 8, 31))

    assert told.counted == ("NOT_MET", "369", "0")
    assert told.node(TOTAL) == Node("MET", "369", "360", "WZ12-01")
    assert told.node("SCHOOL_BASED_FLOOR") == Node("NOT_MET", "119", "120", "WZ12-02")
    assert told.missing("SCHOOL_BASED_FLOOR") == ("1", "HOURS", "2017-04-16")


@pytest.mark.parametrize(("rest", "result"), [("269.5", "NOT_MET"), (270, "MET")])
def test_w_057_the_total_is_reached_exactly(teller: Teller, rest: Any, result: str) -> None:
    story = teller.story(f"W-057-{result.lower().replace('_', '-')}")
    lin = story.teacher(ENTERED)
    story.trains(lin, 90, CLOSES)
    story.reads(lin, rest, CLOSES)
    told = transcript(story, lin, JUDGED)
    had = "360" if rest == 270 else "359.5"

    assert told.counted == (result, had, "0")
    assert told.node(TOTAL) == Node(result, had, "360", "RA19-01")
    assert told.node(ONCE) == Node("MET", "1", "1", "RA19-03")


def test_w_058_two_short_trainings_are_not_one_long_one(teller: Teller) -> None:
    story = teller.story("W-058")
    lin = story.teacher(ENTERED)
    story.trains(lin, 45, CLOSES)
    story.trains(lin, 45, date(2023, 6, 1))
    story.reads(lin, 310, CLOSES)
    told = transcript(story, lin, JUDGED)

    assert told.counted == ("NOT_MET", "400", "0")
    assert told.node(TOTAL) == Node("MET", "400", "360", "RA19-01")
    assert told.node(ONCE) == Node("NOT_MET", "0", "1", "RA19-03")
    assert told.missing(ONCE) == ("1", "TRAININGS", "2024-08-31")


def test_w_060_a_training_that_was_lost_is_not_the_long_one(teller: Teller) -> None:
    story = teller.story("W-060")
    lin = story.teacher(ENTERED)
    story.reads(lin, 360, CLOSES)
    opens, closes = date(2023, 3, 6), date(2023, 4, 14)
    own = {"teacher": lin, "offering": story.opened(cast.plan(90), closes, opens=opens)}
    story.admits([lin], own["offering"], date(2023, 2, 20))
    story.misses(lin, own["offering"], "18.5", 90, opens)
    story.say("SettleCompletion", on=closes, **own)
    told = transcript(story, lin, JUDGED)
    why = teller.ask(WHY, **own)["whyNotCompleted"]

    assert story.refused("AwardCredit", credit="credit:w-060", **own) == {"ZJ14-09"}
    assert told.counted == ("NOT_MET", "360", "0")
    assert told.node(TOTAL) == Node("MET", "360", "360", "RA19-01")
    assert told.node(ONCE) == Node("NOT_MET", "0", "1", "RA19-03")
    assert told.lines == [("2022-06-01", "360", "360")]
    assert [(each["rule"], each["certain"]) for each in why["reasons"]] == [("ZJ14-09", True)]


def test_w_061_a_base_of_eighty_eight_is_too_short(teller: Teller) -> None:
    story = teller.story("W-061")
    lin = story.teacher(ENTERED)
    story.trains(lin, 88, CLOSES)
    story.reads(lin, 300, CLOSES)
    told = transcript(story, lin, JUDGED)

    assert told.counted == ("NOT_MET", "388", "0")
    assert told.node(TOTAL) == Node("MET", "388", "360", "RA19-01")
    assert told.node(ONCE) == Node("NOT_MET", "0", "1", "RA19-03")


@pytest.mark.parametrize(
    ("hours", "practice", "in_all", "practised"),
    [
        pytest.param("180", "59.5", "MET", "NOT_MET", id="W-063"),
        pytest.param("179.5", "80", "NOT_MET", "MET", id="W-064"),
    ],
)
def test_w_063_and_w_064_a_new_teacher_needs_both(
    teller: Teller, hours: str, practice: str, in_all: str, practised: str
) -> None:
    story = teller.story("W-063" if in_all == "MET" else "W-064")
    lin = story.teacher(ENTERED)
    story.belongs(lin, Category.NEW_TEACHER, ENTERED, date(2020, 8, 31))
    purpose = {"purpose": Purpose.NEW_TEACHER, "practice_hours": practice}
    story.trains(lin, hours, date(2020, 6, 1), **purpose)
    told = transcript(story, lin, JUDGED)

    assert told.node("NEW_TEACHER_HOURS").outcome == "NOT_MET"
    assert told.node("NEW_TEACHER_HOURS").rule == "WZ12-12"
    assert told.node("IN_ALL")[:3] == (in_all, hours, "180")
    assert told.node("PRACTICE")[:3] == (practised, practice, "60")
    assert told.counted == ("NOT_MET", "0", "0")
    assert told.uncounted == [("SPECIAL_TRAINING", hours, "WZ12-13")]


@pytest.mark.parametrize(
    ("last", "result", "had"),
    [
        pytest.param(date(2013, 9, 1), "MET", "300", id="W-066"),
        pytest.param(date(2013, 9, 2), "NOT_MET", "292", id="W-067"),
    ],
)
def test_w_066_and_w_067_a_new_principal_qualifies_within_the_year(
    teller: Teller, last: date, result: str, had: str
) -> None:
    story = teller.story("W-066" if result == "MET" else "W-067")
    wu = qualified(story, last)
    told = transcript(story, wu, date(2013, 12, 1))

    assert told.node("NEW_PRINCIPAL_HOURS").outcome == result
    assert told.node("NEW_PRINCIPAL_HOURS").rule == "WZ12-14"
    assert told.node("IN_ALL")[:3] == (result, had, "300")
    assert told.node("INTENSIVE")[:3] == ("MET", "90", "90")
    assert told.counted[1:] == ("0", "0")


def qualified(story: Any, last: date) -> str:
    """A principal in post since September 2012, with 90, 202 and 8 hours of qualification."""
    wu: str = story.teacher(FIRST_DAY)
    story.belongs(wu, Category.NEW_PRINCIPAL, date(2012, 9, 1))
    own = {"purpose": Purpose.PRINCIPAL_QUALIFICATION}
    story.trains(wu, 90, date(2013, 3, 1), **own)
    story.reads(wu, 202, date(2013, 5, 1), **own)
    story.reads(wu, 8, last, **own)
    return wu


@pytest.mark.parametrize(("hours", "result"), [("119.5", "NOT_MET"), ("120", "MET")])
def test_w_070_a_principal_learns_to_run_a_school(teller: Teller, hours: str, result: str) -> None:
    story = teller.story(f"W-070-{hours.partition('.')[0]}")
    wu = story.teacher(ENTERED)
    story.belongs(wu, Category.PRINCIPAL, ENTERED)
    story.trains(wu, hours, CLOSES, purpose=Purpose.SCHOOL_MANAGEMENT)
    told = transcript(story, wu, JUDGED)

    assert told.node("PRINCIPAL_HOURS") == Node(result, hours, "120", "WZ12-11")
    assert told.counted[1] == hours


@pytest.mark.parametrize(
    ("home", "rest", "year", "own"),
    [
        pytest.param(24, 24, "COMPLIANT", "COMPLIANT", id="both"),
        pytest.param(20, 28, "COMPLIANT", "DEVIATION", id="too-little-at-school"),
        pytest.param(24, 23, "DEVIATION", "COMPLIANT", id="too-little"),
    ],
)
def test_w_072_a_year_has_forty_eight_hours_half_of_them_at_school(
    teller: Teller, home: int, rest: int, year: str, own: str
) -> None:
    story = teller.story(f"W-072-{home}-{rest}", WENZHOU)
    lin = story.teacher(ENTERED)
    story.home(lin, home, CLOSES)
    story.reads(lin, rest, CLOSES)
    told = transcript(story, lin, JUDGED)
    of = {"year": 2022}

    assert told.node("YEARLY_HOURS", **of) == Node(year, str(home + rest), "48", "WZ12-07")
    assert told.node("YEARLY_SCHOOL_BASED", **of) == Node(own, str(home), "24", "WZ12-08")
    assert not any(each["decides"] for each in told.nodes("YEARLY_HOURS"))


def test_w_073_five_years_at_the_norm_are_no_cycle(teller: Teller) -> None:
    story = teller.story("W-073", WENZHOU)
    lin = story.teacher(date(2014, 1, 1))
    for year in range(2014, 2019):
        story.reads(lin, 48, date(year, 6, 1))
    told = transcript(story, lin, date(2018, 12, 31))

    assert told.counted == ("NOT_MET", "240", "0")
    assert told.node(TOTAL) == Node("NOT_MET", "240", "360", "WZ12-01")
    for year in range(2014, 2019):
        assert told.node("YEARLY_HOURS", year=year) == Node("COMPLIANT", "48", "48", "WZ12-07")


@pytest.mark.parametrize(
    ("closes", "counts"), [(date(2023, 12, 31), ("90", "0")), (date(2024, 1, 1), ("0", "90"))]
)
def test_w_082_the_last_day_decides_the_cycle(
    teller: Teller, closes: date, counts: tuple[str, str]
) -> None:
    story = teller.story(f"W-082-{closes.year}")
    lin = story.teacher(date(2019, 1, 1))
    story.trains(lin, 90, closes)
    first, second = (transcript(story, lin, JUDGED, cycle=each) for each in (1, 2))

    assert (first.data["cycleStart"], first.data["cycleEnd"]) == ("2019-01-01", "2024-01-01")
    assert (first.counted[1], second.counted[1]) == counts
    assert (first.node(ONCE).outcome == "MET") == (counts[0] == "90")
    assert (second.node(ONCE).outcome == "MET") == (counts[1] == "90")


def test_w_084_recognised_too_late_counts_and_is_found(teller: Teller) -> None:
    story = teller.story("W-084")
    lin = story.teacher(date(2019, 1, 1))
    story.trains(lin, 90, date(2023, 12, 20), recognised=date(2024, 1, 10))
    first, second = (transcript(story, lin, JUDGED, cycle=each) for each in (1, 2))

    assert (first.counted[1], second.counted[1]) == ("90", "0")
    assert [each["recognised"] for each in first.data["lines"]] == ["2024-01-10"]
    assert ("RA19-06", "VIOLATION") in story.findings(lin)
    assert story.codes(lin, "RA19-06") == ["RECOGNISED_OUTSIDE_CYCLE"]


def test_w_085_who_enters_late_has_a_whole_cycle(teller: Teller) -> None:
    story = teller.story("W-085")
    lin = story.teacher(date(2021, 9, 1))
    told = transcript(story, lin, JUDGED)

    assert (told.data["cycleStart"], told.data["cycleEnd"]) == ("2021-09-01", "2026-09-01")
    assert told.node(TOTAL) == Node("NOT_MET", "0", "360", "RA19-01")
    assert told.missing(TOTAL) == ("360", "CREDITS", "2026-08-31")
    assert (told.counted, told.lines, told.uncounted) == (("NOT_MET", "0", "0"), [], [])


def test_w_087_and_w_088_the_cap_is_known_from_a_day_on(teller: Teller) -> None:
    story = teller.story("W-087")
    lin = story.teacher(ENTERED)
    story.home(lin, 80, date(2021, 6, 1))
    story.home(lin, 80, date(2023, 6, 1))
    before, after = (transcript(story, lin, date(2024, 3, each)) for each in (5, 6))

    assert before.counted[1:] == ("160", "0")
    assert before.node("CAP_UNKNOWN") == Node("NOT_ASSESSED", "160", "?", None, certain=False)
    assert before.uncounted == []
    assert after.counted[1:] == ("150", "10")
    assert after.node(CAP) == Node("MET", "160", "<= 150", "ZJ24-70")
    assert after.uncounted == [("CUT_BY_CAP", "10", "ZJ24-70")]


def test_w_069_the_preset_counts_half_of_a_later_qualification(teller: Teller) -> None:
    """Last of all: the preset is of the whole province."""
    story, early = teller.story("W-069"), teller.story("W-069-of-2012")
    wu = story.teacher(date(2017, 9, 1))
    story.belongs(wu, Category.NEW_PRINCIPAL, date(2018, 9, 1))
    own = {"purpose": Purpose.PRINCIPAL_QUALIFICATION}
    story.trains(wu, 300, date(2019, 3, 1), Mode.INTENSIVE, **own)
    old, day = qualified(early, date(2013, 9, 1)), date(2020, 1, 1)
    [documents] = [transcript(story, wu, day)]
    province = teller.party(Role.BUREAU, PROVINCE)
    adopted = province.ask(ADOPT, toml=PRESET.read_text(encoding="utf-8"))["adoptRegulation"]
    preset = transcript(story, wu, day)

    assert adopted["__typename"] == "Recorded"
    assert (documents.counted[1], preset.counted[1]) == ("0", "150")
    assert documents.uncounted == [("SPECIAL_TRAINING", "300", "WZ12-15")]
    assert preset.uncounted == [("SPECIAL_TRAINING", "150", "EXT16-04")]
    assert transcript(early, old, date(2013, 12, 1)).counted[1] == "0"


def test_all_that_was_told_is_told_again_rebuilt_and_as_of_its_moment(teller: Teller) -> None:
    teller.tells_again()
