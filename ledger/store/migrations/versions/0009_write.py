"""Writing a batch in one statement."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run 0009_write.sql."""
    run_sql_file("0009_write.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
