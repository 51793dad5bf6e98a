"""Over a whole story, generated queries are answered as by the reference, byte for byte."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import graphql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries
from hypothesis_graphql.nodes import String
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.edge.view import ENCODER
from ledger.command import Asker, Role
from ledger.names import JurisdictionId, LedgerId, SchoolId, TeacherId
from ledger.store.access_log import Wanted
from ledger.store.feed import Filter
from projections.glance import Glances
from schema.allowance import allowance_of
from schema.context import Context, House
from schema.entry import spliced, told_of
from schema.gate import spent
from schema.history import EntryType, shown
from schema.ready import READINESS
from schema.root import build
from tests.cast import LIN, RUIAN, SCHOOL
from tests.server import serving
from tests.told import SEALED, told_template
from tests.town import database, founded_template

__all__ = ["founded_template", "told_template"]

COMPILED = build()
REFERENCE = copy.copy(COMPILED)
REFERENCE.execution_context_class = StrawberryGraphQLCoreExecutionContext
INCIDENT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
ASKERS = {
    role: Asker(actor="staff:tester", role=role, scope=scope)
    for role, scope in (
        (Role.OPERATOR, LedgerId("ledger:xuefen")),
        (Role.BUREAU, JurisdictionId(RUIAN)),
        (Role.SCHOOL, SchoolId(SCHOOL)),
        (Role.TEACHER, TeacherId(LIN)),
        (Role.PUBLIC, LedgerId("ledger:public")),
    )
}
SCALARS = {
    "Position": st.integers(0, 400).map(lambda each: graphql.IntValueNode(value=str(each))),
    "Decimal": st.sampled_from(["1", "17.5", "x"]).map(String),
    "Date": st.sampled_from(["2024-03-19", "2024-06-30", "2023-12-31"]).map(String),
    "DateTime": st.sampled_from(["2024-03-19T09:00:00+08:00"]).map(String),
    "Text": st.sampled_from(["", "教学", "lin"]).map(String),
    "JSON": st.just(String("x")),
}
# Which are dear to answer, or answered by the time; one of each is asked elsewhere.
LEFT = {"__schema", "__type", "uploads", "upload", "load", "loadProgress", "jurisdictions"}


@dataclass
class Story:
    """A house over the story, and the names in it."""

    house: House
    names: list[str]

    def named(self, document: graphql.DocumentNode) -> str:
        """The text of a generated document, with names of the story in the place of any string."""
        names = self.names

        class Naming(graphql.Visitor):
            """Puts a name in the place of a string that is empty or no name."""

            def enter_string_value(self, node: Any, *_: Any) -> Any:
                if node.value in ("", "2024-03-19") or node.value[:4].isdigit():
                    return None
                return String(names[crc32(node.value.encode()) % len(names)])

        return graphql.print_ast(graphql.visit(document, Naming()))

    def answer(self, schema: Any, document: str, asker: Asker, **variables: Any) -> str:
        """The whole answer as JSON, in the order of its keys."""

        async def execute() -> Any:
            context = Context(house=self.house, asker=asker)
            return await schema.execute(document, variable_values=variables, context_value=context)

        result = asyncio.run(execute())
        errors = [each.formatted for each in result.errors or []]
        said = json.dumps({"data": result.data, "errors": errors}, ensure_ascii=False)
        return INCIDENT.sub("incident", said)

    def ready(self, document: str, asker: Asker, variables: dict[str, Any]) -> str:
        """The answer on the way past what was found out before, as it is written.

        The loop reads itself there, as a server's does, where the reference reads on threads.
        """
        house = copy.copy(self.house)
        house.glances = Glances(house.reader, house.ledger.url)

        async def execute() -> Any:
            assert house.glances is not None
            async with house.glances.opened():
                return await carried_out()

        async def carried_out() -> Any:
            context = Context(house=house, asker=asker)
            schema = COMPILED._schema
            found = READINESS.find(schema, document, None, allowance_of(context))
            values = None if found is None else found.variables(variables)
            if found is None or values is None:
                return None
            return await found.carry_out(context, values, variables, spent)

        carried = asyncio.run(execute())
        if carried is None:
            return self.answer(COMPILED, document, asker, **variables)
        data = json.loads(ENCODER.encode(carried.data))
        errors = [each.formatted for each in carried.errors]
        said = json.dumps({"data": data, "errors": errors}, ensure_ascii=False)
        return INCIDENT.sub("incident", said)

    def agree(self, document: str, asker: Asker, **variables: Any) -> str:
        """The answer of both; the compiled one is asked until it is compiled."""
        expected = self.answer(REFERENCE, document, asker, **variables)
        for _ in range(2):
            assert self.answer(COMPILED, document, asker, **variables) == expected
            assert self.ready(document, asker, variables) == expected
        return expected


@pytest.fixture(scope="module")
def story(
    postgres_url: str, told_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """A house over the whole story; nothing is written."""
    folder: Path = tmp_path_factory.mktemp("story")
    with (
        database(postgres_url, told_template) as url,
        serving(url, folder, wait_seconds=0.05) as served,
    ):
        names = {tag for each in served.house.ledger.feed.entries(Filter()) for tag in each.tags}
        yield Story(served.house, sorted(each for each in names if not each.startswith("by:")))


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(data=st.data(), role=st.sampled_from(list(ASKERS)))
def test_a_generated_query_is_answered_as_by_the_reference(story, data, role):
    fields = sorted(COMPILED._schema.query_type.fields.keys() - LEFT)
    some = [data.draw(st.sampled_from(fields))]
    document = data.draw(
        queries(
            COMPILED._schema,
            fields=some,
            custom_scalars=SCALARS,
            print_ast=story.named,
            allow_x00=False,
            allow_null=False,
        )
    )

    story.agree(document, ASKERS[role])


def whole(kind: Any, depth: int) -> str:
    """A selection of all that needs no argument, so many levels deep."""
    named = graphql.get_named_type(kind)
    if graphql.is_leaf_type(named):
        return ""
    if not isinstance(named, graphql.GraphQLObjectType):
        return " { __typename }"
    chosen = ["__typename"]
    for name, each in named.fields.items():
        leaf = graphql.is_leaf_type(graphql.get_named_type(each.type))
        if (depth or leaf) and not any(map(graphql.is_required_argument, each.args.values())):
            chosen.append(name + whole(each.type, depth - 1))
    return f" {{ {' '.join(chosen)} }}"


GIVEN = {
    "teacher": f'"{LIN}"',
    "place": f'"{RUIAN}"',
    "school": f'"{SCHOOL}"',
    "year": "2024",
    "of": f'"{RUIAN}"',
}
ROOTS = {
    name: each
    for name, each in COMPILED._schema.query_type.fields.items()  # type: ignore[union-attr]
    if name not in LEFT
    and all(
        not graphql.is_required_argument(argument) or key in GIVEN
        for key, argument in each.args.items()
    )
}


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SCHOOL])
def test_every_field_four_levels_deep_is_answered_as_by_the_reference(story, name, role):
    field = ROOTS[name]
    needed = [key for key, each in field.args.items() if graphql.is_required_argument(each)]
    given_ = f"({', '.join(f'{key}: {GIVEN[key]}' for key in needed)})" if needed else ""

    story.agree(f"{{ {name}{given_}{whole(field.type, 4)} }}", ASKERS[role])


@pytest.mark.parametrize("name", ["teachers", "history", "enrollments", "offerings", "findings"])
def test_lists_of_the_story_have_rows(story, name):
    said = json.loads(story.agree(f"{{ {name} {{ edges {{ cursor }} }} }}", ASKERS[Role.OPERATOR]))

    assert said["data"][name]["edges"]


@pytest.mark.parametrize(
    "asked",
    [
        f'creditRecord(teacher: "{LIN}") {{ teacher verdict {{ __typename @include(if: $x) }} }}',
        'creditRecord(teacher: "teacher:nobody") { teacher @skip(if: $x) }',
        "teachers(first: 0) { edges { cursor @include(if: $x) } }",
    ],
)
def test_a_condition_that_is_null_is_told_where_the_reference_tells_it(story, asked):
    story.agree(f"query($x: Boolean = true) {{ {asked} }}", ASKERS[Role.OPERATOR], x=None)


def test_who_reads_their_own_person_is_logged_once_for_each_reading(story):
    asker = Asker(actor=SEALED, role=Role.TEACHER, scope=TeacherId(SEALED))
    document = f'{{ teacher(id: "{SEALED}") {{ id person {{ name }} stays {{ school }} }} }}'
    log = story.house.ledger.access_log
    before = log.count(Wanted())

    said = [story.answer(COMPILED, document, asker) for _ in range(4)]

    assert log.count(Wanted()) == before + 4
    assert len(set(said)) == 1
    assert "林老师" in said[0]


def test_names_of_many_are_read_at_once_and_masked(story):
    document = "{ teachers { edges { node { id person { name phone } } } totalCount } }"
    said = story.agree(document, ASKERS[Role.OPERATOR])

    people = [each["node"]["person"] for each in json.loads(said)["data"]["teachers"]["edges"]]
    assert {"name": "林**", "phone": "*********00"} in people


def test_entries_read_from_their_bodies_are_told_as_entries_are(story):
    context = Context(house=story.house, asker=ASKERS[Role.OPERATOR])
    feed = story.house.reader.feed
    found, head = feed.telling(Filter(), 10_000)
    entries = list(feed.entries(Filter()))
    names = [each for each in EntryType.__annotations__ if each not in ("data", "event")]

    assert (len(found), head) == (len(entries), entries[-1].position)
    for kept, entry in zip(found, entries, strict=True):
        told, given = told_of(*kept), shown(context, entry)
        assert [getattr(told, name) for name in names] == [getattr(given, name) for name in names]
        assert told.event == entry.event
        assert {ENCODER.encode(each) for each in (spliced(told), told.data, given.data)} == {
            bytes(told.stored) if told.present else ENCODER.encode(given.data)
        }


@pytest.mark.parametrize("latest", [True, False])
@pytest.mark.parametrize(
    "wanted",
    [
        Filter(tags=(LIN,)), Filter(any_tags=(RUIAN,)), Filter(any_tags=()),
        Filter(any_tags=(RUIAN, SCHOOL)), Filter(tags=(LIN,), any_tags=(RUIAN,)),
        Filter(types=("credit.awarded",)), Filter(types=("credit.awarded",), any_tags=(RUIAN, LIN)),
        Filter(types=("credit.awarded",), tags=(LIN,)), Filter(after=20, before=90),
        Filter(tags=(LIN, SCHOOL)), Filter(channel="API"), Filter(actor="staff:nobody"),
    ],
    ids=str,
)  # fmt: skip
def test_entries_as_they_are_stored_are_those_of_the_page(story, wanted, latest):
    feed = story.house.reader.feed
    for limit in (1, 7, 500):
        kept, head = feed.telling(wanted, limit, latest_first=latest)
        page = feed.page(wanted, limit, latest_first=latest)
        assert [at for at, _, _ in kept] == [each.position for each in page]
        assert head == feed.head()
