"""The command line: each command as it is typed, its exit codes, and what it says in trouble."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import structlog
from typer.testing import CliRunner

from api import terminal
from api.cli import app
from api.listener import listening
from api.serve import GRACE_SECONDS
from api.settings import Mode, Settings
from api.terminal import beginning
from ledger.consequence import RecordUse
from ledger.store.embedded import Embedded
from ledger.store.feed import Feed, open_pool
from projections.catalogue import INDEXES, VIEWS
from projections.check import NAMES
from projections.rebuild import Rebuild
from projections.runner import LOCK, Runner
from tests.disk import new_folder
from tests.told import PROVEN, SEALED, told_template, told_url
from tests.town import KEY, rows

__all__ = ["told_template", "told_url"]

HOUSE = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
SENTENCES = re.compile(r"\A.*[\u4e00-\u9fff].*\n\S.*\[([A-Z_]+)\]\n\Z")
ENTER = (
    "mutation($i: RegisterSchoolInput!, $r: String!) { registerSchool(input: $i, requestId: $r) "
)
ENTER += "{ __typename ... on Recorded { events { position id } } } }"


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that the embedded server can reach; its server is stopped afterwards."""
    above = new_folder("test")
    above.chmod(0o711)
    yield above / "data"
    Embedded(above / "data").stop()
    shutil.rmtree(above)


def environment() -> dict[str, str]:
    """This one's, without settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XUEFEN_")}
    kept["XUEFEN_MODE"] = "development"
    return kept | {"PYTHONPATH": str(HOUSE)}


def command(*arguments: object) -> list[str]:
    """The command line as another process, warnings being errors."""
    return [sys.executable, "-W", "error", "-m", "api.cli", *map(str, arguments)]


def xuefen(*arguments: object, status: int = 0, cwd: Path = Path("/")) -> tuple[str, str]:
    """Runs a command to its end; what it printed and what it said."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def inside(*arguments: object, status: int = 0, mode: str = "development") -> tuple[str, str]:
    """The same within this process, which is quicker."""
    blank = {name: None for name in os.environ if name.startswith("XUEFEN_")}
    runner = CliRunner(env=blank | {"XUEFEN_MODE": mode})
    done = runner.invoke(app, [str(each) for each in arguments])

    assert done.exit_code == status, (done.exit_code, done.output, done.exception)
    return done.stdout, done.stderr


def code(said: str) -> str:
    """The code behind one sentence in Chinese and one in English, and nothing else."""
    found = SENTENCES.match(said)
    assert found is not None, said
    return found[1]


def lines(printed: str) -> list[dict[str, Any]]:
    """One object a line."""
    return [json.loads(line) for line in printed.splitlines()]


@dataclass
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Asks it to stop; its exit code and all that it said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said


