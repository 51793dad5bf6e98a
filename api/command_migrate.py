"""Migration from the command line, or its SQL for a database administrator."""

from __future__ import annotations

from typing import Annotated

import typer

from api.books import has_cluster
from api.house import database
from api.terminal import Json, print_json, settings_of, tell
from ledger.store.migrate import migrate as bring_up_to_date
from ledger.store.migrate import pending_sql


def migrate(
    context: typer.Context,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL instead of running it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Migrate the database, as its owner. 迁移数据库。

    With --sql the statements that would run go to standard output, for an administrator to read
    and run; nothing is changed. There are none where the database is up to date.
    """
    settings = settings_of(context)
    if sql and not settings.database_url and not has_cluster(settings):
        _print(pending_sql(None), as_json=as_json)
        return
    with database(settings) as url:
        pending = pending_sql(url)
        if sql:
            _print(pending, as_json=as_json)
            return
        bring_up_to_date(url)
    if as_json:
        print_json([{"migrated": bool(pending)}])
    elif pending:
        tell("数据库已迁移。", "The database is migrated.")
    else:
        tell("数据库已是最新，无需迁移。", "The database is up to date; there was nothing to do.")


def _print(sql: str, *, as_json: bool) -> None:
    if as_json:
        print_json([{"sql": sql}])
    else:
        typer.echo(sql, nl=False)
