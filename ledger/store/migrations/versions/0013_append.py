"""Appends that the database decides."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Run 0013_append.sql."""
    run_sql_file("0013_append.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
