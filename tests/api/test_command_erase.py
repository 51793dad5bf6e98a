"""Erasure reaches the files, results and loads that name a person; the ledger stays."""

from __future__ import annotations

import os
import subprocess
import zlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app
from ledger.command import Role
from ledger.erasure import FilesErased
from ledger.names import LoadId
from ledger.register import RegisterSchool
from ledger.store.erasure import Erasure
from ledger.store.feed import Filter
from ledger.store.folder import BINARIES
from ledger.store.ledger import Ledger
from tests.api.test_load import COMMIT, HEADER, committed, loaded, planned, sheet, teacher
from tests.api.test_reconciliation import RECONCILE, TRY
from tests.api.test_upload import given_up
from tests.cast import RUIAN, SCHOOL
from tests.scene import Scenes
from tests.server import Party, Served, codes
from tests.sheets import xlsx
from tests.town import KEY

NAME, PHONE, OTHER = "欧阳明月", "13800138000", "司马相如"
PERSON = teacher(1, name=NAME, number="moon", phone=PHONE)
ID = PERSON[1]
WHO = "teacher:moon"
LINES = "姓名,身份证号,平台编号,培训名称,结业时间,学分\n"
LIST = f"{LINES}{NAME},{ID},,校本研修,2023.4.1,60\n{OTHER},,sima,校本研修,2023.4.1,9\n"
AGAIN = "mutation($r: ID!) { tryReconciliationAnew(reconciliation: $r) { token } }"
SEEN = """query($id: ID!) { reconciliation(id: $id) { comparison { digest equal differing }
  result { lines(first: 100) { edges { node { number row teacher standing title } } } } } }"""
SINCE = "query($id: ID!) { reconciliation(id: $id) { since { moved } } }"
CHECKS = ("erasure", "reconciliations", "loads", "vault")


def loaded_and_compared(served: Served) -> None:
    """A bureau loaded two teachers and compared a list that names both."""
    party = served.party(Role.BUREAU, RUIAN)
    school = {"school": SCHOOL, "place": RUIAN, "title": "安阳小学", "stage": "PRIMARY"}
    assert codes(served.operator.mutate(RegisterSchool, school, "school")) == []
    loaded(party, sheet(PERSON, teacher(2, name=OTHER, number="sima"), teacher(3, number="t3")))
    compared(party, LIST, "a")


