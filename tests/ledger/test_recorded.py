"""Recorded events: everything that was ever written can still be read, byte for byte.

``tests/recorded/`` holds one body per event and version, and ``leaves.txt`` the hash of each as a
leaf of the log. Neither is ever edited; a new event or version adds a line to both.
"""

from __future__ import annotations

import types
import typing
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path

import msgspec
import pytest

from ledger.event import CATALOGUE, Entry, Event, decode, encode, leaf_hash, sound
from ledger.names import JurisdictionId, Name

RECORDED = Path(__file__).parent.parent / "recorded"
LEAVES = RECORDED / "leaves.txt"
CURRENT = sorted(f"{name}.v{kind.VERSION}" for name, kind in CATALOGUE.items())
FILES = sorted(file.stem for file in RECORDED.glob("*.json"))


def sample(kind: typing.Any) -> typing.Any:
    """A value of a type, to show what a body looks like."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return sample(next(each for each in arguments if each is not types.NoneType))
    if origin is tuple:
        return (sample(arguments[0]),)
    if origin is dict:
        return {"key": sample(arguments[1])}
    if issubclass(kind, JurisdictionId):
        return JurisdictionId("jurisdiction:330381")
    if issubclass(kind, Name):
        return kind(f"{kind.kind or 'teacher'}:{kind.kind or 'teacher'}-1")
    if issubclass(kind, Enum):
        return next(iter(kind))
    if issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return kind(**{field: sample(hints[field]) for field in kind.__struct_fields__})
    plain = {
        bool: True,
        int: 2,
        str: "学分 “1/5”\n",
        Decimal: Decimal("17.5"),
        date: date(2024, 4, 8),
    }
    return plain[kind]


def recorded(kind: type[Event]) -> Entry:
    """An event of a type in a full envelope."""
    return Entry(
        position=1,
        id="01931c5e-0000-7000-8000-000000000001",
        at=datetime(2024, 4, 8, 1, 30, 0, 5, tzinfo=UTC),
        on=date(2024, 4, 8),
        actor="staff:s-1",
        channel="IMPORT",
        event=sound(sample(kind)),
        cause="01931c5e-0000-7000-8000-000000000000",
        request="request-1",
        source="jiaoyun/88",
        place=JurisdictionId("jurisdiction:330381"),
    )


def leaves() -> dict[str, str]:
    """The hash of each recorded body."""
    lines = LEAVES.read_text().splitlines() if LEAVES.exists() else []
    return dict(line.split() for line in lines)


@pytest.mark.parametrize("name", CURRENT)
def test_every_event_of_the_catalogue_is_recorded(name):
    file = RECORDED / f"{name}.json"
    if not file.exists():
        body = encode(recorded(CATALOGUE[name.rpartition(".v")[0]]))
        pytest.fail(
            f"{file.relative_to(RECORDED.parent.parent)} is missing. "
            f"Put this one line in it, without a line break at its end:\n{body.decode()}\n"
            f"and this one in {LEAVES.name}:\n{name} {leaf_hash(body).hex()}"
        )


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_body_is_never_edited(name):
    body = (RECORDED / f"{name}.json").read_bytes()

    assert leaves().get(name) == leaf_hash(body).hex(), (
        f"{name}.json is not what was recorded. Bring the file back; to change an event, "
        "raise its version and declare the upcast below it."
    )


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_body_can_be_read(name):
    stored, _, version = name.rpartition(".v")
    entry = decode(1, (RECORDED / f"{name}.json").read_bytes())

    assert CATALOGUE[stored] is type(entry.event)
    assert int(version) <= entry.event.VERSION
    assert entry == decode(1, encode(entry))


@pytest.mark.parametrize("name", [name for name in FILES if name in CURRENT])
def test_a_body_of_the_present_version_is_written_in_the_same_bytes(name):
    body = (RECORDED / f"{name}.json").read_bytes()
    entry = decode(1, body)

    assert body == encode(entry), (
        f"{name} is spelt otherwise now. Raise its version and declare the upcast below it, "
        "or bring the codec back."
    )


def walked(value: object) -> list[str]:
    """Every name in a value, wherever it stands."""
    if isinstance(value, Name):
        return [str(value)]
    if isinstance(value, msgspec.Struct):
        value = [getattr(value, field) for field in value.__struct_fields__]
    elif isinstance(value, dict):
        value = list(value.values())
    return [name for each in value for name in walked(each)] if type(value) in (list, tuple) else []


@pytest.mark.parametrize("name", FILES)
def test_the_tags_of_a_recorded_body_are_all_the_names_in_it(name):
    event = decode(1, (RECORDED / f"{name}.json").read_bytes()).event

    assert event.tags == tuple(dict.fromkeys(walked(event)))


def test_no_leaf_is_without_its_body_and_no_body_of_an_unknown_event():
    assert set(leaves()) == set(FILES)
    assert {name.rpartition(".v")[0] for name in FILES} <= set(CATALOGUE)
