"""Batches written one behind the other."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run 0012_flight.sql."""
    run_sql_file("0012_flight.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
