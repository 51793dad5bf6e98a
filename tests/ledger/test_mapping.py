from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.mapping import (
    COLUMNS_MAX,
    AlreadySaved,
    Column,
    Form,
    MappedColumn,
    Mapping,
    MappingSaved,
    MappingUnfit,
    SaveMapping,
)
from ledger.register import JurisdictionRegistered, Level
from tests import cast
from tests.given import given

DIGEST = "0f" * 32
COLUMNS = (MappedColumn(at=1, column=Column.NAME), MappedColumn(at=4, column=Column.CREDITS))
RUIAN = JurisdictionRegistered(jurisdiction=cast.RUIAN, title="瑞安市", level=Level.COUNTY)
SAVE = SaveMapping(place=cast.RUIAN, form=Form.CREDITS, header_digest=DIGEST, columns=COLUMNS)
SAVED = MappingSaved(place=cast.RUIAN, form=Form.CREDITS, header_digest=DIGEST, columns=COLUMNS)


def test_a_bureau_says_what_columns_mean_in_whichever_order():
    given(RUIAN).when(replace(SAVE, columns=COLUMNS[::-1]), on=cast.DAY).then(SAVED)


def test_the_same_is_not_said_twice_but_something_else_may_be_said_later():
    other = (MappedColumn(at=1, column=Column.NUMBER),)

    given(RUIAN, SAVED).when(SAVE, on=cast.DAY).refused(AlreadySaved)
    given(RUIAN, SAVED).when(replace(SAVE, columns=other), on=cast.DAY).then(
        MappingSaved(place=cast.RUIAN, form=Form.CREDITS, header_digest=DIGEST, columns=other)
    )
    given(RUIAN, SAVED).when(replace(SAVE, form=Form.TOTALS), on=cast.DAY).then(
        MappingSaved(place=cast.RUIAN, form=Form.TOTALS, header_digest=DIGEST, columns=COLUMNS)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"header_digest": "王芳"},
        {"columns": ()},
        {"columns": (COLUMNS[0], MappedColumn(at=1, column=Column.CREDITS))},
        {"columns": (COLUMNS[0], MappedColumn(at=2, column=Column.NAME))},
        {"columns": (MappedColumn(at=0, column=Column.NAME),)},
        {"columns": (MappedColumn(at=COLUMNS_MAX + 1, column=Column.NAME),)},
    ],
)
def test_what_no_sheet_can_be_like_is_refused(wrong):
    given(RUIAN).when(replace(SAVE, **wrong), on=cast.DAY).refused(MappingUnfit)


def test_the_last_column_that_a_sheet_can_have_is_taken():
    last = (MappedColumn(at=COLUMNS_MAX, column=Column.NAME),)

    given(RUIAN).when(replace(SAVE, columns=last), on=cast.DAY).then(
        MappingSaved(place=cast.RUIAN, form=Form.CREDITS, header_digest=DIGEST, columns=last)
    )


def test_the_rows_of_a_sheet_begin_below_its_header():
    mapping = Mapping(
        form=Form.CREDITS,
        tab="Sheet1",
        header_row=2,
        header_rows=2,
        header=("姓名", "学分"),
        columns={1: Column.NAME, 2: Column.CREDITS},
    )

    assert mapping.first_row == 4
