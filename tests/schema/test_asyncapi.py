"""The AsyncAPI document: valid by its own specification, and true of everything ever written."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import schema.asyncapi
from ledger.event import CATALOGUE, Event, decode
from schema.asyncapi import document, printed
from schema.cloud_event import NOTICE, PING, entry_event, word_event
from tests.javascript import told

RECORDED = Path(__file__).parent.parent / "recorded"
SOURCE = "urn:uuid:0190c0de-0000-7000-8000-000000000000"


def recorded() -> list[dict[str, Any]]:
    """Every golden record as it is sent."""
    found = []
    for number, file in enumerate(sorted(RECORDED.glob("*.json")), 1):
        body = file.read_bytes().strip()
        entry = decode(number, body)
        event = msgspec.json.decode(entry_event(SOURCE, entry, body))
        found.append({"message": entry.event.NAME, "event": event})
    for kind in (PING, NOTICE):
        event = msgspec.json.decode(word_event(SOURCE, kind, {"webhook": "x", "position": 3}))
        found.append({"message": kind, "event": event})
    return found


def judged(folder: Path, told_document: Any, events: list[dict[str, Any]]) -> Any:
    """What the specification's schema and the document say."""
    files = [folder / "document.json", folder / "events.json"]
    for file, value in zip(files, (told_document, events), strict=True):
        file.write_text(json.dumps(value))
    return told("asyncapi.mjs", *map(str, files))


def test_the_printed_document_is_that_of_the_code() -> None:
    file = Path(schema.asyncapi.__file__).with_name("asyncapi.json")

    assert file.read_text() == printed(), (
        "an event changed; look at what changed for receivers, and print it anew: "
        "python -m schema.asyncapi > schema/asyncapi.json"
    )


def test_the_document_is_the_same_in_whichever_order_the_events_were_loaded(
    catalogue: dict[str, type[Event]],
) -> None:
    expected = list(document()["components"]["messages"])
    for name in [*catalogue][::3]:
        catalogue[name] = catalogue.pop(name)

    assert list(document.__wrapped__()["components"]["messages"]) == expected
    assert document.__wrapped__() == document()


def test_it_is_valid_and_all_that_was_ever_written_fits_it(tmp_path: Path) -> None:
    events = recorded()
    said = judged(tmp_path, document(), events)

    assert said["document"] == []
    assert said["events"] == []
    assert said["judged"] == len(events)
    assert {each["message"] for each in events} == {*CATALOGUE, PING, NOTICE}
    assert set(said["messages"]) == {*CATALOGUE, PING, NOTICE}


@pytest.mark.parametrize("wrong", ["sequence", "type", "field", "hash"])
def test_an_event_that_is_bent_does_not_fit_it(tmp_path: Path, wrong: str) -> None:
    [found] = [e for e in recorded() if e["message"] == "credit.awarded"][-1:]
    bent = copy.deepcopy(found)
    if wrong == "sequence":
        bent["event"]["sequence"] = "12"
    elif wrong == "type":
        bent["event"]["type"] = "credit.revoked"
    elif wrong == "field":
        bent["event"]["data"]["data"]["credits"] = 3.5
    else:
        bent["event"]["data"]["leafHash"] = "x"
    said = judged(tmp_path, document(), [found, bent])

    assert [each["message"] for each in said["events"]] == ["credit.awarded"]


def test_a_document_that_is_bent_is_not_valid(tmp_path: Path) -> None:
    bent = json.loads(json.dumps(document()))
    bent["operations"]["send"]["action"] = "shout"

    assert judged(tmp_path, bent, [])["document"]


def test_every_event_has_its_schema_with_words_in_both_languages() -> None:
    schemas = document()["components"]["schemas"]
    said = [
        told["description"]
        for name in (each.__name__ for each in CATALOGUE.values())
        for told in schemas[name]["properties"].values()
        if "description" in told
    ]

    assert len(said) > 500
    assert all(any("一" <= each <= "鿿" for each in text) for text in said)
