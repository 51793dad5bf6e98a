"""Loads: one at a time of a party and a form, and each ends."""

from __future__ import annotations

from typing import Any

from ledger.load import (
    BeginLoad,
    EndLoad,
    FinishLoad,
    LoadBegun,
    Loaded,
    LoadEnded,
    LoadOver,
    LoadUnderway,
    ReasonMissing,
)
from ledger.mapping import Form
from ledger.names import LoadId
from ledger.register import AlreadyRegistered
from tests import cast
from tests.cast import DAY, RUIAN, SCHOOL
from tests.given import given

LOAD, OTHER = LoadId("load:l1"), LoadId("load:l2")
OWN: dict[str, Any] = {"load": LOAD, "party": RUIAN}
PLACE = {"place": RUIAN}


def what(form: Form = Form.TEACHERS) -> Loaded:
    return Loaded(
        form=form, sha256="a" * 64, bytes=9, mapping="b" * 64, position=7, day=DAY,
        digest="c" * 64, rows=2, new=2,
    )  # fmt: skip


def begun(load: LoadId = LOAD, form: Form = Form.TEACHERS) -> LoadBegun:
    return LoadBegun(load=load, party=RUIAN, place=RUIAN, what=what(form))


ENDED = LoadEnded(**OWN, **PLACE, whole=True)


def test_a_load_begins_with_what_was_shown_and_ends_whole():
    given(cast.jurisdiction()).when(BeginLoad(**OWN, what=what()), on=DAY).then(begun())
    given(cast.jurisdiction(), begun()).when(FinishLoad(**OWN), on=DAY).then(ENDED)


def test_a_school_loads_for_itself():
    begin = BeginLoad(load=LOAD, party=SCHOOL, what=what(Form.SCHOOL_BASED))
    then = LoadBegun(load=LOAD, party=SCHOOL, place=RUIAN, what=what(Form.SCHOOL_BASED))
    given(cast.school()).when(begin, on=DAY).then(then)


def test_no_other_load_of_the_form_begins_before_it_has_ended():
    begin = BeginLoad(load=OTHER, party=RUIAN, what=what())
    given(cast.jurisdiction(), begun()).when(begin, on=DAY).refused(LoadUnderway)
    given(cast.jurisdiction(), begun(), ENDED).when(begin, on=DAY).then(begun(OTHER))
    given(cast.jurisdiction(), begun(form=Form.BALANCES)).when(begin, on=DAY).then(begun(OTHER))


def test_a_load_begins_and_ends_once():
    begin = BeginLoad(**OWN, what=what())
    given(cast.jurisdiction(), begun()).when(begin, on=DAY).refused(AlreadyRegistered)
    given(cast.jurisdiction(), begun(), ENDED).when(FinishLoad(**OWN), on=DAY).refused(LoadOver)


def test_a_load_is_stopped_for_a_reason_only():
    stop = EndLoad(**OWN, reason=" 有误 ")
    given(cast.jurisdiction(), begun()).when(stop, on=DAY).then(
        LoadEnded(**OWN, **PLACE, whole=False, reason="有误")
    )
    blank = EndLoad(**OWN, reason=" ")
    given(cast.jurisdiction(), begun()).when(blank, on=DAY).refused(ReasonMissing)
