"""Connections: opened in one way, under the role that may only add, with troubles in sentences."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from ledger.store.trouble import Trouble, one_line

ROLE = "xuefen_app"
CONNECT_TIMEOUT_SECONDS = 5
SERVER_VERSION_MIN = 150000
# A server on a full disk says so in whatever it refuses, and often under no state of its own.
FULL = ("No space left on device", "Disk quota exceeded")
# Over a network that swallows packets nobody says that the other side is gone; so it is asked, and
# given up after half a minute instead of hours. A Unix socket has no such thing and passes it over.
OURS: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "application_name": "xuefen",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}

# Whoever waited for a lock must see what the one before wrote under it: with any other isolation a
# transaction goes on seeing what was there when it began to wait. A database, a user or a server
# may have another default. A default of read-only is left as it is: somebody wants it so.
ISOLATED = "set default_transaction_isolation = 'read committed'"
# A process keeps its connections, and a session may hold a lock all day while it does nothing.
KEPT = "set idle_session_timeout = 0"
# Of them the newest server alone knows the last.
TIMEOUTS = ["statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"]
UNTIMED = "select set_config(name, '0', false) from pg_settings where name = any(%s)"


def open_connection(url: str, *, owner: bool = False, **options: Any) -> psycopg.Connection[Any]:
    """Connect, and take the application's role unless the owner is wanted."""
    try:
        asked = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise Trouble(
            "DATABASE_URL_WRONG",
            zh="数据库地址写法有误，应形如 postgresql://用户:密码@主机:5432/数据库。",
            en="The database URL is malformed. It looks like "
            "postgresql://user:password@host:5432/database.",
        ) from None
    wanted: dict[str, Any] = {name: OURS[name] for name in OURS if name not in asked} | options
    try:
        connection = psycopg.connect(url, **wanted)
    except psycopg.OperationalError as error:
        raise _unreachable(asked | options, str(error)) from None
    try:
        _require_version(connection)
        if owner:
            _settle(connection, f"{ISOLATED}; {KEPT}")
        else:
            take_role(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def take_role(connection: psycopg.Connection[Any]) -> None:
    """Work as the application from here on. A pool calls it on each connection it makes."""
    try:
        _settle(connection, f"{ISOLATED}; {KEPT}; set role {ROLE}")
    except psycopg.errors.InvalidParameterValue as error:
        raise Trouble(
            "SCHEMA_MISSING",
            zh=f"数据库里没有角色 {ROLE}，尚未迁移。请先执行 xuefen migrate。",
            en=f"There is no role {ROLE}: the database is not migrated. Run xuefen migrate first.",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise role_missing(connection.info.user) from error


def _settle(connection: psycopg.Connection[Any], settings: str) -> None:
    """Says how all that follows is to be, in one round trip; a statement that is prepared is one.

    What was said in a transaction would be taken back with it.
    """
    connection.execute(settings.encode(), prepare=False)
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        connection.commit()


def unhurried(connection: psycopg.Connection[Any]) -> None:
    """Lets reading take its time, whatever an administrator set for others; pg_dump does so too."""
    connection.execute(UNTIMED, (TIMEOUTS,))


def role_missing(user: str) -> Trouble:
    """A database administrator must say two sentences first."""
    return Trouble(
        "ROLE_MISSING",
        zh=f"数据库用户 {user} 不能创建或使用角色 {ROLE}。请数据库管理员先执行："
        f'create role {ROLE} nologin;（若尚不存在）和 grant {ROLE} to "{user}";'
        "也可用 xuefen migrate --sql 打印全部 SQL 交其执行，授权一句须另行执行。",
        en=f"The database user {user} may not create or take the role {ROLE}. A database "
        f"administrator must first run: create role {ROLE} nologin; (where it does not exist) and "
        f'grant {ROLE} to "{user}"; or print all of the SQL with xuefen migrate --sql, '
        "which leaves this grant to be made.",
    )


def trouble_behind(error: Exception) -> Trouble | None:
    """The trouble behind any error, a pool that waited in vain among them."""
    if isinstance(error, PoolTimeout):
        return _lost(str(error))
    return trouble_of(error) if isinstance(error, psycopg.Error) else None


def trouble_of(error: psycopg.Error) -> Trouble | None:
    """The trouble behind an error of the database, where it is one that an operator can mend."""
    state = error.sqlstate
    if state is None:
        # The client noticed by itself that nobody is there; a pool's own errors are subclasses.
        return _lost(str(error)) if type(error) is psycopg.OperationalError else None
    if state == "53100":
        return _full(error.diag.message_primary or "disk full")
    if state == "53300":
        return _too_many()
    if state == "25006":
        return Trouble(
            "DATABASE_READ_ONLY",
            zh="数据库目前只读（可能连到了备库，或管理员设为只读）。请把地址指向主库。",
            en="The database is read-only at present (a standby, or set so by its administrator). "
            "Point the URL to the primary.",
        )
    if state == "57014":
        return Trouble(
            "TIMED_OUT",
            zh="数据库未能在限定时间内完成，或有人中止了它；此次没有写入。请缩小请求或稍后再试。",
            en="The database did not finish in time, or was told to stop, and gave it up; nothing "
            "was recorded. Ask for less, or try again later.",
        )
    if state in ("55P03", "40P01", "40001"):
        reason = error.diag.message_primary or "locked"
        return Trouble(
            "DATABASE_BUSY",
            zh=f"数据库中有别人长时间占用的锁（{reason}），此次未写入。请稍后再试；"
            "若持续如此，请管理员查看 pg_locks。",
            en=f"Somebody else holds a lock in the database for too long ({reason}); nothing was "
            "recorded. Try again; if it goes on, have its administrator look at pg_locks.",
        )
    if state.startswith("08") or state in ("57P01", "57P02", "57P03", "57P05", "25P03"):
        return _lost(error.diag.message_primary or str(error))
    return None


# Errors that say nothing of what was asked: of the connection, of what others hold or undid, of
# room and memory, of a server that goes down or comes up, of its disk.
_UNAVAILABLE = ("08", "40", "53", "57P", "58")
# Read-only, as a standby is; idle for too long in a transaction; a lock that somebody else has.
_UNAVAILABLE_STATES = ("25006", "25P03", "55P03")


def unavailable(error: BaseException) -> bool:
    """Whether the database could not be used just then, so that the same may be asked again.

    The driver's classes do not tell: that a row is too long for an index is one of their
    operational errors as well, and is met each time that it is asked.
    """
    if not isinstance(error, psycopg.Error):
        return False
    state = error.sqlstate
    if state is None:
        # The client noticed it by itself, or a pool waited in vain; an aborted pipeline comes after
        # what the database refused.
        refused = isinstance(error, psycopg.errors.PipelineAborted)
        return isinstance(error, psycopg.OperationalError) and not refused
    return state.startswith(_UNAVAILABLE) or state in _UNAVAILABLE_STATES


def _require_version(connection: psycopg.Connection[Any]) -> None:
    found = connection.info.server_version
    if found < SERVER_VERSION_MIN:
        major = found // 10000
        raise Trouble(
            "POSTGRES_TOO_OLD",
            zh=f"数据库是 PostgreSQL {major}，学分需要 15 或更高版本。请升级数据库。",
            en=f"The database is PostgreSQL {major}; Xuefen needs 15 or newer. Upgrade it.",
        )


def _unreachable(asked: dict[str, Any], message: str) -> Trouble:
    if "too many clients" in message or "remaining connection slots" in message:
        return _too_many()
    if any(sign in message for sign in FULL):
        return _full(message)
    host = asked.get("host") or asked.get("hostaddr") or "localhost"
    port = asked.get("port") or 5432
    reason = one_line(message) or "no answer"
    password = asked.get("password")
    if password:
        reason = reason.replace(str(password), "***")
    return Trouble(
        "DATABASE_UNREACHABLE",
        zh=f"连不上数据库 {host}:{port}（{reason}）。请确认它在运行、地址和密码正确、防火墙放行。",
        en=f"The database at {host}:{port} cannot be used ({reason}). Check that it runs, that "
        "address and password are right, and that the firewall lets us through.",
    )


def _too_many() -> Trouble:
    return Trouble(
        "TOO_MANY_CONNECTIONS",
        zh="数据库的连接数已满。请减少学分进程或其他客户端，或调高 max_connections。",
        en="The database has no connection left. Run fewer processes of Xuefen or other clients, "
        "or raise max_connections.",
    )


def _full(message: str) -> Trouble:
    said = (line for line in message.splitlines() if any(sign in line for sign in FULL))
    reason = one_line(next(said, message))
    return Trouble(
        "DISK_FULL",
        zh=f"数据库所在磁盘已满（{reason}）。请腾出空间后再试，已有数据没有丢失。",
        en=f"The database's disk is full ({reason}). Free some space and try again; nothing "
        "that was recorded is lost.",
    )


def _lost(message: str) -> Trouble:
    if any(sign in message for sign in FULL):
        return _full(message)
    reason = one_line(message)
    return Trouble(
        "DATABASE_LOST",
        zh=f"与数据库的连接中断（{reason}）。数据库恢复后请重试；"
        "带请求编号的请求重复发送不会记两次。",
        en=f"The connection to the database was lost ({reason}). Try again once it is "
        "back; a request with a request id is recorded once however often it is sent.",
    )
