"""A ledger without its key: nobody makes it another one, and who begins a ledger gets the first."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from api.metrics import FOLDER
from ledger.store.first_key import first_key
from ledger.store.migrate import migrate
from ledger.store.trouble import Trouble
from tests.api.test_backup import data, kept, on
from tests.api.test_cli import code
from tests.told import told_template, told_url

__all__ = ["data", "kept", "told_template", "told_url"]


@pytest.mark.parametrize("more", [(), ("--workers", "2")])
def test_a_restored_ledger_without_its_key_is_not_served_and_gets_no_other_key(
    empty_database_url: str,
    kept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[object, ...],
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))  # which workers set, and this process must forget
    (keyless := tmp_path / "keyless").mkdir()
    on(empty_database_url, keyless, "restore", kept, "--no-head")

    _, said = on(empty_database_url, keyless, "serve", "--port", 0, *more, status=2)

    assert code(said) == "VAULT_KEY_MISSING"
    assert str(keyless / "vault.key") in said
    assert not (keyless / "vault.key").exists()


def test_a_new_ledger_gets_a_key_and_keeps_it(empty_database_url: str, tmp_path: Path) -> None:
    made = first_key(empty_database_url, tmp_path / "vault.key")

    assert first_key(empty_database_url, tmp_path / "vault.key") == made


def test_a_vault_that_holds_a_persons_key_has_begun(
    empty_database_url: str, tmp_path: Path
) -> None:
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("insert into vault.keys (subject, wrapped) values ('teacher:a', 'x')")

    with pytest.raises(Trouble) as refusal:
        first_key(empty_database_url, tmp_path / "vault.key")

    assert refusal.value.code == "VAULT_KEY_MISSING"
