"""The manifest of a backup: what it holds, where the ledger stood, and the hash of each part.

It is written last. A folder without it, or one in which a byte is not what it says, is no backup.
"""

from __future__ import annotations

import os
import re
from hashlib import file_digest, sha256
from pathlib import Path

import msgspec

from ledger.store.imprint import Imprint
from ledger.store.migrate import known_revisions
from ledger.store.trouble import Trouble

FORMAT = 1
NAME, SUM = "manifest.json", "manifest.sha256"
DUMP, KEYS = "database.dump", "keys.sealed"
PARTS = (DUMP, KEYS)
EVENTS = "ledger.events"
WELL_FORMED = re.compile(rb"([0-9a-f]{64})  manifest\.json\n")


class Unfit(Trouble):
    """A backup that is not what it must be; it is not restored."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a backup."""

    name: str
    bytes: int
    sha256: str


class Damage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was wrong with the ledger when the backup was made, under the code of its check."""

    code: str
    zh: str
    en: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds.

    ``made``: UTC; ``postgres``: the major version of the server, ``tools`` that of pg_dump;
    ``migration``: the last one run. ``position`` is that of the last event, ``root`` the Merkle
    tree hash (RFC 6962 section 2.1) over all of them, as the query ``digest`` tells it to who sees
    all. ``accesses``: the last number of the access log, ``accesses_hash`` the end of its chain.
    ``damage``: what was found wrong with the ledger meanwhile; the backup holds it as it was.
    """

    format: int = FORMAT
    program: str
    made: str
    postgres: int
    tools: int
    migration: str
    position: int
    root: str
    accesses: int
    accesses_hash: str
    tables: tuple[Imprint, ...]
    parts: tuple[Part, ...]
    damage: tuple[Damage, ...] = ()

    def require_sound(self) -> None:
        """Raises ``Unfit`` where it says of itself that it is of a damaged ledger."""
        events = next((each.rows for each in self.tables if each.table == EVENTS), self.position)
        zh, en = [each.zh for each in self.damage], [each.en for each in self.damage]
        if events != self.position:
            zh.append(f"位置到 {self.position}，而事件有 {events} 个")
            en.append(f"its positions end at {self.position}, and it has {events} events")
        if zh:
            raise Unfit(
                "BACKUP_DAMAGED",
                zh=f"这是一份已损坏的账本的备份：{'；'.join(zh)}。没有恢复。请换一份更早的备份；"
                "没有时，用 --damaged 按原样恢复。",
                en=f"This is a backup of a damaged ledger: {'; '.join(en)}. Nothing was restored. "
                "Take an earlier backup; where there is none, --damaged restores it as it is.",
            )

    @property
    def with_keys(self) -> bool:
        """Whether the keys lie in it, sealed."""
        return any(part.name == KEYS for part in self.parts)

    def write(self, folder: Path) -> str:
        """Writes it and its own hash to the disk; gives that hash."""
        body = msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"
        for name, data in ((NAME, body), (SUM, _sum(body))):
            write_through(folder / name, data)
        return sha256(body).hexdigest()


class _Format(msgspec.Struct):
    format: int


