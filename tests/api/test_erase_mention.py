"""An erasure says where the name stands in running text, and destroys such a file where told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger.erasure import FilesErased
from ledger.store.feed import Filter
from tests.api.test_command_erase import (
    LINES,
    NAME,
    OTHER,
    WHO,
    bureau,
    check,
    compared,
    dumped,
    erase,
    served,
    sql,
    xuefen,
)
from tests.server import Party, Served

__all__ = ["bureau", "served"]


def lies(served: Served, upload: str) -> bool:
    statement = f"select 1 from vault.uploads where upload = '{upload}' and sealed is not null"
    return sql(served, statement) != []


def told(served: Served, folder: Path, *more: str, status: int = 0) -> Any:
    given = ("erase", WHO, "--reason", "本人申请", "--yes", "--json", *more)
    done = xuefen(served, folder, *given)
    assert done.exit_code == status, (done.output, done.exception)
    return json.loads(done.stdout) if status == 0 else done.stderr


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (f"{OTHER},,sima,与{NAME}老师同上一课,2023.4.1,9", 1),
        (f"{OTHER},,sima,欧阳·明月老师评课,2023.4.1,9", 1),
        (f"{OTHER},,sima,{NAME},2023.4.1,9", 1),
        (f"{OTHER},,sima,欧阳明与月考,2023.4.1,9", 0),
    ],
)
def test_a_name_in_running_text_is_told_and_the_file_stays_until_somebody_says(
    served: Served, bureau: Party, tmp_path: Path, row: str, cells: int
) -> None:
    upload = compared(bureau, f"{LINES}{row}\n", "b", file="名单.csv")
    found = told(served, tmp_path)

    hit = [{"upload": str(UUID(upload)), "cells": cells}] if cells else []
    assert found["mentions"] == hit
    assert lies(served, upload)
    check(served, tmp_path)

    again = told(served, tmp_path, "--file", upload)
    assert (again["files"], again["mentions"]) == (1, [])
    assert not lies(served, upload)
    *_, entry = served.house.ledger.feed.entries(Filter(types=(FilesErased.NAME,)))
    assert isinstance(entry.event, FilesErased)
    assert [each.upload for each in entry.event.files] == [UUID(upload).hex]
    assert NAME.encode() not in dumped(served)
    check(served, tmp_path)


def test_a_person_reads_which_files_are_left(served: Served, bureau: Party, tmp_path: Path) -> None:
    upload = compared(
        bureau, f"{LINES}{OTHER},,sima,{NAME}老师的课,2023.4.1,9\n", "b", file="x.csv"
    )
    done = xuefen(served, tmp_path, "erase", WHO, "--reason", "本人申请", "--yes")

    assert done.exit_code == 0, done.output
    assert "未销毁" in done.stderr and "--file" in done.stderr
    assert str(UUID(upload)) in done.stderr
    assert NAME not in done.output


@pytest.mark.parametrize("upload", ["nothing", "0" * 32])
def test_a_file_that_does_not_lie_there_is_refused_before_anything_is_erased(
    served: Served, bureau: Party, tmp_path: Path, upload: str
) -> None:
    head = served.head
    assert "UNKNOWN_UPLOAD" in told(served, tmp_path, "--file", upload, status=2)
    assert served.head == head
    erase(served, tmp_path)
