"""A restore and the files that lie sealed: they come along, and those of erased people do not."""

from __future__ import annotations

from pathlib import Path

from ledger.store.ledger import Ledger
from tests.api.test_backup import data, dumped, head_file, on, refused
from tests.api.test_command_erase import ID, NAME, OTHER, PHONE, WHO, bureau, opened, served
from tests.server import Party, Served
from tests.town import KEY

__all__ = ["bureau", "data", "served"]


def told(url: str, *texts: str) -> list[str]:
    """Which of some texts stand in a database or in what the key opens."""
    with Ledger(url, KEY) as ledger:
        blobs = [dumped(url).encode(), *opened(ledger)]
    return [
        each
        for each in texts
        if any(each.encode() in blob or each.encode().hex().encode() in blob for blob in blobs)
    ]


def test_files_loads_and_results_are_restored_and_those_of_the_erased_are_not(
    served: Served, bureau: Party, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    url, place, head = served.house.ledger.url, tmp_path / "kept", tmp_path / "head.json"
    on(url, data, "backup", place)
    on(url, data, "erase", WHO, "--reason", "本人申请", "--yes")
    head_file(url, data, head)
    older = (place, "--head", head, "--older")

    keyless = tmp_path / "keyless"
    assert refused(empty_database_url, keyless, 2, *older) == "VAULT_KEY_MISSING"

    on(empty_database_url, data, "restore", *older)

    assert told(empty_database_url, NAME, ID, PHONE, OTHER) == [OTHER]
    _, said = on(empty_database_url, data, "check")
    assert "destroyed by an erasure" in said


def test_files_of_people_who_were_not_erased_are_opened_after_a_restore(
    served: Served, bureau: Party, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    url, place = served.house.ledger.url, tmp_path / "kept"
    on(url, data, "backup", place)

    found = served.operator.ask("{ digest { position root } }")["digest"]
    known = ("--expect-position", found["position"], "--expect-hash", found["root"])
    on(empty_database_url, data, "restore", place, *known)

    assert told(empty_database_url, NAME, ID, PHONE, OTHER) == [NAME, ID, PHONE, OTHER]
    assert on(empty_database_url, data, "check") == ("", "")