@pytest.fixture
def served(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server of its own to which that was told."""
    with scenes.serving(loaded_and_compared, tmp_path) as server:
        yield server


@pytest.fixture
def bureau(served: Served) -> Party:
    """That bureau."""
    return served.party(Role.BUREAU, RUIAN)


def compared(party: Party, text: str, name: str, file: str = f"{NAME}的名单.csv") -> str:
    """A list is held against the ledger and put on record; its upload."""
    upload = given_up(party, text.encode("gb18030"), file)
    given = {"upload": upload, "place": RUIAN, "first": "2023-01-01", "last": "2023-12-31"}
    token = party.ask(TRY, i=given)["tried"]["token"]
    record = {"reconciliation": f"reconciliation:{name}", "token": token}
    assert party.ask(RECONCILE, i=record, r=name)["answer"]["__typename"] == "Recorded"
    return upload


def xuefen(served: Served, folder: Path, *names: str, key: bytes | None = KEY) -> Result:
    """The command line on the database of the server."""
    env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = str(folder / "vault.key")
    if key is not None:
        (folder / "vault.key").write_text(b64encode(key).decode())
    given = ("--database-url", served.house.ledger.pool.conninfo, *names)
    return CliRunner(env=env).invoke(app, given)


def erase(served: Served, folder: Path, status: int = 0, **more: Any) -> Result:
    done = xuefen(served, folder, "erase", WHO, "--reason", "本人申请", "--yes", "--json", **more)
    assert done.exit_code == status, (done.output, done.exception)
    return done


def check(served: Served, folder: Path, *names: str, status: int = 0) -> Result:
    done = xuefen(served, folder, "check", *(names or CHECKS))
    assert done.exit_code == status, (done.output, done.exception)
    return done


def sql(served: Served, *statements: str) -> list[tuple[Any, ...]]:
    """What the last of some statements gives to the owner of the database."""
    with psycopg.connect(served.house.ledger.url) as connection:
        for each in statements:
            cursor = connection.execute(each.encode())
        return cursor.fetchall() if cursor.description else []


def opened(ledger: Ledger) -> Iterator[bytes]:
    """All that the key of the vault still opens."""
    vault = ledger.vault
    with ledger.pool.connection() as connection:

        def rows(statement: str) -> list[tuple[Any, ...]]:
            return connection.execute(statement.encode()).fetchall()

        for upload, wrapped, name, data in rows(
            "select upload, wrapped, name, sealed from vault.uploads"
        ):
            subject = f"upload:{upload}"
            yield vault.open_bytes(subject, wrapped, "name", name)
            if data is not None:
                yield (whole := vault.open_bytes(subject, wrapped, "data", data))
                yield whole.decode("gb18030", "replace").encode()
        for upload, wrapped, token, sealed in rows(
            "select upload, wrapped, token, r.sealed from vault.results r "
            "join vault.uploads using (upload)"
        ):
            yield zlib.decompress(vault.open_bytes(f"upload:{upload}", wrapped, str(token), sealed))
        for load, wrapped, head in rows("select load, wrapped, head from vault.loads"):
            yield vault.open_bytes(f"load:{load}", wrapped, "head", head)
        for load, wrapped, batch, sealed in rows(
            "select load, wrapped, batch, sealed from vault.load_batches join vault.loads "
            "using (load)"
        ):
            yield vault.open_bytes(f"load:{load}", wrapped, f"batch {batch}", sealed)
        subjects = [subject for (subject,) in rows("select subject from vault.keys")]
    yield repr(vault.open(subjects)).encode()


def dumped(served: Served) -> bytes:
    """The whole database as pg_dump writes it."""
    command = [BINARIES / "pg_dump", "--dbname", served.house.ledger.pool.conninfo]
    return subprocess.run(command, check=True, capture_output=True).stdout


def found(served: Served, *texts: str) -> list[str]:
    """Which of some texts stand in the database or in what can be opened."""
    blobs = [dumped(served), *opened(served.house.ledger)]
    return [
        each
        for each in texts
        if any(each.encode() in blob or each.encode().hex().encode() in blob for blob in blobs)
    ]


def test_nothing_in_the_database_tells_of_an_erased_person_and_others_stay(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    never = given_up(bureau, LIST.encode(), "没有用过.csv")
    shown = planned(bureau, sheet(PERSON, teacher(4, number="t4")))
    before = bureau.ask(SEEN, id="reconciliation:a")["reconciliation"]
    assert found(served, NAME, ID, PHONE, OTHER) == [NAME, ID, PHONE, OTHER]

    erase(served, tmp_path)

    assert found(served, NAME, ID, PHONE, OTHER) == [OTHER]
    after = bureau.ask(SEEN, id="reconciliation:a")["reconciliation"]
    assert after["comparison"] == before["comparison"]
    assert after["result"]["lines"] == before["result"]["lines"]
    said = check(served, tmp_path).stderr
    assert "destroyed by an erasure" in said
    assert "随一次个人信息删除而销毁" in said
    assert check(served, tmp_path, "erasure").output == ""
    assert sql(served, f"select 1 from vault.uploads where upload = '{never}'") == []
    assert bureau.ask("query($t: ID!) { load(token: $t) { token } }", t=shown["token"]) == {
        "load": None
    }


def test_the_ledger_says_which_files_and_loads_went(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    digests = {row[0] for row in sql(served, "select sha256 from vault.uploads where kept")}
    assert len(digests) == 2

    erase(served, tmp_path)
    [entry] = served.house.ledger.feed.entries(Filter(types=(FilesErased.NAME,)))

    assert isinstance(entry.event, FilesErased)
    assert {each.sha256 for each in entry.event.files} == digests
    [load] = sql(served, "select load::text from vault.loads")[0]
    assert entry.event.loads == (LoadId(f"load:{load}"),)


def test_a_server_with_the_sheet_in_memory_gives_it_out_no_more(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    [upload] = sql(served, "select upload::text from vault.uploads where form = 'CREDITS'")[0]
    assert served.house.ledger.uploads.kept_grid(upload) is not None

    erase(served, tmp_path)

    asked = {"upload": upload, "place": RUIAN}
    assert [each["code"] for each in bureau.errors(AGAIN, r="reconciliation:a")] == ["FILE_ERASED"]
    assert [each["code"] for each in bureau.errors(TRY, i=asked)] == ["FILE_ERASED"]
    told = bureau.post(SINCE, id="reconciliation:a").json()
    assert told["data"] == {"reconciliation": {"since": None}}
    assert [each["extensions"]["code"] for each in told["errors"]] == ["FILE_ERASED"]
    seen = "query($id: ID!) { upload(id: $id) { fileName erased proposals { tab } } }"
    told = bureau.ask(seen, id=upload)["upload"]
    assert (told["fileName"], told["proposals"]) == ("erased.xlsx", [])
    assert told["erased"] is not None


def lines_of(party: Party, name: str) -> list[str]:
    """What the trainings in a reconciliation's lines are called, as a server tells it."""
    party.served.house.runner.catch_up()
    told = party.ask(SEEN, id=f"reconciliation:{name}")["reconciliation"]["result"]["lines"]
    return [each["node"]["title"] for each in told["edges"]]


SPELLED = (
    "欧阳 明月 公开课",
    "欧阳·明月的校本 138-0013-8000",
    f"{NAME}的课",
    "１３８００１３８０００ 欧阳－明月",
)
BARE = ["□ 公开课", "□的校本 □", "□的课", "□ □"]


def test_a_result_that_is_kept_names_nobody_who_was_erased_however_spelled(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    rows = (f"{NAME},{ID},,{each},2023.4.{day},6\n" for day, each in enumerate(SPELLED, 1))
    compared(bureau, LINES + "".join(rows), "sp")
    assert sorted(lines_of(bureau, "sp")) == sorted(SPELLED)

    erase(served, tmp_path)

    # The server has opened the result before, and heard of the erasure from nobody.
    assert sorted(lines_of(bureau, "sp")) == sorted(BARE)
    report = "/reconciliations/reconciliation:sp/report.json"
    told = served.client.get(report, headers=bureau.headers).text
    assert [each for each in (NAME, "欧阳 明月", "欧阳·明月", "138-0013") if each in told] == []
    assert found(served, NAME, "欧阳 明月", "欧阳·明月", "138-0013-8000") == []


def test_a_second_person_goes_from_the_result_of_a_file_that_went_with_the_first(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    row = f"{NAME},{ID},,与{OTHER}合开,2023.4.1,6\n"
    compared(bureau, f"{LINES}{row}{OTHER},,sima,与 司马 相如 同台,2023.4.2,9\n", "two")
    erase(served, tmp_path)
    assert sorted(lines_of(bureau, "two")) == ["与 司马 相如 同台", f"与{OTHER}合开"]

    done = xuefen(served, tmp_path, "erase", "teacher:sima", "--reason", "本人申请", "--yes")
    assert done.exit_code == 0, done.output

    assert sorted(lines_of(bureau, "two")) == ["与 □ 同台", "与□合开"]


@pytest.mark.parametrize("step", ["find", "_destroy_file", "_empty_load"])
def test_an_erasure_that_broke_off_between_files_is_found_and_completed(
    served: Served,
    bureau: Party,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    with monkeypatch.context() as patch:
        whole = getattr(Erasure, step)
        calls: list[object] = []

        def die(*given: Any) -> Any:
            calls.append(given)
            if len(calls) > (step == "_destroy_file"):
                raise KeyboardInterrupt
            return whole(*given)

        patch.setattr(Erasure, step, die)
        erase(served, tmp_path, status=130)
    assert "ERASURE_UNFINISHED" in check(served, tmp_path, "erasure", status=1).stdout

    erase(served, tmp_path)

    assert found(served, NAME, ID, PHONE) == []
    assert check(served, tmp_path, "erasure").output == ""
    erase(served, tmp_path, status=1)


def test_what_a_backup_brought_back_is_found_and_destroyed_again(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    tables = ("uploads", "results", "loads", "load_batches")
    sql(served, *(f"create table public.{each} as table vault.{each}" for each in tables))
    erase(served, tmp_path)
    sql(
        served,
        "delete from vault.uploads",
        "delete from vault.loads",
        *(f"insert into vault.{each} select * from public.{each}" for each in tables),
        *(f"drop table public.{each}" for each in tables),
    )
    assert found(served, NAME, ID) == [NAME, ID]
    told = check(served, tmp_path, "erasure", status=1).stdout
    assert told.count("ERASURE_UNFINISHED") >= 3

    erase(served, tmp_path)

    assert found(served, NAME, ID, PHONE) == []
    assert check(served, tmp_path, "erasure").output == ""


def test_what_lay_there_before_files_had_traces_is_searched(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    sql(
        served,
        "update vault.uploads set traces = null",
        "update vault.load_batches set traces = null",
        "update vault.loads set upload = null",
    )

    erase(served, tmp_path)

    assert found(served, NAME, ID, PHONE, OTHER) == [OTHER]
    sql(served, "update vault.load_batches set traces = null")
    assert "ERASURE_UNSEARCHED" in check(served, tmp_path, "erasure", status=1).stdout


def row_of(*cells: str) -> bytes:
    """A sheet of one row below a remark."""

    def fill(book: Any) -> None:
        tab = book.add_worksheet("表")
        for at, row in enumerate([["填表说明"], HEADER[:4], cells]):
            for column, value in enumerate(row):
                tab.write_string(at, column, value)

    return xlsx(fill)


@pytest.mark.parametrize(
    ("cells", "gone"),
    [
        ((NAME, "", "", "安阳小学"), True),
        (("欧阳 明月", "", "", ""), True),
        ((f"联系人：{NAME}", "", "", ""), True),
        (("某人", "", "", "138-0013-8000"), True),
        (("某人", f"{ID[:6]} {ID[6:14]} {ID[14:].lower()}", "", ""), True),
        (("某人", "", "moon", ""), False),
        ((NAME, str(teacher(2)[1]), "", "安阳小学"), False),
        ((NAME, "", "sima", "安阳小学"), False),
        (("欧阳明", "", "", "月"), False),
    ],
)
def test_a_file_with_the_name_alone_goes_unless_the_row_is_somebody_elses(
    served: Served, bureau: Party, tmp_path: Path, cells: tuple[str, ...], gone: bool
) -> None:
    upload = given_up(bureau, row_of(*cells), form="TEACHERS")

    erase(served, tmp_path)

    assert (sql(served, f"select 1 from vault.uploads where upload = '{upload}'") == []) is gone


def test_a_sheet_that_has_the_platform_number_only_is_found_once_it_was_compared(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    text = f"{LINES},,moon,校本研修,2023.4.1,60\n"
    upload = compared(bureau, text.replace(LINES, LINES), "b")

    erase(served, tmp_path)

    [(sealed, erased)] = sql(
        served, f"select sealed, erased_at from vault.uploads where upload = '{upload}'"
    )
    assert sealed is None
    assert erased is not None


def test_a_load_that_stopped_half_way_goes_on_after_an_erasure(
    served: Served, bureau: Party, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.planning.BATCH_COMMANDS", 1)
    moon = teacher(11, name="上官婉儿", number="wan")
    made = planned(bureau, sheet(moon, teacher(12, number="t12"), teacher(13, number="t13")))
    assert made["batches"] == 3
    asked: list[int] = []
    ask = Ledger.ask

    def die(self: Ledger, *given: Any, **more: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            raise psycopg.OperationalError("cut")
        return ask(self, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "ask", die)
        assert bureau.errors(COMMIT, t=made["token"])
    done = xuefen(served, tmp_path, "erase", "teacher:wan", "--reason", "本人申请", "--yes")
    assert done.exit_code == 0, done.output

    assert committed(bureau, made["token"])["complete"]
    assert found(served, "上官婉儿", str(moon[1])) == []
    assert check(served, tmp_path).stdout == ""


def test_a_file_whose_rows_were_destroyed_without_an_event_is_an_alarm(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    sql(served, "update vault.uploads set sealed = null, erased_at = now()")
    assert "SHEET_MISSING" in check(served, tmp_path, "reconciliations", status=1).stdout


def test_without_the_key_of_the_vault_nothing_is_erased_while_files_lie_there(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    head, folder = served.head, tmp_path / "elsewhere"
    folder.mkdir()

    done = erase(served, folder, status=2, key=None)

    assert "VAULT_KEY_MISSING" in done.stderr
    assert served.head == head
    assert not (folder / "vault.key").exists()


def test_a_file_that_somebody_tampered_with_does_not_stop_an_erasure(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    flipped = "set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
    broken = given_up(bureau, row_of(NAME, "", "", ""), form="TEACHERS")
    sql(served, f"update vault.uploads set sealed = {flipped} where upload = '{UUID(broken)}'")

    erase(served, tmp_path)

    assert sql(served, "select 1 from vault.uploads where sealed is not null") == [(1,)]
