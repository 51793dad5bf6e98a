"""Rosters: the new are registered, the moved transferred, and what contradicts is not touched."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.anomaly import FindAnomaly
from ledger.intention import Intention
from ledger.load import Fate
from ledger.profile import UpdateTeacherProfile
from ledger.register import Stage
from ledger.roll import OnRoll, Roll, by_title
from ledger.roster import Roster
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from tests.cast import CHEN, LIN, OTHER_SCHOOL, SCHOOL, ZHOU
from tests.ledger.test_intention import desk, row

ENTERED = date(2010, 9, 1)
TEACHERS = {
    LIN: OnRoll(
        teacher=LIN, school=SCHOOL, stage=Stage.PRIMARY, subject="语文", entered=ENTERED,
        name="林芳", fingerprint="f1",
    ),
    CHEN: OnRoll(teacher=CHEN, school=SCHOOL, stage=Stage.PRIMARY, name="陈", subject="语文"),
    ZHOU: OnRoll(
        teacher=ZHOU, school=OTHER_SCHOOL, stage=Stage.SPECIAL, entered=date(2001, 9, 1),
        fingerprint="f3", within=False,
    ),
}  # fmt: skip
WHOLE: dict[str, Any] = {
    "name": "林芳", "school": "安阳小学", "stage": Stage.PRIMARY, "subject": "语文",
    "entered": ENTERED,
}  # fmt: skip


def plan(*rows: Any, full: bool = False, since: date | None = None, **prints: str) -> Any:
    schools = by_title([(SCHOOL, "安阳小学"), (OTHER_SCHOOL, "塘下中学")])
    found = {int(key[1:]): value for key, value in prints.items()}
    roll = Roll(teachers=TEACHERS, fingerprints=found, schools=schools)
    return list(Roster(desk=desk(*rows), roll=roll, full=full, since=since).plan())


def codes(found: Intention) -> list[str]:
    return [each.code for each in found.said]


def test_whoever_is_new_is_registered_and_named_to_the_vault_only():
    [found] = plan(row(**WHOLE | {"name": "新人", "id_number": "X"}), r2="f9")
    [command] = found.commands

    assert found.fate is Fate.NEW
    assert isinstance(command, RegisterTeacher)
    assert found.person == {"name": "新人", "id_number": "X"}
    assert "新人" not in str(command)
    [numbered] = plan(row(**WHOLE | {"name": "新人", "number": "T9"}))
    assert numbered.teacher == "teacher:T9"


def test_what_the_ledger_says_already_changes_nothing():
    [found] = plan(row(**WHOLE), r2="f1")
    assert (found.fate, found.commands, found.teacher) == (Fate.UNCHANGED, [], LIN)
    [bare] = plan(row(school="安阳小学"), r2="f1")
    assert bare.fate is Fate.UNCHANGED


def test_a_move_with_a_day_is_a_transfer_and_without_one_an_anomaly():
    moved = WHOLE | {"school": "塘下中学"}
    [found] = plan(row(**moved, started=date(2024, 2, 1)), r2="f1")
    assert found.commands == [
        TransferTeacher(teacher=LIN, school=OTHER_SCHOOL, since=date(2024, 2, 1))
    ]
    [found] = plan(row(**moved), r2="f1", since=date(2024, 3, 1))
    assert [each.since for each in found.commands] == [date(2024, 3, 1)]
    [found] = plan(row(**moved), r2="f1")
    assert (found.fate, codes(found)) == (Fate.ANOMALY, ["SCHOOL_DIFFERS"])


def test_a_new_subject_is_taken_over():
    [found] = plan(row(**WHOLE | {"subject": "数学"}), r2="f1")
    assert found.fate is Fate.CHANGE
    assert found.commands == [
        UpdateTeacherProfile(teacher=LIN, stage=Stage.PRIMARY, subject="数学")
    ]


@pytest.mark.parametrize("said", [{}, {"stage": Stage.SPECIAL}, {"entered": date(2001, 9, 1)}])
def test_whether_a_row_fits_somebody_elsewhere_is_not_said(said):
    moved = WHOLE | {"started": date(2024, 2, 1)} | said
    [found] = plan(row(**moved), r2="f3")

    assert (found.fate, codes(found)) == (Fate.CHANGE, [])
    assert found.commands == [TransferTeacher(teacher=ZHOU, school=SCHOOL, since=date(2024, 2, 1))]


@pytest.mark.parametrize(
    ("other", "prints", "code"),
    [
        ({"name": "别人"}, {"r2": "f1"}, "NAME_DIFFERS"),
        ({"stage": Stage.SPECIAL}, {"r2": "f1"}, "STAGE_DIFFERS"),
        ({"entered": date(2011, 9, 1)}, {"r2": "f1"}, "ENTERED_DIFFERS"),
        ({"number": "lin"}, {"r2": "f9"}, "ID_NUMBER_DIFFERS"),
        ({"number": "chen", "name": "陈"}, {"r2": "f9"}, "ID_NUMBER_NEW"),
        ({"number": "T7"}, {"r2": "f1"}, "NUMBER_DIFFERS"),
        ({"number": "chen"}, {"r2": "f1"}, "NUMBERS_CONTRADICT"),
        ({}, {"r2": "f8"}, "NAMESAKE"),
        ({}, {}, "NAMESAKE"),
        ({}, {"r2": "f3"}, "WORKS_ELSEWHERE"),
    ],
)
def test_what_contradicts_is_an_anomaly_and_nothing_is_written_over(other, prints, code):
    [found] = plan(row(**WHOLE | other), **prints)

    assert (found.fate, codes(found)) == (Fate.ANOMALY, [code])
    assert all(isinstance(each, FindAnomaly) for each in found.commands)
    assert "别人" not in str(found.commands)


@pytest.mark.parametrize(
    ("one", "other", "prints"),
    [
        ({}, {}, {"r2": "f1", "r4": "f1"}),
        ({"name": "新人"}, {"name": "新人"}, {"r2": "f9", "r4": "f9"}),
        ({"name": "新人", "number": "T9"}, {"name": "新人", "number": "T9"}, {"r4": "f9"}),
        ({}, {"number": "lin"}, {"r2": "f1"}),
        ({}, {"sound": False}, {"r2": "f1", "r4": "f1"}),
    ],
)
def test_of_rows_of_one_person_none_goes_before_another(one, other, prints):
    rows = row(2, **WHOLE | one), row(3, **WHOLE | {"name": "王五"}), row(4, **WHOLE | other)
    first, third, second = plan(*rows, r3="f8", **prints)

    assert (first.fate, codes(first)) == (Fate.ANOMALY, ["LISTED_TWICE"])
    assert first.said[0].zh.endswith("第 2、4 行")
    assert codes(second) == (["LISTED_TWICE"] if other.get("sound", True) else [])
    assert second.fate is (Fate.ANOMALY if other.get("sound", True) else Fate.REFUSED)
    assert third.fate is Fate.NEW
    assert not any(isinstance(each, RegisterTeacher) for each in first.commands + second.commands)


def test_that_two_rows_are_one_person_elsewhere_is_not_said():
    told = {"name": "周", "school": "塘下中学"}
    found = plan(row(2, **told), row(3, **told | {"number": "zhou"}), r2="f3")
    assert [codes(each) for each in found] == [["WORKS_ELSEWHERE"]] * 2


def test_a_row_of_two_persons_holds_the_rows_of_both():
    rows = row(2, **WHOLE | {"number": "chen"}), row(3, **WHOLE), row(4, name="陈", number="chen")
    found = plan(*rows, r2="f1", r3="f1")
    assert [codes(each) for each in found] == [
        ["NUMBERS_CONTRADICT"], ["LISTED_TWICE"], ["LISTED_TWICE"],
    ]  # fmt: skip


def test_by_a_full_list_whoever_is_missing_is_an_anomaly_and_stays():
    first, missing = plan(row(**WHOLE), full=True, r2="f1")
    assert first.fate is Fate.UNCHANGED
    assert (missing.row, missing.teacher, codes(missing)) == (0, CHEN, ["MISSING_FROM_LIST"])
    assert len(plan(row(**WHOLE), r2="f1")) == 1


def test_a_row_that_lacks_what_is_needed_is_refused_cell_by_cell():
    [found] = plan(row(name="新人"), r2="f9")
    assert found.fate is Fate.REFUSED
    assert codes(found) == ["CELL_EMPTY"] * 4
    [found] = plan(row(**WHOLE | {"name": "新人"}))
    assert codes(found) == ["CELL_EMPTY"]
    [found] = plan(row(**WHOLE | {"school": "别处"}), r2="f1")
    assert codes(found) == ["SCHOOL_UNKNOWN"]
