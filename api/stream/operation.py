"""Operation: what a client asks for over a stream, with the types of its parts looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

LONE = re.compile("[\ud800-\udfff]")
"""Half a character, of which a text that is sent holds none (RFC 8259, section 8.2)."""


class Malformed(Exception):
    """What came is no operation; it says why, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A document, its variables, and which of its operations is meant.

    ``resume``: the position of the last event that the client has, where it says so.
    """

    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    resume: int | None = None

    @classmethod
    def of(cls, given: object, resume: int | None = None) -> Operation:
        """The operation in a payload. Raises ``Malformed``."""
        if not isinstance(given, dict):
            raise Malformed("请求须为 JSON 对象", "a request is a JSON object")
        query = given.get("query")
        if not isinstance(query, str):
            raise Malformed("query 须为字符串", "`query` must be a string")
        variables, extensions = given.get("variables"), given.get("extensions")
        if not isinstance(variables, dict | None):
            raise Malformed("variables 须为对象", "`variables` must be an object")
        if not isinstance(extensions, dict | None):
            raise Malformed("extensions 须为对象", "`extensions` must be an object")
        name = given.get("operationName")
        if not isinstance(name, str | None):
            raise Malformed("operationName 须为字符串", "`operationName` must be a string")
        if LONE.search(name or ""):
            raise Malformed("operationName 中有残缺字符", "`operationName` holds half a character")
        return cls(
            query=query,
            variables=variables or {},
            name=name or None,
            extensions=extensions or {},
            resume=resume,
        )
