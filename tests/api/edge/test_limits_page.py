"""The page of limits says what the code has, and its examples run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.caller import SMALL_FRAMES_MAX
from api.edge.documents import Documents
from api.edge.policy import Policy, Who
from api.edge.toll import OTHER, TOLLS, toll_of_rows
from api.patience import Patience
from api.settings import Settings
from api.spool import ROWS_MAX
from api.stream.connection import STALL_SECONDS
from api.stream.conversation import INIT_SECONDS, OPERATIONS_MAX, SMALL_TALK_CHARACTERS_MAX
from api.stream.streams import CONNECTIONS_MAX
from ledger.store import request, sending
from ledger.store.container import BYTES_MAX
from schema.allowance import NAMES, PUBLIC, SIGNED
from tests.server import serving
from tests.town import database

PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text(encoding="utf-8")


def table(heading: str, place: int = 0) -> list[list[str]]:
    """The rows of a table below a heading, without its head."""
    part = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    found: list[list[list[str]]] = [[]]
    for line in part.splitlines():
        if line.startswith("|"):
            found[-1].append([each.strip() for each in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return found[place][2:]


def setting(name: str) -> Any:
    """The default of a setting."""
    return Settings.model_fields[name].default


def example(kind: str) -> Any:
    """An example in JSON."""
    found = re.search(rf"```json {kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_what_one_request_may_hold() -> None:
    [body, *rows] = [[int(each) for each in row[1:]] for row in table("One request")]

    assert body == [setting("body_bytes_max"), Policy().public_body_bytes_max]
    assert rows == [[getattr(SIGNED, name), getattr(PUBLIC, name)] for name in NAMES]
    assert int(re.findall(r"A file has (\d+) MB", PAGE)[0]) == BYTES_MAX // 2**20


def test_what_one_minute_holds() -> None:
    shown = [[int(each) for each in row[1:]] for row in table("One minute")]

    assert shown == [
        [setting("requests_per_minute"), setting("public_requests_per_minute")],
        [setting("cost_per_minute"), setting("public_cost_per_minute")],
    ]


def test_what_each_door_costs() -> None:
    rows = [(row[0], int(row[1])) for row in table("One minute", 1)]

    assert rows[:-2] == [(f"`{method} {path}`", points) for method, path, points in TOLLS]
    assert [points for _, points in rows[-2:]] == [OTHER, toll_of_rows(1)]
    assert f"`first`, or {ROWS_MAX})" in PAGE


def test_how_long_what_may_take() -> None:
    rows = table("Time")
    named = {row[2].strip("`"): float(row[1]) for row in rows if row[2]}
    others = [float(row[1]) for row in rows if not row[2]]

    assert named == {
        f"XUEFEN_{each}_SECONDS": setting(f"{each}_seconds".lower())
        for each in ("HEAD", "BODY", "IDLE", "EXECUTION", "DOOR", "STATEMENT")
    }
    assert others == [INIT_SECONDS, STALL_SECONDS, sending.HELD_SECONDS, request.HELD_SECONDS]
    patience = Patience()
    said = f"{patience.connections} connections, {patience.address_connections} of one address, "
    assert f"`complete` has {SMALL_TALK_CHARACTERS_MAX} characters at most" in PAGE
    assert f"may have {SMALL_FRAMES_MAX} small frames a minute" in PAGE
    assert f"takes {said}and {CONNECTIONS_MAX} streams with {OPERATIONS_MAX} operations" in PAGE
    assert f"bytes at {patience.body_rate} a second" in PAGE


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readmes_lead_there(name: str) -> None:
    assert "(docs/limits.md)" in (Path(__file__).parents[3] / name).read_text(encoding="utf-8")


def test_a_kept_document_is_carried_out_by_its_id_and_no_other(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    kept = tmp_path / "documents.json"
    kept.write_text(json.dumps(example("documents")), encoding="utf-8")
    policy = Policy(documents=Documents.read(kept), own_documents=Who.NOBODY)
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path, policy=policy) as served,
    ):
        answer = served.client.post("/graphql", json=example("request")).json()
        assert answer["data"]["rules"]
        assert served.client.post("/graphql", json={"documentId": "head"}).status_code == 200
        [error] = served.client.post("/graphql", json={"query": "{ __typename }"}).json()["errors"]
        assert error["extensions"]["code"] == "DOCUMENTS_ONLY"
