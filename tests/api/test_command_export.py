"""``xuefen export``: a file with its receipt, and exit codes as the other commands have them."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.cast import RUIAN
from tests.told import told_template, told_url
from tests.town import CREDIT, KEY, database, founded_template, founded_url

__all__ = ["database", "founded_template", "founded_url", "told_template", "told_url"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the key of the town's vault."""
    from base64 import b64encode

    (tmp_path / "vault.key").write_text(b64encode(KEY).decode())
    return tmp_path


def export(url: str, folder: Path, *arguments: object, status: int = 0) -> tuple[str, str]:
    """What a command printed and said."""
    blank = {name: None for name in os.environ if name.startswith("XUEFEN_")}
    given = ["--data", folder, "--database-url", url, "export", *arguments]
    done = CliRunner(env=blank).invoke(app, [str(each) for each in given])

    assert done.exit_code == status, (done.exit_code, done.output, done.exception)
    return done.stdout, done.stderr


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_a_file_is_written_with_its_receipt(told_url: str, folder: Path, form: str) -> None:
    out = folder / f"out.{form}"
    export(told_url, folder, "teachers", "--format", form, "--place", "330381", "--out", out)

    told = json.loads((folder / f"out.{form}.json").read_text())
    assert told["sha256"] == sha256(out.read_bytes()).hexdigest()
    assert (told["what"], told["filters"], told["number"]) == ("teachers", {"place": RUIAN}, 1)
    assert told["bytes"] == out.stat().st_size and out.stat().st_mode & 0o77 == 0
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        [out.name, f"{out.name}.json", "vault.key"]
    )


def test_a_past_position_and_a_purpose_are_kept_to(told_url: str, folder: Path) -> None:
    out = folder / "out.jsonl"
    printed, _ = export(
        told_url, folder, "teachers", "--format", "jsonl", "--as-of-position", 60, "--effective",
        "2024-12-31", "--purpose", "核对名册", "--out", out, "--json",
    )  # fmt: skip

    told = json.loads(printed)
    assert (told["position"], told["effective"], told["clear"]) == (60, "2024-12-31", True)
    assert told["channel"] == "CONSOLE"


def test_a_question_is_exported_as_a_list_is(told_url: str, folder: Path) -> None:
    out = folder / "out.jsonl"
    printed, _ = export(
        told_url, folder, "whyNotCounted", "--format", "jsonl", "--filter", f"credit={CREDIT}",
        "--effective", "2024-08-31", "--out", out, "--json",
    )  # fmt: skip
    told, [row] = json.loads(printed), out.read_text().splitlines()

    assert (told["rows"], told["subjects"]) == (1, 1)
    assert told["filters"] == {"credit": str(CREDIT), "on": "2024-08-31"}
    assert json.loads(row)["answer"] == "NOT_COUNTED"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("evidence",), "BAD_FILTER"),
        (("teachers", "--effective", "2200-01-01"), "BAD_DAY"),
        (("passwords",), "UNKNOWN_EXPORT"),
        (("teachers", "--filter", "place"), "BAD_FILTER"),
        (("teachers", "--filter", "colour=red"), "BAD_FILTER"),
        (("teachers", "--as-of-position", 10**9), "BEYOND_HEAD"),
        (("teachers", "--purpose", "x"), "BAD_PURPOSE"),
        (("teachers", "--place", "school:a"), "MALFORMED_NAME"),
    ],
)
def test_nonsense_is_said_and_leaves_no_file(
    told_url: str, folder: Path, arguments: tuple[object, ...], code: str
) -> None:
    _, said = export(told_url, folder, *arguments, "--out", folder / "out.csv", status=2)

    assert f"[{code}]" in said
    assert [each.name for each in folder.iterdir()] == ["vault.key"]


def test_a_file_that_exists_and_a_folder_that_does_not_are_said(
    told_url: str, folder: Path
) -> None:
    (folder / "out.csv").write_text("mine")
    _, taken = export(told_url, folder, "orders", "--out", folder / "out.csv", status=2)
    _, absent = export(told_url, folder, "orders", "--out", folder / "no" / "o.csv", status=2)

    assert "[FILE_EXISTS]" in taken and "[FILE_CLOSED]" in absent
    assert (folder / "out.csv").read_text() == "mine"


def test_without_the_key_nothing_is_exported_and_none_is_made(
    told_url: str, tmp_path: Path
) -> None:
    _, said = export(told_url, tmp_path, "orders", "--out", tmp_path / "out.csv", status=2)

    assert "[VAULT_KEY_MISSING]" in said
    assert list(tmp_path.iterdir()) == []
