"""AsyncAPI: what is sent to webhooks, as a document that others generate code from.

AsyncAPI 3.0.0, made from the catalogue of events: a message for each type, whose ``data.data`` is
the JSON Schema of the event in its present version. It is served at ``/asyncapi.json`` and printed
in ``schema/asyncapi.json``; ``python -m schema.asyncapi`` prints it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct

import ledger
from ledger.event import CATALOGUE, Channel, Event
from ledger.names import VALUE, Name
from schema.cloud_event import MEDIA_TYPE, NOTICE, PING, SEQUENCE_DIGITS, SPEC_VERSION
from schema.label import words_of
from schema.root import build

VERSION = "3.0.0"
DRAFT = "http://json-schema.org/draft-07/schema#"
REF = "#/components/schemas/{name}"
Json = dict[str, Any]
TEXT: Json = {"type": "string"}
MAYBE: Json = {"type": ["string", "null"]}


@cache
def document() -> Json:
    """The document, ready to be encoded."""
    assert ledger.NOUNS  # which fill the catalogue
    build()  # which gives the structs their names in words
    messages = {each.NAME: _message(each) for each in _kinds()}
    messages |= {PING: _word(PING, "A trial. 试投递。"), NOTICE: _word(NOTICE, _DISABLED)}
    names = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Xuefen 学分",
            "version": version("xuefen"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": MEDIA_TYPE.partition(";")[0],
        "channels": {
            "webhook": {
                "address": None,
                "title": "Webhooks 回调",
                "description": "The address that `createWebhook` was given. 回调地址。",
                "messages": names,
            }
        },
        "operations": {
            "send": {
                "action": "send",
                "channel": {"$ref": "#/channels/webhook"},
                "summary": "Sends what the ledger learns, in order. 按序投递账本的变化。",
                "messages": [{"$ref": f"#/channels/webhook/messages/{name}"} for name in messages],
            }
        },
        "components": {"messages": messages, "schemas": _schemas()},
    }


def _message(kind: type[Event]) -> Json:
    return {
        "name": kind.NAME,
        "title": kind.__name__,
        "summary": inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0],
        "contentType": MEDIA_TYPE.partition(";")[0],
        "headers": {"$ref": REF.format(name="headers")},
        "payload": {
            "$schema": DRAFT,
            "allOf": [{"$ref": REF.format(name="entry-event")}],
            "properties": {
                "type": {"const": kind.NAME},
                "data": {
                    "properties": {
                        "type": {"const": kind.NAME},
                        "data": {"$ref": REF.format(name=kind.__name__)},
                    }
                },
            },
        },
        "x-event-version": kind.VERSION,
    }


def _word(name: str, said: str) -> Json:
    return {
        "name": name,
        "summary": said,
        "contentType": MEDIA_TYPE.partition(";")[0],
        "headers": {"$ref": REF.format(name="headers")},
        "payload": {
            "$schema": DRAFT,
            "allOf": [{"$ref": REF.format(name="cloud-event")}],
            "properties": {
                "type": {"const": name},
                "data": {
                    "type": "object",
                    "properties": {"webhook": TEXT, "position": {"type": "integer"}},
                    "required": ["webhook"],
                },
            },
        },
    }


def _kinds() -> tuple[type[Event], ...]:
    """The events by their names, in whichever order their modules were loaded."""
    return tuple(kind for _, kind in sorted(CATALOGUE.items()))


def _schemas() -> Json:
    kinds = _kinds()
    _, found = msgspec.json.schema_components(kinds, schema_hook=_named, ref_template=REF)
    structs = {each.__name__: each for each in _structs(kinds)}
    for name, made in found.items():
        if "description" in made:
            made["description"] = inspect.cleandoc(made["description"])
        struct = structs.get(name)
        for field, told in made.get("properties", {}).items() if struct else ():
            zh, en = words_of(struct, field)
            if zh != en and "$ref" not in told:
                told["description"] = f"{en}. {zh}。"
    return {"headers": _HEADERS, "cloud-event": _CLOUD_EVENT, "entry-event": _ENTRY_EVENT} | found


def _named(kind: type) -> Json:
    """The schema of a name: its kind, a colon, and its value."""
    if issubclass(kind, Name):
        return {"type": "string", "pattern": f"^{kind.kind or '[a-z-]+'}:{VALUE.pattern}$"}
    raise NotImplementedError(kind)


def _structs(kinds: Iterable[object]) -> set[type[Struct]]:
    """The structs among types, and those within them. Elsewhere others may have their names."""
    found: set[type[Struct]] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, Struct) and kind not in found:
            found.add(kind)
            waiting += get_type_hints(kind).values()
    return found


_ABOUT = """What a ledger of teachers' training credits sends to webhooks: each entry that the \
scope of the webhook may see and that it asked for, in the order of positions, at least once. The \
envelope is CloudEvents 1.0; `sequence` is the position, with zeros before it. Requests are signed \
by Standard Webhooks. An amount is a string, so that it stays exact.

教师培训学分账本向回调投递的内容：该范围可见且所订阅的每一条目，按位置顺序，至少一次。\
信封为 CloudEvents 1.0，`sequence` 即账本位置，前面补零；请求按 Standard Webhooks 签名；\
数额以字符串表示，保持精确。"""
_DISABLED = "Another webhook of the same scope was disabled. 同一范围的另一回调已停用。"
_HEADERS: Json = {
    "type": "object",
    "properties": {
        "webhook-id": {
            "type": "string",
            "description": "The same for each attempt. 每次尝试相同。",
        },
        "webhook-timestamp": {"type": "string", "description": "Seconds since 1970. 秒。"},
        "webhook-signature": {"type": "string", "description": "`v1,` and Base64. 签名。"},
    },
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
}
_CLOUD_EVENT: Json = {
    "type": "object",
    "properties": {
        "specversion": {"const": SPEC_VERSION},
        "id": {"type": "string", "description": "The id of the entry. 条目标识。"},
        "source": {"type": "string", "format": "uri", "description": "The ledger. 账本。"},
        "type": TEXT,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
    },
    "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
}
_ENTRY: Json = {
    "type": "object",
    "properties": {
        "position": {"type": "integer", "minimum": 1, "description": "From 1, dense. 位置。"},
        "id": TEXT,
        "type": TEXT,
        "at": {"type": "string", "format": "date-time", "description": "Learned. 记入时刻。"},
        "on": {"type": "string", "format": "date", "description": "When true. 发生日。"},
        "actor": TEXT,
        "channel": {"enum": [each.value for each in Channel]},
        "cause": MAYBE,
        "request": MAYBE,
        "source": MAYBE,
        "place": MAYBE,
        "tags": {"type": "array", "items": TEXT},
        "data": {"type": "object"},
        "leafHash": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256(0x00 || body). 条目哈希。",
        },
        "body": {"type": "string", "description": "The bytes that the ledger keeps. 原文。"},
    },
}
_ENTRY["required"] = list(_ENTRY["properties"])
_ENTRY_EVENT: Json = {
    "allOf": [{"$ref": REF.format(name="cloud-event")}],
    "properties": {
        "sequence": {
            "type": "string",
            "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
            "description": "The position, so that texts sort as positions do. 位置。",
        },
        "data": _ENTRY,
    },
    "required": ["sequence"],
}


def printed() -> str:
    """The document as it stands in the repository."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    print(printed(), end="")
