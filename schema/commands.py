"""Mutations: one for every command, and one for many of a kind where people decide in bulk.

Each takes a request id. The same id with the same content gives the same answer and writes nothing
anew; with another content it is refused. ``reported`` says that another system of record has it.
"""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import Future
from datetime import date
from typing import Any

import strawberry
from strawberry.tools import create_type

from ledger.command import Command
from ledger.document import AdoptRegulation, DraftFormat, parse
from ledger.fault import Fault
from ledger.store.answer import Answer, refused
from ledger.store.work import WITHHELD, Seal
from ledger.teacher import RegisterTeacher
from ledger.text import trimmed
from schema.access import may_ask
from schema.access_log import REVEAL
from schema.answers import BulkAnswer, CommandAnswer, answer_of, bulk_of
from schema.context import Context
from schema.inputs import ROWS_MAX, command_from, command_input
from schema.mutation import MUTATIONS
from schema.person import PersonInput, checked
from schema.scalars import Text, enum_type, listed

REQUEST_CHARACTERS_MAX = 200
enum_type(DraftFormat)


@strawberry.input(
    description="Another system of record says that it happened. 他系统已发生的事实。"
)
class Report:
    """Another system of record says that it happened."""

    source: Text = strawberry.field(description="The other system's reference. 来源与编号。")
    on: date = strawberry.field(description="The day when it happened. 发生日。")


async def submit(
    context: Context,
    command: type[Command],
    given: list[Any],
    request: str,
    report: Report | None,
    *,
    whole: bool = False,
) -> Answer:
    """Asks the ledger; what is malformed is answered as a fault in its row."""
    may_ask(context.asker, command, reported=report is not None)
    _check_request(request, len(given), report)
    # On a thread: thousands of rows take time to check, to seal and to digest.
    future, broken = await context.run(_asked, context, command, given, request, report, whole)
    return _interleaved(await asyncio.wrap_future(future), broken, len(given))


def _asked(
    context: Context,
    command: type[Command],
    given: list[Any],
    request: str,
    report: Report | None,
    whole: bool,
) -> tuple[Future[Answer], dict[int, Fault]]:
    """The answer to come, and the rows that are malformed and were not asked."""
    ledger = context.house.ledger
    broken: dict[int, Fault] = {}
    commands: list[Command] = []
    seals: dict[int, Seal] = {}
    for number, each in enumerate(given):
        try:
            made, seal = _command(context, command, each)
        except Fault as fault:
            broken[number] = fault
            continue
        if seal is not None:
            seals[len(commands)] = seal
        commands.append(made)
    if broken and (whole or not commands):
        rows = [refused(broken[n]) if n in broken else WITHHELD for n in range(len(given))]
        settled: Future[Answer] = Future()
        settled.set_result(Answer(position=ledger.feed.head(), outcomes=tuple(rows)))
        return settled, {}
    asked = ledger.submit(
        commands,
        context.asker,
        request=request,
        on=report.on if report else None,
        source=report.source if report else None,
        whole=whole,
        seals=seals,
    )
    return asked, broken


def _interleaved(answer: Answer, broken: dict[int, Fault], count: int) -> Answer:
    if not broken:
        return answer
    outcomes = iter(answer.outcomes)
    rows = [refused(broken[n]) if n in broken else next(outcomes) for n in range(count)]
    return Answer(position=answer.position, outcomes=tuple(rows), replayed=answer.replayed)


class BadRequest(Fault):
    """The request as a whole makes no sense; it is said once, not in every row."""


def _check_request(request: str, rows: int, report: Report | None = None) -> None:
    if not 1 <= len(request) <= REQUEST_CHARACTERS_MAX or not request.isprintable():
        raise BadRequest(
            "BAD_REQUEST_ID",
            zh=f"requestId 须为 1 至 {REQUEST_CHARACTERS_MAX} 个可见字符",
            en=f"requestId must have 1 to {REQUEST_CHARACTERS_MAX} printable characters",
            field="requestId",
        )
    if report is not None and not trimmed(report.source):
        raise BadRequest(
            "BAD_SOURCE",
            zh="上报的事实须写明来源与编号",
            en="a reported fact names its source and its reference there",
            field="reported.source",
        )
    if rows > ROWS_MAX:
        raise BadRequest(
            "TOO_MANY_ROWS",
            zh=f"共 {rows} 行，一次最多 {ROWS_MAX} 行",
            en=f"{rows} rows; at most {ROWS_MAX} at once",
            field="inputs",
        )