def part_of(file: Path) -> Part:
    """A file as it lies there."""
    with file.open("rb") as opened:
        digest = file_digest(opened, "sha256").hexdigest()
    return Part(file.name, file.stat().st_size, digest)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose every byte is what it says.

    Raises ``Unfit`` for what is no backup, is cut off or was changed, and ``Trouble`` for one that
    a newer program made, or that cannot be read.
    """
    try:
        return _verified(folder)
    except OSError as error:
        what = error.filename or folder
        raise Trouble(
            "BACKUP_UNREADABLE",
            zh=f"无法读取备份中的 {what}（{error.strerror}）。没有恢复任何内容；请以能读取它的"
            "系统用户执行，或检查磁盘。",
            en=f"{what} of the backup cannot be read ({error.strerror}). Nothing was restored; run "
            "it as a user who may read it, or look at the disk.",
        ) from error


def _verified(folder: Path) -> Manifest:
    try:
        body, said = (folder / NAME).read_bytes(), (folder / SUM).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _unfit(
            "BACKUP_NOT_WHOLE",
            f"{folder} 不是完整的备份：没有 {NAME} 或 {SUM}",
            f"{folder} is no whole backup: there is no {NAME} or no {SUM}",
        ) from None
    if said != _sum(body):
        raise _unlike_its_sum(body, said)
    manifest = _decoded(body)
    if manifest.migration not in known_revisions():
        raise Trouble(
            "BACKUP_MIGRATION_UNKNOWN",
            zh=f"备份的数据库版本 {manifest.migration} 本程序不认识。"
            "请用制作它的版本或更新的版本。",
            en=f"The backup's migration {manifest.migration} is unknown to this program. Use the "
            "one that made it, or a newer one.",
        )
    lying = sorted({path.name for path in folder.iterdir()} - {NAME, SUM})
    named = sorted(part.name for part in manifest.parts)
    for name in sorted({*lying} ^ {*named}):
        raise _unfit(
            "BACKUP_NOT_WHOLE",
            f"备份缺少文件 {name}，或多出了它",
            f"the file {name} is missing from the backup, or does not belong to it",
        )
    for part in manifest.parts:
        if part.name not in PARTS or part_of(folder / part.name) != part:
            raise _altered(part.name)
    return manifest


def _decoded(body: bytes) -> Manifest:
    try:
        found = msgspec.json.decode(body, type=_Format).format
        if found <= FORMAT:
            return msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError:
        raise _unfit(
            "BACKUP_ALTERED",
            f"{NAME} 与 {SUM} 相符，却不是备份清单：两个文件都被改动过",
            f"{NAME} is what {SUM} says, but is no manifest of a backup: both were changed",
        ) from None
    raise Trouble(
        "BACKUP_NEWER",
        zh=f"备份的格式是 {found}，本程序只认识到 {FORMAT}。请升级本程序。",
        en=f"The backup has the format {found}, and this program knows formats up to {FORMAT}. "
        "Upgrade it.",
    )


def write_through(file: Path, data: bytes) -> None:
    """Writes a new file that only its owner reads, down to the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _sum(body: bytes) -> bytes:
    """What the checksum's file holds for a manifest, as ``sha256sum --check`` takes it."""
    return f"{sha256(body).hexdigest()}  {NAME}\n".encode()


def _unlike_its_sum(body: bytes, said: bytes) -> Unfit:
    """The manifest and its checksum differ; which of the two was changed, neither can say."""
    digest, told = sha256(body).hexdigest(), WELL_FORMED.fullmatch(said)
    zh, en = "其中却不是一行哈希", "which holds no such line"
    if told is not None:
        zh, en = f"其中却是 {told[1].decode()}", f"which says {told[1].decode()}"
    return _unfit(
        "BACKUP_ALTERED",
        f"{NAME} 的 SHA-256 是 {digest}，与 {SUM} 不符，{zh}：两个文件之一被改动或截断。"
        "与 xuefen backup 当时打印的哈希比较，便知是哪一个",
        f"{NAME} has the SHA-256 {digest}, not that of {SUM}, {en}: one of the two was changed or "
        "cut off. The hash that xuefen backup printed tells which",
    )


def _altered(name: str) -> Unfit:
    return _unfit(
        "BACKUP_ALTERED",
        f"备份中的 {name} 与 {NAME} 所述不符，已被改动或截断",
        f"{name} of the backup is not what {NAME} says: it was changed or cut off",
    )


def _unfit(code: str, zh: str, en: str) -> Unfit:
    return Unfit(
        code,
        zh=f"{zh}。没有恢复任何内容，请换一份备份。",
        en=f"{en}. Nothing was restored; take another backup.",
    )
