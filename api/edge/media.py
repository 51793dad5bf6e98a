"""Media: what an answer is written as, by ``Accept``, and its status.

GraphQL over HTTP (the foundation's draft), sections 6.1 to 6.4: under
``application/graphql-response+json`` a request that was not carried out is a 4xx, under
``application/json`` a request that is well formed is a 200 whatever became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.store.trouble import OPEN, OUTSIDE

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
STREAM = "text/event-stream"
# Of equal wish the first is taken: a client that names neither knows only JSON.
OFFERED = (JSON, GRAPHQL)
ACCEPT_CHARACTERS_MAX = 1_000
RANGES_MAX = 30
STATUSES = {
    "UNAUTHENTICATED": 401,
    "INTROSPECTION_OFF": 403,
    "THROTTLED": 429,
    "INTERNAL": 500,
    **dict.fromkeys(("NOT_YET", "VIEW_STOPPED", *OPEN, *OUTSIDE), 503),
}
REFUSED = 400


def status_of(errors: Sequence[Mapping[str, Any]]) -> int:
    """The status of a request that was not carried out, by the first of its errors."""
    code = (errors[0].get("extensions") or {}).get("code")
    return STATUSES.get(str(code), REFUSED)


def media_of(accept: str | None) -> str | None:
    """The best that is offered and taken; ``None`` where nothing is taken (RFC 9110, 12.5.1)."""
    if accept is None or not accept.strip():
        return JSON
    wishes = _wishes(accept[:ACCEPT_CHARACTERS_MAX])
    taken = [(_wish(each, wishes), each) for each in OFFERED]
    best = max(wish for wish, _ in taken)
    if best > 0:
        return next(each for wish, each in taken if wish == best)
    return JSON if wishes.get(STREAM, 0) > 0 else None  # what ends before it streams


def _wishes(accept: str) -> dict[str, int]:
    """How much each range of media is wished for, in thousandths."""
    found: dict[str, int] = {}
    for part in accept.split(",")[:RANGES_MAX]:
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        wish = 1_000
        for each in parameters:
            key, _, value = each.partition("=")
            if key.strip() == "q":
                wish = _thousandths(value.strip())
        if name:
            found[name] = max(wish, found.get(name, 0))
    return found


def _thousandths(weight: str) -> int:
    whole, _, part = weight.partition(".")
    if whole not in ("0", "1") or not ((part.isascii() and part.isdigit()) or not part):
        return 0
    return min(1_000, int(whole) * 1_000 + int(part[:3].ljust(3, "0")))


def _wish(media: str, wishes: Mapping[str, int]) -> int:
    for each in (media, media.partition("/")[0] + "/*", "*/*"):
        if each in wishes:
            return wishes[each]
    return 0


def told(result: Mapping[str, Any], media: str) -> tuple[dict[str, Any], int]:
    """A result as it is written, and its status.

    A request that was not carried out has no ``data`` at all: section 7.1 of the GraphQL
    specification. Such errors have no path, since no field was reached.
    """
    errors = result.get("errors") or []
    if result.get("data") is not None or not errors or any(each.get("path") for each in errors):
        return dict(result), 200
    answer = {name: each for name, each in result.items() if name != "data"}
    if media != GRAPHQL:
        return answer, 200
    return answer, status_of(errors)
