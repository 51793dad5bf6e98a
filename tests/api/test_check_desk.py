"""What was signed, reconciled and loaded is proved again; whatever was tampered with is found."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from api.cli import app
from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.sign_off import ReopenSignOff
from ledger.store.kept import Kept
from projections.check import SEALED, check
from projections.check_desk import Reconciled, SignedOff, TakenIn
from projections.inspection import Problem
from tests.api.test_load import committed, planned, sheet, teacher
from tests.api.test_reconciliation import RECONCILE, TRY
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.closing import ANN, BEN, CAI, NAME, county, later, ok, signed
from tests.scene import Scenes
from tests.server import Served
from tests.town import KEY

NAMES = (SignedOff.name, Reconciled.name, TakenIn.name)
OPEN_EVENTS = "alter table ledger.events disable trigger events_fixed"
LIST = "平台编号,培训名称,结业时间,学分\n{}".format(
    "".join(
        f"{teacher},校本研修,2023.4.1,{credits}\n"
        for teacher, credits in ((ANN, 60), (BEN, 24), (CAI, 30), ("teacher:eve", 9))
    )
)


def body(kind: str, pattern: str, instead: str) -> tuple[str, ...]:
    """The first event of a type says something else, and its hash goes with it."""
    said = f"regexp_replace(convert_from(body, 'UTF8'), '{pattern}', '{instead}')"
    return (
        OPEN_EVENTS,
        f"update ledger.events set body = convert_to({said}, 'UTF8'), "
        f"leaf_hash = sha256('\\x00'::bytea || convert_to({said}, 'UTF8')) where position = "
        f"(select min(position) from ledger.events where type = '{kind}' "
        f"and convert_from(body, 'UTF8') ~ '{pattern}')",
    )


COMPARED, SIGNED = "reconciliation.sheet-compared", "sign-off.signed"
FLIPPED = "set_byte(sealed, length(sealed) - 9, get_byte(sealed, length(sealed) - 9) # 1)"
RAISED = body("school-based.recognised", '"credits":"60"', '"credits":"61"')
PLANTED: list[tuple[str, str, tuple[str, ...]]] = [
    ("sign-offs", "SIGN_OFF_DIFFERS", body(SIGNED, '"credits":"110"', '"credits":"111"')),
    ("sign-offs", "SIGN_OFF_DIFFERS", body(SIGNED, '"sha256":"[0-9a-f]{4}', '"sha256":"0000')),
    ("sign-offs", "SIGN_OFF_DIFFERS", body(SIGNED, '"findings_open":0', '"findings_open":1')),
    # What it was made of is no longer so, though what was signed stands untouched.
    (
        "sign-offs",
        "SIGN_OFF_DIFFERS",
        RAISED,
    ),
    ("reconciliations", "SHEET_MISSING", ("delete from vault.uploads where form = 'CREDITS'",)),
    ("reconciliations", "SHEET_MISSING", ("update vault.results set kept = false",)),
    ("reconciliations", "SHEET_ALTERED", (f"update vault.uploads set sealed = {FLIPPED}",)),
    ("reconciliations", "SHEET_ALTERED", (f"update vault.results set sealed = {FLIPPED}",)),
    (
        "reconciliations",
        "SHEET_ALTERED",
        body(COMPARED, '"sha256":"[0-9a-f]{4}', '"sha256":"0000'),
    ),
    ("reconciliations", "RESULT_DIFFERS", body(COMPARED, '"equal":2', '"equal":3')),
    ("reconciliations", "RESULT_DIFFERS", body(COMPARED, '"position":[0-9]+', '"position":7')),
    (
        "reconciliations",
        "RESULT_DIFFERS",
        body("reconciliation.differences-found", '"lines":\\[2', '"lines":[1'),
    ),
    ("reconciliations", "RESULT_NOT_REPEATED", RAISED),
    ("loads", "LOAD_ALTERED", (f"update vault.load_batches set sealed = {FLIPPED}",)),
    ("loads", "LOAD_ALTERED", ("delete from vault.load_batches",)),
    ("loads", "LOAD_ALTERED", body("load.begun", '"new":3', '"new":2')),
    ("loads", "LOAD_ALTERED", body("load.begun", '"digest":"[0-9a-f]{4}', '"digest":"0000')),
    (
        "loads",
        "LOAD_NOT_AS_SHOWN",
        body("register.teacher-registered", '"entered":"2010-09-01"', '"entered":"2011-09-01"'),
    ),
    (
        "loads",
        "LOAD_NOT_AS_SHOWN",
        body("register.teacher-registered", '"teacher":"teacher:list-2"', '"teacher":"teacher:x"'),
    ),
    (
        "loads",
        "LOAD_NOT_AS_SHOWN",
        (
            "alter table ledger.requests disable trigger requests_fixed",
            "delete from ledger.requests where request like 'load:%'",
        ),
    ),
]


def signed_and_reconciled(served: Served) -> None:
    """A county whose year was signed, whose list was reconciled, and that loaded teachers."""
    county(served)
    party = served.party(Role.BUREAU, RUIAN)
    ok(signed(served))
    upload = given_up(party, LIST.encode("gb18030"), "名单.csv")
    given = {"upload": upload, "place": RUIAN, "first": "2023-01-01", "last": "2023-12-31"}
    token = party.ask(TRY, i=given)["tried"]["token"]
    record = {"reconciliation": "reconciliation:a", "token": token}
    assert party.ask(RECONCILE, i=record, r="a")["answer"]["__typename"] == "Recorded"
    school = {"school": "school:anyang", "place": RUIAN, "title": "安阳小学", "stage": "PRIMARY"}
    ok(served.operator.mutate(RegisterSchool, school, "anyang"))
    rows = (teacher(number, number=f"list-{number}") for number in (1, 2, 3))
    assert committed(party, planned(party, sheet(*rows))["token"])["complete"]


@pytest.fixture
def desk(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server of its own to which that was told."""
    with scenes.serving(signed_and_reconciled, tmp_path) as server:
        yield server


