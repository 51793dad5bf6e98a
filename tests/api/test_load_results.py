"""A provider's results of a class: hours missed become attendance, and one fifth is judged."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.command import Role
from ledger.store.feed import Filter
from tests import cast
from tests.api.test_load import PLAN, committed, fates, planned, sheet
from tests.api.test_upload import given_up
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, OFFERING
from tests.server import Party, Served
from tests.town import OPERATOR, Put, registered, tell

HEADER = ("教师编号", "考核结果", "缺课学时")
OVER = date(2024, 7, 1)


@pytest.fixture
def provider(served: Served) -> Party:
    """The provider of a class of ninety hours that is over, with a timetable and no attendance."""
    tell(served.house.ledger, registered())
    plan = cast.plan(90, assessment=True)
    past = (
        cast.declared(plan=plan), cast.reviewed(), cast.published(), cast.opened(plan),
        *cast.enrolled(), *cast.enrolled(CHEN), cast.timetable(90),
    )  # fmt: skip
    served.house.ledger.ask([Put(events=past)], OPERATOR, on=date(2024, 3, 18))
    return served.party(Role.PROVIDER, COUNTY_SCHOOL)


@pytest.fixture
def over(served: Served) -> None:
    served.clock.set(OVER)


def results(lin: str, chen: str, *, passed: str = "合格") -> bytes:
    return sheet((LIN.value, passed, lin), (CHEN.value, passed, chen), header=HEADER)


@pytest.mark.usefixtures("over")
def test_the_one_fifth_rule_judges_hours_that_a_sheet_sums_up(
    served: Served, provider: Party
) -> None:
    made = planned(provider, results("18", "18.5"), "RESULTS", offering=OFFERING)
    head = served.head
    done = committed(provider, made["token"])
    events = [each.event for each in served.house.ledger.feed.entries(Filter(after=head))]

    assert fates(made) == [(0, "NEW", []), (2, "NEW", []), (3, "NEW", [])]
    assert done["complete"], done
    outcomes: dict[Any, Any] = {
        each.teacher: (each.NAME, each.hours_missed, each.rules)
        for each in events
        if each.NAME in ("completion.granted", "completion.denied")
    }
    assert outcomes[LIN][:2] == ("completion.granted", 18)
    assert outcomes[CHEN][0] == "completion.denied"
    assert outcomes[CHEN][2], "the clause of the limit"
    absences = [
        one for each in events if each.NAME == "attendance.recorded" for one in each.absences
    ]
    assert {one.placed for one in absences} == {True}
    assert sum(one.hours for one in absences if one.teacher == CHEN) * 2 == 37


@pytest.mark.usefixtures("over")
def test_the_same_results_change_nothing_and_others_are_refused_by_their_clause(
    served: Served, provider: Party
) -> None:
    made = planned(provider, results("4", "0"), "RESULTS", offering=OFFERING)
    assert committed(provider, made["token"])["complete"]
    head = served.head
    again = planned(provider, results("4", "0"), "RESULTS", offering=OFFERING)
    assert fates(again) == [(2, "UNCHANGED", []), (3, "UNCHANGED", [])]
    other = planned(provider, results("30", "0", passed="不合格"), "RESULTS", offering=OFFERING)

    assert [each[2] for each in fates(other)] == [["MISSED_OTHERWISE"], ["ASSESSED_OTHERWISE"]]
    said = other["rows"]["rows"][0]["objections"][0]
    assert ("4" in said["zh"], "30" in said["zh"]) == (True, True)
    assert said["rule"]
    assert said["clause"]
    assert served.head == head


@pytest.mark.usefixtures("over")
def test_a_trainee_who_is_not_listed_keeps_the_class_out(served: Served, provider: Party) -> None:
    data = sheet((LIN.value, "合格", "4"), header=HEADER)
    made = planned(provider, data, "RESULTS", offering=OFFERING)
    assert fates(made) == [
        (0, "REFUSED", ["TRAINEE_MISSING"]), (0, "REFUSED", ["CLASS_WITHHELD"]),
        (2, "REFUSED", ["CLASS_WITHHELD"]),
    ]  # fmt: skip
    head = served.head
    assert committed(provider, made["token"], l=True)["complete"]
    assert served.head == head + 2


@pytest.mark.usefixtures("over")
def test_another_provider_learns_nothing_of_the_class(served: Served, provider: Party) -> None:
    stranger = served.party(Role.PROVIDER, cast.UNIVERSITY)
    said = []
    for named in (OFFERING, "offering:none"):
        upload = given_up(stranger, results("4", "0"), form="RESULTS")
        told = stranger.errors(PLAN, i={"upload": upload, "offering": str(named)})
        said.append([(each["zh"], each["code"]) for each in told])
    assert said[0] == said[1], "which of the two it is is not said"
    assert "或不是本机构的班期" in said[0][0][0]
    assert [code for _, code in said[0]] == ["UNKNOWN_CLASS"]


def test_a_class_that_is_still_running_is_not_summed_up(served: Served, provider: Party) -> None:
    made = planned(provider, results("4", "0"), "RESULTS", offering=OFFERING)
    assert fates(made)[0] == (0, "REFUSED", ["STILL_RUNNING"])


AWARD = """mutation($i: AwardCreditInput!, $r: String!) {
  answer: awardCredit(input: $i, requestId: $r) { __typename
    ... on Recorded { position } ... on Refused { refusals { code zh } } } }"""
WITH_CREDITS = (*HEADER, "学分")


@pytest.mark.usefixtures("over")
def test_the_award_follows_from_the_results_by_the_rule_and_other_credits_are_said(
    served: Served, provider: Party
) -> None:
    def told(lin: str, chen: str) -> bytes:
        rows = ((LIN.value, "合格", "4", lin), (CHEN.value, "合格", "18.5", chen))
        return sheet(*rows, header=WITH_CREDITS)

    wrong = planned(provider, told("90", "71.5"), "RESULTS", offering=OFFERING)
    assert [each[1:] for each in fates(wrong)] == [
        ("NEW", []), ("REFUSED", ["CREDITS_OTHERWISE"]), ("REFUSED", ["CREDITS_OTHERWISE"]),
    ]  # fmt: skip
    lin, chen = (each["objections"][0] for each in wrong["rows"]["rows"][1:])
    assert "账本按规则为 86" in lin["zh"]
    assert "缺课超限" in chen["zh"]
    assert lin["column"] == chen["column"] == 4
    assert chen["rule"]
    assert chen["clause"]

    right = planned(provider, told("86", "0"), "RESULTS", offering=OFFERING)
    assert committed(provider, right["token"])["complete"]
    bureau = served.party(Role.BUREAU, str(cast.RUIAN))
    answers = [
        bureau.ask(
            AWARD,
            i={"credit": f"credit:{who.value}", "teacher": str(who), "offering": str(OFFERING)},
            r=f"award-{who.value}",
        )["answer"]
        for who in (LIN, CHEN)
    ]
    assert answers[0]["__typename"] == "Recorded", answers
    assert [each["code"] for each in answers[1]["refusals"]] == ["NOT_COMPLETED"]
    [award] = [
        each.event for each in served.house.ledger.feed.entries(Filter(types=("credit.awarded",)))
    ]
    assert (award.teacher, award.hours_missed, award.credits) == (LIN, 4, 86)
    again = planned(provider, told("86", "0"), "RESULTS", offering=OFFERING)
    assert fates(again) == [(2, "UNCHANGED", []), (3, "UNCHANGED", [])]
    later = planned(provider, told("85", "0"), "RESULTS", offering=OFFERING)
    assert fates(later)[0] == (2, "REFUSED", ["CREDITS_OTHERWISE"])
    assert "已认定 86" in later["rows"]["rows"][0]["objections"][0]["zh"]
