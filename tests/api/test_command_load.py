"""Loading from the command line: what it shows, what it takes in, and its exit codes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from api.cli import app
from api.command_load import LoadForm
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from schema.planning import MAY
from tests.api.test_load import BALANCES, bureau, id_number, sheet, teacher
from tests.server import Served

__all__ = ["bureau"]
OWN = ("--form", "teachers", "--for", "330381")
pytestmark = pytest.mark.usefixtures("bureau")


def xuefen(served: Served, folder: Path, *arguments: object, status: int) -> tuple[str, str]:
    """What a command prints and says."""
    env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = str(folder / "vault.key")
    url = served.house.ledger.pool.conninfo
    done = CliRunner(env=env).invoke(app, ["--database-url", url, "load", *map(str, arguments)])

    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout, done.stderr


def checked(served: Served, folder: Path) -> str:
    """What ``check loads`` says besides what is wrong, of which there is nothing."""
    env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("XUEFEN_")}
    env["XUEFEN_VAULT_KEY"] = str(folder / "vault.key")
    url = served.house.ledger.pool.conninfo
    done = CliRunner(env=env).invoke(app, ["--database-url", url, "check", "loads"])
    assert (done.exit_code, done.stdout) == (0, ""), (done.output, done.exception)
    return done.stderr


def file_of(folder: Path, data: bytes, name: str = "名册.xlsx") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def lines(printed: str) -> list[dict[str, Any]]:
    """Each line that is printed as JSON; it must be JSON."""
    return [json.loads(each) for each in printed.splitlines()]


def counts(printed: str) -> dict[str, Any]:
    return lines(printed)[0]


def types(served: Served, after: int) -> list[str]:
    return [each.event.NAME for each in served.house.ledger.feed.entries(Filter(after=after))]


def test_a_column_of_an_unknown_name_is_loaded_as_the_command_says(
    served: Served, tmp_path: Path
) -> None:
    header = ("姓名", "身份证号", "平台编号", "何处", "学段", "学科", "参加工作时间")
    file = file_of(tmp_path, sheet(teacher(1)[:7], header=header))
    head, saved = served.head, tmp_path / "读法.json"
    assert counts(xuefen(served, tmp_path, file, *OWN, "--json", status=1)[0])["left"] == 1
    for wrong in ("Z=SCHOOL", "D=NOTHING", "D"):
        _, said = xuefen(served, tmp_path, file, *OWN, "--column", wrong, status=2)
        assert "MAPPING_UNFIT" in said and "D 何处" in said
    for column in ("D=SCHOOL", "何处=school"):
        more = ("--column", column, "--json")
        assert counts(xuefen(served, tmp_path, file, *OWN, *more, status=0)[0])["new"] == 1
    assert served.head == head

    more = ("--column", "D=SCHOOL", "--save-mapping", saved, "--commit")
    xuefen(served, tmp_path, file, *OWN, *more, status=0)
    assert types(served, head)[1:-1] == ["register.teacher-registered"]
    again = xuefen(served, tmp_path, file, *OWN, "--mapping", saved, "--json", status=0)[0]
    assert counts(again)["unchanged"] == 1
    mended = ("--mapping", saved, "--column", "B=NAME", "--json")
    assert counts(xuefen(served, tmp_path, file, *OWN, *mended, status=1)[0])["left"] == 1


def test_a_dry_run_shows_each_row_and_writes_nothing(served: Served, tmp_path: Path) -> None:
    file, head = file_of(tmp_path, sheet(teacher(1), teacher(2))), served.head
    shown, said = xuefen(served, tmp_path, file, *OWN, status=0)
    told = counts(xuefen(served, tmp_path, file, *OWN, "--json", status=0)[0])

    assert shown.count("新增") == 2
    assert "load:" in said
    assert (told["rows"], told["new"], told["left"]) == (2, 2, 0)
    assert served.head == head


def test_a_commit_takes_in_what_was_shown_and_once_more_changes_nothing(
    served: Served, tmp_path: Path
) -> None:
    file, head = file_of(tmp_path, sheet(teacher(1), teacher(2))), served.head
    xuefen(served, tmp_path, file, *OWN, "--commit", status=0)
    first = types(served, head)
    told = counts(xuefen(served, tmp_path, file, *OWN, "--commit", "--json", status=0)[0])

    assert first == ["load.begun", *["register.teacher-registered"] * 2, "load.ended"]
    assert (told["new"], told["unchanged"]) == (0, 2)
    assert types(served, head)[4:] == ["load.begun", "load.ended"]


def test_refused_rows_end_with_1_keep_the_others_out_and_are_marked(
    served: Served, tmp_path: Path
) -> None:
    file = file_of(tmp_path, sheet(teacher(1), teacher(2, school="没有的学校")))
    head, back = served.head, tmp_path / "marked.xlsx"
    xuefen(served, tmp_path, file, *OWN, "--marked", back, status=1)
    xuefen(served, tmp_path, file, *OWN, "--commit", status=1)
    rows = CalamineWorkbook.from_path(back).get_sheet_by_index(0).to_python()

    assert served.head == head
    assert rows[2][-1] == "D 列（学校）本属地没有登记这所学校"
    xuefen(served, tmp_path, file, *OWN, "--commit", "--leave-refused", status=0)
    assert types(served, head)[1] == "register.teacher-registered"


def test_a_load_that_broke_off_is_resumed_by_its_token_alone(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, head = file_of(tmp_path, sheet(teacher(1), teacher(2), teacher(3))), served.head
    monkeypatch.setattr("schema.planning.BATCH_COMMANDS", 1)
    ask = Ledger.ask

    def breaking(self: Ledger, *given: Any, **options: Any) -> Any:
        if str(options["request"]).endswith(":1"):
            raise KeyboardInterrupt
        return ask(self, *given, **options)

    monkeypatch.setattr(Ledger, "ask", breaking)
    _, said = xuefen(served, tmp_path, file, *OWN, "--commit", status=130)
    monkeypatch.setattr(Ledger, "ask", ask)
    assert types(served, head) == ["load.begun", "register.teacher-registered"]
    [token] = set(re.findall(r"load:[0-9a-f-]{36}", said))
    assert "1 次载入中断" in checked(served, tmp_path)
    xuefen(served, tmp_path, "--resume", token, "--for", "330381", status=0)
    xuefen(served, tmp_path, "--resume", token, "--for", "330381", status=0)

    assert types(served, head)[2:] == [*["register.teacher-registered"] * 2, "load.ended"]
    assert checked(served, tmp_path) == ""


def test_a_row_that_the_ledger_has_overtaken_ends_with_1_and_is_named(
    served: Served, tmp_path: Path
) -> None:
    file = file_of(tmp_path, sheet(teacher(1), teacher(2)))
    token = counts(xuefen(served, tmp_path, file, *OWN, "--json", status=0)[0])["token"]
    other = file_of(tmp_path, sheet(teacher(2)), "另一份.xlsx")
    xuefen(served, tmp_path, other, *OWN, "--commit", status=0)
    head = served.head
    _, said = xuefen(served, tmp_path, "--resume", token, "--for", "330381", status=1)

    assert "3" in said.split("行：")[1]
    assert served.head == head


def test_balances_say_from_which_platform_and_through_which_day(
    served: Served, tmp_path: Path
) -> None:
    xuefen(served, tmp_path, file_of(tmp_path, sheet(teacher(1))), *OWN, "--commit", status=0)
    row = ("王李", id_number(1), "", "40", "20", "待核实")
    file = file_of(tmp_path, sheet(row, header=BALANCES), "余额.xlsx")
    given = (file, "--form", "balances", "--for", "330381")
    _, said = xuefen(served, tmp_path, *given, status=2)
    assert "ORIGIN_MISSING" in said
    given = (*given, "--origin", "市继教网", "--until", "2024-01-31")
    assert counts(xuefen(served, tmp_path, *given, "--commit", "--json", status=0)[0])["new"] == 1
    told = counts(xuefen(served, tmp_path, *given, "--json", status=0)[0])
    assert told["unchanged"] == 1


@pytest.mark.parametrize(
    ("data", "arguments", "code"),
    [
        (b"%PDF-1.7", OWN, "["),
        (sheet(header=("甲", "乙")), OWN, "HEADER_MISSING"),
        (sheet(teacher(1)), ("--form", "credits", "--for", "330381"), "--form"),
        (sheet(teacher(1)), ("--form", "results", "--for", "provider:none"), "UNKNOWN_PARTY"),
        (sheet(teacher(1)), ("--form", "teachers", "--for", "school:none"), "FORBIDDEN_ROLE"),
        (sheet(teacher(1)), ("--form", "teachers", "--for", "teacher:t1"), "BAD_PARTY"),
        (sheet(teacher(1)), ("--for", "330381"), "SHEET_MISSING"),
        (sheet(teacher(1)), (*OWN, "--resume", "load:none"), "UNKNOWN_LOAD"),
        (sheet(teacher(1)), (*OWN, "--source", "old/1"), "FORBIDDEN_ROLE"),
    ],
)
def test_what_cannot_be_loaded_ends_with_2_and_a_sentence(
    served: Served, tmp_path: Path, data: bytes, arguments: tuple[str, ...], code: str
) -> None:
    head = served.head
    _, said = xuefen(served, tmp_path, file_of(tmp_path, data), *arguments, status=2)

    assert code in said
    assert served.head == head


def test_another_actor_cannot_resume(served: Served, tmp_path: Path) -> None:
    file = file_of(tmp_path, sheet(teacher(1)))
    token = counts(xuefen(served, tmp_path, file, *OWN, "--json", status=0)[0])["token"]
    given = ("--resume", token, "--for", "330381", "--actor", "staff:other")
    _, said = xuefen(served, tmp_path, *given, status=2)
    assert "UNKNOWN_LOAD" in said
    xuefen(served, tmp_path, "没有.xlsx", *OWN, status=2)


def test_a_marked_sheet_is_its_owners_only_and_takes_no_files_place(
    served: Served, tmp_path: Path
) -> None:
    file, back = file_of(tmp_path, sheet(teacher(1, school="没有"))), tmp_path / "marked.xlsx"
    xuefen(served, tmp_path, file, *OWN, "--marked", back, status=1)
    made = back.read_bytes()

    assert back.stat().st_mode & 0o777 == 0o600
    assert "FILE_EXISTS" in xuefen(served, tmp_path, file, *OWN, "--marked", back, status=2)[1]
    assert back.read_bytes() == made
    link = tmp_path / "link.xlsx"
    link.symlink_to(tmp_path / "nowhere.xlsx")
    assert "FILE_EXISTS" in xuefen(served, tmp_path, file, *OWN, "--marked", link, status=2)[1]
    closed = tmp_path / "no" / "marked.xlsx"
    assert "FILE_CLOSED" in xuefen(served, tmp_path, file, *OWN, "--marked", closed, status=2)[1]


def test_unfinished_loads_are_listed_and_their_token_to_whoever_tried_them(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(tmp_path, sheet(teacher(1), teacher(2)))
    listed = ("--unfinished", "--json")
    monkeypatch.setattr("schema.planning.BATCH_COMMANDS", 1)
    ask = Ledger.ask

    def breaking(self: Ledger, *given: Any, **options: Any) -> Any:
        if str(options["request"]).endswith(":1"):
            raise KeyboardInterrupt
        return ask(self, *given, **options)

    assert xuefen(served, tmp_path, "--for", "330381", *listed, status=0)[0] == ""
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "ask", breaking)
        _, said = xuefen(served, tmp_path, file, *OWN, "--commit", status=130)
    [token] = set(re.findall(r"load:[0-9a-f-]{36}", said))
    own = counts(xuefen(served, tmp_path, "--for", "330381", *listed, status=0)[0])
    other = ("--for", "330381", "--actor", "staff:other")
    theirs = counts(xuefen(served, tmp_path, *other, *listed, status=0)[0])

    assert (own["token"], own["actor"], own["rows"]) == (token, "staff:console", 2)
    assert theirs == own | {"token": None}
    assert token not in xuefen(served, tmp_path, *other, "--unfinished", status=0)[0]
    assert xuefen(served, tmp_path, "--for", "330326", *listed, status=0)[0] == ""
    province = xuefen(served, tmp_path, "--for", "330000", *listed, status=0)[0]
    assert counts(province)["party"] == "jurisdiction:330381"
    xuefen(served, tmp_path, "--resume", token, "--for", "330381", status=0)
    assert xuefen(served, tmp_path, "--for", "330381", *listed, status=0)[0] == ""


def test_a_mistake_of_the_program_is_a_sentence_and_no_traceback(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: Any) -> None:
        raise AssertionError("a name of somebody")

    monkeypatch.setattr("api.command_load._given_up", mistaken)
    _, said = xuefen(served, tmp_path, file_of(tmp_path, sheet(teacher(1))), *OWN, status=2)

    assert "[INTERNAL]" in said
    assert "test_command_load.py" in said
    assert not {"Traceback", "somebody"} & {*said.split()}


def test_as_json_a_dry_run_says_each_row_with_its_cells_and_a_commit_what_it_came_to(
    served: Served, tmp_path: Path
) -> None:
    file = file_of(tmp_path, sheet(teacher(1), teacher(2, school="没有的学校")))
    told, *rows = lines(xuefen(served, tmp_path, file, *OWN, "--json", status=1)[0])
    assert [(each["row"], each["fate"]) for each in rows] == [(2, "NEW"), (3, "REFUSED")]
    [said] = rows[1]["objections"]
    assert (said["code"], said["letters"]) == ("SCHOOL_UNKNOWN", "D")

    printed, spoken = xuefen(served, tmp_path, file, *OWN, "--json", "--commit", status=1)
    assert (lines(printed)[-1]["complete"], lines(printed)[-1]["committed"]) == (False, 0)
    given = ("--resume", told["token"], "--for", "330381", "--leave-refused", "--json")
    whole, also = xuefen(served, tmp_path, *given, status=0)
    [done] = lines(whole)
    assert (done["complete"], done["position"], spoken, also) == (True, served.head, "", "")


def test_only_forms_that_can_be_loaded_are_offered() -> None:
    assert {each.name for each in LoadForm} == {each.name for each in MAY}


def test_a_dry_run_names_the_rows_that_it_passed_over(served: Served, tmp_path: Path) -> None:
    total = ("合计", *[""] * (len(teacher(1)) - 1))
    file = file_of(tmp_path, sheet(teacher(1), total))
    told = counts(xuefen(served, tmp_path, file, *OWN, "--json", status=0)[0])
    said = "".join(xuefen(served, tmp_path, file, *OWN, status=0))

    assert [(each["row"], each["why"]) for each in told["skipped"]] == [(3, "TOTALS")]
    assert "未读入：第 3 行" in said
