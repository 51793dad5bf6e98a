"""Webhooks: addresses of other systems to which changes are sent, each with a secret of its own.

They belong to a role over a scope, so that an officer who leaves does not leave one behind that
nobody can end. They are no facts of training and so no events: an address may itself be a password
and must be forgettable, and a change of one would be a change to send. Who made, changed or ended
one stands in the access log; address and secrets lie sealed in the vault. The database's clock
counts, which all processes share; a ledger's own clock may be set back for a demonstration.
"""

from __future__ import annotations

import secrets as chance
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from msgspec import Struct
from psycopg_pool import ConnectionPool

from ledger.command import Asker, Role
from ledger.event import express, revive
from ledger.fault import Fault
from ledger.names import KINDS, JurisdictionId
from ledger.store.ticket import own, well_formed
from ledger.store.vault import Vault
from ledger.store.webhook_fault import too_many, too_many_secrets, unknown

OWN_MAX = 20
TOKEN = "token:"  # noqa: S105  # no secret
"""How the name of an actor begins that is a service token."""
ANSWERED_FOR = {Role.BUREAU: (Role.INTEGRATOR,)}
"""Of whose webhooks over the same scope a role hears, and may end them."""
SECRET_BYTES = 32
SECRETS_MAX = 4
OVERLAP_HOURS = 24
FIELDS = (
    "webhook, actor, role, scope, made_at, wanted, wrapped, address, secrets, state, position,"
    " failures, failing_since, due"
)


class WebhookState(Enum):
    """Whether changes are sent to it."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class WantedChanges(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which changes are sent: of these types, with all of these tags, from a place or below it."""

    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    place: JurisdictionId | None = None


class Secret(Struct, frozen=True, omit_defaults=True):
    """What signs, until when where another has taken its place, and which request made it."""

    text: str
    until: datetime | None = None
    request: str = ""


class Webhook(Struct, kw_only=True):
    """One address and how far it has come: all up to ``position`` was delivered or not wanted."""

    id: str
    owner: Asker
    made_at: datetime
    wanted: WantedChanges
    address: str
    secrets: tuple[Secret, ...]
    state: WebhookState
    position: int
    failures: int
    failing_since: datetime | None
    due: datetime

    def signing(self) -> tuple[str, ...]:
        """The secrets that sign at present, the latest first."""
        now = datetime.now(UTC)
        return tuple(each.text for each in self.secrets if each.until is None or each.until > now)


