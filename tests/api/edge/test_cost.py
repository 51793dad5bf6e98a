"""The cost that is told before a request is carried out holds, for every list of the public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from schema import cost, price, ready
from schema.cost import HOW_MANY
from schema.price import Longest
from schema.root import build
from tests.exported import told
from tests.server import Served
from tests.told import told_template
from tests.town import founded_template

__all__ = ["founded_template", "told", "told_template"]

GIVEN = {"document": '"document:zj24"', "id": '"document:zj24"', "teacher": '"teacher:lin"'}
DEEPEST = 6
# Every rule, and of each of them nothing but who it is, is more than the public may ask for twice.
ALIASES = 2


def is_list(kind: Any) -> bool:
    """Whether a field has many."""
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def called(name: str, field: Any) -> str | None:
    """A field with what it needs; ``None`` where it needs what nobody has."""
    needed = [key for key, each in field.args.items() if is_required_argument(each)]
    if any(key not in GIVEN for key in needed):
        return None
    pages = {key: "2" for key in field.args if key in HOW_MANY}
    given = {key: GIVEN[key] for key in needed} | pages
    inner = ", ".join(f"{key}: {value}" for key, value in given.items())
    return f"{name}({inner})" if inner else name


def leaf(kind: Any) -> str:
    """A leaf of an object."""
    plain = (n for n, f in kind.fields.items() if is_leaf_type(get_named_type(f.type)))
    return next((each for each in plain if called(each, kind.fields[each])), "__typename")


def lists(
    kind: Any, way: tuple[str, ...] = (), seen: frozenset[str] = frozenset()
) -> Iterator[Any]:
    """The shortest documents that lead to lists without a number of their own, by field."""
    if len(way) > DEEPEST or kind.name in seen:
        return
    for name, field in kind.fields.items():
        inner, said = get_named_type(field.type), called(name, field)
        if not isinstance(inner, GraphQLObjectType) or said is None:
            continue
        further = (*way, said)
        if is_list(field.type) and not {*HOW_MANY} & {*field.args}:
            text = " { ".join((*further, leaf(inner))) + " }" * len(further)
            yield f"{kind.name}.{name}", text
        yield from lists(inner, further, seen | {kind.name})


def found() -> dict[str, str]:
    """Of each such list the shortest document."""
    shortest: dict[str, str] = {}
    for where, text in lists(build()._schema.query_type):
        if where not in shortest or len(text) < len(shortest[where]):
            shortest[where] = text
    return shortest


LISTS = found()


@pytest.mark.parametrize("where", sorted(LISTS))
def test_no_list_comes_to_more_than_was_told(
    told: Served, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Longest()  # was met before
    for each in (cost, price, ready):
        monkeypatch.setattr(each, "LONGEST", nothing)
    text = " ".join(f"a{n}: {LISTS[where]}" for n in range(ALIASES))
    answer = told.public.post("{" + text + "}").json()
    said = answer["extensions"]["cost"] if "extensions" in answer else {}

    if "actualQueryCost" in said:
        assert said["actualQueryCost"] <= said["requestedQueryCost"]
    else:
        assert {each["extensions"]["code"] for each in answer["errors"]} <= {"QUERY_TOO_LARGE"}
