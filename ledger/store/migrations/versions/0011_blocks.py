"""Blocks of positions as bits, by tag, type, channel and day."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run 0011_blocks.sql."""
    run_sql_file("0011_blocks.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
