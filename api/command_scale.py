"""``xuefen simulate --scale``: what a whole county or province takes, and filling it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from api.scale import SCALES
from api.scale_figures import Figures
from api.scale_order import Order, require_possible
from api.scale_ready import require_ready
from api.scale_room import (
    Needs,
    free_bytes,
    needs,
    processes_max,
    require_memory,
    require_room,
    sized,
)
from api.scale_run import fill
from api.settings import Settings
from api.terminal import counted, print_json, progress, tell
from ledger.store.machine import cores, memory_bytes


def ordered(
    settings: Settings,
    scale: str,
    place: str,
    teachers: int | None,
    district: int,
    terms: Sequence[str],
    seed: int,
    processes: int | None,
) -> Order:
    """An order with what the scale has where nothing else was asked for."""
    people = SCALES[scale].teachers if teachers is None else teachers
    return Order(
        scale=scale,
        place=place,
        teachers=people,
        district=min(district, people),
        terms=tuple(terms) or SCALES[scale].terms,
        seed=seed,
        processes=processes or min(cores(), processes_max(settings)),
    )


def fill_scale(settings: Settings, order: Order, *, only_told: bool, as_json: bool) -> None:
    """Tells what a scale takes, and carries it out; a plan is refused whatever a run would be."""
    require_possible(order)
    require_ready(settings)
    wanted = needs(order, 0 if settings.database_url else free_bytes(settings.data))
    if not (only_told and as_json):
        _tell_needs(order, wanted)
    require_memory(settings, order)
    free = require_room(settings, order)
    if only_told and as_json:
        print_json([_plain(order, wanted, free)])
        return
    if free is None:
        tell(
            "数据库服务器的磁盘须自行确认。",
            "Whether the database's disk has that much, see there.",
        )
    if only_told:
        return
    with progress() as step:
        told = fill(settings, order, step)
    if as_json:
        print_json([told.plain()])
    else:
        _print_figures(told)


def _tell_needs(order: Order, wanted: Needs) -> None:
    disk, memory, machine = map(sized, (wanted.disk, wanted.memory, memory_bytes()))
    tell(
        f"{order.teachers:,} 名教师、{len(order.terms)} 个学期，约 {wanted.events:,} 个事件；"
        f"约需磁盘 {disk}、内存 {memory}（本机 {machine}）。",
        f"{counted(order.teachers, 'teacher')}, {counted(len(order.terms), 'term')}: about "
        f"{wanted.events:,} events, {disk} of disk and {memory} of memory (this machine has "
        f"{machine}).",
    )


def _plain(order: Order, wanted: Needs, free: int | None) -> dict[str, Any]:
    return {
        "scale": order.scale,
        "place": order.place,
        "teachers": order.teachers,
        "district": order.district,
        "terms": order.terms,
        "events": wanted.events,
        "disk_bytes": wanted.disk,
        "disk_bytes_free": free,
        "memory_bytes": wanted.memory,
        "memory_bytes_machine": memory_bytes(),
    }


def _print_figures(told: Figures) -> None:
    typer.echo(f"{'events':24}{told.events:>14,}")
    for name, seconds in told.seconds.items():
        typer.echo(f"{name + ', s':24}{seconds:>14,.1f}")
    for name, size in told.sizes.items():
        typer.echo(f"{name:24}{sized(size):>14}")
    for name, size in told.peaks.items():
        typer.echo(f"{'memory, ' + name:24}{sized(size):>14}")
    for name, (p50, p95) in told.milliseconds.items():
        typer.echo(f"{name + ', ms':24}{p50:>14.2f}  p95 {p95:.2f}")
