"""Whether a ledger can be filled: its folders can be written, its key read, and it holds no event.

A plan and the run that it is about ask the same here, so that no plan promises what is refused; and
nothing is made where nothing was.
"""

from __future__ import annotations

from pathlib import Path

import psycopg

from api.books import has_cluster
from api.house import database
from api.settings import Settings
from ledger.store.connection import open_connection
from ledger.store.folder import require_claimable, require_writable, server_account
from ledger.store.trouble import Trouble
from ledger.store.vault import load_key

TEMPORARY = Path("/var/tmp")  # noqa: S108  # what is made there has a name that nobody can foresee


def require_ready(settings: Settings) -> None:
    """Raises ``Trouble`` for what a run would be refused."""
    data, key = settings.data.expanduser().resolve(), settings.vault_key_file
    # With a database elsewhere nothing but a key that is missing is written there.
    if not settings.database_url or not data.exists():
        require_writable(data)
    require_writable(beside(settings))
    if not settings.database_url:
        require_claimable(data, server_account())
    if key.exists():
        load_key(key)
    if settings.database_url:
        require_empty(settings.database_url)
    elif has_cluster(settings):
        with database(settings) as url:
            require_empty(url)


def beside(settings: Settings) -> Path:
    """Where the ledgers lie in which districts are decided, beside the data folder."""
    if settings.database_url:
        return TEMPORARY
    return settings.data.expanduser().resolve().parent


def require_empty(url: str) -> None:
    """Raises ``Trouble`` (``LEDGER_NOT_EMPTY``) for a ledger that holds events."""
    with open_connection(url, owner=True) as connection:
        there = connection.execute("select to_regclass('ledger.events') is not null").fetchone()
        if there == (True,) and _holds(connection):
            raise Trouble(
                "LEDGER_NOT_EMPTY",
                zh="这本账已有事件，整县整省的模拟只写入空账本。"
                "请另用空的数据目录（xuefen --data …）。",
                en="This ledger holds events already; a whole county or province goes into an "
                "empty one only. Use an empty data folder (xuefen --data …).",
            )


def _holds(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    return connection.execute("select from ledger.events limit 1").fetchone() is not None
