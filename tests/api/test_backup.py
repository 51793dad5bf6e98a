"""Backups: equal to the byte, refused where a byte is wrong, and no erased person comes back."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import alembic.command
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ledger.store.backup import back_up
from ledger.store.dump import SCHEMAS, dumping
from ledger.store.folder import BINARIES
from ledger.store.ledger import Ledger
from ledger.store.manifest import DUMP, KEYS, NAME, SUM, Manifest
from ledger.store.migrate import RESTORING, check_version, migrate
from ledger.store.restore import Restore
from ledger.store.trouble import Trouble
from projections.head import print_of, root_at
from tests.api.test_cli import code, inside, lines
from tests.told import PROVEN, SEALED, told_template, told_url
from tests.town import KEY, database, rows

__all__ = ["told_template", "told_url"]

IDLE_SECONDS = 0.3
PASSPHRASE = "correct horse battery staple"
UNHURT = {
    "events_lost": 0,
    "erased_again": 0,
    "erasures_known": True,
    "damage": [],
    "unverified": [],
}
VIEWS = "select view, version, position, failed from projection.progress order by view"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of keys with the key of the vault."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "vault.key").write_text(b64encode(KEY).decode() + "\n")
    return folder


@pytest.fixture
def kept(told_url: str, data: Path, tmp_path: Path) -> Path:
    """A backup of the told ledger."""
    return backed_up(told_url, data, tmp_path / "kept")


def on(url: str, data: Path, *names: object, status: int = 0) -> tuple[str, str]:
    """A command on a database, with a folder of keys."""
    return inside("--data", data, "--database-url", url, *names, status=status)


def backed_up(url: str, data: Path, place: Path, *names: object) -> Path:
    on(url, data, "backup", place, *names)
    return place


def refused(url: str, data: Path, status: int, *names: object) -> str:
    """The code with which a restore ends; nothing of it stays in an empty database."""
    said = code(on(url, data, "restore", *names, status=status)[1])
    taken = "select count(*) from pg_namespace where nspname in ('ledger', 'vault', 'projection')"
    assert rows(url, taken) == [(0,)]
    return said


def dumped(url: str) -> str:
    """Ledger and vault as pg_dump writes them, with the rights."""
    names = [f"--schema={each}" for each in SCHEMAS]
    command = [BINARIES / "pg_dump", "--dbname", url, "--restrict-key=same", *names]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def head_file(url: str, data: Path, file: Path) -> dict[str, Any]:
    on(url, data, "head", file)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def summed(folder: Path, **changes: Any) -> None:
    """The manifest of a backup changed, and its hash made to fit."""
    body = json.dumps(json.loads((folder / NAME).read_text()) | changes).encode()
    (folder / NAME).write_bytes(body)
    (folder / SUM).write_text(f"{sha256(body).hexdigest()}  {NAME}\n")


def test_a_restored_ledger_equals_the_original_to_the_byte(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    head = head_file(told_url, data, tmp_path / "head.json")

    printed, _ = on(empty_database_url, data, "restore", kept, "--head", tmp_path / "head.json",
                    "--json")  # fmt: skip

    position = rows(told_url, "select max(position) from ledger.events")[0][0]
    told = {"position": position, "root": head["root"], "restored": True}
    assert lines(printed) == [told | UNHURT]
    assert dumped(empty_database_url) == dumped(told_url)
    assert rows(empty_database_url, VIEWS) == rows(told_url, VIEWS)
    assert on(empty_database_url, data, "check", *PROVEN) == ("", "")
    with Ledger(empty_database_url, KEY) as ledger:
        assert ledger.vault.open([SEALED])[SEALED]["phone"] == "13800000000"


def test_the_hash_of_a_head_is_the_digest_that_everybody_may_ask_for(
    told_url: str, data: Path, tmp_path: Path
) -> None:
    head = head_file(told_url, data, tmp_path / "head.json")
    bodies = [bytes(body) for (body,) in rows(told_url, "select body from ledger.events "
                                              "order by position")]  # fmt: skip

    def tree(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return sha256(b"\x00" + leaves[0]).digest()
        half = 1 << (len(leaves) - 1).bit_length() - 1
        return sha256(b"\x01" + tree(leaves[:half]) + tree(leaves[half:])).digest()

    assert (head["position"], head["root"]) == (len(bodies), tree(bodies).hex())


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_one_flipped_bit_anywhere_is_refused(data: Path, kept: Path, draw: st.DataObject) -> None:
    file = draw.draw(st.sampled_from(sorted(kept.iterdir())))
    whole = file.read_bytes()
    at, bit = draw.draw(st.integers(0, len(whole) - 1)), draw.draw(st.integers(0, 7))
    broken = bytearray(whole)
    broken[at] ^= 1 << bit
    file.write_bytes(broken)
    try:
        _, said = inside("--data", data, "restore", kept, "--no-head", "--check", status=1)
    finally:
        file.write_bytes(whole)
    assert code(said) == "BACKUP_ALTERED"


@pytest.mark.parametrize("name", [NAME, SUM, DUMP])
def test_a_backup_that_is_cut_off_or_lacks_a_file_is_refused(
    empty_database_url: str, data: Path, kept: Path, name: str
) -> None:
    whole = (kept / name).read_bytes()
    (kept / name).write_bytes(whole[:-1])
    assert refused(empty_database_url, data, 1, kept, "--no-head") == "BACKUP_ALTERED"
    (kept / name).unlink()
    assert refused(empty_database_url, data, 1, kept, "--no-head") == "BACKUP_NOT_WHOLE"
    (kept / name).write_bytes(whole)
    (kept / "more").touch()
    assert refused(empty_database_url, data, 1, kept, "--no-head") == "BACKUP_NOT_WHOLE"


def test_a_manifest_that_is_not_what_its_checksum_says_blames_neither_of_the_two(
    data: Path, kept: Path
) -> None:
    body, line = (kept / NAME).read_bytes(), (kept / SUM).read_bytes()
    verify = ("--data", data, "restore", kept, "--no-head", "--check")
    changed = body.replace(b'"position": ', b'"position": 1')
    other = b"ab" * 32 + line[64:]
    for named, told in ((changed, line), (body, other), (body, b"noise\n")):
        (kept / NAME).write_bytes(named)
        (kept / SUM).write_bytes(told)

        _, said = inside(*verify, status=1)

        assert code(said) == "BACKUP_ALTERED"
        assert f"{NAME} has the SHA-256 {sha256(named).hexdigest()}, not that of {SUM}" in said
        assert told == b"noise\n" or f"which says {told[:64].decode()}" in said
        assert "The hash that xuefen backup printed tells which" in said
    (kept / NAME).write_bytes(b"{}")
    (kept / SUM).write_text(f"{sha256(b'{}').hexdigest()}  {NAME}\n")
    assert "both were changed" in inside(*verify, status=1)[1]


@pytest.mark.parametrize("name", [NAME, DUMP])
def test_a_backup_that_cannot_be_read_is_none_that_lacks_something(
    empty_database_url: str, data: Path, kept: Path, name: str
) -> None:
    (kept / name).unlink()
    (kept / name).mkdir()  # what nobody may read is read by root

    _, said = on(empty_database_url, data, "restore", kept, "--no-head", status=2)

    assert code(said) == "BACKUP_UNREADABLE"
    assert str(kept / name) in said


@pytest.mark.parametrize(
    ("command", "expected"), [("backup", "BACKUP_NOT_WRITTEN"), ("head", "HEAD_NOT_WRITTEN")]
)
def test_a_name_that_the_system_refuses_is_no_mistake_of_the_program(
    told_url: str, data: Path, tmp_path: Path, command: str, expected: str
) -> None:
    assert code(on(told_url, data, command, tmp_path / ("x" * 300), status=2)[1]) == expected


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({"format": 2, "unheard_of": 1}, 2, "BACKUP_NEWER"),
        ({"migration": "9999"}, 2, "BACKUP_MIGRATION_UNKNOWN"),
        ({"postgres": 99}, 2, "RESTORE_SERVER_OLDER"),
        ({"position": 1}, 1, "BACKUP_DAMAGED"),
        ({"accesses": 99}, 1, "RESTORED_DIFFERS"),
        ({"root": "00" * 32}, 1, "RESTORED_DIFFERS"),
        ({"accesses_hash": "ff" * 32}, 1, "RESTORED_DIFFERS"),
        ({"tables": []}, 1, "RESTORED_DIFFERS"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    empty_database_url: str,
    data: Path,
    kept: Path,
    changes: dict[str, Any],
    status: int,
    expected: str,
) -> None:
    summed(kept, **changes)
    assert refused(empty_database_url, data, status, kept, "--no-head") == expected


def test_an_older_backup_is_refused_until_somebody_says_that_events_are_lost(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    before = rows(told_url, "select max(position) from ledger.events")[0][0]
    on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes")
    head = head_file(told_url, data, tmp_path / "head.json")
    lost, known = head["position"] - before, ("--head", tmp_path / "head.json")
    expected = ("--expect-position", head["position"], "--expect-hash", head["root"])

    assert refused(empty_database_url, data, 1, kept, *known) == "BACKUP_OLDER"
    assert refused(empty_database_url, data, 1, kept, *expected) == "BACKUP_OLDER"
    assert refused(empty_database_url, data, 2, kept, *expected, "--older") == "HEAD_INCOMPLETE"
    assert refused(empty_database_url, data, 2, kept) == "HEAD_UNSAID"
    assert refused(empty_database_url, data, 2, kept, *known, "--no-head") == "HEADS_DIFFER"

    printed, _ = on(empty_database_url, data, "restore", kept, *known, "--older", "--json")
    [told] = lines(printed)
    assert (told["events_lost"], told["erased_again"]) == (lost, 1)


def test_nobody_who_was_erased_comes_back(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes")
    head = head_file(told_url, data, tmp_path / "head.json")
    assert head["erased"] == [print_of(SEALED)]
    assert SEALED not in json.dumps(head)

    on(empty_database_url, data, "restore", kept, "--head", tmp_path / "head.json", "--older")

    left = "select wrapped is not null from vault.keys where subject = %s"
    assert rows(empty_database_url, left, SEALED) == [(False,)]
    with Ledger(empty_database_url, KEY) as ledger:
        assert ledger.vault.open([SEALED]) == {SEALED: {}}
    assert on(empty_database_url, data, "check", *PROVEN) == ("", "")
    events, _ = on(empty_database_url, data, "history", "--type", "erasure.person-erased", "--json")
    assert [each["data"]["teacher"] for each in lines(events)] == [SEALED]


def test_an_erasure_that_a_backup_caught_half_done_is_completed(
    told_url: str,
    empty_database_url: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("api.command_erase.destroy_key", die)
        on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes", status=130)
    place = backed_up(told_url, data, tmp_path / "half")

    on(empty_database_url, data, "restore", place, "--no-head")

    with Ledger(empty_database_url, KEY) as ledger:
        assert ledger.vault.open([SEALED]) == {SEALED: {}}


def test_history_that_was_rewritten_with_all_its_hashes_is_refused_by_the_head(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    head = head_file(told_url, data, tmp_path / "head.json")
    with psycopg.connect(told_url) as connection:
        connection.execute("alter table ledger.events disable trigger events_fixed")
        [(was,)] = connection.execute(
            "select body from ledger.events where position = 3"
        ).fetchall()
        made = bytes(was).replace(b"staff:system", b"staff:nobody")
        assert made != was
        connection.execute(
            "update ledger.events set body = %s, leaf_hash = %s where position = 3",
            (made, sha256(b"\x00" + made).digest()),
        )
        connection.execute("alter table ledger.events enable always trigger events_fixed")
    place = backed_up(told_url, data, tmp_path / "rewritten")

    known = ("--head", tmp_path / "head.json")
    assert refused(empty_database_url, data, 1, place, *known) == "BACKUP_OF_ANOTHER_HISTORY"
    earlier = ("--expect-position", 4, "--expect-hash", head["root"])
    assert refused(empty_database_url, data, 1, place, *earlier) == "BACKUP_OF_ANOTHER_HISTORY"
    _, said = on(told_url, data, "head", tmp_path / "head.json", status=1)
    assert code(said) == "HEAD_OF_ANOTHER_HISTORY"
    assert json.loads((tmp_path / "head.json").read_text()) == head


def test_a_head_from_before_the_backup_is_held_against_its_beginning(
    told_url: str, empty_database_url: str, data: Path, tmp_path: Path
) -> None:
    earlier = head_file(told_url, data, tmp_path / "head.json")
    on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes")
    place = backed_up(told_url, data, tmp_path / "later")
    known = ("--expect-position", earlier["position"], "--expect-hash", earlier["root"].upper())

    _, told = on(empty_database_url, data, "restore", place, *known)

    # Nobody knows what came after the backup, of which the head is not the last either.
    assert f"no event up to {earlier['position']}, the position known from outside, is lost" in told
    assert "whether later ones are cannot be known" in told
    _, said = on(empty_database_url, data, "head", tmp_path / "head.json")
    assert json.loads((tmp_path / "head.json").read_text())["position"] > earlier["position"]
    assert "written" in said


def test_a_backup_takes_longer_than_an_administrator_lets_others_idle(
    told_url: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def slow(*given: Any) -> Iterator[None]:
        with dumping(*given):
            yield
            time.sleep(2 * IDLE_SECONDS)

    monkeypatch.setattr("ledger.store.backup.dumping", slow)
    with psycopg.connect(told_url) as connection:
        asked = sql.SQL("alter database {} set idle_in_transaction_session_timeout = {}")
        name = sql.Identifier(connection.info.dbname)
        connection.execute(asked.format(name, int(IDLE_SECONDS * 1_000)))

    backed_up(told_url, data, tmp_path / "kept")


def test_a_head_is_not_replaced_by_that_of_a_ledger_that_was_put_back(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes")
    head = head_file(told_url, data, tmp_path / "head.json")
    on(empty_database_url, data, "restore", kept, "--no-head")

    _, said = on(empty_database_url, data, "head", tmp_path / "head.json", status=1)

    assert code(said) == "HEAD_OLDER"
    assert json.loads((tmp_path / "head.json").read_text()) == head


def test_what_is_there_is_never_overwritten(told_url: str, data: Path, kept: Path) -> None:
    before = dumped(told_url), {each.name: each.read_bytes() for each in kept.iterdir()}

    _, said = on(told_url, data, "restore", kept, "--no-head", status=2)
    assert code(said) == "RESTORE_NOT_EMPTY"
    assert code(on(told_url, data, "backup", kept, status=2)[1]) == "BACKUP_EXISTS"

    assert (dumped(told_url), {each.name: each.read_bytes() for each in kept.iterdir()}) == before


def test_a_backup_goes_into_a_folder_under_a_name_of_its_own(
    told_url: str, data: Path, tmp_path: Path
) -> None:
    (shelf := tmp_path / "shelf").mkdir()
    printed, _ = on(told_url, data, "backup", shelf, "--json")

    [told] = lines(printed)
    [made] = shelf.iterdir()
    assert (Path(told["folder"]), told["keys"]) == (made, False)
    assert made.name.endswith(f"-{told['position']}")
    assert told["manifest_sha256"] == sha256((made / NAME).read_bytes()).hexdigest()


def test_a_database_in_which_a_restore_was_broken_off_is_worked_on_by_nobody(
    empty_database_url: str, data: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("api.command_restore.problems", die)
        patch.setattr(Restore, "_remove", die)  # as where the whole process is killed
        on(empty_database_url, data, "restore", kept, "--no-head", status=130)

    found = "select version_num from ledger.revision"
    assert rows(empty_database_url, found) == [(RESTORING,)]
    with pytest.raises(Trouble) as refusal:
        Ledger.found(empty_database_url, KEY)
    assert refusal.value.code == "RESTORE_UNFINISHED"
    for command in ("migrate", "check", "backup", "head"):
        more = (kept.parent / "never",) if command == "backup" else ()
        _, said = on(empty_database_url, data, command, *more, status=2)
        assert code(said) == "RESTORE_UNFINISHED"
    _, said = on(empty_database_url, data, "restore", kept, "--no-head", status=2)
    assert code(said) == "RESTORE_NOT_EMPTY"


@pytest.mark.parametrize("step", ["write", "verify"])
def test_what_is_broken_off_leaves_nothing_that_looks_like_a_whole(
    told_url: str,
    empty_database_url: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def die(*_: object) -> str:
        raise KeyboardInterrupt

    if step == "write":
        monkeypatch.setattr(Manifest, "write", die)
        on(told_url, data, "backup", tmp_path / "kept", status=130)
        assert [each.name for each in tmp_path.iterdir()] == ["data"]
        return
    place = backed_up(told_url, data, tmp_path / "kept")
    monkeypatch.setattr("api.command_restore.problems", die)
    on(empty_database_url, data, "restore", place, "--no-head", status=130)
    assert rows(empty_database_url, "select 1 from pg_namespace where nspname = 'ledger'") == []


def test_keys_come_along_only_when_asked_and_under_a_passphrase(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    (word := tmp_path / "word").write_text(PASSPHRASE + "\n")
    (wrong := tmp_path / "wrong").write_text(PASSPHRASE.upper())
    (short := tmp_path / "short").write_text("short")
    assert not (kept / KEYS).exists()
    place = tmp_path / "with-keys"
    sealed = ("--keys", "--passphrase-file")
    _, said = on(told_url, data, "backup", place, *sealed, short, status=2)
    assert code(said) == "PASSPHRASE_SHORT"
    assert code(on(told_url, data, "backup", place, "--keys", status=2)[1]) == "PASSPHRASE_NEEDED"
    backed_up(told_url, data, place, *sealed, word)
    secret = (data / "vault.key").read_bytes().strip()
    assert secret not in b"".join(each.read_bytes() for each in place.iterdir())

    fresh, url = tmp_path / "fresh", empty_database_url
    assert refused(url, fresh, 2, kept, "--no-head", *sealed, word) == "BACKUP_WITHOUT_KEYS"
    assert refused(url, fresh, 2, place, "--no-head", *sealed, wrong) == "PASSPHRASE_WRONG"
    fresh.mkdir(exist_ok=True)
    (fresh / "vault.key").write_text("another")
    assert refused(url, fresh, 2, place, "--no-head", *sealed, word) == "KEY_PRESENT"
    assert (fresh / "vault.key").read_text() == "another"
    shutil.rmtree(fresh)

    on(url, fresh, "restore", place, "--no-head", *sealed, word)

    assert (fresh / "vault.key").read_bytes() == (data / "vault.key").read_bytes()


@pytest.mark.parametrize(
    ("file", "expected"), [("vault.key", "VAULT_KEY_BAD"), ("issuer.jwk", "ISSUER_KEY_BAD")]
)
def test_a_file_that_holds_no_key_is_not_backed_up_as_one(
    told_url: str, data: Path, tmp_path: Path, file: str, expected: str
) -> None:
    (word := tmp_path / "word").write_text(PASSPHRASE)
    (data / file).write_bytes(b"\xff\xfe\x00")
    keys = ("--keys", "--passphrase-file", word)

    _, said = on(told_url, data, "backup", tmp_path / "place", *keys, status=2)

    assert code(said) == expected
    assert not (tmp_path / "place").exists()


def test_a_passphrase_without_keys_is_no_backup_that_has_them(
    told_url: str, empty_database_url: str, data: Path, kept: Path, tmp_path: Path
) -> None:
    (word := tmp_path / "word").write_text(PASSPHRASE)
    unsaid = ("--passphrase-file", word)

    _, said = on(told_url, data, "backup", tmp_path / "place", *unsaid, status=2)

    assert code(said) == "KEYS_UNSAID"
    assert not (tmp_path / "place").exists()
    assert refused(empty_database_url, data, 2, kept, "--no-head", *unsaid) == "KEYS_UNSAID"


def test_an_empty_name_is_not_the_folder_in_which_one_happens_to_be(
    told_url: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {*tmp_path.iterdir()}

    for command in ("backup", "restore"):
        _, said = on(told_url, data, command, "", status=2)

        assert code(said) == "USAGE_WRONG"
    assert {*tmp_path.iterdir()} == before


def test_a_key_that_does_not_fit_is_said_and_nothing_is_restored(
    empty_database_url: str, data: Path, kept: Path
) -> None:
    (data / "vault.key").write_text(b64encode(bytes(32)).decode())
    assert refused(empty_database_url, data, 2, kept, "--no-head") == "VAULT_KEY_WRONG"


def test_without_the_key_a_ledger_is_restored_and_that_it_is_missing_is_said(
    empty_database_url: str, kept: Path, tmp_path: Path
) -> None:
    _, said = on(empty_database_url, tmp_path / "elsewhere", "restore", kept, "--no-head")

    assert "vault.key" in said
    assert not (tmp_path / "elsewhere" / "vault.key").exists()
    check_version(empty_database_url)


def test_a_backup_of_an_earlier_migration_is_restored_and_migrated(
    told_url: str,
    postgres_url: str,
    empty_database_url: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = alembic.command.upgrade

    def earlier(config: Any, _: str) -> None:
        whole(config, "0007")

    with database(postgres_url, "template0") as url:
        with monkeypatch.context() as patch:
            patch.setattr(alembic.command, "upgrade", earlier)
            migrate(url)
        for table in ("ledger.events", "ledger.tags", "ledger.requests", "vault.proof"):
            copied(told_url, url, table)
        made = back_up(url, tmp_path / "old", root_at, lambda _: ())
        assert made.manifest.migration == "0007"
        with pytest.raises(Trouble):
            check_version(url)

    on(empty_database_url, data, "restore", made.folder, "--no-head")

    check_version(empty_database_url)
    others = [each for each in PROVEN if each != "vault"]
    assert on(empty_database_url, data, "check", *others) == ("", "")


def copied(source: str, target: str, table: str) -> None:
    """The rows of a table, taken to another database."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        taking = f"copy (select * from {table} order by 1) to stdout (format binary)"
        giving = f"copy {table} from stdin (format binary)"
        with one.cursor().copy(taking) as out, other.cursor().copy(giving) as into:
            for block in out:
                into.write(block)
