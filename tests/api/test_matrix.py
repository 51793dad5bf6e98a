"""The matrix: every question, for every role, before and after strangers came; nothing may change.

First the term of one county is told, and every question is asked. Then the same term is told of the
county next door, under other names, and every question is asked again. Whoever has no reach there
hears the same to the letter: rows, counts, cursors, errors. Then a second school, provider and
teachers of the first county follow, and whoever has no reach over *them* hears the same again. The
questions are made from the schema, and name the strangers wherever a name is asked for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType
from msgspec import Struct, structs

from api.auth import PUBLIC
from api.edge.policy import Policy
from api.stream.follower import Follower
from ledger.command import Role
from ledger.names import JurisdictionId, Name
from ledger.store.ledger import Ledger
from projections.catalogue import TEACHERS
from projections.reader import Where
from schema.access import Denied
from schema.context import Context
from schema.errors import CodedErrors
from schema.export_document import EXPORTS
from schema.root import Query, build
from schema.scalars import CONFIG
from tests.cast import (
    COUNTY_SCHOOL,
    HANGZHOU,
    LIN,
    RUIAN,
    SCHOOL,
    UNIVERSITY,
)
from tests.exported import NEEDED
from tests.server import Party, Served, serving
from tests.town import KEY, Hand, Move, database, story, tell
from tests.walk import Question, Strangers, differences, questions

CANARY = "canary"
YUEQING = JurisdictionId("jurisdiction:330382")
OVER = {"message": "caught up"}
# What is left to spend differs from one answer to the next.
UNBOUND = Policy(
    requests_per_minute=0,
    public_requests_per_minute=0,
    cost_per_minute=0,
    public_cost_per_minute=0,
)
ELSEWHERE = "01890000-0000-7000-8000-00000000abcd"
"""An id that no event has."""

# Whose reach is about themselves; neighbours of the same county are strangers to them, too.
PARTIES = {
    "public": (Role.PUBLIC, ""),
    "teacher": (Role.TEACHER, LIN),
    "school": (Role.SCHOOL, SCHOOL),
    "provider": (Role.PROVIDER, COUNTY_SCHOOL),
    "other provider": (Role.PROVIDER, UNIVERSITY),
}
# Whose reach is a place.
PLACES = {
    "county bureau": (Role.BUREAU, RUIAN),
    "integrator": (Role.INTEGRATOR, RUIAN),
    "other city": (Role.BUREAU, HANGZHOU),
    "other province": (Role.AUDITOR, "jurisdiction:990000"),
}
WIDE = {"operator": (Role.OPERATOR, "ledger:xuefen")}
ALL: dict[str, tuple[Role, str]] = {**PARTIES, **PLACES, **WIDE}
STREAMLESS = {"public", "other city", "other province"}
LAW, SUMS = "what holds for everybody", "sums and differences, in which nobody is named"
OWN, LINKS = "what the asker itself has made", "of an event or finding that leads nowhere yet"
SILENT = {
    **dict.fromkeys(("regulations", "regulationPage", "rules", "ruleKinds", "terms"), LAW),
    **dict.fromkeys(("jurisdictions", "head", "errorCodes"), LAW),
    **dict.fromkeys(("findingCounts", "indicators", "obligations", "compareLevels"), SUMS),
    **dict.fromkeys(("creditDifference", "whatIf", "evidence"), SUMS),
    **dict.fromkeys(("upload", "uploads", "load", "loadProgress", "reconciliationTrial"), OWN),
    **dict.fromkeys(("webhook", "webhooks", "webhookDeliveries", "unfinishedLoads"), OWN),
    **dict.fromkeys(("causes", "consequences", "effects", "finding", "serviceTokens"), LINKS),
    **dict.fromkeys(("whyNotCompleted", "whyNotCounted"), LINKS),
}
"""Questions whose answers need not name a stranger even to the operator, and why."""

# What everybody may see of strangers, with the reason why.
OPEN = {
    "schools": "a public register",
    "providers": "a public register",
    "offerings": "the public board of classes",
    "offering": "the public board of classes",
    "head": "where the ledger stands is no secret",
    "accessLog": "it holds what the party itself has just read; looked at by itself below",
}
# What providers may see: an order is an invitation to all of them, and so is a trainer's consent.
INVITED = {"orders", "order", "trainers", "trainer"}
NAMES = {
    "jurisdiction": str(YUEQING),
    "school": f"school:{CANARY}-anyang-primary",
    "provider": f"provider:{CANARY}-ruian-training-school",
    "teacher": f"teacher:{CANARY}-lin",
    "staff": f"staff:{CANARY}-trainer-gao",
    "order": f"order:{CANARY}-r1",
    "project": f"project:{CANARY}-p1",
    "offering": f"offering:{CANARY}-o1",
    "change": f"change:{CANARY}-c1",
    "credit": f"credit:{CANARY}-lin-school",
    "sample": f"sample:{CANARY}-s1",
    "petition": f"petition:{CANARY}-p1",
    "anomaly": f"anomaly:{CANARY}-a2",
    "reconciliation": f"reconciliation:{CANARY}-2024-05",
    "signoff": f"signoff:{CANARY}-ruian-2023-1",
    "load": f"load:{CANARY}-l1",
    "term": "term:2024H1",
    "document": "document:zj24",
}

PUBLIC_NAMES = {NAMES[kind] for kind in ("school", "provider", "offering", "jurisdiction")}
NARROWED: tuple[dict[str, Any], ...] = (
    {"place": NAMES["jurisdiction"]},
    {"teacher": NAMES["teacher"]},
    {"offering": NAMES["offering"]},
)
NEAR = "near"
"""The mark of strangers of the same county."""

Answers = list[tuple[Question, Any]]
Info = strawberry.Info[Context, None]


def moved(value: Any, mark: str, place: JurisdictionId) -> Any:
    """The same story in a place, under other names and with other words."""
    if isinstance(value, JurisdictionId):
        return place if value == RUIAN else value
    if isinstance(value, Name):
        return value if value.kind == "term" else type(value)(f"{value.kind}:{mark}-{value.value}")
    if isinstance(value, Struct):
        told = {name: moved(getattr(value, name), mark, place) for name in value.__struct_fields__}
        return structs.replace(value, **told)
    if isinstance(value, tuple):
        return tuple(moved(each, mark, place) for each in value)
    return value


def strange(move: Move, mark: str, place: JurisdictionId) -> Move:
    """A step of the story, told of strangers; what people wrote in it is theirs as well."""
    command = move.command
    given = {each.name: getattr(command, each.name) for each in fields(command) if each.init}
    told = {name: moved(value, mark, place) for name, value in given.items()}
    for name in ("reason", "description", "note", "proposal", "aims", "explanation"):
        if told.get(name):
            told[name] = f"{mark} {told[name]}"
    return replace(move, command=replace(command, **told))


def asked(event: str) -> list[Question]:
    """All questions, about an event."""
    schema = build()._schema
    assert isinstance(schema.query_type, GraphQLObjectType)
    return questions(schema, schema.query_type, Strangers(NAMES, (event,)))


def answers(
    asked: list[Question], ask: Callable[[str, dict[str, Any]], Any], event: str
) -> Answers:
    """What each question is answered with."""
    found = []
    for each in asked:
        answer = json.dumps(ask(each.document, each.variables), ensure_ascii=False)
        found.append((each, json.loads(answer.replace(event, ELSEWHERE))))
    return found


def exported(asker: Party) -> list[Any]:
    """The lines, or the refusal, of every export, as it is and narrowed to strangers."""
    found = []
    for what in EXPORTS:
        for filters in (NEEDED.get(what, {}), *NARROWED):
            body = {"what": what, "format": "jsonl", "filters": filters}
            answer = asker.served.client.post("/exports", json=body, headers=asker.headers)
            lines = [json.loads(line) for line in answer.text.splitlines()]
            found.append({"what": what, "filters": filters, "lines": lines})
    return found


def streamed(asker: Party) -> list[Any]:
    """What every subscription gives from the first position up to the head, without positions."""
    schema = build()._schema
    assert isinstance(schema.subscription_type, GraphQLObjectType)
    return [
        {"field": each.field, "said": _stream(asker, each)}
        for each in questions(schema, schema.subscription_type, Strangers(NAMES))
    ]


@contextmanager
def ending() -> Iterator[None]:
    """Lets a stream end where it has caught up, so that nobody waits for what never comes."""
    catch_up = Follower._catch_up

    async def ended(follower: Follower) -> None:
        await catch_up(follower)
        follower.stop()
        follower._failed([OVER])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Follower, "_catch_up", ended)
        yield


def _stream(asker: Party, question: Question) -> list[Any]:
    """The items of one subscription, up to where it has caught up or to its refusal."""
    body = {"query": question.document, "variables": question.variables}
    headers = asker.headers | {"accept": "text/event-stream"}
    said: list[Any] = []
    with asker.served.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        for line in response.iter_lines():
            told = line.removeprefix("data:").strip()
            if not line.startswith("data:") or not told:
                continue
            payload = json.loads(told)
            if payload.get("errors") == [OVER]:
                break
            if not payload.get("data"):
                said.append(payload)
                break
            items = payload["data"][question.field]
            said += [value for name in items for value in _listed(items[name])]
    return said


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@dataclass
class Told:
    """What every party heard, at which head, before and after strangers came."""

    served: Served
    heads: list[int] = field(default_factory=list)
    heard: list[dict[str, Answers]] = field(default_factory=list)
    files: list[dict[str, list[Any]]] = field(default_factory=list)
    streams: list[dict[str, list[Any]]] = field(default_factory=list)
    mutants: list[Answers] = field(default_factory=list)

    def listen(self, parties: tuple[str, ...], event: str = ELSEWHERE) -> None:
        """Lets parties ask everything once the views have caught up."""
        assert self.served.house.runner.wait_for(self.served.head, 30)
        askers = {name: party(self.served, name) for name in parties}
        self.heads.append(self.served.head)
        self.heard.append(
            {name: answers(asked(event), over_http(each), event) for name, each in askers.items()}
        )
        self.files.append({name: exported(each) for name, each in askers.items()})
        with ending():
            self.streams.append({name: streamed(each) for name, each in askers.items()})
        self.mutants.append(answers(mutant_questions(event), mutant(self.served), event))

    def leaks(self, name: str, then: int, now: int) -> list[str]:
        """Where a party heard of strangers."""
        heads, role = (self.heads[then], self.heads[now]), ALL[name][0]
        allowed = {*OPEN, *(INVITED if role is Role.PROVIDER else ())}
        invited = {"id": NAMES["order"]} if role is Role.PROVIDER else None
        return [
            f"{question.field} {json.dumps(question.variables)} {found}"
            for (question, before), (_, after) in zip(
                self.heard[then][name], self.heard[now][name], strict=True
            )
            for found in differences(before, after, heads)
            if question.field not in allowed
            and question.variables != invited
            and not _public(question, before, after)
        ]


def _public(question: Question, before: Any, after: Any) -> bool:
    """Whether all that changed is that the name of a public register is known, and empty."""
    named = {each for each in question.variables.values() if isinstance(each, str)} & PUBLIC_NAMES
    if question.field == "node":
        return bool(named)
    return bool(named and before.get("errors")) and not _filled(after.get("data"))


def _filled(data: Any) -> bool:
    """Whether there is anything in an answer but nulls, empty lists, noughts and the position."""
    if isinstance(data, dict):
        plain = {"__typename", "position", "hasNextPage", "hasPreviousPage"}
        return any(_filled(value) for name, value in data.items() if name not in plain)
    return any(map(_filled, data)) if isinstance(data, list) else bool(data)


def party(served: Served, name: str) -> Party:
    role, scope = ALL[name]
    return served.party(role, str(scope))


def over_http(asker: Party) -> Callable[[str, dict[str, Any]], Any]:
    """A way to ask, as the client hears it."""
    return lambda document, variables: asker.post(document, **variables).json()


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


CARELESS = {"carelessRows", "carelessCount", "carelessPage", "carelessRefusal", "carelessEvent"}
MUTANT = strawberry.Schema(query=Careless, config=CONFIG, extensions=[CodedErrors])


def mutant_questions(event: str = ELSEWHERE) -> list[Question]:
    """The questions that the walk makes of the careless queries."""
    schema = MUTANT._schema
    assert isinstance(schema.query_type, GraphQLObjectType)
    found = questions(schema, schema.query_type, Strangers(NAMES, (event,)))
    return [each for each in found if each.field in CARELESS]


def mutant(served: Served) -> Callable[[str, dict[str, Any]], Any]:
    """A way to ask them, as the public."""

    def ask(document: str, variables: dict[str, Any]) -> Any:
        context = Context(house=served.house, asker=PUBLIC)
        made = asyncio.run(MUTANT.execute(document, variables, context_value=context))
        return {"data": made.data, "errors": [each.formatted for each in made.errors or ()]}

    return ask


@pytest.fixture(scope="module")
def told(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """A server to which the term is told of one county, of the next one, and of neighbours."""
    moves = story()
    with database(postgres_url, founded_template) as url:
        with Ledger(url, KEY, Hand()) as ledger:
            tell(ledger, moves)
        folder = tmp_path_factory.mktemp("matrix")
        with serving(url, folder, wait_seconds=20, policy=UNBOUND) as served:
            served.clock.set(date(2024, 6, 1))
            found = Told(served)
            found.listen((*PLACES, *PARTIES))
            tell(served.house.ledger, [strange(each, CANARY, YUEQING) for each in moves[1:]])
            found.listen((*PLACES, *WIDE), of_strangers(served))
            tell(served.house.ledger, [strange(each, NEAR, RUIAN) for each in moves[1:]])
            found.listen((*PARTIES,), of_strangers(served))
            yield found


def of_strangers(served: Served) -> str:
    """The id of an event about a stranger."""
    tags = {"filter": {"tags": [NAMES["teacher"]]}}
    query = (
        "query($filter: EntryFilter) "
        "{ history(first: 1, filter: $filter) { edges { node { id } } } }"
    )
    return str(served.operator.ask(query, **tags)["history"]["edges"][0]["node"]["id"])


AFTER = {**dict.fromkeys(PLACES, 1), **dict.fromkeys(PARTIES, 2)}


@pytest.mark.parametrize("name", AFTER)
def test_nobody_hears_of_strangers(told: Told, name: str) -> None:
    assert told.leaks(name, 0, AFTER[name]) == []


@pytest.mark.parametrize("name", AFTER)
def test_no_export_changes_because_of_strangers(told: Told, name: str) -> None:
    now = AFTER[name]
    heads = (told.heads[0], told.heads[now])
    found = [
        f"{before['what']} {before['filters']} {each}"
        for before, after in zip(told.files[0][name], told.files[now][name], strict=True)
        for each in differences(before["lines"], after["lines"], heads)
        if before["what"] not in shared(name)
    ]

    assert found == []


@pytest.mark.parametrize("name", AFTER)
def test_no_subscription_gives_more_because_of_strangers(told: Told, name: str) -> None:
    assert told.streams[AFTER[name]][name] == told.streams[0][name]
    if name not in STREAMLESS:
        assert '"tags"' in json.dumps(told.streams[0][name])


def shared(name: str) -> set[str]:
    """The exports of what everybody sees, and of what providers are invited to."""
    role = ALL[name][0]
    return {*OPEN, "providers", "schools", *(INVITED if role is Role.PROVIDER else ())}


def test_the_walk_hears_of_strangers_where_they_may_be_heard_of(told: Told) -> None:
    """Else nobody could tell a question that keeps to its reach from one that answers nothing."""
    heard = {
        question.field
        for question, answer in told.heard[1]["operator"]
        if CANARY in json.dumps(answer.get("data"))
        or (CANARY in json.dumps(question.variables) and _filled(answer.get("data")))
    }
    fields = {question.field for question, _ in told.heard[1]["operator"]}

    assert fields - heard <= {*SILENT}


def test_a_query_that_forgets_reach_is_found_however_little_it_says(told: Told) -> None:
    for now in (1, 2):
        heads = (told.heads[0], told.heads[now])
        found = {
            question.field
            for (question, before), (_, after) in zip(
                told.mutants[0], told.mutants[now], strict=True
            )
            if differences(before, after, heads)
        }
        assert found == CARELESS


def test_of_what_strangers_read_nobody_hears(told: Told) -> None:
    """Somebody next door takes exports and looks people up; it is in nobody else's log."""
    neighbour = told.served.party(Role.BUREAU, str(YUEQING), actor="staff:canary-officer")
    reveal = 'mutation($t: ID!) { reveal(teacher: $t, purpose: "canary 核对名册") { name } }'
    neighbour.ask(reveal, t=NAMES["teacher"])
    body = {"what": "teachers", "format": "jsonl"}
    told.served.client.post("/exports", json=body, headers=neighbour.headers)
    query = "{ accessLog(first: 500) { totalCount edges { node { actor purpose } } } }"

    assert neighbour.ask(query)["accessLog"]["totalCount"] >= 2
    for name in AFTER:
        assert "canary-officer" not in json.dumps(party(told.served, name).ask(query)), name
