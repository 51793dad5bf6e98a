"""The pages: their examples are run against a real server, their tables held against the code."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from graphql import build_schema, parse, validate
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from api import cli, export
from api.settings import Settings
from ledger import document
from ledger.adoption import AdoptRegulation
from ledger.command import Role
from ledger.completion import AbsenceLimit
from ledger.event import BODY_BYTES_MAX
from ledger.names import JurisdictionId
from ledger.register import RegisterSchool
from ledger.regulation import Rulebook
from ledger.teacher import RegisterTeacher
from schema import inputs, outputs, root
from schema.allowance import SIGNED
from schema.export_document import EXPORTS
from tests.disk import place
from tests.given import adoption, given
from tests.ledger.test_document import RUIAN_ENTERED
from tests.server import Served, serving
from tests.town import founded_template, founded_url

__all__ = ["founded_template", "founded_url"]

HOUSE = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
SHOWN_AT = "http://127.0.0.1:8330"
BLOCK = re.compile(r"^```([^`\n]*)\n(.*?)^```$", re.M | re.S)
HEADING = re.compile(r"^#+ ", re.M)
RUIAN = "jurisdiction:330381"
MISSING_A_FIFTH = "teacher:ra0002"
STREAM_SECONDS = 20
XUEFEN = (sys.executable, "-m", "api.cli")
DEMO_DATA = Path("/var/lib/xuefen-demo")
# The recipes of CONTRIBUTING.md make these; a test runs them.
INVENTED = {"projections/assessment.py", "schema/assessment.py"}


@dataclass(frozen=True)
class Example:
    """A shell example that sends one GraphQL document."""

    kind: str
    script: str

    @property
    def request(self) -> dict[str, Any]:
        """What it sends: ``curl -d @-`` leaves the line breaks out."""
        sent = self.script.partition("<<'JSON'\n")[2].rpartition("JSON")[0]
        found: dict[str, Any] = json.loads(sent.replace("\n", ""))
        return found

    def at(self, url: str) -> str:
        """The script for another server."""
        assert SHOWN_AT in self.script
        return self.script.replace(SHOWN_AT, url)


def text_of(name: str) -> str:
    """The text of a page."""
    return (HOUSE / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: info string and content."""
    return [(info, content) for info, content in BLOCK.findall(text_of(name))]


def examples(name: str) -> dict[str, Example]:
    """The GraphQL examples of a page: one mutation, one query, one subscription."""
    found = [Example(info.split()[1], content) for info, content in blocks(name) if " " in info]

    assert [each.kind for each in found] == ["mutation", "query", "subscription"]
    return {each.kind: each for each in found}


def tables(name: str) -> list[list[list[str]]]:
    """The tables of a page, each a list of rows, without the line under the head."""
    found: list[list[list[str]]] = []
    inside = False
    for line in text_of(name).splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
        inside = True
        found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return [[rows[0], *rows[2:]] for rows in found]


def first_cells(name: str, beginning: str) -> list[str]:
    """The code in the first column of the table whose rows begin so."""
    for rows in tables(name):
        cells = [row[0].strip("`") for row in rows[1:]]
        if cells and all(cell.startswith(beginning) for cell in cells):
            return cells
    raise AssertionError(f"{name} has no table of {beginning}")


def commands() -> dict[str, Any]:
    """The commands of the command line."""
    group: Any = typer.main.get_command(cli.app)
    found: dict[str, Any] = group.commands
    return found


