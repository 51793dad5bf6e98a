"""Exports asked for over HTTP, from a server over the town's story after its term."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from ledger.command import Role
from tests.cast import RUIAN
from tests.server import Party, Served, serving, spoken
from tests.town import database

FORMS = ("csv", "xlsx", "jsonl")
NEEDED = {
    "obligations": {"place": RUIAN, "year": 2024},
    "indicators": {"of": RUIAN, "year": 2024},
    "indicatorParts": {"of": RUIAN, "term": "term:2024H1"},
    "periodSummaries": {"of": RUIAN, "year": 2024},
    "levels": {"of": RUIAN, "year": 2024, "kind": "YEAR"},
    "signOffDrift": {"signOff": "signoff:ruian-2023-3"},
}


@pytest.fixture(scope="module")
def told(
    postgres_url: str, told_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server over the town's story, after its term."""
    with (
        database(postgres_url, told_template) as url,
        serving(url, tmp_path_factory.mktemp("told")) as server,
    ):
        server.clock.set(date(2024, 9, 1))
        yield server


def export(party: Party, what: str, form: str = "jsonl", **more: Any) -> httpx.Response:
    """The answer to an export."""
    body = {"what": what, "format": form, "filters": NEEDED.get(what, {})} | more
    return party.served.client.post("/exports", json=body, headers=party.headers)


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    """The objects of a file of lines."""
    assert answer.status_code == 200, answer.text
    return [json.loads(each) for each in answer.text.splitlines()]


def code(answer: httpx.Response) -> str:
    """Why there is no file."""
    [error] = answer.json()["errors"]
    spoken(error["extensions"])
    return str(error["extensions"]["code"])


def bureau(town: Served, place: str = RUIAN) -> Party:
    """The bureau of a county."""
    return town.party(Role.BUREAU, place, actor="staff:bureau")
