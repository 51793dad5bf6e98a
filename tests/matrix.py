"""The matrix: every party, every question, and what may change because strangers came: nothing.

Three stages of one ledger are served side by side: a county alone; with strangers in the county
next door; and with strangers in the county itself. Each later one is a copy of the earlier, so
that ids and times of what is the party's own are the same to the letter. The questions are made
from the schema, and name the strangers wherever a name is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from graphql import GraphQLObjectType
from msgspec import Struct, structs

from api.stream.follower import Follower
from ledger.command import Role
from ledger.names import JurisdictionId, Name
from schema.root import build
from tests.cast import COUNTY_SCHOOL, HANGZHOU, LIN, RUIAN, SCHOOL, UNIVERSITY
from tests.server import Party, Served
from tests.town import Move
from tests.walk import Question, Strangers, differences, questions

CANARY, NEAR = "canary", "near"
"""The marks of strangers of the next county, and of the same one."""
YUEQING = JurisdictionId("jurisdiction:330382")
OVER = {"message": "caught up"}

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
    "county auditor": (Role.AUDITOR, RUIAN),
    "integrator": (Role.INTEGRATOR, RUIAN),
    "other city": (Role.BUREAU, HANGZHOU),
    "other province": (Role.AUDITOR, "jurisdiction:990000"),
}
WIDE = {"operator": (Role.OPERATOR, "ledger:xuefen")}
ALL: dict[str, tuple[Role, str]] = {**PARTIES, **PLACES, **WIDE}
STAGE = {**dict.fromkeys(PLACES, 1), **dict.fromkeys(PARTIES, 2)}
"""The stage at which all are strangers who came since the first."""

# What everybody may see of strangers, with the reason why.
OPEN = {
    "schools": "a public register",
    "providers": "a public register",
    "offerings": "the public board of classes",
    "offering": "the public board of classes",
    "head": "where the ledger stands is no secret",
    "accessLog": "it holds what the party itself has just read; looked at by itself",
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
OWN = {kind: name.replace(f"{CANARY}-", "") for kind, name in NAMES.items()}
OWN |= {"jurisdiction": str(RUIAN), "token": "token:own"}
"""What the county has itself, by kind."""
PUBLIC_NAMES = {NAMES[kind] for kind in ("school", "provider", "offering", "jurisdiction")}
WRITTEN = ("reason", "description", "note", "proposal", "aims", "explanation")
"""What people write in a command."""

Answers = list[tuple[Question, Any]]


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


def strange(move: Move, mark: str = CANARY, place: JurisdictionId = YUEQING) -> Move:
    """A step of the story, told of strangers; what people wrote in it is theirs as well."""
    command = move.command
    given = {each.name: getattr(command, each.name) for each in fields(command) if each.init}
    told = {name: moved(value, mark, place) for name, value in given.items()}
    for name in WRITTEN:
        if told.get(name):
            told[name] = f"{mark} {told[name]}"
    return replace(move, command=replace(command, **told))


@dataclass
class Things:
    """What strangers made that is no event: a file, a dry run, a webhook and the like, by its id.

    ``secret``: the address to which the bytes of another file are sent, once.
    """

    event: str
    upload: str
    plan: str
    trial: str
    webhook: str
    token: str
    receipt: int
    secret: str

    @property
    def names(self) -> dict[str, str]:
        """Names of strangers by what an argument calls them."""
        return NAMES | {"upload": self.upload, "webhook": self.webhook}

    @property
    def strangers(self) -> Strangers:
        """Whom the questions name."""
        return Strangers(self.names, (self.event, self.plan, self.trial, self.token))


@dataclass
class Stages:
    """The three servers, and what strangers of the next county have."""

    served: tuple[Served, Served, Served]
    things: Things

    def pair(self, name: str) -> tuple[Party, Party]:
        """A party before strangers came, and after."""
        return party(self.served[0], name), party(self.served[STAGE[name]], name)

    def heads(self, name: str) -> tuple[int, int]:
        """Where the ledger stands before and after."""
        return self.served[0].head, self.served[STAGE[name]].head

    def leaks(self, name: str, before: Any, after: Any) -> list[str]:
        """Where two answers to a party differ, other than by where the ledger stands."""
        return differences(before, after, self.heads(name))


def asked(strangers: Strangers, root: str = "query") -> list[Question]:
    """All questions of a root type, each once."""
    schema = build()._schema
    kind = getattr(schema, f"{root}_type")
    assert isinstance(kind, GraphQLObjectType)
    found = questions(schema, kind, strangers)
    return list({(each.document, json.dumps(each.variables)): each for each in found}.values())


def answers(asked: list[Question], ask: Callable[[str, dict[str, Any]], Any]) -> Answers:
    """What each question is answered with."""
    return [(each, ask(each.document, each.variables)) for each in asked]


def party(served: Served, name: str) -> Party:
    """One of the parties at a server."""
    role, scope = ALL[name]
    return served.party(role, str(scope))


def over_http(asker: Party) -> Callable[[str, dict[str, Any]], Any]:
    """A way to ask, as the client hears it."""
    return lambda document, variables: asker.post(document, **variables).json()


def heard_of_strangers(stages: Stages, name: str, asked: list[Question]) -> list[str]:
    """What a party is told otherwise since strangers came, that not everybody may know."""
    before, after = (answers(asked, over_http(each)) for each in stages.pair(name))
    role = ALL[name][0]
    allowed = {*OPEN, *(INVITED if role is Role.PROVIDER else ())}
    invited = {"id": NAMES["order"]} if role is Role.PROVIDER else None
    return [
        f"{question.field} {json.dumps(question.variables)} {found}"
        for (question, then), (_, now) in zip(before, after, strict=True)
        for found in stages.leaks(name, then, now)
        if question.field not in allowed
        and question.variables != invited
        and not _public(question, then, now)
    ]


def _public(question: Question, before: Any, after: Any) -> bool:
    """Whether all that changed is that the name of a public register is known, and empty."""
    named = {each for each in question.variables.values() if isinstance(each, str)} & PUBLIC_NAMES
    if question.field == "node":
        return bool(named)
    return bool(named and before.get("errors")) and not filled(after.get("data"))


def filled(data: Any) -> bool:
    """Whether there is anything in an answer but nulls, empty lists, noughts and the position."""
    if isinstance(data, dict):
        plain = {"__typename", "position", "hasNextPage", "hasPreviousPage"}
        return any(filled(value) for name, value in data.items() if name not in plain)
    return any(map(filled, data)) if isinstance(data, list) else bool(data)


def shared(name: str) -> set[str]:
    """The exports of what everybody sees, and of what providers are invited to."""
    role = ALL[name][0]
    return {*OPEN, "providers", "schools", *(INVITED if role is Role.PROVIDER else ())}


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
