"""A clock that begins before the ledger's end: whoever starts the server hears of it at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.names import SchoolId
from ledger.register import RegisterSchool, Stage
from ledger.store.ledger import Ledger
from tests.api.test_cli import PATIENCE_SECONDS, command, environment, keys_of_told
from tests.cast import RUIAN
from tests.told import told_template, told_url
from tests.town import KEY, OPERATOR

__all__ = ["keys_of_told", "told_template", "told_url"]


@contextmanager
def said_at_start(url: str, folder: Path, *options: str) -> Iterator[list[str]]:
    """What ``xuefen serve`` says on standard error until it answers, and that too."""
    given = ("--data", folder, "--database-url", url, "serve", "--port", 0, *options)
    process = subprocess.Popen(
        command(*given), cwd="/", env=environment(), stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        said: list[str] = []
        while not said or "/graphql" not in said[-1]:
            said.append(process.stderr.readline())
            assert said[-1], said
        yield said
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.mark.usefixtures("keys_of_told")
def test_a_demo_clock_before_the_end_of_the_ledger_is_said(told_url: str, tmp_path: Path) -> None:
    with said_at_start(told_url, tmp_path, "--demo-clock", "2020-02-03") as said:
        zh, en, _ = said

    assert "2020-02-03" in zh and "演示时钟" in zh
    assert "begins on 2020-02-03" in en and "the ledger's last event is of 20" in en


@pytest.mark.usefixtures("keys_of_told")
def test_a_demo_clock_after_the_end_of_the_ledger_has_nothing_to_say(
    told_url: str, tmp_path: Path
) -> None:
    with said_at_start(told_url, tmp_path, "--demo-clock", "2031-02-03") as said:
        assert len(said) == 1


@pytest.mark.usefixtures("keys_of_told")
def test_a_machine_whose_clock_is_behind_the_ledger_logs_it_at_start(
    told_url: str, tmp_path: Path
) -> None:
    school = RegisterSchool(
        school=SchoolId("school:ahead"), place=RUIAN, title="学校", stage=Stage.PRIMARY
    )
    with Ledger(told_url, KEY, lambda: datetime(2091, 1, 1, tzinfo=UTC)) as ledger:
        assert ledger.ask([school], OPERATOR).outcomes[0].accepted
    with said_at_start(told_url, tmp_path) as said:
        [line, _] = said

    logged = json.loads(line)
    assert (logged["event"], logged["level"]) == ("clock behind", "warning")
    assert logged["ledger"].startswith("2091-01-01") and logged["seconds"] > 86_400
