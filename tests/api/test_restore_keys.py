"""Keys out of a backup: they come with a ledger, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.test_backup import PASSPHRASE, backed_up, data, on, refused
from tests.api.test_cli import code, inside
from tests.api.test_cli import data as foreign
from tests.told import told_template, told_url

__all__ = ["data", "foreign", "told_template", "told_url"]


@pytest.fixture
def word(tmp_path: Path) -> Path:
    """A file of a passphrase."""
    file = tmp_path / "word"
    file.write_text(PASSPHRASE + "\n")
    return file


@pytest.fixture
def sealed(told_url: str, data: Path, tmp_path: Path, word: Path) -> Path:
    """A backup of the told ledger with its keys."""
    return backed_up(told_url, data, tmp_path / "sealed", "--keys", "--passphrase-file", word)


def with_keys(place: Path, word: Path) -> tuple[object, ...]:
    return (place, "--no-head", "--keys", "--passphrase-file", word)


def test_a_folder_of_somebody_else_gets_no_key_when_it_is_refused(
    foreign: Path, sealed: Path, word: Path
) -> None:
    foreign.mkdir(mode=0o711)
    (foreign / "notes.txt").write_text("mine")

    _, said = inside("--data", foreign, "restore", *with_keys(sealed, word), status=2)

    assert code(said) == "DATA_FOLDER_FOREIGN"
    assert [each.name for each in foreign.iterdir()] == ["notes.txt"]


def test_a_database_with_a_ledger_gets_no_other_key_when_it_is_refused(
    told_url: str, sealed: Path, word: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"

    _, said = on(told_url, fresh, "restore", *with_keys(sealed, word), status=2)

    assert code(said) == "RESTORE_NOT_EMPTY"
    assert not (fresh / "vault.key").exists()


@pytest.mark.parametrize("before", [False, True])
def test_a_key_goes_again_with_a_ledger_that_does_not_hold_unless_it_lay_there_before(
    empty_database_url: str,
    data: Path,
    sealed: Path,
    word: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: bool,
) -> None:
    fresh, own = tmp_path / "fresh", (data / "vault.key").read_bytes()
    fresh.mkdir()
    if before:
        (fresh / "vault.key").write_bytes(own)

    def die(*_: object) -> None:
        assert (fresh / "vault.key").read_bytes() == own
        raise KeyboardInterrupt

    monkeypatch.setattr("api.command_restore.problems", die)
    on(empty_database_url, fresh, "restore", *with_keys(sealed, word), status=130)

    assert (fresh / "vault.key").exists() == before


@pytest.mark.parametrize("held", [bytes(range(200, 232)), b"\xff\xfe", b""])
def test_a_key_file_that_is_no_text_is_another_key_and_stays(
    empty_database_url: str, sealed: Path, word: Path, tmp_path: Path, held: bytes
) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "vault.key").write_bytes(held)

    said = refused(empty_database_url, fresh, 2, *with_keys(sealed, word))

    assert said == "KEY_PRESENT"
    assert (fresh / "vault.key").read_bytes() == held


def test_a_passphrase_is_the_same_however_an_editor_keeps_it(
    empty_database_url: str, told_url: str, data: Path, tmp_path: Path, word: Path
) -> None:
    marked = tmp_path / "marked"
    marked.write_bytes(b"\xef\xbb\xbf" + PASSPHRASE.encode() + b"\r\n")
    place = backed_up(told_url, data, tmp_path / "made", "--keys", "--passphrase-file", marked)

    on(empty_database_url, tmp_path / "fresh", "restore", *with_keys(place, word))

    assert (tmp_path / "fresh" / "vault.key").read_bytes() == (data / "vault.key").read_bytes()
