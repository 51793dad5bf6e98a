"""Traces of whom a sealed file names, and what an erasure destroyed."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run 0008_traces.sql."""
    run_sql_file("0008_traces.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