@contextmanager
def serving(*arguments: object, folder: Path, port: int = 0) -> Iterator[Server]:
    """A server on a port, or on a free one, once it is ready."""
    ready = folder / f"ready-{time.monotonic_ns()}"
    process = subprocess.Popen(
        command(*arguments, "serve", "--port", port, "--ready-file", ready),
        cwd="/",
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        yield Server(process, ready.read_text().strip())
        assert process.returncode is None or not ready.exists()
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def keys_of_told(tmp_path: Path) -> None:
    """The key of the told ledger's vault, in the folder that a server of it is given."""
    (tmp_path / "vault.key").write_text(b64encode(KEY).decode())


def token_of(data: Path) -> dict[str, str]:
    """The operator's header."""
    names = ("--role", "operator", "--scope", "ledger:xuefen", "--actor", "staff:operator")
    printed, _ = inside("--data", data, "token", *names)
    return {"authorization": f"Bearer {printed.strip()}"}


def enter(url: str, headers: dict[str, str], name: str) -> dict[str, Any]:
    """Registers a school over HTTP; the event that was recorded."""
    given = {
        "school": f"school:{name}",
        "place": "jurisdiction:330381",
        "title": "学校",
        "stage": "PRIMARY",
    }
    asked = {"query": ENTER, "variables": {"i": given, "r": name}}
    body = httpx.post(f"{url}/graphql", json=asked, headers=headers, timeout=60).json()
    event: dict[str, Any] = body["data"]["registerSchool"]["events"][0]
    return event


def test_a_server_is_started_spoken_to_stopped_and_nothing_is_lost(data: Path) -> None:
    headers = token_of(data)
    with serving("--data", data, folder=data.parent) as server:
        event = enter(server.url, headers, "one")
        assert xuefen("--data", data, "check") == ("", "")
        status, said = server.stop()

    assert status == 0
    assert server.url in said
    assert "Traceback" not in said
    assert not Embedded(data).running

    printed, _ = xuefen("--data", data, "history", "--tag", "school:one", "--json")
    assert [(each["position"], each["id"]) for each in lines(printed)] == [
        (event["position"], event["id"])
    ]
    assert not Embedded(data).running


def test_two_servers_share_one_data_folder_and_the_last_one_stops_the_database(data: Path) -> None:
    headers = token_of(data)
    with (
        serving("--data", data, folder=data.parent) as first,
        serving("--data", data, folder=data.parent) as second,
    ):
        event = enter(first.url, headers, "one")
        assert first.stop()[0] == 0
        assert Embedded(data).running
        assert enter(second.url, headers, "two")["position"] == event["position"] + 1
        assert second.stop(signal.SIGINT)[0] == 0
    assert not Embedded(data).running


@pytest.mark.usefixtures("keys_of_told")
def test_what_was_acknowledged_before_a_stop_is_kept(told_url: str, tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    with serving("--data", tmp_path, "--database-url", told_url, folder=tmp_path) as server:
        headers = token_of(tmp_path)
        under_way = threading.Event()

        def ask(number: int) -> None:
            with suppress(httpx.TransportError):
                for turn in range(1_000):
                    told.append(enter(server.url, headers, f"s{number}-{turn}"))
                    under_way.set()

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        assert under_way.wait(PATIENCE_SECONDS)
        status, _ = server.stop()
        for thread in threads:
            thread.join()

    assert status == 0
    kept = dict(rows(told_url, "select position, id::text from ledger.events"))
    assert told
    assert all(kept[each["position"]] == each["id"] for each in told)


@pytest.mark.usefixtures("keys_of_told")
def test_a_stop_does_not_wait_for_ever_for_a_subscription(told_url: str, tmp_path: Path) -> None:
    asked = {"query": "subscription { changes(after: 0) { position } }"}
    accept = token_of(tmp_path) | {"accept": "text/event-stream"}
    with (
        serving("--data", tmp_path, "--database-url", told_url, folder=tmp_path) as server,
        httpx.stream("POST", f"{server.url}/graphql", json=asked, headers=accept) as response,
    ):
        assert response.status_code == 200
        assert next(response.iter_raw())
        begun = time.monotonic()
        status, said = server.stop()

    assert status == 0
    assert "Traceback" not in said
    assert time.monotonic() - begun < GRACE_SECONDS + 5


def test_a_command_that_is_terminated_leaves_no_server_behind(data: Path) -> None:
    process = subprocess.Popen(
        command("--data", data, "simulate"),
        cwd="/",
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not Embedded(data).running:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    process.terminate()
    _, said = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 143
    assert "Stopped by SIGTERM" in said and "Traceback" not in said
    assert not Embedded(data).running


@pytest.mark.parametrize("times", [1, 2])
def test_a_stop_while_it_opens_is_obeyed(data: Path, times: int) -> None:
    process = subprocess.Popen(
        command("--data", data, "serve", "--port", 0),
        cwd="/",
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (data / "postgres" / "postmaster.pid").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.001)
    for _ in range(times):
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 0
    assert "Traceback" not in said
    assert not Embedded(data).running
    with serving("--data", data, folder=data.parent) as server:
        assert enter(server.url, token_of(data), "one")["position"] > 1
        assert server.stop()[0] == 0
    assert not Embedded(data).running


def test_a_port_in_use_is_said_before_anything_is_opened(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _, said = xuefen("--data", data, "serve", "--port", port, status=2)

    assert code(said) == "PORT_IN_USE"
    assert str(port) in said
    assert not data.exists()


def test_an_answer_is_not_held_back_until_the_client_acknowledges_its_head() -> None:
    with (
        listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_that_is_not_ours_is_said(data: Path) -> None:
    _, said = inside("--data", data, "serve", "--host", "192.0.2.1", "--port", 0, status=2)

    assert code(said) == "ADDRESS_UNUSABLE"


def test_a_ready_file_that_cannot_be_written_is_said(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "ready"
    _, said = inside("--data", data, "serve", "--port", 0, "--ready-file", file, status=2)

    assert code(said) == "READY_FILE_CLOSED"


@pytest.mark.usefixtures("keys_of_told")
def test_the_demo_clock_begins_on_its_day(told_url: str, tmp_path: Path) -> None:
    given = ("--data", tmp_path, "--database-url", told_url)
    ready = tmp_path / "ready"
    process = subprocess.Popen(
        command(*given, "serve", "--port", 0, "--ready-file", ready, "--demo-clock", "2031-05-06"),
        cwd="/",
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        process.stderr.readline()
        event = enter(ready.read_text().strip(), token_of(tmp_path), "late")
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)

    assert lines(inside(*given, "history", "--latest", "--limit", 1, "--json")[0])[0]["on"] == (
        "2031-05-06"
    )
    assert (
        event["position"]
        == lines(inside(*given, "history", "--latest", "--json")[0])[0]["position"]
    )


READERS = (
    ("check",),
    ("history",),
    ("history", "--json"),
    ("record", "0042"),
    ("regulations",),
    ("rebuild",),
)


@pytest.mark.parametrize("arguments", READERS)
def test_a_missing_ledger_is_said_and_none_is_made(data: Path, arguments: tuple[str, ...]) -> None:
    _, said = inside("--data", data, *arguments, status=2)

    assert code(said) == "SCHEMA_MISSING"
    assert not data.exists()


@pytest.mark.parametrize("arguments", READERS)
def test_an_empty_database_is_said(empty_database_url: str, arguments: tuple[str, ...]) -> None:
    _, said = inside("--database-url", empty_database_url, *arguments, status=2)

    assert code(said) == "SCHEMA_MISSING"


@pytest.mark.parametrize("arguments", [*READERS, ("migrate",), ("migrate", "--sql"), ("serve",)])
def test_an_unreachable_database_is_said_without_its_password(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://someone:geheim@127.0.0.1:{port}/xuefen"
    more = ("--port", 0) if arguments == ("serve",) else ()
    _, said = inside("--data", tmp_path, "--database-url", url, *arguments, *more, status=2)

    assert code(said) == "DATABASE_UNREACHABLE"
    assert "geheim" not in said


@pytest.mark.parametrize("arguments", [*READERS, ("migrate",)])
def test_a_newer_database_is_said(database_url: str, arguments: tuple[str, ...]) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("update ledger.revision set version_num = '9999'")

    assert code(inside("--database-url", database_url, *arguments, status=2)[1]) == "SCHEMA_NEWER"


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUEFEN_PORT", "geheim")
    done = CliRunner().invoke(app, ["check"])

    assert done.exit_code == 2
    assert code(done.stderr) == "SETTING_WRONG"
    assert "XUEFEN_PORT" in done.stderr
    assert "geheim" not in done.stderr


def test_a_good_ledger_passes_without_a_word(told_url: str) -> None:
    assert xuefen("--database-url", told_url, "check", *PROVEN) == ("", "")
    assert inside("--database-url", told_url, "check", *PROVEN, "--json") == ("", "")


def test_a_damaged_ledger_is_told_line_by_line(told_url: str) -> None:
    with psycopg.connect(told_url) as connection:
        connection.execute("alter table ledger.events disable trigger events_fixed")
        connection.execute("update ledger.events set channel = 'X' where position in (3, 20)")
        connection.execute("alter table ledger.events enable always trigger events_fixed")

    printed, said = xuefen("--database-url", told_url, "check", *PROVEN, status=1)
    assert [line.split()[0] for line in printed.splitlines()] == ["COLUMN_DIFFERS"] * 2
    assert said == ""

    found = lines(inside("--database-url", told_url, "check", "bodies", "--json", status=1)[0])
    assert [(each["code"], each["position"]) for each in found] == [
        ("COLUMN_DIFFERS", 3),
        ("COLUMN_DIFFERS", 20),
    ]
    assert inside("--database-url", told_url, "check", "positions") == ("", "")


def test_at_a_terminal_a_good_ledger_has_one_line(told_url: str) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            command("--database-url", told_url, "check", *PROVEN),
            cwd="/",
            env=environment(),
            stdout=theirs,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_SECONDS,
        )
        printed = os.read(ours, 1_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)

    assert (done.returncode, done.stderr) == (0, b"")
    assert printed.splitlines() == [
        f"{len(PROVEN)} 项检查全部通过。 All {len(PROVEN)} checks passed."
    ]


def test_checks_are_listed_and_a_wrong_name_is_said() -> None:
    listed = lines(inside("check", "--list", "--json")[0])

    assert [each["name"] for each in listed] == list(NAMES)
    assert all(name in inside("check", "--list")[0] for name in NAMES)
    assert code(inside("check", "nothing", status=2)[1]) == "UNKNOWN_CHECK"


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["--data", "x"], "缺少命令", "Missing command"),
        (["--nope"], "没有选项 --nope", "No such option: --nope"),
        (["rebuild", "--jso"], "没有选项 --jso", "Possible options: --json"),
        (["nope"], "没有命令 nope", "No such command 'nope'"),
        (["histori"], "没有命令 histori", "Did you mean 'history'? See"),
        (["sign-off", "nope"], "没有命令 nope", "No such command 'nope'"),
        (["record"], "缺少参数 teacher", "Missing argument 'teacher'"),
        (["export", "teachers"], "缺少选项 --out", "Missing option '--out'"),
        (["record", "teacher:x", "--on"], "选项 --on 之后缺少值", "requires an argument"),
        (["rebuild", "--json=3"], "选项 --json 不带值", "does not take a value"),
        (["head", "a", "b"], "多出的参数：b", "unexpected extra argument"),
        (["history", "--limit", "x"], "--limit 的值不合要求", "Invalid value for '--limit'"),
    ],
)
def test_a_command_line_that_is_wrong_is_said_in_both_languages(arguments, zh, en):
    printed, said = inside(*arguments, status=2)

    assert (printed, code(said)) == ("", "USAGE_WRONG")
    in_chinese, in_english = said.splitlines()
    assert in_chinese.startswith(zh)
    assert in_chinese.endswith("--help。")
    assert en in in_english


@pytest.mark.parametrize("arguments", [["--help"], ["record", "--help"]])
def test_help_is_no_mistake_of_the_command_line(arguments):
    printed, said = inside(*arguments)
    assert "Usage:" in printed
    assert said == ""


def history(url: str, *arguments: object) -> list[dict[str, Any]]:
    """The entries that the history gives."""
    return lines(inside("--database-url", url, "history", "--json", *arguments)[0])


def test_the_history_is_filtered(told_url: str) -> None:
    whole = history(told_url, "--limit", 20_000)

    assert [each["position"] for each in whole] == list(range(1, len(whole) + 1))
    assert len(history(told_url)) == 100
    assert history(told_url, "--latest", "--limit", 2) == whole[-1:-3:-1]
    assert history(told_url, "--after", 3, "--before", 6) == whole[3:5]

    lin = history(told_url, "--tag", "teacher:lin", "--tag", "offering:o1")
    assert lin
    assert all("teacher:lin" in json.dumps(each) for each in lin)

    types = ("--type", "credit.awarded", "--type", "credit.revoked")
    assert {each["type"] for each in history(told_url, *types)} == {
        "credit.awarded",
        "credit.revoked",
    }
    april = history(told_url, "--from-day", "2024-04-01", "--to-day", "2024-04-30")
    assert april
    assert all(each["on"].startswith("2024-04") for each in april)
    founder = history(told_url, "--actor", "staff:system", "--limit", 5_000)
    assert founder == [each for each in whole if each["actor"] == "staff:system"]
    assert history(told_url, "--channel", "system", "--limit", 5_000) == founder
    assert history(told_url, "--tag", "teacher:nobody") == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--after", 10**6), "the head of the ledger is {head}, and 1000000 is not before it"),
        (("--after", 3, "--before", 4), "no position lies after 3 and before 4"),
        (
            ("--from-day", "2024-05-02", "--to-day", "2024-05-01"),
            "the first day, 2024-05-02, is later than the last, 2024-05-01",
        ),
        (
            ("--tag", "teacher:lin", "--tag", "teacher:nobody"),
            "no event has the tag teacher:nobody",
        ),
        (("--actor", "staff:nobody"), "no event is by staff:nobody"),
        (("--tag", "teacher:lin", "--channel", "system"), "up to the head, {head}, no event meets"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_empty_history_says_why_and_prints_nothing(
    told_url: str, form: tuple[str, ...], asked: tuple[object, ...], said: str
) -> None:
    head = history(told_url, "--latest", "--limit", 1)[0]["position"]
    printed, hint = inside("--database-url", told_url, "history", *asked, *form)

    assert printed == ""
    zh, en = hint.splitlines()
    assert zh.startswith("没有找到：")
    assert said.format(head=head) in en


def test_a_history_that_has_something_says_nothing_beside_it(told_url: str) -> None:
    assert inside("--database-url", told_url, "history", "--tag", "teacher:lin")[1] == ""


def test_the_history_is_shown_as_a_table(told_url: str) -> None:
    printed, _ = xuefen("--database-url", told_url, "history", "--latest", "--limit", 5)

    assert sum(line[:1].isdigit() for line in printed.splitlines()) == 5
    assert "petition.correction-decided" in printed


def test_pages_of_the_history_join(told_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = history(told_url, "--limit", 50)

    monkeypatch.setattr("api.command_history.PAGE_MAX", 7)
    monkeypatch.setattr("ledger.store.feed.PAGE_MAX", 7)

    assert history(told_url, "--limit", 50) == whole
    assert len(history(told_url, "--limit", 50, "--latest")) == 50


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("history", "--type", "nothing.happened"), "UNKNOWN_TYPE"),
        (("history", "--tag", "lin"), "MALFORMED_NAME"),
        (("history", "--tag", "pupil:lin"), "MALFORMED_NAME"),
        (("record", "a teacher"), "MALFORMED_NAME"),
        (("record", "school:anyang"), "MALFORMED_NAME"),
        (("regulations", "--files", "--place", "瑞安"), "MALFORMED_NAME"),
        (("rebuild", "nothing"), "UNKNOWN_VIEW"),
    ],
)
def test_a_wrong_argument_is_said(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    assert code(inside("--data", tmp_path / "data", *arguments, status=2)[1]) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "--from-day", "yesterday"),
        ("history", "--limit", "0"),
        ("history", "--channel", "POST"),
        ("token", "--role", "KING", "--scope", "ledger:x", "--actor", "staff:x"),
        ("serve", "--port", "99999"),
        ("nothing",),
    ],
)
def test_a_malformed_argument_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert "Traceback" not in inside(*arguments, status=2)[1]


