"""The walk itself: it hears of strangers where they may be heard of, and finds who forgets reach.

Else nobody could tell a question that keeps to its reach from one that answers nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLObjectType

from api.auth import PUBLIC
from ledger.command import Role
from projections.catalogue import TEACHERS
from projections.reader import Where
from schema.access import Denied
from schema.context import Context
from schema.errors import CodedErrors
from schema.root import Query
from schema.scalars import CONFIG
from tests.matrix import CANARY, YUEQING, Stages, answers, asked, filled, over_http, party
from tests.server import Party, Served
from tests.town import OPERATOR
from tests.walk import differences, questions

Info = strawberry.Info[Context, None]
LAW, SUMS = "what holds for everybody", "sums and differences, in which nobody is named"
LINKS = "of an event or finding that leads nowhere yet"
SILENT = {
    **dict.fromkeys(("regulations", "regulationPage", "rules", "ruleKinds", "terms"), LAW),
    **dict.fromkeys(("jurisdictions", "head", "errorCodes"), LAW),
    **dict.fromkeys(("findingCounts", "indicators", "obligations", "compareLevels"), SUMS),
    **dict.fromkeys(("creditDifference", "whatIf", "evidence"), SUMS),
    **dict.fromkeys(("causes", "consequences", "effects", "finding"), LINKS),
    **dict.fromkeys(("whyNotCompleted", "whyNotCounted"), LINKS),
    "loadProgress": "a number while a dry run is being made, and then nothing",
}
"""Questions whose answers need not name a stranger even to who may see them, and why."""


@strawberry.type
class Careless(Query):
    """Queries as somebody might add them who does not think of reach."""

    @strawberry.field(description="Rows without reach.")
    async def careless_rows(self, info: Info) -> list[str]:
        page = info.context.house.reader.page(TEACHERS, Where(), first=500)
        return [key for key, _ in page.rows]

    @strawberry.field(description="A count without reach.")
    async def careless_count(self, info: Info, school: strawberry.ID | None = None) -> int:
        return info.context.house.reader.count(TEACHERS, Where())

    @strawberry.field(description="Whether there is more, beyond reach.")
    async def careless_page(self, info: Info) -> bool:
        return info.context.house.reader.page(TEACHERS, Where(), first=3).more

    @strawberry.field(description="A refusal that tells whether there is such a teacher.")
    async def careless_refusal(self, info: Info, teacher: strawberry.ID) -> bool:
        where = Where().and_equal(key=str(teacher))
        if info.context.house.reader.page(TEACHERS, where, first=1).rows:
            raise Denied("FORBIDDEN", zh="不在范围内", en="this is not yours")
        return False

    @strawberry.field(description="An event found by its id, without reach.")
    async def careless_event(self, info: Info, id: strawberry.ID) -> bool:
        return info.context.house.ledger.feed.find(str(id)) is not None

    @strawberry.field(description="A webhook found by its id, without reach.")
    async def careless_webhook(self, info: Info, webhook: strawberry.ID) -> bool:
        return bool(info.context.house.ledger.webhooks.mine(OPERATOR, webhook=str(webhook)))


CARELESS = {
    "carelessRows", "carelessCount", "carelessPage", "carelessRefusal", "carelessEvent",
    "carelessWebhook",
}  # fmt: skip
MUTANT = strawberry.Schema(query=Careless, config=CONFIG, extensions=[CodedErrors])


def mutant(served: Served) -> Callable[[str, dict[str, Any]], Any]:
    """A way to ask the careless queries, as the public."""

    def ask(document: str, variables: dict[str, Any]) -> Any:
        context = Context(house=served.house, asker=PUBLIC)
        made = asyncio.run(MUTANT.execute(document, variables, context_value=context))
        return {"data": made.data, "errors": [each.formatted for each in made.errors or ()]}

    return ask


def test_a_query_that_forgets_reach_is_found_however_little_it_says(stages: Stages) -> None:
    schema = MUTANT._schema
    assert isinstance(schema.query_type, GraphQLObjectType)
    found = questions(schema, schema.query_type, stages.things.strangers)
    careless = [each for each in found if each.field in CARELESS]
    first, *later = (answers(careless, mutant(each)) for each in stages.served)

    for number, answered in enumerate(later, 1):
        heads = (stages.served[0].head, stages.served[number].head)
        told = {
            question.field
            for (question, before), (_, after) in zip(first, answered, strict=True)
            if differences(before, after, heads)
        }
        assert told == CARELESS


def officer(served: Served) -> Party:
    """The officer of the next county who made what strangers have there."""
    return served.party(Role.BUREAU, str(YUEQING), actor=f"staff:{CANARY}-officer")


def test_the_walk_hears_of_strangers_where_they_may_be_heard_of(stages: Stages) -> None:
    served, questions = stages.served[1], asked(stages.things.strangers)
    said = [
        each
        for asker in (party(served, "operator"), officer(served))
        for each in answers(questions, over_http(asker))
    ]
    ids = {*stages.things.names.values(), *stages.things.strangers.events}
    named = {each for each in ids if not each.startswith(("term:", "document:"))}
    heard = {
        question.field
        for question, answer in said
        if filled(answer.get("data"))
        and any(each in json.dumps([question.variables, answer["data"]]) for each in named)
    }

    assert {question.field for question, _ in said} - heard <= {*SILENT}
