"""Restoring from the command line: verified before and after, and nobody erased comes back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.books import Books, opened_books
from api.command_backup import Passphrase, passphrase, require_keys_for
from api.erased_again import erased_again
from api.house import database
from api.outside import Digested, Kept, Older, Outside, Reached, Unknown, known_outside
from api.settings import Settings
from api.terminal import (
    NOT_RIGHT,
    Json,
    named_folder,
    print_json,
    progress,
    say,
    settings_of,
    stop,
    tell,
)
from ledger.store.keybox import open_keys, putting_back
from ledger.store.manifest import KEYS, Manifest, Unfit, read_manifest
from ledger.store.restore import Restore
from ledger.store.trouble import Trouble
from ledger.store.vault import Vault, load_key
from projections.catalogue import INDEXES, VIEWS
from projections.check import check as problems
from projections.head import root_at
from projections.inspection import Problem
from projections.runner import Runner
from projections.stop import Stopped

CHECKED = ("guards", "positions", "hashes", "bodies", "times")
UNVERIFIED = ("tables", "accesses")
"""What of the manifest only a restore holds against the contents."""

Made = Annotated[
    Path,
    typer.Argument(
        parser=named_folder, metavar="FOLDER", help="The folder that xuefen backup made."
    ),
]
OnlyCheck = Annotated[bool, typer.Option("--check", help="Verify the backup and restore nothing.")]
Damaged = Annotated[
    bool, typer.Option("--damaged", help="Take it though the ledger in it is damaged.")
]


@dataclass(frozen=True)
class Restored:
    """What came of a restore: how many people were erased again, and what is wrong with it."""

    again: int = 0
    problems: tuple[Problem, ...] = ()


def restore(
    context: typer.Context,
    folder: Made,
    head: Kept = None,
    expect_position: Reached = None,
    expect_hash: Digested = None,
    no_head: Unknown = False,
    older: Older = False,
    damaged: Damaged = False,
    keys: Annotated[bool, typer.Option("--keys", help="Take the keys out of it too.")] = False,
    passphrase_file: Passphrase = None,
    only_check: OnlyCheck = False,
    as_json: Json = False,
) -> None:
    """Restore a backup into an empty place. 把备份恢复到空的数据库或数据目录。

    The backup is verified before and the ledger after, byte for byte. Exit code 1: the backup is
    cut off, changed, older than the head, of another history, or of a damaged ledger, which is
    taken with --damaged only; 2: something is to be mended. Whom the head says to be erased is
    erased again.
    """
    settings, restored = settings_of(context), None
    require_keys_for(passphrase_file, keys=keys)
    try:
        outside = known_outside(head, expect_position, expect_hash, no_head=no_head, older=older)
        manifest = read_manifest(folder)
        lost = outside.hold(manifest)
        if only_check or not damaged:
            manifest.require_sound()
        if only_check:
            outside.hold_within(folder, manifest)
        else:
            texts = _keys(settings, folder, manifest, passphrase_file) if keys else {}
            restored = _restore(settings, folder, manifest, outside, texts, damaged=damaged)
    except Unfit as unfit:
        say(unfit)
        raise typer.Exit(NOT_RIGHT) from None
    if as_json:
        _print(manifest, lost, restored, outside)
    elif restored is None:
        _tell_whole(manifest, lost, outside)
    else:
        _tell(manifest, lost, restored, outside)
    if restored is not None:
        _tell_further(settings, lost, restored)


def _keys(
    settings: Settings, folder: Path, manifest: Manifest, file: Path | None
) -> dict[Path, str]:
    """The keys in the backup, each with the file that it belongs into."""
    if not manifest.with_keys:
        raise Trouble(
            "BACKUP_WITHOUT_KEYS",
            zh="备份中没有密钥，请从另行保存处取得。",
            en="There are no keys in the backup; take them from where they are kept.",
        )
    texts = open_keys((folder / KEYS).read_bytes(), passphrase(file, again=False))
    places = {"vault.key": settings.vault_key_file, "issuer.jwk": settings.issuer_key_file}
    return {places[name]: text for name, text in texts.items()}


def _restore(
    settings: Settings,
    folder: Path,
    manifest: Manifest,
    outside: Outside,
    keys: dict[Path, str],
    *,
    damaged: bool,
) -> Restored:
    """Restores. Raises ``Unfit`` for a ledger that is damaged, unless that is taken as it is.

    The keys are written once the place is accepted, and stay only with a ledger.
    """
    found: list[Problem] = []
    with (
        database(settings, restoring=True) as url,
        putting_back(keys) as put,
        Restore(url, folder, manifest).running(root_at, outside.roots),
        opened_books(url) as books,
    ):
        put()
        with progress() as step:
            for problem in problems(books.pool, books.feed, CHECKED, step):
                if not damaged:
                    raise _damaged(problem)
                found.append(problem)
        again = erased_again(books, _vault(settings, books), outside.head, found)
        if not found:  # over a damaged ledger a view may stop; the server says so and stays up
            runner = Runner(books.pool, books.feed, (*VIEWS, *INDEXES))
            with suppress(Stopped):  # of a view alone, which is said as of any ledger
                runner.rebuild()
            runner.catch_up()
    return Restored(again, tuple(found))


def _damaged(problem: Problem) -> Unfit:
    return Unfit(
        f"RESTORED_{problem.code}",
        zh=f"备份所存的账本已损坏：{problem.zh}。已撤除，没有恢复。请换一份更早的备份；没有时，"
        "用 --damaged 按原样恢复。",
        en=f"The ledger in the backup is damaged: {problem.en}. It was removed again; nothing was "
        "restored. Take an earlier backup; where there is none, --damaged restores it as it is.",
    )


def _vault(settings: Settings, books: Books) -> Vault | None:
    """The vault, with a key that fits; ``None`` where the key is not there."""
    if not settings.vault_key_file.exists():
        return None
    vault = Vault(load_key(settings.vault_key_file), books.pool)
    vault.verify()
    return vault


def _print(
    manifest: Manifest, lost: int | None, restored: Restored | None, outside: Outside
) -> None:
    told = {"position": manifest.position, "root": manifest.root, "restored": restored is not None}
    more = {
        "events_lost": lost,
        "erased_again": restored.again if restored else 0,
        "erasures_known": outside.head is not None,
        "damage": restored.problems if restored else (),
        "unverified": () if restored else UNVERIFIED,
    }
    print_json([told | more])


def _tell_whole(manifest: Manifest, lost: int | None, outside: Outside) -> None:
    position, tables = manifest.position, len(manifest.tables)
    tell(
        f"备份完好：位置 {position}，{tables} 张表；各文件与其中的事件同清单相符。"
        "各表的行数与哈希、查阅记录链没有核对，只有恢复时才与清单比较。",
        f"The backup is whole: position {position}, {tables} tables; its files and the events in "
        "them are those of the manifest. Rows and hashes of the tables and the chain of the access "
        "log were not looked at: only a restore compares them with the manifest.",
    )
    if lost:
        tell(
            f"外部所知的账本更长：如恢复此备份，将丢失 {lost} 个事件。",
            f"The ledger is known to have been longer: restored from this backup, {lost} events "
            "are lost.",
        )
        return
    zh, en = _lost(lost, outside)
    tell(f"{zh}。", f"{en[0].upper()}{en[1:]}.")


def _lost(lost: int | None, outside: Outside) -> tuple[str, str]:
    """What is known of events after a backup, in Chinese and in English."""
    if lost:
        return f"丢失 {lost} 个事件", f"{lost} events are lost"
    if lost is None:
        return "是否丢失其后的事件无从得知", "whether later events are lost cannot be known"
    known = max(outside.roots)
    return (
        f"外部所知的位置 {known} 以内没有丢失事件，其后是否丢失无从得知",
        f"no event up to {known}, the position known from outside, is lost; whether later ones are "
        "cannot be known",
    )


def _tell(manifest: Manifest, lost: int | None, restored: Restored, outside: Outside) -> None:
    zh, en = _lost(lost, outside)
    since_zh, since_en = "", ""
    if outside.head is None:
        since_zh = "。备份之后删除过谁无从得知：请查当时的申请，再执行 xuefen erase"
        since_en = (
            ". Who was erased after the backup cannot be known: look it up where it was asked for, "
            "and run xuefen erase"
        )
    again = restored.again
    tell(
        f"已恢复到位置 {manifest.position}，与备份逐字节相同；{zh}；"
        f"重新删除了 {again} 人的个人信息{since_zh}。",
        f"Restored up to position {manifest.position}, equal to the backup byte for byte; {en}; "
        f"{again} people were erased again{since_en}.",
    )


def _tell_further(settings: Settings, lost: int | None, restored: Restored) -> None:
    """What is left to do, and a status of its own where the ledger is damaged."""
    key = settings.vault_key_file
    if not key.exists():
        tell(
            f"没有保险库密钥：请在启动前把原来的密钥放到 {key}，否则封存的内容无法读取。",
            f"There is no vault key: put the one of this ledger at {key} before you serve it; "
            "without it nothing that lies sealed can be read.",
        )
    if lost:
        tell(
            "外部保存的位置文件已超前于账本：请执行一次 xuefen head --replace 文件，"
            "旧文件会另名保留。",
            "The head that was kept is ahead of this ledger: run xuefen head --replace FILE once; "
            "the old file is kept beside it.",
        )
    for each in restored.problems:
        tell(f"{each.zh}。", f"{each.en} [{each.code}]")
    if restored.problems:
        raise stop(
            "LEDGER_DAMAGED",
            "账本已按原样恢复，但已损坏，如上所述。请排除后执行 xuefen check。",
            "The ledger was restored as it is, and it is damaged as said above. Mend it, then run "
            "xuefen check.",
            NOT_RIGHT,
        )
