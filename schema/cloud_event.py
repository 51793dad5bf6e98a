"""CloudEvents: an entry of the ledger, or a word about a webhook, as it is sent to other systems.

JSON event format of CloudEvents 1.0.2 in structured mode. ``source`` is the ledger, named by the
id of its first entry; ``id`` is that of the entry. The extension ``sequence`` is the position, with
zeros before it, so that texts are in the order of positions. ``data`` is the entry as ``changes``
gives it, brought up to the present version, and beside it the very bytes that the ledger keeps
(``body``), whose SHA-256 behind a zero byte is the ``leafHash`` of a digest
(``projections.digest``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from ledger.event import Entry, express, instant, leaf_hash

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
SPEC_VERSION = "1.0"
SEQUENCE_DIGITS = 16
PING, NOTICE = "xuefen.ping", "xuefen.webhook-disabled"


def entry_event(source: str, entry: Entry, body: bytes) -> bytes:
    """The event of an entry with its bytes as they are stored."""
    return _ENCODER.encode(
        {
            "specversion": SPEC_VERSION,
            "id": entry.id,
            "source": source,
            "type": entry.event.NAME,
            "time": instant(entry.at),
            "datacontenttype": "application/json",
            "sequence": sequence_of(entry.position),
            "data": entry_data(entry, body),
        }
    )


def word_event(source: str, kind: str, data: dict[str, Any], name: UUID | None = None) -> bytes:
    """A ping or a notice: an event that is no entry and has no sequence."""
    return _ENCODER.encode(
        {
            "specversion": SPEC_VERSION,
            "id": str(name or uuid4()),
            "source": source,
            "type": kind,
            "time": instant(datetime.now(UTC)),
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def entry_data(entry: Entry, body: bytes) -> dict[str, Any]:
    """An entry with the names that it has in GraphQL, and its bytes."""
    return {
        "position": entry.position,
        "id": entry.id,
        "type": entry.event.NAME,
        "at": instant(entry.at),
        "on": entry.on,
        "actor": entry.actor,
        "channel": entry.channel,
        "cause": entry.cause,
        "request": entry.request,
        "source": entry.source,
        "place": entry.place,
        "tags": entry.tags,
        "data": entry.event,
        "leafHash": leaf_hash(body).hex(),
        "body": body.decode(),
    }


def sequence_of(position: int) -> str:
    """A position as a text that sorts as it does."""
    return f"{position:0{SEQUENCE_DIGITS}d}"


def source_of(first: Entry | None) -> str:
    """A ledger's own name as a URI, by its first entry."""
    return "urn:xuefen:ledger" if first is None else f"urn:uuid:{first.id}"


_ENCODER = msgspec.json.Encoder(enc_hook=express)