def record(url: str, *arguments: object) -> dict[str, Any]:
    """The record of Lin as JSON."""
    printed, _ = inside("--database-url", url, "record", "teacher:lin", "--json", *arguments)
    return lines(printed)[0]


def test_a_record_is_shown_with_its_verdict_and_reasons(told_url: str) -> None:
    printed, _ = xuefen("--database-url", told_url, "record", "lin", "--on", "2024-06-01")

    assert "teacher:lin" in printed
    assert "ONCE_INTENSIVE" in printed
    assert "ZJ24-70  浙教办函〔2024〕37号" in printed
    assert "依据的位置" in printed
    assert "还差" in printed

    day = ("--on", "2024-06-01")
    english, _ = inside("--database-url", told_url, "record", "lin", *day, "--english")
    assert "stands on positions" in english
    assert "还差" not in english


def test_a_record_says_what_does_not_count_and_what_is_about_to_be_lost(told_url: str) -> None:
    printed, _ = inside("--database-url", told_url, "record", "lin", "--on", "2024-06-01")
    found = record(told_url, "--on", "2024-06-01")
    [lost] = [each for each in found["uncounted"] if each["why"] == "REVOKED"]

    assert "不计入的部分" in printed
    assert "预先提醒" in printed
    assert lost["zh"] in re.sub(r"\n[ │├└─]*", "", printed)
    assert [each["effective"] for each in found["lines"]] == ["0", "10"]
    assert found["tree"]["children"][0]["code"] == "CYCLE_TOTAL"
    assert found["tree"]["children"][0]["missing"]["amount"] == "350"
    assert {each["danger"] for each in found["warnings"]} == {"CYCLE_PACE"}