def _command(context: Context, command: type[Command], given: Any) -> tuple[Command, Seal | None]:
    person: PersonInput | None = getattr(given, "person", None)
    if command is not RegisterTeacher:
        return command_from(command, given), None
    if person is None:
        return command_from(command, given, sealed=()), None
    seal, digests = context.house.ledger.vault.seal(str(given.teacher), checked(person))
    return command_from(command, given, sealed=digests), seal


def _input_of(command: type[Command]) -> Any:
    if command is not RegisterTeacher:
        return command_input(command)
    person = strawberry.field(default=None, description="Goes to the vault. 存入保险库。")
    body = {"__annotations__": {"person": PersonInput | None}, "person": person}
    cls = type("RegisterTeacherInput", (command_input(command, ("sealed",)),), body)
    return strawberry.input(cls, description=inspect.getdoc(command))


def _single(command: type[Command]) -> Any:
    kind = _input_of(command)

    async def resolve(
        info: strawberry.Info[Context, None],
        input: Any,
        request_id: str,
        reported: Report | None = None,
    ) -> Any:
        try:
            answer = await submit(info.context, command, [input], request_id, reported)
        except BadRequest as fault:
            return answer_of(refused(fault), replayed=False)
        return answer_of(answer.outcomes[0], replayed=answer.replayed)

    resolve.__annotations__["input"] = kind
    resolve.__annotations__["return"] = CommandAnswer
    resolve.__name__ = _camel(command.__name__)
    return strawberry.mutation(
        resolver=resolve, name=_camel(command.__name__), description=_summary(command)
    )


def _bulk(command: type[Command], name: str) -> Any:
    kind = _input_of(command)

    async def resolve(
        info: strawberry.Info[Context, None],
        inputs: list[Any],
        request_id: str,
        whole: bool = False,
        reported: Report | None = None,
    ) -> BulkAnswer:
        return bulk_of(
            await submit(info.context, command, inputs, request_id, reported, whole=whole)
        )

    resolve.__annotations__["inputs"] = listed(kind)
    resolve.__name__ = name
    return strawberry.mutation(
        resolver=resolve,
        name=name,
        description=f"{_summary(command)} Many at once; whole: all or none. 批量。",
    )


async def _adopt(
    info: strawberry.Info[Context, None],
    request_id: str,
    toml: str | None = None,
    draft: str | None = None,
    format: DraftFormat = DraftFormat.TOML,
    tried: str | None = None,
) -> CommandAnswer:
    may_ask(info.context.asker, AdoptRegulation, reported=False)
    try:
        _check_request(request_id, 1)
        text, form = _draft(toml, draft, format)
        read = await info.context.run(parse, text, form.value.lower(), form)
        _the_tried(read.sha256, tried)
        adopt = AdoptRegulation(document=read)
    except Fault as fault:
        return answer_of(refused(fault), replayed=False)
    answer = await asyncio.wrap_future(
        info.context.house.ledger.submit([adopt], info.context.asker, request=request_id)
    )
    return answer_of(answer.outcomes[0], replayed=answer.replayed)


def _the_tried(sha256: str, tried: str | None) -> None:
    if tried is not None and tried.strip().lower() != sha256:
        raise Fault(
            "NOT_THE_TRIED",
            zh=f"文本的 SHA-256 是 {sha256}，不是所试算的 {tried[:64]}，请重新试算",
            en=f"the text hashes to {sha256}, not to what was tried; try it again",
            field="tried",
        )


def _draft(toml: str | None, draft: str | None, form: DraftFormat) -> tuple[str, DraftFormat]:
    if toml is not None and draft is None:
        return toml, DraftFormat.TOML
    if draft is not None and toml is None:
        return draft, form
    raise Fault(
        "BAD_DOCUMENT",
        zh="toml 与 draft 须有且只有一个",
        en="give toml or draft, one of the two",
        field="draft",
    )


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _summary(command: type[Command]) -> str:
    return (inspect.getdoc(command) or "").split("\n\n")[0]


def mutation_type() -> Any:
    """The root type of mutations."""
    fields = []
    for command, bulk in MUTATIONS.items():
        fields.append(_single(command))
        if bulk is not None:
            fields.append(_bulk(command, bulk))
    fields.append(
        strawberry.mutation(
            resolver=_adopt,
            name="adoptRegulation",
            description=f"{_summary(AdoptRegulation)} As TOML or JSON. 以 TOML 或 JSON 提交。",
        )
    )
    fields.append(REVEAL)
    return create_type("Mutation", fields)
