"""Dump: what is said where one of PostgreSQL's programs did not end well."""

from __future__ import annotations

from ledger.store.dump import failed


def test_a_disk_without_room_is_told_as_one_and_anything_else_as_a_failure() -> None:
    reason = "pg_dump: error: could not write to output file: No space left on device"

    full, other = failed("pg_dump", reason), failed("pg_dump", "pg_dump: error: no such role")

    assert (full.code, other.code) == ("DISK_FULL", "DUMP_FAILED")
    for each in (full, other):
        assert each.zh.endswith("没有留下半个备份或半个账本。") and "try again" in each.en
