"""PostgreSQL's programs: the wheel's own, or a copy where the wheel lies behind closed doors.

Started as root, PostgreSQL runs as ``pgserver``, who must be able to read its programs. A clone in
a folder that only root may enter keeps them out of reach; nothing there is opened wider, the
programs are copied once to a shelf that belongs to root and that everybody may read.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ledger.store import folder
from ledger.store.folder import Account, first_closed
from ledger.store.trouble import Trouble

SHELF = Path("/var/lib/xuefen-postgresql")
"""Where root keeps the copy."""


def binaries_for(account: Account, wheel: Path | None = None) -> Path:
    """The folder of the programs, one that the account may enter.

    Raises ``Trouble`` (``PROGRAMS_CLOSED``) where the wheel is closed and no copy can be made.
    """
    wheel = wheel or folder.BINARIES
    closed = closed_part(wheel, account)
    if closed is None:
        return wheel
    if os.geteuid() == 0:
        with suppress(OSError):
            copied = _copy(wheel)
            if closed_part(copied, account) is None:
                return copied
    raise Trouble(
        "PROGRAMS_CLOSED",
        zh=f"{closed} 对系统用户 {account.name} 不开放，因此无法运行其中的 PostgreSQL，"
        f"也无法复制到 {SHELF}。请把学分安装到所有用户可进入的目录（如 /opt），"
        f"或执行 chmod o+rx {closed}。",
        en=f"{closed} is closed to the system user {account.name}, so the PostgreSQL in it cannot "
        f"run, and it could not be copied to {SHELF}. Install Xuefen in a folder that everybody "
        f"may enter (such as /opt), or run chmod o+rx {closed}.",
    )


def closed_part(programs: Path, account: Account) -> Path | None:
    """The first folder or file of the programs that the account may not read."""
    home = programs.parent
    bits = stat.S_IRUSR | stat.S_IXUSR
    for path in (programs / "postgres", programs / "initdb", home / "lib", home / "share"):
        closed = first_closed(path, account) or (None if folder.may(path, account, bits) else path)
        if closed is not None:
            return closed
    return None


def _copy(wheel: Path) -> Path:
    """The copy of the wheel's programs, made whole beside its place and moved there."""
    home = wheel.parent
    made = (wheel / "postgres").stat()
    mark = sha256(f"{made.st_size} {made.st_mtime_ns}".encode()).hexdigest()[:16]
    place = SHELF / mark
    copied = place / home.parent.name / home.name / wheel.name
    if copied.exists():
        return copied
    SHELF.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=SHELF))
    try:
        shutil.copytree(home, fresh / home.parent.name / home.name, symlinks=True)
        libraries = home.parent.with_name(f"{home.parent.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else _readable(path))
        with suppress(OSError):
            fresh.rename(place)  # another starter may have been quicker; then its copy serves
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return copied


def _readable(path: Path) -> int:
    mode = path.stat().st_mode
    return mode | 0o044 | (0o011 if mode & stat.S_IXUSR else 0)
