"""The ledger, its tag index, answered requests, and the vault."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run 0001_ledger.sql."""
    run_sql_file("0001_ledger.sql")


def downgrade() -> None:
    """Facts are never thrown away."""
    raise NotImplementedError("the ledger only grows")
