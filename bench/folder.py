"""What a bench leaves behind, which is nothing, however it ends."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def heeding_term() -> Iterator[None]:
    """SIGTERM ends what is within as an exception does: whoever started a server there stops it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def fresh_folder(name: str, below: Path = Path("/var/tmp")) -> Iterator[Path]:
    """A folder that the embedded server's own user may pass through, gone afterwards."""
    with heeding_term():
        folder = Path(tempfile.mkdtemp(prefix=f"xuefen-{name}-", dir=below))
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
