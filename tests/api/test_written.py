"""Entries written from what is stored are those that the reference tells, byte for byte."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import parse
from msgspec import Raw

from api.edge.view import ENCODER
from ledger.command import Role
from schema.allowance import allowance_of
from schema.compiled.rendering import ROW_BYTES, Rendered
from schema.context import Context
from schema.cost import price_of
from schema.entry import WRITING, day_of, instant_of, spliced, told_of
from schema.gate import spent
from schema.ready import READINESS
from schema.root import build
from tests.api.test_compiled import ASKERS, COMPILED, Story, story
from tests.told import told_template
from tests.town import founded_template

__all__ = ["founded_template", "story", "told_template"]

RECORDED = Path(__file__).parent.parent / "recorded"
WHOLE = """query Whole($first: Int!, $last: Boolean!, $brief: Boolean!) {
  history(first: $first, latestFirst: $last) {
    edges { cursor node { position id type at on actor channel cause request source place tags
      data @skip(if: $brief) } }
    pageInfo { hasNextPage startCursor endCursor } position
  }
}"""
ASKED = [
    "{ history(first: 500) { edges { node { data id } cursor } } }",
    "{ history { edges { a: cursor b: cursor __typename node { t: tags __typename x: at at } } } }",
    "{ history(first: 3) { edges { node { ...part } node { place } } } } "
    "fragment part on Entry { on ... on Entry { type type } }",
    '{ a: history(first: 7) { edges { node { id } } } b: history(first: 9, after: "Nw") '
    "{ edges { node { id data } } pageInfo { hasPreviousPage } } }",
    "{ history(first: 0) { edges { cursor node { id } } } }",
    "{ history(first: 9) { edges { node { id description leafHash } } } }",
    "{ history(first: 9) { edges { node { id event { __typename } } } } }",
    "{ history(first: 9) { edges { node { id body } } } }",
]


def carried(story: Story, document: str, role: Role, **variables: Any) -> Any:
    """The data of a query that is ready, before it is encoded."""

    async def execute() -> Any:
        context = Context(house=story.house, asker=ASKERS[role])
        ready = READINESS.find(COMPILED._schema, document, None, allowance_of(context))
        assert ready is not None
        values = ready.variables(variables)
        assert values is not None
        return await ready.carry_out(context, values, variables, spent)

    return asyncio.run(execute()).data


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.BUREAU, Role.SCHOOL, Role.TEACHER])
@pytest.mark.parametrize("document", ASKED)
def test_whatever_is_selected_of_entries_is_told_as_by_the_reference(story, document, role):
    said = story.agree(document, ASKERS[role])

    assert not json.loads(said)["errors"]


@pytest.mark.parametrize("brief", [True, False])
@pytest.mark.parametrize("last", [True, False])
def test_every_field_that_is_stored_is_told_as_by_the_reference(story, last, brief):
    given = {"first": 500, "last": last, "brief": brief}
    for role in (Role.OPERATOR, Role.BUREAU, Role.PUBLIC):
        story.agree(WHOLE, ASKERS[role], **given)

    edges = carried(story, WHOLE, Role.OPERATOR, **given)["history"]["edges"]
    assert len(edges) == min(500, story.house.ledger.feed.head())
    assert all(isinstance(each, Raw) for each in edges)


def test_what_was_written_of_an_entry_is_found_by_whoever_may_see_it_and_by_nobody_else(story):
    document = "{ history(first: 500) { edges { node { seen: tags data } } } }"
    whole = json.loads(story.agree(document, ASKERS[Role.OPERATOR]))
    made = len(story.house.entries)
    schools = json.loads(story.agree(document, ASKERS[Role.SCHOOL]))
    story.agree(document, ASKERS[Role.TEACHER])

    every, own = (each["data"]["history"]["edges"] for each in (whole, schools))
    assert 0 < len(own) < len(every)
    assert all(each in every for each in own)
    assert len(story.house.entries) == made


def test_a_page_of_which_some_was_written_before_is_told_in_its_order(story):
    document = "query Some($b: Position!) { history(first: 40, filter: {before: $b}, "
    document += "latestFirst: true) { edges { cursor node { position at } } } }"

    for before in (30, 60, 45, 61):
        story.agree(document, ASKERS[Role.OPERATOR], b=before)


def test_where_nothing_is_kept_entries_are_written_anew(story, monkeypatch):
    monkeypatch.setattr(story.house, "entries", Rendered(most=0))

    story.agree(WHOLE, ASKERS[Role.OPERATOR], first=60, last=True, brief=False)
    assert len(story.house.entries) == 0


def test_what_was_written_costs_what_was_read(story):
    given = {"first": 50, "last": False, "brief": False}
    story.agree(WHOLE, ASKERS[Role.OPERATOR], **given)
    data = carried(story, WHOLE, Role.OPERATOR, **given)
    price = price_of(build()._schema, parse(WHOLE), None, given)

    assert price.came_to(data) == price.came_to(json.loads(ENCODER.encode(data)))


def test_what_was_asked_for_last_is_held_longest_and_no_more_than_so_much():
    rendered = Rendered(most=8 * (ROW_BYTES + 10))
    rows = {number: Raw(b"0123456789") for number in range(40)}

    for number, row in rows.items():
        rendered.keep(str, {number: row})
        assert len(rendered) <= 8
        assert rendered.find(str, [0]) == [rows[0]]  # asked for again and again, it stays
        assert rendered.find(repr, [number]) == [None]
    assert rendered.find(str, [39, 5, 0, 39]) == [rows[39], None, rows[0], rows[39]]

    rendered.keep(str, {50: Raw(bytes(4 * (ROW_BYTES + 10)))})
    assert rendered.find(str, [50, 39]) == [None, rows[39]]


@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.json")), ids=lambda each: each.stem)
def test_an_entry_of_any_version_is_written_as_it_is_told(file):
    body = file.read_bytes().strip()
    kept = (7, body, "teacher:a\x1fschool:b")
    told, row = told_of(*kept), WRITING.read(body)

    assert bytes(WRITING.pieces["data"](row, kept)) == ENCODER.encode(spliced(told))
    assert bytes(row.on).decode() == f'"{day_of(told)}"'
    assert [bytes(getattr(row, name)) for name in ("id", "actor", "request", "place")] == [
        ENCODER.encode(each) for each in (told.id, told.actor, told.request, told.place)
    ]


@pytest.mark.parametrize(
    "at",
    ["2024-03-19T01:00:02.998940Z", "2024-03-19T01:00:02.000000Z", "2024-03-19T01:00:02.100000Z",
     "2024-03-19T01:00:02Z", "2024-03-19T01:00:02.5Z"],
)  # fmt: skip
@pytest.mark.parametrize("tags", ["", "teacher:a", 'teacher:"\x1fschool:学\\'])
def test_instants_and_tags_are_written_as_they_are_told(at, tags):
    entry = {
        "id": "a", "at": at, "on": "2024-03-19", "actor": "a", "channel": "API", "type": "no.such",
        "v": 1, "data": {},
    }  # fmt: skip
    kept = (7, msgspec.json.encode(entry), tags)
    told, row = told_of(*kept), WRITING.read(kept[1])

    assert WRITING.pieces["at"](row, kept) == ENCODER.encode(instant_of(told))
    assert WRITING.pieces["tags"](row, kept) == ENCODER.encode(told.tags)
    assert bytes(row.place) == b"null"


def test_cursors_are_written_as_they_are_told(story):
    given = {"first": 120, "last": True, "brief": True}
    story.agree(WHOLE, ASKERS[Role.OPERATOR], **given)
    data = carried(story, WHOLE, Role.OPERATOR, **given)
    page = json.loads(ENCODER.encode(data))["history"]

    assert page["edges"][0]["cursor"] == page["pageInfo"]["startCursor"]
    assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
