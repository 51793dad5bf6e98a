"""Mutations: whoever names strangers is refused, and is told nothing that was not said before them.

Each step of the story is asked for by each party as if the strangers were theirs; then with one
stranger among what is theirs. Neither the answer's code nor its sentences nor its evidence may
tell whether there is such a teacher, project or webhook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from api.door import _plain
from ledger.command import Command, Role
from ledger.finding import FindingMade
from ledger.names import JurisdictionId, Name
from ledger.store.feed import Filter
from schema.access import COMMANDS
from schema.mutation import MUTATIONS
from tests.cast import RUIAN
from tests.matrix import (
    ALL,
    CANARY,
    NAMES,
    OWN,
    STAGE,
    YUEQING,
    Stages,
    answers,
    asked,
    moved,
    over_http,
    party,
    strange,
)
from tests.samples import Naming, nobody, options, sample
from tests.server import field_of
from tests.town import SOURCE, Move, story
from tests.walk import Question

REFUSED = "__typename ... on Refused { refusals { kind code zh en field rule clause evidence } }"
TOLD = f"{REFUSED} ... on Recorded {{ events {{ type }} }} ... on Rehearsed {{ events {{ type }} }}"
MOVES = [move for move in story()[1:] if type(move.command) in MUTATIONS]
UNTOLD = [kind for kind in MUTATIONS if kind not in {type(move.command) for move in MOVES}]
"""The commands that are no step of the story."""


def question(move: Move, request: str, *, rehearse: bool, reported: bool = False) -> Question:
    """A step as a mutation."""
    document = document_of(type(move.command))
    said = {"source": SOURCE, "on": move.day.isoformat()} if reported else None
    given = {"input": _plain(move.command), "request": request, "dry": rehearse, "reported": said}
    return Question(field_of(type(move.command)), document, given)


def document_of(kind: type[Command]) -> str:
    """The mutation of a command."""
    return (
        f"mutation($input: {kind.__name__}Input!, $request: String!, $dry: Boolean!, "
        f"$reported: Report) {{ answer: {field_of(kind)}(input: $input, requestId: $request, "
        f"rehearse: $dry, reported: $reported) {{ {TOLD} }} }}"
    )


def whole(role: Role) -> list[Question]:
    """The story of strangers, as somebody of a role asks for it, or reports it."""
    reported = role is Role.INTEGRATOR
    return [
        question(strange(move), f"whole-{number}", rehearse=False, reported=reported)
        for number, move in enumerate(MOVES)
    ]


def mixed(role: Role) -> Iterator[Question]:
    """The party's own story, with one name after the other replaced by a stranger's."""
    reported = role is Role.INTEGRATOR
    for number, move in enumerate(MOVES):
        kind = type(move.command)
        if kind not in COMMANDS.get(role, ()) and not reported:
            continue
        for name, command in _replaced(move.command):
            told = replace(move, command=command)
            yield question(told, f"mixed-{number}-{name}", rehearse=True, reported=reported)


def sampled(stages: Stages, role: Role) -> Iterator[Question]:
    """The commands that the story does not tell, on what the county has, with one stranger each."""
    reported = role is Role.INTEGRATOR
    strangers = NAMES | {"token": stages.things.token, "finding": finding(stages, YUEQING)}
    own = county(stages)
    for kind in UNTOLD:
        if kind not in COMMANDS.get(role, ()) and not reported:
            continue
        given = sample(kind, own)
        for name, told in _strangers(given, given | options(kind, own), strangers):
            yield _asked(kind, told, f"sampled-{kind.__name__}-{name}", reported=reported)


def county(stages: Stages) -> Naming:
    """A name of the county, where it has one of the kind."""
    own = OWN | {"finding": finding(stages, RUIAN)}
    return lambda kind, field: own.get(kind.kind or "staff") or nobody(kind, field)


def finding(stages: Stages, place: JurisdictionId) -> str:
    """The first finding of a place."""
    wanted = Filter(types=(FindingMade.NAME,), tags=(str(place),))
    return f"finding:{next(iter(stages.served[1].house.ledger.feed.entries(wanted))).id}"


def _strangers(
    base: dict[str, Any], every: dict[str, Any], names: dict[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The input with one name after the other replaced, each with the name of its argument."""
    for name, value in every.items():
        for inner, other in _otherwise(name, value, names):
            yield inner, base | {name: other}


