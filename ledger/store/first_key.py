"""The first key: a vault gets its key where it begins, and never a second one by mistake.

A restored ledger whose key was forgotten looks like a new one to whoever finds no file. A key made
then would lie where the right one belongs, open nothing, and be backed up in its stead.
"""

from __future__ import annotations

from pathlib import Path

from ledger.store.connection import open_connection
from ledger.store.migrate import migrate
from ledger.store.trouble import Trouble
from ledger.store.vault import load_key

BEGUN = "select exists (select from vault.proof) or exists (select from vault.keys)"


def first_key(url: str, file: Path) -> bytes:
    """The wrapping key of a database, which is migrated; made only where its vault has none yet.

    Raises ``Trouble`` (``VAULT_KEY_MISSING``) where it has one and the file is not there.
    """
    if not file.exists():
        migrate(url)
        with open_connection(url) as connection:
            [begun] = connection.execute(BEGUN).fetchone() or (False,)
        # Of two that start at once the other may have begun the vault since, and its file is there.
        if begun and not file.exists():
            raise _missing(file)
    return load_key(file)


def _missing(file: Path) -> Trouble:
    return Trouble(
        "VAULT_KEY_MISSING",
        zh=f"没有保险库密钥 {file}，而这个账本的保险库已有一把；没有另造，另造的什么也打不开。"
        "请把原来的 vault.key 放到该处（或用 XUEFEN_VAULT_KEY 指明）；备份中有密钥时，"
        "也可在新的数据目录用 xuefen restore --keys 重新恢复。",
        en=f"There is no vault key {file}, and the vault of this ledger already has one; no other "
        "was made, since it would open nothing. Put the original vault.key there (or name its "
        "place in XUEFEN_VAULT_KEY); where a backup holds the keys, restore it anew with "
        "xuefen restore --keys.",
    )
