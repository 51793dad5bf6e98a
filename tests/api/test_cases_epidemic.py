"""Worked cases of the epidemic period (4.4) over HTTP, in the order of their days.

The clock of the one server goes forwards only, so the tests stand in the order of the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.accreditation import QuotaCategory, Reach
from ledger.command import Role
from ledger.names import StaffId
from ledger.plan import Audience, Choice, Mode
from tests import cast
from tests.api.teller import Story, Teller, telling
from tests.api.test_cases_school import INDICATORS, OBLIGATIONS
from tests.api.transcript import CITED, Node, transcript
from tests.cast import PROVINCE, RUIAN, WENZHOU
from tests.server import Served

EVE, JULY, AUTUMN = date(2020, 7, 16), date(2020, 7, 20), "term:2020H2"
SPRING = {"opens": date(2020, 3, 2), "closes": date(2020, 5, 8)}
AUTUMN_DAYS = {"opens": date(2020, 10, 8), "closes": date(2020, 12, 1)}
IN_AUTUMN = AUTUMN_DAYS | {"before": date(2020, 8, 12)}
MOVED = {"opens": date(2020, 8, 3), "reason": "疫情"}
OCTOBER, IN_2015, LATER = date(2020, 10, 15), date(2015, 9, 1), date(2024, 6, 1)
TOTAL, ONCE, CYCLE = "CYCLE_TOTAL", "ONCE_INTENSIVE", "CYCLE"
PROVINCE_WIDE = {"place": PROVINCE, "reach": Reach.PROVINCE_WIDE}
PROJECT = """query($id: ID!, $asOf: AsOf, $at: Position) {
  project(id: $id, asOf: $asOf, atLeast: $at) { status } }"""
CLASS = """query($id: ID!, $asOf: AsOf, $at: Position) {
  offering(id: $id, asOf: $asOf, atLeast: $at) { opens closes } }"""
NOT_SELECTED = """query($teacher: ID!, $offering: ID!, $asOf: AsOf, $at: Position) {
  whyNotSelected(teacher: $teacher, offering: $offering, asOf: $asOf, atLeast: $at) {
    answer reasons { code rule zh en evidence opposing } } }"""


@pytest.fixture(scope="module")
def teller(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Teller]:
    folder = tmp_path_factory.mktemp("epidemic")
    with telling(postgres_url, migrated_template, folder, EVE) as told:
        trainer = {"trainer": cast.TRAINER, "place": PROVINCE, "expertise": "阅读教学"}
        story = Story(told, "registry", PROVINCE, "provider:none")
        story.say("RegisterTrainer", **trainer | {"provider": None}, by=PROVINCE)
        for term in (AUTUMN, "term:2020H1"):
            told.opens(term)
        yield told


def project(story: Story, number: int = 0, **plan: Any) -> dict[str, Any]:
    """A declaration of the story, with a lead of its own."""
    lead = cast.lead(StaffId(f"staff:{story.name}-{number}"))
    own = {"project": f"project:{story.name}-n{number}", "term": AUTUMN, "lead": lead}
    return own | {"plan": cast.plan(**plan)}


def published(story: Story, number: int, on: date, **plan: Any) -> str:
    """A project that is declared as it is asked, and reported as reviewed and published."""
    own = project(story, number, **plan)
    story.say("DeclareProject", on=on, **own)
    story.say("ReviewProject", on=on, **own, approved=True)
    story.say("PublishProject", on=on, **own)
    return str(own["project"])


def accepted(story: Story, *, committed: bool = True) -> None:
    """The steps by which a provider comes back; the last of them may be lacking."""
    story.say("ApplyForResumption")
    story.say("DecideAcceptance", passed=True)
    if committed:
        story.say("CommitToSafety")


def on_day(teller: Teller, day: date) -> Served:
    """The server, on that day."""
    teller.served.clock.set(day)
    assert teller.served.house.ledger.today() == day
    return teller.served


def test_w_106_declarations_begin_on_the_seventeenth_of_july(teller: Teller) -> None:
    story = teller.story("W-106")
    on_day(teller, date(2020, 7, 16))
    assert story.refused("DeclareProject", **project(story)) == {"ZJ20-16"}
    on_day(teller, date(2020, 7, 17))
    answer = story.say("DeclareProject", **project(story))

    assert story.findings(f"project:{story.name}-n0", answer) == []


def test_w_099_a_distance_provider_declares_fifty_projects(teller: Teller) -> None:
    on_day(teller, JULY)
    story = Story(teller, "w-099", PROVINCE, "provider:w-099")
    category = {"quota_category": QuotaCategory.DISTANCE, "blended": False}
    story.accredits(**PROVINCE_WIDE, **category)
    plan = {"mode": Mode.DISTANCE, "audience": Audience.PROVINCE}
    story.says("DeclareProject", [project(story, number, **plan) for number in range(49)])
    fiftieth = story.say("DeclareProject", **project(story, 49, **plan))

    assert story.findings("project:w-099-n49", fiftieth) == []
    assert story.refused("DeclareProject", **project(story, 50, **plan)) == {"ZJ20-14"}


def test_w_102_lodging_is_avoided_but_for_what_an_authority_assigns(teller: Teller) -> None:
    on_day(teller, JULY)
    story, other = teller.story("W-102"), teller.story("W-102-unaccepted")
    accepted(story)
    free = story.say("DeclareProject", **project(story, 1, accommodation=True))
    given = {"accommodation": True, "choice": Choice.MANDATED, "assigned_by": RUIAN}
    mandated = story.say("DeclareProject", **project(story, 2, **given))

    assert story.findings("project:w-102-n1", free) == [("ZJ20-06", "DEVIATION")]
    assert story.findings("project:w-102-n2", mandated) == []
    for each, outcomes in ((story, []), (other, [("ZJ20-08", "VIOLATION")])):
        held = published(each, 3, JULY, **given)
        own = {
            "offering": f"offering:{each.name}",
            "project": held,
            "seats": 50,
            "adviser": cast.ADVISER,
        }
        opened = each.say("OpenOffering", **own, **AUTUMN_DAYS)
        found = each.findings(own["offering"], opened)
        assert [pair for pair in found if pair[0] in ("ZJ20-06", "ZJ20-08")] == outcomes


def test_w_103_a_class_of_spring_moves_to_the_end_of_august(teller: Teller) -> None:
    on_day(teller, JULY)
    story = teller.story("W-103")
    accepted(story)
    offering = story.opened(cast.plan(), **SPRING)
    story.say("RequestRedating", **MOVED, offering=offering, closes=date(2020, 8, 31))

    def move(last: date) -> dict[str, Any]:
        days = {"offering": offering, "opens": MOVED["opens"], "closes": last}
        return {"term": "term:2020H1", "moves": [days], "reason": "疫情"}

    assert story.refused("RedateOfferings", **move(date(2020, 9, 1))) == {"ZJ20-11"}
    before = teller.served.head
    answer = story.say("RedateOfferings", **move(date(2020, 8, 31)))
    now = teller.ask(CLASS, id=offering)["offering"]
    then = teller.ask(CLASS, id=offering, asOf={"position": before})["offering"]

    assert story.findings(offering, answer) == []
    assert now == {"opens": "2020-08-03", "closes": "2020-08-31"}
    assert then == {"opens": "2020-03-02", "closes": "2020-05-08"}


def test_w_105_a_project_of_the_province_is_removed(teller: Teller) -> None:
    on_day(teller, JULY)
    story = teller.story("W-105", provider="provider:w-105")
    story.accredits(**PROVINCE_WIDE)
    lin = story.teacher(date(2019, 9, 1))
    of = Story(teller, "w-105-of-province", PROVINCE, story.provider)
    own = {"offering": of.opened(cast.plan(audience=Audience.PROVINCE), **SPRING)}
    of.admits([lin], own["offering"], date(2020, 2, 20))
    removed = of.say("RemoveProjects", term="term:2020H1", reason="取消", by=PROVINCE)
    why = teller.ask(NOT_SELECTED, teacher=lin, **own)["whyNotSelected"]

    assert [each["type"] for each in removed["events"]] == [
        "review.project-removed",
        "offering.cancelled",
    ]
    gone = teller.ask(PROJECT, id=f"project:{of.name}-1")["project"]
    assert gone == {"status": "REMOVED"}
    chen = story.teacher(date(2019, 9, 1), 2)
    assert story.refused("SelectOffering", teacher=chen, **own) == {"ZJ20-12"}
    credit = {"teacher": lin, "credit": "credit:w-105"} | own
    assert of.refused("AwardCredit", **credit) == {"ZJ20-12"}
    [reason] = why["reasons"]
    assert (why["answer"], reason["rule"]) == ("REFUSED", "ZJ20-12")
    assert len(set(reason["evidence"])) == len(reason["evidence"])
    assert [each["id"] for each in removed["events"]][1:] == reason["opposing"]
    assert transcript(story, lin, JULY).lines == []


def test_w_106_declarations_end_on_the_thirtieth_of_july(teller: Teller) -> None:
    story = teller.story("W-106-end")
    on_day(teller, date(2020, 7, 30))
    answer = story.say("DeclareProject", **project(story, 1))
    on_day(teller, date(2020, 7, 31))

    assert story.findings("project:w-106-end-n1", answer) == []
    assert story.refused("DeclareProject", **project(story, 2)) == {"ZJ20-16"}


def test_w_100_a_class_without_the_pledge_of_safety_is_a_violation(teller: Teller) -> None:
    on_day(teller, date(2020, 8, 12))
    story = teller.story("W-100")
    accepted(story, committed=False)
    bureau = {"first": date(2020, 9, 1), "filed_with": WENZHOU, "providers": [story.provider]}
    story.say("FixRestart", **bureau)
    story.say("FileAcceptedList", **bureau)
    held = published(story, 1, JULY)
    own = {"offering": "offering:w-100", "project": held, "seats": 50, "adviser": cast.ADVISER}
    opened = story.say("OpenOffering", **own, **AUTUMN_DAYS)

    assert story.findings("offering:w-100", opened) == [("ZJ20-05", "VIOLATION")]
    assert story.codes("offering:w-100", "ZJ20-05") == ["STEPS_MISSING"]


def test_w_108_each_round_has_its_days(teller: Teller) -> None:
    on_day(teller, date(2020, 8, 12))
    story = teller.story("W-108")
    first, second, third = (story.teacher(date(2019, 9, 1), each) for each in (1, 2, 3))
    own = {"offering": story.opened(cast.plan(), **IN_AUTUMN)}

    def chooses(month: int, day: int, teacher: str) -> set[str]:
        on_day(teller, date(2020, month, day))
        answer = story.answer("SelectOffering", teacher=teacher, **own)
        return {each["rule"] for each in answer.get("refusals", ())}

    assert chooses(8, 25, first) == {"ZJ20-20"}
    assert chooses(8, 26, first) == set()
    assert chooses(9, 5, second) == set()
    assert chooses(9, 6, third) == {"ZJ20-20", "ZJ20-21"}
    # Only who chose in the first round may choose in the second.
    on_day(teller, date(2020, 9, 8))
    for each in (first, second):
        story.say("ReviewSelection", teacher=each, **own, passed=False, reason="冲突")
    assert chooses(9, 12, first) == {"ZJ20-20", "ZJ20-21"}
    assert chooses(9, 13, first) == set()
    assert chooses(9, 17, second) == set()
    story.say("WithdrawSelection", teacher=second, **own, reason="有事")
    assert chooses(9, 18, second) == {"ZJ20-21"}


def test_w_109_whether_a_school_reviewed_in_time_nobody_can_tell(teller: Teller) -> None:
    """Told of the eighth of September, as the days of the annex are not known."""
    on_day(teller, date(2020, 9, 18))
    story = teller.story("W-109")
    lin = story.teacher(date(2019, 9, 1))
    own = {"teacher": lin, "offering": story.opened(cast.plan(), **IN_AUTUMN)}
    story.say("SelectOffering", on=date(2020, 9, 1), **own)
    reviewed = story.say("ReviewSelection", on=date(2020, 9, 8), **own, passed=True)

    types = [each["type"] for each in reviewed["events"]]
    assert types == ["enrollment.selection-reviewed", "finding.made"]
    assert story.findings(lin, reviewed) == [("ZJ20-24", "INDETERMINATE")]


def assessed(story: Story, code: str, **given: Any) -> tuple[Any, ...] | None:
    """What the province asks of a county or city for 2020."""
    held = story.teller.ask(OBLIGATIONS, year=2020, place=story.place, **given)["obligations"]
    found = [each for each in held if each["code"] == code]
    for each in found:
        assert each["citation"] == CITED[each["rule"]] and each["zh"] and each["en"]
    return tuple(found[0][name] for name in ("result", "rule", "certain")) if found else None


def test_w_090_a_county_is_not_assessed_by_quantity(teller: Teller) -> None:
    on_day(teller, OCTOBER)
    story = Story(teller, "w-090", RUIAN, "provider:none")
    told = assessed(story, "QUANTITY_ASSESSMENT")
    july = assessed(story, "QUANTITY_ASSESSMENT", asOf={"effective": "2020-07-16"})

    assert told == ("NOT_ASSESSED", "ZJ20-01", True)
    assert july == ("INDETERMINATE", "ZJ20-01", False)


def test_w_091_a_tenth_in_long_training_is_told_and_not_judged(teller: Teller) -> None:
    on_day(teller, OCTOBER)
    story = teller.story("W-091", WENZHOU)
    teachers = story.teachers(10, date(2019, 9, 1))
    offering = story.opened(cast.plan(90), date(2020, 10, 10), opens=date(2020, 9, 1))
    story.admits(teachers[:1], offering, date(2020, 8, 27))
    asked = {"of": story.school, "year": 2020, "code": ["SENT_SHARE"]}
    [told] = teller.ask(INDICATORS, **asked)["indicators"]

    assert assessed(story, "PROVINCIAL_SHARE") == ("NOT_ASSESSED", "ZJ20-02", True)
    assert (told["numerator"], told["denominator"], told["value"]) == ("1", 10, "1/10")
    assert (told["result"], told["rule"], told["certain"]) == ("LOCAL_DISCRETION", "WZ12-04", True)


def with_three_hundred(teller: Teller, name: str, entered: date) -> tuple[Story, str]:
    """A teacher whose cycle of five years held 300 credits of 360, 90 of them in one block."""
    story = teller.story(name)
    lin = story.teacher(entered)
    story.trains(lin, 90, date(entered.year + 1, 6, 1))
    story.reads(lin, 210, date(entered.year + 2, 6, 1))
    return story, lin


@pytest.mark.parametrize(
    ("case", "entered", "day", "link", "shortfall", "rule"),
    [
        ("W-093", IN_2015, date(2020, 11, 1), "SUSPENDED", "SET_ASIDE", "ZJ20-03"),
        ("W-094", date(2019, 4, 1), LATER, "ACTIVE", "COUNTS", "ZJ14-26"),
        ("W-094b", IN_2015, LATER, "ACTIVE", "INDETERMINATE", "ZJ14-26"),
    ],
)
def test_w_093_w_094_and_w_094b_what_a_lack_of_training_means_for_a_title(
    teller: Teller, case: str, entered: date, day: date, link: str, shortfall: str, rule: str
) -> None:
    on_day(teller, LATER)
    story, lin = with_three_hundred(teller, case, entered)
    told = transcript(story, lin, day, use="TITLE_PROMOTION")
    last = date(entered.year + 5, entered.month, 1)
    ended = transcript(story, lin, day, cycle=1)

    assert told.consequence == (link, shortfall, "NOT_MET", rule, True)
    assert told.data["consequence"]["cycleEnd"] == str(last)
    assert ended.counted == ("NOT_MET", "300", "0")
    assert ended.node(TOTAL)[:3] == ("NOT_MET", "300", "360")
    assert ended.node(TOTAL).certain and ended.node(ONCE).outcome == "MET"


def test_w_097_the_total_is_judged_and_the_long_training_is_left_to_the_county(
    teller: Teller,
) -> None:
    on_day(teller, LATER)
    story = teller.story("W-097")
    lin = story.teacher(date(2016, 1, 1))
    story.reads(lin, 380, date(2017, 6, 1))
    told = transcript(story, lin, date(2020, 12, 31))
    [once] = told.nodes(ONCE)
    province = {"asOf": {"effective": "2020-12-31"}}

    assert told.node(TOTAL) == Node("MET", "380", "360", "RA19-01")
    assert told.node(ONCE) == Node("LOCAL_DISCRETION", "0", "1", "RA19-03")
    assert (once["aside"]["rule"], once["aside"]["certain"]) == ("ZJ20-02", True)
    assert once["aside"]["citation"] == CITED["ZJ20-02"]
    assert assessed(story, "PROVINCIAL_SHARE", **province) == ("NOT_ASSESSED", "ZJ20-02", True)


def test_w_096_when_the_province_says_that_it_is_over_the_link_is_active(teller: Teller) -> None:
    """Last of all: it is over for everybody. Before that nobody could tell (W-095)."""
    on_day(teller, LATER)
    story, lin = with_three_hundred(teller, "W-096", date(2016, 9, 1))
    asked = {"on": date(2022, 6, 1), "use": "TITLE_PROMOTION"}
    unknown, before = transcript(story, lin, **asked), teller.served.head
    end = {"document": "document:zj20", "citation": "试验", "day": date(2022, 3, 1)}
    given = {"input": {key: str(each) for key, each in end.items()}, "request": "over"}
    over = teller.party(Role.BUREAU, PROVINCE).ask(OVER, **given)["endSuspension"]
    known, then = (
        transcript(story, lin, **asked, **more) for more in ({}, {"asOf": {"position": before}})
    )

    assert over["__typename"] == "Recorded", over
    assert unknown.consequence[0] == "INDETERMINATE" and not unknown.consequence[-1]
    assert known.consequence[0] == "ACTIVE" and known.consequence[-1]
    assert then.consequence == unknown.consequence


OVER = """mutation($input: EndSuspensionInput!, $request: String!) {
  endSuspension(input: $input, requestId: $request) {
    __typename ... on Refused { refusals { code en } } } }"""


def test_all_that_was_told_is_told_again_rebuilt_and_as_of_its_moment(teller: Teller) -> None:
    teller.tells_again()
