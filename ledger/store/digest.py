"""Digest: by which a request id that comes again is known to ask for the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from ledger.command import Command, asked_of
from ledger.fault import Fault
from ledger.text import impersonal

# Sealed digests are salted afresh each time; a keyed hash stands for the values themselves.
MADE = ("sealed", "shown")


def content_digest(
    commands: list[Command],
    request: str,
    source: str | None,
    *,
    on: date | None,
    whole: bool,
    seals: dict[int, bytes],
) -> bytes:
    """A digest of what is asked; the same request id with another digest is a mistake.

    Raises ``Fault`` (``UNSOUND_TEXT``, ``PERSONAL_DATA``).
    """
    circumstances: list[Any] = [source, whole, _told(seals)]
    if source is not None:
        circumstances.append(on)
    sound_words(request, source)
    try:
        return _digest(content_of(commands), circumstances)
    except UnicodeEncodeError:
        raise _unsound_text() from None


def content_of(commands: Sequence[Command]) -> bytes:
    """What commands ask, as their digest takes it in."""
    return _CONTENT.encode([[type(each).__name__, _asked(each)] for each in commands])


def digest_of(content: bytes, seals: dict[int, bytes]) -> bytes:
    """The digest of what was asked in its own right, not reported, each item for itself."""
    return _digest(content, [None, False, _told(seals)])


def _told(seals: dict[int, bytes]) -> list[list[object]]:
    return [[number, content] for number, content in sorted(seals.items())]


def _digest(content: bytes, circumstances: list[Any]) -> bytes:
    return sha256(_CONTENT.encode([msgspec.Raw(content), circumstances])).digest()


def sound_words(request: str, source: str | None) -> None:
    """Raises ``Fault`` where a request id or a source cannot be kept, or names a person."""
    if not f"{request}{source or ''}".isprintable():
        raise _unsound_text()
    impersonal(request, "request_id")
    impersonal(source or "", "source")


def _asked(command: Command) -> dict[str, Any]:
    values = {name: getattr(command, name) for name in asked_of(type(command))}
    for made in MADE:
        values.pop(made, None)
    return values


def _unsound_text() -> Fault:
    return Fault(
        "UNSOUND_TEXT",
        zh="内容或请求编号中有无法保存的字符，请删去控制字符和不完整的字符",
        en="the content or the request id holds characters that cannot be kept; remove control "
        "characters and halves of characters",
    )


def _plain(value: object) -> object:
    return str(value)


_CONTENT = msgspec.json.Encoder(order="sorted", enc_hook=_plain)
