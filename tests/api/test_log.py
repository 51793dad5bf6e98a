"""The log: beside the data that a command prints, and never in the way of who tells something."""

from __future__ import annotations

import errno
import os
import sys
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.dcb.api import DCBEvent

from api.log import logging
from ledger.store.committer import Committer
from ledger.store.lane import Lane
from ledger.store.recorder import Recorder
from ledger.store.trouble import Trouble
from ledger.store.work import Plain
from tests.api.test_backup import data, on
from tests.api.test_cli import lines
from tests.told import SEALED, told_template, told_url

__all__ = ["data", "told_template", "told_url"]

EVENT = [DCBEvent("n", b"{}", ["n:1"])]


class Full(StringIO):
    """A log on a disk that is full."""

    def write(self, _: str) -> int:
        """Is refused."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(*_: Any) -> None:
    raise Trouble("DISK_FULL", zh="磁盘已满", en="the disk is full")


def test_on_a_disk_that_is_full_a_log_is_lost_and_nobody_else_is(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    logging()
    recorder, works = Recorder(database_url), [Plain(EVENT, None) for _ in range(2)]
    thread = recorder.committer._thread
    with monkeypatch.context() as patch:
        patch.setattr(Lane, "commit", refused)
        with recorder.committer._busy:
            for each in works:
                recorder.committer.submit(each)
        while thread.is_alive() and not all(each.future.done() for each in works):
            time.sleep(0.01)

    assert thread.is_alive()
    assert [type(each.future.exception()) for each in works] == [Trouble] * 2
    assert recorder.append(EVENT) == 1
    recorder.close()


def test_what_is_logged_while_a_command_runs_is_not_among_its_data(
    told_url: str, data: Path
) -> None:
    ahead = datetime(2031, 3, 19, tzinfo=UTC)
    recorder = Recorder(told_url, Committer(told_url, lambda: ahead))
    recorder.append(EVENT)
    recorder.close()

    printed, said = on(told_url, data, "erase", SEALED, "--reason", "本人申请", "--yes", "--json")

    assert [each["teacher"] for each in lines(printed)] == [SEALED]
    assert '"clock behind"' in said
