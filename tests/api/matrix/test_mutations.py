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
from ledger.names import Name
from schema.access import COMMANDS
from schema.mutation import MUTATIONS
from tests.matrix import (
    ALL,
    CANARY,
    STAGE,
    YUEQING,
    Stages,
    answers,
    asked,
    moved,
    over_http,
    strange,
)
from tests.server import field_of
from tests.town import SOURCE, Move, story
from tests.walk import Question

REFUSED = "__typename ... on Refused { refusals { kind code zh en field rule clause evidence } }"
TOLD = f"{REFUSED} ... on Recorded {{ events {{ type }} }} ... on Rehearsed {{ events {{ type }} }}"
MOVES = [move for move in story()[1:] if type(move.command) in MUTATIONS]


def question(move: Move, request: str, *, rehearse: bool, reported: bool = False) -> Question:
    """A step as a mutation."""
    name = type(move.command).__name__
    document = (
        f"mutation($input: {name}Input!, $request: String!, $dry: Boolean!, $reported: Report) "
        f"{{ answer: {field_of(type(move.command))}(input: $input, requestId: $request, "
        f"rehearse: $dry, reported: $reported) {{ {TOLD} }} }}"
    )
    said = {"source": SOURCE, "on": move.day.isoformat()} if reported else None
    given = {"input": _plain(move.command), "request": request, "dry": rehearse, "reported": said}
    return Question(field_of(type(move.command)), document, given)


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
    return " ".join([*sorted(named), *(["330382"] if "330382" in text else []), *ids])


def _refusals(answer: Any) -> list[Any]:
    return list((answer.get("data") or {}).get("answer", {}).get("refusals", ()))


def existence(each: Question, now: Any) -> bool:
    """Whether an answer may tell that there is such a name, and tells no more."""
    argument = each.variables["request"].rpartition("-")[2]
    taken = sorts(now) == ["Refused", "ALREADY_REGISTERED"]  # a name is used once
    public = {"school", "provider", "offering"}  # a register that everybody reads
    return taken or argument in public or (each.field, argument) in NAMEABLE


@pytest.mark.parametrize("name", STAGE)
def test_a_stranger_among_what_is_ones_own_is_as_one_that_is_not_there(
    stages: Stages, name: str
) -> None:
    questions = list(mixed(ALL[name][0]))
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
