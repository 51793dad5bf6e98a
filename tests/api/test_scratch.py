"""Scratch: what a server kept while it ran is gone with it, or with the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from api.scratch import scratch

KILLED = """
import os, signal
from api.scratch import scratch

with scratch("crew") as folder:
    (folder / "purses").write_text("1")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_removes_what_a_killed_one_left_and_nothing_of_the_living(
    tmp_path: Path,
) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True
    )
    left = Path(killed.stdout.strip())
    stranger = tmp_path / "xuefen-crew-stranger"
    stranger.mkdir()
    assert killed.returncode == -signal.SIGKILL
    assert (left / "purses").exists() and left.parent == tmp_path

    lived = "import sys; from api.scratch import scratch\nwith scratch('crew') as f: " + (
        "print(f, flush=True); sys.stdin.read()"
    )
    living = subprocess.Popen(
        [sys.executable, "-c", lived],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert living.stdout is not None
    own = Path(living.stdout.readline().strip())
    assert own.is_dir() and not left.exists()
    next_one = subprocess.run(
        [sys.executable, "-c", lived], env=environment, input="", capture_output=True, text=True
    )
    assert own.is_dir() and not Path(next_one.stdout.strip()).exists()
    living.communicate("")
    assert living.returncode == 0
    assert list(tmp_path.iterdir()) == [stranger]


def test_a_folder_is_empty_for_whoever_lists_it() -> None:
    with scratch("metrics") as folder:
        assert list(folder.glob("*.db")) == []
    assert not folder.exists()
