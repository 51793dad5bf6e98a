"""Trouble: what an operator must mend before the ledger can go on, said in one clear sentence."""

from __future__ import annotations

# What is said to whoever is asked for nothing: folders, sockets and users are the operator's.
OUTSIDE = {
    "DATABASE_BUSY": (
        "数据库正被长时间占用，此次没有完成。请稍后再试。",
        "The database is held by somebody else for too long, and this was not done. Try again "
        "later.",
    ),
    "DATABASE_LOST": (
        "与数据库的连接中断。请稍后再试；带请求编号的请求重复发送不会记两次。",
        "The connection to the database was lost. Try again later; a request with a request id is "
        "recorded once however often it is sent.",
    ),
    "DATABASE_UNREACHABLE": (
        "目前连不上数据库。请稍后再试。",
        "The database cannot be reached at present. Try again later.",
    ),
    "DISK_FULL": (
        "数据库磁盘已满，此次没有写入；已有数据没有丢失。请稍后再试，或告知运维人员。",
        "The database has no room left, and nothing was recorded; nothing that was recorded before "
        "is lost. Try again later, or tell whoever runs the server.",
    ),
}
# Sentences without anything of the machine in them.
OPEN = {"DATABASE_READ_ONLY", "TIMED_OUT", "TOO_MANY_CONNECTIONS"}


class Trouble(Exception):
    """The store cannot be used. ``code`` is stable; ``zh`` and ``en`` say what to do."""

    def __init__(self, code: str, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en

    @property
    def outside(self) -> Trouble:
        """The same as somebody elsewhere may hear it: nothing of the server's own places."""
        if self.code in OPEN:
            return self
        zh, en = OUTSIDE.get(
            self.code,
            (
                "服务器目前无法完成此请求，原因见其日志。请稍后再试，或告知运维人员。",
                "The server cannot do this at present; its log says why. Try again later, or tell "
                "whoever runs it.",
            ),
        )
        return Trouble(self.code, zh=zh, en=en)


def one_line(text: str) -> str:
    """A text of the driver's, which may have many lines, as one."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
