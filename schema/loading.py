"""Loading: a dry run that gives a token, and the commit of exactly what it showed.

The commit makes the plan anew and refuses where the ledger moved so that a row would come to
something else. Then it goes batch by batch under request ids that follow from the token: a crash in
the middle is made good by committing again, and nothing is written twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from uuid import uuid4

from msgspec import Struct

from ledger.command import Command
from ledger.fault import Fault
from ledger.load import BeginLoad, Fate, FinishLoad, LoadBegun, Loaded, LoadEnded
from ledger.mapping import Mapping
from ledger.names import LoadId
from ledger.sheet import Grid
from ledger.store.access_log import Access, AccessKind
from ledger.store.answer import Refusal
from ledger.store.feed import Filter
from ledger.store.load import LoadHead, LoadOptions, StoredRow, commands_of
from ledger.store.ticket import Upload
from ledger.store.work import Seal
from ledger.teacher import RegisterTeacher
from schema.access_log import places_of
from schema.context import Context
from schema.planning import name_of, planned, sealed_of

PROGRESS: dict[str, int] = {}
COUNTS = {
    "new": Fate.NEW,
    "changed": Fate.CHANGE,
    "unchanged": Fate.UNCHANGED,
    "anomalies": Fate.ANOMALY,
    "left": Fate.REFUSED,
}


class Progress(Struct, frozen=True, kw_only=True):
    """How far a load has come. ``ended``: nothing more will follow; ``whole``: all of it is in."""

    begun: bool = False
    ended: bool = False
    whole: bool = False


class Commit(Struct, frozen=True, kw_only=True):
    """What a commit came to. ``moved``: rows that would come to something else by now."""

    position: int
    complete: bool
    batches: int
    committed: int
    moved: tuple[int, ...] = ()
    refused: tuple[tuple[int, Refusal], ...] = ()


def plan(
    context: Context,
    upload: Upload,
    grid: Grid,
    mapping: Mapping,
    options: LoadOptions,
    position: int,
) -> LoadHead:
    """A dry run of an upload, kept under a new token."""
    house, loads = context.house, context.house.ledger.loads
    load = LoadId(f"load:{uuid4()}")
    wrapped = loads.open(context.asker, load)
    fates: Counter[Fate] = Counter()
    digest, number, batches = sha256(), 0, 0
    try:
        told = _teller(upload.id)
        for rows in planned(context, grid, mapping, options, load, position, told):
            loads.put(load, wrapped, batches, number, rows)
            fates.update(each.fate for each in rows)
            for each in rows:
                digest.update(bytes.fromhex(each.key))
            number, batches = number + len(rows), batches + 1
    except BaseException:
        loads.drop(load)
        raise
    finally:
        PROGRESS.pop(upload.id, None)
    what = Loaded(
        form=mapping.form,
        sha256=upload.sha256 or "",
        bytes=upload.bytes,
        mapping=mapping.digest,
        position=position,
        day=house.ledger.today(),
        digest=digest.hexdigest(),
        rows=number,
        full=options.full,
        **{name: fates[fate] for name, fate in COUNTS.items()},
    )
    return _kept(context, upload, mapping, options, what, (load, wrapped, batches))


def _kept(
    context: Context,
    upload: Upload,
    mapping: Mapping,
    options: LoadOptions,
    what: Loaded,
    made: tuple[LoadId, bytes, int],
) -> LoadHead:
    load, wrapped, batches = made
    ledger = context.house.ledger
    head = LoadHead(
        load=load,
        upload=upload.id,
        mapping=mapping,
        options=options,
        what=what,
        batches=batches,
        made=ledger.now(),
    )
    ledger.loads.close(load, wrapped, head)
    _log(context, head)
    return head


def progress(context: Context, load: LoadId) -> Progress:
    """How far a load has come, by its events."""
    types = (LoadBegun.NAME, LoadEnded.NAME)
    entries = context.house.ledger.feed.entries(Filter(types=types, tags=(str(load),)))
    events = [entry.event for entry in entries]
    ended = [each for each in events if isinstance(each, LoadEnded)]
    return Progress(
        begun=bool(events), ended=bool(ended), whole=bool(ended) and all(e.whole for e in ended)
    )


def commit(context: Context, head: LoadHead, position: int, *, leave_refused: bool) -> Commit:
    """Takes in what a dry run showed, from where an earlier commit of it left off."""
    if head.what.left and not leave_refused:
        raise Fault(
            "ROWS_REFUSED",
            zh=f"有 {head.what.left} 行不能载入，没有写入任何内容；请改正后重新试运行，"
            "或确认略过这些行",
            en=f"{head.what.left} rows are refused and nothing was written; mend them and make a "
            "new dry run, or say that they stay out",
            field="token",
        )
    done = progress(context, head.load)
    if done.ended:
        whole = head.batches if done.whole else 0
        return Commit(position=position, complete=done.whole, batches=head.batches, committed=whole)
    if not done.begun:
        moved = _moved(context, head, position)
        if moved:
            return Commit(
                position=position,
                complete=False,
                batches=head.batches,
                committed=0,
                moved=tuple(moved),
            )
    return _carry(context, head)


def _carry(context: Context, head: LoadHead) -> Commit:
    ledger, number, position = context.house.ledger, 0, 0
    for rows in ledger.loads.batches(context.asker, head.load):
        commands, seals, whose = _asked(context, head, rows, number)
        answer = ledger.ask(
            commands,
            context.asker,
            request=f"{head.load}:{number}",
            on=rows[0].on or head.options.on if rows else head.options.on,
            source=head.options.source,
            whole=True,
            seals=seals,
        )
        refused = [
            (row, each)
            for row, outcome in zip(whose, answer.outcomes, strict=True)
            for each in outcome.refusals
            if each.code != "WITHHELD"
        ]
        if answer.outcomes[0].refusals and whose[0] == 0:
            # Where it may not even begin, what is wrong with its rows is not the question.
            refused = [each for each in refused if each[0] == 0][:1] or refused
        if refused:
            return Commit(
                position=answer.position,
                complete=False,
                batches=head.batches,
                committed=number,
                refused=tuple(refused),
            )
        number, position = number + 1, answer.position
    return Commit(position=position, complete=True, batches=head.batches, committed=number)


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


def _moved(context: Context, head: LoadHead, position: int) -> list[int]:
    """The rows that would come to something else than was shown."""
    uploads, loads = context.house.ledger.uploads, context.house.ledger.loads
    grid = uploads.grid(context.asker, head.upload)
    if grid is None:
        raise Fault("UPLOAD_GONE", zh="上传的文件已不存在", en="the upload is gone", field="token")
    shown = (row for rows in loads.batches(context.asker, head.load) for row in rows)
    anew = planned(
        context, grid, head.mapping, head.options, head.load, position, _teller(head.upload)
    )
    now = (row for rows in anew for row in rows)
    moved: list[int] = []
    while True:
        before, after = next(shown, None), next(now, None)
        if before is None and after is None:
            PROGRESS.pop(head.upload, None)
            return moved
        if before is None or after is None or before.key != after.key:
            told = after or before
            assert told is not None
            moved.append(told.row)


def _teller(upload: str) -> Callable[[int], None]:
    def told(rows: int) -> None:
        PROGRESS[upload] = rows

    return told


def _log(context: Context, head: LoadHead) -> None:
    """A dry run holds a sheet against names and numbers of the vault, so it is a reading."""
    ledger, asker = context.house.ledger, context.asker
    ledger.access_log.write(
        Access(
            at=ledger.now(),
            kind=AccessKind.TRIAL,
            actor=asker.actor,
            role=asker.role.value,
            scope=str(asker.scope),
            channel=asker.channel.value,
            what="load",
            purpose=f"{head.load} of {head.upload}",
            rows=head.what.rows,
            position=head.what.position,
            trace=context.trace,
            places=places_of(asker, []),
        )
    )
