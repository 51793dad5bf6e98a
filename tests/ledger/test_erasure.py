"""Erasure: by the operator, with a reason, once."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.command import OutsideScope, UnknownReference
from ledger.erasure import (
    AlreadyErased,
    EraseFiles,
    EraseTeacher,
    FileErased,
    FilesErased,
    NotErased,
    NothingToErase,
    PersonErased,
)
from ledger.names import LoadId
from ledger.review import ReasonMissing
from ledger.teacher import TeacherTransferred
from tests.cast import LIN, OTHER_SCHOOL, RUIAN, SCHOOL, STRANGER, registered
from tests.given import asker_for, given

DAY = date(2024, 9, 2)
ERASE = EraseTeacher(teacher=LIN, reason="本人申请")


def erased(school=SCHOOL):
    return PersonErased(teacher=LIN, school=school, place=RUIAN, reason="本人申请")


def test_a_teacher_is_erased_with_the_reason():
    given(registered()).when(ERASE, on=DAY).then(erased())


def test_an_erasure_names_the_school_where_the_teacher_works_now():
    moved = TeacherTransferred(
        teacher=LIN,
        school_left=SCHOOL,
        school=OTHER_SCHOOL,
        place=RUIAN,
        since=date(2024, 9, 1),
    )

    given(registered(), moved).when(ERASE, on=DAY).then(erased(OTHER_SCHOOL))


def test_a_teacher_is_erased_once():
    given(registered(), erased()).when(ERASE, on=DAY).refused(AlreadyErased, field="teacher")


def test_an_unknown_teacher_is_not_erased():
    command = EraseTeacher(teacher=STRANGER, reason="本人申请")

    given().when(command, on=DAY).refused(UnknownReference, field="teacher")


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_erasure_needs_a_reason(reason):
    command = EraseTeacher(teacher=LIN, reason=reason)

    given(registered()).when(command, on=DAY).refused(ReasonMissing, field="reason")


@pytest.mark.parametrize("party", [LIN, SCHOOL, RUIAN])
def test_only_the_operator_erases(party):
    given(registered()).when(ERASE, on=DAY, by=asker_for(party)).refused(OutsideScope)


FILE = FileErased(upload="0" * 32, sha256="a" * 64)
OTHER_FILE = FileErased(upload="1" * 32, sha256="b" * 64)
LOAD = LoadId("load:1")


def files(*some, loads=()):
    return FilesErased(teacher=LIN, school=SCHOOL, place=RUIAN, files=some, loads=loads)


def test_the_files_of_an_erased_person_are_named_once_each():
    command = EraseFiles(teacher=LIN, files=(FILE, OTHER_FILE), loads=(LOAD,))

    given(registered(), erased()).when(command, on=DAY).then(files(FILE, OTHER_FILE, loads=(LOAD,)))
    given(registered(), erased(), files(FILE)).when(command, on=DAY).then(
        files(OTHER_FILE, loads=(LOAD,))
    )
    given(registered(), erased(), files(FILE, OTHER_FILE, loads=(LOAD,))).when(
        command, on=DAY
    ).refused(NothingToErase, field="files")


def test_files_go_only_with_a_person_who_was_erased():
    command = EraseFiles(teacher=LIN, files=(FILE,), loads=())

    given(registered()).when(command, on=DAY).refused(NotErased, field="teacher")


@pytest.mark.parametrize("party", [LIN, SCHOOL, RUIAN])
def test_only_the_operator_says_which_files_went(party):
    command = EraseFiles(teacher=LIN, files=(FILE,), loads=())

    given(registered(), erased()).when(command, on=DAY, by=asker_for(party)).refused(OutsideScope)
