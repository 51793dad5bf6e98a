"""``xuefen demo``: the main job on the real calendar of 2024H1, through the HTTP API.

A fresh ledger in a folder of its own, a server on it, and the story day by day with a clock that
the demo sets. It ends with a report and leaves the server running: on a terminal until Ctrl-C,
without one in the background.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import httpx
import typer
import uvicorn
from joserfc.jwk import OKPKey
from rich.console import Console
from rich.progress import Progress
from starlette.applications import Starlette

from api.app import create_app
from api.auth import issue
from api.clock import DemoClock
from api.demo import delivery, opening, report, rounds
from api.demo.background import in_background
from api.demo.cast import COUNTY_SCHOOL, PROVINCE, RUIAN, teacher
from api.demo.stage import Stage
from api.edge.policy import Who
from api.house import open_house
from api.ide.build import FOLDER
from api.ide.door import Ide
from api.issuers import Issuers, issuer
from api.serve import configured
from api.settings import Mode, Settings
from api.sharing import in_use
from api.terminal import named_folder
from ledger.command import Asker, Role
from ledger.names import SchoolId
from ledger.store.embedded import Embedded, default_data
from ledger.store.trouble import Trouble

FIRST_DAY = date(2024, 3, 6)
MARK = "xuefen-demo"
GRACE_SECONDS = 2


def demo(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=named_folder,
            metavar="FOLDER",
            help="Folder of the demo's ledger; made anew each time.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port; 0: any free one; else XUEFEN_PORT, or 8330. 端口，0 为任意。",
            min=0,
            max=65_535,
        ),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    stay: Annotated[
        bool | None,
        typer.Option(
            help="Serve on until Ctrl-C, or not at all. Default without a terminal: behind."
        ),
    ] = None,
) -> None:
    """Play a training term of Rui'an, 2024H1, from first order to last credit. 演示。"""
    # What is said before the command is meant for it too: another folder would be cleared.
    said = data or (context.obj or {}).get("data")
    data = said or default_data().with_name(MARK)
    with stopping():
        if stay is None and not sys.stdout.isatty():
            in_background(lambda told: run_demo(data, port, json_output, serves_on=told))
        else:
            told = _say_until if stay is not False else None
            run_demo(data, port, json_output, serves_on=told)


@contextmanager
def stopping() -> Iterator[None]:
    """Ends the demo on SIGTERM and SIGINT, so that its PostgreSQL is stopped with it.

    A shell has a program that it starts in the background ignore SIGINT, and SIGTERM would end it
    at once. What comes while it is being closed is ignored.
    """
    asked = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if not asked.is_set():
            asked.set()
            raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def run_demo(
    data: Path, port: int | None, json_output: bool, serves_on: Callable[[], object] | None
) -> None:
    """The demo itself. Raises ``Trouble`` where the folder or the port cannot be used.

    ``serves_on``: what to call after the report, where it then serves on until it is interrupted.
    """
    begun = time.monotonic()
    settings = Settings(data=data, demo_clock=True, database_url=None, mode=Mode.DEVELOPMENT)
    settings.port = _free_port(settings.port if port is None else port)
    fresh_folder(data)
    clock = DemoClock(FIRST_DAY)
    errors = Console(stderr=True)
    with open_house(settings, clock) as house:
        (data / MARK).write_text(str(os.getpid()))
        key = issuer(settings)
        app = create_app(
            house,
            Issuers(own=key),
            body_bytes_max=settings.body_bytes_max,
            demo_clock=clock,
            ide=Ide(open=True, tokens=lambda: tokens(key)),
            policy=replace(settings.policy, introspection=Who.ANYONE),
        )
        with serving(app, settings) as address, httpx.Client(base_url=address, timeout=60) as http:
            with Progress(console=errors, disable=not errors.is_terminal) as progress:
                task = progress.add_task("2024-03-06", total=178)
                stage = Stage(
                    http,
                    key,
                    lambda day, what: progress.update(
                        task, description=f"{day} {what}", completed=(day - FIRST_DAY).days
                    ),
                )
                perform(stage)
            found = report.gather(stage, seconds=round(time.monotonic() - begun))
            found |= {"folder": str(data), "addresses": _addresses(address), "tokens": tokens(key)}
            found["serving"] = serves_on is not None
            report.show(found, as_json=json_output)
            if serves_on is not None:
                sys.stdout.flush()
                serves_on()
                _until_interrupted()


def _say_until() -> None:
    Console(stderr=True).print("服务仍在运行，按 Ctrl-C 结束 / serving until Ctrl-C")


def perform(stage: Stage) -> None:
    """The whole story."""
    roster = rounds.Roster()
    opening.prologue(stage, rounds.COUNT)
    opening.orders(stage)
    opening.reviews(stage)
    opening.publication(stage)
    rounds.first_round(stage, roster)
    rounds.second_round(stage, roster)
    delivery.spring(stage, roster)
    delivery.summer(stage, roster)


def fresh_folder(data: Path) -> None:
    """Clears the folder of an earlier demo. Raises ``Trouble`` for a folder that is not one."""
    mark = data / MARK
    if data.exists() and any(data.iterdir()):
        if not mark.exists():
            raise Trouble(
                "NOT_A_DEMO",
                zh=f"{data} 不是演示用的文件夹，不会清空；请用 --data 另选",
                en=f"{data} is no demo's folder and is left alone; choose another with --data",
            )
        embedded = Embedded(data)
        if in_use(embedded):
            process = mark.read_text() or "…"
            raise Trouble(
                "DEMO_RUNNING",
                zh=f"{data} 上的演示还在运行，请先结束它（kill {process}），或用 --data 另选文件夹",
                en=f"a demo is running on {data}; end it first (kill {process}), or choose another "
                "with --data",
            )
        if embedded.running:
            embedded.start()
            embedded.stop()
        shutil.rmtree(data)


@contextmanager
def serving(app: Starlette, settings: Settings) -> Iterator[str]:
    """A server for the application on a thread; gives its address."""
    config = configured(
        app,
        settings.body_bytes_max,
        settings.patience,
        settings.proxies,
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise Trouble("NOT_SERVING", zh="服务没有启动成功", en="the server did not come up")
        time.sleep(0.02)
    try:
        yield f"http://{settings.host}:{settings.port}"
    finally:
        server.should_exit = True
        thread.join()


def _addresses(address: str) -> dict[str, str]:
    found = {"graphql": f"{address}/graphql", "ready": f"{address}/readyz"}
    if (FOLDER / "index.html").exists():
        found["ide"] = f"{address}/ide"
    return found


def tokens(key: OKPKey) -> dict[str, str]:
    """Sample tokens, one a role, valid for a day."""
    scopes = {
        Role.TEACHER: teacher(1),
        Role.SCHOOL: SchoolId("school:ra01"),
        Role.PROVIDER: COUNTY_SCHOOL,
        Role.BUREAU: RUIAN,
        Role.AUDITOR: PROVINCE,
    }
    return {
        role.value: issue(
            key,
            Asker(
                actor=str(scope) if role is Role.TEACHER else "staff:sample",
                role=role,
                scope=scope,
            ),
            valid=timedelta(days=1),
        )
        for role, scope in scopes.items()
    }


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Trouble(
                "PORT_IN_USE",
                zh=f"端口 {port} 已被占用，请用 --port 另选一个（0 为任意）",
                en=f"port {port} is in use; choose another with --port (0: any)",
            ) from None
        free: int = probe.getsockname()[1]
        return free


def _until_interrupted() -> None:
    stop = threading.Event()
    try:
        while not stop.wait(3600):
            pass
    except KeyboardInterrupt:
        return
