"""What alembic runs for each migration: on our connection, or printed without a database."""

from __future__ import annotations

from alembic import context

from ledger.store.migrate import REVISION_TABLE, SCHEMA

CREATE_SCHEMA = f"create schema if not exists {SCHEMA}"


def migrate() -> None:
    """Run the steps; the schema comes first, since alembic keeps its own table in it."""
    connection = context.config.attributes.get("connection")
    context.configure(
        connection=connection,
        dialect_name="postgresql",
        version_table=REVISION_TABLE,
        version_table_schema=SCHEMA,
    )
    with context.begin_transaction():
        if context.config.attributes["from_scratch"]:
            context.execute(CREATE_SCHEMA)
        context.run_migrations()


migrate()