def test_a_cycle_of_a_record_is_shown_by_its_number(told_url: str) -> None:
    first = record(told_url, "--cycle", 1)
    _, said = inside("--database-url", told_url, "record", "lin", "--cycle", 99, status=1)

    assert first["verdict"]["cycle_number"] == 1
    assert (first["day"], first["warnings"]) == ("2025-08-31", [])
    assert code(said) == "UNKNOWN_CYCLE"


def test_a_record_says_what_follows_for_each_use(told_url: str) -> None:
    printed, _ = xuefen("--database-url", told_url, "record", "lin", "--on", "2024-06-01")
    assert "结果运用" in printed
    assert "ACTIVE  2024-06-01 职称晋升：与培训挂钩" in printed

    uses = {each["use"]: each for each in record(told_url, "--on", "2024-06-01")["consequences"]}
    assert set(uses) == {each.value for each in RecordUse}
    assert (uses["TITLE_PROMOTION"]["rule"], uses["TITLE_PROMOTION"]["link"]) == (
        "ZJ14-26",
        "ACTIVE",
    )
    suspended = record(told_url, "--on", "2020-11-01")["consequences"][0]
    assert (suspended["link"], suspended["rule"]) == ("SUSPENDED", "ZJ20-03")


def test_a_record_is_shown_as_it_was(told_url: str) -> None:
    now = record(told_url)
    awarded = history(told_url, "--type", "credit.awarded")[0]["position"]
    then = record(told_url, "--as-of-position", awarded, "--on", "2024-06-01")
    early = record(told_url, "--effective", "2024-03-31")

    assert [each["revoked"] for each in now["record"]["lines"]] == [True, False]
    assert [each["revoked"] for each in then["record"]["lines"]] == [False]
    assert then["position"] == awarded
    assert then["verdict"]["requirements"][0]["positions"] == [awarded]
    assert then["totals"]["ALL"] == then["record"]["lines"][0]["credits"]
    assert (early["day"], early["record"]["lines"]) == ("2024-03-31", [])
    assert record(told_url, "--as-of-position", now["position"])["position"] == now["position"]


