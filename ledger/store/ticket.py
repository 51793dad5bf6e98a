"""Tickets: what is told of a file before its bytes come, and the right to send them."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct

from ledger.command import Asker
from ledger.fault import Fault
from ledger.mapping import Form
from ledger.store.container import BYTES_MAX, FORMATS
from ledger.store.vault import Vault

DAYS_KEPT = 14
TICKET_MINUTES, TICKET_BYTES = 15, 32
NAME_CHARACTERS_MAX = 200


class Upload(Struct, kw_only=True):
    """One file, and how far it has come. ``sha256`` is known once it was received.

    ``erased``: when it was destroyed, since it named somebody who was erased.
    """

    id: str
    form: Form
    name: str
    bytes: int
    opened: datetime
    received: datetime | None = None
    sha256: str | None = None
    kept: bool = False
    erased: datetime | None = None

    @property
    def ends(self) -> datetime:
        """When it goes, unless it leads to something before."""
        return self.opened + timedelta(days=DAYS_KEPT)

    def again(self, secret: str, given: tuple[str, int, Form]) -> Ticket:
        """Its ticket, for who asks again. Raises ``Fault`` where another file is given."""
        if (self.name, self.bytes, self.form) != given:
            raise Fault(
                "REQUEST_REUSED",
                zh="该请求编号已用于另一文件，请换一个编号",
                en="this request id opened the upload of another file; take a new id",
                field="requestId",
            )
        ends = self.opened + timedelta(minutes=TICKET_MINUTES)
        return Ticket(upload=self.id, secret=secret, ends=ends)


class Ticket(Struct, kw_only=True):
    """The right to send the bytes of one upload, once, until then."""

    upload: str
    secret: str
    ends: datetime


def own(asker: Asker) -> dict[str, Any]:
    """Who gave it up, in which role over what, as the statements name it."""
    return {"actor": asker.actor, "role": asker.role.value, "scope": str(asker.scope)}


def named(vault: Vault, asker: Asker, request: str | None) -> tuple[str, str]:
    """The id and the secret of a new upload; those of a request follow from it."""
    if request is None:
        return str(uuid4()), secrets.token_urlsafe(TICKET_BYTES)
    who = ("upload", *own(asker).values(), request)
    secret = urlsafe_b64encode(vault.derived(*who, "ticket")).decode().rstrip("=")
    return str(UUID(bytes=vault.derived(*who)[:16], version=4)), secret


def well_formed(text: str) -> bool:
    """Whether it can be the id of an upload at all."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def fitting(name: str, bytes_: int) -> None:
    """Raises ``Fault`` for a file that would not be taken."""
    extension = name.rpartition(".")[2].lower()
    if not name.isprintable() or not 0 < len(name) <= NAME_CHARACTERS_MAX or "/" in name:
        raise Fault("BAD_NAME", zh="文件名不合要求", en="no name of a file", field="fileName")
    if extension not in FORMATS:
        raise Fault(
            "FORMAT_UNKNOWN",
            zh="只接受 .xlsx、.xls、.ods 和 .csv 文件",
            en="only .xlsx, .xls, .ods and .csv files are taken",
            field="fileName",
        )
    if not 0 < bytes_ <= BYTES_MAX:
        raise Fault(
            "FILE_TOO_LARGE",
            zh=f"文件须为 1 至 {BYTES_MAX} 字节",
            en=f"a file has 1 to {BYTES_MAX} bytes",
            field="bytes",
        )


def destroyed() -> Fault:
    """Why a file of which an event speaks is not there any more."""
    return Fault(
        "FILE_ERASED",
        zh="表格中有已删除个人信息的人，已随之销毁；请上传不含此人的表格",
        en="the sheet named a person who was erased and was destroyed with it; give up one without "
        "that person",
        field="upload",
    )
