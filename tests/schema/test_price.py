"""Price: what an answer came to is told by what it holds, and is never guessed too low."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from projections.kind import rule_kinds
from schema import cost, price
from schema.allowance import SIGNED
from schema.cost import SIZES, cost_of, price_of
from schema.error_code import error_codes
from schema.price import Cost, Longest
from schema.ready import Readiness, Ready
from schema.root import build

PAGE = "schools(first: 10) { position edges { cursor node { id title } } }"
CYCLE = "query($t: ID!) { creditRecord(teacher: $t) { credits lines { title credits } } }"


def edge(number: int) -> dict[str, Any]:
    """One row of a page."""
    return {"cursor": "c", "node": {"id": f"school:{number}", "title": "x"}}


def page(rows: int) -> dict[str, Any]:
    """A page with so many rows."""
    return {"position": 1, "edges": [edge(number) for number in range(rows)]}


def came_to(document: str, data: dict[str, Any] | None) -> int:
    """What an answer came to."""
    return price_of(build()._schema, parse(document), None, {}).came_to(data)


@pytest.mark.parametrize("rows", [0, 1, 9, 10])
def test_a_page_costs_its_rows_and_not_those_that_were_asked_for(rows: int) -> None:
    each = 1 + 1 + 2 + 3  # cursor, node, what is in it, and to read it

    assert came_to(f"{{ {PAGE} }}", {"schools": page(rows)}) == 5 + 1 + 1 + rows * each


def test_a_full_page_costs_what_was_reckoned() -> None:
    document = f"{{ a: {PAGE} b: {PAGE} head }}"
    most = cost_of(build()._schema, parse(document), None, {})

    assert most == Cost(came_to(document, {"a": page(10), "b": page(10), "head": 1}), 20)


@pytest.mark.parametrize(
    ("data", "points"),
    [
        ({"creditRecord": None}, 5),
        ({"creditRecord": {"credits": "1", "lines": []}}, 5 + 2),
        ({"creditRecord": {"credits": "1", "lines": [{"title": "x", "credits": "1"}] * 9}}, 25),
        (None, 5),
        ({"creditRecord": b"bytes"}, 5 + 2 + 5 * 2),
    ],
)
def test_what_is_not_there_costs_nothing_and_what_is_not_known_what_was_reckoned(
    data: dict[str, Any] | None, points: int
) -> None:
    assert came_to(CYCLE, data) == points


def test_an_object_of_several_types_costs_the_dearest_of_them() -> None:
    document = '{ node(id: "a") { ... on School { id title } ... on Teacher { id } } }'

    assert came_to(document, {"node": {"id": "teacher:a"}}) == 5 + 2


PAGE_OF = "query($n: Int%s) { schools(first: $n) { edges { node { id title } } } }"


@pytest.mark.parametrize("many", [7, 7.0])
def test_a_whole_number_costs_the_same_however_it_is_written(many: float) -> None:
    given = cost_of(build()._schema, parse(PAGE_OF % ""), None, {"n": many})

    assert given.nodes == 7
    assert given == cost_of(build()._schema, parse(PAGE_OF % " = 7"), None, {})


def test_a_query_has_the_price_of_what_was_given_with_it_whoever_asked_before() -> None:
    """A null that is given is none of the variable's default; 500.0 is 500."""
    schema, document = build()._schema, parse(PAGE_OF % " = 500")

    def ready() -> Ready:
        kept = Readiness()
        kept.keep(schema, "text", None, SIGNED, document)
        found = kept.find(schema, "text", None, SIGNED)
        assert found is not None
        return found

    shared = ready()
    for given in ({"n": None}, {}, {"n": 2.0}, {"n": 3}, {"n": None}, {}):
        assert shared.price(given).most == ready().price(given).most, given
    assert shared.price({}).most.nodes == 500
    assert shared.price({"n": None}).most.nodes < 500


@pytest.mark.parametrize("said", ["", "(first: null)", "(first: $n)"])
def test_a_list_within_a_page_has_the_rows_of_the_page_where_none_are_said(said: str) -> None:
    document = (
        "query($d: DraftInput!, $n: Int) { whatIf(draft: $d, first: 500) "
        "{ flips%s { edges { node { teacher } } } } }"
    )
    schema = build()._schema

    assert cost_of(schema, parse(document % said), None, {}) == cost_of(
        schema, parse(document % "(first: 500)"), None, {}
    )


def test_a_list_that_grew_is_reckoned_by_the_longest_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    longest = Longest()
    for each in (cost, price):
        monkeypatch.setattr(each, "LONGEST", longest)
    document, usual = "{ jurisdictions { id } }", SIZES["Query.jurisdictions"]
    first = cost_of(build()._schema, parse(document), None, {})
    met = came_to(document, {"jurisdictions": [{"id": "x"}] * (usual + 7)})
    then = cost_of(build()._schema, parse(document), None, {})

    assert (first.points, then.points) == (5 + usual, met) == (5 + usual, 5 + usual + 7)


def test_how_long_the_lists_of_others_are_is_not_learned() -> None:
    before = cost_of(build()._schema, parse(CYCLE), None, {"t": "x"})
    came_to(CYCLE, {"creditRecord": {"credits": "1", "lines": [{"title": "x"}] * 900}})

    assert cost_of(build()._schema, parse(CYCLE), None, {"t": "x"}) == before


def test_the_lists_of_the_program_itself_fit_what_is_reckoned() -> None:
    assert len(error_codes()) <= SIZES["Query.errorCodes"]
    assert len(rule_kinds()) <= SIZES["Query.ruleKinds"]
