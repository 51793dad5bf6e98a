"""Backups from the command line: one folder, as of one position, beside live writers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.auth import load_issuer
from api.books import open_books
from api.settings import Settings
from api.terminal import NOT_RIGHT, Json, named_folder, print_json, settings_of, stop, tell
from ledger.store.backup import Made, back_up
from ledger.store.keybox import seal_keys
from ledger.store.trouble import Trouble
from ledger.store.vault import load_key
from projections.damage import damage
from projections.head import root_at

Passphrase = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File of the passphrase; at a terminal it is asked for."),
]


def backup(
    context: typer.Context,
    place: Annotated[
        Path,
        typer.Argument(
            parser=named_folder,
            metavar="FOLDER",
            help="The new folder of the backup, or one that exists, to put it in.",
        ),
    ],
    keys: Annotated[
        bool, typer.Option("--keys", help="Put the keys into it too, under a passphrase.")
    ] = False,
    passphrase_file: Passphrase = None,
    as_json: Json = False,
) -> None:
    """Back up the ledger, the vault and the access log. 备份账本。

    Runs beside a live server and holds everything up to one position, with a manifest of hashes.
    Nothing is overwritten. The keys are not in it unless --keys is said: without the vault's key
    no name, id number or file can ever be opened, so keep that key elsewhere.

    Exit code 1: it was made, but the ledger is damaged; what is wrong is said, and stands in the
    manifest.
    """
    settings = settings_of(context)
    require_keys_for(passphrase_file, keys=keys)
    sealed = _sealed(settings, passphrase_file) if keys else None
    with open_books(settings) as books:
        made = back_up(books.url, place, root_at, damage, sealed)
    if as_json:
        manifest = made.manifest
        told = {"folder": made.folder, "manifest_sha256": made.sha256}
        named = {"position": manifest.position, "root": manifest.root, "keys": keys}
        size = sum(part.bytes for part in manifest.parts)
        print_json([told | named | {"bytes": size, "damage": manifest.damage}])
    else:
        _tell(made, settings)
    if settings.data.resolve() in made.folder.resolve().parents:
        _tell_inside(made, settings)
    if made.manifest.damage:
        raise _damaged(made)


def require_keys_for(passphrase_file: Path | None, *, keys: bool) -> None:
    """Stops where a passphrase is named and no keys are asked for, which would be left out."""
    if passphrase_file is not None and not keys:
        raise stop(
            "KEYS_UNSAID",
            "--passphrase-file 只与 --keys 合用：请加上 --keys，或去掉 --passphrase-file。",
            "--passphrase-file goes with --keys only: add --keys, or leave it out.",
        )


def passphrase(file: Path | None, *, again: bool) -> str:
    """The passphrase, from a file or a terminal. Raises ``Trouble``."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig").strip()
        except (OSError, ValueError):
            raise Trouble(
                "PASSPHRASE_FILE_BAD",
                zh=f"读不出口令文件 {file}",
                en=f"the file of the passphrase, {file}, cannot be read",
            ) from None
    if not sys.stdin.isatty():
        raise stop(
            "PASSPHRASE_NEEDED",
            "密钥须以口令封存，请用 --passphrase-file 给出口令文件。",
            "The keys lie under a passphrase; name its file with --passphrase-file.",
        )
    asked: str = typer.prompt(
        "口令 Passphrase", hide_input=True, confirmation_prompt=again, err=True
    )
    return asked.strip()


def _sealed(settings: Settings, file: Path | None) -> bytes:
    key = settings.vault_key_file
    if not key.exists():
        raise Trouble(
            "VAULT_KEY_MISSING",
            zh=f"没有保险库密钥 {key}，无法备份密钥（XUEFEN_VAULT_KEY）。",
            en=f"There is no vault key {key} to put into a backup (XUEFEN_VAULT_KEY).",
        )
    load_key(key)
    files = {"vault.key": key}
    if settings.issuer_key_file.exists():
        load_issuer(settings.issuer_key_file)
        files["issuer.jwk"] = settings.issuer_key_file
    return seal_keys(files, passphrase(file, again=True))


def _damaged(made: Made) -> typer.Exit:
    for each in made.manifest.damage:
        tell(f"{each.zh}。", f"{each.en} [{each.code}]")
    return stop(
        "LEDGER_DAMAGED",
        f"账本已损坏。备份按原样写入 {made.folder}，但 xuefen restore 只有加 --damaged 才接受它："
        "请保留以前的备份，执行 xuefen check，排除后再备份一次。",
        f"The ledger is damaged. The backup in {made.folder} holds it as it is, and xuefen restore "
        "takes it with --damaged only: keep the earlier backups, run xuefen check, mend what it "
        "says, and back up once more.",
        NOT_RIGHT,
    )


def _tell_inside(made: Made, settings: Settings) -> None:
    tell(
        f"备份在数据目录 {settings.data} 之内：会与账本一同丢失，拿到该目录的人也同时有了密钥。"
        f"请把 {made.folder} 移到另一块磁盘或另一台机器。",
        f"The backup lies within the data folder {settings.data}: it is lost together with the "
        f"ledger, and whoever gets that folder has the keys as well. Move {made.folder} to another "
        "disk or another machine.",
    )


def _tell(made: Made, settings: Settings) -> None:
    manifest = made.manifest
    tell(
        f"已备份到 {made.folder}：位置 {manifest.position}，清单 SHA-256 {made.sha256}。",
        f"Backed up to {made.folder}: position {manifest.position}, SHA-256 of the manifest "
        f"{made.sha256}.",
    )
    if manifest.with_keys:
        tell(
            "其中有以口令封存的密钥：持有备份和口令者可读取所有封存内容，包括日后删除的人。",
            "The keys lie in it under the passphrase: whoever has both reads all that lies sealed "
            "in it, of people erased later too.",
        )
    else:
        tell(
            f"其中没有密钥。没有 {settings.vault_key_file}，姓名、证件号码和封存的文件"
            "再也无法读取；请另行妥善保存。",
            f"No key is in it. Without {settings.vault_key_file} no name, id number or sealed file "
            "can ever be read; keep that file safe, elsewhere.",
        )
