"""Error codes: every code that is written in the program is listed, and no other."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import schema.root
from ledger.command import Refused, code_of
from schema.error_code import ErrorKind, _read, error_codes
from schema.words import bilingual

ROOT = Path(schema.root.__file__).parent.parent
CODE = re.compile(r"[A-Z][A-Z0-9_]{2,}[A-Z0-9]")
# What makes an answer with a code: a fault of any kind, or an objection to a row or a cell.
MAKERS = {
    "BadRequest", "CellFault", "Denied", "Fault", "Objection", "Trouble", "Unfit", "_coded",
    "_objection",
    "_said", "_too_many", "_unknown", "both", "failure", "refuse", "unfit",
}  # fmt: skip
# What is said on a terminal or by the check of a ledger, and by no answer.
APART = re.compile(
    r"api/(cli|command_|demo/|door\.py|report_file|scale_|serve|settings|simulate|terminal)"
    r"|projections/check_"
)
FAULTS = {each.code: each for each in error_codes() if each.kind is ErrorKind.FAULT}
REFUSALS = {each.code: each for each in error_codes() if each.kind is ErrorKind.REFUSAL}


def written() -> dict[str, str]:
    """The codes of faults that stand in the program, each with a place where it does."""
    found = {}
    for room in ("ledger", "projections", "schema", "api"):
        for file in sorted((ROOT / room).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if APART.match(path):
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                for text in _codes(node, path):
                    found[text] = f"{path}:{getattr(node, 'lineno', 0)}"
    return found


def _codes(node: ast.AST, path: str) -> Iterator[str]:
    said: list[ast.AST] = []
    name = ""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        # Trouble stops a program; only that of a connection reaches somebody who asks.
        if name in MAKERS and (name != "Trouble" or path == "ledger/store/connection.py"):
            said = [*node.args, *(each.value for each in node.keywords if each.arg == "code")]
    elif isinstance(node, ast.Dict) and path.startswith(("schema/", "api/")):
        pairs = zip(node.keys, node.values, strict=True)
        said = [v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "code"]
    elif isinstance(node, ast.Assign) and path.startswith(("schema/", "api/")):
        said = [node.value] if any(_is_code(each) for each in node.targets) else []
    for each in said:
        for leaf in ast.walk(each):
            text = leaf.value if isinstance(leaf, ast.Constant) else None
            if isinstance(text, str) and CODE.fullmatch(text):
                # ``_unknown("TERM")`` makes ``UNKNOWN_TERM``.
                yield f"UNKNOWN_{text}" if name == "_unknown" else text


def _is_code(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "code"


def test_every_code_of_a_fault_is_listed_with_its_meaning():
    found = written()

    assert len(found) > 100
    missing = {code: found[code] for code in sorted(found.keys() - FAULTS.keys())}
    assert missing == {}, "say what these mean, in both languages, in schema/codes/faults.toml"


def test_no_listed_fault_is_unknown_to_the_program():
    text = "\n".join(
        file.read_text("utf-8")
        for room in ("ledger", "projections", "schema", "api")
        for file in sorted((ROOT / room).rglob("*.py"))
    )

    assert [
        code
        for code in FAULTS
        if f'"{code}"' not in text
        and f'_unknown("{code[8:]}"' not in text
        and f'_unknown(name, "{code[8:]}"' not in text
    ] == []


def test_every_refusal_is_listed_with_its_meaning():
    def classes(of: type[Refused]) -> Iterator[type[Refused]]:
        for each in of.__subclasses__():
            yield each
            yield from classes(each)

    of_the_ledger = {code_of(e) for e in classes(Refused) if e.__module__.startswith("ledger.")}
    assert set(REFUSALS) == of_the_ledger
    assert set(_read("refusals.toml")) == of_the_ledger
    assert len(REFUSALS) > 100


def test_every_meaning_is_in_both_languages():
    for each in error_codes():
        assert bilingual(f"{each.en} {each.zh}"), each
        assert bilingual(each.en) is False and each.en, each
        assert any("一" <= sign <= "鿿" for sign in each.zh), each


def test_a_code_is_listed_once_of_each_kind():
    listed = Counter((each.code, each.kind) for each in error_codes())

    assert {one for one, times in listed.items() if times > 1} == set()


def test_the_codes_can_be_asked_for():
    answer = schema.root.build()._schema.query_type.fields["errorCodes"]

    assert str(answer.type) == "[ErrorCode!]!"
    assert bilingual(answer.description)
