"""The folder of a bench, which goes with what lies in it however the bench ends."""

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
def fresh_folder(name: str) -> Iterator[Path]:
    """A folder that the embedded server's own user may pass through.

    SIGTERM ends the program within as an exception does, so that whoever started a server stops it.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"xuefen-{name}-", dir="/var/tmp"))
    folder.chmod(0o711)
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if before is not None:
            signal.signal(signal.SIGTERM, before)
