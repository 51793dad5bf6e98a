"""Loads that are killed in the middle, and loads that several people take in at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.house import open_house
from api.settings import Settings
from bench.load import sheet as many
from ledger.command import Asker, Role
from ledger.event import Channel
from ledger.load import EndLoad, LoadBegun, LoadEnded
from ledger.names import SchoolId
from ledger.register import RegisterSchool, Stage
from ledger.store.feed import Filter
from ledger.teacher import TeacherRegistered
from schema import planning
from schema.context import Context
from schema.load import take_in
from tests.api.test_command_load import file_of, xuefen
from tests.api.test_load import bureau, committed, planned, sheet, teacher
from tests.cast import RUIAN
from tests.server import Party, Served, codes
from tests.town import OPERATOR

__all__ = ["bureau"]
ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = 4_200
OWN = ("--form", "teachers", "--for", "330381")


def events(served: Served, kind: type[Any]) -> list[Any]:
    wanted = Filter(types=(kind.NAME,))
    return [each.event for each in served.house.ledger.feed.entries(wanted)]


def begun(served: Served) -> LoadBegun:
    """The beginning of a load, as soon as there is one."""

    async def first() -> LoadBegun:
        wanted = Filter(types=(LoadBegun.NAME,))
        async for _, entries in served.house.ledger.feed.follow(wanted):
            for each in entries:
                assert isinstance(each.event, LoadBegun)
                return each.event
        raise AssertionError("the feed has ended")

    return asyncio.run(first())


def test_a_load_that_was_killed_is_unfinished_and_its_token_takes_in_the_rest(
    served: Served, bureau: Party, tmp_path: Path
) -> None:
    ledger = served.house.ledger
    schools = [
        RegisterSchool(
            school=SchoolId(f"school:s{at}"), place=RUIAN, title=f"第{at}小学", stage=Stage.PRIMARY
        )
        for at in range(300)
    ]
    ledger.ask(schools, OPERATOR)
    file = file_of(tmp_path, many(ROWS, 0))
    ours = {name: each for name, each in os.environ.items() if not name.startswith("XUEFEN_")}
    url = ["--database-url", ledger.pool.conninfo]
    killed = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *url, "load", str(file), *OWN, "--commit"],
        cwd=ROOT,
        env=ours | {"XUEFEN_VAULT_KEY": str(tmp_path / "vault.key")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    token = begun(served).load
    killed.kill()
    killed.wait()
    before = len(events(served, TeacherRegistered))

    assert events(served, LoadEnded) == []
    assert 0 < before < ROWS
    actor = ("--for", "330381")
    xuefen(served, tmp_path, "--resume", token, *actor, status=0)
    xuefen(served, tmp_path, "--resume", token, *actor, status=0)
    taken = [str(each.teacher) for each in events(served, TeacherRegistered)]
    asker = Asker(actor="staff:console", role=Role.BUREAU, scope=RUIAN, channel=Channel.IMPORT)
    shown = [row.teacher for rows in ledger.loads.batches(asker, token) for row in rows]
    assert taken == shown
    assert len(taken) == len({*taken}) == ROWS
    assert [each.whole for each in events(served, LoadEnded)] == [True]


def test_one_token_committed_twice_at_once_on_two_servers_is_taken_in_once(
    served: Served, bureau: Party, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH_COMMANDS", 3)
    token = planned(bureau, sheet(*(teacher(at) for at in range(1, 30))))["token"]
    asker = Asker(actor="staff:tester", role=Role.BUREAU, scope=RUIAN, channel=Channel.API)
    settings = Settings(
        database_url=served.house.ledger.pool.conninfo,
        data=tmp_path,
        vault_key=tmp_path / "vault.key",
        _env_file=None,
    )
    with open_house(settings, served.clock) as other, ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(
                lambda house: asyncio.run(
                    take_in(Context(house=house, asker=asker), token, leave_refused=False)
                ),
                house,
            )
            for house in (served.house, other)
        ]
        done = [each.result()[1] for each in waiting]

    assert [each.complete for each in done] == [True, True]
    assert len(events(served, TeacherRegistered)) == 29
    assert (len(events(served, LoadBegun)), len(events(served, LoadEnded))) == (1, 1)


def test_overlapping_sheets_of_two_officers_lose_and_double_nobody(
    served: Served, bureau: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH_COMMANDS", 3)
    colleague = served.party(Role.BUREAU, RUIAN, "staff:colleague")
    lists = {
        bureau.token: sheet(*(teacher(at) for at in range(1, 20))),
        colleague.token: sheet(*(teacher(at) for at in range(10, 30))),
    }
    parties = (bureau, colleague)
    tokens = [(each, planned(each, lists[each.token])["token"]) for each in parties]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda each: committed(*each), tokens))

    assert sorted(each["complete"] for each in done) == [False, True]
    at = [each["complete"] for each in done].index(False)
    late, own = parties[at], len(events(served, TeacherRegistered)) - (20, 19)[at]
    # How far the late one had come before it met the other's rows is chance; if it had begun, its
    # load stands open until the officer ends it.
    assert own == 3 * done[at]["committed"]
    if own:
        given = {"load": tokens[at][1], "party": RUIAN, "reason": "同事已载入"}
        assert codes(late.mutate(EndLoad, given, "end")) == []
    again = planned(late, lists[late.token])
    assert again["unchanged"] == 10 + own
    assert committed(late, again["token"])["complete"]
    assert len(events(served, TeacherRegistered)) == 29
