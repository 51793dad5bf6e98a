"""Webhooks and their deliveries."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run 0006_webhooks.sql."""
    run_sql_file("0006_webhooks.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
