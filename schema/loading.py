"""Loading: a dry run that gives a token, and the commit of exactly what it showed.

The commit makes the plan anew and refuses where the ledger moved so that a row would come to
something else. Then it goes batch by batch under request ids that follow from the token: a crash in
the middle is made good by committing again, and nothing is written twice.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from itertools import zip_longest
from uuid import uuid4

from msgspec import Struct

from ledger.fault import Fault
from ledger.load import Fate, LoadBegun, Loaded, LoadEnded
from ledger.mapping import Mapping
from ledger.names import LoadId
from ledger.sheet import Grid
from ledger.store import trace
from ledger.store.access_log import AccessKind
from ledger.store.feed import Filter
from ledger.store.load import LoadHead, LoadOptions
from ledger.store.load_row import StoredRow
from ledger.store.progress import Work
from ledger.store.ticket import Upload
from schema.access_log import access_by
from schema.carrying import Commit, carry
from schema.context import Context
from schema.planning import planned

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
    wrapped = loads.open(context.asker, load, upload.id)
    fates: Counter[Fate] = Counter()
    digest, number, batches = sha256(), 0, 0
    named: set[str] = set()
    matched: set[str] = set()
    try:
        with house.ledger.progress.of(upload.id, Work.PLANNING) as told:
            for rows in planned(context, grid, mapping, options, load, position, told):
                loads.put(load, wrapped, batches, number, rows)
                fates.update(each.fate for each in rows)
                named.update(each.teacher for each in rows if each.row and each.teacher)
                matched.update(each.teacher for each in rows if each.teacher and not _new(each))
                for each in rows:
                    digest.update(bytes.fromhex(each.key))
                number, batches = number + len(rows), batches + 1
        trace.add(house.ledger.pool, upload.id, named)
    except BaseException:
        loads.drop(load)
        raise
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
    return _kept(context, upload, mapping, options, what, (load, wrapped, batches), matched)


def _kept(
    context: Context,
    upload: Upload,
    mapping: Mapping,
    options: LoadOptions,
    what: Loaded,
    made: tuple[LoadId, bytes, int],
    matched: set[str],
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
    _log(context, head, matched)
    return head


def _new(row: StoredRow) -> bool:
    return row.fate is Fate.NEW


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
        moved = [] if _still(context, head, position) else _moved(context, head, position)
        if moved:
            return Commit(
                position=position,
                complete=False,
                batches=head.batches,
                committed=0,
                moved=tuple(moved),
            )
        # Before the event: what it speaks of is there, whatever happens in between.
        context.house.ledger.uploads.keep(head.upload)
    work = context.house.ledger.progress.of(head.upload, Work.COMMITTING, head.batches)
    with work as told:
        return carry(context, head, told)


def _still(context: Context, head: LoadHead, position: int) -> bool:
    """Whether the plan made anew would be the same, since nothing that it follows from moved."""
    what = head.what
    return (position, context.house.ledger.today()) == (what.position, what.day)


def _moved(context: Context, head: LoadHead, position: int) -> list[int]:
    """The rows that would come to something else than was shown."""
    uploads, loads = context.house.ledger.uploads, context.house.ledger.loads
    grid = uploads.grid(context.asker, head.upload)
    if grid is None:
        raise Fault("UPLOAD_GONE", zh="上传的文件已不存在", en="the upload is gone", field="token")
    shown = (row for rows in loads.batches(context.asker, head.load) for row in rows)
    work = context.house.ledger.progress.of(head.upload, Work.PLANNING, head.what.rows)
    with work as told:
        anew = planned(context, grid, head.mapping, head.options, head.load, position, told)
        now = (row for rows in anew for row in rows)
        pairs = zip_longest(shown, now)
        return [
            (after or before).row
            for before, after in pairs
            if before is None or after is None or before.key != after.key
        ]


def _log(context: Context, head: LoadHead, matched: set[str]) -> None:
    """A dry run holds a sheet against names and numbers of the vault, so it is a reading."""
    access = access_by(
        context,
        "load",
        kind=AccessKind.TRIAL,
        purpose=f"{head.load} of {head.upload}",
        rows=head.what.rows,
        position=head.what.position,
    )
    context.house.ledger.access_log.write(access, matched)
