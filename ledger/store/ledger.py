"""The ledger as a whole: one object that asks, reads, seals, and is closed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool
from uuid_utils import uuid4

from ledger.command import Asker, Command
from ledger.day import in_shanghai
from ledger.regulation import Rulebook
from ledger.store.access_log import AccessLog
from ledger.store.answer import Answer
from ledger.store.clock import Clock, system_clock
from ledger.store.committer import Committer
from ledger.store.delivery import Deliveries
from ledger.store.feed import Feed, open_pool
from ledger.store.founding import FOUNDER, REQUEST, founding_commands
from ledger.store.load import Loads
from ledger.store.migrate import check_version, migrate
from ledger.store.progress import Progress
from ledger.store.rehearsal import Rehearsal, rehearse
from ledger.store.request import Requests
from ledger.store.result import Results
from ledger.store.trouble import Trouble
from ledger.store.upload import Uploads
from ledger.store.vault import Vault
from ledger.store.webhook import Webhooks
from ledger.store.work import Asked, Seal


class Ledger:
    """An open ledger on a database.

    Raises ``Trouble`` where the database cannot be used.
    """

    def __init__(self, url: str, vault_key: bytes, clock: Clock = system_clock) -> None:
        check_version(url)
        self.url = url
        self.clock = clock
        self.pool: ConnectionPool[psycopg.Connection[Any]] = open_pool(url)
        self.feed = Feed(url, self.pool)
        self.vault = Vault(vault_key, self.pool)
        self.access_log = AccessLog(self.pool)
        self.progress = Progress(self.pool)
        self.uploads = Uploads(self.vault, self.pool, clock, self.progress)
        self.results = Results(self.vault, self.pool, clock)
        self.loads = Loads(self.vault, self.pool, clock)
        self.webhooks = Webhooks(self.vault, self.pool)
        self.deliveries = Deliveries(self.webhooks, self.pool)
        self.requests = Requests(self.vault, self.pool)
        try:
            self.vault.verify()
        except Trouble:
            self.feed.close()
            self.pool.close()
            raise
        self.committer = Committer(url, clock)

    @classmethod
    def found(cls, url: str, vault_key: bytes, clock: Clock = system_clock) -> Ledger:
        """Migrates the database, opens the ledger, and founds it where it has no entry."""
        migrate(url)
        ledger = cls(url, vault_key, clock)
        if not ledger.feed.begun:
            answer = ledger.ask(founding_commands(), FOUNDER, request=REQUEST, whole=True)
            refusals = [each for outcome in answer.outcomes for each in outcome.refusals]
            if refusals:
                ledger.close()
                raise Trouble(
                    "NOT_FOUNDED",
                    zh=f"账本没有建成：{refusals[0].zh}",
                    en=f"the ledger was not founded: {refusals[0].en}",
                )
        return ledger

    def close(self) -> None:
        """Answers what is queued and closes all connections."""
        self.committer.close()
        self.feed.close()
        self.pool.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def now(self) -> datetime:
        """The time by the ledger's clock, UTC."""
        return self.clock()

    def today(self) -> date:
        """The day in Asia/Shanghai by the ledger's clock."""
        return in_shanghai(self.clock())

    def submit(
        self,
        commands: Sequence[Command],
        asker: Asker,
        *,
        request: str | None = None,
        on: date | None = None,
        source: str | None = None,
        cause: str | None = None,
        whole: bool = False,
        seals: dict[int, Seal] | None = None,
    ) -> Future[Answer]:
        """Asks commands under one request id; see ``Asked``. The future gives the answer."""
        return self.committer.submit(
            Asked(
                commands=list(commands),
                asker=asker,
                request=request or str(uuid4()),
                on=on,
                source=source,
                cause=cause,
                whole=whole,
                seals=seals or {},
            )
        )

    def ask(self, commands: Sequence[Command], asker: Asker, **options: Any) -> Answer:
        """Like ``submit``, and waits for the answer."""
        return self.submit(commands, asker, **options).result()

    def rehearse(
        self,
        commands: Sequence[Command],
        asker: Asker,
        rules: Rulebook,
        *,
        position: int,
        on: date | None = None,
        source: str | None = None,
        seals: dict[int, Seal] | None = None,
    ) -> list[Rehearsal]:
        """What each command would come to after a position; see ``rehearsal``. Writes nothing."""
        asked = Asked(
            commands=list(commands),
            asker=asker,
            request=str(uuid4()),
            on=on,
            source=source,
            seals=seals or {},
        )
        return rehearse(self.pool, asked, rules, self.now(), position=position)
