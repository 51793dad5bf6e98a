"""Settings, from the environment (``XUEFEN_…``) or a ``.env`` file."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.edge.documents import Documents
from api.edge.policy import Policy, Who
from api.patience import Patience
from ledger.store.embedded import default_data

BODY_BYTES_MAX = 8 * 1024 * 1024


class Mode(StrEnum):
    """What the ledger is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class Settings(BaseSettings):
    """What an operator may set. Each name has the prefix ``XUEFEN_``; empty is not set."""

    model_config = SettingsConfigDict(
        env_prefix="XUEFEN_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

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
    log_requests: bool = Field(
        default=False, description="Log a line for each request, without what it asked."
    )
    body_bytes_max: int = Field(default=BODY_BYTES_MAX, description="Largest request body.")
    trusted_proxies: str | None = Field(
        default=None,
        description="Addresses or networks, parted by commas, whose X-Forwarded-For is believed; "
        "empty: nobody's.",
    )
    head_seconds: float = Field(
        default=Patience.head_seconds, ge=0, description="How long a request's head may take."
    )
    body_seconds: float = Field(
        default=Patience.body_seconds,
        ge=0,
        description="How long a body may take, beside its bytes at the least rate; 0: any time.",
    )
    body_rate: int = Field(
        default=Patience.body_rate, ge=0, description="Least bytes of a body in a second; 0: any."
    )
    idle_seconds: int = Field(
        default=Patience.idle_seconds, gt=0, description="How long an idle connection is kept."
    )
    connections: int = Field(
        default=Patience.connections,
        ge=0,
        description="Connections of each worker process; 0: any number.",
    )
    address_connections: int = Field(
        default=Patience.address_connections,
        ge=0,
        description="Connections that one address has of each worker process; 0: any number.",
    )

    introspection: Who = Field(
        default=Who.SIGNED, description="Who may ask what the schema holds: nobody, signed, anyone."
    )
    documents: Path | None = Field(
        default=None, description="JSON file of GraphQL documents by id, which clients may name."
    )
    own_documents: Who = Field(
        default=Who.ANYONE,
        description="Who may send documents of their own: nobody, signed, anyone.",
    )
    requests_per_minute: int = Field(
        default=60_000, ge=0, description="Requests of one party in a minute; 0: any number."
    )
    public_requests_per_minute: int = Field(
        default=600, ge=0, description="Requests of one address without a token; 0: any number."
    )
    cost_per_minute: int = Field(
        default=20_000_000, ge=0, description="Cost of one party's requests in a minute; 0: any."
    )
    public_cost_per_minute: int = Field(
        default=100_000, ge=0, description="Cost of one address's requests in a minute; 0: any."
    )
    execution_seconds: float = Field(
        default=30.0, ge=0, description="How long the answer to a request may take; 0: any time."
    )
    door_seconds: float = Field(
        default=300.0,
        ge=0,
        description="How long a file may take until its answer begins; 0: any time.",
    )
    statement_seconds: float = Field(
        default=20.0, ge=0, description="How long the database may read for it; 0: any time."
    )

    @property
    def policy(self) -> Policy:
        """What is decided about the edge. Raises ``Trouble`` (``DOCUMENTS_BAD``)."""
        return Policy(
            introspection=self.introspection,
            own_documents=self.own_documents,
            documents=Documents.read(self.documents) if self.documents else Documents(),
            requests_per_minute=self.requests_per_minute,
            public_requests_per_minute=self.public_requests_per_minute,
            cost_per_minute=self.cost_per_minute,
            public_cost_per_minute=self.public_cost_per_minute,
            execution_seconds=self.execution_seconds,
            door_seconds=self.door_seconds,
        )

    @field_validator("data", "vault_key", "issuer_key", "issuers", "documents")
    @classmethod
    def _at_home(cls, given: Path | None) -> Path | None:
        """A ``~`` that no shell has read, as in ``--data=~/ledger`` or in ``.env``."""
        return given and given.expanduser()

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, given: str | None) -> str | None:
        for each in given.split(",") if given else ():
            ip_network(each.strip())  # a name would never fit an address, and nobody would know
        return given

    @property
    def proxies(self) -> tuple[str, ...]:
        """The addresses and networks of the proxies that are believed."""
        return tuple(each.strip() for each in (self.trusted_proxies or "").split(",") if each)

    @property
    def patience(self) -> Patience:
        """How long is waited for clients, and for how many."""
        return Patience(
            head_seconds=self.head_seconds,
            body_seconds=self.body_seconds,
            body_rate=self.body_rate,
            idle_seconds=self.idle_seconds,
            connections=self.connections,
            address_connections=self.address_connections,
        )

    @property
    def vault_key_file(self) -> Path:
        """Where the vault key lies."""
        return self.vault_key or self.data / "vault.key"

    @property
    def issuer_key_file(self) -> Path:
        """Where the token key lies."""
        return self.issuer_key or self.data / "issuer.jwk"
