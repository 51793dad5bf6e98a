"""Dumped events: what a dump holds of the ledger, read without a database."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ledger.store.dump import failed
from ledger.store.folder import BINARIES

PROGRAM = "pg_restore"
OPENING, END = b"COPY ledger.events (", b"\\.\n"
HEX = len(rb"\\x")
"""How COPY begins the text of bytes: its own backslash stands twice."""


def dumped_events(file: Path) -> Iterator[tuple[int, bytes]]:
    """Position and body of each event in a dump, in the order in which they lie there.

    Our newest ``pg_restore`` reads the dumps of all older ones. Raises ``Trouble``
    (``DUMP_FAILED``).
    """
    chosen = ("--data-only", "--schema=ledger", "--table=events", "--file=-", str(file))
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603
                [str(BINARIES / PROGRAM), *chosen],
                env=dict(os.environ) | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        except OSError as error:
            raise failed(PROGRAM, f"{PROGRAM}: {error.strerror}") from error
        with process:
            assert process.stdout is not None
            try:
                yield from _rows(process.stdout)
                process.stdout.read()
                status = process.wait()
            except BaseException:
                process.kill()
                raise
        if status != 0:
            said.seek(0)
            reason = said.read().decode(errors="replace").strip().splitlines()
            raise failed(PROGRAM, reason[0] if reason else f"status {status}")


def _rows(script: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    lines = iter(script)
    opening = next((line for line in lines if line.startswith(OPENING)), None)
    if opening is None:
        return
    named = opening.removeprefix(OPENING).partition(b")")[0].replace(b'"', b"").split(b", ")
    position, body = named.index(b"position"), named.index(b"body")
    for line in lines:
        if line == END:
            return
        fields = line.rstrip(b"\n").split(b"\t")
        yield int(fields[position]), bytes.fromhex(fields[body][HEX:].decode())
