"""Room: what a scale takes of events, disk and memory, and whether disk and machine have it.

What it takes was measured (docs/scale.md); it is told beforehand, and where the disk has less, or
more processes are asked for than memory is enough for, a sentence refuses before anything is
written.
"""

from __future__ import annotations

import shutil
from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path

from api.scale import DISTRICT, DISTRICT_MIN
from api.scale_order import Order
from api.settings import Settings
from ledger.store.machine import buffers_bytes, log_bytes, memory_bytes
from ledger.store.trouble import Trouble

ONCE_EVENTS, ONCE_TERM_EVENTS = 275, 16
"""Places and documents; of a term its notice and its opening."""
DISTRICT_EVENTS, DISTRICT_TERM_EVENTS, TEACHER_TERM_EVENTS = 80, 50, 6.15
"""Of each district its schools and providers; of its term the projects; of each of its teachers."""
LEDGER_BYTES, VIEWS_BYTES = 1_750, 690
"""Of an event: its row, its tags, its request and the indexes of these; its share of all views."""
EMPTY_BYTES = 90 * 2**20
"""Of two databases without an event: the ledger's, and that in which districts are decided."""
SORTED_BYTES, SPARE_EVENT_BYTES = 2 * 2**30, 4_500
"""What a rebuild sorts, at most; that and the write-ahead log between two checkpoints, an event."""
PROCESS_BYTES, HELD_BYTES = 350 * 2**20, 1_200 * 2**20
"""Of each process that tells; of the one that writes. PostgreSQL's buffers come to it."""
REBUILT_EVENT_BYTES, REBUILT_BYTES_MAX = 1_100, 7 * 2**29
"""Of both processes that build the views afterwards: by event, and at most (docs/scale.md)."""


@dataclass(frozen=True)
class Needs:
    """What a scale takes, about: events, and bytes on disk and in memory."""

    events: int
    disk: int
    memory: int


def needs(order: Order, free: int = 0) -> Needs:
    """What it takes, a tenth more for sorting; a later rebuild takes the views once more.

    ``free``: the bytes on the disk, of which the write-ahead log may grow to a share.
    """
    terms = len(order.terms)
    a_term = DISTRICT_TERM_EVENTS + order.district * TEACHER_TERM_EVENTS
    told = order.tellings * (DISTRICT_EVENTS + terms * a_term)
    events = round(ONCE_EVENTS + terms * ONCE_TERM_EVENTS + told)
    disk = EMPTY_BYTES + events * (LEDGER_BYTES + VIEWS_BYTES) * 11 // 10
    disk += min(events * SPARE_EVENT_BYTES, SORTED_BYTES + log_bytes(free))
    written = HELD_BYTES + order.processes * PROCESS_BYTES
    rebuilt = min(events * REBUILT_EVENT_BYTES, REBUILT_BYTES_MAX)
    return Needs(events, disk, max(written, rebuilt) + buffers_bytes())


def processes_max(settings: Settings) -> int:
    """How many processes that tell this machine has memory for; one is never too many."""
    buffers = 0 if settings.database_url else buffers_bytes()
    return max(1, (memory_bytes() - buffers - HELD_BYTES) // PROCESS_BYTES)


def require_memory(settings: Settings, order: Order) -> None:
    """Raises ``Trouble`` for more processes than the machine has memory for."""
    if order.processes <= (most := processes_max(settings)):
        return
    asked, has = sized(needs(order).memory), sized(memory_bytes())
    raise Trouble(
        "MEMORY_TOO_SMALL",
        zh=f"{order.processes} 个进程约需内存 {asked}，本机 {has}，未写入任何内容。"
        f"请用 --processes {most}。",
        en=f"{order.processes} processes take about {asked} of memory, and this machine has {has}; "
        f"nothing was written. Take --processes {most}.",
    )


def free_bytes(folder: Path) -> int:
    """What is free on the disk where a folder lies, or will."""
    there = folder.expanduser().resolve()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def require_room(settings: Settings, order: Order) -> int | None:
    """The free bytes; nobody knows those of another's server. Raises ``Trouble``."""
    if settings.database_url:
        return None
    free = free_bytes(settings.data)
    asked = needs(order, free).disk
    if asked <= free:
        return free
    part = part_within(free, order)
    smaller_zh = (
        f"请换更大的磁盘，或用 --teachers {part} 模拟其中一部分"
        if part
        else "最小的规模也放不下，请换更大的磁盘"
    )
    smaller_en = (
        f"Take a larger disk, or as large a part as fits: --teachers {part}."
        if part
        else "Take a larger disk: not even the smallest part fits."
    )
    raise Trouble(
        "DISK_TOO_SMALL",
        zh=f"{settings.data} 所在磁盘可用 {sized(free)}，此规模约需 {sized(asked)}，"
        f"未写入任何内容。{smaller_zh}。",
        en=f"The disk of {settings.data} has {sized(free)} free, and this takes about "
        f"{sized(asked)}; nothing was written. {smaller_en}",
    )


def part_within(free: int, order: Order) -> int:
    """The most teachers, in whole districts, whom so many bytes are enough for; 0 for none."""
    small = range(DISTRICT_MIN, DISTRICT, DISTRICT_MIN)
    parts = [*small, *range(DISTRICT, order.teachers, DISTRICT)]

    def disk(teachers: int) -> int:
        district = min(order.district, teachers)
        return needs(replace(order, teachers=teachers, district=district), free).disk

    smaller = [each for each in parts if each < order.teachers]
    fitting = bisect_right(smaller, free, key=disk)
    return smaller[fitting - 1] if fitting else 0


def sized(size: float) -> str:
    """As people read it."""
    if size < 2**30:
        return f"{size / 2**20:.1f} MiB"
    return f"{size / 2**30:.1f} GiB"
