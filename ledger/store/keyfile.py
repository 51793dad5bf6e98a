"""Key files: written aside and linked whole, so that nobody ever reads half a key."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_once(file: Path, text: str) -> bool:
    """Puts the text into a new file that only its owner may read; a file that is there stays.

    Of several that write at once the first one wins; says whether it was this one.
    """
    aside = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(aside, file)
            return True
        return False
    finally:
        aside.unlink()
