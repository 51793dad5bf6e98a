"""Exports over HTTP: the lines, digests and refusals of a party do not change with strangers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.command import Role
from schema.export_document import EXPORTS
from tests.exported import NEEDED
from tests.matrix import CANARY, NAMES, STAGE, YUEQING, Stages, party, shared
from tests.server import Party

NARROWED: tuple[dict[str, Any], ...] = (
    {"place": NAMES["jurisdiction"]},
    {"teacher": NAMES["teacher"]},
    {"offering": NAMES["offering"]},
)


def exported(asker: Party) -> list[tuple[str, dict[str, Any], Any]]:
    """The lines, or the refusal, of every export, as it is and narrowed to strangers."""
    found = []
    for what in EXPORTS:
        for filters in (NEEDED.get(what, {}), *NARROWED):
            body = {"what": what, "format": "jsonl", "filters": filters}
            answer = asker.served.client.post("/exports", json=body, headers=asker.headers)
            lines = [json.loads(line) for line in answer.text.splitlines()]
            digest = answer.headers.get("x-xuefen-sha256")
            told = {name: answer.headers.get(f"x-xuefen-{name}") for name in ("rows", "next")}
            told |= {"status": answer.status_code}
            # The last line says where the ledger stands, so that whole and digest say it too.
            found.append((what, filters, {"lines": lines, "whole": bool(digest), **told}))
    return found


@pytest.mark.parametrize("name", STAGE)
def test_no_export_changes_because_of_strangers(stages: Stages, name: str) -> None:
    before, after = map(exported, stages.pair(name))

    assert [
        f"{what} {filters} {found}"
        for (what, filters, then), (_, _, now) in zip(before, after, strict=True)
        for found in stages.leaks(name, then, now)
        if what not in shared(name)
    ] == []


@pytest.mark.parametrize("name", STAGE)
def test_what_a_stranger_took_is_not_told_by_its_number(stages: Stages, name: str) -> None:
    asker = stages.pair(name)[1]
    path = f"/exports/{stages.things.receipt}"
    answer = asker.served.client.get(path, headers=asker.headers)
    nothing = asker.served.client.get("/exports/987654321", headers=asker.headers)

    assert answer.status_code == nothing.status_code == 404
    assert answer.json() == nothing.json()


def test_of_what_strangers_read_nobody_hears(stages: Stages) -> None:
    """Somebody next door takes exports and looks people up; it is in nobody else's log."""
    served = stages.served[2]
    neighbour = served.party(Role.BUREAU, str(YUEQING), actor="staff:canary-officer")
    reveal = 'mutation($t: ID!) { reveal(teacher: $t, purpose: "canary 核对名册") { name } }'
    neighbour.ask(reveal, t=NAMES["teacher"])
    query = "{ accessLog(first: 500) { totalCount edges { node { actor purpose } } } }"

    assert neighbour.ask(query)["accessLog"]["totalCount"] >= 2
    for name in STAGE:
        said = party(served, name).post(query).text
        assert f"{CANARY}-officer" not in said, name