class Webhooks:
    """Keeps webhooks; safe to use from many threads."""

    def __init__(self, vault: Vault, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._vault, self._pool = vault, pool

    def make(
        self, asker: Asker, address: str, wanted: WantedChanges, *, request: str, position: int
    ) -> tuple[Webhook, str | None]:
        """A webhook from a position on, and its secret, told this once.

        The same request gives the same webhook, and no secret. Raises ``Fault``.
        """
        webhook, secret = uuid4(), _secret()
        subject, wrapped = _subject(webhook), self._vault.new_key(_subject(webhook))
        values = own(asker) | {
            "webhook": webhook,
            "request": request,
            "wanted": _JSON.encode(wanted),
            "wrapped": wrapped,
            "address": self._vault.seal_bytes(subject, wrapped, "address", address.encode()),
            "secrets": self._sealed(subject, wrapped, (Secret(secret),)),
            "position": position,
            "most": OWN_MAX,
        }
        with self._pool.connection() as connection:
            # One after another, so that many at once do not pass the limit together.
            connection.execute(
                "select pg_advisory_xact_lock(hashtextextended('webhooks|' || %(role)s || '|' ||"
                " %(scope)s, 0))",
                values,
            )
            found = connection.execute(
                f"select {FIELDS} from vault.webhooks where actor = %(actor)s and "
                "role = %(role)s and scope = %(scope)s and request = %(request)s",
                values,
            ).fetchone()
            if found is not None:
                return _replayed(self.told(found), address, wanted), None
            row = connection.execute(
                "insert into vault.webhooks (webhook, actor, role, scope, request, wanted, wrapped,"
                " address, secrets, position) select %(webhook)s, %(actor)s, %(role)s, %(scope)s,"
                " %(request)s, %(wanted)s, %(wrapped)s, %(address)s, %(secrets)s, %(position)s "
                "where (select count(*) from vault.webhooks where role = %(role)s and "
                f"scope = %(scope)s) < %(most)s returning {FIELDS}",
                values,
            ).fetchone()
        if row is None:
            raise too_many(OWN_MAX)
        return self.told(row), secret

    def mine(self, asker: Asker, *, webhook: str | None = None) -> list[Webhook]:
        """The webhooks of an asker's role and scope, oldest first; all for the operator.

        A bureau answers for the machines of its place: theirs are among its own.
        """
        if webhook is not None and not well_formed(webhook):
            return []
        conditions = ["true"]
        if asker.role is not Role.OPERATOR:
            conditions.append("role = any(%(roles)s) and scope = %(scope)s")
        if webhook is not None:
            conditions.append("webhook = %(webhook)s")
        roles = [asker.role.value, *(each.value for each in ANSWERED_FOR.get(asker.role, ()))]
        with self._pool.connection() as connection:
            rows = connection.execute(
                f"select {FIELDS} from vault.webhooks where {' and '.join(conditions)} "
                "order by made_at, webhook",
                own(asker) | {"webhook": webhook and UUID(webhook), "roles": roles},
            ).fetchall()
        return [self.told(row) for row in rows]

    def change(self, webhook: Webhook, address: str, wanted: WantedChanges) -> None:
        """Another address or other changes, from the next delivery on."""
        subject, wrapped = _subject(webhook.id), self._wrapped(webhook)
        sealed = self._vault.seal_bytes(subject, wrapped, "address", address.encode())
        self._set(webhook, "address = %(address)s, wanted = %(wanted)s, lease = null",
                  address=sealed, wanted=_JSON.encode(wanted))  # fmt: skip

    def pause(self, webhook: Webhook) -> None:
        """Nothing is sent until it is resumed; one that is disabled stays so."""
        self._set(webhook, "state = case state when 'ACTIVE' then 'PAUSED' else state end")

    def resume(self, webhook: Webhook, by: Asker) -> None:
        """Sent again, from where it stopped, at once.

        One that a service token made passes to who resumes it in its stead, and ends with them.
        """
        owner, what = webhook.owner, f"state = 'ACTIVE', {_AFRESH}"
        same = (owner.role, owner.scope) == (by.role, by.scope)
        if same and owner.actor.startswith(TOKEN) and owner.actor != by.actor:
            # The request is that of who made it; another's may bear the same id.
            what += ", actor = %(actor)s, request = webhook::text"
        self._set(webhook, what, actor=by.actor)

    def recover(self, webhook: Webhook, position: int) -> None:
        """Sent again from a position on; what comes later waits behind it."""
        self._set(webhook, f"position = least(position, %(position)s), lease = null, {_AFRESH}",
                  position=position)  # fmt: skip

    def remove(self, webhook: Webhook) -> None:
        """Ends it, and forgets its address, its secrets and its deliveries."""
        with self._pool.connection() as connection:
            connection.execute("delete from vault.webhooks where webhook = %s", (UUID(webhook.id),))

    def rotate(self, webhook: Webhook, request: str = "") -> str | None:
        """A new secret, told this once, or ``None`` where the request made one that still signs.

        Those before it sign beside it for a day. Raises ``Fault`` where too many sign already.
        """
        secret, subject = _secret(), _subject(webhook.id)
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped, secrets from vault.webhooks where webhook = %s for update",
                (UUID(webhook.id),),
            ).fetchone()
            if row is None:
                raise unknown()
            wrapped, now = bytes(row[0]), datetime.now(UTC)
            every = self._opened(subject, wrapped, row[1])
            held = [each for each in every if not each.until or each.until > now]
            if request and any(each.request == request for each in held):
                return None
            if len(held) >= SECRETS_MAX:
                raise too_many_secrets(SECRETS_MAX, OVERLAP_HOURS)
            ends = now + timedelta(hours=OVERLAP_HOURS)
            kept = tuple(Secret(each.text, each.until or ends, each.request) for each in held)
            sealed = self._sealed(subject, wrapped, (Secret(secret, None, request), *kept))
            connection.execute(
                "update vault.webhooks set secrets = %s where webhook = %s",
                (sealed, UUID(webhook.id)),
            )
        return secret

    def _set(self, webhook: Webhook, what: str, **values: Any) -> None:
        with self._pool.connection() as connection:
            connection.execute(
                f"update vault.webhooks set {what} where webhook = %(webhook)s",
                values | {"webhook": UUID(webhook.id)},
            )

    def _wrapped(self, webhook: Webhook) -> bytes:
        with self._pool.connection() as connection:
            row = connection.execute(
                "select wrapped from vault.webhooks where webhook = %s", (UUID(webhook.id),)
            ).fetchone()
        if row is None:
            raise unknown()
        return bytes(row[0])

    def _sealed(self, subject: str, wrapped: bytes, secrets: tuple[Secret, ...]) -> bytes:
        return self._vault.seal_bytes(subject, wrapped, "secrets", _JSON.encode(secrets))

    def _opened(self, subject: str, wrapped: bytes, sealed: bytes) -> tuple[Secret, ...]:
        data = self._vault.open_bytes(subject, wrapped, "secrets", bytes(sealed))
        return msgspec.json.decode(data, type=tuple[Secret, ...])

    def told(self, row: tuple[Any, ...]) -> Webhook:
        """The webhook in a row of ``FIELDS``."""
        webhook, actor, role, scope, made_at, wanted, wrapped, address, secrets = row[:9]
        state, position, failures, failing_since, due = row[9:]
        subject, key = _subject(webhook), bytes(wrapped)
        name = KINDS[scope.partition(":")[0]](scope)
        return Webhook(
            id=str(webhook),
            owner=Asker(actor=actor, role=Role(role), scope=name),
            made_at=made_at,
            wanted=msgspec.json.decode(bytes(wanted), type=WantedChanges, dec_hook=revive),
            address=self._vault.open_bytes(subject, key, "address", bytes(address)).decode(),
            secrets=self._opened(subject, key, secrets),
            state=WebhookState(state),
            position=position,
            failures=failures,
            failing_since=failing_since,
            due=due,
        )


_AFRESH = "failures = 0, failing_since = null, due = clock_timestamp()"
_JSON = msgspec.json.Encoder(order="sorted", enc_hook=express)


def _secret() -> str:
    """A secret as Standard Webhooks writes one: 24 to 64 bytes in Base64 behind ``whsec_``."""
    return "whsec_" + b64encode(chance.token_bytes(SECRET_BYTES)).decode()


def _subject(webhook: UUID | str) -> str:
    return f"webhook:{webhook}"


def _replayed(found: Webhook, address: str, wanted: WantedChanges) -> Webhook:
    if (found.address, found.wanted) == (address, wanted):
        return found
    raise Fault(
        "REQUEST_REUSED",
        zh="该请求编号已用于另一回调，请换一个编号",
        en="this request id made another webhook; take a new id",
        field="requestId",
    )
