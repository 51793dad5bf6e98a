"""What was asked under an id, and the sending of a file that broke off."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run 0010_requests.sql."""
    run_sql_file("0010_requests.sql")


def downgrade() -> None:
    """Steps back are not taken."""
    raise NotImplementedError("restore a backup instead")
