"""Webhooks and their deliveries."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run 0007_webhooks.sql."""
    run_sql_file("0007_webhooks.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
