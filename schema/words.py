"""Words: the descriptions of the schema, in Chinese and in English, put where they are missing.

What a type is says its docstring, what a field is mostly its name; so each is described once, in
``words/``, a file for each part of the schema, and not at every place where it stands.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from graphql import GraphQLEnumType, GraphQLSchema

from ledger.adoption import AdoptRegulation
from schema.access import roles_of
from schema.mutation import MUTATIONS

ROOTS = {"Mutation": "What may be asked of the ledger.", "Subscription": "What may be followed."}


def _read() -> dict[str, dict[str, str]]:
    """The words of all files, by table. Raises ``TypeError`` for a word that stands twice."""
    words: dict[str, dict[str, str]] = {"types": {}, "values": {}, "fields": {}, "rows": {}}
    files = resources.files("schema").joinpath("words").iterdir()
    for file in sorted(files, key=lambda each: each.name):
        for table, said in tomllib.loads(file.read_text("utf-8")).items():
            twice = sorted(words[table].keys() & said.keys())
            if twice:
                raise TypeError(f"{file.name}: described elsewhere already: {', '.join(twice)}")
            words[table] |= said
    return words


WORDS = _read()


def _asked_by() -> dict[str, str]:
    """Who may ask each mutation; an integrator may report any, and the operator may do both."""
    names = {command: [bulk] if bulk else [] for command, bulk in MUTATIONS.items()}
    names[AdoptRegulation] = []
    said = {}
    for command, bulk in names.items():
        roles = ", ".join(role.value for role in roles_of(command))
        for name in (command.__name__[0].lower() + command.__name__[1:], *bulk):
            said[name] = f"Asked by {roles}. 由 {roles} 提交。"
    return said


ASKED_BY = _asked_by()


def describe(schema: GraphQLSchema) -> None:
    """Completes the descriptions of types, fields, arguments and enum values."""
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        stem = name.removesuffix("Input")
        said = kind.description or ROOTS.get(name)
        kind.description = _both(said, WORDS["types"].get(name, WORDS["types"].get(stem)))
        if isinstance(kind, GraphQLEnumType):
            for value, member in kind.values.items():
                member.description = _said("values", name, value, member.description)
        for field, each in getattr(kind, "fields", {}).items():
            command = WORDS["types"].get(field[0].upper() + field[1:])
            if name == "Mutation" and command is not None:
                each.description = _both(each.description, command)
            each.description = _said("fields", name, field, each.description)
            if name == "Mutation" and field in ASKED_BY:
                each.description = f"{each.description} {ASKED_BY[field]}"
            for argument, one in getattr(each, "args", {}).items():
                one.description = _said("fields", field, argument, one.description)


def bilingual(text: str | None) -> bool:
    """Whether a description is in both languages."""
    return (
        text is not None
        and any("一" <= each <= "鿿" for each in text)
        and any(each.isascii() and each.isalpha() for each in text)
    )


def halves(text: str) -> tuple[str, str]:
    """The Chinese and the English of a text in both, without their stops."""
    at = next((n for n, each in enumerate(text) if "一" <= each <= "鿿"), len(text))
    # Chinese may begin with a number or a letter; the English before it ends with a stop.
    at = text.rfind(". ", 0, at) + 2 if ". " in text[:at] else at
    return text[at:].strip(" 。"), text[:at].strip(" .")


def _both(english: str | None, chinese: str | None) -> str | None:
    if chinese is None or english is None or bilingual(english):
        return english
    return f"{' '.join(english.split())} {chinese}。"


def _said(table: str, owner: str, name: str, said: Any) -> Any:
    if bilingual(said):
        return said
    words = WORDS[table]
    return words.get(f"{owner}.{name}", words.get(name, said))
