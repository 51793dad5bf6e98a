"""The contract: no client of the released schema breaks, but where it was told the day in time.

``schema/released.graphql`` is the schema of the last release, without its descriptions. A release
renews it; before the first one, so does a change that breaks on purpose and stands in CHANGELOG.md:
``python -m tests.schema.test_released``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    Node,
    Visitor,
    build_schema,
    find_breaking_changes,
    parse,
    print_ast,
    print_schema,
    visit,
)

import schema.root
from schema.root import build
from tests.javascript import told

PRINTED = Path(schema.root.__file__).with_name("schema.graphql")
RELEASED = PRINTED.with_name("released.graphql")
NAMED = re.compile(r"\w+\.\w+")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Bare(Visitor):
    """Leaves descriptions out."""

    def enter(self, node: Node, *_: Any) -> Any:
        """The node without its description."""
        if getattr(node, "description", None) is None:
            return None
        return replace(node, description=None)  # type: ignore[call-arg]


def bare(sdl: str) -> str:
    """A schema without its descriptions."""
    return print_ast(visit(parse(sdl, no_location=True), Bare())) + "\n"


def due(found: GraphQLSchema, name: str, today: date) -> bool:
    """Whether what ``Type.member`` names was deprecated with a day that has passed."""
    kind, _, member = name.partition(".")
    owner: Any = found.type_map.get(kind)
    members = getattr(owner, "fields", None) or getattr(owner, "values", None) or {}
    reason = getattr(members.get(member), "deprecation_reason", None) or ""
    day = DAY.search(reason)
    return day is not None and date.fromisoformat(day[0]) <= today


def broken(before: GraphQLSchema, now: GraphQLSchema, today: date) -> list[str]:
    """What breaks clients of a schema, but for what was due to go."""
    changes = find_breaking_changes(before, now)
    named = [(each.description, NAMED.search(each.description)) for each in changes]
    return [said for said, name in named if not (name and due(before, name[0], today))]


def test_no_change_breaks_a_client_of_the_released_schema() -> None:
    found = broken(build_schema(RELEASED.read_text()), build()._schema, date.today())

    assert found == [], (
        "deprecate it with a day first; a break on purpose goes into CHANGELOG.md, and "
        "python -m tests.schema.test_released renews the released schema"
    )


@pytest.mark.parametrize(
    ("before", "now", "breaks"),
    [
        ("a: Int b: Int", "a: Int", True),
        ('a: Int b: Int @deprecated(reason: "Use a. Until 2024-03-01.")', "a: Int", False),
        ('a: Int b: Int @deprecated(reason: "Use a. Until 2024-03-03.")', "a: Int", True),
        ('a: Int b: Int @deprecated(reason: "Use a.")', "a: Int", True),
        ("a: Int!", "a: Int", True),
        ("a: Int", "a(x: Int!): Int", True),
        ("a: Int", "a(x: Int): Int! b: Int", False),
    ],
)
def test_what_goes_was_deprecated_with_a_day_that_has_passed(
    before: str, now: str, breaks: bool
) -> None:
    schemas = [build_schema(f"type Query {{ {each} }}") for each in (before, now)]

    assert bool(broken(schemas[0], schemas[1], date(2024, 3, 2))) is breaks


def test_every_deprecation_says_until_which_day() -> None:
    reasons = re.findall(r"@deprecated(?:\(reason: (\"[^\n]*\"))?", print_schema(build()._schema))

    assert [each for each in reasons if not DAY.search(each)] == []


def test_the_schema_keeps_the_rules_of_graphql_eslint() -> None:
    lines = PRINTED.read_text().splitlines()
    said = told("lint.mjs", str(PRINTED))
    found = [(each["ruleId"], lines[each["line"] - 1].strip().rstrip("!")) for each in said]

    assert found == []


if __name__ == "__main__":
    RELEASED.write_text(bare(print_schema(build()._schema)))
