"""A mapping in a file: how a sheet is loaded that no heading tells, and what is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_command_load import OWN, bureau, counts, xuefen
from tests.server import Served
from tests.sheets import xlsx

__all__ = ["bureau"]
pytestmark = pytest.mark.usefixtures("bureau")
NAMED = (
    "NAME", "ID_NUMBER", "NUMBER", "SCHOOL", "STAGE", "SUBJECT", "ENTERED",
)  # fmt: skip
COLUMNS = [{"at": at, "column": each} for at, each in enumerate(NAMED, start=1)]


def strange(book: Any) -> None:
    """Two tabs whose headings nobody knows; whoever stands in them is to be registered."""
    for name, number in (("甲", "T-1"), ("乙", "T-2")):
        tab = book.add_worksheet(name)
        tab.write_row(0, 0, list("一二三四五六七"))
        tab.write_row(1, 0, ["王芳", "", number, "安阳小学", "小学", "语文", "2010-09-01"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "名册.xlsx"
    made.write_bytes(xlsx(strange))
    return made


def mapping(folder: Path, **told: Any) -> Path:
    made = folder / "读法.json"
    made.write_text(json.dumps({"tab": "乙", "headerRow": 1, "columns": COLUMNS} | told))
    return made


def test_a_sheet_without_known_headings_is_loaded_as_the_file_says(
    served: Served, file: Path, tmp_path: Path
) -> None:
    _, said = xuefen(served, tmp_path, file, *OWN, status=2)
    assert "HEADER_MISSING" in said
    given, saved = mapping(tmp_path), tmp_path / "again.json"
    shown, _ = xuefen(
        served, tmp_path, file, *OWN, "--mapping", given, "--save-mapping", saved, "--json",
        status=0,
    )  # fmt: skip
    assert (counts(shown)["rows"], counts(shown)["new"]) == (1, 1)
    assert json.loads(saved.read_text()) == json.loads(given.read_text())
    assert saved.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("told", "said_there"),
    [
        ({"columns": [{"at": 8, "column": "NAME"}]}, "“乙”"),
        ({"columns": [*COLUMNS, {"at": 1, "column": "NOTE"}]}, "MAPPING_UNFIT"),
        ({"columns": [{"at": "a", "column": "NAME"}]}, "columns[0].at"),
        ({"headerRow": 0}, "HEADER_MISSING"),
        ({"headerRows": 3}, "HEADER_MISSING"),
        ({"year": 0}, "year"),
        ({"moreTabs": [{"tab": "丙", "headerRow": 1, "columns": COLUMNS}]}, "“丙”"),
        ({"moreTabs": [{"tab": "甲", "headerRow": 1, "columns": COLUMNS}]}, "TABS_NOT_JOINED"),
        ({"moreTabs": [{"tab": "甲", "headerRow": 1, "columns": COLUMNS}] * 99}, "TAB_TWICE"),
    ],
)
def test_a_mapping_that_is_wrong_loads_nothing_and_names_the_place(
    served: Served, file: Path, tmp_path: Path, told: dict[str, Any], said_there: str
) -> None:
    head = served.head
    given = ("--mapping", mapping(tmp_path, **told))
    _, said = xuefen(served, tmp_path, file, *OWN, *given, "--commit", status=2)
    assert said_there in said
    assert served.head == head


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff\xfe", b"[" * 50_000, b" " * 70_000])
def test_what_is_no_mapping_is_refused_with_a_sentence(
    served: Served, file: Path, tmp_path: Path, text: bytes
) -> None:
    given = tmp_path / "读法.json"
    given.write_bytes(text)
    _, said = xuefen(served, tmp_path, file, *OWN, "--mapping", given, status=2)
    assert "BAD_MAPPING" in said
    _, said = xuefen(served, tmp_path, file, *OWN, "--mapping", tmp_path / "none", status=2)
    assert "FILE_CLOSED" in said
