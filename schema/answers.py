"""Answers of mutations: what was recorded, or why it was refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated

import strawberry
from msgspec import structs

from ledger.fault import Fault
from ledger.store.answer import Answer, Outcome, Refusal, Written, refused
from schema.outputs import output
from schema.scalars import Position, Text

# The fields of a regulation are named as its text spells them.
AS_WRITTEN = ("BAD_DOCUMENT", "BAD_RULE")
WrittenEvent = output(Written, name="WrittenEvent")
RefusalReason = output(Refusal, name="Refusal")


@strawberry.type(description="The command was carried out. 已记入账本。")
class Recorded:
    """The command was carried out."""

    position: Position = strawberry.field(description="The last position. 最后一个事件的位置。")
    events: list[WrittenEvent] = strawberry.field(  # type: ignore[valid-type]  # made at run time
        description="What was appended. 写入的事件。"
    )
    replayed: bool = strawberry.field(
        description="The request id was answered before; nothing new was written. 重复请求。"
    )


@strawberry.type(description="The command was not carried out; nothing was written. 未予执行。")
class Refused:
    """The command was not carried out."""

    refusals: list[RefusalReason] = strawberry.field(  # type: ignore[valid-type]  # as above
        description="Every reason, with its clause. 全部理由及条款。"
    )


@strawberry.type(description="An event that would follow. 将会写入的事件。")
class RehearsedEvent:
    """An event that would follow."""

    type: Text
    description: str = strawberry.field(description="What such an event says. 事件含义。")
    on: date = strawberry.field(description="The day when it would be true. 发生日。")
    data: strawberry.scalars.JSON | None = strawberry.field(
        description="What it would say; null where the asker could not read it. 事件内容。"
    )


@strawberry.type(description="The command would be carried out; nothing was written. 试算可行。")
class Rehearsed:
    """The command would be carried out."""

    position: Position = strawberry.field(description="It was decided after this. 试算时的位置。")
    events: list[RehearsedEvent] = strawberry.field(description="What would follow. 将写入的事件。")


CommandAnswer = Annotated[
    Recorded | Rehearsed | Refused,
    strawberry.union("CommandAnswer", description="What became of a command. 命令的结果。"),
]


@strawberry.type(description="What became of many commands, one row each. 批量结果。")
class BulkAnswer:
    """What became of many commands."""

    position: Position = strawberry.field(description="The head after the batch. 批后的位置。")
    replayed: bool = strawberry.field(description="Answered before. 重复请求。")
    recorded: int = strawberry.field(description="How many were carried out. 执行数。")
    rehearsed: int = strawberry.field(description="How many would be carried out. 试算可行数。")
    refused: int = strawberry.field(description="How many were refused. 拒绝数。")
    rows: list[CommandAnswer] = strawberry.field(description="In the order asked. 按提交顺序。")


def answer_of(outcome: Outcome, *, replayed: bool) -> Recorded | Refused:
    """The GraphQL answer to one command."""
    if outcome.refusals:
        return refused_for(outcome.refusals)
    last = outcome.written[-1].position if outcome.written else 0
    return Recorded(position=Position(last), events=list(outcome.written), replayed=replayed)


def refused_for(refusals: Iterable[Refusal]) -> Refused:
    """The refusals with their fields as GraphQL spells them."""
    return Refused(
        refusals=[
            each if each.code in AS_WRITTEN else structs.replace(each, field=spelt(each.field))
            for each in refusals
        ]
    )


def bulk_of(answer: Answer) -> BulkAnswer:
    """The GraphQL answer to many commands."""
    rows: list[Recorded | Rehearsed | Refused] = [
        answer_of(each, replayed=answer.replayed) for each in answer.outcomes
    ]
    done = sum(each.accepted for each in answer.outcomes)
    return BulkAnswer(
        position=Position(answer.position),
        replayed=answer.replayed,
        recorded=done,
        rehearsed=0,
        refused=len(rows) - done,
        rows=rows,
    )


def interleaved(answer: Answer, broken: Mapping[int, Fault], count: int) -> Answer:
    """An answer with the rows between that were malformed and were not asked."""
    if not broken:
        return answer
    outcomes = iter(answer.outcomes)
    rows = [refused(broken[n]) if n in broken else next(outcomes) for n in range(count)]
    return Answer(position=answer.position, outcomes=tuple(rows), replayed=answer.replayed)


def spelt(field: str | None) -> str | None:
    """A field as it is spelt in GraphQL: ``id_number`` is ``idNumber``, in a path as well."""
    return field and re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), field)
