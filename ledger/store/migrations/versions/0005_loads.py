"""Dry runs of loads, sealed."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run 0005_loads.sql."""
    run_sql_file("0005_loads.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
