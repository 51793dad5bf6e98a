"""What comparisons came to, sealed."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run 0004_results.sql."""
    run_sql_file("0004_results.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
