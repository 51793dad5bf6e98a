"""Serving: the house open behind uvicorn, in this process, until it is told to stop.

The port is taken before anything else is opened, so a port in use costs nothing. A stop finishes
the requests that are being answered, then the committer's queue, then the database.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn
from starlette.applications import Starlette

from api.app import create_app
from api.caller import Caller
from api.clock import DemoClock, tell_if_behind
from api.collector import settle
from api.crew import Crew
from api.guest import guests
from api.house import open_house
from api.ide.door import Ide
from api.issuers import issuers
from api.listener import address_of, listening
from api.log import logging
from api.patience import Patience, Proxies
from api.settings import Mode, Settings
from api.terminal import DAY, settings_of, tell
from api.tracing import tracing, watch
from ledger.store.clock import system_clock
from ledger.store.trouble import Trouble

GRACE_SECONDS = 10
"""How long requests may take once a stop was asked for; streams of events end at once."""


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on. 监听地址。")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0: any free one. 监听端口。")
    ] = None,
    demo_clock: Annotated[
        date | None,
        typer.Option(help="Begin on this day; POST /demo/clock moves it. 演示时钟。", **DAY),
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="File to write the address to once it answers. 就绪文件。")
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Processes that answer; each counts its own connections and streams. "
            "工作进程数；连接与流的上限各进程分别计。",
        ),
    ] = 1,
) -> None:
    """Serve the GraphQL API. 启动服务。

    Opens the ledger (an empty database is migrated and founded), keeps the views up with it, and
    answers on /graphql, /healthz and /readyz until SIGTERM or Ctrl-C. With a demo clock, POST
    /demo/clock {"day": "2024-03-01"} with an operator's token moves the day, forward only.
    """
    settings = settings_of(context)
    if host is not None:
        settings.host = host
    if port is not None:
        settings.port = port
    clock = DemoClock(demo_clock or date.today()) if demo_clock or settings.demo_clock else None
    with ready(ready_file) as write:

        def announce(address: str) -> None:
            write(address)
            tell(f"学分已就绪：{address}/graphql", f"Xuefen is ready: {address}/graphql")

        if workers == 1:
            run(settings, clock, announce)
        else:
            _run_many(settings, clock, workers, announce)


def run(settings: Settings, clock: DemoClock | None, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; ``announce`` is given the address once it answers."""
    with listening(settings.host, settings.port) as listener:
        serve_on(listener, settings, clock, announce)


def _run_many(
    settings: Settings, clock: DemoClock | None, workers: int, announce: Callable[[str], None]
) -> None:
    from api.workers import supervise  # it serves by what stands here

    if clock is not None:
        raise Trouble(
            "ONE_CLOCK",
            zh="演示时钟只有一个进程能拨动：请去掉 --workers 或演示时钟。",
            en="A demo clock is of one process: leave out --workers, or the clock.",
        )
    supervise(settings, workers, announce)


def serve_on(
    listener: socket.socket,
    settings: Settings,
    clock: DemoClock | None,
    announce: Callable[[str], None],
    crew: Crew | None = None,
) -> None:
    """Serves on a socket that listens, as ``run`` does; as one of a crew on its own as well."""
    logging()
    with _signals() as signals, ExitStack() as open_here:
        try:
            known = issuers(settings, clock=clock is not None)
            own = [open_here.enter_context(crew.listening())] if crew else []
            windows = open_here.enter_context(crew.windows()) if crew else None
            with tracing(), open_house(settings, clock or system_clock) as house:
                watch(house)
                tell_if_behind(house.ledger, demo=clock is not None)
                app = create_app(
                    house,
                    known,
                    body_bytes_max=settings.body_bytes_max,
                    demo_clock=clock,
                    private_webhooks=settings.webhook_private,
                    ide=Ide(open=settings.mode is Mode.DEVELOPMENT),
                    log_requests=settings.log_requests,
                    policy=settings.policy,
                    crew=crew,
                    windows=windows,
                )
                server = _Server(
                    configured(app, settings.body_bytes_max, settings.patience, settings.proxies),
                    lambda: announce(address_of(listener)),
                    app.state.streams.end,
                )
                signals.server = server
                settle()
                if not signals.stopped:
                    server.run(sockets=[listener, *own])
        except _Stopped:
            pass  # asked twice while it was being opened


def configured(
    app: Starlette,
    bytes_max: int,
    patience: Patience | None = None,
    proxies: tuple[str, ...] = (),
    **other: Any,
) -> uvicorn.Config:
    """How uvicorn serves the application; ``proxies`` alone are believed about where others are."""
    patience = patience or Patience()
    given: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "timeout_keep_alive": patience.idle_seconds,
        "http": guests(patience, Proxies(proxies)),
        "ws": Caller,
        "proxy_headers": bool(proxies),
        "forwarded_allow_ips": list(proxies),
    }
    return uvicorn.Config(app, **given | websockets(bytes_max) | other)


def websockets(bytes_max: int) -> dict[str, Any]:
    """How uvicorn speaks WebSocket: a frame of those with a token is bounded, and goes as it is.

    Compressed, the one frame that all subscribers of a stream share would be made anew for each,
    and each connection would hold a window of its own.
    """
    return {"ws_max_size": bytes_max, "ws_per_message_deflate": False}


def _aside(file: Path) -> Path:
    """Where it is written first; whoever waits for the file never sees it empty."""
    return file.with_name(f"{file.name}.{os.getpid()}")


@contextmanager
def ready(file: Path | None) -> Iterator[Callable[[str], None]]:
    """Writes the address to a file, whole or not at all, and removes it at the end."""

    def write(address: str) -> None:
        if file is not None:
            aside = _aside(file)
            aside.write_text(address + "\n")
            aside.replace(file)

    if file is None:
        yield write
        return
    try:
        file.unlink(missing_ok=True)
        _aside(file).touch()  # a folder that cannot be written is said before all is opened
        _aside(file).unlink()
    except OSError as error:
        raise Trouble(
            "READY_FILE_CLOSED",
            zh=f"无法写入 {file}（{error.strerror}）。请换一个可写的位置。",
            en=f"{file} cannot be written ({error.strerror}). Name another file.",
        ) from None
    try:
        yield write
    finally:
        file.unlink(missing_ok=True)


class _Stopped(BaseException):
    """A stop was asked for again while the house was being opened."""


class _Server(uvicorn.Server):
    """Says when it is ready, and leaves the signals to us, so that the house is closed too.

    ``end``: ends what would not end by itself once a stop was asked for.
    """

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], end: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready, self._end = ready, end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Signals:
    """Hands SIGTERM and SIGINT to the server.

    Before there is one, the first is kept until all is open, so that nothing is left half done;
    only the second breaks off.
    """

    def __init__(self) -> None:
        self.server: _Server | None = None
        self.stopped = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.server is not None:
            self.server.handle_exit(number, frame)
        elif self.stopped:
            raise _Stopped
        self.stopped = True


@contextmanager
def _signals() -> Iterator[_Signals]:
    handler = _Signals()
    before: dict[int, Any] = {
        number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield handler
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
