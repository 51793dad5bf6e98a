"""A client's door: commands and questions sent to a running server over HTTP, as GraphQL.

The mutation of a command follows from the command itself, so the demo and the simulation speak
exactly what any integrator speaks. A command whose answer was lost is sent again under the same
request id, which makes it happen once.
"""

from __future__ import annotations

import time
from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import uuid4

import httpx
from msgspec import Struct

from ledger.command import Command
from ledger.fault import Fault
from schema.mutation import MUTATIONS

ANSWER = (
    "__typename ... on Recorded { position replayed events { position id type } } "
    "... on Refused { refusals { kind code zh en field rule number clause evidence } }"
)
RETRIES_MAX = 240
RETRY_SECONDS = 0.25
"""Together a minute: a killed PostgreSQL reads its log again before it answers."""
AWAY = {"DATABASE_BUSY", "DATABASE_LOST", "DATABASE_UNREACHABLE", "TOO_MANY_CONNECTIONS"}
"""Codes of errors that pass when the database is back."""


class Unanswered(Exception):
    """The server did not answer for too long."""


class Door:
    """One party's way to a server: an address and a token."""

    def __init__(self, client: httpx.Client, token: str | None = None) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self.retries = 0

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a query. Raises ``Fault`` (the error's code) where there are errors."""
        body = self._post({"query": document, "variables": variables})
        if body.get("errors"):
            error = body["errors"][0]
            extensions = error.get("extensions", {})
            raise Fault(
                extensions.get("code", "ERROR"),
                zh=extensions.get("zh", error["message"]),
                en=extensions.get("en", error["message"]),
            )
        data: dict[str, Any] = body["data"]
        return data

    def ask(
        self,
        command: Command,
        *,
        request: str | None = None,
        person: dict[str, str] | None = None,
        reported: tuple[str, date] | None = None,
    ) -> dict[str, Any]:
        """The answer to one command: ``Recorded`` or ``Refused``."""
        kind = type(command)
        name = kind.__name__[0].lower() + kind.__name__[1:]
        given = _plain(command)
        if person is not None:
            given["person"] = person
        data = self.query(
            f"mutation($input: {kind.__name__}Input!, $request: String!, $reported: Report) "
            f"{{ answer: {name}(input: $input, requestId: $request, reported: $reported) "
            f"{{ {ANSWER} }} }}",
            input=given,
            request=request or str(uuid4()),
            reported=_report(reported),
        )
        answer: dict[str, Any] = data["answer"]
        return answer

    def ask_many(
        self,
        commands: list[Command],
        *,
        request: str | None = None,
        people: list[dict[str, str]] | None = None,
        whole: bool = False,
        reported: tuple[str, date] | None = None,
    ) -> list[dict[str, Any]]:
        """The answers to many commands of one kind, in their order."""
        kind = type(commands[0])
        given = [_plain(each) for each in commands]
        for each, person in zip(given, people or [], strict=False):
            each["person"] = person
        data = self.query(
            f"mutation($inputs: [{kind.__name__}Input!]!, $request: String!, $whole: Boolean!, "
            f"$reported: Report) {{ answer: {MUTATIONS[kind]}(inputs: $inputs, "
            "requestId: $request, whole: $whole, reported: $reported) "
            f"{{ rows {{ {ANSWER} }} }} }}",
            inputs=given,
            request=request or str(uuid4()),
            whole=whole,
            reported=_report(reported),
        )
        rows: list[dict[str, Any]] = data["answer"]["rows"]
        return rows

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of a page that is not GraphQL."""
        response = self._send(path, body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._send("/graphql", body).json()
        return answer

    def _send(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Sends, and again where no answer came; the request id makes that safe."""
        for _ in range(RETRIES_MAX):
            try:
                response = self._client.post(path, json=body, headers=self._headers)
            except httpx.TransportError:
                pass
            else:
                if not _away(response):
                    return response
            self.retries += 1
            time.sleep(RETRY_SECONDS)
        raise Unanswered(f"no answer after {RETRIES_MAX} tries")


def _away(response: httpx.Response) -> bool:
    """Whether the server could not answer because its database is away."""
    if response.status_code in (502, 503, 504):
        return True
    if response.status_code != 200 or b'"errors"' not in response.content:
        return False
    errors = response.json().get("errors") or []
    return any(each.get("extensions", {}).get("code") in AWAY for each in errors)


def _report(reported: tuple[str, date] | None) -> dict[str, str] | None:
    return None if reported is None else {"source": reported[0], "on": reported[1].isoformat()}


def _plain(value: Any) -> Any:
    """A command or part as JSON with GraphQL's names."""
    if isinstance(value, Command):
        asked = [each.name for each in fields(value) if each.init and each.name != "sealed"]
        return {_camel(name): _plain(getattr(value, name)) for name in asked}
    if isinstance(value, Struct):
        return {_camel(n): _plain(getattr(value, n)) for n in value.__struct_fields__}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)
