"""A whole past term of another platform, from its tabs alone: facts, findings, credits."""

from __future__ import annotations

import io
from datetime import date
from random import Random
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from ledger.command import Role
from ledger.store.feed import Filter
from tests.api.test_load import committed, fates, planned
from tests.cast import CHEN, COUNTY_SCHOOL, LIN, RUIAN
from tests.server import Party, Served
from tests.sheets import xlsx
from tests.town import registered, tell

REPORTED = {"source": "旧平台/2024H1", "on": "2024-07-01"}
PROJECTS = (
    "项目编号", "项目名称", "培训机构", "学科", "学段", "培训形式", "学时", "学分", "学期",
    "负责人编号", "负责人职称", "负责人是否在编", "负责人是否专业对口", "申报日期", "审核日期",
    "发布日期",
)  # fmt: skip
PROJECT = (
    "p9", "阅读教学", COUNTY_SCHOOL.value, "CHINESE", "小学", "集中培训", "90", "90",
    "2024年上半年", "wang", "正高级教师", "是", "是", "2024-03-08", "2024-03-13", "2024-03-18",
)  # fmt: skip
CLASSES = ("班级编号", "项目编号", "名额", "开设日期", "开班日期", "结束日期")
CLASS = ("c9", "p9", "40", "2024-03-18", "2024-04-08", "2024-05-10")
LESSONS = ("班级编号", "发布日期", "上课日期", "半天", "学时", "课程")
TRAINEES = (
    "教师编号", "班级编号", "选课日期", "学校审核日期", "录取日期", "缺课学时", "考核日期", "结果",
    "结业日期", "认定日期",
)  # fmt: skip


def lessons() -> list[tuple[str, ...]]:
    """Ninety hours in half-days of four and a last one of two."""
    found = []
    for at in range(23):
        half = "下午" if at % 2 else "上午"
        hours = "2" if at == 22 else "4"
        found.append(("c9", "2024-04-07", f"2024-04-{8 + at // 2:02}", half, hours, "阅读"))
    return found


def trainee(who: Any, missed: str, awarded: str = "2024-05-20") -> tuple[str, ...]:
    # Nobody may be chosen in January: the window opens in March.
    return (
        who.value, "c9", "2024-03-20", "2024-03-25", "2024-03-28", missed, "2024-05-10", "合格",
        "2024-05-12", awarded,
    )  # fmt: skip


def book(shuffle: int = 0, **other: list[tuple[str, ...]]) -> bytes:
    """An export of four tabs."""
    tabs: dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]] = {
        "学员": (TRAINEES, other.get("trainees", [trainee(LIN, "18"), trainee(CHEN, "0")])),
        "课程表": (LESSONS, other.get("lessons", lessons())),
        "项目": (PROJECTS, other.get("projects", [PROJECT])),
        "班级": (CLASSES, other.get("classes", [CLASS])),
    }

    def fill(made: Any) -> None:
        names = list(tabs)
        if shuffle:
            Random(shuffle).shuffle(names)
        for name in names:
            header, rows = tabs[name]
            told = list(rows)
            if shuffle:
                Random(shuffle).shuffle(told)
            tab = made.add_worksheet(name)
            for at, row in enumerate([header, *told]):
                for column, value in enumerate(row):
                    tab.write_string(at, column, value)

    return xlsx(fill)


@pytest.fixture
def platform(served: Served) -> Party:
    tell(served.house.ledger, registered())
    served.clock.set(date(2024, 7, 1))
    return served.party(Role.INTEGRATOR, RUIAN, "staff:old-platform")


def events(served: Served, after: int) -> list[Any]:
    return list(served.house.ledger.feed.entries(Filter(after=after)))


@pytest.mark.parametrize("shuffle", [0, 3])
def test_a_term_is_told_whole_from_its_tabs_in_whatever_order(
    served: Served, platform: Party, shuffle: int
) -> None:
    head = served.head
    made = planned(platform, book(shuffle), "TERM", reported=REPORTED)
    assert made["refused"] == 0, [each for each in made["rows"]["rows"] if each["objections"]]
    done = committed(platform, made["token"])
    assert done["complete"], done
    told = events(served, head)
    names = [each.event.NAME for each in told]

    facts = [each.on for each in told if not each.event.NAME.startswith("load.")]
    assert facts == sorted(facts)
    assert {each.source for each in told} == {REPORTED["source"]}
    assert names.count("attendance.recorded") == 23
    assert names.count("completion.granted") == 2
    credits = {str(each.event.teacher): each.event.credits for each in told
               if each.event.NAME == "credit.awarded"}  # fmt: skip
    assert credits == {str(LIN): 72, str(CHEN): 90}
    outcomes = {each.event.outcome.value for each in told if each.event.NAME == "finding.made"}
    assert "VIOLATION" in outcomes


def test_an_outcome_against_the_one_fifth_rule_is_a_violation_and_not_refused(
    served: Served, platform: Party
) -> None:
    head = served.head
    rows = [trainee(LIN, "18.5"), trainee(CHEN, "0")]
    made = planned(platform, book(trainees=rows), "TERM", reported=REPORTED)
    assert committed(platform, made["token"])["complete"]
    found = [each.event for each in events(served, head) if each.event.NAME == "finding.made"]
    against = [each for each in found if each.code == "OUTCOME_CONTRARY"]

    assert [each.outcome.value for each in against] == ["VIOLATION"]
    assert str(LIN) in map(str, against[0].subjects)


