"""A backup that is only looked at: held against its own events, and what is not held is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.store.manifest import EVENTS, NAME
from tests.api.test_backup import data, head_file, kept, on, summed
from tests.api.test_cli import code, inside, lines
from tests.told import SEALED, told_template, told_url

__all__ = ["data", "kept", "told_template", "told_url"]

CHECK = ("restore", "--check")


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / NAME).read_text())
    return found


@pytest.mark.parametrize("by", [-1, 1])
def test_a_position_that_is_not_that_of_the_events_is_refused_though_all_hashes_were_made_to_fit(
    data: Path, kept: Path, by: int
) -> None:
    manifest = manifest_of(kept)
    tables = [
        each | {"rows": each["rows"] + (by if each["table"] == EVENTS else 0)}
        for each in manifest["tables"]
    ]
    summed(kept, position=manifest["position"] + by, tables=tables)

    _, said = inside("--data", data, *CHECK, kept, "--no-head", status=1)

    assert code(said) == "BACKUP_ALTERED"


def test_a_hash_that_is_not_that_of_the_events_is_refused_though_that_of_the_manifest_fits(
    data: Path, kept: Path
) -> None:
    summed(kept, root="ab" * 32)

    _, said = inside("--data", data, *CHECK, kept, "--no-head", status=1)

    assert code(said) == "BACKUP_ALTERED"


def test_what_only_a_restore_compares_is_named(data: Path, kept: Path) -> None:
    summed(kept, accesses=99)

    _, said = inside("--data", data, *CHECK, kept, "--no-head")
    printed, _ = inside("--data", data, *CHECK, kept, "--no-head", "--json")

    assert "were not looked at: only a restore compares them with the manifest" in said
    assert "只有恢复时才与清单比较" in said
    assert [each["unverified"] for each in lines(printed)] == [["tables", "accesses"]]


def test_how_many_events_would_be_lost_is_said_before_they_are(
    told_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    before = manifest_of(kept)["position"]
    on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes")
    lost = head_file(told_url, data, tmp_path / "head.json")["position"] - before

    _, said = inside("--data", data, *CHECK, kept, "--head", tmp_path / "head.json", "--older")

    assert f"将丢失 {lost} 个事件" in said
    assert f"{lost} events are lost" in said


def test_that_no_known_event_would_be_lost_is_said_too(
    told_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    position = head_file(told_url, data, tmp_path / "head.json")["position"]

    _, said = inside("--data", data, *CHECK, kept, "--head", tmp_path / "head.json")

    assert f"No event up to {position}, the position known from outside, is lost" in said
