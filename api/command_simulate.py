"""``xuefen simulate``: terms of a county, or a whole county or province of years (``--scale``)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import typer

from api.command_scale import fill_scale, ordered
from api.scale import DISTRICT
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
from api.terminal import NOT_RIGHT, Json, print_json, progress, settings_of, stop
from ledger.store.ledger import Ledger
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
    district: District = None,
    processes: Processes = None,
    plan: Plan = False,
    as_json: Json = False,
) -> None:
    """Simulate terms of a county with declarations, choices, attendance and credits. 模拟学期。

    With --scale, the ledger's commands decide what some districts live through, and it is told
    again of other people until the county or province is full. 用 --scale 时，先由账本的命令裁定
    若干片区的经历，再以其他人员的名义讲述，直至满一县或一省。
    """
    settings, named = settings_of(context), _named(terms)
    if scale is not None:
        if server or issuer or clients or acks:
            raise _inside_only()
        name, size = scale.value, DISTRICT if district is None else district
        order = ordered(settings, name, place, teachers, size, named, seed, processes)
        fill_scale(settings, order, only_told=plan, as_json=as_json)
        return
    _require_without_scale({"--plan": plan, "--district": district, "--processes": processes})
    people = TEACHERS if teachers is None else teachers
    simulation = prepare(people, named or [TERMS], seed, f"jurisdiction:{place}")
    if server:
        key_file = issuer or settings.issuer_key_file
        summary = _asked_far(simulation, over_http(server, key_file, clients or WIDTH_HTTP, acks))
    else:
        summary = _asked_here(simulation, in_process(settings, simulation, acks, clients or WIDTH))
    _tell(summary, as_json=as_json)


def _named(terms: str | None) -> list[str]:
    """The terms that are named; none where nobody asked for any."""
    if terms is None:
        return []
    named = list(dict.fromkeys(each.strip() for each in terms.split(",")))
    if not all(named):
        raise stop(
            "NO_TERM",
            "--terms 须写明学期，以逗号分隔，例如 2020H2,2024H1；不写 --terms 则取默认的学期。",
            "--terms names terms, separated by commas, such as 2020H2,2024H1; leave it out for "
            "those that are simulated by default.",
        )
    return named


def _require_without_scale(given: dict[str, object]) -> None:
    """Without --scale it writes at once: whoever asks for a plan must not get events instead."""
    wrong = [name for name, value in given.items() if value]
    if wrong:
        named = "、".join(wrong)
        raise stop(
            "SCALE_MISSING",
            f"{named} 只与 --scale county 或 --scale province 同用；未写入任何内容。",
            f"{', '.join(wrong)}: only with --scale county or --scale province; nothing was "
            "written.",
        )


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