def found(served: Served, *names: str) -> list[Problem]:
    """What the checks find."""
    ledger = served.house.ledger
    kept = Kept(ledger.vault, ledger.pool)
    return list(check(ledger.pool, ledger.feed, names or NAMES, kept=kept))


def plant(served: Served, statements: tuple[str, ...]) -> None:
    """Does harm as the owner of the database."""
    with psycopg.connect(served.house.ledger.url, autocommit=True) as connection:
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount != 0, statement


def test_what_happened_later_changes_nothing_of_what_was_signed_or_compared(desk: Served) -> None:
    assert found(desk) == []
    later(desk)
    party = desk.party(Role.BUREAU, RUIAN)
    eve = teacher(4, number="eve", school="安阳小学")
    assert committed(party, planned(party, sheet(eve))["token"])["complete"]
    given = {"place": RUIAN, "signOff": NAME, "reason": "复核", "position": desk.head}
    ok(party.mutate(ReopenSignOff, given, "reopen"))
    ok(signed(desk, "signoff:again", reason="复核后重新结账"))

    assert found(desk) == []


def test_an_erased_teacher_changes_nothing_of_what_was_compared(desk: Served) -> None:
    assert desk.house.ledger.vault.erase("teacher:list-2")
    with psycopg.connect(desk.house.ledger.url) as connection:
        connection.execute("delete from vault.lookups")

    assert found(desk) == []


@pytest.mark.parametrize(("name", "code", "statements"), PLANTED)
def test_what_was_tampered_with_is_found_by_its_check(
    desk: Served, name: str, code: str, statements: tuple[str, ...]
) -> None:
    plant(desk, statements)
    problems = found(desk, name)

    assert [each.code for each in problems] == [code]
    assert all(each.check == name and each.zh and each.en for each in problems)


def xuefen(served: Served, folder: Path, *names: str, status: int) -> tuple[str, str]:
    """What ``xuefen check`` prints and says."""
    env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = str(folder / "vault.key")
    url = served.house.ledger.pool.conninfo
    done = CliRunner(env=env).invoke(app, ["--database-url", url, "check", "--json", *names])

    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout, done.stderr


def test_the_command_opens_what_lies_sealed_and_says_where_it_cannot(
    desk: Served, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "vault.key").write_text(b64encode(KEY).decode())
    assert xuefen(desk, folder, status=0) == ("", "")
    plant(desk, (f"update vault.results set sealed = {FLIPPED}",))
    told = xuefen(desk, folder, *NAMES, status=1)[0]
    assert json.loads(told)["code"] == "SHEET_ALTERED"
    (folder / "vault.key").unlink()
    printed, said = xuefen(desk, folder, *sorted(SEALED), status=0)
    assert (printed, said.count("vault.key")) == ("", 2)
    assert not (folder / "vault.key").exists()
    assert xuefen(desk, folder, SignedOff.name, status=0) == ("", "")
    (folder / "vault.key").write_text(b64encode(b"x" * 32).decode())
    assert "VAULT_KEY_WRONG" in xuefen(desk, folder, *NAMES, status=2)[1]
