"""The servers of the kill test: started, killed, started again, on one data folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ledger.store.embedded import Embedded
from ledger.store.postmaster import postmaster_of

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120


class Ended(Exception):
    """A server ended though nobody killed it."""


@dataclass
class Servers:
    """Server processes on one data folder, each on a port that it keeps over its lives."""

    folder: Path
    count: int
    day: Callable[[], date]
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = [_free_port() for _ in range(self.count)]

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def urls(self) -> list[str]:
        """Where they answer."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def start(self, number: int) -> None:
        """Starts one on the present day, which is asked for after its earlier life has ended."""
        ready = self._ready(number)
        ready.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "api.cli", "--data", str(self.data), "serve",
            "--port", str(self.ports[number]), "--ready-file", str(ready),
            "--demo-clock", self.day().isoformat(),
        ]  # fmt: skip
        ours = {k: v for k, v in os.environ.items() if not k.startswith("XUEFEN_")}
        ours["XUEFEN_MODE"] = "development"
        with self._log(number).open("ab") as log:
            self.processes[number] = subprocess.Popen(
                command, cwd=ROOT, env=ours, stdout=log, stderr=log, start_new_session=True
            )

    def await_ready(self) -> None:
        """Waits until all answer. Raises ``Ended``."""
        deadline = time.monotonic() + READY_SECONDS
        for number, process in self.processes.items():
            while not self._ready(number).exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    tail = self._log(number).read_text(errors="replace")[-2_000:]
                    raise Ended(f"server {number} is not ready ({process.returncode}): {tail}")
                time.sleep(0.02)

    def kill(self, number: int) -> None:
        """SIGKILL, and its grave."""
        self.processes[number].kill()
        self.processes[number].wait()

    def kill_postgres(self) -> None:
        """SIGKILL for the postmaster and all its children."""
        server = postmaster_of(Embedded(self.data).cluster)
        if server is None:
            return
        postmaster = psutil.Process(server.pid)
        family = [postmaster, *postmaster.children(recursive=True)]
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=10)

    def stop(self) -> None:
        """SIGTERM for what is left."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        Embedded(self.data).stop()

    def _ready(self, number: int) -> Path:
        return self.folder / f"ready-{number}"

    def _log(self, number: int) -> Path:
        return self.folder / f"server-{number}.log"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
