"""The marked copy of a sheet, read by the tab, the header and the columns that are chosen."""

from __future__ import annotations

import io
import json

import pytest
from python_calamine import CalamineWorkbook

from api.sheet import TYPES
from ledger.command import Role
from tests.api.test_upload import PINGYANG, RUIAN, bureau, code, given_up
from tests.sheets import xlsx

__all__ = ["bureau"]


def two_tabs(book):
    """A list of a school on the second tab, in words that nobody knows."""
    book.add_worksheet("封面").write_row(0, 0, ["姓名", "学段"])
    sheet = book.add_worksheet("数据")
    sheet.write_row(0, 0, ["2024 年"])
    sheet.write_row(1, 0, ["甲", "乙", "丙"])
    sheet.write_row(2, 0, ["王芳", "330381199001011234", "一中"])


CHOSEN = {
    "tab": "数据", "headerRow": 2,
    "columns": [{"at": 1, "column": "NAME"}, {"at": 2, "column": "ID_NUMBER"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "scope", "form"),
    [
        (Role.SCHOOL, "school:s1", "SCHOOL_BASED"),
        (Role.PROVIDER, "provider:p1", "RESULTS"),
        (Role.BUREAU, RUIAN, "CREDITS"),
    ],
)
def test_the_marked_copy_is_of_the_tab_and_columns_that_are_chosen(served, role, scope, form):
    party = served.party(role, scope)
    upload = given_up(party, xlsx(two_tabs), "a.xlsx", form)
    answer = served.client.post(
        f"/uploads/{upload}/marked", headers=party.headers, json={"mapping": CHOSEN}
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_name("标注").to_python(skip_empty_area=False)

    assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES["xlsx"])
    assert rows[1][:4] == ["甲", "乙", "丙", "错误说明"]
    assert rows[2][3].startswith("B 列（乙）身份证号不正确")
    asked = (
        "query($id: ID!, $m: SheetMappingInput) { upload(id: $id) { reading(mapping: $m) "
        "{ faults { row column code } } } }"
    )
    told = party.ask(asked, id=upload, m=CHOSEN)["upload"]["reading"]["faults"]
    assert {"row": 3, "column": 2, "code": "BAD_ID_NUMBER"} in told


@pytest.mark.parametrize(
    ("body", "code_"),
    [
        (b"", "BAD_MAPPING"),
        (b"[]", "BAD_MAPPING"),
        (b"[" * 50_000, "BAD_MAPPING"),
        (b'{"mapping": {"tab": "x"}}', "BAD_MAPPING"),
        (b'{"mapping": null, "tab": "x"}', "BAD_MAPPING"),
        (b'{"mapping": null}' + b" " * 70_000, "BAD_MAPPING"),
        (
            b'{"mapping": {"tab": "x", "headerRow": 1, "columns": [{"at": 1, "column": "X"}]}}',
            "BAD_MAPPING",
        ),
        (
            b'{"mapping": {"tab": "x", "headerRow": 1, "headerRow": 1, "columns": []}}',
            "BAD_MAPPING",
        ),
        (b'{"mapping": {"tab": "x", "headerRow": 1, "columns": []}}', "TAB_MISSING"),
        (
            '{"mapping": {"tab": "数据", "headerRow": 99, "columns": []}}'.encode(),
            "HEADER_MISSING",
        ),
        (
            json.dumps({"mapping": CHOSEN | {"columns": [{"at": 9, "column": "NAME"}]}}).encode(),
            "MAPPING_UNFIT",
        ),
    ],
)
def test_a_choice_that_is_none_is_refused_with_a_sentence(served, bureau, body, code_):
    upload = given_up(bureau, xlsx(two_tabs))
    answer = served.client.post(f"/uploads/{upload}/marked", headers=bureau.headers, content=body)

    assert (answer.status_code, code(answer)) == (422, code_)


def test_a_choice_shows_nobody_elses_sheet(served, bureau):
    upload = given_up(bureau, xlsx(two_tabs))
    other = served.party(Role.BUREAU, PINGYANG)
    for party in (other, served.public):
        answer = served.client.post(
            f"/uploads/{upload}/marked", headers=party.headers, json={"mapping": CHOSEN}
        )
        assert (answer.status_code, code(answer)) == (404, "UNKNOWN_UPLOAD")
