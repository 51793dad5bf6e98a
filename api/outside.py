"""Outside: what is known of a ledger where the ledger is not, and backups are held against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from api.command_head import read_head
from api.terminal import stop
from ledger.store.dumped import dumped_events
from ledger.store.manifest import DUMP, NAME, Manifest, Unfit
from ledger.store.restore import other_history
from projections.head import Head, roots_of

Kept = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What xuefen head wrote last, kept outside.")
]
Reached = Annotated[
    int | None, typer.Option(min=1, help="A position that the ledger is known to have reached.")
]
Digested = Annotated[
    str | None,
    typer.Option(metavar="HEX", help="Its digest there, as the query tells it to who sees all."),
]
Unknown = Annotated[bool, typer.Option("--no-head", help="Nothing is known from outside.")]
Older = Annotated[
    bool, typer.Option("--older", help="Take it though later events are lost; with --head.")
]


@dataclass(frozen=True)
class Outside:
    """What is known from outside: tree hashes by position, and who was erased."""

    roots: dict[int, str]
    head: Head | None
    older: bool

    def hold(self, manifest: Manifest) -> int | None:
        """How many events the backup lacks; ``None`` where nothing is known of later ones.

        Raises ``Unfit`` where that may not be.
        """
        if self.roots.get(manifest.position, manifest.root) != manifest.root:
            raise other_history(manifest.position)
        if not self.roots:
            return None
        missing = max(0, max(self.roots) - manifest.position)
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

    def hold_within(self, folder: Path, manifest: Manifest) -> None:
        """Holds the manifest, and what is known from before its end, against the dumped events.

        Raises ``Unfit`` for a manifest of other events, or for another history. A restore holds
        them against what it has read in.
        """
        earlier = {at: root for at, root in self.roots.items() if at < manifest.position}
        last = 0

        def events() -> Iterator[tuple[int, bytes]]:
            nonlocal last
            for position, body in dumped_events(folder / DUMP):
                last = max(last, position)
                yield position, body

        found = roots_of(events(), {*earlier, manifest.position})
        if last != manifest.position or found[manifest.position] != manifest.root:
            raise _of_other_events(manifest.position)
        for at, root in sorted(earlier.items()):
            if found[at] != root:
                raise other_history(at)


def _of_other_events(position: int) -> Unfit:
    return Unfit(
        "BACKUP_ALTERED",
        zh=f"备份中的事件与 {NAME} 所述不符（位置 {position} 或其哈希）：清单已被改动。"
        "没有恢复任何内容，请换一份备份。",
        en=f"The events in the backup are not those of {NAME} (position {position}, or its hash): "
        "the manifest was changed. Nothing was restored; take another backup.",
    )


def known_outside(
    file: Path | None, position: int | None, hashed: str | None, *, no_head: bool, older: bool
) -> Outside:
    """What the options say. Stops where they say nothing, half of it, or two things at once."""
    known = file is not None or position is not None
    if known and no_head:
        raise stop(
            "HEADS_DIFFER",
            "--no-head 表示外部一无所知，不能与 --head 或 --expect-position 同时给出。",
            "--no-head says that nothing is known from outside; it does not go with --head or "
            "--expect-position.",
        )
    if not known and not no_head:
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
