"""Fields of one request that look at one row have it read once, and each is told its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ledger.command import Role
from ledger.fault import Fault
from projections.catalogue import RECORDS, SCHOOLS, TEACHERS
from projections.glance import Glances
from projections.reader import Where
from schema.context import Context
from schema.glance import Seen, look, whole
from tests.api.test_compiled import ASKERS, COMPILED, Story, story
from tests.cast import CHEN, LIN
from tests.told import told_template
from tests.town import founded_template

__all__ = ["founded_template", "story", "told_template"]

TEACHER = f'teacher(id: "{LIN}") {{ id school }}'
RECORD = f'creditRecord(teacher: "{LIN}") {{ teacher credits lines {{ credit }} }}'
HERS = Where().and_equal(key=str(LIN))


@pytest.fixture
def read(story: Story, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read, one by one."""
    found: list[str] = []
    reader = story.house.reader
    for name in ("both", "kept_page"):
        real = getattr(reader, name)

        def counted(*given: Any, _name: str = name, _real: Any = real, **named: Any) -> Any:
            found.append(_name)
            return _real(*given, **named)

        monkeypatch.setattr(reader, name, counted)
    return found


@pytest.mark.parametrize(
    ("document", "reads"),
    [
        (f"{{ {TEACHER} {RECORD} }}", ["both"]),
        (f"{{ {RECORD} {TEACHER} }}", ["both"]),
        (f"{{ a: {TEACHER} b: {TEACHER} c: {RECORD} d: {RECORD} }}", ["both"]),
        (f"{{ {TEACHER} }}", ["kept_page"]),
        (f"{{ {RECORD} }}", ["both"]),
        (f"{{ {TEACHER} {RECORD.replace(LIN, CHEN)} }}", ["kept_page", "both"]),
    ],
)
def test_what_stands_beside_each_other_is_read_once(story, read, document, reads):
    for role in (Role.OPERATOR, Role.BUREAU, Role.TEACHER, Role.PUBLIC):
        story.agree(document, ASKERS[role])
    read.clear()

    assert not json.loads(story.answer(COMPILED, document, ASKERS[Role.BUREAU]))["errors"]
    assert sorted(read) == sorted(reads)


def test_who_may_not_open_a_teacher_is_told_of_neither(story):
    document = f"{{ {TEACHER} {RECORD} }}".replace(LIN, "teacher:nobody")

    said = story.agree(document, ASKERS[Role.OPERATOR])
    assert json.loads(said)["data"] == {"teacher": None, "creditRecord": None}


def asked(story: Story, *looks: Any) -> list[Any]:
    """What those who look at the same time are told."""

    async def run() -> list[Any]:
        context = Context(house=story.house, asker=ASKERS[Role.OPERATOR])
        found = await asyncio.gather(
            *(look(context, *each) for each in looks), return_exceptions=True
        )
        assert not context.glances
        return found

    return asyncio.run(run())


def broken(_: Seen) -> Any:
    """Makes nothing of a row."""
    raise Fault("BROKEN", zh="坏", en="broken")


@pytest.mark.parametrize("first", [True, False])
def test_what_one_makes_of_a_row_is_no_concern_of_the_others(story, first):
    teacher = whole(TEACHERS)
    looks = [(TEACHERS, HERS, teacher), (TEACHERS, HERS, broken, RECORDS)]

    found = asked(story, *(looks if first else looks[::-1]))
    row, wrong = found if first else found[::-1]
    assert (row.teacher, wrong.code) == (LIN, "BROKEN")


def test_rows_of_two_views_are_not_read_beside_one(story, read):
    def key(seen: Seen) -> Any:
        return seen.beside and [name for name, _ in seen.beside.rows]

    looks = [(TEACHERS, HERS, key, RECORDS), (TEACHERS, HERS, key, SCHOOLS)]
    assert asked(story, *looks) == [[LIN], []]
    assert read == ["both", "both"]


def test_all_who_look_hear_that_a_row_cannot_be_read(story, monkeypatch):
    def away(*_: Any) -> Any:
        raise Fault("VIEW_REBUILDING", zh="在", en="being built")

    monkeypatch.setattr(story.house.reader, "both", away)
    monkeypatch.setattr(Glances, "both", away)
    found = asked(story, *[(TEACHERS, HERS, broken, RECORDS)] * 3)
    assert [each.code for each in found] == ["VIEW_REBUILDING"] * 3

    document = f"{{ {TEACHER} {RECORD} }}"
    said = json.loads(story.agree(document, ASKERS[Role.OPERATOR]))
    assert {each["path"][0] for each in said["errors"]} == {"teacher", "creditRecord"}


def test_nobody_waits_for_one_who_was_given_up(story):
    async def run() -> list[bool]:
        context = Context(house=story.house, asker=ASKERS[Role.OPERATOR])
        make = whole(TEACHERS)
        tasks = [asyncio.ensure_future(look(context, TEACHERS, HERS, make)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.wait(tasks, timeout=30)
        again = await look(context, TEACHERS, HERS, make)
        assert again.teacher == LIN
        assert not context.glances
        return [each.cancelled() for each in tasks]

    assert asyncio.run(run()) == [True, True, True]


def test_one_who_is_given_up_leaves_the_others_their_row(story):
    async def run() -> Any:
        context = Context(house=story.house, asker=ASKERS[Role.OPERATOR])
        make = whole(TEACHERS)
        tasks = [asyncio.ensure_future(look(context, TEACHERS, HERS, make)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, given_up, last = asyncio.run(run())
    assert isinstance(given_up, asyncio.CancelledError)
    assert first == last
    assert first.teacher == LIN
