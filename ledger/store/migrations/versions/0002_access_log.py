"""The log of readings of personal data and of exports."""

from __future__ import annotations

from ledger.store.migrate import run_sql_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run 0002_access_log.sql."""
    run_sql_file("0002_access_log.sql")


def downgrade() -> None:
    """What was read stays known."""
    raise NotImplementedError("the access log only grows")
