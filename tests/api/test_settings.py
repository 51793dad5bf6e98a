"""Settings: files and folders are where whoever names them means them to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings
from ledger.store.embedded import default_data


def test_a_folder_at_home_is_the_same_to_the_database_and_to_the_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XUEFEN_DATA", "~/ledger")
    found = Settings(vault_key=Path("~/vault.key"), _env_file=None)

    assert found.data == tmp_path / "ledger"
    assert found.issuer_key_file == tmp_path / "ledger" / "issuer.jwk"
    assert found.vault_key_file == tmp_path / "vault.key"
    assert Settings(issuers=None, _env_file=None).issuers is None


def test_an_empty_variable_is_one_that_is_not_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA", "VAULT_KEY", "ISSUER_KEY", "ISSUERS", "DOCUMENTS", "DATABASE_URL"):
        monkeypatch.setenv(f"XUEFEN_{name}", "")
    monkeypatch.setenv("XUEFEN_PORT", "")
    found = Settings(_env_file=None)

    assert found == Settings(data=default_data(), _env_file=None)
    assert found.vault_key_file == default_data() / "vault.key"
    assert (found.port, found.database_url, found.documents) == (8330, None, None)
