"""The story of the demo, as its user runs it: a term of Rui'an from first order to last credit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from api.demo.draws import made_again
from tests.disk import place

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    """The report of one run of ``xuefen demo --json`` without a terminal."""
    with tempfile.TemporaryDirectory(prefix="xuefen-story-", dir=place()) as folder:
        os.chmod(folder, 0o711)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "api.cli", "demo"),
                *("--json", "--data", f"{folder}/ledger"),
            ],
            cwd=ROOT,
            env=os.environ | {"XUEFEN_PORT": "0", "TMPDIR": folder},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        # What shows it says in both languages how it is ended.
        first, second = re.findall(r"kill (\d+)", done.stderr)
        assert first == second
        left = psutil.Process(int(first))
        try:
            yield json.loads(done.stdout) | {"process": left.pid}
        finally:
            left.terminate()
            psutil.wait_procs([left], timeout=60)


def test_without_a_terminal_it_serves_on_in_the_background(told: dict[str, Any]) -> None:
    asked = httpx.post(
        told["addresses"]["graphql"],
        json={"query": '{ teacher(id: "teacher:ra0002") { id } }'},
        headers={"authorization": f"Bearer {told['tokens']['BUREAU']}"},
    )

    assert told["serving"] is True
    assert asked.json()["data"] == {"teacher": {"id": "teacher:ra0002"}}


def test_a_second_demo_on_its_folder_is_refused_and_told_what_runs_there(
    told: dict[str, Any],
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--data", told["folder"], "--port", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )

    assert done.returncode == 2
    assert done.stderr.count(f"kill {told['process']}") == 2 and done.stdout == ""


def test_it_serves_where_the_settings_say(told: dict[str, Any]) -> None:
    assert ":8330/" not in told["addresses"]["graphql"]


def refusal(told: dict[str, Any], what: str) -> dict[str, Any]:
    """The first reason of the refusal that the story tells under these words."""
    rows = [row for row in told["refused"] if what in row["what"]]
    assert len(rows) == 1, what
    first: dict[str, Any] = rows[0]["refusals"][0]
    return first


@pytest.mark.parametrize(
    ("what", "code", "rule"),
    [
        ("201 字", "FORM_OVERRUN", "ZJ24-40"),
        ("申报第 6 项", "QUOTA_EXCEEDED", "ZJ24-05"),
        ("18.5／60", "ONLINE_SHARE_EXCEEDED", "ZJ24-72"),
        ("5 个班期", "LEAD_OVERLOADED", "ZJ24-54"),
        ("另一机构申报", "LEAD_ELSEWHERE", "ZJ24-55"),
        ("超出资质学科", "OUTSIDE_SUBJECTS", "ZJ24-50"),
        ("3 月 10 日才报送", "WINDOW_CLOSED", "ZJ24-30"),
        ("县级机构响应", "REACH_TOO_SMALL", "ZJ24-38"),
        ("未满一年的机构响应", "TOO_NEW_FOR_ORDERS", "ZJ24-06"),
        ("非意向机构", "NOT_AMONG_INTENDED", "ZJ24-39"),
        ("抢先选课", "WINDOW_CLOSED", "ZJ24-13"),
        ("学校提前审核", "WINDOW_CLOSED", "ZJ24-14"),
        ("机构直接确认", "STEP_OUT_OF_ORDER", "ZJ24-24"),
        ("提前申请扩班", "WINDOW_CLOSED", "ZJ24-15"),
        ("没有选课，第二轮", "BARRED_FROM_ROUND_TWO", "ZJ24-23"),
        ("退选，第二轮", "BARRED_FROM_ROUND_TWO", "ZJ24-23"),
        ("要求退选", "WITHDRAWAL_CLOSED", "ZJ24-62"),
        ("缺 18.5 学时者", "NOT_COMPLETED", "ZJ14-09"),
        ("违规终止者", "NOT_COMPLETED", "ZJ14-10"),
    ],
)
def test_what_a_rule_forbids_is_refused_with_its_clause(
    told: dict[str, Any], what: str, code: str, rule: str
) -> None:
    first = refusal(told, what)

    assert (first["code"], first["rule"]) == (code, rule)
    assert first["number"]
    assert first["clause"]
    assert first["zh"] != first["en"]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("容量已满", "NO_SEAT_LEFT"),
        ("才公布筛选办法", "SCREENING_LATE"),
        ("未经筛选", "NOT_SCREENED"),
        ("再抽一次", "SCREENING_STANDS"),
        ("重复选课", "ALREADY_SELECTED"),
        ("温州市教育局代瑞安", "OUTSIDE_SCOPE"),
        ("登记缺 4.5", "MORE_THAN_PLANNED"),
        ("缺 -1 学时", "BAD_AMOUNT"),
        ("缺 0.25 学时", "BAD_AMOUNT"),
        ("非学员", "NOT_ENROLLED"),
        ("就要结业", "NOT_ENDED"),
        ("认定两次", "ALREADY_AWARDED"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_code(
    told: dict[str, Any], what: str, code: str
) -> None:
    assert refusal(told, what)["code"] == code


def test_breaches_that_happened_are_found_under_their_rules(told: dict[str, Any]) -> None:
    found = {(row["rule"], row["outcome"]) for row in told["findings"]}

    assert found == {
        ("ZJ24-53", "DEVIATION"),
        ("ZJ24-62", "VIOLATION"),
        ("ZJ14-13", "VIOLATION"),
        ("ZJ24-63", "VIOLATION"),
        ("ZJ14-11", "VIOLATION"),
    }


def test_more_teachers_than_seats_are_drawn_and_the_draw_comes_out_again(
    told: dict[str, Any],
) -> None:
    [screening] = told["screenings"]
    [drawn] = screening["rounds"]
    numbers = [each["draw"] for each in drawn["placements"]]

    assert (screening["agrees"], screening["madeAgain"]) == (True, True)
    assert (screening["announced"], drawn["by"], drawn["screened"]) == (
        "2024-03-18",
        "DRAW",
        "2024-03-30",
    )
    assert (drawn["applicants"], drawn["seatsLeft"], len(numbers)) == (58, 40, 58)
    assert numbers == sorted(numbers)


def test_a_draw_that_was_meddled_with_does_not_come_out_again(told: dict[str, Any]) -> None:
    [screening] = told["screenings"]
    [drawn] = screening["rounds"]
    first, second, *others = drawn["placements"]

    assert made_again(screening["offering"], drawn)
    for meddled in (
        {"seed": "0" * 64},
        {"placements": [first | {"rank": 2}, second | {"rank": 1}, *others]},
        {"placements": [first, *others]},
    ):
        assert not made_again(screening["offering"], drawn | meddled)


def records(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The telling records by teacher."""
    return {each["teacher"]: each for each in told["records"]}


