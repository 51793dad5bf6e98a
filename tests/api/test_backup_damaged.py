"""A backup of a damaged ledger: said when it is made, when it is verified, and when it is restored.

What the backup could not say, since only a reading of every body shows it, the restore says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.store.manifest import NAME
from projections.head import print_of
from tests.api.test_backup import data, head_file, kept, on, refused, summed
from tests.api.test_cli import code, lines
from tests.told import told_template, told_url
from tests.town import rows

__all__ = ["data", "kept", "told_template", "told_url"]

ERASED = "teacher:t9"
Hurt = Callable[[psycopg.Connection[Any]], None]


def changed(connection: psycopg.Connection[Any], statement: str) -> None:
    """What an owner can do who switches the guards off for a moment."""
    guards = "select tgname from pg_trigger where tgrelid = 'ledger.events'::regclass"
    names = [name for (name,) in connection.execute(f"{guards} and not tgisinternal")]
    for state in ("disable", "enable always"):
        for name in names:
            connection.execute(f"alter table ledger.events {state} trigger {name}".encode())
        if state == "disable":
            connection.execute(statement.encode())


def with_a_gap(connection: psycopg.Connection[Any]) -> None:
    changed(connection, "delete from ledger.events where position = 5")


def without_its_first(connection: psycopg.Connection[Any]) -> None:
    changed(connection, "delete from ledger.events where position = 1")


def unguarded(connection: psycopg.Connection[Any]) -> None:
    connection.execute("alter table ledger.events disable trigger events_kept")


def on_replicas_only(connection: psycopg.Connection[Any]) -> None:
    connection.execute("alter table ledger.tags enable replica trigger tags_fixed")


def with_a_wrong_hash(connection: psycopg.Connection[Any]) -> None:
    connection.execute("alter table ledger.events drop constraint events_check")
    changed(connection, "update ledger.events set leaf_hash = 'x' where position = 6")


def with_a_body_of_noise(connection: psycopg.Connection[Any]) -> None:
    noise(connection, "position = 7")


def noise(connection: psycopg.Connection[Any], where: str) -> None:
    """Bodies that nobody can read, under hashes that fit."""
    made = "body = 'x', leaf_hash = sha256('\\x00'::bytea || 'x'::bytea)"
    changed(connection, f"update ledger.events set {made} where {where}")


def with_an_unreadable_erasure(connection: psycopg.Connection[Any]) -> None:
    noise(connection, "type = 'erasure.person-erased'")


def with_an_unreadable_teacher(connection: psycopg.Connection[Any]) -> None:
    noise(connection, f"type = 'register.teacher-registered' and tags @> array['{ERASED}']")


def hurt(url: str, how: Hurt) -> None:
    with psycopg.connect(url) as connection:
        how(connection)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (with_a_gap, "POSITION_GAP"),
        (without_its_first, "POSITION_GAP"),
        (unguarded, "GUARD_OFF"),
        (on_replicas_only, "GUARD_OFF"),
        (with_a_wrong_hash, "LEAF_HASH_WRONG"),
    ],
)
def test_a_backup_of_a_damaged_ledger_is_made_and_everybody_says_what_is_wrong(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path, how: Hurt, expected: str
) -> None:
    hurt(told_url, how)

    printed, said = on(told_url, data, "backup", tmp_path / "kept", "--json", status=1)

    [told] = lines(printed)
    assert [each["code"] for each in told["damage"]] == [expected]
    assert f"[{expected}]" in said
    assert "[LEDGER_DAMAGED]" in said
    known = (tmp_path / "kept", "--no-head")
    _, said = on(empty_database_url, data, "restore", *known, "--check", status=1)
    assert code(said) == "BACKUP_DAMAGED"
    assert told["damage"][0]["en"] in said
    assert refused(empty_database_url, data, 1, *known) == "BACKUP_DAMAGED"


@pytest.mark.parametrize("how", [with_a_gap, unguarded])
def test_a_damaged_ledger_is_restored_as_it_is_where_somebody_asks_for_that(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path, how: Hurt
) -> None:
    hurt(told_url, how)
    printed, _ = on(told_url, data, "backup", tmp_path / "kept", "--json", status=1)
    [wrong] = [each["code"] for each in lines(printed)[0]["damage"]]
    rescue = ("restore", tmp_path / "kept", "--no-head", "--damaged", "--json")

    printed, said = on(empty_database_url, data, *rescue, status=1)

    assert [each["code"] for each in lines(printed)[0]["damage"]] == [wrong]
    assert "[LEDGER_DAMAGED]" in said
    whole = "select position, body from ledger.events order by position"
    assert rows(empty_database_url, whole) == rows(told_url, whole)
    printed, _ = on(empty_database_url, data, "check", "guards", "positions", "--json", status=1)
    assert [each["code"] for each in lines(printed)] == [wrong]


def test_what_only_the_bodies_show_is_said_by_the_restore(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    hurt(told_url, with_a_body_of_noise)
    on(told_url, data, "backup", tmp_path / "kept")

    known = (tmp_path / "kept", "--no-head")
    assert refused(empty_database_url, data, 1, *known) == "RESTORED_BODY_UNREADABLE"

    on(empty_database_url, data, "restore", *known, "--damaged", status=1)


def test_an_erasure_that_cannot_be_read_is_known_by_its_tags(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    on(told_url, data, "erase", ERASED, "--reason", "本人申请", "--yes")
    hurt(told_url, with_an_unreadable_erasure)
    on(told_url, data, "backup", tmp_path / "kept")

    known = (tmp_path / "kept", "--no-head")
    assert refused(empty_database_url, data, 1, *known) == "RESTORED_BODY_UNREADABLE"
    head = head_file(told_url, data, tmp_path / "head.json")
    rescue = ("restore", tmp_path / "kept", "--head", tmp_path / "head.json", "--damaged", "--json")
    printed, _ = on(empty_database_url, data, *rescue, status=1)

    assert head["erased"] == [print_of(ERASED)]
    [told] = lines(printed)
    assert [each["code"] for each in told["damage"]] == ["BODY_UNREADABLE"]
    assert told["erased_again"] == 0


def test_who_was_erased_later_does_not_come_back_though_an_event_cannot_be_read(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    hurt(told_url, with_an_unreadable_teacher)
    on(told_url, data, "backup", tmp_path / "kept")
    head = head_file(told_url, data, tmp_path / "head.json")
    (tmp_path / "head.json").write_text(json.dumps(head | {"erased": [print_of(ERASED)]}))

    rescue = ("restore", tmp_path / "kept", "--head", tmp_path / "head.json", "--damaged", "--json")
    printed, said = on(empty_database_url, data, *rescue, status=1)

    [told] = lines(printed)
    codes = [each["code"] for each in told["damage"]]
    assert (codes, told["erased_again"]) == (["BODY_UNREADABLE", "ERASURE_UNFINISHED"], 1)
    assert f"{ERASED} was erased again" in said
    key = f"select wrapped is null from vault.keys where subject = '{ERASED}'"
    assert rows(empty_database_url, key) == [(True,)]


def test_a_manifest_that_counts_other_events_than_positions_is_of_a_damaged_ledger(
    data: Path, kept: Path
) -> None:
    manifest = json.loads((kept / NAME).read_text())
    del manifest["damage"]  # as a program wrote it that did not look
    for table in manifest["tables"]:
        table["rows"] -= table["table"] == "ledger.events"
    summed(kept, tables=manifest["tables"])

    _, said = inside_check(data, kept, 1, "--no-head")

    assert code(said) == "BACKUP_DAMAGED"
    assert f"has {manifest['position'] - 1} events" in said


def inside_check(data: Path, place: Path, status: int, *known: object) -> tuple[str, str]:
    """The backup verified, with no database at all."""
    return on("postgresql://nobody@127.0.0.1:1/none", data, "restore", place, "--check", *known,
              status=status)  # fmt: skip


def test_a_backup_within_the_data_folder_is_made_and_warned_of(
    told_url: str, data: Path, tmp_path: Path
) -> None:
    _, said = on(told_url, data, "backup", data / "kept")
    assert "within the data folder" in said

    _, said = on(told_url, data, "backup", tmp_path / "elsewhere")
    assert "within the data folder" not in said


def test_a_head_from_before_the_backup_is_held_against_the_events_in_it(
    told_url: str, data: Path, tmp_path: Path
) -> None:
    earlier = head_file(told_url, data, tmp_path / "head.json")
    on(told_url, data, "erase", "teacher:t9", "--reason", "本人申请", "--yes")
    place = tmp_path / "kept"
    on(told_url, data, "backup", place)

    inside_check(data, place, 0, "--head", tmp_path / "head.json")
    known = ("--expect-position", earlier["position"], "--expect-hash")
    inside_check(data, place, 0, *known, earlier["root"])
    _, said = inside_check(data, place, 1, *known, "ab" * 32)
    assert code(said) == "BACKUP_OF_ANOTHER_HISTORY"
    before = ("--expect-position", earlier["position"] - 1, "--expect-hash", earlier["root"])
    assert code(inside_check(data, place, 1, *before)[1]) == "BACKUP_OF_ANOTHER_HISTORY"
    (tmp_path / "head.json").write_text(json.dumps(earlier | {"root": "ab" * 32}))
    _, said = inside_check(data, place, 1, "--head", tmp_path / "head.json")
    assert code(said) == "BACKUP_OF_ANOTHER_HISTORY"


def test_a_hash_that_does_not_fit_is_said_with_whose_digest_would(data: Path, kept: Path) -> None:
    _, said = inside_check(data, kept, 1, "--expect-position", 4, "--expect-hash", "ab" * 32)

    assert code(said) == "BACKUP_OF_ANOTHER_HISTORY"
    assert "sees all entries" in said


def test_nobody_says_that_nothing_was_lost_who_cannot_know_it(
    empty_database_url: str, data: Path, kept: Path
) -> None:
    printed, _ = inside_check(data, kept, 0, "--no-head", "--json")
    assert [each["events_lost"] for each in lines(printed)] == [None]

    _, said = on(empty_database_url, data, "restore", kept, "--no-head")

    assert "whether later events are lost cannot be known" in said
    assert "Who was erased after the backup cannot be known" in said


def test_a_digest_tells_of_lost_events_and_not_of_erasures(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    head = head_file(told_url, data, tmp_path / "head.json")
    known = ("--expect-position", head["position"], "--expect-hash", head["root"])

    printed, _ = on(empty_database_url, data, "restore", kept, *known, "--json")

    [told] = lines(printed)
    assert (told["events_lost"], told["erasures_known"]) == (0, False)
