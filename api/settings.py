"""Settings, from the environment (``XUEFEN_…``) or a ``.env`` file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.store.embedded import default_data

BODY_BYTES_MAX = 8 * 1024 * 1024


class Mode(StrEnum):
    """What the ledger is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class Settings(BaseSettings):
    """What an operator may set. Each name has the prefix ``XUEFEN_``."""

    model_config = SettingsConfigDict(env_prefix="XUEFEN_", env_file=".env", extra="ignore")

    database_url: str | None = Field(
        default=None, description="PostgreSQL 15 or newer; empty: the embedded PostgreSQL 18."
    )
    data: Path = Field(
        default_factory=default_data, description="Folder of the embedded database and the keys."
    )
    mode: Mode = Field(
        default=Mode.PRODUCTION,
        description="production or development; only in development are there tokens of our own "
        "issuer and a demo clock.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8330, ge=0, le=65_535, description="Port to listen on.")
    vault_key: Path | None = Field(
        default=None, description="File of the vault key; empty: vault.key in the data folder."
    )
    issuer_key: Path | None = Field(
        default=None, description="File of the token key; empty: issuer.jwk in the data folder."
    )
    issuers: Path | None = Field(
        default=None, description="File of the outside issuers whose tokens are taken; TOML."
    )
    demo_clock: bool = Field(
        default=False, description="Let the operator set the day by POST /demo/clock. Never live."
    )
    webhook_private: bool = Field(
        default=False,
        description="Let webhooks go to private addresses and over plain HTTP; for one's own "
        "network only.",
    )
    body_bytes_max: int = Field(default=BODY_BYTES_MAX, description="Largest request body.")

    @property
    def vault_key_file(self) -> Path:
        """Where the vault key lies."""
        return self.vault_key or self.data / "vault.key"

    @property
    def issuer_key_file(self) -> Path:
        """Where the token key lies."""
        return self.issuer_key or self.data / "issuer.jwk"
