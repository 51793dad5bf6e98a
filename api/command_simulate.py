"""``xuefen simulate``: terms of a county, or a whole county or province of years (``--scale``)."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import typer

from api.scale import DISTRICT, SCALES, TEACHERS_MAX, gib, needs, require_room
from api.scale_figures import Figures
from api.scale_run import Order, fill
from api.settings import Settings
from api.simulate import ODD_MAX, Simulation, Summary, Told, in_process, prepare, run
from api.simulate_http import WIDTH as WIDTH_HTTP
from api.simulate_http import OverHttp, over_http
from api.simulate_inside import WIDTH, InProcess
from api.simulate_option import (
    Acks,
    Clients,
    District,
    Issuer,
    Place,
    Plan,
    Processes,
    Scale,
    Seed,
    Server,
    Teachers,
    Terms,
)
from api.terminal import NOT_RIGHT, Json, print_json, progress, settings_of, stop, tell
from ledger.fault import Fault
from ledger.store.ledger import Ledger
from ledger.store.machine import memory_bytes
from projections.catalogue import INDEXES, VIEWS
from projections.runner import Runner

TEACHERS, TERMS = 300, "2024H1"


def simulate(
    context: typer.Context,
    teachers: Teachers = None,
    terms: Terms = None,
    seed: Seed = 1,
    place: Place = "330381",
    server: Server = None,
    issuer: Issuer = None,
    clients: Clients = None,
    acks: Acks = None,
    scale: Scale = None,
    district: District = DISTRICT,
    processes: Processes = None,
    plan: Plan = False,
    as_json: Json = False,
) -> None:
    """Simulate terms of a county with declarations, choices, attendance and credits. 模拟学期。

    With --scale, the ledger's commands decide what some districts live through, and it is told
    again of other people until the county or province is full. 用 --scale 时，先由账本的命令裁定
    若干片区的经历，再以其他人员的名义讲述，直至满一县或一省。
    """
    settings = settings_of(context)
    if scale is not None:
        if server or acks or issuer or clients:
            raise _inside_only()
        order = Order(
            scale=scale.value,
            place=place,
            teachers=SCALES[scale.value].teachers if teachers is None else teachers,
            district=min(district, teachers or district),
            terms=_named(terms) or SCALES[scale.value].terms,
            seed=seed,
            processes=processes or os.cpu_count() or 1,
        )
        _fill(settings, order, only_told=plan, as_json=as_json)
        return
    people, wanted = TEACHERS if teachers is None else teachers, (terms or TERMS).split(",")
    simulation = prepare(people, wanted, seed, f"jurisdiction:{place}")
    if server:
        key_file = issuer or settings.issuer_key_file
        summary = _asked_far(simulation, over_http(server, key_file, clients or WIDTH_HTTP, acks))
    else:
        summary = _asked_here(simulation, in_process(settings, simulation, acks, clients or WIDTH))
    _tell(summary, as_json=as_json)


def _named(terms: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms.split(","))) if terms else ()


def _inside_only() -> typer.Exit:
    return stop(
        "SCALE_INSIDE_ONLY",
        "--scale 直接写入空账本，不能与 --server、--issuer、--clients、--acks 同用。",
        "--scale fills an empty ledger directly and goes without --server, --issuer, --clients "
        "and --acks.",
    )


def _asked_far(simulation: Simulation, way: AbstractContextManager[OverHttp]) -> Summary:
    with way as far, _shown() as told:
        return run(simulation, far, told)


def _asked_here(simulation: Simulation, way: AbstractContextManager[InProcess]) -> Summary:
    """Asks, and lets the views follow."""
    with way as here, _shown() as told:
        summary = run(simulation, here, told)
        summary.views_seconds = _follow(here.ledger)
        return summary


def _tell(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        print_json([summary.plain()])
    else:
        _print(summary)
    if summary.odd:
        raise typer.Exit(NOT_RIGHT)


@contextmanager
def _shown() -> Iterator[Told]:
    """A bar on a terminal."""
    with progress() as step:
        yield lambda _, done, total: step("模拟 simulate", done, total)


def _follow(ledger: Ledger) -> float:
    """Lets the views catch up; how long it took."""
    begun = time.perf_counter()
    Runner(ledger.pool, ledger.feed, (*VIEWS, *INDEXES)).catch_up()
    return time.perf_counter() - begun


def _print(summary: Summary) -> None:
    plain = summary.plain()
    for name in ("events", "commands", "submissions", "replayed"):
        typer.echo(f"{name:12}{plain[name]:>10,}")
    typer.echo(
        f"{'seconds':12}{summary.seconds:>10.1f}"
        f"  ({plain['events_per_second']:,.0f} events/s, "
        f"{plain['commands_per_second']:,.0f} commands/s)"
    )
    if summary.views_seconds is not None:
        typer.echo(f"{'views':12}{summary.views_seconds:>10.1f}")
    for title, counted in (("refused", summary.refusals), ("found", summary.findings)):
        for name, count in counted.most_common():
            typer.echo(f"{title:12}{count:>10,}  {name}")
    for each in summary.odd[:ODD_MAX]:
        typer.echo(f"unexpected: {each}")


def _fill(settings: Settings, order: Order, *, only_told: bool, as_json: bool) -> None:
    """Tells what a scale takes, and carries it out."""
    if not 1 <= order.teachers <= TEACHERS_MAX:
        raise Fault(
            "BAD_TEACHERS",
            zh=f"教师人数须在 1 至 {TEACHERS_MAX} 之间",
            en=f"teachers must lie between 1 and {TEACHERS_MAX}",
        )
    wanted = needs(order.teachers, len(order.terms), order.processes)
    tell(
        f"{order.teachers:,} 名教师、{len(order.terms)} 个学期，约 {wanted.events:,} 个事件；"
        f"约需磁盘 {gib(wanted.disk)}、内存 {gib(wanted.memory)}（本机 {gib(memory_bytes())}）。",
        f"{order.teachers:,} teachers, {len(order.terms)} terms: about {wanted.events:,} events, "
        f"{gib(wanted.disk)} of disk and {gib(wanted.memory)} of memory (this machine has "
        f"{gib(memory_bytes())}).",
    )
    if require_room(settings, wanted, order.teachers) is None:
        tell(
            "数据库服务器的磁盘须自行确认。",
            "Whether the database's disk has that much, see there.",
        )
    if only_told:
        return
    # The server of the ledger in which districts are decided must not outlive the command.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with progress() as step:
        told = fill(settings, order, step)
    if as_json:
        print_json([told.plain()])
    else:
        _print_figures(told)


def _print_figures(told: Figures) -> None:
    typer.echo(f"{'events':24}{told.events:>14,}")
    for name, seconds in told.seconds.items():
        typer.echo(f"{name + ', s':24}{seconds:>14,.1f}")
    for name, size in told.sizes.items():
        typer.echo(f"{name:24}{gib(size):>14}")
    for name, size in told.peaks.items():
        typer.echo(f"{'memory, ' + name:24}{gib(size):>14}")
    for name, (p50, p95) in told.milliseconds.items():
        typer.echo(f"{name + ', ms':24}{p50:>14.2f}  p95 {p95:.2f}")
