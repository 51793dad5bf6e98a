"""Restoring from the command line: verified before and after, and nobody erased comes back."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from api.books import Books, opened_books
from api.command_backup import Passphrase, passphrase
from api.command_erase import erase_again
from api.command_head import read_head
from api.house import database
from api.settings import Settings
from api.terminal import NOT_RIGHT, Json, print_json, progress, say, settings_of, stop, tell
from ledger.store.keybox import open_keys, put_back
from ledger.store.manifest import KEYS, Manifest, Unfit, read_manifest
from ledger.store.restore import Restore, other_history
from ledger.store.trouble import Trouble
from ledger.store.vault import Vault, load_key
from projections.catalogue import INDEXES, VIEWS
from projections.check import check as problems
from projections.head import Head, erased, named_in, print_of, root_at
from projections.runner import Runner

TEACHERS = "select distinct tag from ledger.events, unnest(tags) as tag where tag like 'teacher:%'"
CHECKED = ("guards", "positions", "hashes", "bodies", "times")
ERASURE = ("erasure",)


@dataclass(frozen=True)
class Outside:
    """What is known from outside: tree hashes by position, and who was erased."""

    roots: dict[int, str]
    head: Head | None
    older: bool

    def hold(self, manifest: Manifest) -> int:
        """How many events the backup lacks. Raises ``Unfit`` where that may not be."""
        if self.roots.get(manifest.position, manifest.root) != manifest.root:
            raise other_history(manifest.position)
        missing = max([0, *(each - manifest.position for each in self.roots)])
        if missing and not (self.older and self.head is not None):
            raise Unfit(
                "BACKUP_OLDER",
                zh=f"备份到位置 {manifest.position}，而已知账本到过 {manifest.position + missing}："
                f"缺少 {missing} 个事件。没有恢复。请找更新的备份；确已没有时，用 --head 文件加 "
                "--older 恢复，这些事件即告丢失。",
                en=f"The backup ends at position {manifest.position}, and the ledger is known to "
                f"have reached {manifest.position + missing}: {missing} events are missing. "
                "Nothing was restored. Find a later backup; where there is none, --older with the "
                "--head file restores it, and those events are lost.",
            )
        return missing


Kept = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What xuefen head wrote last, kept outside.")
]
Reached = Annotated[
    int | None, typer.Option(min=1, help="A position that the ledger is known to have reached.")
]
Digested = Annotated[
    str | None, typer.Option(metavar="HEX", help="Its digest there, as the query tells it.")
]
Unknown = Annotated[bool, typer.Option("--no-head", help="Nothing is known from outside.")]
Older = Annotated[
    bool, typer.Option("--older", help="Take it though later events are lost; with --head.")
]
OnlyCheck = Annotated[bool, typer.Option("--check", help="Verify the backup and restore nothing.")]


def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder that xuefen backup made.")],
    head: Kept = None,
    expect_position: Reached = None,
    expect_hash: Digested = None,
    no_head: Unknown = False,
    older: Older = False,
    keys: Annotated[bool, typer.Option("--keys", help="Take the keys out of it too.")] = False,
    passphrase_file: Passphrase = None,
    only_check: OnlyCheck = False,
    as_json: Json = False,
) -> None:
    """Restore a backup into an empty place. 把备份恢复到空的数据库或数据目录。

    The backup is verified before and the ledger after, byte for byte. Exit code 1: the backup is
    cut off, changed, older than the head, or of another history; 2: something is to be mended.
    Whom the head says to be erased is erased again.
    """
    try:
        outside = _outside(head, expect_position, expect_hash, no_head=no_head, older=older)
        manifest = read_manifest(folder)
        lost = outside.hold(manifest)
        again, settings = 0, settings_of(context)
        if not only_check:
            if keys:
                _take_keys(settings, folder, manifest, passphrase_file)
            again = _restore(settings, folder, manifest, outside)
    except Unfit as unfit:
        say(unfit)
        raise typer.Exit(NOT_RIGHT) from None
    _tell(manifest, lost, again, restored=not only_check, as_json=as_json)
    if not only_check and not settings.vault_key_file.exists():
        tell(
            f"没有保险库密钥：请在启动前把原来的密钥放到 {settings.vault_key_file}，"
            "否则封存的内容无法读取。",
            f"There is no vault key: put the one of this ledger at {settings.vault_key_file} "
            "before you serve it; without it nothing that lies sealed can be read.",
        )


def _outside(
    file: Path | None, position: int | None, hashed: str | None, *, no_head: bool, older: bool
) -> Outside:
    known = file is not None or position is not None
    if known == no_head:
        raise stop(
            "HEAD_UNSAID",
            "请用 --head 给出外部保存的文件，或用 --expect-position 和 --expect-hash；"
            "确实没有时用 --no-head：那样就无法得知备份之后发生过什么、删除过谁。",
            "Say what is known from outside: --head, or --expect-position with --expect-hash; or "
            "--no-head where nothing is: then what happened after the backup, and who was erased, "
            "cannot be known.",
        )
    if (position is None) != (hashed is None) or (older and file is None):
        raise stop(
            "HEAD_INCOMPLETE",
            "--expect-position 与 --expect-hash 须同时给出；--older 须有 --head。",
            "--expect-position and --expect-hash go together; --older needs --head.",
        )
    roots: dict[int, str] = {}
    if position is not None and hashed is not None:
        if len(hashed) != 2 * sha256().digest_size or set(hashed.lower()) - {*"0123456789abcdef"}:
            raise stop("BAD_HASH", "哈希须为 64 位十六进制。", "A hash has 64 hexadecimal digits.")
        roots[position] = hashed.lower()
    found = read_head(file) if file is not None else None
    if found is not None:
        if roots.get(found.position, found.root) != found.root:
            raise stop(
                "HEADS_DIFFER", "两处所述的哈希不同。", "The two heads contradict each other."
            )
        roots[found.position] = found.root
    return Outside(roots, found, older)


def _take_keys(settings: Settings, folder: Path, manifest: Manifest, file: Path | None) -> None:
    if not manifest.with_keys:
        raise Trouble(
            "BACKUP_WITHOUT_KEYS",
            zh="备份中没有密钥，请从另行保存处取得。",
            en="There are no keys in the backup; take them from where they are kept.",
        )
    texts = open_keys((folder / KEYS).read_bytes(), passphrase(file, again=False))
    places = {"vault.key": settings.vault_key_file, "issuer.jwk": settings.issuer_key_file}
    for name, text in texts.items():
        put_back(text, places[name])


def _restore(settings: Settings, folder: Path, manifest: Manifest, outside: Outside) -> int:
    """Restores, and gives how many people were erased again."""
    with (
        database(settings) as url,
        Restore(url, folder, manifest).running(root_at, outside.roots),
        opened_books(url) as books,
    ):
        again = _erased_again(books, _vault(settings, books), outside.head)
        with progress() as step:
            for problem in problems(books.pool, books.feed, CHECKED, step):
                raise Unfit("RESTORED_" + problem.code, zh=problem.zh, en=problem.en)
        Runner(books.pool, books.feed, (*VIEWS, *INDEXES)).catch_up()
    return again


def _vault(settings: Settings, books: Books) -> Vault | None:
    """The vault, with a key that fits; ``None`` where the key is not there."""
    if not settings.vault_key_file.exists():
        return None
    vault = Vault(load_key(settings.vault_key_file), books.pool)
    vault.verify()
    return vault


def _erased_again(books: Books, vault: Vault | None, head: Head | None) -> int:
    """Erases whom the head names, and completes what the backup caught half done."""
    left = {each.subject for each in problems(books.pool, books.feed, ERASURE) if each.subject}
    done = {*erased(books.feed)}
    if head is not None and {*head.erased} - {*map(print_of, done)}:
        with books.pool.connection() as connection:
            known = {tag for (tag,) in connection.execute(TEACHERS)} - done
        left.update(named_in(head, known))
    return sum(erase_again(books, vault, subject) for subject in sorted(left))


def _tell(manifest: Manifest, lost: int, again: int, *, restored: bool, as_json: bool) -> None:
    if as_json:
        told = {"position": manifest.position, "root": manifest.root, "restored": restored}
        print_json([told | {"events_lost": lost, "erased_again": again}])
        return
    if not restored:
        tell(
            f"备份完好：位置 {manifest.position}，{len(manifest.tables)} 张表。",
            f"The backup is whole: position {manifest.position}, {len(manifest.tables)} tables.",
        )
        return
    tell(
        f"已恢复到位置 {manifest.position}，与备份逐字节相同；丢失 {lost} 个事件；"
        f"重新删除了 {again} 人的个人信息。",
        f"Restored up to position {manifest.position}, equal to the backup byte for byte; {lost} "
        f"events are lost; {again} people were erased again.",
    )