def test_a_record_as_of_a_position_beyond_the_head_is_refused_and_the_head_told(
    told_url: str,
) -> None:
    head = history(told_url, "--latest", "--limit", 1)[0]["position"]
    assert record(told_url, "--as-of-position", head)["position"] == head

    asked = ("--database-url", told_url, "record", "lin", "--as-of-position", head + 1)
    printed, said = inside(*asked, status=2)

    assert printed == ""
    assert code(said) == "BEYOND_HEAD"
    assert f"Position {head + 1} lies beyond the head, {head}." in said


def test_a_draft_is_not_tried_as_of_a_position_beyond_the_head(
    told_url: str, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.toml"
    shutil.copyfile(HOUSE / "ledger" / "regulations" / "zj24.toml", draft)
    asked = ("regulations", "try", draft, "--as-of-position", 10**9)

    assert code(inside("--database-url", told_url, *asked, status=2)[1]) == "BEYOND_HEAD"


@pytest.mark.parametrize(
    "command",
    [
        ("record", "lin", "--on"),
        ("record", "lin", "--effective"),
        ("history", "--from-day"),
        ("history", "--to-day"),
        ("regulations", "--on"),
        ("serve", "--demo-clock"),
    ],
)
@pytest.mark.parametrize("day", ["9999-12-31", "1899-12-31", "2024-02-30"])
def test_a_day_that_is_typed_lies_in_the_calendar(
    told_url: str, command: tuple[str, ...], day: str
) -> None:
    _, said = inside("--database-url", told_url, *command, day, status=2)

    assert "BAD_DAY" in said
    assert "Traceback" not in said


def test_credits_of_another_cycle_are_pointed_to(told_url: str) -> None:
    _, said = inside("--database-url", told_url, "record", "lin")
    day = said.rpartition("--on ")[2].strip().rstrip(".")

    assert re.fullmatch(r"2024-\d\d-\d\d", day), said
    assert inside("--database-url", told_url, "record", "lin", "--on", day)[1] == ""


def test_a_day_before_the_teacher_entered_has_no_cycle(told_url: str) -> None:
    _, said = inside("--database-url", told_url, "record", "lin", "--on", "2000-01-01", status=1)

    assert code(said) == "BEFORE_ENTRY"


def test_an_unknown_teacher_is_said(told_url: str) -> None:
    _, said = xuefen("--database-url", told_url, "record", "nobody", status=1)

    assert code(said) == "UNKNOWN_TEACHER"
    assert inside("--database-url", told_url, "record", "lin", "--as-of-position", 1, status=1)


def test_views_are_rebuilt(told_url: str) -> None:
    with psycopg.connect(told_url) as connection:
        connection.execute("delete from projection.records")
        connection.execute("update projection.schools set state = '{}'")

    _, said = xuefen("--database-url", told_url, "rebuild", "records")
    assert "Rebuilt 1 view up to" in said
    printed, _ = inside("--database-url", told_url, "rebuild", "records", "--json")
    assert lines(printed)[0]["views"] == ["records"]
    found = inside("--database-url", told_url, "check", "views", status=1)[0]
    assert "records" not in found
    assert "schools" in found

    _, said = inside("--database-url", told_url, "rebuild")
    assert str(len(VIEWS) + len(INDEXES)) in said
    assert inside("--database-url", told_url, "check", *PROVEN) == ("", "")


def test_what_is_logged_while_a_command_runs_does_not_stand_in_what_it_prints(
    told_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, held = Rebuild._change, [psycopg.errors.LockNotAvailable()]

    def changing(self: Rebuild, connection: psycopg.Connection[Any]) -> int:
        if held:
            raise held.pop()  # as where somebody reads the view for long
        return change(self, connection)

    monkeypatch.setattr(Rebuild, "_change", changing)
    structlog.reset_defaults()
    printed, said = inside("--database-url", told_url, "rebuild", "records", "--json")

    assert [each["views"] for each in lines(printed)] == [["records"]]
    assert "waits for those who read" in said


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_rebuild_without_a_terminal_says_now_and_then_how_far_it_is(
    told_url: str, monkeypatch: pytest.MonkeyPatch, how: tuple[str, ...]
) -> None:
    asked = ("--database-url", told_url, "rebuild", "records", *how)
    assert "重建 rebuild" not in inside(*asked)[1]
    monkeypatch.setattr(terminal, "LINE_SECONDS", 0.0)

    printed, said = inside(*asked)

    head = rows(told_url, "select max(position) from ledger.events")[0][0]
    assert f"重建 rebuild {head:,} / {head:,}\n" in said
    assert [each["position"] for each in lines(printed)] == ([head] if how else [])


def test_the_help_of_a_rebuild_names_every_view_that_it_takes() -> None:
    printed, _ = xuefen("rebuild", "--help")
    words = set(re.findall(r"[a-z_]+", printed))

    assert words >= {view.name for view in (*VIEWS, *INDEXES)}


def test_a_rebuild_says_where_it_goes_on_and_what_begins_again(told_url: str) -> None:
    names = ("records", "schools")
    with open_pool(told_url) as pool, closing(Feed(told_url, pool)) as feed:
        runner = Runner(pool, feed, VIEWS)
        for stopped in names:
            with pytest.raises(KeyboardInterrupt):
                runner.rebuild([stopped], _interrupted)
    with psycopg.connect(told_url) as connection:
        connection.execute("update projection.rebuilds set version = 1 where view = 'records'")

    _, said = inside("--database-url", told_url, "rebuild", *names)
    assert "these begin again: records." in said
    assert "Going on after" in said
    assert inside("--database-url", told_url, "check", "views") == ("", "")

    assert "Going on" not in inside("--database-url", told_url, "rebuild", "--afresh", *names)[1]


def _interrupted(done: int, head: int) -> None:
    raise KeyboardInterrupt


def test_a_second_rebuild_is_told_to_wait(told_url: str) -> None:
    with psycopg.connect(told_url) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        _, said = xuefen("--database-url", told_url, "rebuild", status=3)

    assert code(said) == "REBUILD_RUNNING"


def test_a_token_is_all_that_is_printed(data: Path) -> None:
    names = ("--role", "SCHOOL", "--scope", "school:x", "--actor", "staff:x", "--days", 3)
    printed, said = xuefen("--data", data, "token", *names)

    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", printed)
    assert "new signing key" in said
    again, said = inside("--data", data, "token", *names, "--json")
    assert (said, lines(again)[0]["scope"]) == ("", "school:x")
    assert (data / "issuer.jwk").stat().st_mode & 0o777 == 0o600


def erase(url: str, *arguments: object, status: int = 0) -> tuple[str, str]:
    """Erases the teacher whose data is sealed."""
    given = ("--database-url", url, "erase", SEALED, "--reason", "本人申请")
    return inside(*given, *arguments, status=status)


def keys(url: str) -> list[tuple[Any, ...]]:
    """Whether each key in the vault is still there."""
    return rows(url, "select wrapped is not null from vault.keys")


def test_a_teacher_is_erased_once_and_for_all(told_url: str) -> None:
    printed, _ = erase(told_url, "--yes", "--json")
    event = history(told_url, "--type", "erasure.person-erased")[0]

    nothing: dict[str, Any] = {"files": 0, "loads": 0, "dry_runs": 0, "mentions": []}
    assert lines(printed) == [
        {"teacher": SEALED, "position": event["position"], "key_destroyed": True} | nothing
    ]
    assert (event["actor"], event["channel"]) == ("staff:operator", "CONSOLE")
    assert event["data"]["reason"] == "本人申请"
    assert keys(told_url) == [(False,)]
    assert rows(told_url, "select 1 from vault.lookups where subject = %s", SEALED) == []
    assert inside("--database-url", told_url, "check", "erasure", "vault") == ("", "")
    assert code(erase(told_url, "--yes", status=1)[1]) == "ALREADY_ERASED"


def test_an_erasure_that_was_broken_off_is_completed(
    told_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("api.command_erase.destroy_key", die)
        erase(told_url, "--yes", status=130)
    found, _ = inside("--database-url", told_url, "check", *PROVEN, "--json", status=1)
    _, said = erase(told_url, "--yes")

    assert [each["code"] for each in lines(found)] == ["ERASURE_UNFINISHED"]
    assert "complete" in said
    assert keys(told_url) == [(False,)]
    assert len(history(told_url, "--type", "erasure.person-erased")) == 1


def test_an_erasure_is_confirmed_has_a_reason_and_names_a_known_teacher(told_url: str) -> None:
    given = ("--database-url", told_url, "erase", "--yes", "--reason")

    assert code(erase(told_url, status=2)[1]) == "CONFIRMATION_NEEDED"
    assert code(inside(*given, " ", SEALED, status=1)[1]) == "REASON_MISSING"
    assert code(inside(*given, "x", "nobody", status=1)[1]) == "UNKNOWN_REFERENCE"
    assert keys(told_url) == [(True,)]


def test_a_token_for_a_scope_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    names = ("--role", "school", "--scope", "teacher:x", "--actor", "staff:x")
    printed, said = xuefen("--data", tmp_path / "data", "token", *names, status=2)

    assert printed == ""
    assert code(said) == "BAD_SCOPE"
    assert not (tmp_path / "data").exists()


def test_a_token_for_the_public_or_for_another_teacher_is_not_made(tmp_path: Path) -> None:
    def said(*names: str) -> str:
        return code(inside("--data", tmp_path / "data", "token", *names, status=2)[1])

    public = ("--role", "public", "--scope", "ledger:public", "--actor", "staff:x")
    other = ("--role", "teacher", "--scope", "teacher:x", "--actor", "teacher:y")
    assert said(*public) == "NO_TOKEN_NEEDED"
    assert said(*other) == "ACTOR_NOT_SCOPE"
    assert not (tmp_path / "data").exists()


def test_in_production_no_token_of_our_own_is_made_and_no_clock_is_set(tmp_path: Path) -> None:
    data = tmp_path / "data"
    names = ("--role", "operator", "--scope", "ledger:xuefen", "--actor", "staff:x")
    _, said = inside("--data", data, "token", *names, status=2, mode="production")
    assert code(said) == "PRODUCTION_MODE"
    clock = ("serve", "--port", 0, "--demo-clock", "2024-01-01")
    _, said = inside("--data", data, *clock, status=2, mode="production")
    assert code(said) == "DEMO_IN_PRODUCTION"
    assert not data.exists()


def test_production_is_what_a_ledger_is_for_where_nobody_says_so() -> None:
    assert Settings.model_fields["mode"].default is Mode.PRODUCTION


def test_the_version_is_said() -> None:
    assert re.fullmatch(r"xuefen \d+\.\d+\.\d+\n", inside("--version")[0])


def test_what_does_not_exist_is_said_and_not_an_empty_answer(told_url: str) -> None:
    for given in (("--files",), ()):
        url = () if given else ("--database-url", told_url)
        for option, value, expected in (
            ("--place", "999999", "UNKNOWN_PLACE"),
            ("--kind", "nothing", "UNKNOWN_KIND"),
            ("--document", "nothing", "UNKNOWN_DOCUMENT"),
            ("--term", "2031H1", "UNKNOWN_TERM"),
        ):
            _, said = inside(*url, "regulations", *given, option, value, status=1)
            assert code(said) == expected


def test_names_are_completed() -> None:
    assert beginning(["views", "vault", "ids"])("v") == ["vault", "views"]


def test_regulations_of_the_ledger_are_those_of_the_files(told_url: str, data: Path) -> None:
    of_ledger = inside("--database-url", told_url, "regulations", "--json")[0]
    of_files, said = xuefen("--data", data, "regulations", "--files", "--json")

    assert lines(of_ledger) == lines(of_files)
    assert said == ""
    assert not data.exists()


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        ("", "", 0, ""),
        ("1/6", "1/4", 1, "RA25-01.parameters"),
        ("1/6", "7/6", 1, "RA25-01.parameters.share_max"),
        ("mode =", "mood =", 1, "RA25-01.scope.mood"),
        ("absence-limit", "absense-limit", 1, "absence-limit"),
        ('"330381"', '"330399"', 1, "document.place"),
        ("集中培训", "集中\\u0007培训", 1, "RA25-01.zh"),
        ("\n", "\r", 1, "draft"),
    ],
    ids=[
        *("sound", "too-lax", "out-of-range", "typo-in-scope", "unknown-kind", "no-such-place"),
        *("control-character", "carriage-return"),
    ],
)
def test_a_draft_is_checked_without_a_ledger(
    tmp_path: Path, old: str, new: str, status: int, said: str
) -> None:
    text = re.search(r"```toml\n(.*?)```", (HOUSE / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert text is not None
    file = tmp_path / "ra25.toml"
    file.write_bytes((text[1].replace(old, new) if old else text[1]).encode())
    printed, told = inside("regulations", "check", str(file), status=status)

    assert said in told
    assert ("sha256" in printed) == (status == 0)


def test_a_draft_that_cannot_be_read_and_one_for_another_place_are_refused(tmp_path: Path) -> None:
    assert "DRAFT_UNREADABLE" in inside("regulations", "check", str(tmp_path), status=2)[1]
    text = re.search(r"```toml\n(.*?)```", (HOUSE / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert text is not None
    (tmp_path / "ra25.toml").write_text(text[1])
    asked = ("regulations", "check", str(tmp_path / "ra25.toml"), "--place")

    assert "OUTSIDE_SCOPE" in inside(*asked, "330300", status=1)[1]
    assert inside(*asked, "330381")[1] == ""


def test_a_file_without_an_end_is_not_read_to_it() -> None:
    assert "DRAFT_UNREADABLE" in inside("regulations", "check", "/dev/zero", status=2)[1]


def test_the_kinds_of_rules_are_listed() -> None:
    found = lines(inside("regulations", "kinds", "--json")[0])

    assert {"absence-limit", "window"} <= {each["kind"] for each in found}
    shown = inside("regulations", "kinds", "absence-limit")[0]
    assert 'share_max = "1/5"; laxer: MORE' in shown
    assert "UNKNOWN_KIND" in inside("regulations", "kinds", "nothing", status=1)[1]


def test_documents_are_printed_as_pages() -> None:
    pages = inside("regulations", "--files", "--format", "markdown")[0]

    assert len(re.findall(r"^# ", pages, re.MULTILINE)) == 5
    assert len(re.findall(r"^## ", pages, re.MULTILINE)) == 181


def test_regulations_are_chosen_by_document_place_day_and_kind() -> None:
    def chosen(*arguments: str) -> list[dict[str, Any]]:
        return lines(inside("regulations", "--files", "--json", *arguments)[0])

    assert {each["document"] for each in chosen("--document", "wz12")} == {"document:wz12"}
    assert {each["kind"] for each in chosen("--kind", "absence-limit")} == {"absence-limit"}
    places = {each["place"] for each in chosen("--place", "330100")}
    assert places == {"jurisdiction:330000"}
    assert "jurisdiction:330381" in {each["place"] for each in chosen("--place", "330381")}
    old = chosen("--on", "2013-01-01", "--place", "330381")
    assert "document:wz12" in {each["document"] for each in old}
    assert all(each["since"] is None or each["since"] <= "2013-01-01" for each in old)
    doubtful = inside("regulations", "--files", "--on", "2014-06-01", "--document", "zj14")[0]
    assert "2015-01-01?" in doubtful


def test_the_sql_of_a_migration_is_printed_and_run(empty_database_url: str, data: Path) -> None:
    given = ("--database-url", empty_database_url)
    printed, _ = xuefen(*given, "migrate", "--sql")

    assert "create table ledger.events" in printed
    assert rows(empty_database_url, "select to_regclass('ledger.events') is null") == [(True,)]
    assert xuefen("--data", data, "migrate", "--sql")[0] == printed
    assert not data.exists()

    assert lines(inside(*given, "migrate", "--sql", "--json")[0]) == [{"sql": printed}]

    _, said = inside(*given, "migrate")
    assert "migrated" in said
    assert lines(inside(*given, "migrate", "--json")[0]) == [{"migrated": False}]
    assert inside(*given, "migrate", "--sql") == ("", "")
    _, said = inside(*given, "migrate")
    assert "up to date" in said
    assert inside(*given, "check") == ("", "")


def test_every_command_has_help_of_one_screen() -> None:
    printed, _ = xuefen("--help")
    names = re.findall(r"^│ (\w+) +[A-Z]", printed, re.MULTILINE)

    assert set(names) >= {
        "serve", "demo", "simulate", "rebuild", "history", "record",
        "check", "token", "regulations", "migrate",
    }  # fmt: skip
    for name in names:
        assert len(inside(name, "--help")[0].splitlines()) <= 60, name


def test_a_closed_pipe_is_no_error(told_url: str) -> None:
    line = " ".join(map(shlex.quote, command("--database-url", told_url, "history", "--json")))
    done = subprocess.run(
        ["bash", "-c", f"{line} --limit 5000 | head -1"],
        cwd="/",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert lines(done.stdout)[0]["position"] == 1
    assert done.stderr == ""
