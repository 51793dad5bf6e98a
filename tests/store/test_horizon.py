"""Horizon: what one process knows of what others wrote is never more than it has read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eventsourcing.dcb.api import DCBEvent

from ledger.fault import Fault
from ledger.names import SchoolId
from ledger.store import work
from ledger.store.horizon import NEWER_MAX, REGULATION_NAMES, Horizon
from ledger.store.ledger import Ledger
from ledger.store.recorder import Recorder
from tests.cast import SCHOOL
from tests.town import KEY, OPERATOR, codes, rows, school, teacher


def test_what_comes_while_much_of_others_is_read_is_not_taken_for_read(
    founded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process reads an import of another, which registers somebody before it is done."""
    founded.ask([school()], OPERATOR)
    meet, asked = Horizon.meet, []
    with Ledger(founded.url, KEY) as late:
        for number in (1, 2, 3):
            late.ask([teacher(number)], OPERATOR)
        assert late.committer.lane._horizon.alone
        imported = [DCBEvent("imported", b"{}", ["import:1"])] * (NEWER_MAX + 1)
        Recorder(founded.url, founded.committer).append(imported)

        def overtaken(self: Horizon, *read: Any) -> None:
            if self is late.committer.lane._horizon and not asked:
                asked.append(founded.ask([teacher(7)], OPERATOR))
            meet(self, *read)

        monkeypatch.setattr(Horizon, "meet", overtaken)
        answer = late.ask([teacher(7)], OPERATOR)

    assert codes(asked[0]) == [[]]
    assert codes(answer) == [["ALREADY_REGISTERED"]]


@pytest.mark.parametrize("name", [REGULATION_NAMES[0], "register.teacher-registered"])
def test_what_is_no_entry_is_none_for_any_process_whatever_its_type(
    founded: Ledger, name: str
) -> None:
    founded.ask([school()], OPERATOR)
    foreign = DCBEvent(name, b"{}", ["teacher:t1", str(SCHOOL)])
    Recorder(founded.url, founded.committer).append([foreign])
    before = founded.ask([teacher(1)], OPERATOR)
    with Ledger(founded.url, KEY) as restarted:
        again = restarted.ask([teacher(1)], OPERATOR)
        other = restarted.ask([teacher(2)], OPERATOR)

    assert codes(before) == codes(other) == [[]]
    assert codes(again) == [["ALREADY_REGISTERED"]]
    [(count, last)] = rows(founded.url, "select count(*), max(position) from ledger.events")
    assert count == last == other.position


def test_nobody_decides_as_if_what_cannot_be_read_were_not_there(
    founded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer program registers somebody beside one that was asked about that person before."""
    founded.ask([school()], OPERATOR)
    encode = work.encode

    def newer(*given: Any) -> bytes:
        return encode(*given).replace(b'"v":1', b'"v":99')

    with Ledger(founded.url, KEY) as late:
        for number in (1, 2, 3):
            late.ask([teacher(number)], OPERATOR)
        elsewhere = replace(teacher(7), school=SchoolId("school:nowhere"))
        assert codes(late.ask([elsewhere], OPERATOR)) != [[]]
        with monkeypatch.context() as patch:
            patch.setattr(work, "encode", newer)
            assert codes(founded.ask([teacher(7)], OPERATOR)) == [[]]

        for _ in range(2):
            with pytest.raises(Fault) as caught:
                late.ask([teacher(7)], OPERATOR)
            assert caught.value.code == "UNKNOWN_EVENT"
        assert codes(late.ask([teacher(8)], OPERATOR)) == [[]]
    registered = "select count(*) from ledger.events where 'teacher:t7' = any(tags)"
    assert rows(founded.url, registered) == [(1,)]
