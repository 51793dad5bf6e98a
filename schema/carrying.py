"""Carrying: the batches of a dry run put into the ledger one after another.

Each goes whole or not at all, under a request id that follows from the token. While the ledger is
at one, the next is opened and its people are sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from msgspec import Struct

from ledger.command import Command
from ledger.fault import Fault
from ledger.load import BeginLoad, FinishLoad
from ledger.store.answer import Answer, Refusal
from ledger.store.load import LoadHead
from ledger.store.load_row import StoredRow, commands_of
from ledger.store.lookup import answered
from ledger.store.work import Seal
from ledger.teacher import RegisterTeacher
from schema.context import Context
from schema.planning import name_of, sealed_of


class Commit(Struct, frozen=True, kw_only=True):
    """What a commit came to. ``moved``: rows that would come to something else by now."""

    position: int
    complete: bool
    batches: int
    committed: int
    moved: tuple[int, ...] = ()
    refused: tuple[tuple[int, Refusal], ...] = ()


@dataclass(kw_only=True)
class Batch:
    """A batch to be asked. ``whose``: of which row each command is; 0: of the load.

    ``position``: of one that is in already, though its rows cannot be asked again.
    """

    number: int
    on: date | None = None
    position: int = 0
    commands: list[Command] = field(default_factory=list)
    seals: dict[int, Seal] = field(default_factory=dict)
    whose: list[int] = field(default_factory=list)


def carry(context: Context, head: LoadHead, told: Callable[[int], None]) -> Commit:
    """Puts the batches in, and tells after each how many are."""
    ledger, position = context.house.ledger, 0
    batches = _batches(context, head)
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as ahead:
        batch = next(batches, None)
        while batch is not None:
            following = ahead.submit(next, batches, None)
            if batch.commands:
                answer = ledger.ask(
                    batch.commands,
                    context.asker,
                    request=f"{head.load}:{batch.number}",
                    on=batch.on,
                    source=head.options.source,
                    whole=True,
                    seals=batch.seals,
                )
                if refused := _refused(answer, batch):
                    return Commit(
                        position=answer.position,
                        complete=False,
                        batches=head.batches,
                        committed=batch.number,
                        refused=refused,
                    )
                if batch.number == 0:
                    ledger.loads.keep(head.load)
                batch.position = answer.position
            position = batch.position or position
            told(batch.number + 1)
            batch = following.result()
    return Commit(position=position, complete=True, batches=head.batches, committed=head.batches)


def _batches(context: Context, head: LoadHead) -> Iterator[Batch]:
    rows_of = context.house.ledger.loads.batches(context.asker, head.load)
    for number, rows in enumerate(rows_of):
        batch = Batch(number=number, on=rows[0].on or head.options.on if rows else head.options.on)
        if any(row.erased for row in rows):
            batch.position = _already(context, head, number)
        else:
            batch.commands, batch.seals, batch.whose = _asked(context, head, rows, number)
        yield batch


def _refused(answer: Answer, batch: Batch) -> tuple[tuple[int, Refusal], ...]:
    refused = [
        (row, each)
        for row, outcome in zip(batch.whose, answer.outcomes, strict=True)
        for each in outcome.refusals
        if each.code != "WITHHELD"
    ]
    if answer.outcomes[0].refusals and batch.whose[0] == 0:
        # Where it may not even begin, what is wrong with its rows is not the question.
        refused = [each for each in refused if each[0] == 0][:1] or refused
    return tuple(refused)


def _already(context: Context, head: LoadHead, number: int) -> int:
    """The position after a batch that is in. Raises ``Fault`` (``LOAD_ERASED``) where it is not."""
    pool, request = context.house.ledger.pool, f"{head.load}:{number}"
    answer = answered(pool, context.asker.actor, request)
    if answer is None or not all(each.accepted for each in answer.outcomes):
        raise Fault(
            "LOAD_ERASED",
            zh="试运行中有已删除个人信息的人，不能继续；请停止它（endLoad），用新表格重新试运行",
            en="the dry run named a person who was erased and cannot go on; stop it (endLoad) and "
            "make a new one of a new sheet",
            field="token",
        )
    return answer.position


def _asked(
    context: Context, head: LoadHead, rows: list[StoredRow], number: int
) -> tuple[list[Command], dict[int, Seal], list[int]]:
    """The commands of a batch with their seals, and of which row each is; 0: of the load."""
    commands: list[Command] = []
    seals: dict[int, Seal] = {}
    whose: list[int] = []
    load, party = head.load, name_of(head.options.party)
    if number == 0:
        commands.append(BeginLoad(load=load, party=party, what=head.what))
        whose.append(0)
    for row in rows:
        for at, command in enumerate(commands_of(row)):
            seal = sealed_of(context, row) if at == 0 else None
            if seal is not None and isinstance(command, RegisterTeacher):
                seals[len(commands)] = seal
                command.sealed = tuple(sorted(digest for digest, _, _ in seal.secrets))
            commands.append(command)
            whose.append(row.row)
    if number == head.batches - 1:
        commands.append(FinishLoad(load=load, party=party))
        whose.append(0)
    return commands, seals, whose
