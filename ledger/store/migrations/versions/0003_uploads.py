"""Files that people gave up, sealed."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run 0003_uploads.sql."""
    run_sql_file("0003_uploads.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