def _otherwise(name: str, value: Any, names: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """A value with one of the names in it replaced, once for each of them."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from ((inner, value | {key: e}) for inner, e in _otherwise(key, each, names))
    elif isinstance(value, list):
        yield from ((inner, [e, *value[1:]]) for inner, e in _otherwise(name, value[0], names))
    elif isinstance(value, str):
        other = names.get(value.partition(":")[0])
        yield from () if other in (None, value) else ((name, other),)


def _asked(kind: type[Command], given: Any, request: str, *, reported: bool) -> Question:
    said = {"source": SOURCE, "on": "2024-04-09"} if reported else None
    variables = {"input": given, "request": request, "dry": True, "reported": said}
    return Question(field_of(kind), document_of(kind), variables)


def _replaced(command: Command) -> Iterator[tuple[str, Command]]:
    for each in fields(command):
        value = getattr(command, each.name) if each.init else None
        names = isinstance(value, tuple) and any(isinstance(one, Name) for one in value)
        if isinstance(value, Name) or names:
            other = moved(value, CANARY, YUEQING)
            if other != value:
                yield each.name, replace(command, **{each.name: other})


def changed(stages: Stages, name: str, questions: list[Question]) -> list[str]:
    """Where a party hears otherwise than before the strangers came."""
    before, after = (answers(questions, over_http(each)) for each in stages.pair(name))
    return [
        f"{each.field} {each.variables['request']} {found}"
        for (each, then), (_, now) in zip(before, after, strict=True)
        for found in stages.leaks(name, then, now)
    ]


@pytest.mark.parametrize("name", STAGE)
def test_who_asks_for_what_is_strangers_is_refused_as_if_they_were_not_there(
    stages: Stages, name: str
) -> None:
    assert changed(stages, name, whole(ALL[name][0])) == []


# Of whom a command's own rules say that anybody who may ask it may name anybody.
NAMEABLE = {
    ("awardCredit", "teacher"): "a class takes in teachers of any place, and awards what they earn",
    ("transferTeacher", "teacher"): "the bureau of the new school takes in a teacher of any place",
    ("respondToOrder", "order"): "an order is an invitation to every provider",
    ("recordTrainerConsent", "trainer"): "a trainer is of no place, and agrees with any provider",
}

PUBLIC = {"school", "provider", "providers", "offering", "offerings", "parallel"}
"""What names an entry of a register that everybody reads, with its place."""


def sorts(answer: Any) -> Any:
    """How a command was answered: its type, and the codes of its refusals."""
    told = (answer.get("data") or {}).get("answer", {})
    return [told.get("__typename"), *(each["code"] for each in told.get("refusals", ()))]


def said(stages: Stages, each: Question, now: Any) -> str:
    """What is told of strangers beyond the name that was given, and beyond what is public."""
    text = json.dumps(now, ensure_ascii=False)
    given = json.dumps(each.variables["input"])
    named = {name for name in re.findall(rf"[a-z]+:{CANARY}[\w-]*", text) if name not in given}
    find = stages.served[0].house.ledger.feed.find
    ids = [e for one in _refusals(now) for e in one["evidence"] if find(e) is None]
    place = ["330382"] if "330382" in text and argument(each) not in PUBLIC else []
    return " ".join([*sorted(named), *place, *ids])


def _refusals(answer: Any) -> list[Any]:
    return list((answer.get("data") or {}).get("answer", {}).get("refusals", ()))


def existence(each: Question, now: Any) -> bool:
    """Whether an answer may tell that there is such a name, and tells no more."""
    taken = sorts(now) == ["Refused", "ALREADY_REGISTERED"]  # a name is used once
    return taken or argument(each) in PUBLIC or (each.field, argument(each)) in NAMEABLE


def argument(each: Question) -> str:
    """What the stranger was named as."""
    return str(each.variables["request"].rpartition("-")[2])


def test_what_the_story_does_not_tell_is_asked_in_full(stages: Stages) -> None:
    """A sample that is refused as malformed would compare nothing."""
    operator, own = party(stages.served[0], "operator"), county(stages)
    questions = [
        _asked(kind, sample(kind, own) | more, f"formed-{kind.__name__}", reported=False)
        for kind in UNTOLD
        for more in ({}, options(kind, own))
    ]
    said = {each.field: sorts(now) for each, now in answers(questions, over_http(operator))}

    assert {field_of(kind) for kind in UNTOLD} == {*said}
    assert [field for field, found in said.items() if found[0] is None] == []


@pytest.mark.parametrize("name", STAGE)
def test_a_stranger_among_what_is_ones_own_is_as_one_that_is_not_there(
    stages: Stages, name: str
) -> None:
    questions = [*mixed(ALL[name][0]), *sampled(stages, ALL[name][0])]
    before, after = (answers(questions, over_http(each)) for each in stages.pair(name))

    assert [
        f"{each.field} {each.variables['request']} {found}"
        for (each, then), (_, now) in zip(before, after, strict=True)
        for found in stages.leaks(name, then, now)
        if not existence(each, now)
    ] == []
    assert [
        f"{each.field} {each.variables['request']} {said(stages, each, now)}"
        for (each, then), (_, now) in zip(before, after, strict=True)
        if stages.leaks(name, then, now) and said(stages, each, now)
    ] == []


@pytest.mark.parametrize("name", STAGE)
def test_nothing_that_strangers_have_is_changed_by_others(stages: Stages, name: str) -> None:
    """Every mutation of the schema, with strangers wherever a name is asked for."""
    found = asked(stages.things.strangers, "mutation")
    commands = {field_of(each) for each in MUTATIONS} | {
        each for each in MUTATIONS.values() if each
    }
    first = {each.field: each for each in reversed(found) if each.field in commands}
    questions = [each for each in found if each.field not in commands] + [*first.values()]
    before, after = (answers(questions, over_http(each)) for each in stages.pair(name))

    assert [
        f"{each.field} {each.variables} {found}"
        for (each, then), (_, now) in zip(before, after, strict=True)
        for found in stages.leaks(name, then, now)
    ] == []
