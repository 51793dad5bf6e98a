"""Matching: whose row it is; what is doubtful is listed, and nothing is merged."""

from __future__ import annotations

import pytest

from ledger.matching import (
    Doubt,
    MatchedBy,
    Matching,
    Person,
    Registered,
    masked,
    match,
    plain_name,
)
from ledger.names import TeacherId

A, B, C = (TeacherId(f"teacher:{each}") for each in ("330381001", "330381002", "990077123"))
TEACHERS = [
    Registered(teacher=A, name="王芳", school="安阳小学", fingerprint="fa"),
    Registered(teacher=B, name="李明", school="安阳小学", fingerprint="fb"),
    Registered(teacher=C, name="买买提·艾力", school="塘下中学", fingerprint="fc"),
    Registered(teacher=TeacherId("teacher:r2"), name="孙丽", school="塘下中学"),
]


def matched(*people: Person, teachers: list[Registered] = TEACHERS) -> Matching:
    return match(people, teachers)


def doubts(found: Matching) -> list[Doubt]:
    return [each.doubt for each in found.doubtful]


@pytest.mark.parametrize(
    ("person", "teacher", "by"),
    [
        (Person(row=2, fingerprint="fa"), A, MatchedBy.ID_NUMBER),
        (Person(row=2, number="330381001"), A, MatchedBy.NUMBER),
        (Person(row=2, fingerprint="fa", number="000"), A, MatchedBy.ID_NUMBER),
        (Person(row=2, fingerprint="none", number="r2"), TEACHERS[3].teacher, MatchedBy.NUMBER),
    ],
)
def test_a_number_tells_whose_row_it_is(person: Person, teacher: TeacherId, by: MatchedBy):
    found = matched(person)
    [one] = found.matches

    assert (one.teacher, one.by) == (teacher, by)
    assert doubts(found) == []


def test_name_and_school_are_a_suggestion_only():
    found = matched(Person(row=2, name="王 芳", school="安阳小学 "))
    [one] = found.matches

    assert (one.teacher, one.suggested) == (None, (A,))
    assert doubts(found) == [Doubt.NAME_AND_SCHOOL]


def test_namesakes_of_a_school_are_all_suggested():
    other = Registered(teacher=TeacherId("teacher:77"), name="王芳", school="安阳小学")
    found = matched(Person(row=2, name="王芳", school="安阳小学"), teachers=[*TEACHERS, other])

    assert set(found.matches[0].suggested) == {A, other.teacher}
    assert doubts(found) == [Doubt.NAMESAKES]


@pytest.mark.parametrize("number", ["330381101", "990077132", "33038100l"])
def test_one_wrong_or_turned_digit_is_a_near_miss_and_no_match(number: str):
    found = matched(Person(row=2, number=number))

    assert found.matches[0].teacher is None
    assert found.matches[0].suggested
    assert doubts(found) == [Doubt.ONE_DIGIT]


def test_an_id_number_with_one_wrong_digit_suggests_whose_it_may_be():
    found = matched(Person(row=2, fingerprint="wrong", near=("x", "fc")))

    assert (found.matches[0].teacher, found.matches[0].suggested) == (None, (C,))


def test_numbers_of_two_teachers_in_one_row_are_a_contradiction():
    found = matched(Person(row=2, fingerprint="fa", number="330381002"))

    assert (found.matches[0].teacher, found.matches[0].suggested) == (None, (A, B))
    assert doubts(found) == [Doubt.CONTRADICTION]


def test_another_id_number_than_the_one_on_file_contradicts_the_platform_number():
    found = matched(Person(row=2, fingerprint="none", number="330381001", name="王芳"))
    misread = matched(Person(row=2, fingerprint="none", near=("fa",), number="330381001"))

    assert (found.matches[0].teacher, found.matches[0].suggested) == (None, (A,))
    assert doubts(found) == [Doubt.CONTRADICTION]
    assert (misread.matches[0].teacher, misread.matches[0].suggested[0]) == (None, A)
    assert doubts(misread) == [Doubt.ONE_DIGIT]


def test_a_name_that_does_not_fit_the_number_is_listed():
    found = matched(Person(row=2, fingerprint="fa", name="王方"))

    assert found.matches[0].teacher == A
    assert doubts(found) == [Doubt.NAME_DIFFERS]


def test_one_id_number_under_two_ids_is_listed_and_both_stay():
    twin = Registered(teacher=TeacherId("teacher:z9"), fingerprint="fa")
    found = matched(Person(row=2, fingerprint="fa"), teachers=[*TEACHERS, twin])

    assert found.matches[0].teacher == A
    assert found.alike == {A: (twin.teacher,), twin.teacher: (A,)}
    assert doubts(found) == [Doubt.ONE_ID_NUMBER]


def test_two_ids_with_one_name_and_school_and_almost_one_number_are_alike():
    twin = Registered(teacher=TeacherId("teacher:330381010"), name="王芳", school="安阳小学")
    found = matched(teachers=[*TEACHERS, twin])

    assert found.alike == {A: (twin.teacher,), twin.teacher: (A,)}
    assert doubts(found) == [Doubt.ALIKE]


def test_rows_of_one_teacher_by_certain_marks_are_in_no_doubt_whichever_of_them_they_have():
    found = matched(
        Person(row=2, fingerprint="fa", name="王 芳"),
        Person(row=5, number="330381001", name="王芳"),
        Person(row=6, fingerprint="fa", number="330381001"),
    )

    assert [each.teacher for each in found.matches] == [A, A, A]
    assert found.doubtful == ()


@pytest.mark.parametrize(
    "other", [{"name": "王方"}, {"number": "strange"}], ids=["a name", "a number"]
)
def test_rows_of_one_teacher_that_contradict_each_other_are_listed(other: dict[str, str]):
    first = {"name": "王芳", "number": "330381001"}
    found = matched(
        Person(row=2, fingerprint="fa", **first),
        Person(row=5, fingerprint="fa", **(first | other)),
    )
    twice = [each for each in found.doubtful if each.doubt is Doubt.SAME_PERSON_TWICE]

    assert [each.teacher for each in found.matches] == [A, A]
    assert [each.rows for each in twice] == [(2, 5)]


@pytest.mark.parametrize(
    ("value", "shown"), [("330381001", "33***01"), ("ra0007", "ra***07"), ("r1", "***")]
)
def test_a_masked_number_shows_its_ends_and_never_most_of_it(value: str, shown: str):
    assert masked(TeacherId(f"teacher:{value}")) == shown


def test_the_vault_may_know_more_numbers_but_nobody_out_of_reach():
    reach = {"old": (A,), "far": (TeacherId("teacher:stranger"),)}
    found = match(
        [Person(row=2, fingerprint="old"), Person(row=3, fingerprint="far")], TEACHERS, reach
    )

    assert [each.teacher for each in found.matches] == [A, None]
    assert doubts(found) == [Doubt.NOBODY]


@pytest.mark.parametrize("name", ["买买提·艾力", "买买提•艾力", "买买提 艾力", "买买提．艾力"])
def test_names_are_one_however_their_dots_are_written(name: str):
    assert plain_name(name) == "买买提艾力"


def test_a_number_in_other_letters_is_suggested_and_nobody_is_matched_by_it():
    known = [Registered(teacher=TeacherId("teacher:ra0023"), name="王芳", school="一中")]
    found = match([Person(row=2, number="RA0023", name="王芳", school="一中")], known)

    assert (found.matches[0].teacher, found.matches[0].suggested) == (None, (known[0].teacher,))
    assert [each.doubt for each in found.doubtful] == [Doubt.ONE_DIGIT]
