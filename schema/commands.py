"""Mutations: one for every command, and one for many of a kind where people decide in bulk.

Each takes a request id. The same id with the same content gives the same answer and writes nothing
anew; with another content it is refused. ``reported`` says that another system of record has it.
``rehearse`` decides and writes nothing, whatever became of the request id.
"""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import Future
from typing import Any

import strawberry
from strawberry.tools import create_type

from ledger.adoption import AdoptRegulation
from ledger.command import Command
from ledger.discrepancy import SettleDifferences
from ledger.document import DraftFormat, parse
from ledger.fault import Fault
from ledger.petition import RequestCorrection
from ledger.sign_off import ReopenSignOff, SignOffPeriod
from ledger.store.answer import Answer, refused
from ledger.store.work import WITHHELD, Seal
from ledger.teacher import RegisterTeacher
from ledger.transfer import TransferTeacher
from schema.access import may_ask
from schema.access_log import REVEAL
from schema.answers import BulkAnswer, CommandAnswer, answer_of, bulk_of, interleaved
from schema.context import Context
from schema.desk import line_shown
from schema.inputs import command_from, command_input
from schema.load import COMMIT_LOAD, PLAN_LOAD
from schema.lookup import LOOKING, note, note_refused, up_to_date
from schema.mutation import MUTATIONS
from schema.person import PersonInput, checked
from schema.petition import carried
from schema.rehearsal import Prepared, rehearsed
from schema.request import BadRequest, Report, check_request
from schema.scalars import enum_type, listed
from schema.sign_off import drifted_since, stated
from schema.trying import COMPARE_ANEW, RECONCILE, TRY, TRY_AGAIN
from schema.upload import OPEN_UPLOAD, REMOVE_UPLOAD
from schema.webhook_step import WEBHOOK_STEPS

enum_type(DraftFormat)
# What the ledger makes of an input, and nobody gives.
MADE = {
    SignOffPeriod: ("statement", stated),
    ReopenSignOff: ("since", drifted_since),
    RequestCorrection: ("shown", line_shown),
    SettleDifferences: ("carried", carried),
}


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
    check_request(request, len(given), report)
    # On a thread: thousands of rows take time to check, to seal and to digest.
    places = await context.places() if command in LOOKING else ()
    asked = (context, command, given, request, report, whole, places)
    future, made = await context.run(_asked, *asked)
    answer = await asyncio.wrap_future(future)
    if command is TransferTeacher:
        await context.run(note_refused, context, made.commands, answer, places)
    return interleaved(answer, made.broken, len(given))


async def _rehearse(
    context: Context,
    command: type[Command],
    given: list[Any],
    request: str,
    report: Report | None,
) -> BulkAnswer:
    """Decides as ``submit`` would, each row by itself, and writes nothing."""
    may_ask(context.asker, command, reported=report is not None)
    check_request(request, len(given), report)
    await up_to_date(context, command)
    return await rehearsed(
        context,
        lambda: _prepared(context, command, given),
        on=report.on if report else None,
        source=report.source if report else None,
    )


def _prepared(context: Context, command: type[Command], given: list[Any]) -> Prepared:
    made = Prepared()
    for number, each in enumerate(given):
        try:
            one, seal = _command(context, command, each)
        except Fault as fault:
            made.broken[number] = fault
            continue
        if seal is not None:
            made.seals[len(made.commands)] = seal
        made.commands.append(one)
    return made


def _asked(
    context: Context,
    command: type[Command],
    given: list[Any],
    request: str,
    report: Report | None,
    whole: bool,
    places: tuple[str, ...],
) -> tuple[Future[Answer], Prepared]:
    """The answer to come, and what was asked; rows that are malformed were not."""
    ledger = context.house.ledger
    made = _prepared(context, command, given)
    broken = made.broken
    if broken and (whole or not made.commands):
        rows = [refused(broken[n]) if n in broken else WITHHELD for n in range(len(given))]
        settled: Future[Answer] = Future()
        settled.set_result(Answer(position=ledger.feed.head(), outcomes=tuple(rows)))
        return settled, Prepared()
    note(context, made.commands, made.seals, places, request)
    asked = ledger.submit(
        made.commands,
        context.asker,
        request=request,
        on=report.on if report else None,
        source=report.source if report else None,
        whole=whole,
        seals=made.seals,
    )
    return asked, made


def _command(context: Context, command: type[Command], given: Any) -> tuple[Command, Seal | None]:
    person: PersonInput | None = getattr(given, "person", None)
    if command in MADE:
        name, made = MADE[command]
        return command_from(command, given, **{name: made(context, given)}), None
    if command is not RegisterTeacher:
        return command_from(command, given), None
    if person is None:
        return command_from(command, given, sealed=()), None
    seal, digests = context.house.ledger.vault.seal(str(given.teacher), checked(person))
    return command_from(command, given, sealed=digests), seal


def _input_of(command: type[Command]) -> Any:
    if command is not RegisterTeacher:
        return command_input(command, MADE[command][:1] if command in MADE else ())
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
        rehearse: bool = False,
    ) -> Any:
        try:
            if rehearse:
                tried = await _rehearse(info.context, command, [input], request_id, reported)
                return tried.rows[0]
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
        rehearse: bool = False,
    ) -> BulkAnswer:
        if rehearse:
            return await _rehearse(info.context, command, inputs, request_id, reported)
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
    rehearse: bool = False,
) -> CommandAnswer:
    may_ask(info.context.asker, AdoptRegulation, reported=False)
    try:
        check_request(request_id, 1)
        text, form = _draft(toml, draft, format)
        read = await info.context.run(parse, text, form.value.lower(), form)
        _the_tried(read.sha256, tried)
        adopt = AdoptRegulation(document=read)
    except Fault as fault:
        return answer_of(refused(fault), replayed=False)
    if rehearse:
        played = await rehearsed(info.context, lambda: Prepared([adopt]))
        return played.rows[0]
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
    fields += [REVEAL, OPEN_UPLOAD, REMOVE_UPLOAD, TRY, TRY_AGAIN, RECONCILE, COMPARE_ANEW]
    fields += [PLAN_LOAD, COMMIT_LOAD, *WEBHOOK_STEPS]
    names = [each.python_name for each in fields]
    # Of two whose resolvers have one name only the second would be there.
    assert len({*names}) == len(names), "a resolver has the name of another"
    return create_type("Mutation", fields)
