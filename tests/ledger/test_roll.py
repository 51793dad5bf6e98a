"""Rolls: whose a row is, by a number and never by a name."""

from __future__ import annotations

import pytest

from ledger.intention import Objection
from ledger.names import SchoolId, TeacherId
from ledger.roll import OnRoll, Roll, by_title, school_of, whose
from tests.cast import CHEN, LIN, OTHER_SCHOOL, SCHOOL, ZHOU
from tests.ledger.test_intention import desk, row

SUN = TeacherId("teacher:sun")
SCHOOLS = by_title([(SCHOOL, "安阳小学"), (OTHER_SCHOOL, "同名"), (SchoolId("school:x"), "同名")])
TEACHERS = {
    LIN: OnRoll(teacher=LIN, school=SCHOOL, name="林 芳", fingerprint="f1"),
    CHEN: OnRoll(teacher=CHEN, school=SCHOOL, name="陈", fingerprint="f2"),
    SUN: OnRoll(teacher=SUN, school=SCHOOL, name="孙丽"),
    ZHOU: OnRoll(teacher=ZHOU, fingerprint="f3", within=False),
}


def roll(**prints: str) -> Roll:
    """The teachers of the county, with the fingerprints of rows."""
    found = {int(key[1:]): value for key, value in prints.items()}
    return Roll(teachers=TEACHERS, fingerprints=found, schools=SCHOOLS)


@pytest.mark.parametrize(
    ("prints", "given", "code"),
    [
        ({"r2": "f1"}, {"name": "林芳"}, None),
        ({}, {"number": "lin"}, None),
        ({"r2": "f1"}, {"number": "lin"}, None),
        ({"r2": "f1"}, {"number": "chen"}, "NUMBERS_CONTRADICT"),
        ({"r2": "f9"}, {"number": "lin"}, "NUMBERS_CONTRADICT"),
        ({"r2": "f9"}, {"number": "sun"}, None),  # of whom no id number is on file
        ({"r2": "f9"}, {"number": "zhou"}, "NOBODY"),
        ({"r2": "f1"}, {"name": "别人"}, "NAME_DIFFERS"),
        ({"r2": "f9"}, {}, "NOBODY"),
        ({"r2": "f3"}, {}, "NOBODY"),
        ({}, {"name": "林芳"}, "NUMBER_MISSING"),
        ({}, {"number": "a b"}, "MALFORMED_NAME"),
    ],
)
def test_a_row_is_somebody_s_by_a_number_only(prints, given, code):
    found = whose(row(**given), roll(**prints), desk())

    if code is None:
        assert found == TEACHERS[SUN if given.get("number") == "sun" else LIN]
    else:
        assert isinstance(found, Objection)
        assert found.code == code


def test_a_school_is_found_by_its_title_or_its_number_unless_two_have_it():
    assert school_of(row(school="安阳 小学"), SCHOOLS, desk()) == SCHOOL
    assert school_of(row(school=SCHOOL.value), SCHOOLS, desk()) == SCHOOL
    twice = school_of(row(school="同名"), SCHOOLS, desk())
    assert isinstance(twice, Objection)
    assert (twice.code, twice.column) == ("SCHOOL_AMBIGUOUS", 3)
    nowhere = school_of(row(school="别处"), SCHOOLS, desk())
    assert isinstance(nowhere, Objection)
    assert nowhere.code == "SCHOOL_UNKNOWN"