def test_the_first_teacher_has_360_exactly_because_the_cap_cuts_30(told: dict[str, Any]) -> None:
    verdict = records(told)["teacher:ra0001"]["verdict"]

    assert (verdict["result"], verdict["counted"], verdict["cut"]) == ("MET", "360", "30")


def test_missing_18_of_90_hours_earns_72_and_counts_as_a_90_credit_training(
    told: dict[str, Any],
) -> None:
    record = records(told)["teacher:ra0002"]
    intensive = [line for line in record["lines"] if line["kind"] == "INTENSIVE"]

    assert [line["credits"] for line in intensive] == ["72"]
    assert _result(record, "ONCE_INTENSIVE") == "MET"


def test_missing_18_and_a_half_earns_nothing(told: dict[str, Any]) -> None:
    record = records(told)["teacher:ra0003"]

    assert record["lines"] == []
    assert _result(record, "ONCE_INTENSIVE") == "NOT_MET"


def test_a_correction_after_the_award_changes_the_credit_by_an_event_that_names_the_old_one(
    told: dict[str, Any],
) -> None:
    line = next(
        line for line in records(told)["teacher:ra0004"]["lines"] if line["kind"] == "INTENSIVE"
    )

    assert (line["credits"], line["hoursMissed"], len(line["positions"])) == ("76.5", "13.5", 2)


def test_the_report_ends_with_addresses_and_sample_tokens(told: dict[str, Any]) -> None:
    assert told["addresses"]["graphql"].endswith("/graphql")
    assert set(told["tokens"]) == {"TEACHER", "SCHOOL", "PROVIDER", "BUREAU", "AUDITOR"}


def _result(record: dict[str, Any], code: str) -> str:
    by_code = {each["code"]: each["result"] for each in record["verdict"]["requirements"]}
    result: str = by_code[code]
    return result