def test_the_same_term_changes_nothing_and_another_is_refused_with_both_values(
    served: Served, platform: Party
) -> None:
    made = planned(platform, book(), "TERM", reported=REPORTED)
    assert committed(platform, made["token"])["complete"]
    again = planned(platform, book(2), "TERM", reported=REPORTED)

    assert (again["unchanged"], again["count"]) == (again["count"], made["count"])
    head = served.head
    assert committed(platform, again["token"])["complete"]
    assert [each.event.NAME for each in events(served, head)] == ["load.begun", "load.ended"]
    other = (*CLASS[:5], "2024-05-11")
    wrong = planned(platform, book(classes=[other]), "TERM", reported=REPORTED)
    [said] = [each for each in wrong["rows"]["rows"] if each["objections"]]
    assert [each["code"] for each in said["objections"]] == ["RECORDED_OTHERWISE"]
    assert "2024-05-10" in said["objections"][0]["zh"]
    assert "2024-05-11" in said["objections"][0]["zh"]


def test_a_row_that_lacks_something_is_named_with_its_cell(platform: Party) -> None:
    lead = (*PROJECT[:9], "", *PROJECT[10:])
    made = planned(platform, book(projects=[lead]), "TERM", reported=REPORTED)
    refused = {tuple(codes) for _, fate, codes in fates(made) if fate == "REFUSED"}
    assert ("CELL_EMPTY",) in refused
    assert made["new"] < made["count"]


def test_hours_missed_need_lessons(platform: Party) -> None:
    made = planned(platform, book(lessons=[]), "TERM", reported=REPORTED)
    refused = [codes for _, fate, codes in fates(made) if fate == "REFUSED"]
    assert ["NO_TIMETABLE"] in refused


def test_a_term_that_is_not_open_is_said_once_and_of_each_row_only_that(platform: Party) -> None:
    early = (*PROJECT[:8], "2023年上半年", *PROJECT[9:])
    made = planned(platform, book(projects=[early]), "TERM", reported=REPORTED)
    said = [each for row in made["rows"]["rows"] for each in row["objections"]]
    whole = [each["zh"] for each in said if "openTerm" in each["zh"]]

    assert [each.split(" 尚未开设")[0] for each in whole] == ["学期 2023H1"]
    assert {each["zh"] for each in said} - {*whole} == {"因学期未开设"}
    assert made["new"] == 0


def test_the_marked_copy_of_a_term_shows_the_errors_of_every_tab(
    served: Served, platform: Party
) -> None:
    wrong = {
        "projects": [(*PROJECT[:9], "", *PROJECT[10:])],
        "classes": [(*CLASS[:2], "40①", *CLASS[3:])],
        "lessons": [*lessons(), ("c9", "2024-04-07", "2024-04-31", "上午", "2", "阅读")],
        "trainees": [(*trainee(LIN, "0")[:7], "不清楚", *trainee(LIN, "0")[8:])],
    }
    made = planned(platform, book(**wrong), "TERM", reported=REPORTED)
    answer = served.client.get(f"/loads/{made['token']}/marked", headers=platform.headers)
    copy = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    said = {
        name: {row[-1] for row in copy.get_sheet_by_name(name).to_python()[1:] if row[-1]}
        for name in ("学员", "课程表", "项目", "班级")
    }

    assert answer.status_code == 200
    assert any("负责人编号" in each for each in said["项目"])
    assert any("①" in each and each.startswith("C 列") for each in said["班级"])
    assert any("没有这一天" in each and each.startswith("C 列") for each in said["课程表"])
    assert any("不清楚" in each and each.startswith("H 列") for each in said["学员"])


def test_a_lesson_whose_title_speaks_of_sums_counts(served: Served, platform: Party) -> None:
    head = served.head
    told = lessons()
    told[1] = (*told[1][:5], "数据的收集与汇总")
    made = planned(platform, book(lessons=told), "TERM", reported=REPORTED)
    assert committed(platform, made["token"])["complete"]
    held = [
        each.event
        for each in events(served, head)
        if each.event.NAME == "schedule.timetable-published"
    ]

    assert sum(each.hours for one in held for each in one.sessions) == 90


def test_the_lead_with_a_grade_of_professors_is_not_below_standing(
    served: Served, platform: Party
) -> None:
    head = served.head
    second = tuple("二级教授" if each == "正高级教师" else each for each in PROJECT)
    made = planned(platform, book(projects=[second]), "TERM", reported=REPORTED)
    assert committed(platform, made["token"])["complete"]
    found = [each.event for each in events(served, head) if each.event.NAME == "finding.made"]

    assert "LEAD_BELOW_STANDING" not in {each.code for each in found}


def test_a_dry_run_names_the_rows_of_every_tab_that_are_passed_over(
    served: Served, platform: Party
) -> None:
    total = ("合计", "", "", "", "90", "")
    made = planned(platform, book(lessons=[*lessons(), total]), "TERM", reported=REPORTED)
    asked = "query($t: ID!) { load(token: $t) { skipped { tab row why zh } } }"
    [found] = platform.ask(asked, t=made["token"])["load"]["skipped"]

    assert (found["tab"], found["row"], found["why"]) == ("课程表", 25, "TOTALS")
    assert found["zh"].startswith("第 25 行")
