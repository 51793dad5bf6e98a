"""The files that lie sealed, from the command line: listed without being opened, and removed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from api.cli import app
from ledger.command import Role
from ledger.store.ticket import DAYS_KEPT
from tests.api.test_reconciliation import SHEET, desk, put_on_record, tried
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.server import Party, Served
from tests.sheets import GOOD

__all__ = ["desk"]


def xuefen(desk: Served, *arguments: object, status: int = 0) -> tuple[str, str]:
    """What ``xuefen uploads`` prints and says; no key lies where it could find one."""
    env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = "/nowhere/vault.key"
    url = desk.house.ledger.pool.conninfo
    done = CliRunner(env=env).invoke(app, ["--database-url", url, "uploads", *map(str, arguments)])

    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout, done.stderr


def listed(desk: Served, *arguments: object) -> list[dict[str, Any]]:
    return [json.loads(each) for each in xuefen(desk, "list", "--json", *arguments)[0].splitlines()]


def ages(desk: Served, days: int) -> None:
    """All files are so many days old, by the clock of this machine."""
    with psycopg.connect(desk.house.ledger.url) as connection:
        connection.execute(
            "update vault.uploads set opened_at = now() - make_interval(days => %s)", (days,)
        )


@pytest.fixture
def bureau(desk: Served) -> Party:
    """An officer with one file on record, one tried, and one only given up."""
    party = desk.party(Role.BUREAU, str(RUIAN))
    put_on_record(party)
    tried(party)
    given_up(party, SHEET, "王芳.csv")
    return party


def test_the_list_says_whose_they_are_and_nothing_of_what_they_hold(
    desk: Served, bureau: Party
) -> None:
    found = listed(desk)
    text, _ = xuefen(desk, "list")

    assert [(each["results"], each["kept"]) for each in found] == [
        (0, False),
        (1, False),
        (1, True),
    ]
    assert {(each["actor"], each["role"], each["scope"]) for each in found} == {
        ("staff:tester", "BUREAU", str(RUIAN))
    }
    for secret in ("王芳", "名单", GOOD, ".csv"):
        assert secret not in text + json.dumps(found, ensure_ascii=False)
    assert text.count("留存 kept") == 1
    assert listed(desk, "--of", "330326") == []
    assert listed(desk, "--of", "330381") == found


def test_old_files_go_and_what_an_event_speaks_of_stays(desk: Served, bureau: Party) -> None:
    ages(desk, DAYS_KEPT - 1)
    assert json.loads(xuefen(desk, "purge", "--json")[0]) == {
        "uploads": 0, "results": 0, "loads": 0,
    }  # fmt: skip
    ages(desk, DAYS_KEPT + 1)
    [kept] = [each for each in listed(desk) if each["kept"]]
    assert json.loads(xuefen(desk, "purge", "--json")[0]) == {
        "uploads": 2, "results": 1, "loads": 0,
    }  # fmt: skip
    assert listed(desk) == [kept]
    told = bureau.ask('{ reconciliation(id: "reconciliation:a") { result { token } } }')
    assert told["reconciliation"]["result"] is not None


def test_younger_files_go_only_where_that_is_confirmed(desk: Served, bureau: Party) -> None:
    _, said = xuefen(desk, "purge", "--older", "0", status=2)
    assert "CONFIRMATION_NEEDED" in said
    assert "2 uploads" in said
    assert len(listed(desk)) == 3
    ages(desk, 1)
    _, said = xuefen(desk, "purge", "--older", "0", "--yes")
    assert "2 uploads with 1 trials" in said
    assert [each["kept"] for each in listed(desk)] == [True]


def test_one_file_is_removed_by_its_number_unless_an_event_speaks_of_it(
    desk: Served, bureau: Party
) -> None:
    ages(desk, 1)
    kept = next(each["upload"] for each in listed(desk) if each["kept"])
    loose = [each["upload"] for each in listed(desk) if not each["kept"]]
    given = ("purge", "--older", "0", "--yes", "--upload")

    assert "NOT_REMOVED" in xuefen(desk, *given, kept, status=1)[1]
    assert "BAD_UPLOAD" in xuefen(desk, *given, "x", status=2)[1]
    xuefen(desk, *given, loose[0])
    assert {each["upload"] for each in listed(desk)} == {kept, loose[1]}


def test_the_user_of_the_service_may_do_it(desk: Served, bureau: Party, tmp_path: Path) -> None:
    ages(desk, DAYS_KEPT + 1)
    url = desk.house.ledger.url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create role lowly login in role xuefen_app")
    try:
        env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
        lowly = url.replace("postgres@", "lowly@")
        assert lowly != url
        done = CliRunner(env=env).invoke(
            app, ["--data", str(tmp_path), "--database-url", lowly, "uploads", "purge", "--json"]
        )
        assert (done.exit_code, json.loads(done.stdout)["uploads"]) == (0, 2), done.output
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop role lowly")
