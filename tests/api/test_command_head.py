"""The head that is kept elsewhere: an alarm where it does not fit, unless a restore was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api import command_head
from api.books import Books
from projections.head import Head
from tests.api.test_backup import data, head_file, kept, on
from tests.api.test_cli import code
from tests.told import SEALED, told_template, told_url
from tests.town import rows

__all__ = ["data", "kept", "told_template", "told_url"]


@pytest.fixture
def lost(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> dict[str, Any]:
    """A head, and an empty place into which a backup from before it was restored."""
    on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes")
    head = head_file(told_url, data, tmp_path / "head.json")
    known = ("--head", tmp_path / "head.json", "--older")
    _, said = on(empty_database_url, data, "restore", kept, *known)
    assert "xuefen head --replace" in said
    return head


def test_after_a_restore_that_lost_events_the_head_is_replaced_and_the_old_one_kept(
    empty_database_url: str, data: Path, lost: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "head.json"
    _, said = on(empty_database_url, data, "head", file, status=1)
    # The erasure was done again, so there are as many events, of which the last is another.
    assert code(said) == "HEAD_OF_ANOTHER_HISTORY"
    assert "--replace" in said

    on(empty_database_url, data, "head", file, "--replace")

    [(position,)] = rows(empty_database_url, "select max(position) from ledger.events")
    assert json.loads(file.read_text())["position"] == position
    [old] = tmp_path.glob(f"head-{lost['position']}-*.json")
    assert json.loads(old.read_text()) == lost
    on(empty_database_url, data, "head", file)


def test_a_head_that_fits_is_not_kept_a_second_time(
    told_url: str, data: Path, tmp_path: Path
) -> None:
    head_file(told_url, data, tmp_path / "head.json")

    on(told_url, data, "head", tmp_path / "head.json", "--replace")

    assert [each.name for each in tmp_path.glob("head*")] == ["head.json"]


def test_a_head_that_another_writes_while_ours_is_made_is_no_alarm(
    told_url: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made = tmp_path / "head.json", command_head._made
    head = head_file(told_url, data, file)

    def overtaken(books: Books) -> Head:
        file.write_text(json.dumps(head | {"position": head["position"] + 1}))
        return made(books)

    monkeypatch.setattr(command_head, "_made", overtaken)
    on(told_url, data, "head", file)


def test_nothing_is_replaced_where_no_file_is_named(told_url: str, data: Path) -> None:
    assert code(on(told_url, data, "head", "--replace", status=2)[1]) == "HEAD_FILE_UNSAID"


def test_a_head_that_is_not_there_is_named_with_what_else_to_say(
    empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere" / "head.json"

    _, said = on(empty_database_url, data, "restore", kept, "--head", missing, status=2)

    assert code(said) == "HEAD_MISSING"
    assert str(missing) in said
    assert "--no-head" in said


def test_a_head_is_kept_where_a_link_leads(told_url: str, data: Path, tmp_path: Path) -> None:
    kept, link = tmp_path / "elsewhere.json", tmp_path / "head.json"
    link.symlink_to(kept)
    for _ in range(2):
        head_file(told_url, data, link)

    assert link.is_symlink()
    assert kept.read_bytes() == link.read_bytes()
    assert not kept.is_symlink()