@pytest.fixture
def served(founded_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server with the teacher whom the demo shows."""
    with serving(founded_url, tmp_path) as server:
        bureau = server.party(Role.BUREAU, RUIAN)
        school = {"school": "school:ra01", "place": RUIAN, "title": "x", "stage": "PRIMARY"}
        teacher = {
            "teacher": MISSING_A_FIFTH,
            "school": "school:ra01",
            "stage": "PRIMARY",
            "subject": "x",
            "entered": "2020-01-01",
        }
        for command, given in ((RegisterSchool, school), (RegisterTeacher, teacher)):
            assert bureau.mutate(command, given, given["school"] + command.__name__)["position"]
        yield server


@pytest.fixture(scope="module")
def demo() -> Iterator[Path]:
    """The folder of the ledger that ``xuefen demo`` leaves behind."""
    with tempfile.TemporaryDirectory(prefix="xuefen-readme-", dir=place()) as folder:
        os.chmod(folder, 0o711)
        data = Path(folder) / "ledger"
        done = subprocess.run(
            [*XUEFEN, "demo", "--no-stay", "--json", "--port", "0", "--data", data],
            cwd=HOUSE,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        yield data


@pytest.mark.parametrize("name", READMES)
def test_the_list_of_a_bureau_is_equal_to_the_ledger_of_the_demo(name, demo, tmp_path):
    [block] = [text for info, text in blocks(name) if info == "sh" and " reconcile " in text]
    script = block.replace(".venv/bin/xuefen", shlex.join(XUEFEN))
    script = script.replace(str(DEMO_DATA), str(demo))
    done = subprocess.run(
        ["bash", "-c", script.rstrip() + " --json"],
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(HOUSE), "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (str(demo) in script, script.count(shlex.join(XUEFEN))) == (True, 1)
    # As the page says of a list of which all is equal.
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["equal"], told["faults"], told["doubtful"]) == (2, 0, 0)
    assert (told["differing_lines"], told["unattributed"]) == ([], "0")
    assert (tmp_path / "list.csv").read_text(encoding="utf-8").count("\n") == 3
    for old, new, status in ((",60", ",59.5", 4), (",60", ",很多", 4), ("结业时间,学分", "x,y", 2)):
        assert old in script
        wrong = tmp_path / str(status) / new.strip(",")
        wrong.mkdir(parents=True)
        done = subprocess.run(
            ["bash", "-c", script.replace(old, new)],
            cwd=wrong,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(HOUSE)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.parametrize("name", READMES)
def test_every_graphql_document_fits_the_schema(name):
    schema = build_schema(str(root.build()))
    for example in examples(name).values():
        document = parse(example.request["query"])

        assert validate(schema, document) == []
        assert document.definitions[0].operation.value == example.kind


@pytest.mark.parametrize("name", READMES)
def test_the_mutation_is_recorded_and_sent_again_changes_nothing(name, served):
    bureau = served.party(Role.BUREAU, RUIAN)
    sent = examples(name)["mutation"].request
    first = bureau.ask(sent["query"], **sent["variables"])["registerSchool"]
    head = served.head
    again = bureau.ask(sent["query"], **sent["variables"])["registerSchool"]

    assert first["__typename"] == "Recorded"
    assert again == first | {"replayed": True}
    assert head == served.head


@pytest.mark.parametrize("name", READMES)
def test_the_query_shows_the_rule_and_the_record(name, served):
    sent = examples(name)["query"].request
    served.house.runner.wait_for(served.head, 10)
    data = served.party(Role.BUREAU, RUIAN).ask(sent["query"], **sent["variables"])
    anybody = served.public.ask(sent["query"], **sent["variables"])

    assert [rule["parameters"]["share_max"] for rule in data["rules"]] == ["1/5"]
    assert data["creditRecord"]["verdict"]["requirements"]
    assert anybody["rules"] == data["rules"]
    assert anybody["creditRecord"] is None


@pytest.mark.parametrize("name", READMES)
def test_the_subscription_gives_the_history_first(name, served):
    sent = examples(name)["subscription"].request
    headers = served.party(Role.BUREAU, RUIAN).headers | {"accept": "text/event-stream"}
    with httpx.stream(
        "POST", f"{served.url}/graphql", json=sent, headers=headers, timeout=STREAM_SECONDS
    ) as response:
        line = next(each for each in response.iter_lines() if each.startswith("data: {"))
    changes = json.loads(line.removeprefix("data: "))["data"]["changes"]

    assert [each["data"]["school"] for each in changes["entries"]] == ["school:ra01"]
    assert changes["position"] >= changes["entries"][0]["position"]


@pytest.mark.parametrize("name", READMES)
def test_the_shell_examples_run_as_they_stand(name, served):
    if shutil.which("curl") is None:
        pytest.fail("the examples of the README need curl; install it")
    token = served.token(Role.BUREAU, RUIAN)
    answers = {}
    for kind, example in examples(name).items():
        # A subscription ends with curl's own clock; what came by then is kept.
        script = example.at(served.url).replace("curl -sN", "curl -sN --max-time 2")
        done = subprocess.run(
            ["bash", "-c", script],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": token, "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        answers[kind] = done.stdout
    stream = [line for line in answers["subscription"].splitlines() if line.startswith("data: {")]
    entries = [
        entry
        for line in stream
        for entry in json.loads(line.removeprefix("data: "))["data"]["changes"]["entries"]
    ]

    assert json.loads(answers["mutation"])["data"]["registerSchool"]["__typename"] == "Recorded"
    assert json.loads(answers["query"])["data"]["rules"]
    assert len(entries) == 2


@pytest.mark.parametrize("name", READMES)
def test_the_export_gives_a_file_with_its_hash(name, served, tmp_path):
    [block] = [content for info, content in blocks(name) if info == "sh" and "/exports" in content]
    script = block[block.index("curl") :].replace(SHOWN_AT, served.url)
    token = served.token(Role.BUREAU, RUIAN)
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": token, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    digest = hashlib.sha256((tmp_path / "e.csv").read_bytes()).hexdigest()

    assert f"x-xuefen-sha256: {digest}" in done.stdout


@pytest.mark.parametrize("name", READMES)
def test_the_settings_are_all_there(name):
    prefix = Settings.model_config["env_prefix"]
    expected = {f"{prefix}{field}".upper(): field for field in Settings.model_fields}
    shown = {rows[0].strip("`"): rows[1].strip("`") for table in tables(name) for rows in table}

    assert first_cells(name, prefix) == list(expected)
    for variable, field in expected.items():
        default = Settings.model_fields[field].default
        if type(default) in (int, str, bool):
            assert shown[variable] == str(default).replace("False", "false")


@pytest.mark.parametrize("name", READMES)
def test_the_commands_are_all_there(name):
    shown = [cell.removeprefix("xuefen ") for cell in first_cells(name, "xuefen ")]

    assert sorted(shown) == sorted(commands())


@pytest.mark.parametrize("name", READMES)
def test_the_commands_in_the_examples_have_these_options(name):
    lines = [
        shlex.split(line)
        for info, content in blocks(name)
        if info == "sh"
        for line in content.splitlines()
        if "/xuefen " in line
    ]

    assert lines
    whole: Any = typer.main.get_command(cli.app)
    for _, *said in lines:
        first = next(number for number, each in enumerate(said) if each in commands())
        command, *arguments = said[first:]
        known = {option for each in commands()[command].params for option in each.opts}
        everywhere = {option for each in whole.params for option in each.opts}
        assert {each for each in said[:first] if each.startswith("--")} <= everywhere
        assert {each for each in arguments if each.startswith("--")} <= known


@pytest.mark.parametrize("name", READMES)
def test_the_token_example_prints_a_token(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XUEFEN_DATA", str(tmp_path))
    line = next(line for line in text_of(name).splitlines() if "xuefen token --" in line)
    printed = CliRunner().invoke(cli.app, shlex.split(line)[1:])

    assert printed.exit_code == 0, printed.output
    assert printed.stdout.count(".") == 2


@pytest.mark.parametrize("name", READMES)
def test_the_limits_are_those_of_the_code(name):
    values = [
        BODY_BYTES_MAX,
        inputs.ROWS_MAX,
        outputs.FIRST_MAX,
        export.ROWS_MAX,
        SIGNED.depth,
        SIGNED.aliases,
        SIGNED.tokens,
    ]
    shown = [int(re.sub(r"\D", "", row[1])) for row in tables(name)[-1][1:]]

    assert shown == values


@pytest.mark.parametrize("name", READMES)
def test_the_exports_are_all_there(name):
    [table] = [each for each in tables(name) if each[0][1] == "`what`"]
    shown = [what for row in table[1:] for what in re.findall(r"`(\w+)`", row[1])]

    assert sorted(shown) == sorted(EXPORTS)


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_is_named_exists(name):
    named = re.findall(
        r"`((?:ledger|projections|schema|api|tests|bench|docs)/[\w./-]+)`", text_of(name)
    )

    for each in sorted({*linked(name), *named} - INVENTED):
        assert (HOUSE / each).exists(), f"{name} names {each}, which is not there"


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(name):
    targets = re.findall(r"^([a-z]+):", text_of("Makefile"), re.M)

    for each in re.findall(r"\bmake ([a-z]+)(?=[`\s])", "\n".join(code_of(name))):
        assert each in targets, f"{name} names make {each}"


def code_of(name: str) -> Iterator[str]:
    """What is set as code on a page."""
    for _, content in blocks(name):
        yield content
    yield from (f"{each}\n" for each in re.findall(r"`([^`\n]+)`", BLOCK.sub("", text_of(name))))


def test_the_two_readmes_have_the_same_parts():
    english, chinese = READMES

    assert len(HEADING.findall(text_of(english))) == len(HEADING.findall(text_of(chinese)))
    assert [info for info, _ in blocks(english)] == [info for info, _ in blocks(chinese)]
    assert [len(rows) for rows in tables(english)] == [len(rows) for rows in tables(chinese)]
    for left, right in zip(tables(english), tables(chinese), strict=True):
        assert len({len(row) for row in [*left, *right]}) == 1
    # Where there is a Chinese page beside the English one, the Chinese README may name it.
    assert linked(english) == [each.replace(".zh-CN.md", ".md") for each in linked(chinese)]


def linked(name: str) -> list[str]:
    """The files that a page links to, but for the other README."""
    found = re.findall(r"\]\((?!http)([^)#]+)\)", text_of(name))
    return [each for each in found if each not in READMES]


def test_no_page_names_a_place_of_this_machine():
    for name in (*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "requirements.lock", "Makefile"):
        found = re.search(r"(?<![\w.])/(?:work|root|home|Users)/|pypi|--index-url", text_of(name))

        assert found is None, f"{name}: {found}"


def test_the_lock_pins_what_the_project_needs():
    project = tomllib.loads(text_of("pyproject.toml"))
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for more in project["project"]["optional-dependencies"].values():
        needed += more
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", text_of("requirements.lock"), re.M))
    for each in map(Requirement, needed):
        version = pinned.get(canonicalize_name(each.name))

        assert version is not None, f"{each.name} is not locked; say make lock"
        assert each.specifier.contains(version), f"{each} is locked at {version}; say make lock"


RECIPES = """
import importlib, importlib.util, json, sys, types

catalogue = importlib.import_module("projections.catalogue")
for name, code in json.load(sys.stdin):
    if name.split(".")[0] == "tests" or importlib.util.find_spec(name) is not None:
        module = importlib.import_module(name)
    else:
        module = sys.modules[name] = types.ModuleType(name)
    exec(compile(code, name, "exec"), vars(module))
    if name == "projections.assessment":
        catalogue.ASSESSMENTS = module.Assessments()

import strawberry
from ledger.event import decode_event
from ledger.names import OfferingId
from schema import assessment
from schema.scalars import CONFIG
from tests.ledger import test_assessment

test_assessment.test_the_day_of_an_assessment_is_announced()
moved = decode_event("assessment.moved", 1, b'{"offering":"offering:a"}')
assert (moved.offering, moved.room) == (OfferingId("offering:a"), "")
view = catalogue.ASSESSMENTS
state = view.fold("offering:1", [])
assert view.decode(view.encode(state)) == state
assert "assessments(" in str(strawberry.Schema(query=assessment.AssessmentQuery, config=CONFIG))
"""


def test_the_recipes_work_as_they_stand():
    recipes = [
        (info.split()[1], content)
        for info, content in blocks("CONTRIBUTING.md")
        if info.startswith("python ")
    ]
    done = subprocess.run(
        [sys.executable, "-c", RECIPES],
        cwd=HOUSE,
        input=json.dumps(recipes),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert len(recipes) == 5
    assert done.returncode == 0, done.stderr


def test_the_amended_rule_comes_before_the_one_it_amends():
    toml = next(content for info, content in blocks("CONTRIBUTING.md") if info == "toml")
    adopt = AdoptRegulation(document=document.parse(toml, "ra25.toml"))
    first = date(2025, 1, 6)
    amended = given(RUIAN_ENTERED).when(adopt, on=first).accepted().events
    rules = Rulebook((*adoption(), *amended))

    def limit(place: str, day: date) -> str:
        found = rules.find(AbsenceLimit, JurisdictionId(place), day, mode="INTENSIVE")
        assert found is not None
        return found.rule.id

    assert limit(RUIAN, first) == "RA25-01"
    assert limit(RUIAN, first - timedelta(days=1)) == "ZJ14-09"
    assert limit("jurisdiction:330302", first) == "ZJ14-09"


def test_the_keys_of_a_draft_are_those_that_are_read() -> None:
    rows = next(each for each in tables("CONTRIBUTING.md") if each[0][0] == "key")
    shown = {key for row in rows[1:] for key in re.findall(r"`([a-z_.]+)`", row[0])}
    head = {f"document.{each}" for each in document._Head.__struct_fields__}

    assert shown == head | {f"rule.{each}" for each in document._Row.__struct_fields__}
