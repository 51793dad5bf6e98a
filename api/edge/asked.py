"""What is asked: read from a URL or a body, of which any shape gets an answer with a code."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.edge.media import JSON

LONE = re.compile("[\ud800-\udfff]")
WHERE_CHARACTERS_MAX = 60
EXAMPLE = '{"query": "{ head }"}'
METHODS = ("GET", "POST")
STREAM_METHODS = ("PUT", "DELETE")
"""What reserves a stream, and stops an operation in it; see ``api.stream.door``."""


class Unfit(Exception):
    """A request that is none of GraphQL's; it has a code, sentences, a status, and headers."""

    def __init__(self, code: str, zh: str, en: str, status: int = 400, **headers: str) -> None:
        super().__init__(code)
        self.code, self.zh, self.en, self.status = code, zh, en, status
        self.headers = headers

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What is said of it where there is neither a status nor a header."""
        said: dict[str, Any] = {"code": self.code, "zh": self.zh, "en": self.en}
        if "retry-after" in self.headers:
            said["retryAfter"] = int(self.headers["retry-after"])
        return [{"message": f"{self.zh} / {self.en}", "extensions": said}]


@dataclass(frozen=True)
class Asked:
    """One request: a document, or the id of one; its operation, variables and extensions."""

    query: str | None = None
    document_id: str | None = None
    operation: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] = field(default_factory=dict)


def of_method(method: str) -> None:
    """Raises ``Unfit`` (405, RFC 9110, section 15.5.6) for what nobody answers."""
    if method not in METHODS:
        zh = "只支持 GET 与 POST，及事件流的 PUT 与 DELETE"
        en = "GET and POST are answered here, and PUT and DELETE of event streams"
        raise Unfit("METHOD_NOT_ALLOWED", zh, en, 405, allow=", ".join((*METHODS, *STREAM_METHODS)))


def of_type(content_type: str | None) -> None:
    """Raises ``Unfit`` (415) for a body of another type than JSON.

    A page of another origin can send the three other types that HTML forms have, and none at all,
    without asking first (Fetch, CORS-safelisted request headers): none of them is taken.
    """
    media, _, parameters = (content_type or "").partition(";")
    charset = next(
        (
            value.strip().strip('"').lower()
            for name, _, value in (each.partition("=") for each in parameters.split(";"))
            if name.strip().lower() == "charset"
        ),
        "utf-8",
    )
    if media.strip().lower() != JSON or charset not in ("utf-8", "utf8"):
        zh = "不支持这种 content-type，请用 application/json（UTF-8）"
        en = "this content-type is not taken; send application/json in UTF-8"
        raise Unfit("UNSUPPORTED_MEDIA_TYPE", zh, en, 415, accept=JSON)


def of_query(parameters: Mapping[str, str]) -> Asked:
    """What a URL asks. Raises ``Unfit``."""
    found: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if found.get(name):
            found[name] = read_json(found[name], name)
        else:
            found.pop(name, None)
    return of_parts(found)


def of_body(body: bytes) -> Asked:
    """What a body asks. Raises ``Unfit``."""
    found = read_json(body, None)
    if isinstance(found, list):
        raise _bad("不支持批量请求", "batching is not taken; send one request at a time")
    if not isinstance(found, dict):
        raise _bad(f"请求体不是 JSON 对象，应形如 {EXAMPLE}", f"send a JSON object: {EXAMPLE}")
    return of_parts(found)


def of_parts(found: Mapping[str, Any]) -> Asked:
    """What the parts of a request ask, which may be anything that JSON has. Raises ``Unfit``."""
    for name in ("query", "documentId", "operationName"):
        if not isinstance(found.get(name), str | None):
            raise _bad(f"{name} 须为字符串", f"`{name}` must be a string")
        if LONE.search(found.get(name) or ""):
            raise _bad(f"{name} 中有残缺字符", f"`{name}` holds half a character")
    for name in ("variables", "extensions"):
        if not isinstance(found.get(name), dict | None):
            raise _bad(f"{name} 须为对象", f"`{name}` must be an object")
    query, kept = found.get("query") or None, found.get("documentId") or None
    extensions = found.get("extensions") or {}
    if query is None and kept is None and "persistedQuery" not in extensions:
        zh, en = "请以 POST 提交 JSON：", "there is no query; ask by POST, with JSON such as "
        raise _bad(zh + EXAMPLE, en + EXAMPLE)
    return Asked(query, kept, found.get("operationName"), found.get("variables"), extensions)


def read_json(text: str | bytes, name: str | None) -> Any:
    """JSON of any depth and with any digits. Raises ``Unfit`` for what cannot be held."""
    try:
        text = text if isinstance(text, str) else text.decode()
        try:
            return DECODER.decode(text)
        except Repeated:
            where = _repeated(MARKING.decode(text))
            zh, en = f"中 {where} 出现不止一次", f"holds {where} more than once"
    except (ValueError, RecursionError) as error:
        zh, en = _why_unread(error)
    raise _bad(f"{name or '请求体'} {zh}", f"{name or 'the body'} {en}") from None


def repeated_in(body: bytes) -> str | None:
    """Where a name stands twice in an object; ``None`` for nowhere, and for what is no JSON."""
    try:
        DECODER.decode(body.decode())
    except Repeated:
        return _repeated(MARKING.decode(body.decode()))
    except (ValueError, RecursionError):
        return None
    return None


def _why_unread(error: ValueError | RecursionError) -> tuple[str, str]:
    if isinstance(error, RecursionError):
        return "嵌套过深，无法读取", "is nested too deep to be read"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | NoNumber):
        return "不是 JSON", "cannot be read as JSON"
    most = sys.get_int_max_str_digits()  # it is JSON, and more than Python reads as a number
    return f"中有超过 {most} 位的整数", f"holds an integer of more than {most} digits"


class NoNumber(ValueError):
    """A word that stands for a number in other languages (RFC 8259, section 6)."""


def _no_number(name: str) -> Any:
    raise NoNumber(name)


class Repeated(ValueError):
    """A name that stands twice in an object, of which each reader takes another value."""


@dataclass(frozen=True)
class _Twice:
    """Stands for an object in which a name is repeated."""

    name: str


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Repeated
    return found


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Twice:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            return _Twice(name)
        found[name] = value
    return found


def _repeated(found: Any) -> str:
    """Where a name is repeated, as in ``variables.inputs[2].entered``; of much the beginning.

    It is cut at each step: many beside each other at the end of a long path would take all memory.
    """
    left = [("", found)]
    while True:
        path, value = left.pop()
        if isinstance(value, _Twice):
            return LONE.sub("?", _below(path, value.name))
        if isinstance(value, dict):
            left += [(_below(path, name), each) for name, each in value.items()]
        elif isinstance(value, list):
            left += [
                (f"{path}[{at}]"[:WHERE_CHARACTERS_MAX], each) for at, each in enumerate(value)
            ]


def _below(path: str, name: str) -> str:
    return _cut(f"{path}.{name}" if path else name)


def _cut(path: str) -> str:
    return path[:WHERE_CHARACTERS_MAX]


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
MARKING = json.JSONDecoder(object_pairs_hook=_marked, parse_constant=_no_number)


def _bad(zh: str, en: str) -> Unfit:
    return Unfit("BAD_REQUEST", zh, en)
